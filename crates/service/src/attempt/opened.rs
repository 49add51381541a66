//! An attempt as a step or a page finds it, with everything opened.
use crate::{
    Error, RequestContext, audit::Event, crypto::random::hash, services::Attempts,
    sign_in::upstream_identity::UpstreamIdentity, transaction::LiveRequest,
};
use domain::{
    EventKind, Refusal,
    attempt::State,
    audit_events::{Actor, Target},
    path::Continuation,
};
use storage::{
    Conn,
    accounts::hold_account,
    sign_in::attempts::{Attempt, find_attempt, set_attempt_state},
};

/// An attempt with everything opened.
#[derive(Clone)]
pub(crate) struct Opened {
    /// The id of its addresses.
    pub secret: String,
    pub row: Attempt,
    pub state: State,
    pub identity: Option<UpstreamIdentity>,
    pub continuation: Continuation,
}

impl Attempts {
    /// An event about an attempt: about the account that it was to open, where that is known, by somebody who may not be
    /// its person.
    pub(crate) fn of_attempt(&self, ctx: &LiveRequest, open: &Opened, kind: EventKind) -> Event {
        let target = match &open.state {
            State::Proving { target: Some(account), .. } => Target::Account(*account),
            _ => Target::SignIn,
        };
        let provider = open.identity.as_ref().map(|identity| identity.key.clone());
        Event::of(ctx, kind, Actor::Visitor, target)
            .by_provider(provider.unwrap_or_default())
            .in_application(open.continuation.client_id().unwrap_or_default())
    }
}

impl Opened {
    pub fn identity(&self) -> Result<&UpstreamIdentity, Error> {
        self.identity.as_ref().ok_or_else(|| Refusal::AttemptExpired.into())
    }

    /// The attempt is where it was before the code was compared.
    ///
    /// # Errors
    /// [`Refusal::AttemptExpired`] when it ended meanwhile, [`Refusal::AttemptStep`] when it went on.
    pub fn still(&self, awaited: &State) -> Result<(), Refusal> {
        match self.state == *awaited {
            true => Ok(()),
            false if self.state.is_terminal() => Err(Refusal::AttemptExpired),
            false => Err(Refusal::AttemptStep),
        }
    }
}

impl Attempts {
    /// Finds an attempt by its id **and** the browser (LK-10). A stranger's browser learns nothing.
    pub(crate) async fn opened<S>(
        &self,
        c: &mut Conn,
        ctx: &RequestContext<S>,
        id: &str,
    ) -> Result<Opened, Error> {
        if id.len() > 64 {
            return Err(Refusal::AttemptUnknown.into());
        }
        let row = find_attempt(c, self.org, &hash(id), &ctx.browser)
            .await?
            .ok_or(Refusal::AttemptUnknown)?;
        if row.expires_at <= self.now() {
            return Err(Refusal::AttemptExpired.into());
        }
        // One that an older version of the server wrote cannot go on.
        let state: State = serde_json::from_str(&row.state).map_err(|_| Refusal::AttemptExpired)?;
        let continuation = serde_json::from_str(&row.continuation)?;
        let identity = self.open_identity(&row);
        if let Some(identity) = &identity
            && !self.configuration().policy_context(c, None).await?.still_says(identity)
        {
            return Err(Refusal::PolicyChanged.into());
        }
        Ok(Opened { secret: id.to_owned(), row, state, identity, continuation })
    }

    /// The same for a step, in the transaction that takes it: the accounts that the attempt concerns are held first, so
    /// that they stay what the decision sees, and whatever ends their attempts has ended this one or waits (I14).
    pub(crate) async fn opened_for_step(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        id: &str,
    ) -> Result<Opened, Error> {
        let open = self.opened(c, ctx, id).await?;
        let concerns = open.state.concerns();
        if !self.store.is_postgres() || concerns.is_empty() {
            return Ok(open);
        }
        // In the order of their ids, as everybody takes them.
        for concern in concerns {
            hold_account(c, concern.account).await?;
        }
        self.opened(c, ctx, id).await
    }

    /// Moves the attempt's row on, to the accounts that it concerns from now on; whoever was slower starts over.
    pub(crate) async fn move_on(
        &self,
        c: &mut Conn,
        open: &Opened,
        next: &State,
        flash: &str,
    ) -> Result<(), Error> {
        let moved = set_attempt_state(
            c,
            &open.row,
            &serde_json::to_string(next)?,
            flash,
            next.is_terminal(),
            &next.concerns(),
        )
        .await?;
        if moved { Ok(()) } else { Err(storage::Error::Changed.into()) }
    }

    /// After a refusal: the redirect URI of the application that waits, to tell it that access was denied (GV-20).
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] where no application waits or nothing was refused.
    pub async fn back_to_application(
        &self,
        ctx: &RequestContext,
        id: &str,
    ) -> Result<String, Error> {
        let open = self.opened(&mut self.store.read().await?, ctx, id).await?;
        match (&open.state, &open.continuation) {
            (
                State::Refused { .. },
                Continuation::Authorize(request) | Continuation::Recovered(request),
            ) => self.error_uri(
                &(&**request).into(),
                "access_denied",
                "the person was not signed in",
            ),
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
        identity: None,
        continuation: String::new(),
        support_code: String::new(),
        flash: String::new(),
        tries_left: 0,
        created_at: now,
        expires_at: now,
        provider_sid: None,
    }
}
