//! Signing out for applications: asked for by one (OpenID Connect RP-Initiated Logout), told to all that the session
//! reached (Back-Channel and Front-Channel Logout), whoever ended it.
use crate::services::{Authorization, Logout};
use domain::{MINUTE, Micros, Refusal, SECOND};
use issuer::RegisteredClient;
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::oauth::{
    applications::find_application_by_id,
    logins::{Login, claim_end, is_end_due, list_logins, remove_end, remove_login},
};

use subtle::ConstantTimeEq;

use crate::{
    Error, RequestContext, crypto::random::token, oidc_provider::registered::registered,
    sign_in::still_there::StillThere,
};

/// The event that a logout token tells (Back-Channel Logout §2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Tries before an application that does not answer is given up.
const TRIES: i32 = 6;

/// What a request to sign out came to.
#[derive(Debug, Clone)]
pub enum LogoutAsked {
    /// The person is asked: nothing shows that the application speaks of this session.
    Ask(Out),
    /// Signed out at once.
    Done(Out),
}

/// Where a sign-out leads.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Out {
    pub application: String,
    /// The registered URI with the application's state.
    pub to: Option<String>,
    /// What is loaded in the person's browser, so that applications can forget the session.
    pub frames: Vec<String>,
    /// The provider's own session, which is still open.
    #[serde(default)]
    pub there: Option<StillThere>,
}

/// What has to come back from a provider's sign-out, kept in a cookie meanwhile.
#[derive(Serialize, Deserialize)]
struct Left {
    state: String,
    application: String,
    to: Option<String>,
    provider: String,
}

/// Back from a provider's sign-out.
#[derive(Debug, Clone)]
pub struct Returned {
    /// The application that the person goes on to, and its registered URI.
    pub application: String,
    pub to: Option<String>,
    /// The provider's name.
    pub provider: String,
}

fn one<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
}

impl Logout {
    /// A request to the end-session endpoint.
    ///
    /// # Errors
    /// [`Refusal::ApplicationUnknown`] for a URI that is not
    /// registered: nobody is sent there.
    pub async fn end_session_asked(
        &self,
        ctx: &RequestContext,
        parameters: &[(String, String)],
        confirmed: bool,
    ) -> Result<LogoutAsked, Error> {
        // One that shows nothing, of an address or a key that is gone, of another client or cut off on its way, is none: the person is asked
        // (RP-Initiated Logout §2, FR-58).
        let hint = one(parameters, "id_token_hint")
            .and_then(|text| self.keyring().read_hint(text, &self.settings.public_url))
            .filter(|hint| one(parameters, "client_id").is_none_or(|id| id == hint.audience));
        let client_id = one(parameters, "client_id").or(hint.as_ref().map(|h| h.audience.as_str()));
        let mut conn = self.store.read().await?;
        let client = match client_id {
            Some(id) => Some(
                self.configuration()
                    .registered_client(&mut conn, id)
                    .await?
                    .ok_or(Refusal::ApplicationUnknown)?,
            ),
            None => None,
        };
        let to = match (one(parameters, "post_logout_redirect_uri"), &client) {
            (None, _) => None,
            (Some(uri), Some(client))
                if client.settings.post_logout_redirect_uris.iter().any(|r| r == uri) =>
            {
                Some(Authorization::back_uri(uri, one(parameters, "state")))
            }
            (Some(_), Some(_)) => return Err(Refusal::ApplicationUnknown.into()),
            // Nobody says whose address that is: the way ends here.
            (Some(_), None) => None,
        };
        let out = Out {
            application: client.as_ref().map(|c| c.name.clone()).unwrap_or_default(),
            to,
            ..Out::default()
        };
        let Some(session) = &ctx.session else { return Ok(LogoutAsked::Done(out)) };
        let own = match (&hint, &client) {
            // A hint that names no session shows none: the person is asked.
            (Some(hint), Some(client)) => {
                let same_session = !hint.session.is_empty() && hint.session == session.sid;
                same_session
                    && Some(&hint.subject)
                        == self
                            .application_gate()
                            .subject_for(&mut conn, session.account, client)
                            .await?
                            .as_ref()
            }
            _ => false,
        };
        drop(conn);
        if !own && !confirmed {
            return Ok(LogoutAsked::Ask(out));
        }
        let frames = self.frames(&session.sid).await?;
        self.sessions().sign_out(ctx).await?;
        let there = self.sessions().still_there(session).await;
        Ok(LogoutAsked::Done(Out { frames, there, ..out }))
    }

    /// The end of a sign-out, for the page that shows it.
    ///
    /// # Errors
    /// [`Error::Internal`] when sealing fails.
    pub fn seal_out(&self, out: &Out) -> Result<String, Error> {
        self.keys.seal_json("signed-out", out)
    }

