//! The authorization request: what a session answers it with at once, and what needs a page first (RFC 6749 §4.1,
//! OpenID Connect Core §3.1.2).
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{EventKind, Refusal, SECOND, audit_events::Target, path::AuthorizeRequest};
use issuer::{
    AuthorizeProblem, CODE_SECONDS, REQUEST_URI, RegisteredClient, ReplyTo, Validated, validate,
};
use serde_json::json;
use storage::{
    Conn,
    oauth::{
        applications::find_application,
        logins::add_login,
        tokens::{AuthCode, add_code, end_pushed, open_pushed},
    },
};

use crate::{
    Error, RequestContext, SessionInfo,
    audit::Event,
    crypto::random::{hash, token},
    oidc_provider::{claims::assurance, gate::Gate, registered::registered},
    services::Authorization,
    transaction::{Session, Transactions},
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
    /// The person is asked to prove their address, which the application wants to know.
    Address(AuthorizeRequest),
    /// The application is open to groups that the person is in none of: a page says so, and leads back.
    NotAMember(AuthorizeRequest),
}

/// What a session that fits gives.
#[derive(Debug, Clone)]
pub enum Granted {
    /// Back to the application with a code.
    Code(String),
    /// The person is asked first.
    Consent(AuthorizeRequest),
    /// The application wants an address, and none is proved to be the account's own: the person may prove it first (CN-03).
    Address(AuthorizeRequest),
    /// The session does not fit the request any more: a sign-in first.
    SignIn(AuthorizeRequest),
    /// The policy of this application asks for a second factor, and the account has none: it is set up first.
    SetUpFactor(AuthorizeRequest),
    /// The application is open to groups that the person is in none of.
    NotAMember(AuthorizeRequest),
}

pub(crate) fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        text.bytes()
            .map(|b| {
                if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
                    char::from(b).to_string()
                } else {
                    format!("%{b:02X}")
                }
            })
            .collect::<String>()
    };
    let query: Vec<_> = parameters.iter().map(|(k, v)| format!("{k}={}", encode(v))).collect();
    format!("{uri}{}{}", if uri.contains('?') { '&' } else { '?' }, query.join("&"))
}

