//! The second factor: what a scope says of it, what there is of somebody's, and what they owe.
use serde::{Deserialize, Serialize};

use crate::Micros;

/// What a scope says of the second factor, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    /// Nobody sets one up. Whoever has one is still asked for it: it protects them, and no policy takes that away.
    Never,
    /// Whoever set one up is asked for it.
    IfSet,
    /// Whoever has none sets one up on the way in.
    Always,
}

/// What of somebody's second factor matters in a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FactorState {
    /// They have one.
    pub set: bool,
    /// The session's sign-in showed it.
    pub shown: bool,
    /// When a sign-in asked them for the first time to set one up.
    pub asked_at: Option<Micros>,
}

/// What somebody still owes to the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owes {
    Nothing,
    /// To set one up; until this moment they go on without.
    Soon(Micros),
    /// To set one up before they go on.
    Now,
    /// To sign in again and show the one that they have.
    Show,
}
