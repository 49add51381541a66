//! What somebody did on a page of an attempt.
use domain::{
    attempt::{AttemptProgress, ProvedBy},
    linking::facts::UserAction,
};

/// What the person did, with what came along.
#[derive(Debug, Clone)]
pub(crate) struct StepInput {
    pub act: UserAction,
    /// The claimed address was proved in this attempt, now or before.
    pub proven: bool,
    /// The address that the person named.
    pub address: Option<String>,
    /// What was given in the attempt beside the act.
    pub progress: AttemptProgress,
}

impl StepInput {
    pub fn new(act: UserAction, proven: bool) -> Self {
        Self { act, proven, address: None, progress: AttemptProgress::default() }
    }

    /// The same act, with what showed the account to be the person's.
    pub fn by(self, proof: ProvedBy) -> Self {
        Self { progress: AttemptProgress { proof: Some(proof), ..self.progress }, ..self }
    }
}