impl Authorization {
    /// Validates an application's request; with a session that fits it goes straight back.
    ///
    /// # Errors
    /// [`Refusal::ApplicationUnknown`] when nobody may be redirected.
    pub async fn authorize(
        &self,
        ctx: &RequestContext,
        parameters: &[(String, String)],
    ) -> Result<Authorized, Error> {
        let one = |name: &str| {
            parameters.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str()).unwrap_or_default()
        };
        let client = find_application(&mut self.store.read().await?, self.org, one("client_id"))
            .await?
            .as_ref()
            .map(registered);
        let pushed = match (one("request_uri").strip_prefix(REQUEST_URI), &client) {
            (Some(secret), Some(client)) => {
                match self.pushed_request(&ctx.browser, client, secret).await? {
                    Some(parameters) => Some((parameters, hash(secret))),
                    None => return self.no_such_request(client).map(Authorized::Application),
                }
            }
            _ => None,
        };
        let asked = pushed.as_ref().map_or(parameters, |(pushed, _)| pushed.as_slice());
        let Validated { mut request, silent, hint, ui_locales } =
            match validate(asked, client.as_ref(), self.now()) {
                Ok(validated) => validated,
                Err(AuthorizeProblem::Untrusted) => return Err(Refusal::ApplicationUnknown.into()),
                Err(AuthorizeProblem::Tell { to, error, description }) => {
                    return self.error_uri(&to, error, description).map(Authorized::Application);
                }
            };
        request.pushed = pushed.map(|(_, row)| URL_SAFE_NO_PAD.encode(row));
        let tell = |request: &AuthorizeRequest, error, description| {
            self.error_uri(&request.into(), error, description).map(Authorized::Application)
        };
        // The hint was said to this application, or it shows nothing (TK-05). Then no session is taken for the one that was
        // meant: without a page nobody is signed in, and with one the person signs in for this request.
        match hint.map(|text| {
            self.keyring()
                .read_hint(&text, &self.settings.public_url)
                .filter(|h| h.audience == request.client_id)
        }) {
            None => {}
            Some(Some(hint))
                if request.subject.as_ref().is_none_or(|wanted| *wanted == hint.subject) =>
            {
                request.subject = Some(hint.subject)
            }
            Some(Some(_)) => {
                return tell(
                    &request,
                    "invalid_request",
                    "id_token_hint and claims name two people",
                );
            }
            Some(None) if silent => {
                return tell(&request, "login_required", "id_token_hint shows nobody");
            }
            Some(None) => request.fresh = true,
        }
        let Some(session) = &ctx.session else {
            return if silent {
                tell(&request, "login_required", "nobody is signed in")
            } else {
                Ok(Authorized::SignIn(request, ui_locales))
            };
        };
        // Without a page there is nobody to type a code: the address is left out (CN-03).
        let granted = match self
            .grant(session, AuthorizeRequest { without_address: silent, ..request.clone() })
            .await
        {
            Err(error) if error.refusal() == Refusal::SessionEnded => {
                Granted::SignIn(request.clone())
            }
            other => other?,
        };
        match granted {
            Granted::Code(uri) => Ok(Authorized::Application(uri)),
            Granted::Address(request) => Ok(Authorized::Address(request)),
            Granted::Consent(_) if silent => {
                tell(&request, "consent_required", "the person has to be asked")
            }
            Granted::Consent(request) => Ok(Authorized::Consent(request)),
            Granted::SetUpFactor(_) if silent => {
                tell(&request, "interaction_required", "the person has to set up a second factor")
            }
            Granted::SetUpFactor(request) => Ok(Authorized::SetUpFactor(request)),
            Granted::NotAMember(_) if silent => {
                tell(&request, "access_denied", "the person may not use this application")
            }
            Granted::NotAMember(request) => Ok(Authorized::NotAMember(request)),
            Granted::SignIn(_) if silent => {
                tell(&request, "login_required", "the person has to sign in")
            }
            Granted::SignIn(request) => Ok(Authorized::SignIn(request, ui_locales)),
        }
    }

    /// A pushed request, opened in a browser: there it may be opened again until a code was made for it, and nowhere else
    /// (RFC 9126 §4, FR-37).
    async fn pushed_request(
        &self,
        browser: &[u8],
        client: &RegisteredClient,
        secret: &str,
    ) -> Result<Option<Vec<(String, String)>>, Error> {
        let (hashed, id, now, browser) = (hash(secret), client.id, self.now(), browser.to_vec());
        let opened = self
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { Ok(open_pushed(c, &hashed, id, &browser, now).await?) })
            })
            .await?;
        Ok(opened.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    /// A pushed request that is unknown, over or another browser's. Its application hears so if there is only one place
    /// where it can be told.
    fn no_such_request(&self, client: &RegisteredClient) -> Result<String, Error> {
        let [only] = client.redirect_uris.as_slice() else {
            return Err(Refusal::AttemptExpired.into());
        };
        let to = ReplyTo { redirect_uri: only.clone(), state: None, form_post: false };
        self.error_uri(&to, "invalid_request_uri", "the pushed request is over or was used")
    }

    /// Whether the session stands on as many factors as the request demands.
    fn sure_enough(session: &SessionInfo, request: &AuthorizeRequest) -> bool {
        !request.two_factors
            || assurance(&session.method, &session.factor).0 == issuer::ACR_TWO_FACTORS
    }

    /// Whether `prompt`, `max_age`, `acr_values` and the wanted subject let a session count.
    async fn session_fits(
        &self,
        c: &mut Conn,
        session: &SessionInfo,
        request: &AuthorizeRequest,
        client: &RegisteredClient,
    ) -> Result<bool, Error> {
        // Signed in for this very request: young enough for every `max_age`, also for 0.
        let since = session.auth_at >= request.at;
        let young = since
            || request
                .max_age
                .is_none_or(|age| self.now() - session.auth_at <= age.saturating_mul(SECOND));
        let fresh = since || !request.fresh;
        let right = match &request.subject {
            None => true,
            Some(wanted) => {
                self.application_gate().subject_for(c, session.account, client).await?.as_ref()
                    == Some(wanted)
            }
        };
        Ok(young && fresh && right && Self::sure_enough(session, request))
    }

    /// What a request gets in a session, decided in the transaction that makes the code.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`]; [`Refusal::ApplicationUnknown`] for one that was switched off meanwhile.
    pub async fn grant(
        &self,
        session: &SessionInfo,
        request: AuthorizeRequest,
    ) -> Result<Granted, Error> {
        let ctx = RequestContext { session: Some(session.clone()), ..RequestContext::default() };
        self.act(&ctx, async move |this, c, ctx| {
            this.grant_in(c, ctx.session()?, request, false).await
        })
        .await
    }

    /// The same; `allowed`: the person has just said that the application may have what it asks for.
    pub(super) async fn grant_in(
        &self,
        c: &mut Conn,
        session: &Session,
        mut request: AuthorizeRequest,
        allowed: bool,
    ) -> Result<Granted, Error> {
        let client = self
            .configuration()
            .registered_client(c, &request.client_id)
            .await?
            .filter(|client| client.id == request.application)
            .ok_or(Refusal::ApplicationUnknown)?;
        let gate =
            self.application_gate().may_open(c, &client.client_id, (&**session).into()).await?;
        if gate == Gate::SetUpFactor {
            return Ok(Granted::SetUpFactor(request));
        }
        // Whoever has to sign in for this request anyway may be let in by the next way.
        if gate == Gate::NotAMember && self.session_fits(c, session, &request, &client).await? {
            self.record(
                c,
                Event::in_session(
                    session,
                    EventKind::ApplicationNotAMember,
                    Target::Application(request.client_id.clone()),
                )
                .in_application(request.client_id.clone())
                .code(Refusal::NotAMember.code())
                .detail(json!({"client_id": request.client_id})),
            )
            .await?;
            return Ok(Granted::NotAMember(request));
        }
        if gate != Gate::Open || !self.session_fits(c, session, &request, &client).await? {
            // Somebody has signed in for this request, and it is not who was asked for: the application hears it, nobody loops.
            if session.auth_at >= request.at && !Self::sure_enough(session, &request) {
                return self
                    .error_uri(
                        &(&request).into(),
                        "unmet_authentication_requirements",
                        "the account has no second factor",
                    )
                    .map(Granted::Code);
            }
            if session.auth_at >= request.at {
                return self
                    .error_uri(&(&request).into(), "login_required", "somebody else signed in")
                    .map(Granted::Code);
            }
            return Ok(Granted::SignIn(request));
        }
        let asked = Self::told_by(&request, &client);
        if allowed {
            self.application_gate().remember_consent(c, session, &client, &asked).await?;
            request.consent = false;
        }
        if self.wants_consent(c, session.account, &request, &client).await? {
            return Ok(Granted::Consent(request));
        }
        if !request.without_address
            && !self.declined_address(c, session, &client).await?
            && self.address_to_prove(c, session.account, &client, &asked).await?.is_some()
        {
            return Ok(Granted::Address(request));
        }
        self.add_code_for(c, session, &request).await.map(Granted::Code)
    }

    /// Back to the application with a code for this session.
    async fn add_code_for(
        &self,
        c: &mut Conn,
        session: &Session,
        request: &AuthorizeRequest,
    ) -> Result<String, Error> {
        let (secret, now) = (token(), self.now());
        let row = AuthCode {
            hash: hash(&secret),
            organisation_id: self.org,
            application_id: request.application,
            account_id: session.account,
            session_id: session.public_id.clone(),
            request: serde_json::to_string(request)?,
            auth_at: session.auth_at,
            method: session.method.clone(),
            factor: session.factor.clone(),
            sid: session.sid.clone(),
            used: false,
            expires_at: now + CODE_SECONDS * SECOND,
        };
        let policy =
            self.configuration().policy_context(c, Some(&request.client_id)).await?.policy(None);
        self.configuration().note_demand(c, &policy, session.account).await?;
        add_code(c, &row).await?;
        if let Some(Ok(pushed)) = request.pushed.as_ref().map(|row| URL_SAFE_NO_PAD.decode(row)) {
            end_pushed(c, &pushed).await?;
        }
        add_login(c, &row.sid, row.application_id, session.account, now).await?;
        self.record(
            c,
            Event::in_session(
                session,
                EventKind::ApplicationSignedIn,
                Target::Application(request.client_id.clone()),
            )
            .by_provider(session.method.clone())
            .in_application(request.client_id.clone())
            .detail(json!({"client_id": request.client_id})),
        )
        .await?;
        self.reply_uri(&request.into(), &[("code", &secret)])
    }

    /// A registered URI with the application's state, after a sign-out.
    pub(crate) fn back_uri(uri: &str, state: Option<&str>) -> String {
        match state {
            Some(state) => with_parameters(uri, &[("state", state)]),
            None => uri.to_owned(),
        }
    }
}
