//! The token endpoint and what is asked about its tokens: codes, refresh tokens, devices, an application's own
//! credentials (RFC 6749 §3.2), introspection (RFC 7662), revocation (RFC 7009), pushed requests (RFC 9126).
use crate::services::Tokens;
use domain::{
    AccountId, EventKind, Micros, Refusal, SECOND, audit_events::Target, path::AuthorizeRequest,
};
use issuer::{
    ClientCredentials, Grant, PUSHED_SECONDS, REQUEST_URI, RegisteredClient, Told, is_scope,
    pkce_matches, validate,
};
use serde_json::{Value, json};
use storage::{
    Conn,
    accounts::hold_account,
    oauth::{
        applications::{find_application, find_application_by_id, list_secrets},
        tokens::{
            AuthCode, Family, NewFamily, NewToken, add_pushed, add_token, begin_family, end_family,
            end_token, find_code, find_token, hold_family, is_family_alive, take_code,
            take_refresh_token,
        },
    },
};
use subtle::ConstantTimeEq;

use crate::{
    Error,
    audit::Event,
    crypto::{
        hex::hex,
        random::{hash, token},
    },
    oidc_provider::{
        claims::{Standing, assurance},
        dpop::{Scheme, Shown},
        gate::{Gate, SignedIn},
        registered::registered,
        token_problem::{INVALID_GRANT, INVALID_REQUEST, TokenProblem},
    },
};

/// Tokens to give out.
pub(super) struct Issue<'a> {
    pub client: &'a RegisteredClient,
    /// `None`: the application acts for itself.
    pub account: Option<AccountId>,
    pub sid: String,
    pub scope: Vec<String>,
    /// What the refresh token keeps, however little was asked for this time (RFC 6749 §6).
    pub granted: Vec<String>,
    pub standing: Standing,
    /// Of a refresh: when the family ends.
    pub until: Option<Micros>,
    pub nonce: Option<String>,
    pub id_token_claims: Vec<String>,
}

/// Tokens that were made, and count once they are written down with what they were traded for.
#[derive(Clone)]
pub(super) struct Minted {
    answer: Value,
    rows: Vec<NewToken>,
}

/// A form of the token endpoint.
pub(crate) struct Asked<'a>(pub &'a [(String, String)]);

impl<'a> Asked<'a> {
    pub fn field(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
    }

