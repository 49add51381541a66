//! Providers as the console lists them.
use crate::{
    Error, RequestContext, admin::association::Association, policy::documents::provider_scope,
    services::AccountAdmin,
};
use domain::{Policy, ProviderId, Right, provider_health::Health};
use storage::{
    accounts::links::{count_links, count_spoken_for},
    policy::providers::{count_adopters, list_providers},
};
use upstream::Settings as ProviderSettings;

/// What an OpenID Provider is told for signing out.
#[derive(Debug, Clone)]
pub struct LogoutUris {
    pub backchannel: String,
    pub frontchannel: String,
    pub signed_out: String,
}

/// A provider with its association and what hangs on it.
#[derive(Debug, Clone)]
pub struct ProviderView {
    pub id: ProviderId,
    pub key: String,
    pub name: String,
    pub settings: ProviderSettings,
    pub secret_set_at: Option<i64>,
    pub enabled: bool,
    pub position: i32,
    pub redirect_uri: String,
    /// Where an OpenID Provider tells of sign-outs there, and where people come back to from one.
    pub logout_uris: Option<LogoutUris>,
    pub links: i64,
    /// Identities that its word speaks for, in every organisation that takes it.
    pub speaks_for: i64,
    /// The home organisation offers it to this one: only its switch and its association are set here.
    pub offered: bool,
    /// Offered to every organisation from here, and how many take it.
    pub shared: bool,
    pub adopters: i64,
    pub association: Association,
    pub policy: Policy,
    /// As this process has seen it.
    pub health: Health,
}

impl AccountAdmin {
    pub async fn admin_providers(&self, ctx: &RequestContext) -> Result<Vec<ProviderView>, Error> {
        self.admin_rights().allowed(ctx, Right::SeeProviders).await?;
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let policies = self.configuration().policies(c).await?;
        let mut views = Vec::new();
        for row in list_providers(c, self.org).await? {
            views.push(ProviderView {
                health: self.configuration().health(&row),
                settings: serde_json::from_str(&row.config)?,
                redirect_uri: self.configuration().redirect_uri(&row.key),
                logout_uris: (row.kind == "oidc").then(|| LogoutUris {
                    backchannel: self.sessions().backchannel_logout_uri(&row.key),
                    frontchannel: self.sessions().frontchannel_logout_uri(&row.key),
                    signed_out: self.sessions().signed_out_uri(),
                }),
                links: count_links(c, self.org, row.id).await?,
                speaks_for: count_spoken_for(c, self.org, row.id, &row.namespace).await?,
                offered: row.organisation_id != self.org,
                shared: row.shared,
                adopters: if self.is_home() && row.shared {
                    count_adopters(c, row.id).await?
                } else {
                    0
                },
                association: Association::read(&policies.document(&provider_scope(&row.key))),
                policy: policies.effective(Some(&row.key), None),
                id: row.id,
                key: row.key,
                name: row.name,
                secret_set_at: row.secret_set_at,
                enabled: row.enabled,
                position: row.position,
            });
        }
        Ok(views)
    }
}
