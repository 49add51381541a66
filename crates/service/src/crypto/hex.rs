//! Bytes in hexadecimal digits (RFC 4648 §8).

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
