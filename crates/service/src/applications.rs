//! Applications sign people in through us: requests, codes, tokens (RFC 6749 §4.1, OpenID Connect Core §3.1).
use domain::{ApplicationId, Micros, OrgId, Refusal, SECOND, path::AuthorizeRequest};
use issuer::{AuthorizeProblem, CODE_SECONDS, ClientCredentials, RegisteredClient, TOKEN_SECONDS, pkce_matches, validate};
use serde_json::{Value, json};
use storage::{
    accounts::{find_account, find_subject, list_emails},
    applications::{Application, add_application, find_application, list_applications, set_application},
    tokens::{AccessToken, AuthCode, add_code, add_token, find_code, find_token, take_code},
};
use subtle::ConstantTimeEq;

use crate::{
    Caller, Fault, Ligature, Visitor,
    audit::Event,
    chance::{hash, row_id, token},
};

/// What `/authorize` leads to.
#[derive(Debug, Clone)]
pub enum Authorized {
    /// Back to the application, with a code or an error.
    Application(String),
    /// The sign-in page first.
    SignIn(AuthorizeRequest),
}

/// An error of the token or userinfo endpoint, by the standard's code.
#[derive(Debug)]
pub enum TokenProblem {
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    UnsupportedGrantType,
    Fault(Fault),
}

