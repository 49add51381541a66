//! A provider moved: the identities of the old one get a twin at the new one, in the same accounts. Both open them until an
//! owner ends the old ones (FR-57). It is decided in the transaction that does it, a few hundred accounts at a time: what
//! is done stays done, and the next round goes on.
use std::collections::{BTreeMap, HashMap};

pub use domain::identity_move::{
    BadLine, Conflict, Doubt, LineProblem, NotMoved, Plan, Rule, read_list,
};
use domain::{
    AccountId, EventKind, LinkId, Refusal, Right,
    account_rules::rewind::Changed,
    audit_events::Target,
    identity_move::{Linked, may_move},
};
use serde_json::json;
use storage::{
    Conn,
    accounts::{
        links::{Link, NewLink, add_link, find_claims, find_holders, list_links_of_provider},
        snapshots::load_snapshots,
    },
    policy::providers::{Provider, find_provider},
};

use crate::{
    Authority, Error, RequestContext,
    account::changes::ProfileChange,
    crypto::random::row_id,
    notifications::messages::Kind,
    services::ProviderAdmin,
    transaction::{Actor, Transactions},
};

/// What the evidence of a link calls the one that it is the twin of.
pub(super) const MOVED_FROM: &str = "moved_from";
/// Accounts that one transaction changes.
pub(super) const BATCH: usize = 250;
/// Identities that are read at once.
pub(super) const PAGE: i64 = 500;
/// Transactions of one act; the next one goes on where it ended.
pub(super) const ROUNDS: usize = 8;

/// The two providers of a move, by their keys, and how people are called.
#[derive(Debug, Clone)]
pub struct Move {
    pub from: String,
    pub to: String,
    pub rule: Rule,
}

/// What an act did, and what is still to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    pub done: usize,
    pub still: usize,
}

/// What a move would do, and what earlier ones did.
#[derive(Debug, Clone)]
pub struct Planned {
    pub plan: Plan<Link>,
    /// Old identities whose twin came by a move: those that can be ended.
    pub moved: usize,
}

impl ProviderAdmin {
    /// What a move would do; nothing is changed.
    ///
    /// # Errors
    /// Without the right to say whose word counts, or [`Refusal::NotFound`].
    pub async fn plan_move(
        &self,
        authority: &Authority,
        asked: Move,
    ) -> Result<Result<Planned, NotMoved>, Error> {
        self.with_authority(authority, Right::ChangeTrust, move |this, c, _| {
            Box::pin(async move {
                let (from, to) = this.both(c, &asked).await?;
                let plan = this.plan(c, &from, &to, &asked.rule).await?;
                let confirmed = Some(plan.moves);
                let judged = this.judge(c, &plan, (&from, &to), confirmed).await?;
                if let Err(why @ (NotMoved::Same | NotMoved::Isolated)) = judged {
                    return Ok(Err(why));
                }
                let moved = this.moved(c, &from, &to).await?.len();
                Ok(Ok(Planned { plan, moved }))
            })
        })
        .await
    }

    /// Moves identities; `confirmed`: how many, as the owner was shown.
    ///
    /// # Errors
    /// As [`ProviderAdmin::plan_move`].
    pub async fn move_identities(
        &self,
        authority: &Authority,
        asked: &Move,
        confirmed: usize,
    ) -> Result<Result<Moved, NotMoved>, Error> {
        let mut moved = Moved { done: 0, still: confirmed };
        for _ in 0..ROUNDS {
            if moved.still == 0 {
                break;
            }
            match self.move_batch(authority, asked.clone(), moved.still).await? {
                Ok(done) => {
                    moved = Moved { done: moved.done + done, still: moved.still - done };
                }
                Err(why) if moved.done == 0 => return Ok(Err(why)),
                // Somebody signed in meanwhile: the page shows what there is now.
                Err(_) => break,
            }
        }
        Ok(Ok(moved))
    }

    async fn move_batch(
        &self,
        authority: &Authority,
        asked: Move,
        confirmed: usize,
    ) -> Result<Result<usize, NotMoved>, Error> {
        self.with_authority(authority, Right::ChangeTrust, move |this, c, actor| {
            Box::pin(async move {
                let (from, to) = this.both(c, &asked).await?;
                let plan = this.plan(c, &from, &to, &asked.rule).await?;
                if let Err(why) = this.judge(c, &plan, (&from, &to), Some(confirmed)).await? {
                    return Ok(Err(why));
                }
                let done = plan.next.len();
                for (link, account, subject) in plan.next {
                    this.add_twin(c, &link, account, (&to, subject), &actor).await?;
                }
                let detail = json!({"to": to.key, "moved": done, "left": plan.left, "still": plan.moves - done});
                this.record(
                    c,
                    actor
                        .event(EventKind::ProviderMoved, Target::Provider(from.key.clone()))
                        .by_provider(from.key)
                        .detail(detail),
                )
                .await?;
                Ok(Ok(done))
            })
        })
        .await
    }

