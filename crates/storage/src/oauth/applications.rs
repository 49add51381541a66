//! Applications: the relying parties that send people here, their secrets, and what people allowed them.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, ApplicationId, Micros, OrgId};

use crate::{
    Conn, Key, Result, key,
    schema::{application, application_secret, consent, token},
};

/// An application's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = application)]
pub struct Application {
    #[diesel(deserialize_as = Key)]
    pub id: ApplicationId,
    #[diesel(deserialize_as = Key)]
    pub organisation_id: OrgId,
    pub client_id: String,
    pub name: String,
    /// Redirect URIs as a JSON list, compared exactly.
    pub redirect_uris: String,
    pub active: bool,
    pub created_at: Micros,
    /// The settings' document.
    pub settings: String,
}

pub async fn add_application(conn: &mut Conn, row: &Application) -> Result<bool> {
    let values = (
        application::id.eq(key(row.id)),
        application::organisation_id.eq(key(row.organisation_id)),
        application::client_id.eq(&row.client_id),
        application::name.eq(&row.name),
        // Secrets have a table of their own; this column goes with a later release.
        application::secret_hash.eq(""),
        application::redirect_uris.eq(&row.redirect_uris),
        application::active.eq(row.active),
        application::created_at.eq(row.created_at),
        application::settings.eq(&row.settings),
    );
    Ok(on!(conn, |c| diesel::insert_into(application::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?
        == 1)
}

pub async fn find_application(
    conn: &mut Conn,
    org: OrgId,
    client_id: &str,
) -> Result<Option<Application>> {
    Ok(on!(conn, |c| application::table
        .filter(application::organisation_id.eq(key(org)))
        .filter(application::client_id.eq(client_id))
        .filter(application::active)
        .select(Application::as_select())
        .first(c)
        .await
        .optional())?)
}

/// An application of an organisation by its id, switched off or not.
pub async fn find_application_by_id(
    conn: &mut Conn,
    org: OrgId,
    id: ApplicationId,
) -> Result<Option<Application>> {
    Ok(on!(conn, |c| application::table
        .find(key(id))
        .filter(application::organisation_id.eq(key(org)))
        .select(Application::as_select())
        .first(c)
        .await
        .optional())?)
}

pub async fn list_applications(conn: &mut Conn, org: OrgId) -> Result<Vec<Application>> {
    Ok(on!(conn, |c| application::table
        .filter(application::organisation_id.eq(key(org)))
        .order(application::name.asc())
        .select(Application::as_select())
        .load(c)
        .await)?)
}

/// Replaces name, redirect URIs, settings and state of a client.
pub async fn set_application(conn: &mut Conn, row: &Application) -> Result<usize> {
    Ok(on!(conn, |c| diesel::update(
        application::table
            .filter(application::organisation_id.eq(key(row.organisation_id)))
            .filter(application::client_id.eq(&row.client_id))
    )
    .set((
        application::name.eq(&row.name),
        application::redirect_uris.eq(&row.redirect_uris),
        application::active.eq(row.active),
        application::settings.eq(&row.settings)
    ))
    .execute(c)
    .await)?)
}

/// A new secret, as its hash; older ones end at a moment, at once or after an overlap.
pub async fn add_secret(
    conn: &mut Conn,
    id: ApplicationId,
    hash: &str,
    at: Micros,
    older_until: Micros,
) -> Result<()> {
    on!(conn, |c| {
        let older = application_secret::table
            .filter(application_secret::application_id.eq(key(id)))
            .filter(
                application_secret::expires_at
                    .is_null()
                    .or(application_secret::expires_at.gt(older_until)),
            );
        diesel::update(older)
            .set(application_secret::expires_at.eq(Some(older_until)))
            .execute(c)
            .await?;
        let values = (
            application_secret::hash.eq(hash),
            application_secret::application_id.eq(key(id)),
            application_secret::created_at.eq(at),
            application_secret::expires_at.eq(None::<Micros>),
        );
        diesel::insert_into(application_secret::table)
            .values(values)
            .on_conflict((application_secret::application_id, application_secret::hash))
            .do_update()
            .set(application_secret::expires_at.eq(None::<Micros>))
            .execute(c)
            .await
    })?;
    Ok(())
}

/// Hashes of the secrets that count, with the end of those that have one, newest first.
pub async fn list_secrets(
    conn: &mut Conn,
    id: ApplicationId,
    now: Micros,
) -> Result<Vec<(String, Option<Micros>)>> {
    Ok(on!(conn, |c| application_secret::table
        .filter(application_secret::application_id.eq(key(id)))
        .filter(application_secret::expires_at.is_null().or(application_secret::expires_at.gt(now)))
        .order(application_secret::created_at.desc())
        .select((application_secret::hash, application_secret::expires_at))
        .load(c)
        .await)?)
}

/// The scopes that a person allowed, separated by spaces.
pub async fn find_consent(
    conn: &mut Conn,
    account: AccountId,
    id: ApplicationId,
) -> Result<Option<String>> {
    Ok(on!(conn, |c| consent::table
        .find((key(account), key(id)))
        .select(consent::scope)
        .first(c)
        .await
        .optional())?)
}

pub async fn set_consent(
    conn: &mut Conn,
    account: AccountId,
    id: ApplicationId,
    scope: &str,
    at: Micros,
) -> Result<()> {
    let values = (
        consent::account_id.eq(key(account)),
        consent::application_id.eq(key(id)),
        consent::scope.eq(scope),
        consent::granted_at.eq(at),
    );
    on!(conn, |c| diesel::insert_into(consent::table)
        .values(values)
        .on_conflict((consent::account_id, consent::application_id))
        .do_update()
        .set((consent::scope.eq(scope), consent::granted_at.eq(at)))
        .execute(c)
        .await)?;
    Ok(())
}

/// Takes back what a person allowed.
pub async fn remove_consent(
    conn: &mut Conn,
    account: AccountId,
    id: ApplicationId,
) -> Result<usize> {
    Ok(on!(conn, |c| diesel::delete(consent::table.find((key(account), key(id))))
        .execute(c)
        .await)?)
}

/// Applications that have access to an account: by consent, or by a token that lives. With the scopes that were allowed.
pub async fn list_access(
    conn: &mut Conn,
    account: AccountId,
    now: Micros,
) -> Result<Vec<(Application, Option<String>)>> {
    Ok(on!(conn, |c| {
        let allowed: Vec<(Key, String)> = consent::table
            .filter(consent::account_id.eq(key(account)))
            .select((consent::application_id, consent::scope))
            .load(c)
            .await?;
        let holding: Vec<Key> = token::table
            .filter(token::account_id.eq(key(account)))
            .filter(token::expires_at.gt(now))
            .filter(token::used.eq(false))
            .select(token::application_id)
            .distinct()
            .load(c)
            .await?;
        let ids: Vec<Key> = allowed.iter().map(|(id, _)| *id).chain(holding).collect();
        let rows: Vec<Application> = application::table
            .filter(application::id.eq_any(ids))
            .order(application::name.asc())
            .select(Application::as_select())
            .load(c)
            .await?;
        Ok::<_, diesel::result::Error>(
            rows.into_iter()
                .map(|row| {
                    let scope = allowed
                        .iter()
                        .find(|(id, _)| *id == key(row.id))
                        .map(|(_, scope)| scope.clone());
                    (row, scope)
                })
                .collect(),
        )
    })?)
}
