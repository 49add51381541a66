//! Why a use case did not end well: a refusal for the person, or trouble for the operator.
use domain::Refusal;

/// The error of every use case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A refusal with its support code.
    #[error("refused: {} ({support})", refusal.code())]
    Refused { refusal: Refusal, support: String },
    #[error(transparent)]
    Storage(#[from] storage::Error),
    #[error("the master key does not open this database")]
    WrongKey,
    #[error("internal: {0}")]
    Internal(String),
    /// A value has to be evaluated first; nobody outside sees it.
    #[error("a value is not known yet")]
    Unanswered(Box<crate::policy::expression_values::Question>),
}

impl Error {
    /// The refusal that a person sees.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Refused { refusal, .. } => *refusal,
            Self::Storage(storage::Error::Unavailable(_)) => Refusal::Busy,
            Self::Storage(storage::Error::Changed) => Refusal::PolicyChanged,
            Self::Storage(_) | Self::WrongKey | Self::Internal(_) | Self::Unanswered(_) => {
                Refusal::Internal
            }
        }
    }

    /// The support code that the page shows.
    #[must_use]
    pub fn support(&self) -> &str {
        match self {
            Self::Refused { support, .. } => support,
            _ => "",
        }
    }

    /// Another transaction was faster: reading and deciding again may help.
    pub(crate) fn is_race(&self) -> bool {
        matches!(self, Self::Storage(storage::Error::Changed | storage::Error::Duplicate))
    }
}

/// A refusal with a fresh support code.
impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { refusal, support: crate::crypto::random::support_code() }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.to_string())
    }
}
