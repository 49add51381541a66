//! Another address for one's own account: the old one stays until the new one is proved in the same session (MA-14).
use domain::{
    AccountId, EventKind, Refusal,
    account_rules::{
        change::AccountChange,
        rewind::{Changed, KEPT, Way},
    },
    attempt::{Awaited, CodePurpose, State},
    contact::Contact,
    email_address::Canonical,
    path::Continuation,
};
use storage::{
    Conn,
    accounts::{
        access::remove_way, attributes::ignore_email, bump_rev, find_account, find_owner,
        is_email_taken, journal::remove_undo_links_to, list_emails, list_former_emails,
        remove_email, set_primary_email, settle_email,
    },
};

use crate::{
    Error, LoginOutcome, RequestContext,
    account::changes::{ProfileChange, doer},
    attempt::opened::Opened,
    audit::Event,
    notifications::messages::Kind,
    services::AccountSettings,
    sign_in::login_outcome::TxOutcome,
    transaction::{LiveRequest, Transactions},
};

impl AccountSettings {
    /// Mails a code to the address. Whether somebody has it already is not said: the page is the same, and its owner
    /// gets a notice.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for what is no address, [`Refusal::NotRecent`], [`Refusal::ManagementOff`].
    pub async fn ask_new_email(
        &self,
        ctx: &RequestContext,
        typed: &str,
    ) -> Result<LoginOutcome, Error> {
        let account = ctx.signed_in()?.account;
        let address = Canonical::parse(typed).map_err(|_| Refusal::BadRequest)?;
        self.retry_step(ctx, async move |this, c, ctx| {
            let now = this.now();
            this.accounts().may_change(c, &ctx, AccountChange::Email { taken: false }, now).await?;
            let free = !is_email_taken(c, this.org, address.as_str(), account, now).await?;
            let instead = find_owner(c, this.org, address.as_str())
                .await?
                .filter(|_| !free)
                .map(|owner| (owner, Kind::EmailWanted));
            let awaited = Awaited {
                purpose: CodePurpose::NewEmail,
                account: free.then_some(account),
                contact: address.shown().to_owned(),
            };
            this.attempts().await_code(c, &ctx, awaited, instead, &Continuation::Account).await
        })
        .await
    }

    /// The right code: the address becomes the primary one.
    pub(crate) async fn finish_new_email(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        open: &Opened,
        account: AccountId,
        contact: &Contact,
    ) -> Result<TxOutcome, Error> {
        let session = ctx.session_of(account)?;
        let Contact::Mailbox(address) = contact else { return Err(Refusal::AttemptExpired.into()) };
        let taken = is_email_taken(c, self.org, address.as_str(), account, self.now()).await?;
        let allowed =
            match self.change_by_code(c, ctx, open, AccountChange::Email { taken }).await? {
                Ok(allowed) => allowed,
                Err(refused) => return Ok(Err(refused)),
            };
        let changing = self.accounts().change(c, account).await?;
        // Who leaves an address need not be asked about it by a provider that still says it (GO-49).
        for old in list_emails(c, account).await?.iter().filter(|e| e.is_primary) {
            if let Ok(old) = Canonical::parse(&old.canonical) {
                ignore_email(c, account, &self.ignored_hash(account, &old), self.now()).await?;
            }
        }
        self.accounts().take_email(c, ctx, changing, address).await?;
        self.record(c, Event::own(ctx, EventKind::EmailUpdated, account).detail(allowed.trace))
            .await?;
        Ok(Ok(LoginOutcome::Continue {
            session: Box::new(session.clone().into()),
            continuation: open.continuation.clone(),
        }))
    }

    /// Removes one of the caller's addresses, named by its canonical form; it hears of it and can take it back, unless
    /// `foreign`: somebody else has it by now. Then it hears and undoes nothing from here on (threat rule 19); that can be
    /// said of one that was given up before, too. The last proved one stays (UD-09).
    ///
    /// # Errors
    /// [`Refusal::MethodUnknown`] for foreign and unknown ones alike, [`Refusal::LastAddress`], [`Refusal::NotRecent`],
    /// [`Refusal::ManagementOff`].
    pub async fn remove_own_email(
        &self,
        ctx: &RequestContext,
        address: &str,
        foreign: bool,
    ) -> Result<(), Error> {
        let address = address.to_owned();
        self.act(ctx, async move |this, c, ctx| {
            this.remove_email_in(c, &ctx, &address, foreign).await
        })
        .await
    }

