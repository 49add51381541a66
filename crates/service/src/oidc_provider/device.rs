//! Devices without a browser: a short code is typed elsewhere, by somebody who is signed in (RFC 8628).
use domain::{AccountId, EventKind, Refusal, SECOND, audit_events::Target, one_time_code};
use issuer::{ClientCredentials, DEVICE_INTERVAL, DEVICE_SECONDS, Grant, RegisteredClient, Told};
use serde_json::{Value, json};
use storage::{
    accounts::hold_account,
    oauth::{
        applications::find_application_by_id,
        tokens::{
            Device, NewFamily, add_device, begin_family, find_device, find_waiting_device,
            settle_device, take_device, touch_device,
        },
    },
};

use crate::{
    Error, RequestContext,
    audit::Event,
    codes::limits::Guarded,
    crypto::random::{hash, mail_code, token},
    oidc_provider::{
        Shown, Standing, ToldLine,
        consent::lines,
        gate::Gate,
        registered::registered,
        token_problem::TokenProblem,
        tokens::{Asked, Issue, known_scopes},
    },
    services::Tokens,
    transaction::Transactions,
};

/// Letters of a short code: 40 bits and fifteen minutes, with few tries for each person.
const SHAPE: domain::policy::Pin =
    domain::policy::Pin { alphabet: domain::policy::Alphabet::Base32, length: 8 };

/// What the page of a device comes to.
#[derive(Debug, Clone)]
pub enum DeviceAsked {
    View(DeviceView),
    /// The session does not open the application: a sign-in on the way there first (TK-04).
    SignIn {
        client_id: String,
    },
    /// The application's policy asks for a second factor, and the account has none.
    SetUpFactor,
}

/// What the page shows of a device that waits.
#[derive(Debug, Clone)]
pub struct DeviceView {
    pub application: String,
    pub lines: Vec<ToldLine>,
    /// Nobody here has looked at the application's name (CN-02).
    pub unchecked: bool,
}

impl Tokens {
    fn user_code(&self, typed: &str) -> Vec<u8> {
        self.keys.lookup(&[b"device", one_time_code::fold(typed).as_bytes()])
    }

    /// `POST /device_authorization`.
    ///
    /// # Errors
    /// [`TokenProblem`].
    pub async fn begin_device(
        &self,
        credentials: &ClientCredentials,
        form: &[(String, String)],
    ) -> Result<Value, TokenProblem> {
        let client = self.client(credentials).await?;
        if !client.settings.grants.contains(&Grant::DeviceCode) {
            return Err(TokenProblem::Code("unauthorized_client"));
        }
        let scope = known_scopes(Asked(form).field("scope").unwrap_or("openid"));
        let now = self.now();
        for _ in 0..3 {
            let (secret, short) = (token(), mail_code(SHAPE));
            let row = Device {
                hash: hash(&secret),
                user_code: self.user_code(&short),
                application_id: client.id,
                scope: scope.join(" "),
                state: String::new(),
                account_id: None,
                sid: String::new(),
                standing: String::new(),
                asked_at: 0,
                expires_at: now + DEVICE_SECONDS * SECOND,
            };
            if self
                .store
                .write::<_, Error, _>(move |c| {
                    Box::pin(async move { Ok(add_device(c, &row).await?) })
                })
                .await?
            {
                let (at, short) = (
                    format!("{}/device", self.settings.public_url),
                    one_time_code::grouped(&short),
                );
                return Ok(json!({
                    "device_code": secret,
                    "user_code": short,
                    "verification_uri": at,
                    "verification_uri_complete": format!("{at}?code={short}"),
                    "expires_in": DEVICE_SECONDS,
                    "interval": DEVICE_INTERVAL,
                }));
            }
        }
        Err(TokenProblem::Error(Error::Internal("no free short code".into())))
    }