    /// What [`crate::Logout::seal_out`] closed.
    #[must_use]
    pub fn open_out(&self, sealed: &str) -> Option<Out> {
        self.keys.open_json("signed-out", sealed)
    }

    /// What the browser keeps while the person signs out at a provider.
    ///
    /// # Errors
    /// [`Error::Internal`] when sealing fails.
    pub fn seal_left(&self, state: &str, out: &Out) -> Result<String, Error> {
        let left = Left {
            state: state.to_owned(),
            application: out.application.clone(),
            to: out.to.clone(),
            provider: out.there.as_ref().map(|t| t.provider.clone()).unwrap_or_default(),
        };
        self.keys.seal_json("signing-out-there", &left)
    }

    /// Back from there: what [`crate::Logout::seal_left`] kept, if the state is the one that went along.
    #[must_use]
    pub fn open_left(&self, sealed: &str, state: &str) -> Option<Returned> {
        let left: Left = self.keys.open_json("signing-out-there", sealed)?;
        let same = bool::from(left.state.as_bytes().ct_eq(state.as_bytes()));
        same.then_some(Returned {
            application: left.application,
            to: left.to,
            provider: left.provider,
        })
    }

    /// Addresses of the applications that the session reached, for the browser to load (Front-Channel Logout §3).
    async fn frames(&self, sid: &str) -> Result<Vec<String>, Error> {
        let mut frames = Vec::new();
        for (_, client) in self.reached(sid).await? {
            let uri = &client.settings.frontchannel_logout_uri;
            if !uri.is_empty() {
                let join = if uri.contains('?') { '&' } else { '?' };
                let issuer: String =
                    url::form_urlencoded::byte_serialize(self.settings.public_url.as_bytes())
                        .collect();
                frames.push(format!("{uri}{join}iss={issuer}&sid={sid}"));
            }
        }
        Ok(frames)
    }

    async fn reached(&self, sid: &str) -> Result<Vec<(Login, RegisteredClient)>, Error> {
        let mut conn = self.store.read().await?;
        let mut all = Vec::new();
        for login in list_logins(&mut conn, sid).await? {
            if let Some(row) =
                find_application_by_id(&mut conn, self.org, login.application_id).await?
            {
                all.push((login, registered(&row)));
            }
        }
        Ok(all)
    }

    /// Whether a session's end waits to be told, in whichever organisation.
    pub(crate) async fn is_end_due(&self) -> Result<bool, Error> {
        Ok(is_end_due(&mut self.store.read().await?, self.now()).await?)
    }

    /// Claims a session that ended, with the tries so far.
    pub(crate) async fn claim_end(&self) -> Result<Option<(String, i32)>, Error> {
        let now = self.now();
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { Ok(claim_end(c, now, now + MINUTE).await?) })
            })
            .await
    }

    /// Tells the applications of one session that ended. One that does not answer is asked again for some minutes, each
    /// time with a token of that moment.
    pub(crate) async fn tell_end_of(&self, sid: &str, tries: i32) -> Result<(), Error> {
        let sid = sid.to_owned();
        let mut open = 0;
        for (login, client) in self.reached(&sid).await? {
            let told = client.settings.backchannel_logout_uri.is_empty()
                || self.tell_application(&login, &client).await?;
            if told {
                let (sid, id) = (sid.clone(), login.application_id);
                self.store
                    .write::<_, Error, _>(move |c| {
                        Box::pin(async move { Ok(remove_login(c, &sid, id).await?) })
                    })
                    .await?;
            } else {
                tracing::warn!(
                    client_id = client.client_id,
                    tries,
                    "an application did not take the end of a session"
                );
                open += 1;
            }
        }
        if open == 0 || tries + 1 >= TRIES {
            self.store
                .write::<_, Error, _>(move |c| {
                    Box::pin(async move { Ok(remove_end(c, &sid).await?) })
                })
                .await?;
        }
        Ok(())
    }

    async fn tell_application(
        &self,
        login: &Login,
        client: &RegisteredClient,
    ) -> Result<bool, Error> {
        let Some(sub) = self
            .application_gate()
            .subject_for(&mut self.store.read().await?, login.account_id, client)
            .await?
        else {
            return Ok(true);
        };
        let now: Micros = self.now() / SECOND;
        let claims = json!({
            "iss": self.settings.public_url,
            "aud": client.client_id,
            "sub": sub,
            "sid": login.sid,
            "iat": now,
            "exp": now + 120,
            "jti": token(),
            "events": {EVENT: {}},
        });
        let signed = self
            .keyring()
            .sign(client.settings.algorithm, "logout+jwt", &claims)
            .map_err(|e| Error::Internal(e.to_string()))?;
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("logout_token", &signed)
            .finish();
        Ok(self.guard.post_form(&client.settings.backchannel_logout_uri, body).await.is_ok())
    }
}
