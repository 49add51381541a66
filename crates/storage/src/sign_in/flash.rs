//! Short-lived rows that carry a form's outcome and what was typed (never secrets) to the next page; and sealed ones that
//! are read once.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::Micros;

use crate::{Conn, Result, schema::flash};

pub async fn add_flash(
    conn: &mut Conn,
    hash: &[u8],
    browser: &[u8],
    body: &str,
    expires_at: Micros,
) -> Result<()> {
    on!(conn, |c| diesel::insert_into(flash::table)
        .values((
            flash::hash.eq(hash),
            flash::browser.eq(browser),
            flash::body.eq(body),
            flash::expires_at.eq(expires_at)
        ))
        .execute(c)
        .await)?;
    Ok(())
}

pub async fn find_flash(
    conn: &mut Conn,
    hash: &[u8],
    browser: &[u8],
    now: Micros,
) -> Result<Option<String>> {
    Ok(on!(conn, |c| flash::table
        .filter(flash::hash.eq(hash))
        .filter(flash::browser.eq(browser))
        .filter(flash::expires_at.gt(now))
        .select(flash::body)
        .first(c)
        .await
        .optional())?)
}

/// Takes a row away and answers what it held, so that of two requests one gets it.
pub async fn take_flash(
    conn: &mut Conn,
    hash: &[u8],
    browser: &[u8],
    now: Micros,
) -> Result<Option<String>> {
    Ok(on!(conn, |c| diesel::delete(
        flash::table
            .filter(flash::hash.eq(hash))
            .filter(flash::browser.eq(browser))
            .filter(flash::expires_at.gt(now))
    )
    .returning(flash::body)
    .get_result(c)
    .await
    .optional())?)
}
