//! Providers as the sign-in pages need them, and their connectors.
use crate::services::Configuration;
use std::sync::Arc;

use domain::{
    Refusal,
    linking::{LoginRedirect, entrance},
};
use storage::{Conn, policy::providers::Provider};
use upstream::{Connector, Settings as ProviderSettings, connector};

use crate::{Error, policy::context::PolicyContext};

/// A provider's button on the sign-in page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    pub key: String,
    pub name: String,
    pub kind: String,
    /// The preset of its settings, for its mark; empty: none.
    pub preset: String,
    /// It has failed several times in a row, and nobody waits for it at the moment.
    pub unavailable: bool,
}

impl Button {
    pub(crate) fn new(row: &Provider) -> Self {
        /// The part of the settings that a button shows.
        #[derive(Default, serde::Deserialize)]
        struct Shown {
            #[serde(default)]
            preset: String,
        }
        let shown: Shown = serde_json::from_str(&row.config).unwrap_or_default();
        // The kind of GitHub is a preset of its own.
        let preset = if row.kind == "github" { row.kind.clone() } else { shown.preset };
        Self {
            key: row.key.clone(),
            name: row.name.clone(),
            kind: row.kind.clone(),
            preset,
            unavailable: false,
        }
    }
}

/// The sign-in page before anybody has said anything.
#[derive(Debug, Clone)]
pub struct LoginPage {
    /// The only way in: no page (ZI-12).
    pub straight_to: Option<String>,
    pub buttons: Vec<Button>,
    /// Address and password are asked for.
    pub password: bool,
    /// Signing in by a code to the own mailbox.
    pub code: bool,
    /// The same to the own phone.
    pub phone_code: bool,
    /// Numbers are known here: one can be typed for an address.
    pub phones: bool,
    /// Signing in by a passkey.
    pub passkey: bool,
}

impl Configuration {
    /// Providers that sign-in offers, in the administrator's order.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn buttons(&self) -> Result<Vec<Button>, Error> {
        let config = self.policy_context(&mut self.store.read().await?, None).await?;
        Ok(self.buttons_of(&config).await)
    }

    /// What the sign-in page of an application shows, or where it leads by itself.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn entrance(&self, client: Option<&str>, stay: bool) -> Result<LoginPage, Error> {
        let config = self.policy_context(&mut self.store.read().await?, client).await?;
        let (policy, buttons) = (config.policy(None), self.buttons_of(&config).await);
        let straight_to = match entrance(&policy, buttons.len(), stay) {
            LoginRedirect::Page => None,
            LoginRedirect::Provider(n) => buttons.get(n).map(|b| b.key.clone()),
        };
        Ok(LoginPage {
            straight_to,
            buttons,
            password: policy.permits.password_sign_in,
            code: policy.permits.email_code_sign_in,
            phone_code: policy.permits.phone_code_sign_in && self.has_texts(),
            phones: self.has_texts(),
            passkey: policy.permits.passkey_sign_in && self.has_passkeys(),
        })
    }

    /// A provider's button, as its health is.
    pub(crate) fn button(&self, row: &Provider) -> Button {
        Button { unavailable: self.is_unavailable(row), ..Button::new(row) }
    }

    async fn buttons_of(&self, config: &PolicyContext) -> Vec<Button> {
        let mut buttons = Vec::new();
        for row in config
            .providers
            .iter()
            .filter(|r| r.enabled && config.policy(Some(&r.key)).permits.sign_in)
        {
            buttons.push(self.button(row));
        }
        buttons
    }

    /// The connector of a row, made anew when the row changed.
    pub(crate) async fn connector(&self, row: &Provider) -> Result<Arc<dyn Connector>, Error> {
        let mut connectors = self.connectors.lock().await;
        if let Some((rev, made)) = connectors.get(&row.id)
            && *rev == row.rev
        {
            return Ok(Arc::clone(made));
        }
        let made = self.new_connector(row)?;
        connectors.insert(row.id, (row.rev, Arc::clone(&made)));
        Ok(made)
    }

    /// A connector that knows nothing yet of what the provider publishes.
    pub(crate) fn new_connector(&self, row: &Provider) -> Result<Arc<dyn Connector>, Error> {
        let settings: ProviderSettings = serde_json::from_str(&row.config)?;
        let secret = match &row.secret {
            // One that the home organisation offers is sealed with its keys.
            Some(sealed) => self
                .keys
                .of((row.organisation_id != self.shared.home).then_some(row.organisation_id))
                .open_sealed("provider-secret", sealed)
                .and_then(|b| String::from_utf8(b).ok())
                .ok_or(Error::WrongKey)?,
            None => String::new(),
        };
        Ok(connector(settings, secret.into(), self.guard.clone()))
    }

    pub(crate) async fn provider(&self, conn: &mut Conn, key: &str) -> Result<Provider, Error> {
        let all = self.providers(conn).await?;
        all.iter().find(|p| p.key == key).cloned().ok_or_else(|| Refusal::ProviderUnknown.into())
    }

    /// What we publish for a provider that has to be told of us; `None` for all others.
    ///
    /// # Errors
    /// [`Refusal::ProviderUnknown`].
    pub async fn published(&self, key: &str) -> Result<Option<String>, Error> {
        let row = self.provider(&mut self.store.read().await?, key).await?;
        Ok(self.connector(&row).await?.published(&self.redirect_uri(key)))
    }

    /// The redirect URI of a provider, different for each (OC-05).
    #[must_use]
    pub fn redirect_uri(&self, key: &str) -> String {
        format!("{}/callback/{key}", self.settings.public_url)
    }
}
