//! The authorization request: what a session answers it with at once, and what needs a page first (RFC 6749 §4.1,
//! OpenID Connect Core §3.1.2).
use domain::{
    Outcome, ProviderId, Refusal, SECOND, decide,
    facts::{AccountState, Facts, Intent, Known, Local, ProviderFacts},
    path::AuthorizeRequest,
    policy::Owes,
};
use issuer::{AuthorizeProblem, CODE_SECONDS, REQUEST_URI, RegisteredClient, Validated, validate};
use serde_json::json;
use storage::{
    applications::find_application,
    logins::add_login,
    tokens::{AuthCode, add_code, take_pushed},
};

use super::{claims::assurance, registered};
use crate::{
    Caller, Fault, Ligature, Visitor,
    audit::Event,
    chance::{hash, token},
};

/// What `/authorize` leads to.
#[derive(Debug, Clone)]
pub enum Authorized {
    /// Back to the application, with a code or an error.
    Application(String),
    /// The sign-in page first, in one of these languages if the person has chosen none.
    SignIn(AuthorizeRequest, String),
    /// The person is asked what the application may have.
    Consent(AuthorizeRequest),
    /// The person sets up a second factor first.
    SetUpFactor(AuthorizeRequest),
}

/// What a session that fits gives.
#[derive(Debug, Clone)]
pub enum Granted {
    /// Back to the application with a code.
    Code(String),
    /// The person is asked first.
    Consent(AuthorizeRequest),
    /// The session does not fit the request any more: a sign-in first.
    SignIn(AuthorizeRequest),
    /// The policy of this application asks for a second factor, and the account has none: it is set up first.
    SetUpFactor(AuthorizeRequest),
}

fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    let encode = |text: &str| text.bytes().map(|b| if b.is_ascii_alphanumeric() || b"-._~".contains(&b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect::<String>();
    let query: Vec<_> = parameters.iter().map(|(k, v)| format!("{k}={}", encode(v))).collect();
    format!("{uri}{}{}", if uri.contains('?') { '&' } else { '?' }, query.join("&"))
}

impl Ligature {
    /// Validates an application's request; with a session that fits it goes straight back.
    ///
    /// # Errors
    /// [`Refusal::ApplicationUnknown`] when nobody may be redirected.
    pub async fn authorize(&self, visitor: &Visitor, parameters: &[(String, String)]) -> Result<Authorized, Fault> {
        let one = |name: &str| parameters.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str()).unwrap_or_default();
        let client = find_application(&mut self.store.read().await?, self.org, one("client_id")).await?.as_ref().map(registered);
        let pushed = match (one("request_uri").strip_prefix(REQUEST_URI), &client) {
            (Some(secret), Some(client)) => Some(self.take_pushed_request(client, secret).await?),
            _ => None,
        };
        let Validated { mut request, silent, hint, ui_locales } = match validate(pushed.as_deref().unwrap_or(parameters), client.as_ref(), self.now()) {
            Ok(validated) => validated,
            Err(AuthorizeProblem::Untrusted) => return Err(Refusal::ApplicationUnknown.into()),
            Err(AuthorizeProblem::Tell { redirect_uri, error, description, state }) => {
                return Ok(Authorized::Application(self.error_uri(&redirect_uri, error, description, state.as_deref())));
            }
        };
        if let Some(hint) = hint {
            request.subject = self.keyring().read(&hint, &self.settings.public_url).and_then(|c| c.get("sub").and_then(|s| s.as_str()).map(str::to_owned)).or(request.subject);
        }
        let tell = |error, description| Ok(Authorized::Application(self.error_uri(&request.redirect_uri, error, description, request.state.as_deref())));
        let Some(caller) = &visitor.session else {
            return if silent { tell("login_required", "nobody is signed in") } else { Ok(Authorized::SignIn(request, ui_locales)) };
        };
        match self.grant(caller, request.clone()).await? {
            Granted::Code(uri) => Ok(Authorized::Application(uri)),
            Granted::Consent(_) if silent => tell("consent_required", "the person has to be asked"),
            Granted::Consent(request) => Ok(Authorized::Consent(request)),
            Granted::SetUpFactor(_) if silent => tell("interaction_required", "the person has to set up a second factor"),
            Granted::SetUpFactor(request) => Ok(Authorized::SetUpFactor(request)),
            Granted::SignIn(_) if silent => tell("login_required", "the person has to sign in"),
            Granted::SignIn(request) => Ok(Authorized::SignIn(request, ui_locales)),
        }
    }

    async fn take_pushed_request(&self, client: &RegisteredClient, secret: &str) -> Result<Vec<(String, String)>, Fault> {
        let (hashed, id, now) = (hash(secret), client.id, self.now());
        let taken = self.store.write::<_, Fault, _>(move |c| Box::pin(async move { Ok(take_pushed(c, &hashed, id, now).await?) })).await?;
        // Unknown, used or over: nobody can be told safely where to.
        Ok(serde_json::from_str(&taken.ok_or(Refusal::AttemptExpired)?)?)
    }

    /// Whether the session's sign-in would be let in on the way to this application: its provider leads there, policy has it,
    /// and the person accepted what is asked there. The decision is that of the sign-in itself, so that signing in elsewhere
    /// first gets nobody around it.
    async fn leads_to(&self, caller: &Caller, client_id: &str) -> Result<bool, Fault> {
        let mut conn = self.store.read().await?;
        let ground = self.ground(&mut conn, Some(client_id)).await?;
        let key = caller.link.map(|_| caller.method.as_str());
        let known = Known { account: caller.account, state: AccountState::Active, link: caller.link, second_factor: false };
        let provider = key.map(|key| {
            let row = ground.providers.iter().find(|p| p.key == key);
            ProviderFacts { id: row.map_or(ProviderId([0; 16]), |p| p.id), enabled: row.is_some_and(|p| p.enabled), filter: Some(true), second_factor: false }
        });
        let local = match caller.method.as_str() {
            "code" => Local::EmailCode,
            "phone" => Local::PhoneCode,
            "passkey" => Local::Passkey,
            _ => Local::Password,
        };
        let policy = ground.policy(key);
        let mut facts = Facts { provider, local, ..Facts::local(Intent::SignIn, Some(known)) };
        self.add_agreed(&mut conn, &policy, &[caller.account], &mut facts.given).await?;
        Ok(matches!(decide(&facts, &policy).outcome, Outcome::SignIn { .. }))
    }

    /// Whether the session stands on as many factors as the request demands.
    fn sure_enough(caller: &Caller, request: &AuthorizeRequest) -> bool {
        !request.two_factors || assurance(&caller.method, &caller.factor).0 == issuer::ACR_TWO_FACTORS
    }

    /// Whether `prompt`, `max_age`, `acr_values` and the wanted subject let a session count.
    pub(super) async fn session_fits(&self, caller: &Caller, request: &AuthorizeRequest, client: &RegisteredClient) -> Result<bool, Fault> {
        // Signed in for this very request: young enough for every `max_age`, also for 0.
        let since = caller.auth_at >= request.at;
        let young = since || request.max_age.is_none_or(|age| self.now() - caller.auth_at <= age.saturating_mul(SECOND));
        let fresh = since || !request.fresh;
        let right = match &request.subject {
            None => true,
            Some(wanted) => self.subject_for(&mut self.store.read().await?, caller.account, client).await?.as_ref() == Some(wanted),
        };
        Ok(young && fresh && right && Self::sure_enough(caller, request) && self.leads_to(caller, &client.client_id).await?)
    }

    /// An error at the application's registered URI, with `iss` (RFC 9207).
    #[must_use]
    pub fn error_uri(&self, redirect_uri: &str, error: &str, description: &str, state: Option<&str>) -> String {
        let mut parameters = vec![("error", error), ("error_description", description), ("iss", self.settings.public_url.as_str())];
        parameters.extend(state.map(|s| ("state", s)));
        with_parameters(redirect_uri, &parameters)
    }

    /// What a request gets in a session.
    ///
    /// # Errors
    /// [`Refusal::ApplicationUnknown`] for one that was switched off meanwhile.
    pub async fn grant(&self, caller: &Caller, request: AuthorizeRequest) -> Result<Granted, Fault> {
        let mut conn = self.store.read().await?;
        let client = self.registered_client(&mut conn, &request.client_id).await?.ok_or(Refusal::ApplicationUnknown)?;
        let policy = self.ground(&mut conn, Some(&client.client_id)).await?.policy(None);
        let owes = self.owed(&mut conn, &policy, caller.account, &caller.factor).await?;
        drop(conn);
        if owes == Owes::Now {
            return Ok(Granted::SetUpFactor(request));
        }
        if owes == Owes::Show {
            return Ok(Granted::SignIn(request));
        }
        if !self.session_fits(caller, &request, &client).await? {
            // Somebody has signed in for this request, and it is not who was asked for: the application hears it, nobody loops.
            if caller.auth_at >= request.at && !Self::sure_enough(caller, &request) {
                return Ok(Granted::Code(self.error_uri(&request.redirect_uri, "unmet_authentication_requirements", "the account has no second factor", request.state.as_deref())));
            }
            if caller.auth_at >= request.at {
                return Ok(Granted::Code(self.error_uri(&request.redirect_uri, "login_required", "somebody else signed in", request.state.as_deref())));
            }
            return Ok(Granted::SignIn(request));
        }
        if self.wants_consent(caller.account, &request, &client).await? {
            return Ok(Granted::Consent(request));
        }
        self.code_uri(caller, &request).await.map(Granted::Code)
    }

    /// Back to the application with a code for this session.
    pub(crate) async fn code_uri(&self, caller: &Caller, request: &AuthorizeRequest) -> Result<String, Fault> {
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
            sid: caller.sid.clone(),
            used: false,
            expires_at: now + CODE_SECONDS * SECOND,
        };
        let (this, account, client) = (self.clone(), caller.account, request.client_id.clone());
        self.store
            .write::<_, Fault, _>(move |c| {
                Box::pin(async move {
                    let policy = this.ground(c, Some(&client)).await?.policy(None);
                    this.note_demand(c, &policy, account).await?;
                    add_code(c, &row).await?;
                    add_login(c, &row.sid, row.application_id, account, now).await?;
                    this.record(c, Event::new("application.signed_in").account(account).detail(json!({"client_id": client}))).await
                })
            })
            .await?;
        let mut parameters = vec![("code", secret.as_str()), ("iss", self.settings.public_url.as_str())];
        parameters.extend(request.state.as_deref().map(|s| ("state", s)));
        Ok(with_parameters(&request.redirect_uri, &parameters))
    }

    /// A registered URI with the application's state, after a sign-out.
    pub(crate) fn back_uri(uri: &str, state: Option<&str>) -> String {
        match state {
            Some(state) => with_parameters(uri, &[("state", state)]),
            None => uri.to_owned(),
        }
    }
}