impl<T: Into<Fault>> From<T> for TokenProblem {
    fn from(fault: T) -> Self {
        Self::Fault(fault.into())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn registered(row: &Application) -> RegisteredClient {
    RegisteredClient { id: row.id, client_id: row.client_id.clone(), name: row.name.clone(), redirect_uris: serde_json::from_str(&row.redirect_uris).unwrap_or_default() }
}

fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    let encode = |text: &str| text.bytes().map(|b| if b.is_ascii_alphanumeric() || b"-._~".contains(&b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect::<String>();
    let query: Vec<_> = parameters.iter().map(|(k, v)| format!("{k}={}", encode(v))).collect();
    format!("{uri}{}{}", if uri.contains('?') { '&' } else { '?' }, query.join("&"))
}

impl Ligature {
    /// Public keys for the applications.
    #[must_use]
    pub fn jwks(&self) -> Value {
        json!({"keys": [self.signer.jwk()]})
    }

    /// Validates an application's request; with a session that fits it goes straight back.
    ///
    /// # Errors
    /// [`Refusal::ApplicationUnknown`] when nobody may be redirected.
    pub async fn authorize(&self, visitor: &Visitor, parameters: &[(String, String)]) -> Result<Authorized, Fault> {
        let client_id = parameters.iter().find(|(k, _)| k == "client_id").map(|(_, v)| v.as_str()).unwrap_or_default();
        let row = find_application(&mut self.store.read().await?, client_id).await?;
        let now = self.now();
        match validate(parameters, row.as_ref().map(registered).as_ref(), now) {
            Err(AuthorizeProblem::Untrusted) => Err(Refusal::ApplicationUnknown.into()),
            Err(AuthorizeProblem::Tell { redirect_uri, error, description, state }) => Ok(Authorized::Application(self.error_uri(&redirect_uri, error, description, state.as_deref()))),
            Ok((request, silent)) => match &visitor.session {
                Some(caller) if self.session_fits(caller, &request) => Ok(Authorized::Application(self.grant(caller, &request).await?)),
                _ if silent => Ok(Authorized::Application(self.error_uri(&request.redirect_uri, "login_required", "nobody is signed in", request.state.as_deref()))),
                _ => Ok(Authorized::SignIn(request)),
            },
        }
    }

    /// A session that `prompt` and `max_age` let count.
    fn session_fits(&self, caller: &Caller, request: &AuthorizeRequest) -> bool {
        let young = request.max_age.is_none_or(|age| self.now() - caller.auth_at <= age.saturating_mul(SECOND));
        let fresh = !request.fresh || caller.auth_at >= request.at;
        young && fresh
    }

    /// An error at the application's registered URI, with `iss` (RFC 9207).
    #[must_use]
    pub fn error_uri(&self, redirect_uri: &str, error: &str, description: &str, state: Option<&str>) -> String {
        let mut parameters = vec![("error", error), ("error_description", description), ("iss", self.settings.public_url.as_str())];
        parameters.extend(state.map(|s| ("state", s)));
        with_parameters(redirect_uri, &parameters)
    }

    /// Back to the application with a code for this session.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn grant(&self, caller: &Caller, request: &AuthorizeRequest) -> Result<String, Fault> {
        let (secret, now) = (token(), self.now());
        let row = AuthCode {
            hash: hash(&secret),
            organisation_id: self.org,
            application_id: request.application,
            account_id: caller.account,
            session_id: caller.public_id.clone(),
            request: serde_json::to_string(request)?,
            auth_at: caller.auth_at,
            method: caller.method.clone(),
            factor: caller.factor.clone(),
            used: false,
            expires_at: now + CODE_SECONDS * SECOND,
        };
        let (this, account, client) = (self.clone(), caller.account, request.client_id.clone());
        self.store
            .write::<_, Fault, _>(move |c| {
                Box::pin(async move {
                    add_code(c, &row).await?;
                    this.record(c, Event::new("application.signed_in").account(account).detail(json!({"client_id": client}))).await
                })
            })
            .await?;
        let mut parameters = vec![("code", secret.as_str()), ("iss", self.settings.public_url.as_str())];
        parameters.extend(request.state.as_deref().map(|s| ("state", s)));
        Ok(with_parameters(&request.redirect_uri, &parameters))
    }

    async fn client(&self, credentials: &ClientCredentials) -> Result<Application, TokenProblem> {
        let row = find_application(&mut self.store.read().await?, &credentials.client_id).await?;
        let shown = hex(&hash(&credentials.secret));
        let stored = row.as_ref().map(|r| r.secret_hash.clone()).unwrap_or_default();
        match row {
            Some(row) if bool::from(shown.as_bytes().ct_eq(stored.as_bytes())) => Ok(row),
            _ => Err(TokenProblem::InvalidClient),
        }
    }

    /// Trades a code for tokens. A second use ends the tokens of the first (RFC 6749 §4.1.2).
    ///
    /// # Errors
    /// [`TokenProblem`].
    pub async fn exchange(&self, credentials: &ClientCredentials, form: &[(String, String)]) -> Result<Value, TokenProblem> {
        let field = |name: &str| form.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str());
        let client = self.client(credentials).await?;
        match field("grant_type") {
            Some("authorization_code") => {}
            Some(_) => return Err(TokenProblem::UnsupportedGrantType),
            None => return Err(TokenProblem::InvalidRequest),
        }
        let secret = field("code").ok_or(TokenProblem::InvalidRequest)?;
        let row = find_code(&mut self.store.read().await?, &hash(secret)).await?.ok_or(TokenProblem::InvalidGrant)?;
        let request: AuthorizeRequest = serde_json::from_str(&row.request)?;
        let fits = row.application_id == client.id
            && row.expires_at > self.now()
            && field("redirect_uri") == Some(request.redirect_uri.as_str())
            && field("code_verifier").is_some_and(|v| pkce_matches(v, &request.code_challenge));
        let access = token();
        let code_hash = row.hash.clone();
        let new = AccessToken {
            hash: hash(&access),
            code: row.hash.clone(),
            organisation_id: row.organisation_id,
            application_id: client.id,
            account_id: row.account_id,
            scope: request.scope.join(" "),
            expires_at: self.now() + TOKEN_SECONDS * SECOND,
        };
        // A failed try uses the code up as well: it may have been stolen.
        let taken = self
            .store
            .write::<_, Fault, _>(move |c| {
                Box::pin(async move {
                    let taken = take_code(c, &code_hash).await?;
                    if taken && fits {
                        add_token(c, &new).await?;
                    }
                    Ok(taken)
                })
            })
            .await?;
        if !taken || !fits {
            return Err(TokenProblem::InvalidGrant);
        }
        let id_token = self.id_token(&row, &request).await?;
        Ok(json!({"access_token": access, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "scope": request.scope.join(" "), "id_token": id_token}))
    }

    async fn id_token(&self, row: &AuthCode, request: &AuthorizeRequest) -> Result<String, TokenProblem> {
        let now = self.now() / SECOND;
        let mut claims = self.claims(row.organisation_id, row.account_id, &request.scope).await?.ok_or(TokenProblem::InvalidGrant)?;
        if let Some(claims) = claims.as_object_mut() {
            claims.insert("iss".into(), json!(self.settings.public_url));
            claims.insert("aud".into(), json!(request.client_id));
            claims.insert("iat".into(), json!(now));
            claims.insert("exp".into(), json!(now + TOKEN_SECONDS));
            claims.insert("auth_time".into(), json!(row.auth_at / SECOND));
            let (acr, amr) = assurance(&row.method, &row.factor);
            claims.insert("acr".into(), json!(acr));
            claims.insert("amr".into(), json!(amr));
            if let Some(nonce) = &request.nonce {
                claims.insert("nonce".into(), json!(nonce));
            }
        }
        self.signer.sign(&claims).map_err(|e| TokenProblem::Fault(Fault::Internal(e.to_string())))
    }

    /// Claims of an active account for these scopes; the same `sub` whichever provider was used (ZI-02).
    async fn claims(&self, org: OrgId, account: domain::AccountId, scope: &[String]) -> Result<Option<Value>, Fault> {
        let mut conn = self.store.read().await?;
        let c = &mut conn;
        let row = find_account(c, org, account).await?.filter(|a| a.state() == domain::facts::AccountState::Active);
        let (Some(row), Some(sub)) = (row, find_subject(c, account).await?) else { return Ok(None) };
        let mut claims = json!({"sub": sub});
        let has = |name: &str| scope.iter().any(|s| s == name);
        if let Some(claims) = claims.as_object_mut() {
            if has("profile") && !row.name.is_empty() {
                claims.insert("name".into(), json!(row.name));
            }
            if has("email")
                && let Some(email) = list_emails(c, account).await?.into_iter().next()
            {
                claims.insert("email".into(), json!(email.typed));
                // Only an owner's proof is told as verified: a provider's word is not ours.
                claims.insert("email_verified".into(), json!(email.owner));
            }
        }
        Ok(Some(claims))
    }

    /// The claims behind an access token.
    ///
    /// # Errors
    /// [`TokenProblem::InvalidGrant`] for a token that is unknown, over, or of an account that is.
    pub async fn userinfo(&self, access: &str) -> Result<Value, TokenProblem> {
        let row = find_token(&mut self.store.read().await?, &hash(access), self.now()).await?.ok_or(TokenProblem::InvalidGrant)?;
        let scope: Vec<String> = row.scope.split(' ').map(str::to_owned).collect();
        self.claims(row.organisation_id, row.account_id, &scope).await?.ok_or(TokenProblem::InvalidGrant)
    }

    /// Registers an application, or changes the one with this client id; answers its secret, shown once.
    ///
    /// # Errors
    /// [`Fault::Storage`].
    pub async fn register_application(&self, client_id: &str, name: &str, redirect_uris: &[String], secret: Option<String>) -> Result<String, Fault> {
        let secret = secret.unwrap_or_else(token);
        let now: Micros = self.now();
        let row = Application {
            id: ApplicationId(row_id(now)),
            organisation_id: self.org,
            client_id: client_id.to_owned(),
            name: name.to_owned(),
            secret_hash: hex(&hash(&secret)),
            redirect_uris: serde_json::to_string(redirect_uris)?,
            active: true,
            created_at: now,
        };
        self.store
            .write::<_, Fault, _>(move |c| {
                Box::pin(async move {
                    if !add_application(c, &row).await? {
                        set_application(c, &row).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(secret)
    }

    /// Registered applications, for the console.
    ///
    /// # Errors
    /// As [`Ligature::administrator`].
    pub async fn admin_applications(&self, visitor: &Visitor) -> Result<Vec<(Application, Vec<String>)>, Fault> {
        self.administrator(visitor).await?;
        let rows = list_applications(&mut self.store.read().await?, self.org).await?;
        Ok(rows.into_iter().map(|r| (registered(&r).redirect_uris, r)).map(|(uris, r)| (r, uris)).collect())
    }

    /// Registers an application from the console.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for a name, client id or URI that cannot be used.
    pub async fn admin_register(&self, visitor: &Visitor, client_id: &str, name: &str, redirect_uris: &[String]) -> Result<String, Fault> {
        let admin = self.administrator(visitor).await?;
        let plain = !client_id.is_empty() && client_id.len() <= 60 && client_id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        let local = |u: &str| u.starts_with("http://127.0.0.1") || u.starts_with("http://localhost") || u.starts_with("http://[::1]");
        let usable = |u: &String| (u.starts_with("https://") || local(u)) && !u.contains('#') && !u.contains(char::is_whitespace) && u.len() <= 500;
        if !plain || name.trim().is_empty() || name.len() > 80 || redirect_uris.is_empty() || !redirect_uris.iter().all(usable) {
            return Err(Refusal::BadRequest.into());
        }
        let secret = self.register_application(client_id, name.trim(), redirect_uris, None).await?;
        let (this, client) = (self.clone(), client_id.to_owned());
        self.store
            .write::<_, Fault, _>(move |c| Box::pin(async move { this.record(c, Event::new("application.registered").by(format!("admin:{admin}")).detail(json!({"client_id": client}))).await }))
            .await?;
        Ok(secret)
    }
}

/// How sure the sign-in was, and by what: `acr` tells one factor from two, `amr` in words of RFC 8176 and `fed` for
/// an identity provider.
fn assurance(method: &str, factor: &str) -> (&'static str, Vec<&'static str>) {
    let mut amr = vec![match method {
        "password" => "pwd",
        "code" => "otp",
        "phone" => "sms",
        "passkey" => "pop",
        _ => "fed",
    }];
    match factor {
        "" => return (issuer::ACR_ONE_FACTOR, amr),
        "totp" if !amr.contains(&"otp") => amr.push("otp"),
        _ => {}
    }
    amr.push("mfa");
    (issuer::ACR_TWO_FACTORS, amr)
}
