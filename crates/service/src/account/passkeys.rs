//! Passkeys (WebAuthn): added in My Account, discovered at sign-in, shown on the binding page. Each ceremony is sealed
//! for the browser that began it, lives ten minutes and is used once. The device verifies the person, so that a passkey
//! is worth both factors.
use domain::{
    AccountId, EventKind, MINUTE, Micros, Refusal,
    account_rules::{change::AccountChange, rewind::Changed},
    attempt::{AttemptProgress, ProvedBy, Then},
    path::Continuation,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use storage::{
    Conn,
    accounts::{
        find_account, list_emails,
        passkeys::{
            Passkey as Row, add_passkey, find_passkey, list_passkeys, remove_passkey, touch_passkey,
        },
    },
    key,
    policy::organisations::organisation_name,
    sign_in::attempts::consume_state,
};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Uuid,
};

use crate::{
    Error, LoginOutcome, RequestContext,
    account::{
        changes::{ProfileChange, doer},
        removal::{Going, Removal},
    },
    audit::{Event, trace_of},
    crypto::random::hash,
    notifications::messages::Kind,
    services::Passkeys,
    transaction::{LiveRequest, Transactions},
};

/// How long a ceremony may take.
const TTL: Micros = 10 * MINUTE;
/// Passkeys of one account.
const MOST: usize = 20;

/// What the page hands to the browser, and what comes back with its answer.
#[derive(Debug, Clone)]
pub struct Ceremony {
    /// Options as JSON, for `navigator.credentials`.
    pub options: String,
    pub sealed: String,
}

/// A passkey as My Account lists it.
#[derive(Debug, Clone)]
pub struct PasskeyRow {
    /// The credential's id in hex.
    pub id: String,
    pub name: String,
    pub added_at: Micros,
    pub used_at: Option<Micros>,
    pub removable: bool,
}

/// A ceremony's state, for the browser that began it.
#[derive(Serialize, Deserialize)]
struct Begun<T> {
    state: T,
    browser: Vec<u8>,
    account: Option<AccountId>,
    at: Micros,
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

impl Passkeys {
    fn seal_begun<T: Serialize>(
        &self,
        purpose: &str,
        ctx: &RequestContext,
        account: Option<AccountId>,
        state: T,
    ) -> Result<String, Error> {
        self.keys.seal_json(
            purpose,
            &Begun { state, browser: ctx.browser.clone(), account, at: self.now() },
        )
    }

    fn open_begun<T: DeserializeOwned>(
        &self,
        purpose: &str,
        ctx: &RequestContext,
        account: Option<AccountId>,
        sealed: &str,
    ) -> Result<T, Refusal> {
        let begun: Begun<T> = self.keys.open_json(purpose, sealed).ok_or(Refusal::PasskeyWrong)?;
        let own =
            begun.browser == ctx.browser && begun.account == account && self.now() - begun.at < TTL;
        if own { Ok(begun.state) } else { Err(Refusal::AttemptExpired) }
    }

    /// The caller's passkeys.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`].
    pub async fn own_passkeys(&self, ctx: &RequestContext) -> Result<Vec<PasskeyRow>, Error> {
        let account = ctx.signed_in()?.account;
        let mut conn = self.store.read().await?;
        let rows = list_passkeys(&mut conn, account).await?;
        let removable = Removal::load(self, &mut conn, account)
            .await?
            .stays(Going::Passkey { last: rows.len() == 1 })
            .is_none();
        let mut all = Vec::new();
        for row in rows {
            all.push(PasskeyRow {
                id: hex(&row.id),
                name: row.name,
                added_at: row.created_at,
                used_at: row.used_at,
                removable,
            });
        }
        Ok(all)
    }

