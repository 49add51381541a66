//! The audit trail: append-only rows, written in the transaction of what they tell.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, Micros, OrgId};

use crate::{Bytes, Conn, Key, Result, key, schema::audit_event};

/// An event's row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_event, treat_none_as_default_value = false)]
pub struct AuditEvent {
    pub id: Key,
    pub at: Micros,
    pub kind: String,
    /// Whose timeline it is in: the account that it is about, or that of the person who did it elsewhere.
    pub account_id: Option<Key>,
    /// In which part somebody acted: a name of [`domain::audit_events::ActorKind`]. Events of the first version have
    /// `admin:<account>`.
    pub actor: String,
    /// Who acted, where that is somebody else than `account_id`.
    pub actor_id: Option<Key>,
    /// A name of [`domain::audit_events::TargetKind`]; empty in events of the first version.
    pub target_kind: String,
    pub target: String,
    pub provider: String,
    /// A client id.
    pub application: String,
    /// The /24 or /48 network, for thirty days.
    pub network: String,
    /// A name of [`domain::audit_events::EventOutcome`].
    pub outcome: String,
    pub subject_hash: String,
    pub code: String,
    pub support_code: String,
    /// The decision's trace or the change, as JSON.
    pub detail: String,
    /// Hashed with what is personal; gone when that is erased.
    pub salt: Option<Bytes>,
    /// What stands for the personal part after it was erased.
    pub withheld: Option<Bytes>,
}

pub async fn add_audit_event(conn: &mut Conn, org: OrgId, row: &AuditEvent) -> Result<()> {
    let values = (audit_event::organisation_id.eq(key(org)), row);
    on!(conn, |c| diesel::insert_into(audit_event::table).values(values).execute(c).await)?;
    Ok(())
}

/// Every event in an account's timeline.
pub async fn list_events_of(conn: &mut Conn, account: AccountId) -> Result<Vec<AuditEvent>> {
    Ok(on!(conn, |c| audit_event::table
        .filter(audit_event::account_id.eq(key(account)))
        .select(AuditEvent::as_select())
        .load(c)
        .await)?)
}

/// Takes what names an account out of an event; it stays under a pseudonym (GDPR article 17), with `withheld` for the
/// seal of its batch.
pub async fn forget_in_event(
    conn: &mut Conn,
    id: Key,
    pseudonym: &str,
    withheld: &[u8],
) -> Result<()> {
    let gone = (
        audit_event::account_id.eq(None::<Key>),
        audit_event::subject_hash.eq(pseudonym),
        audit_event::detail.eq("{}"),
        audit_event::salt.eq(None::<Bytes>),
        audit_event::withheld.eq(Some(withheld)),
    );
    on!(conn, |c| diesel::update(audit_event::table.find(id)).set(gone).execute(c).await)?;
    Ok(())
}

/// A place in the list: before or after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub at: Micros,
    pub id: Key,
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub kind: Option<String>,
    pub outcome: Option<String>,
    /// In this account's timeline.
    pub account: Option<AccountId>,
    /// In the timeline of one of these, done by one of these, or about a thing of this name.
    pub text: Option<(Vec<AccountId>, String)>,
    /// Done by this account, to anything.
    pub actor: Option<AccountId>,
    /// Done by somebody in this part.
    pub actor_kind: Option<String>,
    /// About something of this name.
    pub target: Option<String>,
    pub provider: Option<String>,
    pub application: Option<String>,
    /// The stable code of a refusal.
    pub code: Option<String>,
    pub support_code: Option<String>,
    /// Not before this moment.
    pub from: Option<Micros>,
    /// Before this moment.
    pub until: Option<Micros>,
}

impl AuditFilter {
    /// An index leads to what is looked for, however long the trail is.
    fn leads(&self) -> bool {
        self.account.is_some()
            || self.actor.is_some()
            || self.support_code.is_some()
            || self.text.is_some()
            || self.target.is_some()
            || self.outcome.as_deref() == Some(REFUSED)
    }

    /// Everything is listed, so that a page is full after as many events as it has.
    fn is_empty(&self) -> bool {
        !self.leads()
            && self.kind.is_none()
            && self.outcome.is_none()
            && self.actor_kind.is_none()
            && self.provider.is_none()
            && self.application.is_none()
            && self.code.is_none()
    }
}

const REFUSED: &str = "refused";
/// Where no index leads, one page looks through so many events and then says how far it came.
pub const LOOKED_THROUGH: i64 = 20_000;

/// A page of events, the newest first.
#[derive(Debug, Clone, Default)]
pub struct AuditPage {
    pub events: Vec<AuditEvent>,
    /// Where older ones begin, if there may be some.
    pub older: Option<Place>,
    /// Where newer ones begin, on a page that is not the first.
    pub newer: Option<Place>,
}

/// Which way a page goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Onward {
    /// From the newest.
    #[default]
    First,
    /// Events before this place.
    Older(Place),
    /// Events after this place: the page that comes before.
    Newer(Place),
}

/// A page of events. It costs the same at any length of the trail: an index leads to them, or so many are looked
/// through and no more (RL-13).
pub async fn list_audit_page(
    conn: &mut Conn,
    org: OrgId,
    filter: &AuditFilter,
    onward: Onward,
    limit: i64,
) -> Result<AuditPage> {
    let bound = bound(conn, org, filter, onward).await?;
    let mut events = load(conn, org, filter, onward, bound, limit + 1).await?;
    let full = i64::try_from(events.len()).is_ok_and(|n| n > limit);
    if full {
        events.pop();
    }
    let back = matches!(onward, Onward::Newer(_));
    if back {
        events.reverse();
    }
    let place = |e: &AuditEvent| Place { at: e.at, id: e.id };
    let edge = |at: Micros, high: bool| Place { at, id: Key([if high { 255 } else { 0 }; 16]) };
    let ends = events.as_slice();
    let (first, last) = (ends.first().map(place), ends.last().map(place));
    Ok(match onward {
        Onward::Newer(from) => AuditPage {
            older: last.or(Some(from)),
            newer: if full { first } else { bound.map(|at| edge(at, true)) },
            events,
        },
        _ => AuditPage {
            older: if full { last } else { bound.map(|at| edge(at, false)) },
            newer: match onward {
                Onward::Older(from) => first.or(Some(from)),
                _ => None,
            },
            events,
        },
    })
}

