//! Forward authentication: a reverse proxy asks, for each request to something that speaks no OpenID, whether somebody
//! is signed in. Towards us that something is an application like any other: people come back to its own host with a
//! code, and a token in a cookie of that host stands for the session, for as long as the session lives.
use crate::services::ForwardAuth;
use domain::{AccountId, MINUTE, Micros, Refusal, groups::in_a_header, path::SafePath};
use issuer::{RegisteredClient, Told, challenge};
use serde::{Deserialize, Serialize};
use storage::{
    oauth::{
        applications::find_application,
        tokens::{NewToken, add_token, end_token, find_token},
    },
    sign_in::sessions::touch_session,
};
use url::Url;

use crate::{
    Error,
    crypto::random::{hash, token},
    oidc_provider::{claims::Standing, gate::Gate, registered::registered},
    sign_in::start::cookie_id,
};

/// Where a guarded host hands people's codes in. A redirect URI that ends in it makes an application a guarded one.
pub const CALLBACK: &str = "/.ligature/callback";
/// How long a sign-in for a guarded host may take.
const TTL: Micros = 15 * MINUTE;
/// What the proxy passes on.
const SCOPE: &str = "openid profile email roles groups";

/// The way to the sign-in, sealed for the cookie of the guarded host.
#[derive(Serialize, Deserialize)]
struct Going {
    state: String,
    verifier: String,
    to: SafePath,
    at: Micros,
}

/// A sign-in for a guarded host: where to go, and the cookie to set on that host.
#[derive(Debug, Clone)]
pub struct ForwardStart {
    pub url: String,
    /// The first characters of the state: the cookie's name ends in them.
    pub id: String,
    pub sealed: String,
}

/// A finished sign-in for a guarded host.
#[derive(Debug, Clone)]
pub struct ForwardDone {
    /// For the cookie of the guarded host.
    pub token: String,
    pub to: SafePath,
}

/// Who is signed in. Every value is there, empty ones too, so that a proxy always has something to overwrite with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForwardPerson {
    pub subject: String,
    /// What nobody else can have: the proved address, or the subject.
    pub user: String,
    pub name: String,
    pub email: String,
    /// Roles of the console, then groups, with commas between.
    pub groups: String,
}

/// A guarded host of an application, found by what the proxy says; its word only picks among what is registered.
#[derive(Debug, Clone)]
pub struct GuardedHost {
    client: RegisteredClient,
    callback: Url,
}

impl GuardedHost {
    fn of(client: RegisteredClient, host: &str) -> Option<Self> {
        let mut own = client
            .redirect_uris
            .iter()
            .filter_map(|u| Url::parse(u).ok())
            .filter(|u| u.path() == CALLBACK && u.query().is_none());
        let callback = own.find(|u| u.authority().eq_ignore_ascii_case(host))?;
        Some(Self { client, callback })
    }

    /// It is reached by https, so that only cookies count there that no other host can set (FA-01).
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.callback.scheme() == "https"
    }

    /// What its tokens say of where they belong.
    fn name(&self) -> &str {
        self.callback.authority()
    }
}

impl ForwardAuth {
    /// The guarded host that a proxy asks for.
    ///
    /// # Errors
    /// [`Refusal::ApplicationUnknown`] for one that is not registered with the application.
    pub async fn guarded_host(&self, client_id: &str, host: &str) -> Result<GuardedHost, Error> {
        let row = find_application(&mut self.store.read().await?, self.org, client_id).await?;
        Ok(row
            .as_ref()
            .map(registered)
            .and_then(|client| GuardedHost::of(client, host))
            .ok_or(Refusal::ApplicationUnknown)?)
    }

