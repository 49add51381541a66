//! What a restored copy or a promoted standby makes void, and how PostgreSQL shows that it is one (RB-18).
//!
//! What was used or ended after a copy was taken is unused and alive in the copy. So everything that works once, or that can be
//! ended before its time, is removed in one transaction before the copy answers its first request. A row that is gone needs no
//! reader that remembers to compare an epoch (docs/adr/0027-a-restored-copy-opens-nothing.md).
use std::sync::Arc;

use diesel::{
    QueryResult,
    prelude::*,
    sql_types::{Bool, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use domain::{EventKind, Micros, SECOND};

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Micros + Send + Sync>;

/// How this database came to be behind what people have seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// A backup was restored; what happened after it was taken is lost.
    Restored { taken_at: Option<Micros> },
    /// A standby took over. `synchronous`: every commit that was answered had reached it.
    Promoted { synchronous: bool },
}

impl Recovery {
    /// The audit event's kind.
    #[must_use]
    pub fn event(self) -> EventKind {
        match self {
            Self::Restored { .. } => EventKind::InstanceRestored,
            Self::Promoted { .. } => EventKind::InstancePromoted,
        }
    }

    fn voids(self, fate: Fate) -> bool {
        match fate {
            Fate::Kept => false,
            // The last commit before a fail-over may have been answered or not: nothing that works once gets a second chance.
            Fate::OneTime => true,
            Fate::Revocable => self != Self::Promoted { synchronous: true },
        }
    }
}

/// What becomes of a table's rows in a recovered database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// What people and administrators own and said, and what was used up: as the copy has it.
    Kept,
    /// Works once, or for minutes: always gone.
    OneTime,
    /// Opens something until somebody ends it: gone unless nothing is lost.
    Revocable,
}

/// Every table; a test compares this list with the database.
const FATES: &[(&str, Fate)] = &[
    ("access_token", Fate::Revocable),
    ("account", Fate::Kept),
    ("account_attribute", Fate::Kept),
    ("account_change", Fate::Kept),
    ("account_email", Fate::Kept),
    ("account_group", Fate::Kept),
    // Its owner may have said since that it was them: what it suspended stays so until somebody shows a credential.
    ("account_rewind", Fate::OneTime),
    ("account_subject", Fate::Kept),
    ("agreement", Fate::Kept),
    ("application", Fate::Kept),
    // Whom to tell of a session's end.
    ("application_login", Fate::Kept),
    ("application_secret", Fate::Kept),
    ("attempt", Fate::OneTime),
    ("attempt_account", Fate::OneTime),
    ("audit_batch", Fate::Kept),
    ("audit_event", Fate::Kept),
    ("auth_code", Fate::OneTime),
    ("challenge", Fate::OneTime),
    ("consent", Fate::Kept),
    ("consumed_state", Fate::Kept),
    ("counter", Fate::Kept),
    ("credential", Fate::Kept),
    ("data_key", Fate::Kept),
    ("device", Fate::OneTime),
    ("dry_run", Fate::Kept),
    ("dry_run_case", Fate::Kept),
    ("ended_session", Fate::Kept),
    // Some show a secret once.
    ("flash", Fate::OneTime),
    ("group_mapping", Fate::Kept),
    ("ignored_email", Fate::Kept),
    ("image", Fate::Kept),
    ("instance", Fate::Kept),
    // Forgotten at a recovery of the account.
    ("known_browser", Fate::Revocable),
    ("link", Fate::Kept),
    // Somebody taken out since is in again, as with roles; a provider's word is renewed at its next sign-in.
    ("membership", Fate::Kept),
    ("merge", Fate::Kept),
    ("organisation", Fate::Kept),
    ("outbox", Fate::Kept),
    ("passkey", Fate::Kept),
    ("pending_authorization", Fate::OneTime),
    ("policy", Fate::Kept),
    ("provider", Fate::Kept),
    ("provider_choice", Fate::Kept),
    ("pushed_request", Fate::OneTime),
    // A recovery code opens nothing alone, and without them a lost phone locks its owner out.
    ("recovery_code", Fate::Kept),
    ("registration_token", Fate::Revocable),
    ("role", Fate::Kept),
    ("session", Fate::Revocable),
    ("setup_token", Fate::OneTime),
    ("token", Fate::Revocable),
    // Without its tokens a family is a grave: what it came of begins none again.
    ("token_family", Fate::Kept),
    ("undo_link", Fate::OneTime),
];

/// In a copy that `ligature backup` made, and nowhere else, this table says when it was taken. It is no part of the schema, so that
/// a database can be copied before it is upgraded.
pub(super) const MARK: &str = "backup_copy";

