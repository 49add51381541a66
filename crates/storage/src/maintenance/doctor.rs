//! Questions to the data itself: do the invariants D1 to D8 hold?
use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};
use diesel_async::RunQueryDsl;
use domain::Micros;

use crate::{Conn, Result};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// A rule that some rows break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// D1 to D8.
    pub id: &'static str,
    pub rows: i64,
    pub says: &'static str,
}

/// Plain SQL that both databases read; each counts the rows that break its rule.
const RULES: &[(&str, &str, &str)] = &[
    (
        "D1",
        "an identity belongs to more than one account",
        "SELECT COUNT(*) AS n FROM (SELECT 1 FROM link WHERE active GROUP BY organisation_id, namespace, subject HAVING COUNT(*) > 1) AS x",
    ),
    (
        "D2",
        "an active account has no way to sign in",
        "SELECT COUNT(*) AS n FROM account a WHERE a.state = 'active' AND NOT EXISTS (SELECT 1 FROM link l JOIN provider p ON p.id = l.provider_id WHERE l.account_id = a.id AND l.active AND p.enabled) AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.account_id = a.id AND c.kind = 'password') AND NOT EXISTS (SELECT 1 FROM passkey k WHERE k.account_id = a.id) AND NOT EXISTS (SELECT 1 FROM account_email e WHERE e.account_id = a.id AND e.owner) AND NOT EXISTS (SELECT 1 FROM account_attribute t WHERE t.account_id = a.id AND t.name = 'phone' AND t.source = 'code')",
    ),
    (
        "D3",
        "an address has more than one owner",
        "SELECT COUNT(*) AS n FROM (SELECT 1 FROM account_email WHERE owner GROUP BY organisation_id, canonical HAVING COUNT(*) > 1) AS x",
    ),
    (
        "D4",
        "a link has no evidence or no audit event",
        "SELECT COUNT(*) AS n FROM link l WHERE l.active AND (l.evidence = '' OR (l.created_at > COALESCE((SELECT MAX(b.last_at) FROM audit_batch b WHERE b.removed_at IS NOT NULL), 0) AND NOT EXISTS (SELECT 1 FROM audit_event e WHERE e.account_id = l.account_id AND e.kind IN ('account.created', 'account.reclaimed', 'link.added'))))",
    ),
    (
        "D5",
        "a disabled account has a session",
        "SELECT COUNT(*) AS n FROM session s JOIN account a ON a.id = s.account_id WHERE a.state <> 'active'",
    ),
    (
        "D7",
        "a link onto an existing account that had to be told of was not",
        "SELECT COUNT(*) AS n FROM audit_event e WHERE e.kind = 'link.added' AND e.code = 'notify' AND e.at > :now - 2505600000000 AND EXISTS (SELECT 1 FROM account_email m WHERE m.account_id = e.account_id AND m.created_at <= e.at) AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.kind = 'link-notice' AND o.created_at BETWEEN e.at - 1000000 AND e.at + 1000000)",
    ),
    (
        "D8",
        "an attempt has more wrong answers than its limit",
        "SELECT COUNT(*) AS n FROM attempt WHERE tries_left < 0",
    ),
    (
        "orphans",
        "a link points to no account",
        "SELECT COUNT(*) AS n FROM link l WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.id = l.account_id)",
    ),
];

/// Runs every rule.
pub async fn examine(conn: &mut Conn, now: Micros) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    for (id, says, sql) in RULES {
        // Sent mails are kept for thirty days; what is older cannot be asked any more.
        let sql = sql.replace(":now", &now.to_string());
        let count: Count = on!(conn, |c| diesel::sql_query(&sql).get_result(c).await)?;
        if count.n > 0 {
            found.push(Finding { id, rows: count.n, says });
        }
    }
    let unproved: Count = on!(conn, |c| diesel::sql_query(format!(
        "SELECT COUNT(*) AS n FROM attempt WHERE assertion IS NOT NULL AND expires_at < {}",
        now - 10 * domain::MINUTE
    ))
    .get_result(c)
    .await)?;
    if unproved.n > 0 {
        found.push(Finding {
            id: "D6",
            rows: unproved.n,
            says: "an attempt that is over still holds what a provider said",
        });
    }
    Ok(found)
}