    fn scope(&self) -> Vec<String> {
        self.field("scope")
            .unwrap_or_default()
            .split(' ')
            .filter(|s| !s.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

fn scopes(text: &str) -> Vec<String> {
    text.split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

impl Minted {
    /// Writes the tokens down, and answers them.
    pub async fn write(self, c: &mut Conn, family: &Family) -> Result<Value, Error> {
        for row in &self.rows {
            add_token(c, family, row).await?;
        }
        Ok(self.answer)
    }
}

impl Tokens {
    /// The application behind credentials. A public one only says who it is; a confidential one shows a secret that counts.
    pub(super) async fn client(
        &self,
        credentials: &ClientCredentials,
    ) -> Result<RegisteredClient, TokenProblem> {
        let mut conn = self.store.read().await?;
        let row = find_application(&mut conn, self.org, &credentials.client_id).await?;
        let secrets = match &row {
            Some(row) => list_secrets(&mut conn, row.id, self.now()).await?,
            None => Vec::new(),
        };
        let shown = hex(&hash(credentials.secret.as_deref().unwrap_or_default()));
        // Each is compared, whether or not one fitted already.
        let known = secrets.iter().fold(false, |found, (stored, _)| {
            bool::from(stored.as_bytes().ct_eq(shown.as_bytes())) | found
        });
        let client = row.as_ref().map(registered).ok_or(TokenProblem::InvalidClient)?;
        match (&credentials.secret, client.settings.kind.is_public()) {
            (Some(_), false) if known => Ok(client),
            (None, true) => Ok(client),
            _ => Err(TokenProblem::InvalidClient),
        }
    }

    /// The code behind a secret, and whether it is this application's, in time, and comes with what belongs to it. A
    /// secret that was used so long ago that its row is gone still ends what came of it.
    pub(super) async fn shown_code(
        &self,
        client: &RegisteredClient,
        secret: &str,
        redirect_uri: Option<&str>,
        verifier: Option<&str>,
    ) -> Result<(AuthCode, AuthorizeRequest, bool), TokenProblem> {
        let hashed = hash(secret);
        let Some(row) = find_code(&mut self.store.read().await?, self.org, &hashed).await? else {
            self.end_if_alive(hashed, client).await?;
            return Err(INVALID_GRANT);
        };
        let request: AuthorizeRequest = serde_json::from_str(&row.request)?;
        // A verifier without a challenge is a downgrade that somebody tried (RFC 9700 §4.8).
        let proved = match (request.code_challenge.as_str(), verifier) {
            ("", verifier) => verifier.is_none(),
            (challenge, Some(verifier)) => pkce_matches(verifier, challenge),
            (_, None) => false,
        };
        // With a challenge the code is bound to who began; the address may then be left out (OAuth 2.1 §10.2, FR-42).
        let there = redirect_uri
            .map_or(!request.code_challenge.is_empty(), |uri| uri == request.redirect_uri);
        let fits =
            row.application_id == client.id && row.expires_at > self.now() && there && proved;
        Ok((row, request, fits))
    }

    /// Uses a code up, in the transaction that gives its tokens out: a failed try as well, for it may have been stolen.
    /// A second use ends everything that came of the first (RFC 6749 §4.1.2). A code is worth nothing without the live
    /// session that it was made in (TK-03). Answers the family to add the tokens to.
    pub(super) async fn spend_code(
        &self,
        c: &mut Conn,
        client: &RegisteredClient,
        row: &AuthCode,
        fits: bool,
        expires_at: Micros,
    ) -> Result<Option<Family>, Error> {
        let now = self.now();
        hold_account(c, row.account_id).await?;
        if !take_code(c, &row.hash).await? {
            self.reused(c, &row.hash, client, Some(row.account_id)).await?;
            return Ok(None);
        }
        let who = SignedIn { account: row.account_id, method: &row.method, factor: &row.factor };
        if !fits
            || self.application_gate().session_of(c, &row.sid, row.account_id, now).await?.is_none()
            || self.application_gate().may_open(c, &client.client_id, who).await? != Gate::Open
        {
            return Ok(None);
        }
        let family = NewFamily {
            family: row.hash.clone(),
            organisation_id: self.org,
            application_id: client.id,
            account_id: Some(row.account_id),
            expires_at,
        };
        Ok(begin_family(c, &family, now).await?)
    }

    /// Something of a family was used twice: it ends, and the audit says so once.
    pub(super) async fn reused(
        &self,
        c: &mut Conn,
        family: &[u8],
        client: &RegisteredClient,
        account: Option<AccountId>,
    ) -> Result<(), Error> {
        if end_family(c, family, self.now()).await? {
            let target =
                account.map_or(Target::Application(client.client_id.clone()), Target::Account);
            let event = Event::system(EventKind::ApplicationTokenReused, target)
                .in_application(client.client_id.clone())
                .detail(json!({ "client_id": client.client_id }));
            self.record(c, event).await?;
        }
        Ok(())
    }

    /// The secret of a code or device that has no row any more, and perhaps a family that is alive.
    pub(super) async fn end_if_alive(
        &self,
        family: Vec<u8>,
        client: &RegisteredClient,
    ) -> Result<(), TokenProblem> {
        if is_family_alive(&mut self.store.read().await?, self.org, &family).await? {
            let (this, client) = (self.clone(), client.clone());
            self.store
                .write::<_, Error, _>(move |c| {
                    Box::pin(async move { this.reused(c, &family, &client, None).await })
                })
                .await?;
        }
        Ok(())
    }

    /// Trades a code for tokens.
    pub(crate) async fn exchange_code(
        &self,
        client: &RegisteredClient,
        secret: &str,
        asked: &Asked<'_>,
        shown: &Shown,
    ) -> Result<Value, TokenProblem> {
        let key = self.bound_key(client, shown, None).await?;
        let (row, request, fits) = self
            .shown_code(client, secret, asked.field("redirect_uri"), asked.field("code_verifier"))
            .await?;
        let standing = Standing {
            auth_at: row.auth_at,
            method: row.method.clone(),
            factor: row.factor.clone(),
            userinfo_claims: request.userinfo_claims,
            key,
            ..Standing::default()
        };
        let issue = Issue {
            client,
            account: Some(row.account_id),
            sid: row.sid.clone(),
            scope: request.scope.clone(),
            granted: request.scope,
            standing,
            until: None,
            nonce: request.nonce,
            id_token_claims: request.id_token_claims,
        };
        let minted = if fits && !row.used { Some(self.mint(&issue).await?) } else { None };
        let expires_at = self.family_end(client, None);
        let (this, client) = (self.clone(), client.clone());
        let answer = self
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    let family = this.spend_code(c, &client, &row, fits, expires_at).await?;
                    match (family, minted) {
                        (Some(family), Some(minted)) => minted.write(c, &family).await.map(Some),
                        _ => Ok(None),
                    }
                })
            })
            .await?;
        answer.ok_or(INVALID_GRANT)
    }

