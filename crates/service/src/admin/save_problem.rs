//! Why something in the console was not saved.
use domain::policy::Problem;

use crate::{Error, admin::continuity::Shown};

/// Why something was not saved.
#[derive(Debug)]
pub enum SaveProblem {
    /// Fields with the keys of their messages.
    Fields(Vec<(&'static str, &'static str)>),
    Policy(Problem),
    /// It takes something from people or lets more in, and nobody agreed to that yet (AD-07).
    NotAgreed(Shown),
    /// So many linked identities would depend on another source; somebody has to say that they mean it (DL-01).
    Unconfirmed(i64),
    Error(Error),
}

impl SaveProblem {
    /// About one field.
    #[must_use]
    pub fn field(name: &'static str, message: &'static str) -> Self {
        Self::Fields(vec![(name, message)])
    }
}

impl<T: Into<Error>> From<T> for SaveProblem {
    fn from(error: T) -> Self {
        Self::Error(error.into())
    }
}
