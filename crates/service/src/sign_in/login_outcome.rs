//! What came of a step of a sign-in, and where the browser goes.
use domain::{Refusal, path::Continuation};

use crate::{SessionInfo, sign_in::start::AuthorizationUrl};

/// Where the browser goes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A path of ours.
    Local(String),
    /// An application's registered redirect URI with its parameters.
    Application(String),
    /// A provider's page, from a start.
    Provider(AuthorizationUrl),
}

/// What came of a step.
#[derive(Debug, Clone)]
pub enum LoginOutcome {
    /// Signed in: the new session's secret for the cookie, and what comes next.
    SignedIn { secret: String, continuation: Continuation, method: String },
    /// A page of the attempt.
    Page { id: String, page: &'static str },
    /// The session stays; what it was about goes on.
    Continue { session: Box<SessionInfo>, continuation: Continuation },
    /// Something from before was shown: back to the page of the undo link.
    Undo { secret: String },
    /// A test of a provider by its key: what it came to is kept under this id, to be seen once.
    Tested { key: String, id: String },
    /// Begin a sign-in by a method that exists; the application's request goes along.
    SignInAgain { continuation: Continuation },
}

/// The result of a transaction: what to answer, or a refusal that was committed with its audit event.
pub(crate) type TxOutcome = Result<LoginOutcome, (Refusal, String)>;