    /// Begins a sign-in for a guarded host, and the way back to a path of it.
    ///
    /// # Errors
    /// [`Error::Internal`] when sealing fails.
    pub fn begin_forward(&self, host: &GuardedHost, path: &str) -> Result<ForwardStart, Error> {
        let client_id = host.client.client_id.as_str();
        let to = SafePath::parse(path)
            .or_else(|_| SafePath::parse("/"))
            .map_err(|_| Error::Internal("a path of ours".into()))?;
        let going = Going { state: token(), verifier: token(), to, at: self.now() };
        let id = cookie_id(&going.state);
        let mut url = Url::parse(&format!("{}/authorize", self.settings.public_url))
            .map_err(|e| Error::Internal(e.to_string()))?;
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", host.callback.as_str()),
            ("scope", SCOPE),
            ("state", &going.state),
            ("code_challenge", &challenge(&going.verifier)),
            ("code_challenge_method", "S256"),
        ]);
        let sealed = self.keys.seal_json(&format!("forward-{client_id}-{id}"), &going)?;
        Ok(ForwardStart { url: url.into(), id, sealed })
    }

    /// Trades the code that came back for a token of the guarded host.
    ///
    /// # Errors
    /// [`Refusal::AttemptExpired`] for a way that this browser did not go, or too long ago, and for a code that is none.
    pub async fn finish_forward(
        &self,
        host: &GuardedHost,
        sealed: &str,
        state: &str,
        code: &str,
    ) -> Result<ForwardDone, Error> {
        let (client, now) = (host.client.clone(), self.now());
        let going: Option<Going> = self
            .keys
            .open_json(&format!("forward-{}-{}", client.client_id, cookie_id(state)), sealed);
        let going = going
            .filter(|g| g.state == state && now - g.at < TTL)
            .ok_or(Refusal::AttemptExpired)?;
        let shown = self
            .tokens()
            .shown_code(&client, code, Some(host.callback.as_str()), Some(&going.verifier))
            .await;
        let (code, _, fits) = shown.map_err(|_| Refusal::AttemptExpired)?;
        let secret = token();
        let standing = Standing {
            auth_at: code.auth_at,
            method: code.method.clone(),
            factor: code.factor.clone(),
            host: Some(host.name().to_owned()),
            ..Standing::default()
        };
        let row = NewToken {
            hash: hash(&secret),
            kind: "forward",
            organisation_id: self.org,
            application_id: client.id,
            account_id: Some(code.account_id),
            sid: code.sid.clone(),
            scope: SCOPE.into(),
            standing: serde_json::to_string(&standing)?,
            created_at: now,
            expires_at: now + self.settings.session_absolute,
        };
        let this = self.clone();
        let done = self
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    let Some(family) =
                        this.tokens().spend_code(c, &client, &code, fits, row.expires_at).await?
                    else {
                        return Ok(false);
                    };
                    add_token(c, &family, &row).await?;
                    Ok(true)
                })
            })
            .await?;
        if done {
            Ok(ForwardDone { token: secret, to: going.to })
        } else {
            Err(Refusal::AttemptExpired.into())
        }
    }

    /// Who a guarded host's token stands for: nobody once the session, the account or the application is over, where the
    /// sign-in would not be let in any more, and at another host than the token's own (FA-02).
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn forward_person(
        &self,
        host: &GuardedHost,
        secret: &str,
    ) -> Result<Option<ForwardPerson>, Error> {
        let (client, now) = (&host.client, self.now());
        let mut conn = self.store.read().await?;
        let Some(row) = find_token(&mut conn, self.org, "forward", &hash(secret), now)
            .await?
            .filter(|r| r.application_id == client.id)
        else {
            return Ok(None);
        };
        let standing: Standing = serde_json::from_str(&row.standing)?;
        if standing.host.as_deref() != Some(host.name()) {
            return Ok(None);
        }
        let Some(account) = row.account_id.map(AccountId::from) else { return Ok(None) };
        let Some((session, hashed)) =
            self.application_gate().session_of(&mut conn, &row.sid, account, now).await?
        else {
            return Ok(None);
        };
        if self
            .application_gate()
            .may_open(&mut conn, &client.client_id, (account, &standing).into())
            .await?
            != Gate::Open
        {
            return Ok(None);
        }
        drop(conn);
        if now - session.seen_at > 5 * MINUTE {
            self.store
                .write::<_, Error, _>(move |c| {
                    Box::pin(async move { Ok(touch_session(c, &hashed, now).await?) })
                })
                .await?;
        }
        let scope: Vec<String> = row.scope.split(' ').map(str::to_owned).collect();
        let Some(claims) = self
            .tokens()
            .claims(account, client, &standing.method, &Told::asked(&scope, &[], &client.settings))
            .await?
        else {
            return Ok(None);
        };
        let text = |name: &str| {
            claims.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
        };
        // An address that nobody proved says nothing about whose it is, and guarded things take it for a name.
        let proved =
            claims.get("email_verified").and_then(serde_json::Value::as_bool) == Some(true);
        let (subject, email) = (text("sub"), if proved { text("email") } else { String::new() });
        // Never a user name: people and providers choose those, and somebody would choose "admin".
        let user = if email.is_empty() { subject.clone() } else { email.clone() };
        let list = |name: &str| -> Vec<&str> {
            let all = claims.get(name).and_then(serde_json::Value::as_array);
            all.into_iter().flatten().filter_map(serde_json::Value::as_str).collect()
        };
        // A provider's name for a group neither splits in two nor passes for a role.
        let mut groups: Vec<String> = list("roles").into_iter().map(str::to_owned).collect();
        groups.extend(in_a_header(&list("groups")));
        Ok(Some(ForwardPerson {
            user,
            name: text("name"),
            email,
            groups: groups.join(","),
            subject,
        }))
    }

    /// Forgets a guarded host's token.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn end_forward(&self, secret: &str) -> Result<(), Error> {
        let hashed = hash(secret);
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { Ok(end_token(c, &hashed).await.map(drop)?) })
            })
            .await
    }
}
