//! A linked identity came with another address than the account's: update, ignore, later (GO-47 to GO-50, MA-15).
use domain::{
    AccountId, Facts, Outcome, Refusal, Trust,
    account_rules::rewind::{Changed, KEPT},
    attempt::State,
    decide,
    email_address::Canonical,
    facts::{Intent, UpdateEmail},
    path::Continuation,
};
use storage::{
    Conn,
    accounts::{NewEmail, add_email, attributes::ignore_email, find_account, is_email_taken, list_emails, own_email, remove_email, set_primary_email},
};

use crate::{
    Arrival, Fault, Ligature, Visitor,
    account::changes::{Changing, ProfileChange, doer},
    attempt::{Opened, code_binding},
    audit::Event,
    crypto::random::row_id,
    notifications::messages::Kind,
    sign_in::{complete_login::client_of, upstream_identity::Held},
    transaction::Acting,
};

impl Ligature {
    /// The question waits in an attempt of its own; the session is there already.
    pub(crate) async fn ask_about_email(&self, c: &mut Conn, visitor: &Acting, account: AccountId, held: &Held, continuation: &Continuation) -> Result<String, Fault> {
        let state = State::EmailChanged { account, updating: false };
        Ok(self.begin_attempt(c, visitor, "email", &state, Some(held), continuation).await?.0)
    }

    /// The policy says to take the provider's address: it becomes the primary one. What was proved before stays proved.
    pub(crate) async fn overwrite_email(&self, c: &mut Conn, visitor: &Acting, account: AccountId, held: &Held, trust: Option<Trust>) -> Result<(), Fault> {
        let Some(address) = held.address() else { return Ok(()) };
        let changing = self.change(c, account).await?;
        let now = self.now();
        let owner = trust >= Some(Trust::Authoritative) && !is_email_taken(c, self.org, address.as_str(), account, now).await?;
        remove_email(c, account, address.as_str()).await?;
        let email = NewEmail { address: address.clone(), proof: format!("provider:{}", held.provider), owner, primary: false };
        add_email(c, self.org, account, &email, row_id(now), now).await?;
        set_primary_email(c, account, address.as_str(), None).await?;
        self.record(c, Event { provider: held.key.clone(), ..Event::new("email.overwritten").account(account).by("system") }).await?;
        let noted = self.changed(c, changing, Changed::Email, &format!("provider:{}", held.key), ProfileChange::default()).await?;
        self.tell(c, account, Kind::EmailChanged, visitor, "", address.as_str(), noted.as_ref()).await
    }

    /// The question of an attempt, asked in the session that it belongs to.
    pub(crate) fn own_question(visitor: &Acting, open: &Opened) -> Result<(AccountId, Arrival), Fault> {
        let (account, _) = open.state.email_changed()?;
        let session = visitor.session_of(account)?;
        Ok((account, Arrival::Continue { caller: Box::new(session.clone().into()), continuation: open.continuation.clone() }))
    }