    /// The device that waits under a short code. Wrong ones are counted for the person before they are looked at.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`], [`Refusal::RateLimited`], [`Refusal::CodeWrong`].
    pub async fn device_view(
        &self,
        ctx: &RequestContext,
        typed: &str,
    ) -> Result<DeviceAsked, Error> {
        let session = ctx.signed_in()?;
        let (row, client) = self.waiting_device(ctx, typed).await?;
        match self
            .application_gate()
            .may_open(&mut self.store.read().await?, &client.client_id, session.into())
            .await?
        {
            Gate::Open => {}
            Gate::SignIn => return Ok(DeviceAsked::SignIn { client_id: client.client_id }),
            Gate::SetUpFactor => return Ok(DeviceAsked::SetUpFactor),
            Gate::NotAMember => return Err(self.shut_out(ctx, &row, &client).await),
        }
        let lines =
            lines(&Told::asked(&known_scopes(&row.scope), &[], &client.settings), &Told::default());
        Ok(DeviceAsked::View(DeviceView {
            lines,
            unchecked: client.settings.unchecked_name,
            application: client.name,
        }))
    }

    /// Whoever typed the code is in none of the application's groups. The device hears it with its next question, and does
    /// not wait until its code is over (RFC 8628 §3.5).
    async fn shut_out(
        &self,
        ctx: &RequestContext,
        row: &Device,
        client: &RegisteredClient,
    ) -> Error {
        let (hash, client) = (row.hash.clone(), client.client_id.clone());
        let told = self
            .act(ctx, async move |this, c, ctx| {
                let session = ctx.session()?;
                // Made a member just now: nothing is said.
                let gate =
                    this.application_gate().may_open(c, &client, (&**session).into()).await?;
                if gate != Gate::NotAMember
                    || !settle_device(c, &hash, "denied", session.account, &session.sid, "").await?
                {
                    return Ok(());
                }
                let target = Target::Application(client.clone());
                let event = Event::in_session(session, EventKind::ApplicationNotAMember, target)
                    .in_application(client)
                    .code(Refusal::NotAMember.code())
                    .detail(json!({ "device": true }));
                this.record(c, event).await
            })
            .await;
        told.err().unwrap_or_else(|| Refusal::NotAMember.into())
    }

    async fn waiting_device(
        &self,
        ctx: &RequestContext,
        typed: &str,
    ) -> Result<(Device, RegisteredClient), Error> {
        let account = ctx.signed_in()?.account;
        let counted = self.codes().count_try(ctx, Guarded::Device, Some(account), &[]).await?;
        let mut conn = self.store.read().await?;
        if let Some(row) =
            find_waiting_device(&mut conn, &self.user_code(typed), self.now()).await?
            && let Some(application) =
                find_application_by_id(&mut conn, self.org, row.application_id)
                    .await?
                    .filter(|a| a.active)
        {
            drop(conn);
            self.store.write(move |c| Box::pin(async move { counted.was_right(c).await })).await?;
            return Ok((row, registered(&application)));
        }
        Err(Refusal::CodeWrong.into())
    }

    /// The person's word on a device.
    ///
    /// # Errors
    /// As [`crate::Tokens::device_view`]; [`Refusal::NotAllowed`] where the session does not open the application.
    pub async fn settle_device(
        &self,
        ctx: &RequestContext,
        typed: &str,
        allow: bool,
    ) -> Result<(), Error> {
        let (row, client) = self.waiting_device(ctx, typed).await?;
        let (asked, of) = (row.clone(), client.clone());
        let settled = self.settle_waiting(ctx, row, client, allow).await;
        match settled {
            Err(error) if error.refusal() == Refusal::NotAMember => {
                Err(self.shut_out(ctx, &asked, &of).await)
            }
            other => other,
        }
    }