    pub(crate) async fn remove_email_in(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        address: &str,
        foreign: bool,
    ) -> Result<(), Error> {
        let (account, now) = (ctx.session()?.account, self.now());
        let changing = self.accounts().change(c, account).await?;
        let all = list_emails(c, account).await?;
        let Some(own) = all.iter().find(|e| e.canonical == address) else {
            let former = list_former_emails(c, account, now).await?;
            former
                .iter()
                .find(|e| foreign && e.canonical == address)
                .ok_or(Refusal::MethodUnknown)?;
            let allowed = self
                .accounts()
                .may_change(c, ctx, AccountChange::RemoveEmail { last: false }, now)
                .await?;
            remove_email(c, account, address).await?;
            remove_undo_links_to(c, account, address).await?;
            return self
                .record(c, Event::own(ctx, EventKind::EmailDisowned, account).detail(allowed.trace))
                .await;
        };
        let proved = |e: &&storage::accounts::Email| e.is_proved();
        let next =
            all.iter().filter(|e| e.canonical != address).filter(proved).max_by_key(|e| e.owner);
        let last = next.is_none() && own.is_proved();
        let allowed =
            self.accounts().may_change(c, ctx, AccountChange::RemoveEmail { last }, now).await?;
        let way = Way::Address {
            canonical: own.canonical.clone(),
            proof: own.proof.to_string(),
            owner: own.owner,
        };
        remove_way(c, account, &way, now, (!foreign && own.is_proved()).then_some(now + KEPT))
            .await?;
        if let (true, Some(next)) = (own.is_primary, next) {
            set_primary_email(c, account, &next.canonical, None).await?;
        }
        if let Ok(canonical) = Canonical::parse(&own.canonical) {
            ignore_email(c, account, &self.ignored_hash(account, &canonical), now).await?;
        }
        if foreign {
            remove_undo_links_to(c, account, &own.canonical).await?;
        }
        self.record(c, Event::own(ctx, EventKind::EmailRemoved, account).detail(allowed.trace))
            .await?;
        let noted = self
            .accounts()
            .changed(c, changing, Changed::EmailGone, &doer(ctx), ProfileChange::default())
            .await?;
        self.notifications()
            .notify(c, account, Kind::EmailGone, ctx, "", &own.canonical, noted.as_ref())
            .await
    }

    /// Whether the change that a code was asked for may still be made, now that the right one is there: what was recent
    /// when it was asked for still is. A refusal ends the attempt and is committed.
    pub(crate) async fn change_by_code(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        open: &Opened,
        what: AccountChange,
    ) -> Result<Result<Allowed, (Refusal, String)>, Error> {
        match self.accounts().may_change(c, ctx, what, open.row.created_at).await {
            Ok(allowed) => {
                self.attempts().move_on(c, open, &State::Done, "").await?;
                Ok(Ok(allowed))
            }
            Err(error) => {
                let (refusal, account) = (error.refusal(), ctx.session()?.account);
                self.attempts().move_on(c, open, &State::Refused { refusal }, "").await?;
                self.record(
                    c,
                    Event::own(ctx, EventKind::EmailRefused, account)
                        .code(refusal.code())
                        .support(&open.row.support_code),
                )
                .await?;
                Ok(Err((refusal, open.row.support_code.clone())))
            }
        }
    }

    /// Whether the caller may begin to change the address.
    ///
    /// # Errors
    /// [`Refusal::ManagementOff`], [`Refusal::NotRecent`], [`Refusal::SessionEnded`].
    pub async fn may_change_email(&self, ctx: &RequestContext) -> Result<(), Error> {
        self.accounts()
            .may_begin_change(
                &mut self.store.read().await?,
                ctx,
                AccountChange::Email { taken: false },
            )
            .await
            .map(drop)
    }

    /// "This mailbox is still mine", by who showed a credential of the account in this session.
    ///
    /// # Errors
    /// [`Refusal::MethodUnknown`] for what is not contested, [`Refusal::NotRecent`], [`Refusal::MailboxContested`] in a
    /// session that stands on a code.
    pub async fn keep_email(&self, ctx: &RequestContext, address: &str) -> Result<(), Error> {
        let address = address.to_owned();
        self.act(ctx, async move |this, c, ctx| {
            let by_credential = !matches!(ctx.session()?.method.as_str(), "code" | "phone");
            let allowed = this
                .accounts()
                .may_change(c, &ctx, AccountChange::KeepEmail { by_credential }, this.now())
                .await?;
            let row =
                find_account(c, this.org, allowed.account).await?.ok_or(Refusal::SessionEnded)?;
            bump_rev(c, allowed.account, row.rev).await?;
            if !settle_email(c, allowed.account, &address, None).await? {
                return Err(Refusal::MethodUnknown.into());
            }
            this.record(
                c,
                Event::own(&ctx, EventKind::EmailKept, allowed.account).detail(allowed.trace),
            )
            .await
        })
        .await
    }
}

/// A change that the decision allows, with its trace for the event (I10).
pub(crate) struct Allowed {
    pub account: AccountId,
    pub trace: serde_json::Value,
    /// The account that the number goes away from.
    pub from: Option<AccountId>,
}
