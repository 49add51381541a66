//! A provider moved: the identities of the old one get a twin at the new one, in the same accounts. Both open them until an
//! owner ends the old ones (FR-57). It is decided in the transaction that does it, a few hundred accounts at a time: what
//! is done stays done, and the next round goes on.
use std::collections::{BTreeMap, HashMap};

pub use domain::identity_move::{BadLine, Conflict, LineProblem, NotMoved, Plan, Rule, read_list};
use domain::{
    AccountId, EventKind, LinkId, Refusal, Right,
    account_rules::rewind::Changed,
    audit_events::Target,
    identity_move::{Linked, may_move},
};
use serde_json::json;
use storage::{
    Conn,
    accounts::links::{
        Link, NewLink, add_link, find_claims, find_holders, list_links, list_links_of_provider,
        list_links_with_twin, release_link,
    },
    policy::providers::{Provider, find_provider},
    sign_in::sessions::end_sessions_by_link,
};

use crate::{
    Authority, Error, RequestContext,
    account::changes::ProfileChange,
    crypto::random::row_id,
    notifications::messages::Kind,
    services::ProviderAdmin,
    transaction::{Actor, Transactions},
};

/// Accounts that one transaction changes.
const BATCH: usize = 250;
/// Identities that are read at once.
const PAGE: i64 = 500;
/// Transactions of one act; the next one goes on where it ended.
const ROUNDS: usize = 8;

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

impl ProviderAdmin {
    /// What a move would do; nothing is changed.
    ///
    /// # Errors
    /// Without the right to say whose word counts, or [`Refusal::NotFound`].
    pub async fn plan_move(
        &self,
        authority: &Authority,
        asked: Move,
    ) -> Result<Result<Plan<Link>, NotMoved>, Error> {
        self.with_authority(authority, Right::ChangeTrust, move |this, c, _| {
            Box::pin(async move {
                let (from, to) = this.both(c, &asked).await?;
                let plan = this.plan(c, &from, &to, &asked.rule).await?;
                let confirmed = Some(plan.moves);
                Ok(match this.judge(c, &plan, (&from, &to), confirmed).await? {
                    Ok(()) | Err(NotMoved::Conflicts(_)) => Ok(plan),
                    Err(why) => Err(why),
                })
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

    /// Ends the identities of the old provider whose account has one of the new one.
    ///
    /// # Errors
    /// As [`ProviderAdmin::plan_move`].
    pub async fn end_moved(
        &self,
        authority: &Authority,
        from: &str,
        to: &str,
    ) -> Result<Moved, Error> {
        let mut moved = Moved { done: 0, still: 0 };
        for _ in 0..ROUNDS {
            let asked = Move { from: from.to_owned(), to: to.to_owned(), rule: Rule::SameSubject };
            let batch = self
                .with_authority::<_, Error, _>(
                    authority,
                    Right::ChangeTrust,
                    move |this, c, actor| {
                        Box::pin(async move {
                            let (from, to) = this.both(c, &asked).await?;
                            this.end_batch(c, (&from, &to), &actor).await
                        })
                    },
                )
                .await?;
            moved = Moved { done: moved.done + batch.done, still: batch.still };
            if moved.still == 0 {
                break;
            }
        }
        Ok(moved)
    }

    async fn end_batch(
        &self,
        c: &mut Conn,
        (from, to): (&Provider, &Provider),
        by: &Actor,
    ) -> Result<Moved, Error> {
        let limit = i64::try_from(BATCH + 1).unwrap_or(i64::MAX);
        let found = list_links_with_twin(c, self.org, from.id, to.id, limit).await?;
        let done = found.len().min(BATCH);
        for (link, account) in found.iter().take(BATCH).copied() {
            self.end_twin(c, link, account, from, by).await?;
        }
        if done > 0 {
            let detail = json!({"to": to.key, "ended": done});
            let event = by.event(EventKind::ProviderMoved, Target::Provider(from.key.clone()));
            self.record(c, event.by_provider(from.key.clone()).detail(detail)).await?;
        }
        Ok(Moved { done, still: found.len() - done })
    }

    /// Both providers, of this organisation.
    async fn both(&self, c: &mut Conn, asked: &Move) -> Result<(Provider, Provider), Error> {
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
        loop {
            let page = list_links_of_provider(c, self.org, from.id, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            let subjects: Vec<&str> =
                page.iter().filter_map(|link| rule.subject(&link.subject)).collect();
            let holders: HashMap<String, AccountId> =
                find_holders(c, self.org, &to.namespace, &subjects).await?.into_iter().collect();
            for link in page {
                let holder = rule.subject(&link.subject).and_then(|s| holders.get(s)).copied();
                let (account, subject) = (link.account_id, link.subject.clone());
                plan.add(rule, Linked { link, account, subject, holder }, BATCH);
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
            evidence: json!({"moved_from": old.id, "by": by.name()}).to_string(),
            label: old.label.clone(),
        };
        if !add_link(c, self.org, &new, self.now()).await? {
            return Err(storage::Error::Duplicate.into());
        }
        self.told(c, changing, (Changed::Link, EventKind::LinkAdded, Kind::LinkNotice), to, old, by)
            .await
    }

    /// The end of an old identity, as its owner could have ended it.
    async fn end_twin(
        &self,
        c: &mut Conn,
        link: LinkId,
        account: AccountId,
        from: &Provider,
        by: &Actor,
    ) -> Result<(), Error> {
        let changing = self.accounts().change(c, account).await?;
        let old = list_links(c, account)
            .await?
            .into_iter()
            .find(|l| l.id == link)
            .ok_or(storage::Error::Changed)?;
        if !release_link(c, account, link, self.now()).await? {
            return Err(storage::Error::Changed.into());
        }
        end_sessions_by_link(c, account, link, "").await?;
        let what = (Changed::Unlink, EventKind::LinkRemoved, Kind::UnlinkNotice);
        self.told(c, changing, what, from, &old, by).await
    }

    async fn told(
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