/// How far one page looks where no index leads; nothing where the trail ends before.
async fn bound(
    conn: &mut Conn,
    org: OrgId,
    filter: &AuditFilter,
    onward: Onward,
) -> Result<Option<Micros>> {
    if filter.leads() || filter.is_empty() {
        return Ok(None);
    }
    Ok(on!(conn, |c| {
        let mut all = audit_event::table
            .filter(audit_event::organisation_id.eq(key(org)))
            .select(audit_event::at)
            .limit(1)
            .offset(LOOKED_THROUGH)
            .into_boxed();
        if let Some(until) = filter.until {
            all = all.filter(audit_event::at.lt(until));
        }
        if let Some(from) = filter.from {
            all = all.filter(audit_event::at.ge(from));
        }
        all = match onward {
            Onward::First => all.order(audit_event::at.desc()),
            Onward::Older(place) => {
                all.filter(audit_event::at.le(place.at)).order(audit_event::at.desc())
            }
            Onward::Newer(place) => {
                all.filter(audit_event::at.ge(place.at)).order(audit_event::at.asc())
            }
        };
        all.first(c).await.optional()
    })?)
}

async fn load(
    conn: &mut Conn,
    org: OrgId,
    filter: &AuditFilter,
    onward: Onward,
    bound: Option<Micros>,
    limit: i64,
) -> Result<Vec<AuditEvent>> {
    Ok(on!(conn, |c| {
        let mut query =
            audit_event::table.filter(audit_event::organisation_id.eq(key(org))).into_boxed();
        if let Some(kind) = &filter.kind {
            query = query.filter(audit_event::kind.eq(kind));
        }
        if let Some(outcome) = &filter.outcome {
            query = query.filter(audit_event::outcome.eq(outcome));
        }
        if filter.outcome.as_deref() == Some(REFUSED) {
            // As its index has it.
            query =
                query.filter(diesel::dsl::sql::<diesel::sql_types::Bool>("outcome = 'refused'"));
        }
        if let Some(account) = filter.account {
            query = query.filter(audit_event::account_id.eq(key(account)));
        }
        if let Some(actor) = filter.actor {
            query = query.filter(
                audit_event::actor_id.eq(key(actor)).or(audit_event::account_id
                    .eq(key(actor))
                    .and(audit_event::actor_id.is_null())
                    .and(audit_event::actor.eq("person"))),
            );
        }
        if let Some(kind) = &filter.actor_kind {
            query = query.filter(audit_event::actor.eq(kind));
        }
        if let Some((accounts, name)) = &filter.text {
            let ids: Vec<Option<Key>> = accounts.iter().map(|id| Some(key(*id))).collect();
            let named = audit_event::target.eq(name).and(audit_event::target.ne(""));
            query = query.filter(
                audit_event::account_id
                    .eq_any(ids.clone())
                    .or(audit_event::actor_id.eq_any(ids))
                    .or(named),
            );
        }
        if let Some(target) = &filter.target {
            query = query.filter(audit_event::target.eq(target)).filter(diesel::dsl::sql::<
                diesel::sql_types::Bool,
            >(
                "target <> ''"
            ));
        }
        if let Some(provider) = &filter.provider {
            query = query.filter(audit_event::provider.eq(provider));
        }
        if let Some(client) = &filter.application {
            query = query.filter(audit_event::application.eq(client));
        }
        if let Some(code) = &filter.code {
            query = query.filter(audit_event::code.eq(code));
        }
        if let Some(code) = &filter.support_code {
            // As its index has it: most events have none.
            let has_one = diesel::dsl::sql::<diesel::sql_types::Bool>("support_code <> ''");
            query = query.filter(audit_event::support_code.eq(code)).filter(has_one);
        }
        if let Some(from) = filter.from {
            query = query.filter(audit_event::at.ge(from));
        }
        if let Some(until) = filter.until {
            query = query.filter(audit_event::at.lt(until));
        }
        query = match (onward, bound) {
            (Onward::Newer(_), Some(at)) => query.filter(audit_event::at.le(at)),
            (_, Some(at)) => query.filter(audit_event::at.ge(at)),
            (_, None) => query,
        };
        query = match onward {
            Onward::First => query.order((audit_event::at.desc(), audit_event::id.desc())),
            Onward::Older(place) => query
                .filter(audit_event::at.le(place.at))
                .filter(audit_event::at.lt(place.at).or(audit_event::id.lt(place.id)))
                .order((audit_event::at.desc(), audit_event::id.desc())),
            Onward::Newer(place) => query
                .filter(audit_event::at.ge(place.at))
                .filter(audit_event::at.gt(place.at).or(audit_event::id.gt(place.id)))
                .order((audit_event::at.asc(), audit_event::id.asc())),
        };
        query.limit(limit).select(AuditEvent::as_select()).load(c).await
    })?)
}

/// The newest events that fit, as many as the limit.
pub async fn list_audit_events(
    conn: &mut Conn,
    org: OrgId,
    filter: &AuditFilter,
    limit: i64,
) -> Result<Vec<AuditEvent>> {
    load(conn, org, filter, Onward::First, None, limit).await
}
