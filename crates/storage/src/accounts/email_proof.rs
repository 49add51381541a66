//! How an address was proved to be an account's own.
use std::fmt;

use domain::ProviderId;

/// How an address was proved to be its account's own; the column `account_email.proof` holds its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailProof {
    /// Not at all: somebody typed it, or a provider only asserted it.
    None,
    /// Our code was typed back from its mailbox.
    Code,
    /// The first owner named it, with the token of the setup.
    Setup,
    /// The word of a provider, by its id as text.
    Provider(String),
}

impl EmailProof {
    /// The word of a provider.
    #[must_use]
    pub fn provider(id: ProviderId) -> Self {
        Self::Provider(id.to_string())
    }
}

impl fmt::Display for EmailProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Code => f.write_str("code"),
            Self::Setup => f.write_str("setup"),
            Self::Provider(id) => write!(f, "provider:{id}"),
        }
    }
}

impl From<String> for EmailProof {
    /// A text that this version does not know proves nothing.
    fn from(text: String) -> Self {
        match text.as_str() {
            "code" => Self::Code,
            "setup" => Self::Setup,
            other => other
                .strip_prefix("provider:")
                .map_or(Self::None, |id| Self::Provider(id.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_proof_is_read_as_it_was_written_and_an_unknown_one_proves_nothing() {
        for proof in [
            EmailProof::None,
            EmailProof::Code,
            EmailProof::Setup,
            EmailProof::Provider("p1".into()),
        ] {
            assert_eq!(EmailProof::from(proof.to_string()), proof);
        }
        assert_eq!(EmailProof::from("oath".to_owned()), EmailProof::None);
        assert_eq!(EmailProof::from(String::new()), EmailProof::None);
    }
}
