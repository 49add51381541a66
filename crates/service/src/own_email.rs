//! Another address for one's own account: the old one stays until the new one is proved in the same session (MA-14).
use domain::{
    AccountId, Facts, Outcome, Refusal,
    address::Canonical,
    attempt::State,
    decide,
    facts::{Change, Intent, What},
    path::Continuation,
};
use storage::{
    Conn,
    accounts::{bump_rev, find_account, find_owner, is_email_taken, list_emails},
    attempts::Attempt,
    attributes::ignore_email,
};

use crate::{
    Arrival, Fault, Ligature, Visitor,
    arrive::Settled,
    attempt::{Opened, blank, trace_of},
    audit::Event,
    challenge::{Binding, code_shape},
    mails::Kind,
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
        let (visitor, typed) = (visitor.clone(), typed.trim().to_owned());
        self.settle(move |this, c| {
            let (visitor, typed, address) = (visitor.clone(), typed.clone(), address.clone());
            Box::pin(async move {
                let now = this.now();
                this.may_change(c, &visitor, What::Email { taken: false }, now).await?;
                this.count_code_attempt(c, address.as_str()).await?;
                let free = !is_email_taken(c, this.org, address.as_str(), account, now).await?;
                let state = State::NewEmail { account, address: typed, free };
                let (id, hash) = this.begin_attempt(c, &visitor, "new_email", &state, None, &Continuation::Account, domain::code::TRIES).await?;
                let row = Attempt { hash, browser: visitor.browser.clone(), ..blank(now) };
                match find_owner(c, this.org, address.as_str()).await?.filter(|_| !free) {
                    Some(owner) => this.decoy(c, &visitor, &row, owner, &address, Kind::EmailWanted).await?,
                    None => this.send_new_email_code(c, &visitor, &row, &state).await?,
                }
                Ok(Ok(Arrival::Page { id, page: state.page() }))
            })
        })
        .await
    }

    pub(crate) async fn send_new_email_code(&self, c: &mut Conn, visitor: &Visitor, row: &Attempt, state: &State) -> Result<(), Fault> {
        let State::NewEmail { account, address, free } = state else { return Err(Refusal::AttemptStep.into()) };
        let shape = code_shape(&self.ground(c, None).await?.policy(None));
        let binding = new_email_binding(*account, address, *free)?;
        let locale = find_account(c, self.org, *account).await?.map_or_else(|| visitor.locale.clone(), |a| a.locale);
        let letter = self.letter(Kind::NewEmailCode, address.clone(), locale, visitor, "", "");
        self.challenge(c, row, &binding, shape, Some(letter)).await
    }

    /// The code that was typed, in a session of the same account.
    pub(crate) async fn take_new_email(&self, visitor: &Visitor, id: &str, open: Opened, typed: &str) -> Result<Arrival, Fault> {
        let (account, address) = open.state.new_email()?;
        if Self::caller(visitor)?.account != account {
            return Err(Refusal::OtherAccount.into());
        }
        let binding = new_email_binding(account, address, matches!(open.state, State::NewEmail { free: true, .. }))?;
        let right = match self.compare_code(&open.row, &binding, typed).await {
            Ok(right) => right,
            Err(fault) => return self.wrong_code(visitor, id, fault).await,
        };
        let (visitor, secret) = (visitor.clone(), id.to_owned());
        self.settle(move |this, c| {
            let (visitor, secret, right) = (visitor.clone(), secret.clone(), right.clone());
            Box::pin(async move {
                let open = this.opened(c, &visitor, &secret).await?;
                this.use_up(c, &right).await?;
                this.finish_new_email(c, &visitor, &open).await
            })
        })
        .await
    }

    async fn finish_new_email(&self, c: &mut Conn, visitor: &Visitor, open: &Opened) -> Result<Settled, Fault> {
        let (account, typed) = open.state.new_email()?;
        let caller = visitor.session.as_ref().filter(|caller| caller.account == account).ok_or(Refusal::SessionEnded)?;
        let address = Canonical::parse(typed).map_err(|_| Refusal::AttemptExpired)?;
        let row = find_account(c, self.org, account).await?.ok_or(Refusal::SessionEnded)?;
        bump_rev(c, account, row.rev).await?;
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
        // Who leaves an address need not be asked about it by a provider that still says it (GO-49).
        for old in list_emails(c, account).await?.iter().filter(|e| e.is_primary) {
            if let Ok(old) = Canonical::parse(&old.canonical) {
                ignore_email(c, account, &self.ignored_hash(account, &old), self.now()).await?;
            }
        }
        self.take_email(c, visitor, account, &address, typed).await?;
        self.move_on(c, open, &State::Done, "").await?;
        self.record(c, Event::new("email.updated").account(account).detail(allowed.trace)).await?;
        Ok(Ok(Arrival::Continue { caller: Box::new(caller.clone()), continuation: open.continuation.clone() }))
    }

    /// Whether the caller may begin to change the address.
    ///
    /// # Errors
    /// [`Refusal::ManagementOff`], [`Refusal::NotRecent`], [`Refusal::SessionEnded`].
    pub async fn may_change_email(&self, visitor: &Visitor) -> Result<(), Fault> {
        let now = self.now();
        self.may_change(&mut self.store.read().await?, visitor, What::Email { taken: false }, now).await.map(drop)
    }

    /// Asks the decision whether the session's person may change something, as of a moment.
    pub(crate) async fn may_change(&self, c: &mut Conn, visitor: &Visitor, what: What, at: domain::Micros) -> Result<Allowed, Fault> {
        let caller = Self::caller(visitor)?;
        let row = find_account(c, self.org, caller.account).await?.ok_or(Refusal::SessionEnded)?;
        let policy = self.ground(c, None).await?.policy(None);
        let change = Change { account: caller.account, state: row.state(), what, recent: Self::recent(caller, at, &policy) };
        let facts = Facts::local(Intent::Change(change), None);
        let decision = decide(&facts, &policy);
        match decision.outcome {
            Outcome::Refuse { refusal } => Err(refusal.into()),
            _ => Ok(Allowed { account: caller.account, trace: trace_of(&facts, &decision) }),
        }
    }
}

/// A change that the decision allows, with its trace for the event (I10).
pub(crate) struct Allowed {
    pub account: AccountId,
    pub trace: serde_json::Value,
}

fn new_email_binding(account: AccountId, typed: &str, free: bool) -> Result<Binding, Fault> {
    let address = Canonical::parse(typed).map_err(|_| Refusal::AttemptExpired)?.as_str().to_owned();
    Ok(if free { Binding { action: "new_email", account: Some(account), address, ..Binding::default() } } else { Binding { action: "decoy", address, ..Binding::default() } })
}
