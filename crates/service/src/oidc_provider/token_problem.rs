//! What the endpoints for programs answer where they refuse.
use crate::Error;

/// An error of an endpoint for programs, by the standard's code.
#[derive(Debug)]
pub enum TokenProblem {
    /// 401.
    InvalidClient,
    /// 400, with this code.
    Code(&'static str),
    /// The access token is unknown, over, or of an account that is.
    InvalidToken,
    /// The access token came without a proof of its key.
    InvalidProof,
    /// The access token is nobody's, or has not the scope.
    InsufficientScope,
    Error(Error),
}

impl<T: Into<Error>> From<T> for TokenProblem {
    fn from(error: T) -> Self {
        Self::Error(error.into())
    }
}

pub(super) const INVALID_GRANT: TokenProblem = TokenProblem::Code("invalid_grant");
pub(super) const INVALID_REQUEST: TokenProblem = TokenProblem::Code("invalid_request");
