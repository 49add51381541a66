//! After signing out here: the person is still signed in at the provider, and may sign out there too (OpenID Connect
//! RP-Initiated Logout 1.0). Our own sign-out never waits for that.
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use upstream::{RedirectFlow, SignOutToo};

use crate::{SessionInfo, crypto::random::token, services::Sessions};

/// The longest wait for a provider's metadata, which are nearly always here.
const WAIT: Duration = Duration::from_secs(1);

/// A session at a provider that outlives ours.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StillThere {
    /// The provider's name.
    pub provider: String,
    /// Its own sign-out, which comes back with `state`.
    pub sign_out: Option<String>,
    /// Its site, where it has no sign-out that we may use.
    pub site: Option<String>,
    /// The person goes to its sign-out without being asked.
    pub at_once: bool,
    pub state: String,
}

impl Sessions {
    /// Where a provider's sign-out comes back to.
    #[must_use]
    pub fn signed_out_uri(&self) -> String {
        format!("{}/logout/returned", self.settings.public_url)
    }

    /// What stays open at the provider that a session stands on; nothing for other methods and for directories.
    pub async fn still_there(&self, session: &SessionInfo) -> Option<StillThere> {
        let mut conn = self.store.read().await.ok()?;
        let row = self.configuration().provider(&mut conn, &session.method).await.ok()?;
        drop(conn);
        let connector = self.configuration().connector(&row).await.ok()?;
        let flow = connector.way().redirect()?;
        let (state, wish) = (token(), flow.sign_out_too());
        let may = wish != SignOutToo::Off && !self.configuration().is_unavailable(&row);
        let sign_out = if may { self.sign_out_of(flow, &state).await } else { None };
        Some(StillThere {
            provider: row.name,
            at_once: wish == SignOutToo::Always && sign_out.is_some(),
            sign_out,
            site: flow.site(),
            state,
        })
    }

    async fn sign_out_of(&self, flow: &dyn RedirectFlow, state: &str) -> Option<String> {
        let back = self.signed_out_uri();
        match timeout(WAIT, flow.sign_out_there(&back, state, self.now())).await {
            Ok(Ok(url)) => url.map(String::from),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a provider's sign-out is not known");
                None
            }
            Err(_) => None,
        }
    }
}