    /// Begins to add a passkey.
    ///
    /// # Errors
    /// [`Refusal::PasskeyOff`], [`Refusal::NotRecent`], [`Refusal::TooMany`].
    pub async fn begin_passkey(&self, ctx: &RequestContext) -> Result<Ceremony, Error> {
        let mut conn = self.store.read().await?;
        let c = &mut conn;
        let account =
            self.accounts().may_begin_change(c, ctx, AccountChange::Passkey).await?.account;
        let there = list_passkeys(c, account).await?;
        if there.len() >= MOST {
            return Err(Refusal::TooMany.into());
        }
        let row = find_account(c, self.org, account).await?.ok_or(Refusal::SessionEnded)?;
        let address = list_emails(c, account)
            .await?
            .into_iter()
            .next()
            .map(|e| e.typed)
            .unwrap_or_else(|| row.name.clone());
        let organisation = organisation_name(c, self.org).await?;
        let shown = if row.name.is_empty() { organisation } else { row.name };
        let known = there.into_iter().map(|k| k.id).collect();
        let (options, state) = self
            .configuration()
            .webauthn()?
            .start_passkey_registration(Uuid::from_bytes(account.0), &address, &shown, Some(known))
            .map_err(|e| Error::Internal(e.to_string()))?;
        // Kept on the device, so that a sign-in can begin without a name.
        let mut options = serde_json::to_value(&options)?;
        if let Some(selection) = options.pointer_mut("/publicKey/authenticatorSelection") {
            *selection = serde_json::json!({"residentKey": "required", "requireResidentKey": true, "userVerification": "required"});
        }
        Ok(Ceremony {
            options: options.to_string(),
            sealed: self.seal_begun("passkey-add", ctx, Some(account), state)?,
        })
    }

    /// The browser's answer: the passkey opens the account from now on, and its mailboxes hear of it.
    ///
    /// # Errors
    /// [`Refusal::PasskeyWrong`], [`Refusal::AttemptExpired`]; as [`crate::Passkeys::begin_passkey`].
    pub async fn add_passkey(
        &self,
        ctx: &RequestContext,
        sealed: &str,
        answer: &str,
        name: &str,
    ) -> Result<(), Error> {
        let account = ctx.signed_in()?.account;
        let state: PasskeyRegistration =
            self.open_begun("passkey-add", ctx, Some(account), sealed)?;
        let answer: RegisterPublicKeyCredential =
            serde_json::from_str(answer).map_err(|_| Refusal::PasskeyWrong)?;
        let made =
            self.configuration().webauthn()?.finish_passkey_registration(&answer, &state).map_err(
                |error| {
                    tracing::info!(%error, "a passkey was not accepted");
                    Refusal::PasskeyWrong
                },
            )?;
        let name: String = name.trim().chars().filter(|c| !c.is_control()).take(40).collect();
        let once = hash(sealed);
        let (id, data) = (made.cred_id().to_vec(), serde_json::to_string(&made)?);
        self.act(ctx, async move |this, c, ctx| {
            let now = this.now();
            let allowed = this.accounts().may_change(c, &ctx, AccountChange::Passkey, now).await?;
            let changing = this.accounts().change(c, account).await?;
            if !consume_state(c, &once, now + TTL).await? {
                return Err(Refusal::AttemptExpired.into());
            }
            if !add_passkey(
                c,
                this.org,
                &Row {
                    id: id.clone(),
                    account_id: account,
                    user_id: key(account),
                    name,
                    data,
                    created_at: now,
                    used_at: None,
                },
            )
            .await?
            {
                return Err(Refusal::AlreadyInUse.into());
            }
            this.record(
                c,
                Event::own(&ctx, EventKind::PasskeyAdded, account).detail(allowed.trace),
            )
            .await?;
            let noted = this
                .accounts()
                .changed(c, changing, Changed::Passkey, &doer(&ctx), ProfileChange::default())
                .await?;
            this.notifications()
                .notify(c, account, Kind::PasskeyNotice, &ctx, "", "", noted.as_ref())
                .await
        })
        .await
    }

    /// Removes one of the caller's passkeys, named by its id in hex.
    ///
    /// # Errors
    /// [`Refusal::MethodUnknown`] for foreign and unknown ids alike, [`Refusal::LastMethod`], [`Refusal::NotRecent`].
    pub async fn remove_passkey(&self, ctx: &RequestContext, id: &str) -> Result<(), Error> {
        let id = id.to_owned();
        self.act(ctx, async move |this, c, ctx| this.remove_passkey_in(c, &ctx, &id).await).await
    }

