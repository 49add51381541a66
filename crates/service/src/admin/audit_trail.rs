//! The audit trail in the console: who did what to whom, by which provider, in which application, with what outcome.
use std::collections::{BTreeSet, HashMap};

use domain::{
    AccountId, EventKind, Micros, Right,
    audit_events::{Actor, ActorKind, Target},
};
use storage::{
    Conn, Key,
    accounts::{
        find_account,
        search::{Search, account_names, search_accounts},
    },
    maintenance::audit::{AuditEvent, AuditFilter, AuditPage, Onward, list_audit_page},
    oauth::applications::list_applications,
    policy::providers::list_providers,
};

use crate::{Error, RequestContext, audit::Event, services::AccountAdmin};

/// Events on a page.
pub const EVENTS_A_PAGE: i64 = 50;
/// Events in an export: the newest ones.
pub const EXPORTED: usize = 10_000;
/// Accounts that a text finds.
const FOUND: i64 = 50;

/// What administrators look for in the trail; what is empty is not looked for.
#[derive(Debug, Clone, Default)]
pub struct AuditQuestion {
    /// A support code, or a name, an address or an id of somebody, or the name of a thing.
    pub text: String,
    pub kind: Option<EventKind>,
    pub outcome: String,
    /// An account's id, or the part in which somebody acted.
    pub actor: String,
    pub account: Option<AccountId>,
    pub target: String,
    pub provider: String,
    pub application: String,
    /// The stable code of a refusal.
    pub code: String,
    pub from: Option<Micros>,
    pub until: Option<Micros>,
}

/// Who or what an event names, as people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub id: AccountId,
    /// Empty: the account has none, or is gone.
    pub name: String,
}

/// An event with the names of whom it is about.
#[derive(Debug, Clone)]
pub struct AuditRow {
    pub event: AuditEvent,
    /// To whom it was done, where it was an account.
    pub person: Option<Named>,
    /// Who did it, where an account did.
    pub actor: Option<Named>,
    /// In which part.
    pub part: Option<ActorKind>,
}

/// A page of the trail.
#[derive(Debug, Clone, Default)]
pub struct AuditList {
    pub rows: Vec<AuditRow>,
    pub older: Option<Place>,
    pub newer: Option<Place>,
    /// The text was a support code that is there: the story is what is wanted.
    pub by_code: bool,
    /// Providers of the organisation, key and name.
    pub providers: Vec<(String, String)>,
    /// Applications, client id and name.
    pub applications: Vec<(String, String)>,
}

pub use storage::maintenance::audit::Place;

impl AccountAdmin {
    /// A page of what fits a question.
    ///
    /// # Errors
    /// Without the right to see the trail.
    pub async fn audit_list(
        &self,
        ctx: &RequestContext,
        question: &AuditQuestion,
        onward: Onward,
    ) -> Result<AuditList, Error> {
        self.admin_rights().allowed(ctx, Right::SeeTrail).await?;
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let (filter, by_code) = self.filter(c, question).await?;
        let AuditPage { events, older, newer } =
            list_audit_page(c, self.org, &filter, onward, EVENTS_A_PAGE).await?;
        let providers = list_providers(c, self.org).await?;
        let applications = list_applications(c, self.org).await?;
        Ok(AuditList {
            rows: self.named(c, events).await?,
            older,
            newer,
            by_code,
            providers: providers.into_iter().map(|p| (p.key, p.name)).collect(),
            applications: applications.into_iter().map(|a| (a.client_id, a.name)).collect(),
        })
    }

