//! The pages of an attempt: what they show, and what a click, a code or a credential does.
use domain::{
    Refusal,
    attempt::{Kept, State},
    facts::{Act, By},
    path::Continuation,
};
use storage::{
    Conn,
    attempts::{Attempt, find_attempt, set_attempt_state},
};

use crate::{
    Arrival, Fault, Ligature, Visitor,
    arrive::{Applying, Settled, client_of},
    chance::hash,
    facts::Ask,
    held::Held,
    transaction::Acting,
};

mod bind;
mod code;
mod complete;
mod finish;
mod view;

pub use complete::Details;
pub(crate) use complete::trace_of;
pub use view::{AttemptView, CodeFor, ShownAccount, ViewBody};

/// An attempt with everything opened.
#[derive(Clone)]
pub(crate) struct Opened {
    /// The id of its addresses.
    pub secret: String,
    pub row: Attempt,
    pub state: State,
    pub held: Option<Held>,
    pub continuation: Continuation,
}

impl Opened {
    pub fn held(&self) -> Result<&Held, Fault> {
        self.held.as_ref().ok_or_else(|| Refusal::AttemptExpired.into())
    }
}

/// What the person did, with what came along.
#[derive(Debug, Clone)]
pub(crate) struct Deed {
    pub act: Act,
    /// The claimed address was proved in this attempt, now or before.
    pub proven: bool,
    /// The address that the person named.
    pub address: Option<String>,
    /// What was given in the attempt beside the act.
    pub kept: Kept,
}

impl Deed {
    pub fn new(act: Act, proven: bool) -> Self {
        Self { act, proven, address: None, kept: Kept::default() }
    }
}

impl Ligature {
    /// Finds an attempt by its id **and** the browser (LK-10). A stranger's browser learns nothing.
    pub(crate) async fn opened<S>(&self, c: &mut Conn, visitor: &Visitor<S>, id: &str) -> Result<Opened, Fault> {
        if id.len() > 64 {
            return Err(Refusal::AttemptUnknown.into());
        }
        let row = find_attempt(c, self.org, &hash(id), &visitor.browser).await?.ok_or(Refusal::AttemptUnknown)?;
        if row.expires_at <= self.now() {
            return Err(Refusal::AttemptExpired.into());
        }
        // One that an older version of the server wrote cannot go on.
        let state: State = serde_json::from_str(&row.state).map_err(|_| Refusal::AttemptExpired)?;
        let continuation = serde_json::from_str(&row.continuation)?;
        let held = self.open_held(&row);
        if let Some(held) = &held
            && !self.ground(c, None).await?.still_says(held)
        {
            return Err(Refusal::PolicyChanged.into());
        }
        Ok(Opened { secret: id.to_owned(), row, state, held, continuation })
    }

    /// A choice on the chooser.
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] for what was not offered, refusals of the decision.
    pub async fn pick(&self, visitor: &Visitor, id: &str, act: Act) -> Result<Arrival, Fault> {
        let secret = id.to_owned();
        self.settle(visitor, move |this, c, visitor| {
            let secret = secret.clone();
            Box::pin(async move {
                let open = this.opened(c, &visitor, &secret).await?;
                let visitor = visitor.on_way(&open.continuation);
                let act = open.state.pick(act)?;
                let proven = open.state.proven();
                this.step(c, &visitor, open, Deed::new(act, proven)).await
            })
        })
        .await
    }

    /// Decides on what the person did and applies the answer, all in this transaction.
    pub(crate) async fn step(&self, c: &mut Conn, visitor: &Acting, open: Opened, deed: Deed) -> Result<Settled, Fault> {
        let held = open.held()?.clone();
        let client = client_of(&open.continuation);
        let (facts, policy, decision) = self.decide_on(c, &held, Ask::SignIn { act: deed.act, proven: deed.proven, kept: &deed.kept }, client.as_deref()).await?;
        let mut next = open.state.clone().after(&decision.outcome, deed.act, deed.proven, deed.kept.clone())?;
        if let State::Proving { address, by: By::Name, .. } = &mut next {
            address.clone_from(&deed.address);
        }
        self.move_on(c, &open, &next, "").await?;
        if next.is_terminal() {
            let applying = Applying { visitor, held: &held, continuation: &open.continuation, facts: &facts, policy: &policy, decision: &decision, kept: &deed.kept, attempt: Some(&open) };
            return self.apply(c, &applying).await;
        }
        self.hold_for(c, &open.row.hash, &next).await?;
        self.send_code(c, visitor, &open.row, &next, &held, &policy).await?;
        Ok(Ok(Arrival::Page { id: open.secret, page: next.page() }))
    }

    /// Moves the attempt's row on; whoever was slower starts over.
    pub(crate) async fn move_on(&self, c: &mut Conn, open: &Opened, next: &State, flash: &str) -> Result<(), Fault> {
        let moved = set_attempt_state(c, &open.row, &serde_json::to_string(next)?, flash, next.is_terminal()).await?;
        if moved { Ok(()) } else { Err(storage::Error::Changed.into()) }
    }

    /// The person goes back to the sign-in page; nothing of the identity is kept.
    ///
    /// # Errors
    /// [`Refusal::AttemptUnknown`], [`Refusal::AttemptExpired`].
    pub async fn cancel(&self, visitor: &Visitor, id: &str) -> Result<Arrival, Fault> {
        let secret = id.to_owned();
        self.settle(visitor, move |this, c, visitor| {
            let secret = secret.clone();
            Box::pin(async move {
                let open = this.opened(c, &visitor, &secret).await?;
                if !open.state.is_terminal() {
                    this.move_on(c, &open, &State::Abandoned, "").await?;
                    this.record(c, crate::audit::Event::new("attempt.abandoned").code("cancelled")).await?;
                }
                Ok(Ok(Arrival::SignInAgain { continuation: open.continuation }))
            })
        })
        .await
    }

    /// After a refusal: the redirect URI of the application that waits, to tell it that access was denied (GV-20).
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] where no application waits or nothing was refused.
    pub async fn back_to_application(&self, visitor: &Visitor, id: &str) -> Result<String, Fault> {
        let open = self.opened(&mut self.store.read().await?, visitor, id).await?;
        match (&open.state, &open.continuation) {
            (State::Refused { .. }, Continuation::Authorize(request)) => Ok(self.error_uri(&request.redirect_uri, "access_denied", "the person was not signed in", request.state.as_deref())),
            _ => Err(Refusal::AttemptStep.into()),
        }
    }
}

/// The parts of a row that a code is bound to; the rest was just written.
pub(crate) fn blank(now: domain::Micros) -> Attempt {
    Attempt {
        hash: Vec::new(),
        browser: Vec::new(),
        kind: String::new(),
        state: String::new(),
        rev: 1,
        assertion: None,
        continuation: String::new(),
        support_code: String::new(),
        flash: String::new(),
        tries_left: 0,
        created_at: now,
        expires_at: now,
    }
}