    /// Update: a code goes to the new address.
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] elsewhere, [`Refusal::SessionEnded`] in another session.
    pub async fn ask_email_code(&self, visitor: &Visitor, id: &str) -> Result<Arrival, Fault> {
        let secret = id.to_owned();
        self.settle(visitor, move |this, c, visitor| {
            let secret = secret.clone();
            Box::pin(async move {
                let open = this.opened_for_step(c, &visitor, &secret).await?;
                let visitor = visitor.on_way(&open.continuation);
                let (account, _) = Self::own_question(&visitor, &open)?;
                let policy = this.ground(c, client_of(&open.continuation).as_deref()).await?.policy(Some(&open.held()?.key));
                let next = State::EmailChanged { account, updating: true };
                this.move_on(c, &open, &next, "").await?;
                this.send_code(c, &visitor, &open.row, &next, open.held()?, &policy).await?;
                Ok(Ok(Arrival::Page { id: secret, page: next.page() }))
            })
        })
        .await
    }

    /// The code from the new address: it becomes the primary one and is owned; the old one is given up and told.
    pub(crate) async fn update_email(&self, visitor: &Visitor, id: &str, open: Opened, typed: &str) -> Result<Arrival, Fault> {
        let (account, _) = open.state.email_changed()?;
        if Self::caller(visitor)?.account != account {
            return Err(Refusal::SessionEnded.into());
        }
        let held = open.held()?.clone();
        let binding = code_binding(&held, &open.state).ok_or(Refusal::AttemptStep)?;
        let right = match self.compare_code(&open.row, &binding, typed).await {
            Ok(right) => right,
            Err(fault) => return self.wrong_code(visitor, id, fault).await,
        };
        let secret = id.to_owned();
        self.settle(visitor, move |this, c, visitor| {
            let (secret, right, held) = (secret.clone(), right.clone(), held.clone());
            Box::pin(async move {
                let open = this.opened_for_step(c, &visitor, &secret).await?;
                let visitor = visitor.on_way(&open.continuation);
                let (account, arrival) = Self::own_question(&visitor, &open)?;
                this.use_up(c, &right).await?;
                let row = find_account(c, this.org, account).await?.ok_or(Refusal::SessionEnded)?;
                let (policy, now) = (this.ground(c, client_of(&open.continuation).as_deref()).await?.policy(Some(&held.key)), this.now());
                let address = held.address().ok_or(Refusal::AttemptExpired)?;
                let taken = is_email_taken(c, this.org, address.as_str(), account, now).await?;
                let update = UpdateEmail { account, state: row.state(), taken };
                let facts = Facts { trust: held.trust(&policy, true), ..Facts::local(Intent::UpdateEmail(update), None) };
                let decision = decide(&facts, &policy);
                if let Outcome::Refuse { refusal } = decision.outcome {
                    this.move_on(c, &open, &State::Refused { refusal }, "").await?;
                    let event = this.decided("email.refused", &held, &facts, &decision, true);
                    this.record(c, event.account(account).support(&open.row.support_code)).await?;
                    return Ok(Err((refusal, open.row.support_code)));
                }
                this.move_on(c, &open, &State::Done, "").await?;
                let changing = this.change(c, account).await?;
                this.take_email(c, &visitor, changing, &address).await?;
                this.record(c, this.decided("email.updated", &held, &facts, &decision, true).account(account)).await?;
                Ok(Ok(arrival))
            })
        })
        .await
    }

    /// A proved address becomes the primary one. The old one hears of it, can take it back, and stays reserved as long
    /// (MA-14).
    pub(crate) async fn take_email(&self, c: &mut Conn, visitor: &Acting, changing: Changing, address: &Canonical) -> Result<(), Fault> {
        let (account, now) = (changing.account, self.now());
        let all = list_emails(c, account).await?;
        if all.iter().all(|e| e.canonical != address.as_str()) {
            remove_email(c, account, address.as_str()).await?;
            let email = NewEmail { address: address.clone(), proof: "code".into(), owner: true, primary: false };
            add_email(c, self.org, account, &email, row_id(now), now).await?;
        }
        own_email(c, account, address.as_str()).await?;
        set_primary_email(c, account, address.as_str(), Some(now + KEPT)).await?;
        let noted = self.changed(c, changing, Changed::Email, &doer(visitor), ProfileChange::default()).await?;
        self.tell(c, account, Kind::EmailChanged, visitor, "", address.as_str(), noted.as_ref()).await
    }

    /// Ignore: never asked again for this address; only a keyed hash of it is kept.
    ///
    /// # Errors
    /// As [`Ligature::ask_email_code`].
    pub async fn ignore_email(&self, visitor: &Visitor, id: &str) -> Result<Arrival, Fault> {
        self.close_question(visitor, id, true).await
    }

    /// Later: asked again at the next sign-in.
    ///
    /// # Errors
    /// As [`Ligature::ask_email_code`].
    pub async fn leave_email(&self, visitor: &Visitor, id: &str) -> Result<Arrival, Fault> {
        self.close_question(visitor, id, false).await
    }

    async fn close_question(&self, visitor: &Visitor, id: &str, ignore: bool) -> Result<Arrival, Fault> {
        let secret = id.to_owned();
        self.settle(visitor, move |this, c, visitor| {
            let secret = secret.clone();
            Box::pin(async move {
                let open = this.opened_for_step(c, &visitor, &secret).await?;
                let visitor = visitor.on_way(&open.continuation);
                let (account, arrival) = Self::own_question(&visitor, &open)?;
                if let (true, Some(address)) = (ignore, open.held()?.address()) {
                    ignore_email(c, account, &this.ignored_hash(account, &address), this.now()).await?;
                    this.record(c, Event::new("email.ignored").account(account)).await?;
                }
                this.move_on(c, &open, &State::Done, "").await?;
                Ok(Ok(arrival))
            })
        })
        .await
    }
}
