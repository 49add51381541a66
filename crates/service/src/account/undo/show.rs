//! Showing a credential from before the change: a password, a passkey, or an identity.
use super::open::{Open, Shown};
use crate::{
    Error, LoginOutcome, RequestContext,
    services::Rewinds,
    sign_in::{login_outcome::TxOutcome, start::LoginState, upstream_identity::UpstreamIdentity},
    transaction::LiveRequest,
};
use domain::{
    MINUTE, Micros, Refusal,
    account_rules::rewind::{Span, Way},
    attempt::ProvedBy,
};
use storage::{
    Conn,
    accounts::{access::find_own_link, journal::set_shown},
};

/// A provider's clock may be this far from ours.
const SKEW: Micros = MINUTE;

impl Rewinds {
    /// Shows a password from before the change, whether or not it is still the account's.
    ///
    /// # Errors
    /// [`Refusal::UndoOver`], [`Refusal::CredentialsWrong`], [`Refusal::RateLimited`].
    pub async fn undo_by_password(
        &self,
        ctx: &RequestContext,
        secret: &str,
        password: &str,
    ) -> Result<(), Error> {
        let open = self.open_undo(&mut self.store.read().await?, secret).await?;
        let answer = open.answer(Span::from(open.link.rev));
        let before = answer.after.iter().find(|w| matches!(w, Way::Password { .. })).cloned();
        let stored = match &before {
            Some(Way::Password { id }) => open.secret(*id).map(|secret| (*id, secret)),
            _ => None,
        };
        self.passwords().check_stored_password(ctx, open.account.id, stored, password).await?;
        let way = before.ok_or(Refusal::CredentialsWrong)?;
        self.keep_shown(
            &open,
            Shown { way, browser: ctx.browser.clone(), at: self.now(), factor: false },
        )
        .await
    }

    /// Shows a passkey from before the change.
    ///
    /// # Errors
    /// [`Refusal::UndoOver`], [`Refusal::PasskeyWrong`], [`Refusal::UndoCredential`] for one of another account or of since.
    pub async fn undo_by_passkey(
        &self,
        ctx: &RequestContext,
        secret: &str,
        sealed: &str,
        answer: &str,
    ) -> Result<(), Error> {
        let (account, proof) = self.passkeys().shown_passkey(ctx, sealed, answer).await?;
        let ProvedBy::Passkey(id) = proof else {
            return Err(Error::Internal("a passkey is shown by itself".into()));
        };
        let open = self.open_undo(&mut self.store.read().await?, secret).await?;
        let way = Way::Passkey { id };
        if account != open.account.id
            || !open.answer(Span::from(open.link.rev)).after.contains(&way)
        {
            return Err(Refusal::UndoCredential.into());
        }
        // The device verified the person: it stands for the second factor too.
        self.keep_shown(
            &open,
            Shown { way, browser: ctx.browser.clone(), at: self.now(), factor: true },
        )
        .await
    }

    async fn keep_shown(&self, open: &Open, shown: Shown) -> Result<(), Error> {
        let (key, text) = (open.link.hash.clone(), serde_json::to_string(&shown)?);
        self.store
            .write(move |c| {
                Box::pin(async move {
                    if set_shown(c, &key, &text).await? {
                        Ok(())
                    } else {
                        Err(Refusal::UndoOver.into())
                    }
                })
            })
            .await
    }

    /// A provider's answer to a start from a link's page: an identity from before the change, asked anew there.
    pub(crate) async fn undo_by_identity(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        identity: &UpstreamIdentity,
        secret: &str,
        start: &LoginState,
    ) -> Result<TxOutcome, Error> {
        let open = self.hold_undo(c, secret).await?;
        let config = self.configuration().policy_context(c, None).await?;
        let provider = config.provider(identity.provider).ok_or(Refusal::ProviderUnknown)?;
        let reports_auth_time =
            self.configuration().connector(provider).await?.supports_auth_time();
        if reports_auth_time && identity.assertion.auth_at.is_none_or(|at| at + SKEW < start.at) {
            return Err(Refusal::NotFresh.into());
        }
        let after = open.answer(Span::from(open.link.rev)).after;
        let own =
            find_own_link(c, open.account.id, &identity.namespace, &identity.assertion.subject)
                .await?;
        let way = own
            .into_iter()
            .map(|link| Way::Identity { link })
            .find(|w| after.contains(w))
            .ok_or(Refusal::UndoCredential)?;
        let factor = identity.second_factor(&config.policy(Some(&identity.key)));
        let shown = Shown { way, browser: ctx.browser.clone(), at: self.now(), factor };
        if !set_shown(c, &open.link.hash, &serde_json::to_string(&shown)?).await? {
            return Err(Refusal::UndoOver.into());
        }
        Ok(Ok(LoginOutcome::Undo { secret: secret.to_owned() }))
    }

    /// A credential from before a change was shown in this browser, and now its factor too.
    pub(super) async fn proved(
        &self,
        ctx: &RequestContext,
        open: &Open,
        first: i64,
        code: &str,
    ) -> Result<Shown, Error> {
        let shown = open.shown(&ctx.browser, self.now()).ok_or(Refusal::UndoCredential)?;
        open.live(first).ok_or(Refusal::UndoOver)?;
        let after = open.answer(Span::from(first)).after;
        if !after.contains(&shown.way) {
            return Err(Refusal::UndoCredential.into());
        }
        if let (false, Some(Way::Factor { id })) =
            (shown.factor, after.iter().find(|w| matches!(w, Way::Factor { .. })))
        {
            if open.now.contains(&Way::Factor { id: *id }) {
                self.second_factors().check_factor(ctx, open.account.id, code).await?;
            } else {
                let sealed = open.secret(*id).ok_or(Refusal::UndoCredential)?;
                self.second_factors()
                    .check_kept_factor(ctx, open.account.id, &sealed, code)
                    .await?;
            }
        }
        Ok(shown)
    }
}