    /// The newest events that fit a question, as many as an export has, and whether there may be more. That they were
    /// taken along is an event itself.
    ///
    /// # Errors
    /// Without the right to see the trail.
    pub async fn audit_export(
        &self,
        ctx: &RequestContext,
        question: &AuditQuestion,
    ) -> Result<(Vec<AuditRow>, bool), Error> {
        self.admin_rights().allowed(ctx, Right::SeeTrail).await?;
        let account = ctx.signed_in()?.account;
        let (mut rows, mut onward, mut more) = (Vec::new(), Onward::First, false);
        let (filter, _) = self.filter(&mut self.store.read_bulk().await?, question).await?;
        loop {
            // A connection for each part: an export holds none for long.
            let mut conn = self.store.read_bulk().await?;
            let page = list_audit_page(&mut conn, self.org, &filter, onward, 500).await?;
            rows.extend(self.named(&mut conn, page.events).await?);
            let Some(older) = page.older else { break };
            if rows.len() >= EXPORTED {
                more = true;
                break;
            }
            onward = Onward::Older(older);
        }
        more |= rows.len() > EXPORTED;
        rows.truncate(EXPORTED);
        let event = Event::of(
            ctx,
            EventKind::AuditExported,
            Actor::Administrator(account),
            Target::Instance,
        )
        .detail(serde_json::json!({ "events": rows.len() }));
        let this = self.clone();
        self.store.write(move |c| Box::pin(async move { this.record(c, event).await })).await?;
        Ok((rows, more))
    }

    async fn filter(
        &self,
        c: &mut Conn,
        asked: &AuditQuestion,
    ) -> Result<(AuditFilter, bool), Error> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let by_account: Option<AccountId> = asked.actor.parse().ok();
        let mut filter = AuditFilter {
            kind: asked.kind.map(|kind| kind.name().to_owned()),
            outcome: some(&asked.outcome),
            account: asked.account,
            actor: by_account,
            actor_kind: some(&asked.actor).filter(|_| by_account.is_none()),
            target: some(&asked.target),
            provider: some(&asked.provider),
            application: some(&asked.application),
            code: some(&asked.code),
            from: asked.from,
            until: asked.until,
            ..AuditFilter::default()
        };
        let typed = asked.text.trim();
        if typed.is_empty() {
            return Ok((filter, false));
        }
        let code = domain::one_time_code::fold(typed);
        let by_code = AuditFilter { support_code: Some(code), ..filter.clone() };
        if !list_audit_page(c, self.org, &by_code, Onward::First, 1).await?.events.is_empty() {
            return Ok((by_code, true));
        }
        let search = Search {
            text: typed.to_lowercase(),
            exact: typed.to_owned(),
            after: None,
            limit: FOUND,
        };
        let found = search_accounts(c, self.org, &search).await?;
        let mut ids: Vec<AccountId> = found.into_iter().map(|account| account.id).collect();
        if let Ok(id) = typed.parse()
            && find_account(c, self.org, id).await?.is_none()
        {
            ids.push(id);
        }
        filter.text = Some((ids, typed.to_owned()));
        Ok((filter, false))
    }

    /// Events with the names of whom they are about, looked up now: the trail itself holds none.
    async fn named(&self, c: &mut Conn, events: Vec<AuditEvent>) -> Result<Vec<AuditRow>, Error> {
        let ids: BTreeSet<[u8; 16]> = events
            .iter()
            .flat_map(|e| [e.account_id, actor_of(e).1])
            .flatten()
            .map(|id| id.0)
            .collect();
        let ids: Vec<AccountId> = ids.into_iter().map(AccountId).collect();
        let names: HashMap<AccountId, String> =
            account_names(c, self.org, &ids).await?.into_iter().collect();
        let named = |id: Key| {
            let id = AccountId::from(id);
            Named { id, name: names.get(&id).cloned().unwrap_or_default() }
        };
        Ok(events
            .into_iter()
            .map(|event| {
                let (part, actor) = actor_of(&event);
                let about = matches!(event.target_kind.as_str(), "" | "account");
                AuditRow {
                    person: event.account_id.filter(|_| about).map(named),
                    actor: actor.map(named),
                    part,
                    event,
                }
            })
            .collect())
    }
}

/// In which part somebody acted, and with which account. Events of the first version have both in one text.
fn actor_of(event: &AuditEvent) -> (Option<ActorKind>, Option<Key>) {
    if let Some(id) = event.actor.strip_prefix("admin:") {
        let id: Option<AccountId> = id.parse().ok();
        return (Some(ActorKind::Administrator), id.map(storage::key));
    }
    let part = ActorKind::parse(&event.actor);
    let own = event.account_id.filter(|_| part == Some(ActorKind::Person));
    (part, event.actor_id.or(own))
}