    /// Both providers, of this organisation.
    pub(super) async fn both(
        &self,
        c: &mut Conn,
        asked: &Move,
    ) -> Result<(Provider, Provider), Error> {
        let mut own = Vec::new();
        for key in [&asked.from, &asked.to] {
            let found = find_provider(c, self.org, key).await?;
            own.extend(found.filter(|row| row.organisation_id == self.org));
        }
        let (Some(to), Some(from)) = (own.pop(), own.pop()) else {
            return Err(Refusal::NotFound.into());
        };
        Ok((from, to))
    }

    async fn judge<L>(
        &self,
        c: &mut Conn,
        plan: &Plan<L>,
        (from, to): (&Provider, &Provider),
        confirmed: Option<usize>,
    ) -> Result<Result<(), NotMoved>, Error> {
        let config = self.configuration().policy_context(c, None).await?;
        let of = |p: &Provider| config.policy(Some(&p.key)).isolation(&p.key);
        Ok(may_move(plan, from.id == to.id, (&of(from), &of(to)), confirmed))
    }

    async fn plan(
        &self,
        c: &mut Conn,
        from: &Provider,
        to: &Provider,
        rule: &Rule,
    ) -> Result<Plan<Link>, Error> {
        let (mut plan, mut after) = (Plan::default(), None);
        let config = self.configuration().policy_context(c, None).await?;
        loop {
            let page = list_links_of_provider(c, self.org, from.id, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            let subjects: Vec<&str> =
                page.iter().filter_map(|link| rule.subject(&link.subject)).collect();
            let holders: HashMap<String, AccountId> =
                find_holders(c, self.org, &to.namespace, &subjects).await?.into_iter().collect();
            let accounts: Vec<AccountId> = page.iter().map(|link| link.account_id).collect();
            let snapshots = load_snapshots(c, self.org, &accounts).await?;
            for link in page {
                let new = rule.subject(&link.subject);
                let holder = new.and_then(|s| holders.get(s)).copied();
                let misfit = match (holder, new, snapshots.get(&link.account_id)) {
                    (None, Some(new), Some(own)) => config.misfit_of(own, to, new, &link.label),
                    _ => None,
                };
                let (account, subject) = (link.account_id, link.subject.clone());
                plan.add(rule, Linked { link, account, subject, holder, misfit }, BATCH);
            }
        }
        Ok(plan)
    }

    /// The identity at the new provider, in the account of the old one; its owner is told, and can take it back.
    async fn add_twin(
        &self,
        c: &mut Conn,
        old: &Link,
        account: AccountId,
        (to, subject): (&Provider, String),
        by: &Actor,
    ) -> Result<(), Error> {
        let changing = self.accounts().change(c, account).await?;
        let claims = find_claims(c, old.id).await?.ok_or(storage::Error::Changed)?;
        let new = NewLink {
            id: LinkId(row_id(self.now())),
            account,
            provider: to.id,
            namespace: to.namespace.clone(),
            subject,
            claims,
            evidence: json!({MOVED_FROM: old.id, "by": by.name()}).to_string(),
            label: old.label.clone(),
        };
        if !add_link(c, self.org, &new, self.now()).await? {
            return Err(storage::Error::Duplicate.into());
        }
        self.told(c, changing, (Changed::Link, EventKind::LinkAdded, Kind::LinkNotice), to, old, by)
            .await
    }

    /// Journal, trail and mail of one account, as for a link of its own.
    pub(super) async fn told(
        &self,
        c: &mut Conn,
        changing: crate::account::changes::Changing,
        (what, event, mail): (Changed, EventKind, Kind),
        provider: &Provider,
        link: &Link,
        by: &Actor,
    ) -> Result<(), Error> {
        let account = changing.account;
        let noted = self
            .accounts()
            .changed(c, changing, what, &by.name(), ProfileChange::default())
            .await?;
        self.record(
            c,
            by.event(event, Target::Account(account))
                .by_provider(provider.key.clone())
                .detail(json!({"moved": true})),
        )
        .await?;
        // Nobody's browser: the administrator's is none of the person's business.
        let nobody = RequestContext::<crate::SessionInfo>::default();
        self.notifications()
            .notify(c, account, mail, &nobody, &provider.name, &link.label, noted.as_ref())
            .await
    }
}

/// The list of a form, or the rule that both call people alike.
///
/// # Errors
/// The first [`BadLine`].
pub fn rule(same: bool, list: &str) -> Result<Rule, BadLine> {
    if same {
        return Ok(Rule::SameSubject);
    }
    let list: BTreeMap<String, String> = read_list(list)?;
    Ok(Rule::Listed(list))
}
