#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| upstream::fuzzing::key_set(data));
