//! Another address for one's own account: the old one stays until the new one is proved in the same session (MA-14).
use domain::{
    AccountId, Facts, Outcome, Refusal,
    address::Canonical,
    attempt::{Awaited, CodePurpose, State},
    decide,
    facts::{Change, Intent, What},
    path::Continuation,
};
use storage::{
    Conn,
    accounts::{bump_rev, find_account, find_owner, is_email_taken, list_emails},
    attributes::ignore_email,
};

use crate::{
    Arrival, Caller, Fault, Ligature, Visitor,
    arrive::Settled,
    attempt::{Opened, trace_of},
    audit::Event,
    mails::Kind,
    transaction::Acting,
};

impl Ligature {
    /// Mails a code to the address. Whether somebody has it already is not said: the page is the same, and its owner
    /// gets a notice.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for what is no address, [`Refusal::NotRecent`], [`Refusal::ManagementOff`].
    pub async fn ask_new_email(&self, visitor: &Visitor, typed: &str) -> Result<Arrival, Fault> {
        let account = Self::caller(visitor)?.account;
        let address = Canonical::parse(typed).map_err(|_| Refusal::BadRequest)?;
        let typed = typed.trim().to_owned();
        self.settle(visitor, move |this, c, visitor| {
            let (typed, address) = (typed.clone(), address.clone());
            Box::pin(async move {
                let now = this.now();
                this.may_change(c, &visitor, What::Email { taken: false }, now).await?;
                let free = !is_email_taken(c, this.org, address.as_str(), account, now).await?;
                let instead = find_owner(c, this.org, address.as_str()).await?.filter(|_| !free).map(|owner| (owner, Kind::EmailWanted));
                let awaited = Awaited { purpose: CodePurpose::NewEmail, account: free.then_some(account), contact: typed };
                this.await_code(c, &visitor, awaited, instead, &Continuation::Account).await
            })
        })
        .await
    }

    /// The right code: the address becomes the primary one.
    pub(crate) async fn finish_new_email(&self, c: &mut Conn, visitor: &Acting, open: &Opened, account: AccountId, typed: &str) -> Result<Settled, Fault> {
        let session = visitor.session_of(account)?;
        let address = Canonical::parse(typed).map_err(|_| Refusal::AttemptExpired)?;
        let row = find_account(c, self.org, account).await?.ok_or(Refusal::SessionEnded)?;
        let taken = is_email_taken(c, self.org, address.as_str(), account, self.now()).await?;
        // What was recent when the code was asked for still is when it comes back.
        let allowed = match self.may_change(c, visitor, What::Email { taken }, open.row.created_at).await {
            Ok(allowed) => allowed,
            Err(fault) => {
                let refusal = fault.refusal();
                self.move_on(c, open, &State::Refused { refusal }, "").await?;
                self.record(c, Event::new("email.refused").account(account).code(refusal.code()).support(&open.row.support_code)).await?;
                return Ok(Err((refusal, open.row.support_code.clone())));
            }
        };
        self.move_on(c, open, &State::Done, "").await?;
        bump_rev(c, account, row.rev).await?;
        // Who leaves an address need not be asked about it by a provider that still says it (GO-49).
        for old in list_emails(c, account).await?.iter().filter(|e| e.is_primary) {
            if let Ok(old) = Canonical::parse(&old.canonical) {
                ignore_email(c, account, &self.ignored_hash(account, &old), self.now()).await?;
            }
        }
        self.take_email(c, visitor, account, &address, typed).await?;
        self.record(c, Event::new("email.updated").account(account).detail(allowed.trace)).await?;
        Ok(Ok(Arrival::Continue { caller: Box::new(session.clone().into()), continuation: open.continuation.clone() }))
    }

    /// Whether the caller may begin to change the address.
    ///
    /// # Errors
    /// [`Refusal::ManagementOff`], [`Refusal::NotRecent`], [`Refusal::SessionEnded`].
    pub async fn may_change_email(&self, visitor: &Visitor) -> Result<(), Fault> {
        self.may_begin_change(&mut self.store.read().await?, visitor, What::Email { taken: false }).await.map(drop)
    }

    /// Whether the session's person may change something, as of a moment, in the transaction that changes it.
    pub(crate) async fn may_change(&self, c: &mut Conn, visitor: &Acting, what: What, at: domain::Micros) -> Result<Allowed, Fault> {
        self.judge_change(c, visitor.session()?, what, at).await
    }

    /// The same for a page that leads to it: the change itself asks again.
    pub(crate) async fn may_begin_change(&self, c: &mut Conn, visitor: &Visitor, what: What) -> Result<Allowed, Fault> {
        self.judge_change(c, Self::caller(visitor)?, what, self.now()).await
    }

    async fn judge_change(&self, c: &mut Conn, caller: &Caller, what: What, at: domain::Micros) -> Result<Allowed, Fault> {
        let row = find_account(c, self.org, caller.account).await?.ok_or(Refusal::SessionEnded)?;
        let policy = self.ground(c, None).await?.policy(None);
        let change = Change { account: caller.account, state: row.state(), what, recent: Self::recent(caller, at, &policy) };
        let facts = Facts::local(Intent::Change(change), None);
        let decision = decide(&facts, &policy);
        match decision.outcome {
            Outcome::Refuse { refusal } => Err(refusal.into()),
            Outcome::TakePhone { from } => Ok(Allowed { account: caller.account, trace: trace_of(&facts, &decision), from: Some(from) }),
            _ => Ok(Allowed { account: caller.account, trace: trace_of(&facts, &decision), from: None }),
        }
    }
}

/// A change that the decision allows, with its trace for the event (I10).
pub(crate) struct Allowed {
    pub account: AccountId,
    pub trace: serde_json::Value,
    /// The account that the number goes away from.
    pub from: Option<AccountId>,
}