    /// When nothing of a family that begins now, or ends at `until`, can be alive any more.
    pub(super) fn family_end(&self, client: &RegisteredClient, until: Option<Micros>) -> Micros {
        until.unwrap_or(self.now() + client.settings.refresh_seconds * SECOND)
            + client.settings.token_seconds * SECOND
    }

    /// A refresh token works once. A second use means that somebody else has it: the whole family ends (RFC 9700 §4.14.2).
    pub(crate) async fn refresh(
        &self,
        client: &RegisteredClient,
        secret: &str,
        asked: &Asked<'_>,
        shown: &Shown,
    ) -> Result<Value, TokenProblem> {
        let now = self.now();
        let row =
            find_token(&mut self.store.read().await?, self.org, "refresh", &hash(secret), now)
                .await?
                .filter(|r| r.application_id == client.id)
                .ok_or(INVALID_GRANT)?;
        let granted = scopes(&row.scope);
        let mut standing: Standing = serde_json::from_str(&row.standing)?;
        // A bound family stays bound to its key, before anything is used up.
        standing.key = self.bound_key(client, shown, standing.key.as_deref()).await?;
        let scope = match asked.scope() {
            wanted if wanted.is_empty() => granted.clone(),
            wanted if wanted.iter().all(|s| granted.contains(s)) => wanted,
            _ => return Err(TokenProblem::Code("invalid_scope")),
        };
        let account = row.account_id.map(AccountId::from);
        let issue = Issue {
            client,
            account,
            sid: row.sid.clone(),
            scope,
            granted,
            standing: standing.clone(),
            until: Some(row.expires_at),
            nonce: None,
            id_token_claims: Vec::new(),
        };
        let minted = if row.used { None } else { Some(self.mint(&issue).await?) };
        let (this, client) = (self.clone(), client.clone());
        let answer = self
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    if let Some(account) = account {
                        hold_account(c, account).await?;
                    }
                    let Some(family) = hold_family(c, &row.family, now).await? else {
                        return Ok(None);
                    };
                    if !take_refresh_token(c, &row.hash).await? {
                        this.reused(c, &row.family, &client, account).await?;
                        return Ok(None);
                    }
                    // Rolled back: the token is not spent on a door that is closed for now.
                    if let Some(account) = account
                        && this
                            .application_gate()
                            .may_open(c, &client.client_id, (account, &standing).into())
                            .await?
                            != Gate::Open
                    {
                        return Err(Refusal::NotAllowed.into());
                    }
                    match minted {
                        Some(minted) => minted.write(c, &family).await.map(Some),
                        None => Ok(None),
                    }
                })
            })
            .await;
        match answer {
            Ok(answer) => answer.ok_or(INVALID_GRANT),
            Err(error) if error.refusal() == Refusal::NotAllowed => Err(INVALID_GRANT),
            Err(error) => Err(error.into()),
        }
    }

    /// A token of the application's own, for the scopes that it was registered with (RFC 6749 §4.4).
    pub(crate) async fn for_itself(
        &self,
        client: &RegisteredClient,
        asked: &Asked<'_>,
        shown: &Shown,
    ) -> Result<Value, TokenProblem> {
        let key = self.bound_key(client, shown, None).await?;
        let own = &client.settings.own_scopes;
        let scope = match asked.scope() {
            wanted if wanted.is_empty() => own.iter().cloned().collect(),
            wanted if wanted.iter().all(|s| own.contains(s)) => wanted,
            _ => return Err(TokenProblem::Code("invalid_scope")),
        };
        let issue = Issue {
            client,
            account: None,
            sid: String::new(),
            granted: Vec::new(),
            scope,
            standing: Standing { key, ..Standing::default() },
            until: None,
            nonce: None,
            id_token_claims: Vec::new(),
        };
        let (minted, now) = (self.mint(&issue).await?, self.now());
        let family = NewFamily {
            family: hash(&token()),
            organisation_id: self.org,
            application_id: client.id,
            account_id: None,
            expires_at: self.family_end(client, Some(now)),
        };
        let answer = self
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    match begin_family(c, &family, now).await? {
                        Some(family) => minted.write(c, &family).await.map(Some),
                        None => Ok(None),
                    }
                })
            })
            .await?;
        answer.ok_or(INVALID_GRANT)
    }

    /// Makes tokens, with everything that takes long, before the transaction that gives them out.
    pub(super) async fn mint(&self, issue: &Issue<'_>) -> Result<Minted, TokenProblem> {
        let now = self.now();
        let Issue { client, account, scope, .. } = issue;
        let settings = &client.settings;
        let has = |name: &str| scope.iter().any(|s| s == name);
        let kind = if issue.standing.key.is_some() { "DPoP" } else { "Bearer" };
        let mut answer = json!({"token_type": kind, "expires_in": settings.token_seconds, "scope": scope.join(" ")});
        if let (Some(account), true) = (account, has("openid")) {
            let id_token = self.id_token(issue, *account).await?;
            put(&mut answer, "id_token", json!(id_token));
        }
        let row = |secret: &str,
                   kind: &'static str,
                   scope: &[String],
                   expires_at: Micros|
         -> Result<NewToken, TokenProblem> {
            Ok(NewToken {
                hash: hash(secret),
                kind,
                organisation_id: self.org,
                application_id: client.id,
                account_id: *account,
                sid: issue.sid.clone(),
                scope: scope.join(" "),
                standing: serde_json::to_string(&issue.standing)?,
                created_at: now,
                expires_at,
            })
        };
        let access = token();
        let mut rows = vec![row(&access, "access", scope, now + settings.token_seconds * SECOND)?];
        put(&mut answer, "access_token", json!(access));
        // For as long as the person is away; and only for who asked for that (OpenID Connect Core §11).
        if account.is_some()
            && issue.granted.iter().any(|s| s == "offline_access")
            && settings.grants.contains(&Grant::RefreshToken)
        {
            let refresh = token();
            rows.push(row(
                &refresh,
                "refresh",
                &issue.granted,
                issue.until.unwrap_or(now + settings.refresh_seconds * SECOND),
            )?);
            put(&mut answer, "refresh_token", json!(refresh));
        }
        Ok(Minted { answer, rows })
    }

    async fn id_token(
        &self,
        issue: &Issue<'_>,
        account: AccountId,
    ) -> Result<String, TokenProblem> {
        let (now, client) = (self.now() / SECOND, issue.client);
        let mut claims = self
            .claims(
                account,
                client,
                &issue.standing.method,
                &Told::asked(&issue.scope, &issue.id_token_claims, &client.settings),
            )
            .await?
            .ok_or(INVALID_GRANT)?;
        let (acr, amr) = assurance(&issue.standing.method, &issue.standing.factor);
        let own = [
            ("iss", json!(self.settings.public_url)),
            ("aud", json!(client.client_id)),
            ("iat", json!(now)),
            ("exp", json!(now + client.settings.token_seconds)),
            ("auth_time", json!(issue.standing.auth_at / SECOND)),
            ("acr", json!(acr)),
            ("amr", json!(amr)),
        ];
        claims.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
        if !issue.sid.is_empty() {
            claims.insert("sid".into(), json!(issue.sid));
        }
        if let Some(nonce) = &issue.nonce {
            claims.insert("nonce".into(), json!(nonce));
        }
        self.keyring()
            .sign(client.settings.algorithm, issuer::ID_TOKEN, &Value::Object(claims))
            .map_err(|e| TokenProblem::Error(Error::Internal(e.to_string())))
    }

    /// The claims behind an access token (OpenID Connect Core §5.3).
    ///
    /// # Errors
    /// [`TokenProblem::InvalidToken`], [`TokenProblem::InsufficientScope`] for a token that is no person's.
    pub async fn userinfo(
        &self,
        access: &str,
        scheme: Scheme,
        shown: &Shown,
    ) -> Result<Value, TokenProblem> {
        let mut conn = self.store.read().await?;
        let row = find_token(&mut conn, self.org, "access", &hash(access), self.now())
            .await?
            .ok_or(TokenProblem::InvalidToken)?;
        let application = find_application_by_id(&mut conn, self.org, row.application_id)
            .await?
            .filter(|a| a.active)
            .ok_or(TokenProblem::InvalidToken)?;
        drop(conn);
        let standing: Standing = serde_json::from_str(&row.standing)?;
        self.shows_key(standing.key.as_deref(), access, scheme, shown).await?;
        let scope = scopes(&row.scope);
        let account = row
            .account_id
            .filter(|_| scope.iter().any(|s| s == "openid"))
            .map(AccountId::from)
            .ok_or(TokenProblem::InsufficientScope)?;
        let client = registered(&application);
        let claims = self
            .claims(
                account,
                &client,
                &standing.method,
                &Told::asked(&scope, &standing.userinfo_claims, &client.settings),
            )
            .await?;
        claims.map(Value::Object).ok_or(TokenProblem::InvalidToken)
    }

    /// `POST /introspect`: what a token is good for. Of another application's only a resource server hears.
    ///
    /// # Errors
    /// [`TokenProblem::InvalidClient`]; a token that is not known is an answer, not an error (RFC 7662 §2.2).
    pub async fn introspect(
        &self,
        credentials: &ClientCredentials,
        form: &[(String, String)],
    ) -> Result<Value, TokenProblem> {
        let client = self.client(credentials).await?;
        if client.settings.kind.is_public() {
            return Err(TokenProblem::InvalidClient);
        }
        let shown = Asked(form).field("token").ok_or(INVALID_REQUEST)?;
        let mut conn = self.store.read().await?;
        let mut found = None;
        for kind in ["access", "refresh"] {
            found = found.or(find_token(&mut conn, self.org, kind, &hash(shown), self.now())
                .await?
                .filter(|r| !r.used));
        }
        let Some(row) =
            found.filter(|r| r.application_id == client.id || client.settings.resource_server)
        else {
            return Ok(json!({"active": false}));
        };
        let Some(owner) = find_application_by_id(&mut conn, self.org, row.application_id)
            .await?
            .filter(|a| a.active)
            .map(|a| registered(&a))
        else {
            return Ok(json!({"active": false}));
        };
        let standing: Standing = serde_json::from_str(&row.standing)?;
        let mut answer = json!({
            "active": true,
            "client_id": owner.client_id,
            "scope": row.scope,
            "exp": row.expires_at / SECOND,
            "iat": row.created_at / SECOND,
            "iss": self.settings.public_url,
            "token_type": match (row.kind.as_str(), &standing.key) {
                ("access", None) => "Bearer",
                ("access", Some(_)) => "DPoP",
                _ => "refresh_token",
            },
        });
        if let Some(key) = &standing.key {
            put(&mut answer, "cnf", json!({ "jkt": key }));
        }
        match row.account_id.map(AccountId::from) {
            Some(account) => {
                let active = storage::accounts::find_account(&mut conn, self.org, account)
                    .await?
                    .is_some_and(|a| a.state() == domain::linking::facts::AccountState::Active);
                let Some(sub) = self
                    .application_gate()
                    .subject_for(&mut conn, account, &owner)
                    .await?
                    .filter(|_| active)
                else {
                    return Ok(json!({"active": false}));
                };
                put(&mut answer, "sub", json!(sub));
                put(&mut answer, "auth_time", json!(standing.auth_at / SECOND));
                put(&mut answer, "acr", json!(assurance(&standing.method, &standing.factor).0));
            }
            None => put(&mut answer, "sub", json!(owner.client_id)),
        }
        Ok(answer)
    }

    /// `POST /revoke`: an access token ends; with a refresh token everything of its family (RFC 7009 §2.1).
    ///
    /// # Errors
    /// [`TokenProblem::InvalidClient`]; a token that is not the client's own is left alone without a word.
    pub async fn revoke(
        &self,
        credentials: &ClientCredentials,
        form: &[(String, String)],
    ) -> Result<(), TokenProblem> {
        let client = self.client(credentials).await?;
        let shown = hash(Asked(form).field("token").ok_or(INVALID_REQUEST)?);
        let (now, id, org) = (self.now(), client.id, self.org);
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    if find_token(c, org, "access", &shown, now)
                        .await?
                        .is_some_and(|r| r.application_id == id)
                    {
                        end_token(c, &shown).await?;
                    }
                    if let Some(row) = find_token(c, org, "refresh", &shown, now)
                        .await?
                        .filter(|r| r.application_id == id)
                    {
                        end_family(c, &row.family, now).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(())
    }

    /// `POST /par`: keeps an authorization request, so that the browser carries a name of it only.
    ///
    /// # Errors
    /// [`TokenProblem`]; what is wrong with the request has its code.
    pub async fn push(
        &self,
        credentials: &ClientCredentials,
        form: &[(String, String)],
    ) -> Result<Value, TokenProblem> {
        let client = self.client(credentials).await?;
        let secrets = ["client_secret", "client_assertion", "client_assertion_type"];
        let mut parameters: Vec<(String, String)> =
            form.iter().filter(|(k, _)| !secrets.contains(&k.as_str())).cloned().collect();
        if parameters.iter().any(|(k, _)| k == "request_uri") {
            return Err(INVALID_REQUEST);
        }
        parameters.retain(|(k, _)| k != "client_id");
        parameters.push(("client_id".into(), client.client_id.clone()));
        match validate(&parameters, Some(&client), self.now()) {
            Ok(_) => {}
            Err(issuer::AuthorizeProblem::Untrusted) => {
                return Err(TokenProblem::Code("invalid_redirect_uri"));
            }
            Err(issuer::AuthorizeProblem::Tell { error, .. }) => {
                return Err(TokenProblem::Code(error));
            }
        }
        let (secret, text, until) =
            (token(), serde_json::to_string(&parameters)?, self.now() + PUSHED_SECONDS * SECOND);
        let hashed = hash(&secret);
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { Ok(add_pushed(c, &hashed, client.id, &text, until).await?) })
            })
            .await?;
        Ok(json!({"request_uri": format!("{REQUEST_URI}{secret}"), "expires_in": PUSHED_SECONDS}))
    }
}

pub(super) fn put(answer: &mut Value, name: &str, value: Value) {
    if let Some(object) = answer.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

/// Scopes that a device may be given: those with a meaning.
pub(super) fn known_scopes(text: &str) -> Vec<String> {
    scopes(text)
        .into_iter()
        .filter(|s| is_scope(s) && issuer::SCOPES.contains(&s.as_str()))
        .collect()
}
