//! The journal of an account's changes, the links of notices, and rewinds that wait.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, Micros, OrgId};

use crate::{
    Bytes, Conn, Key, Result, key,
    schema::{account_change, account_rewind, undo_link},
};

/// An entry of the journal.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = account_change)]
pub struct ChangeRow {
    pub rev: i64,
    pub at: Micros,
    /// `domain::account_rules::rewind::Changed` by name.
    pub kind: String,
    /// The session or credential that did it.
    pub done_by: String,
    /// What it added and removed, as JSON.
    pub body: String,
    /// The rows that it removed, sealed.
    pub kept: Bytes,
    pub rewound: bool,
}

pub async fn add_change(conn: &mut Conn, account: AccountId, row: &ChangeRow) -> Result<()> {
    let values = (
        account_change::account_id.eq(key(account)),
        account_change::rev.eq(row.rev),
        account_change::at.eq(row.at),
        account_change::kind.eq(&row.kind),
        account_change::done_by.eq(&row.done_by),
        account_change::body.eq(&row.body),
        account_change::kept.eq(&row.kept),
        account_change::rewound.eq(row.rewound),
    );
    on!(conn, |c| diesel::insert_into(account_change::table).values(values).execute(c).await)?;
    Ok(())
}

/// An account's changes since a moment, the oldest first.
pub async fn list_changes(
    conn: &mut Conn,
    account: AccountId,
    since: Micros,
) -> Result<Vec<ChangeRow>> {
    Ok(on!(conn, |c| account_change::table
        .filter(account_change::account_id.eq(key(account)))
        .filter(account_change::at.ge(since))
        .order(account_change::rev.asc())
        .select(ChangeRow::as_select())
        .load(c)
        .await)?)
}

/// Marks changes as taken back; links that are about them say that they are over.
pub async fn set_rewound(conn: &mut Conn, account: AccountId, revs: &[i64]) -> Result<()> {
    on!(conn, |c| diesel::update(
        account_change::table
            .filter(account_change::account_id.eq(key(account)))
            .filter(account_change::rev.eq_any(revs))
    )
    .set(account_change::rewound.eq(true))
    .execute(c)
    .await)?;
    Ok(())
}

/// A link, or a session's question, about one change.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = undo_link)]
pub struct UndoLink {
    pub hash: Bytes,
    #[diesel(deserialize_as = Key)]
    pub account_id: AccountId,
    pub rev: i64,
    /// The canonical address that it was sent to; empty: a session asked.
    pub sent_to: String,
    /// The credential from before that was shown, as JSON; empty: none yet.
    pub shown: String,
    pub expires_at: Micros,
}

pub async fn add_undo_link(conn: &mut Conn, org: OrgId, row: &UndoLink) -> Result<()> {
    let values = (
        undo_link::hash.eq(&row.hash),
        undo_link::organisation_id.eq(key(org)),
        undo_link::account_id.eq(key(row.account_id)),
        undo_link::rev.eq(row.rev),
        undo_link::sent_to.eq(&row.sent_to),
        undo_link::shown.eq(&row.shown),
        undo_link::expires_at.eq(row.expires_at),
    );
    on!(conn, |c| diesel::insert_into(undo_link::table).values(values).execute(c).await)?;
    Ok(())
}

pub async fn find_undo_link(
    conn: &mut Conn,
    org: OrgId,
    hash: &[u8],
    now: Micros,
) -> Result<Option<UndoLink>> {
    Ok(on!(conn, |c| undo_link::table
        .filter(undo_link::hash.eq(hash))
        .filter(undo_link::organisation_id.eq(key(org)))
        .filter(undo_link::expires_at.gt(now))
        .select(UndoLink::as_select())
        .first(c)
        .await
        .optional())?)
}

/// Notes what was shown to a link; `false`: it is gone.
pub async fn set_shown(conn: &mut Conn, hash: &[u8], shown: &str) -> Result<bool> {
    Ok(on!(conn, |c| diesel::update(undo_link::table.find(hash))
        .set(undo_link::shown.eq(shown))
        .execute(c)
        .await)?
        == 1)
}

/// All links of an account are over: it was recovered, or its owner decided (UD-08).
pub async fn remove_undo_links(conn: &mut Conn, account: AccountId) -> Result<()> {
    on!(conn, |c| diesel::delete(undo_link::table.filter(undo_link::account_id.eq(key(account))))
        .execute(c)
        .await)?;
    Ok(())
}

/// Links that went to an address which is not the owner's any more.
pub async fn remove_undo_links_to(
    conn: &mut Conn,
    account: AccountId,
    address: &str,
) -> Result<()> {
    on!(conn, |c| diesel::delete(
        undo_link::table
            .filter(undo_link::account_id.eq(key(account)))
            .filter(undo_link::sent_to.eq(address))
    )
    .execute(c)
    .await)?;
    Ok(())
}

/// A rewind that waits.
#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = account_rewind)]
pub struct Waiting {
    /// The first change that it takes back.
    pub first: i64,
    /// The account's revision when a link cut everybody off: what came after stays.
    pub last: i64,
    /// When it is done without anybody's word.
    pub due_at: Micros,
}

pub async fn set_rewind(
    conn: &mut Conn,
    org: OrgId,
    account: AccountId,
    row: Waiting,
) -> Result<()> {
    remove_rewind(conn, account).await?;
    let values = (
        account_rewind::account_id.eq(key(account)),
        account_rewind::organisation_id.eq(key(org)),
        account_rewind::first.eq(row.first),
        account_rewind::last.eq(row.last),
        account_rewind::due_at.eq(row.due_at),
    );
    on!(conn, |c| diesel::insert_into(account_rewind::table).values(values).execute(c).await)?;
    Ok(())
}

pub async fn remove_rewind(conn: &mut Conn, account: AccountId) -> Result<()> {
    on!(conn, |c| diesel::delete(account_rewind::table.find(key(account))).execute(c).await)?;
    Ok(())
}

/// The waiting rewind of an account.
pub async fn find_rewind(conn: &mut Conn, account: AccountId) -> Result<Option<Waiting>> {
    Ok(on!(conn, |c| account_rewind::table
        .find(key(account))
        .select(Waiting::as_select())
        .first(c)
        .await
        .optional())?)
}

/// Accounts whose waiting rewind is due.
pub async fn list_due_rewinds(conn: &mut Conn, org: OrgId, now: Micros) -> Result<Vec<AccountId>> {
    let rows: Vec<Key> = on!(conn, |c| account_rewind::table
        .filter(account_rewind::organisation_id.eq(key(org)))
        .filter(account_rewind::due_at.le(now))
        .select(account_rewind::account_id)
        .limit(100)
        .load(c)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
