//! Whether providers do their work, as this process has seen it: who asks one tells what came of it, and nobody waits for
//! one that has failed several times in a row (OP-04).
use domain::{
    EventKind,
    audit_events::Target,
    provider_health::{Asked, Change, Health, Standing},
};
use serde_json::json;
use storage::{maintenance::audit::add_audit_event, policy::providers::Provider};
use upstream::{Part, Trouble, UpstreamError};

use crate::{Error, audit::Event, policy::known_health::ProviderFigures, services::Configuration};

impl Configuration {
    /// Asks a provider, unless nobody is to wait for it now. `says` tells what a good answer says of its health.
    ///
    /// # Errors
    /// Those of `work`; [`UpstreamError::Down`] at once where it is unavailable.
    pub(crate) async fn ask_provider<T>(
        &self,
        row: &Provider,
        work: impl Future<Output = Result<T, UpstreamError>>,
        says: impl FnOnce(&T) -> Asked,
    ) -> Result<T, UpstreamError> {
        let begun = self.now();
        if !self.shared.health.with(row, |health| health.may_ask(begun)) {
            let why = "not asked: it has not answered lately";
            return Err(UpstreamError::Down(Trouble {
                unasked: true,
                ..Trouble::new(Part::Settings, why)
            }));
        }
        let result = work.await;
        let asked = match &result {
            Ok(good) => says(good),
            Err(error) => error.asked(),
        };
        let why = if let Asked::Faulty(why) = &asked { why.clone() } else { String::new() };
        let now = self.now();
        let change = self
            .shared
            .health
            .with(row, |health| health.ended(now, asked, now.saturating_sub(begun)));
        if let Some(change) = change {
            self.tell_change(row, change, why).await;
        }
        result
    }

    /// One event for the provider, in its own organisation. Nobody's sign-in depends on it.
    async fn tell_change(&self, row: &Provider, change: Change, why: String) {
        let (kind, detail) = match change {
            Change::Opened => {
                tracing::warn!(provider.key = row.key, why, "a provider is unavailable");
                (EventKind::ProviderUnavailable, json!({ "why": why }))
            }
            Change::Closed => {
                tracing::info!(provider.key = row.key, "a provider is available again");
                (EventKind::ProviderAvailable, json!({}))
            }
        };
        let event = Event::system(kind, Target::Provider(row.key.clone())).detail(detail);
        let (event, org) = (self.event_row(event), row.organisation_id);
        let told = self
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { Ok(add_audit_event(c, org, &event).await?) })
            })
            .await;
        if let Err(error) = told {
            tracing::error!(%error, "a provider's change of health was not written down");
        }
    }

    /// What is known of a provider in this process.
    #[must_use]
    pub(crate) fn health(&self, row: &Provider) -> Health {
        self.shared.health.with(row, |health| health.clone())
    }

    /// Nobody waits for it at the moment.
    #[must_use]
    pub(crate) fn is_unavailable(&self, row: &Provider) -> bool {
        let now = self.now();
        self.shared
            .health
            .with(row, |health| matches!(health.standing(now), Standing::Unavailable { .. }))
    }

    /// Figures of every provider that was asked since the process began, of all organisations.
    #[must_use]
    pub fn provider_figures(&self) -> Vec<ProviderFigures> {
        self.shared.health.figures()
    }
}
