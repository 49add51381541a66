//! A password of one's own account, set or replaced in My Account.
use domain::{
    CredentialId, EventKind,
    account_rules::{change::AccountChange, rewind::Changed},
};
use storage::accounts::{list_emails, password_set_at, set_password};

use crate::{
    Error, RequestContext,
    account::changes::{ProfileChange, doer},
    audit::Event,
    codes::limits::Guarded,
    crypto::random::row_id,
    notifications::messages::Kind,
    services::AccountSettings,
    transaction::Transactions,
};

impl AccountSettings {
    /// Whether a password may be set here now, and whether there is one.
    ///
    /// # Errors
    /// Why it may not: [`domain::Refusal::PasswordByReset`], [`domain::Refusal::PasswordOff`], [`domain::Refusal::NotRecent`].
    pub async fn own_password(&self, ctx: &RequestContext) -> Result<bool, Error> {
        let account = ctx.signed_in()?.account;
        let mut conn = self.store.read().await?;
        let first = password_set_at(&mut conn, account).await?.is_none();
        self.accounts().may_begin_change(&mut conn, ctx, AccountChange::Password { first }).await?;
        Ok(!first)
    }

    /// Sets it: every other session ends, and the account's mailboxes hear of it.
    ///
    /// # Errors
    /// [`domain::Refusal::BadRequest`] for one that may not be set; as [`crate::AccountSettings::own_password`].
    pub async fn set_own_password(
        &self,
        ctx: &RequestContext,
        password: &str,
    ) -> Result<(), Error> {
        let session = ctx.signed_in()?.clone();
        let known: Vec<String> = {
            let mut conn = self.store.read().await?;
            list_emails(&mut conn, session.account)
                .await?
                .into_iter()
                .map(|e| e.typed)
                .chain([session.name.clone()])
                .collect()
        };
        self.passwords().check_new_password(password, &known).await?;
        self.own_password(ctx).await?;
        let phc = self.passwords().hash_password(password).await?;
        self.act(ctx, async move |this, c, ctx| {
            let session = ctx.session()?;
            let (account, now) = (session.account, this.now());
            let first = password_set_at(c, account).await?.is_none();
            let allowed =
                this.accounts().may_change(c, &ctx, AccountChange::Password { first }, now).await?;
            let changing = this.accounts().change(c, account).await?;
            set_password(c, this.org, account, CredentialId(row_id(now)), &phc, now).await?;
            this.codes().forget_tries(c, Guarded::Password, account).await?;
            this.sessions().end_everything(c, account, Some(&ctx)).await?;
            this.record(
                c,
                Event::own(
                    &ctx,
                    if first { EventKind::PasswordAdded } else { EventKind::PasswordChanged },
                    account,
                )
                .detail(allowed.trace),
            )
            .await?;
            let noted = this
                .accounts()
                .changed(c, changing, Changed::Password, &doer(&ctx), ProfileChange::default())
                .await?;
            this.notifications()
                .notify(c, account, Kind::PasswordNotice, &ctx, "", "", noted.as_ref())
                .await
        })
        .await
    }
}
