//! Whether a server takes writes now.
use diesel::{QueryableByName, sql_types::Bool};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

/// The server takes no writes from this connection: a standby, or a primary that became one.
pub(crate) async fn is_read_only(conn: &mut AsyncPgConnection) -> bool {
    let asked = diesel::sql_query("SELECT current_setting('transaction_read_only') = 'on' AS yes");
    asked.get_result::<Answer>(conn).await.is_ok_and(|answer| answer.yes)
}
