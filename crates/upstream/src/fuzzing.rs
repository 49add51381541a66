//! One function for each target of `fuzz/`: bytes that a stranger chose go into the functions that read a provider's
//! answers, and what must hold of every result is asserted. Built for tests and with the feature `fuzzing` only.
#[cfg(feature = "saml")]
pub use crate::protocols::saml::fuzzing::saml_response;
pub use crate::protocols::{
    ldap::fuzzing::directory,
    oidc::fuzzing::{key_set, metadata, token_answer},
};

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    type Target = (&'static str, fn(&[u8]));

    /// Shows OC-12: what the targets hold to holds of every input that they begin with.
    #[test]
    fn oc_12_the_seeds_of_every_fuzz_target_go_through() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
        let targets: &[Target] = &[
            ("token_answer", token_answer),
            ("metadata", metadata),
            ("key_set", key_set),
            ("directory", directory),
            #[cfg(feature = "saml")]
            ("saml_response", saml_response),
        ];
        for (name, target) in targets {
            let seeds: Vec<_> = std::fs::read_dir(folder.join(name)).unwrap().flatten().collect();
            assert!(seeds.len() >= 3, "{name}");
            for seed in seeds {
                target(&std::fs::read(seed.path()).unwrap());
            }
            for short in [&b""[..], b"\0", b"{", b"\xff\xfe", b"<", b"0\x84\xff\xff\xff\xff"] {
                target(short);
            }
        }
    }
}