    pub(crate) async fn remove_passkey_in(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        id: &str,
    ) -> Result<(), Error> {
        let session = ctx.session()?;
        let account = session.account;
        let changing = self.accounts().change(c, account).await?;
        let all = list_passkeys(c, account).await?;
        let own = all.iter().find(|k| hex(&k.id) == id).ok_or(Refusal::MethodUnknown)?;
        let removal = Removal::load(self, c, account).await?;
        let going = Going::Passkey { last: all.len() == 1 };
        let (facts, decision) =
            removal.decide(going, session.is_reauthenticated(self.now(), &removal.policy(going)));
        decision.outcome?;
        remove_passkey(c, account, &own.id).await?;
        self.record(
            c,
            Event::own(ctx, EventKind::PasskeyRemoved, account).detail(trace_of(&facts, &decision)),
        )
        .await?;
        let noted = self
            .accounts()
            .changed(c, changing, Changed::PasskeyGone, &doer(ctx), ProfileChange::default())
            .await?;
        self.notifications()
            .notify(c, account, Kind::PasskeyGone, ctx, "", "", noted.as_ref())
            .await
    }

    /// Begins a sign-in by whichever passkey the browser has.
    ///
    /// # Errors
    /// [`Refusal::PasskeyOff`] where this address cannot have passkeys.
    pub fn begin_passkey_sign_in(&self, ctx: &RequestContext) -> Result<Ceremony, Error> {
        let (options, state) = self
            .configuration()
            .webauthn()?
            .start_discoverable_authentication()
            .map_err(|e| Error::Internal(e.to_string()))?;
        Ok(Ceremony {
            options: serde_json::to_string(&options)?,
            sealed: self.seal_begun("passkey-show", ctx, None, state)?,
        })
    }

    /// The account whose passkey answered, and which it was. The ceremony is used up, and the counter kept.
    pub(crate) async fn shown_passkey(
        &self,
        ctx: &RequestContext,
        sealed: &str,
        answer: &str,
    ) -> Result<(AccountId, ProvedBy), Error> {
        let state: DiscoverableAuthentication =
            self.open_begun("passkey-show", ctx, None, sealed)?;
        let answer: PublicKeyCredential =
            serde_json::from_str(answer).map_err(|_| Refusal::PasskeyWrong)?;
        let webauthn = self.configuration().webauthn()?;
        let (user, id) = webauthn
            .identify_discoverable_authentication(&answer)
            .map_err(|_| Refusal::PasskeyWrong)?;
        let row = find_passkey(&mut self.store.read().await?, self.org, id)
            .await?
            .filter(|r| &r.user_id.0 == user.as_bytes())
            .ok_or(Refusal::PasskeyWrong)?;
        let mut passkey: Passkey = serde_json::from_str(&row.data)?;
        let shown = webauthn
            .finish_discoverable_authentication_v2(&answer, state, &passkey)
            .map_err(|error| {
                tracing::info!(%error, "a passkey was not accepted");
                Refusal::PasskeyWrong
            })?;
        if !shown.user_verified() {
            return Err(Refusal::PasskeyWrong.into());
        }
        passkey.update_credential(&shown);
        let (data, once, now) = (serde_json::to_string(&passkey)?, hash(sealed), self.now());
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    if !consume_state(c, &once, now + TTL).await? {
                        return Err(Refusal::AttemptExpired.into());
                    }
                    touch_passkey(c, &row.id, &data, now).await?;
                    Ok((row.account_id, ProvedBy::Passkey(row.id)))
                })
            })
            .await
    }

    /// Signs in by a passkey. The device verified the person, so it stands for the second factor too.
    ///
    /// # Errors
    /// [`Refusal::PasskeyWrong`], [`Refusal::AttemptExpired`]; refusals of the decision.
    pub async fn sign_in_by_passkey(
        &self,
        ctx: &RequestContext,
        sealed: &str,
        answer: &str,
        continuation: Continuation,
    ) -> Result<LoginOutcome, Error> {
        let (account, proof) = self.shown_passkey(ctx, sealed, answer).await?;
        self.retry_step(ctx, async move |this, c, ctx| {
            let progress = AttemptProgress {
                factor: Some((account, "passkey".into())),
                proof: Some(proof),
                ..AttemptProgress::default()
            };
            this.attempts()
                .end_locally(
                    c,
                    &ctx,
                    Then::SignIn { account, method: "passkey".into() },
                    progress,
                    continuation,
                    None,
                )
                .await
        })
        .await
    }
}
