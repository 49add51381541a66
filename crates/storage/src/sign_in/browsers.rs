//! Browsers in which somebody signed in to an account and finished.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, Micros};

use crate::{Conn, Result, key, schema::known_browser};

/// When somebody last signed in to the account in a browser, if that was after a moment. The browser is named by its
/// keyed hash for this account.
pub async fn find_browser(
    conn: &mut Conn,
    id: AccountId,
    browser: &[u8],
    since: Micros,
) -> Result<Option<Micros>> {
    let row = known_browser::table
        .filter(known_browser::account_id.eq(key(id)))
        .filter(known_browser::browser.eq(browser))
        .filter(known_browser::seen_at.gt(since));
    Ok(on!(conn, |c| row.select(known_browser::seen_at).first(c).await.optional())?)
}

/// Notes a sign-in to the account in a browser.
pub async fn set_browser(conn: &mut Conn, id: AccountId, browser: &[u8], at: Micros) -> Result<()> {
    let values = (
        known_browser::account_id.eq(key(id)),
        known_browser::browser.eq(browser),
        known_browser::seen_at.eq(at),
    );
    let row = (known_browser::account_id, known_browser::browser);
    on!(conn, |c| diesel::insert_into(known_browser::table)
        .values(values)
        .on_conflict(row)
        .do_update()
        .set(known_browser::seen_at.eq(at))
        .execute(c)
        .await)?;
    Ok(())
}

/// The account's browsers, by when somebody last signed in there.
pub async fn list_browsers(conn: &mut Conn, id: AccountId, since: Micros) -> Result<Vec<Micros>> {
    let rows = known_browser::table
        .filter(known_browser::account_id.eq(key(id)))
        .filter(known_browser::seen_at.gt(since))
        .order(known_browser::seen_at.desc());
    Ok(on!(conn, |c| rows.select(known_browser::seen_at).load(c).await)?)
}

/// From now on every browser is a stranger's.
pub async fn forget_browsers(conn: &mut Conn, id: AccountId) -> Result<usize> {
    Ok(on!(conn, |c| diesel::delete(
        known_browser::table.filter(known_browser::account_id.eq(key(id)))
    )
    .execute(c)
    .await)?)
}