/// Keeps an eye on recoveries while requests are served.
#[derive(Clone)]
pub(crate) struct Watch {
    pub(super) clock: Clock,
    pub(super) synchronous: bool,
}

/// PostgreSQL's name for this very database and its history. A part that may not be read is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// System identifier of the cluster, number of the database, number of a table in it: a copy by `pg_dump` has another of them.
    place: [String; 3],
    /// Goes up at every promotion and at every restore to a point in time.
    timeline: String,
}

impl Identity {
    fn of(place: &str, timeline: &str) -> Self {
        let mut parts = place.split('/').map(str::to_owned);
        Self {
            place: std::array::from_fn(|_| parts.next().unwrap_or_default()),
            timeline: timeline.to_owned(),
        }
    }

    /// What the row says from now on: a part that is not known now stays.
    pub(super) fn onto(&self, stored: &Self) -> Self {
        let or =
            |new: &String, old: &String| if new.is_empty() { old.clone() } else { new.clone() };
        let [a, b, c] = &self.place;
        let [x, y, z] = &stored.place;
        Self {
            place: [or(a, x), or(b, y), or(c, z)],
            timeline: or(&self.timeline, &stored.timeline),
        }
    }

    /// What happened between the row's writing and now.
    pub(super) fn since(&self, stored: &Self, synchronous: bool) -> Option<Recovery> {
        let differs = |new: &String, old: &String| !new.is_empty() && !old.is_empty() && new != old;
        if self.place.iter().zip(&stored.place).any(|(new, old)| differs(new, old)) {
            return Some(Recovery::Restored { taken_at: None });
        }
        differs(&self.timeline, &stored.timeline).then_some(Recovery::Promoted { synchronous })
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    made: bool,
    #[diesel(sql_type = Bool)]
    standby: bool,
    #[diesel(sql_type = Text)]
    database: String,
    #[diesel(sql_type = Text)]
    tables: String,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// `None` where there is nothing to compare: before the first migration, and on a standby, which cannot be written to.
pub(super) async fn identify(c: &mut AsyncPgConnection) -> QueryResult<Option<Identity>> {
    let found: Found = diesel::sql_query(
        "SELECT to_regclass('instance') IS NOT NULL AS made, pg_is_in_recovery() AS standby, \
         (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database, COALESCE(to_regclass('instance')::oid::text, '') AS tables",
    )
    .get_result(c)
    .await?;
    if !found.made || found.standby {
        return Ok(None);
    }
    // Hosted servers may forbid these two.
    let system = line(c, "SELECT system_identifier::text AS line FROM pg_control_system()").await;
    // The timeline that is written to. The control file names it only after the first checkpoint on it.
    let timeline =
        line(c, "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS line").await;
    Ok(Some(Identity { place: [system, found.database, found.tables], timeline }))
}

async fn line(c: &mut AsyncPgConnection, sql: &str) -> String {
    diesel::sql_query(sql).get_result::<Line>(c).await.map(|l| l.line).unwrap_or_default()
}

pub(super) async fn stored(c: &mut AsyncPgConnection, lock: &str) -> QueryResult<Identity> {
    let row: Line = diesel::sql_query(format!(
        "SELECT place || ' ' || timeline AS line FROM instance WHERE id = 1 {lock}"
    ))
    .get_result(c)
    .await?;
    let (place, timeline) = row.line.split_once(' ').unwrap_or_default();
    Ok(Identity::of(place, timeline))
}

/// Before a connection is used: makes void what a recovery revived, once, whichever connection sees it first.
pub(crate) async fn settle(
    c: &mut AsyncPgConnection,
    watch: &Watch,
) -> QueryResult<Option<Recovery>> {
    let Some(here) = identify(c).await? else { return Ok(None) };
    let before = stored(c, "").await?;
    if here.onto(&before) == before {
        return Ok(None);
    }
    c.batch_execute("BEGIN").await?;
    let done = async {
        let before = stored(c, "FOR UPDATE").await?;
        let found = here.since(&before, watch.synchronous);
        let mut script = found
            .map_or_else(String::new, |recovery| void(true, recovery, (watch.clock)(), "system"));
        script.push_str(&settled(&here.onto(&before)));
        c.batch_execute(&script).await?;
        c.batch_execute("COMMIT").await?;
        Ok(found)
    }
    .await;
    match done {
        Ok(found) => {
            if let Some(recovery) = found {
                tracing::warn!(
                    ?recovery,
                    "the database was recovered: what may have come back to life is void"
                );
            }
            Ok(found)
        }
        Err(error) => {
            c.batch_execute("ROLLBACK").await?;
            Err(error)
        }
    }
}

pub(super) fn settled(identity: &Identity) -> String {
    let text = |t: &str| t.replace('\'', "''");
    format!(
        "UPDATE instance SET place = '{}', timeline = '{}' WHERE id = 1;",
        text(&identity.place.join("/")),
        text(&identity.timeline)
    )
}

/// The statements that make everything void. Whoever is at work on PostgreSQL ends first: what was read of a row that is void by
/// now must not become a new one.
pub(super) fn void(postgres: bool, recovery: Recovery, at: Micros, actor: &'static str) -> String {
    let gone: Vec<&str> =
        FATES.iter().filter(|(_, fate)| recovery.voids(*fate)).map(|(table, _)| *table).collect();
    let mut script = String::new();
    if postgres {
        script += &format!(
            "SET LOCAL lock_timeout = '10s'; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE;",
            gone.join(", ")
        );
    }
    for table in gone {
        script += &format!("DELETE FROM {table};");
    }
    // Letters whose codes are worth nothing any more stay unsent; notices go out.
    script += "UPDATE outbox SET state = 'expired', payload = NULL WHERE state IN ('waiting', 'dead') AND kind LIKE '%-code';";
    // One-time passwords of this moment may have been used.
    let step = at / (30 * SECOND) + 1;
    script += &format!(
        "UPDATE credential SET used_step = {step} WHERE kind = 'totp' AND used_step < {step};"
    );
    let number = |n: Option<Micros>| n.map_or_else(|| "NULL".to_owned(), |n| n.to_string());
    let (lost_since, detail) = match recovery {
        Recovery::Restored { taken_at } => (taken_at, serde_json::json!({ "taken_at": taken_at })),
        Recovery::Promoted { synchronous } => {
            (None, serde_json::json!({ "synchronous": synchronous }))
        }
    };
    // Ids of events grow with their time: the trail is sealed in that order.
    let begins = format!("{:012x}", u64::try_from(at / 1000).unwrap_or_default());
    let random = if postgres {
        format!(
            "decode('{begins}' || encode(substring(uuid_send(gen_random_uuid()) from 7), 'hex'), 'hex')"
        )
    } else {
        format!("unhex('{begins}' || hex(randomblob(10)))")
    };
    script += &format!(
        "INSERT INTO audit_event (id, organisation_id, at, kind, actor, target_kind, provider, subject_hash, code, support_code, detail) \
         SELECT {random}, id, {at}, '{}', '{actor}', 'instance', '', '', '', '', '{detail}' FROM organisation;",
        recovery.event()
    );
    if recovery.voids(Fate::Revocable) {
        script += &format!(
            "UPDATE instance SET recovered_at = {at}, lost_since = {} WHERE id = 1;",
            number(lost_since)
        );
    }
    if !postgres {
        script += &format!("DROP TABLE IF EXISTS {MARK};");
    }
    script
}

/// The tables whose fate is decided, in alphabetical order: a test compares them with those of the database.
#[doc(hidden)]
pub fn tables() -> Vec<&'static str> {
    FATES.iter().map(|(table, _)| *table).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows RB-18.
    #[test]
    fn another_place_is_a_restore_another_timeline_a_promotion_and_what_cannot_be_read_says_nothing()
     {
        let before = Identity::of("7/16384/16500", "00000001");
        assert_eq!(before.since(&before, false), None);
        for place in ["8/16384/16500", "7/16385/16500", "7/16384/16501", "8/16384/16501"] {
            assert_eq!(
                Identity::of(place, "00000002").since(&before, true),
                Some(Recovery::Restored { taken_at: None }),
                "{place}"
            );
        }
        for synchronous in [true, false] {
            assert_eq!(
                Identity::of("7/16384/16500", "00000002").since(&before, synchronous),
                Some(Recovery::Promoted { synchronous })
            );
        }
        let silent = Identity::of("/16384/16500", "");
        assert_eq!(silent.since(&before, false), None);
        assert_eq!(silent.onto(&before), before, "what was known stays known");
        assert_eq!(
            before.since(&Identity::of("", ""), false),
            None,
            "the first start knows of nothing before"
        );
    }

    /// Shows RB-18.
    #[test]
    fn a_restore_voids_what_can_be_ended_and_a_promotion_without_loss_only_what_works_once() {
        let lossless = Recovery::Promoted { synchronous: true };
        for recovery in [
            Recovery::Restored { taken_at: Some(1) },
            Recovery::Restored { taken_at: None },
            Recovery::Promoted { synchronous: false },
            lossless,
        ] {
            assert!(recovery.voids(Fate::OneTime) && !recovery.voids(Fate::Kept));
            assert_eq!(recovery.voids(Fate::Revocable), recovery != lossless, "{recovery:?}");
        }
    }
}
