//! What people do in the model, as numbers: who comes, which way somebody takes, what is done in a session.

/// An identity: provider and subject, both by number.
pub(super) type Identity = (usize, usize);

/// What somebody does on the pages after a provider's answer. For a known identity whose address changed the same
/// choices stand for update (right code), ignore (wrong code) and later (the others).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Create,
    UseExisting,
    AddRight,
    AddWrong,
    AddLate,
    Cancel,
}

/// What somebody does in a session of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionAct {
    Add(Identity),
    Unlink(usize),
    Password,
}
