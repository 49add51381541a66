//! Identity providers as administrators configured them.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{Micros, OrgId, ProviderId};

use crate::{
    Bytes, Conn, Key, Result, key,
    policy::config_version::{change_all_config_versions, change_config_version},
    schema::{provider, provider_choice},
};

/// A provider's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = provider)]
pub struct Provider {
    #[diesel(deserialize_as = Key)]
    pub id: ProviderId,
    /// Whose it is; another organisation's is offered to this one.
    #[diesel(deserialize_as = Key)]
    pub organisation_id: OrgId,
    pub key: String,
    pub name: String,
    /// The protocol: `oidc`, `oauth2`, `github` or `ldap`.
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
    /// Offered to all organisations.
    pub shared: bool,
}

/// The providers of an organisation: its own, and those that the home one offers it, each on if both say so. An own one
/// stands in front of an offered one with the same key (ZI-20).
pub async fn list_providers(conn: &mut Conn, org: OrgId) -> Result<Vec<Provider>> {
    let rows: Vec<(Provider, Option<bool>)> = on!(conn, |c| provider::table
        .left_join(
            provider_choice::table.on(provider_choice::provider_id
                .eq(provider::id)
                .and(provider_choice::organisation_id.eq(key(org))))
        )
        .filter(provider::organisation_id.eq(key(org)).or(provider::shared))
        .order((provider::position.asc(), provider::created_at.asc()))
        .select((Provider::as_select(), provider_choice::enabled.nullable()))
        .load(c)
        .await)?;
    let own: Vec<String> =
        rows.iter().filter(|(p, _)| p.organisation_id == org).map(|(p, _)| p.key.clone()).collect();
    Ok(rows
        .into_iter()
        .filter(|(p, _)| p.organisation_id == org || !own.contains(&p.key))
        .map(|(p, taken)| Provider {
            enabled: p.enabled && (p.organisation_id == org || taken == Some(true)),
            ..p
        })
        .collect())
}

/// A provider of an organisation, or one that is offered to it.
pub async fn find_provider(conn: &mut Conn, org: OrgId, name: &str) -> Result<Option<Provider>> {
    Ok(list_providers(conn, org).await?.into_iter().find(|p| p.key == name))
}

/// Whether an organisation takes a provider that is offered to it.
pub async fn set_provider_choice(
    conn: &mut Conn,
    org: OrgId,
    id: ProviderId,
    enabled: bool,
) -> Result<()> {
    change_config_version(conn, org).await?;
    let values = (
        provider_choice::organisation_id.eq(key(org)),
        provider_choice::provider_id.eq(key(id)),
        provider_choice::enabled.eq(enabled),
    );
    on!(conn, |c| {
        diesel::delete(provider_choice::table.find((key(org), key(id)))).execute(c).await?;
        diesel::insert_into(provider_choice::table).values(values).execute(c).await
    })?;
    Ok(())
}

/// Organisations that took a provider which is offered to them.
pub async fn count_adopters(conn: &mut Conn, id: ProviderId) -> Result<i64> {
    Ok(on!(conn, |c| provider_choice::table
        .filter(provider_choice::provider_id.eq(key(id)))
        .filter(provider_choice::enabled)
        .count()
        .get_result(c)
        .await)?)
}

/// The organisations that took a provider which is offered to them.
pub async fn list_adopters(conn: &mut Conn, id: ProviderId) -> Result<Vec<OrgId>> {
    let all: Vec<Key> = on!(conn, |c| provider_choice::table
        .filter(provider_choice::provider_id.eq(key(id)))
        .filter(provider_choice::enabled)
        .select(provider_choice::organisation_id)
        .load(c)
        .await)?;
    Ok(all.into_iter().map(OrgId::from).collect())
}

/// Adds a provider; `false` when its key is taken.
pub async fn add_provider(conn: &mut Conn, org: OrgId, row: &Provider, at: Micros) -> Result<bool> {
    change_config_versions(conn, org, row).await?;
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
        provider::shared.eq(row.shared),
    );
    Ok(on!(conn, |c| diesel::insert_into(provider::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?
        == 1)
}

/// Saves what may change: name, settings, secret (kept when `None`), switch, place, offer.
pub async fn set_provider(conn: &mut Conn, org: OrgId, row: &Provider) -> Result<()> {
    change_config_versions(conn, org, row).await?;
    let target = provider::table.find(key(row.id)).filter(provider::organisation_id.eq(key(org)));
    let next = (
        provider::shared.eq(row.shared),
        provider::name.eq(row.name.clone()),
        provider::config.eq(row.config.clone()),
        provider::enabled.eq(row.enabled),
        provider::position.eq(row.position),
        provider::rev.eq(provider::rev + 1),
    );
    if let Some(secret) = &row.secret {
        on!(conn, |c| diesel::update(target)
            .set((next, provider::secret.eq(secret), provider::secret_set_at.eq(row.secret_set_at)))
            .execute(c)
            .await)?;
    } else {
        on!(conn, |c| diesel::update(target).set(next).execute(c).await)?;
    }
    Ok(())
}

/// Deletes a provider by which nothing is linked. [`crate::Error::Changed`] if something was linked meanwhile.
pub async fn delete_provider(conn: &mut Conn, org: OrgId, row: &Provider) -> Result<()> {
    change_config_versions(conn, org, row).await?;
    let target = provider::table.find(key(row.id)).filter(provider::organisation_id.eq(key(org)));
    on!(conn, |c| diesel::delete(target).execute(c).await)?;
    Ok(())
}

async fn change_config_versions(conn: &mut Conn, org: OrgId, row: &Provider) -> Result<()> {
    // First, since it waits for whoever offers or withdraws the same provider at this moment.
    change_config_version(conn, org).await?;
    let id = row.id;
    let offered: i64 = on!(conn, |c| provider::table
        .find(key(id))
        .filter(provider::shared)
        .count()
        .get_result(c)
        .await)?;
    if row.shared || offered > 0 {
        change_all_config_versions(conn).await?;
    }
    Ok(())
}
