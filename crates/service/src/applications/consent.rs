//! What people allow applications: asked once for each scope, remembered, taken back in My Account.
use domain::{AccountId, Refusal, path::AuthorizeRequest};
use issuer::RegisteredClient;
use serde_json::json;
use storage::applications::{find_consent, list_access, set_consent};

use super::registered;
use crate::{Caller, Fault, Ligature, Visitor, audit::Event};

/// What the page of a request shows.
#[derive(Debug, Clone)]
pub struct ConsentView {
    pub application: String,
    /// Scopes that are asked for, `openid` left out.
    pub scope: Vec<String>,
    /// Those that were allowed before.
    pub known: Vec<String>,
}

/// An application with access, as My Account lists it.
#[derive(Debug, Clone)]
pub struct AccessRow {
    pub client_id: String,
    pub name: String,
    pub scope: Vec<String>,
}

/// What an application that is told of identities asks for, beside scopes.
const IDENTITIES: &str = "identities";

/// What a person decides on: scopes, and whether the application is told of the identities.
fn asked(scope: &[String], client: &RegisteredClient) -> Vec<String> {
    let identities = client.settings.identities.then(|| IDENTITIES.to_owned());
    scope.iter().filter(|s| s.as_str() != "openid").cloned().chain(identities).collect()
}

impl Ligature {
    /// Whether the person has to be asked: the application is somebody else's and wants more than it was allowed, or it
    /// asks for being asked.
    pub(super) async fn wants_consent(&self, account: AccountId, request: &AuthorizeRequest, client: &RegisteredClient) -> Result<bool, Fault> {
        if client.settings.first_party {
            return Ok(false);
        }
        let allowed = find_consent(&mut self.store.read().await?, account, client.id).await?;
        let known = allowed.as_deref().map(|text| text.split(' ').collect::<Vec<_>>());
        Ok(request.consent || known.is_none_or(|known| asked(&request.scope, client).iter().any(|s| !known.contains(&s.as_str()))))
    }

    /// The page's data.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`], [`Refusal::ApplicationUnknown`].
    pub async fn consent_view(&self, visitor: &Visitor, request: &AuthorizeRequest) -> Result<ConsentView, Fault> {
        let account = Self::caller(visitor)?.account;
        let mut conn = self.store.read().await?;
        let client = self.registered_client(&mut conn, &request.client_id).await?.ok_or(Refusal::ApplicationUnknown)?;
        let known = find_consent(&mut conn, account, client.id).await?.unwrap_or_default();
        let known = known.split(' ').map(str::to_owned).collect();
        Ok(ConsentView { scope: asked(&request.scope, &client), application: client.name, known })
    }

    /// The person's word: back to the application, with a code or with `access_denied`.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`]; [`Refusal::AttemptExpired`] where the session does not fit the request any more.
    pub async fn consent(&self, visitor: &Visitor, request: &AuthorizeRequest, allow: bool) -> Result<String, Fault> {
        let caller: Caller = Self::caller(visitor)?.clone();
        if !allow {
            return Ok(self.error_uri(&request.redirect_uri, "access_denied", "the person did not allow it", request.state.as_deref()));
        }
        let mut conn = self.store.read().await?;
        let client = self.registered_client(&mut conn, &request.client_id).await?.ok_or(Refusal::ApplicationUnknown)?;
        drop(conn);
        if !self.session_fits(&caller, request, &client).await? {
            return Err(Refusal::AttemptExpired.into());
        }
        let request_of = request.clone();
        self.act(visitor, move |this, c, visitor| {
            Box::pin(async move {
                let account = visitor.session()?.account;
                let before = find_consent(c, account, client.id).await?.unwrap_or_default();
                let given = asked(&request_of.scope, &client);
                let mut all: Vec<&str> = before.split(' ').filter(|s| !s.is_empty()).chain(given.iter().map(String::as_str)).collect();
                all.sort_unstable();
                all.dedup();
                let scope = all.join(" ");
                set_consent(c, account, client.id, &scope, this.now()).await?;
                this.record(c, Event::new("application.allowed").account(account).detail(json!({"client_id": client.client_id, "scope": scope}))).await
            })
        })
        .await?;
        self.code_uri(&caller, request).await
    }

    /// Applications that have access to the caller's account.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`].
    pub async fn own_applications(&self, visitor: &Visitor) -> Result<Vec<AccessRow>, Fault> {
        let account = Self::caller(visitor)?.account;
        let rows = list_access(&mut self.store.read().await?, account, self.now()).await?;
        Ok(rows
            .into_iter()
            .map(|(row, scope)| {
                let RegisteredClient { client_id, name, .. } = registered(&row);
                let scope = scope.unwrap_or_default().split(' ').filter(|s| !s.is_empty() && *s != "openid").map(str::to_owned).collect();
                AccessRow { client_id, name, scope }
            })
            .collect())
    }
}
