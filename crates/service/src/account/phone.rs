//! The telephone number of one's own account: proved by a code to it, taken away again. A number belongs to whoever
//! proved it last, since numbers are handed on; the account that had it before hears of it by mail.
use domain::{
    AccountId, EventKind, Refusal,
    account_rules::{change::AccountChange, rewind::Changed},
    attempt::{Awaited, CodePurpose, State},
    audit_events::Target,
    contact::{Contact, Phone},
    path::{Continuation, SafePath},
    policy::ProfileAttribute,
};
use storage::{
    Conn,
    accounts::attributes::{
        BY_CODE, find_phone, find_phone_owner, remove_attribute, set_attribute,
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

/// The page of the number.
const PHONE: &str = "/account/phone";

impl AccountSettings {
    /// The caller's proved number.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`], [`Refusal::ManagementOff`], [`Refusal::NotRecent`].
    pub async fn own_phone(&self, ctx: &RequestContext) -> Result<Option<String>, Error> {
        let mut conn = self.store.read().await?;
        let account = self
            .accounts()
            .may_begin_change(&mut conn, ctx, AccountChange::Phone { held_by: None })
            .await?
            .account;
        Ok(find_phone(&mut conn, account).await?)
    }

    /// Sends a code to a number that the caller wants to have.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for what is no international number, [`Refusal::NotAllowed`] where no text can go,
    /// [`Refusal::NotRecent`], [`Refusal::ManagementOff`].
    pub async fn ask_new_phone(
        &self,
        ctx: &RequestContext,
        typed: &str,
    ) -> Result<LoginOutcome, Error> {
        let contact = Phone::parse(typed).map(Contact::Phone).map_err(|_| Refusal::BadRequest)?;
        if !self.configuration().texts_reach(&contact) {
            return Err(Refusal::NotAllowed.into());
        }
        self.retry_step(ctx, async move |this, c, ctx| {
            let account = this
                .accounts()
                .may_change(c, &ctx, AccountChange::Phone { held_by: None }, this.now())
                .await?
                .account;
            let awaited = Awaited {
                purpose: CodePurpose::NewPhone,
                account: Some(account),
                contact: contact.as_str().to_owned(),
            };
            let back = Continuation::Path(
                SafePath::parse(PHONE).map_err(|_| Error::Internal("a path of ours".into()))?,
            );
            this.attempts().await_code(c, &ctx, awaited, None, &back).await
        })
        .await
    }

    /// The right code: the number is the account's from now on, and nobody else's.
    pub(crate) async fn finish_new_phone(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        open: &Opened,
        account: AccountId,
        contact: &Contact,
    ) -> Result<TxOutcome, Error> {
        let session = ctx.session_of(account)?;
        // What was recent when the code was asked for still is when it comes back.
        let number = contact.as_str();
        let held_by =
            find_phone_owner(c, self.org, number).await?.filter(|holder| *holder != account);
        let allowed = self
            .accounts()
            .may_change(c, ctx, AccountChange::Phone { held_by }, open.row.created_at)
            .await?;
        self.attempts().move_on(c, open, &State::Done, "").await?;
        let changing = self.accounts().change(c, account).await?;
        if let Some(before) = allowed.from {
            // Codes that its number was to prove are over.
            let theirs = self.accounts().change(c, before).await?;
            remove_attribute(c, before, &ProfileAttribute::Phone.name()).await?;
            self.record(
                c,
                Event::system(EventKind::PhoneLost, Target::Account(before))
                    .detail(allowed.trace.clone()),
            )
            .await?;
            self.accounts()
                .changed(c, theirs, Changed::PhoneGone, "system", ProfileChange::default())
                .await?;
            self.notifications()
                .notify(c, before, Kind::PhoneGone, ctx, "", &domain::contact::masked(number), None)
                .await?;
        }
        set_attribute(
            c,
            self.org,
            account,
            &ProfileAttribute::Phone.name(),
            number,
            number,
            BY_CODE,
            self.now(),
        )
        .await?;
        self.record(c, Event::own(ctx, EventKind::PhoneProved, account).detail(allowed.trace))
            .await?;
        let noted = self
            .accounts()
            .changed(c, changing, Changed::Phone, &doer(ctx), ProfileChange::default())
            .await?;
        self.notifications()
            .notify(
                c,
                account,
                Kind::PhoneNotice,
                ctx,
                "",
                &domain::contact::masked(number),
                noted.as_ref(),
            )
            .await?;
        Ok(Ok(LoginOutcome::Continue {
            session: Box::new(session.clone().into()),
            continuation: open.continuation.clone(),
        }))
    }

    /// Removes the caller's number.
    ///
    /// # Errors
    /// [`Refusal::MethodUnknown`] where there is none, [`Refusal::NotRecent`], [`Refusal::ManagementOff`].
    pub async fn remove_phone(&self, ctx: &RequestContext) -> Result<(), Error> {
        self.act(ctx, async move |this, c, ctx| {
            let account = ctx.session()?.account;
            let changing = this.accounts().change(c, account).await?;
            let number = find_phone(c, account).await?.ok_or(Refusal::MethodUnknown)?;
            let allowed =
                this.accounts().may_change(c, &ctx, AccountChange::RemovePhone, this.now()).await?;
            remove_attribute(c, account, &ProfileAttribute::Phone.name()).await?;
            this.record(
                c,
                Event::own(&ctx, EventKind::PhoneRemoved, account).detail(allowed.trace),
            )
            .await?;
            let noted = this
                .accounts()
                .changed(c, changing, Changed::PhoneGone, &doer(&ctx), ProfileChange::default())
                .await?;
            this.notifications()
                .notify(
                    c,
                    account,
                    Kind::PhoneGone,
                    &ctx,
                    "",
                    &domain::contact::masked(&number),
                    noted.as_ref(),
                )
                .await
        })
        .await
    }
}
