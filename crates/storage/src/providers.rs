//! Identity providers as administrators configured them.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{Micros, OrgId, ProviderId};

use crate::{Bytes, Conn, Key, Result, key, schema::provider, stamp::change_stamp};

/// A provider's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = provider)]
pub struct Provider {
    #[diesel(deserialize_as = Key)]
    pub id: ProviderId,
    pub key: String,
    pub name: String,
    /// `oidc`, `oauth2` or `github`.
    pub kind: String,
    pub namespace: String,
    /// The connector's settings as JSON, without secrets.
    pub config: String,
    /// The client secret, sealed.
    pub secret: Option<Bytes>,
    pub secret_set_at: Option<Micros>,
    pub enabled: bool,
    pub position: i32,
    pub rev: i64,
}

pub async fn list_providers(conn: &mut Conn, org: OrgId) -> Result<Vec<Provider>> {
    Ok(on!(conn, |c| provider::table.filter(provider::organisation_id.eq(key(org))).order((provider::position.asc(), provider::created_at.asc())).select(Provider::as_select()).load(c).await)?)
}

pub async fn find_provider(conn: &mut Conn, org: OrgId, name: &str) -> Result<Option<Provider>> {
    Ok(on!(conn, |c| provider::table.filter(provider::organisation_id.eq(key(org))).filter(provider::key.eq(name)).select(Provider::as_select()).first(c).await.optional())?)
}

/// Adds a provider; `false` when its key is taken.
pub async fn add_provider(conn: &mut Conn, org: OrgId, row: &Provider, at: Micros) -> Result<bool> {
    change_stamp(conn, org).await?;
    let values = (
        provider::id.eq(key(row.id)),
        provider::organisation_id.eq(key(org)),
        provider::key.eq(&row.key),
        provider::name.eq(&row.name),
        provider::kind.eq(&row.kind),
        provider::namespace.eq(&row.namespace),
        provider::config.eq(&row.config),
        provider::secret.eq(&row.secret),
        provider::secret_set_at.eq(row.secret_set_at),
        provider::enabled.eq(row.enabled),
        provider::position.eq(row.position),
        provider::rev.eq(1),
        provider::created_at.eq(at),
    );
    Ok(on!(conn, |c| diesel::insert_into(provider::table).values(values).on_conflict_do_nothing().execute(c).await)? == 1)
}

/// Saves what may change: name, settings, secret (kept when `None`), switch, place.
pub async fn set_provider(conn: &mut Conn, org: OrgId, row: &Provider) -> Result<()> {
    change_stamp(conn, org).await?;
    let target = provider::table.find(key(row.id));
    let next =
        (provider::name.eq(row.name.clone()), provider::config.eq(row.config.clone()), provider::enabled.eq(row.enabled), provider::position.eq(row.position), provider::rev.eq(provider::rev + 1));
    if let Some(secret) = &row.secret {
        on!(conn, |c| diesel::update(target).set((next, provider::secret.eq(secret), provider::secret_set_at.eq(row.secret_set_at))).execute(c).await)?;
    } else {
        on!(conn, |c| diesel::update(target).set(next).execute(c).await)?;
    }
    Ok(())
}
