//! Pictures for an organisation's pages, as we drew them anew.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{Micros, OrgId};

use crate::{Bytes, Conn, Result, key, schema::image};

/// Keeps a picture; the same one twice is one.
pub async fn add_image(
    conn: &mut Conn,
    org: OrgId,
    hash: &str,
    png: &[u8],
    at: Micros,
) -> Result<()> {
    let values = (
        image::organisation_id.eq(key(org)),
        image::hash.eq(hash),
        image::png.eq(png),
        image::created_at.eq(at),
    );
    on!(conn, |c| diesel::insert_into(image::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?;
    Ok(())
}

/// A picture of an organisation.
pub async fn find_image(conn: &mut Conn, org: OrgId, hash: &str) -> Result<Option<Bytes>> {
    Ok(on!(conn, |c| image::table
        .find((key(org), hash))
        .select(image::png)
        .first(c)
        .await
        .optional())?)
}

/// Drops every picture of an organisation but these.
pub async fn keep_images(conn: &mut Conn, org: OrgId, used: &[String]) -> Result<()> {
    on!(conn, |c| diesel::delete(
        image::table.filter(image::organisation_id.eq(key(org))).filter(image::hash.ne_all(used))
    )
    .execute(c)
    .await)?;
    Ok(())
}
