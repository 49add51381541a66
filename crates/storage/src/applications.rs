//! Applications: the relying parties that send people here.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{ApplicationId, Micros, OrgId};

use crate::{Conn, Key, Result, key, schema::application};

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
    /// SHA-256 of the client secret, hexadecimal: the secret itself is 256 random bits.
    pub secret_hash: String,
    /// Redirect URIs as a JSON list, compared exactly.
    pub redirect_uris: String,
    pub active: bool,
    pub created_at: Micros,
}

pub async fn add_application(conn: &mut Conn, row: &Application) -> Result<bool> {
    let values = (
        application::id.eq(key(row.id)),
        application::organisation_id.eq(key(row.organisation_id)),
        application::client_id.eq(&row.client_id),
        application::name.eq(&row.name),
        application::secret_hash.eq(&row.secret_hash),
        application::redirect_uris.eq(&row.redirect_uris),
        application::active.eq(row.active),
        application::created_at.eq(row.created_at),
    );
    Ok(on!(conn, |c| diesel::insert_into(application::table).values(values).on_conflict_do_nothing().execute(c).await)? == 1)
}

pub async fn find_application(conn: &mut Conn, client_id: &str) -> Result<Option<Application>> {
    Ok(on!(conn, |c| application::table.filter(application::client_id.eq(client_id)).filter(application::active).select(Application::as_select()).first(c).await.optional())?)
}

pub async fn list_applications(conn: &mut Conn, org: OrgId) -> Result<Vec<Application>> {
    Ok(on!(conn, |c| application::table.filter(application::organisation_id.eq(key(org))).order(application::name.asc()).select(Application::as_select()).load(c).await)?)
}

/// Replaces name, secret and redirect URIs of a client.
pub async fn set_application(conn: &mut Conn, row: &Application) -> Result<usize> {
    Ok(on!(conn, |c| diesel::update(application::table.filter(application::client_id.eq(&row.client_id)))
        .set((application::name.eq(&row.name), application::secret_hash.eq(&row.secret_hash), application::redirect_uris.eq(&row.redirect_uris), application::active.eq(row.active)))
        .execute(c)
        .await)?)
}