    async fn settle_waiting(
        &self,
        ctx: &RequestContext,
        row: Device,
        client: RegisteredClient,
        allow: bool,
    ) -> Result<(), Error> {
        self.act(ctx, async move |this, c, ctx| {
            let session = ctx.session()?;
            if allow {
                let gate = this
                    .application_gate()
                    .may_open(c, &client.client_id, (&**session).into())
                    .await?;
                if let Some(refusal) = gate.refusal() {
                    return Err(refusal.into());
                }
            }
            // Said on this page, and remembered like on the other (CN-01).
            if allow && !client.settings.first_party {
                this.application_gate()
                    .remember_consent(
                        c,
                        session,
                        &client,
                        &Told::asked(&known_scopes(&row.scope), &[], &client.settings),
                    )
                    .await?;
            }
            let standing = Standing {
                auth_at: session.auth_at,
                method: session.method.clone(),
                factor: session.factor.clone(),
                ..Standing::default()
            };
            let standing = serde_json::to_string(&standing)?;
            let (state, kind) = if allow {
                ("allowed", EventKind::ApplicationAllowed)
            } else {
                ("denied", EventKind::ApplicationDenied)
            };
            if !settle_device(c, &row.hash, state, session.account, &session.sid, &standing).await?
            {
                return Err(Refusal::CodeWrong.into());
            }
            this.record(
                c,
                Event::in_session(session, kind, Target::Application(client.client_id.clone()))
                    .in_application(client.client_id.clone())
                    .detail(
                        json!({"client_id": client.client_id, "scope": row.scope, "device": true}),
                    ),
            )
            .await
        })
        .await
    }

    /// The device asks whether somebody has let it in (RFC 8628 §3.5). Like a code its secret counts once, and only while
    /// the session that let it in lives (TK-03).
    pub(super) async fn exchange_device(
        &self,
        client: &RegisteredClient,
        secret: &str,
        shown: &Shown,
    ) -> Result<Value, TokenProblem> {
        const INVALID_GRANT: TokenProblem = TokenProblem::Code("invalid_grant");
        let key = self.bound_key(client, shown, None).await?;
        let (hashed, now) = (hash(secret), self.now());
        let Some(row) = find_device(&mut self.store.read().await?, &hashed)
            .await?
            .filter(|r| r.application_id == client.id)
        else {
            self.end_if_alive(hashed, client).await?;
            return Err(INVALID_GRANT);
        };
        if row.expires_at <= now {
            return Err(TokenProblem::Code("expired_token"));
        }
        let asked = hashed.clone();
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { Ok(touch_device(c, &asked, now).await?) })
            })
            .await?;
        if now - row.asked_at < DEVICE_INTERVAL * SECOND {
            return Err(TokenProblem::Code("slow_down"));
        }
        let account = match (row.state.as_str(), row.account_id.map(AccountId::from)) {
            ("waiting", _) => return Err(TokenProblem::Code("authorization_pending")),
            ("allowed", Some(account)) => account,
            _ => return Err(TokenProblem::Code("access_denied")),
        };
        let scope = known_scopes(&row.scope);
        let standing = Standing { key, ..serde_json::from_str(&row.standing)? };
        let issue = Issue {
            client,
            account: Some(account),
            sid: row.sid.clone(),
            granted: scope.clone(),
            scope,
            standing: standing.clone(),
            until: None,
            nonce: None,
            id_token_claims: Vec::new(),
        };
        let minted = self.mint(&issue).await?;
        let family = NewFamily {
            family: hashed,
            organisation_id: self.org,
            application_id: client.id,
            account_id: Some(account),
            expires_at: self.family_end(client, None),
        };
        let (this, client) = (self.clone(), client.clone());
        let answer = self
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    hold_account(c, account).await?;
                    if !take_device(c, &row.hash).await? {
                        this.reused(c, &row.hash, &client, Some(account)).await?;
                        return Ok(None);
                    }
                    if this
                        .application_gate()
                        .session_of(c, &row.sid, account, now)
                        .await?
                        .is_none()
                        || this
                            .application_gate()
                            .may_open(c, &client.client_id, (account, &standing).into())
                            .await?
                            != Gate::Open
                    {
                        return Ok(None);
                    }
                    match begin_family(c, &family, now).await? {
                        Some(family) => minted.write(c, &family).await.map(Some),
                        None => Ok(None),
                    }
                })
            })
            .await?;
        answer.ok_or(INVALID_GRANT)
    }
}