/// Rows of a table; for tests.
pub async fn count_rows(conn: &mut Conn, table: &str) -> Result<i64> {
    if !table.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
        return Ok(0);
    }
    let sql = format!("SELECT COUNT(*) AS n FROM {table}");
    let count: Count = match conn {
        Conn::Pg(c) => diesel::sql_query(sql).get_result(&mut **c).await?,
        Conn::Sqlite(c) => diesel::sql_query(sql).get_result(&mut **c).await?,
    };
    Ok(count.n)
}

/// Counts rows of any table whose columns hold a text, for tests that look for traces (LK-03, GD-04).
pub async fn count_text(conn: &mut Conn, table: &str, column: &str, text: &str) -> Result<i64> {
    let plain = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    if !plain(table) || !plain(column) {
        return Ok(0);
    }
    let sql = format!("SELECT COUNT(*) AS n FROM {table} WHERE {column} LIKE ");
    let pattern = format!("%{text}%");
    let count: Count = match conn {
        Conn::Pg(c) => {
            diesel::sql_query(sql + "$1").bind::<Text, _>(pattern).get_result(&mut **c).await?
        }
        Conn::Sqlite(c) => {
            diesel::sql_query(sql + "?").bind::<Text, _>(pattern).get_result(&mut **c).await?
        }
    };
    Ok(count.n)
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct PgLine {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// How the database would run a query; `$org` stands for an organisation. For tests of the indexes.
#[doc(hidden)]
pub async fn plan(conn: &mut Conn, sql: &str) -> Result<String> {
    match conn {
        Conn::Sqlite(c) => {
            let lines: Vec<Line> = diesel::sql_query(format!(
                "EXPLAIN QUERY PLAN {}",
                sql.replace("$org", "x'01010101010101010101010101010101'")
            ))
            .load(&mut **c)
            .await?;
            Ok(lines.into_iter().map(|l| l.detail).collect::<Vec<_>>().join("; "))
        }
        Conn::Pg(c) => {
            // Tables of a test are too small for an index to pay; the question is whether there is one that fits.
            diesel::sql_query("SET enable_seqscan = off").execute(&mut **c).await?;
            let lines: Vec<PgLine> = diesel::sql_query(format!(
                "EXPLAIN {}",
                sql.replace("$org", "'\\x01010101010101010101010101010101'::bytea")
            ))
            .load(&mut **c)
            .await?;
            diesel::sql_query("RESET enable_seqscan").execute(&mut **c).await?;
            Ok(lines.into_iter().map(|l| l.line).collect::<Vec<_>>().join("; "))
        }
    }
}

/// Removes an account's row and nothing that hangs on it: the fault of ID-15, for tests on SQLite.
#[doc(hidden)]
pub async fn lose_account(store: &crate::Store, id: domain::AccountId) -> Result<()> {
    let mut conn = store.writer().await?;
    match &mut conn {
        Conn::Sqlite(c) => {
            diesel::sql_query("PRAGMA foreign_keys=OFF").execute(&mut **c).await?;
            diesel::sql_query("DELETE FROM account WHERE id = ?")
                .bind::<diesel::sql_types::Binary, _>(id.0.to_vec())
                .execute(&mut **c)
                .await?;
            diesel::sql_query("PRAGMA foreign_keys=ON").execute(&mut **c).await?;
            Ok(())
        }
        Conn::Pg(_) => Err(crate::Error::Unavailable("only on SQLite".into())),
    }
}

/// Runs a statement as somebody with the database could: for tests of what becomes of it.
#[doc(hidden)]
pub async fn tamper(store: &crate::Store, sql: &str) -> Result<usize> {
    let mut writer = store.writer().await?;
    let conn = &mut writer;
    Ok(on!(conn, |c| diesel::sql_query(sql.to_owned()).execute(c).await)?)
}
