//! What is switched on here: texts, passkeys, local ways to sign in.
use crate::{Error, services::Configuration};
use domain::{
    AccountId, Facts, Outcome, Refusal,
    contact::Contact,
    decide,
    linking::facts::{AccountState, Intent, Known, Local},
    path::Continuation,
};
use storage::Conn;
use url::{Host, Url};
use webauthn_rs::prelude::{Webauthn, WebauthnBuilder};

impl Configuration {
    /// Whether texts can be sent at all.
    #[must_use]
    pub fn has_texts(&self) -> bool {
        self.settings.texts
    }

    /// Whether a text may go to this number: into the countries that the operator pays for.
    pub(crate) fn texts_reach(&self, contact: &Contact) -> bool {
        let to = &self.settings.text_prefixes;
        self.settings.texts
            && (to.is_empty()
                || to.iter().any(|prefix| contact.as_str().starts_with(prefix.as_str())))
    }

    /// The relying party: the host of the public URL. Addresses that are numbers cannot have passkeys (WebAuthn §5.1.2).
    pub(crate) fn webauthn(&self) -> Result<Webauthn, Error> {
        let origin =
            Url::parse(&self.settings.public_url).map_err(|e| Error::Internal(e.to_string()))?;
        let Some(Host::Domain(host)) = origin.host() else {
            return Err(Refusal::PasskeyOff.into());
        };
        let built = WebauthnBuilder::new(host, &origin).and_then(|b| b.rp_name("Ligature").build());
        built.map_err(|e| Error::Internal(e.to_string()))
    }

    /// Whether this address of the server can have passkeys at all.
    pub(crate) fn has_passkeys(&self) -> bool {
        self.webauthn().is_ok()
    }

    /// Asked for some account, about which nothing is known: the answer says nothing of any.
    pub(crate) async fn may_anyone_sign_in(
        &self,
        c: &mut Conn,
        local: Local,
        continuation: &Continuation,
    ) -> Result<(), Error> {
        let policy = self.policy_context(c, continuation.client_id()).await?.policy(None);
        let nobody = Known {
            account: AccountId([0; 16]),
            state: AccountState::Active,
            link: None,
            second_factor: false,
        };
        match decide(&Facts { local, ..Facts::local(Intent::SignIn, Some(nobody)) }, &policy)
            .outcome
        {
            Outcome::Refuse { refusal } => Err(refusal.into()),
            _ => Ok(()),
        }
    }
}
