//! Two accounts of one person become one: both are shown, everything that moves is previewed, and for two weeks it can
//! be taken back. The other account's id leads to the one that stays.
use domain::{
    AccountId, EventKind, Outcome, Policy, Refusal, Right, Ruling,
    account_rules::{
        merge::{Merge, MergeBy, MergeOutcome, merge},
        rewind::Changed,
    },
    attempt::{AttemptProgress, ProvedBy, State, Then},
    audit_events::{Actor, Target},
    email_address::Canonical,
    linking::facts::{AccountState, Known},
    path::Continuation,
};
use serde_json::json;
use storage::{
    Conn, Key,
    accounts::{
        attributes::list_attributes,
        bump_rev, find_account, find_owner,
        links::list_links,
        list_emails,
        merges::{Moved, add_merge, find_merge, move_back, move_over, remove_merge},
        set_account_state,
        snapshots::{Snapshot, load_snapshots},
    },
    sign_in::sessions::list_sessions,
};

use crate::{
    Error, LoginOutcome, RequestContext,
    account::changes::{Noted, ProfileChange, doer},
    attempt::opened::Opened,
    audit::{Event, trace_of},
    crypto::random::{row_id, support_code},
    notifications::messages::Kind,
    policy::context::PolicyContext,
    services::Merges,
    sign_in::{login_outcome::TxOutcome, sessions::Opening, upstream_identity::UpstreamIdentity},
    transaction::{LiveRequest, Transactions},
};

/// One line of the preview: what both have, and what the account has afterwards. `kind` names the line for the texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeRow {
    pub kind: &'static str,
    /// A profile field's name, or empty.
    pub field: String,
    pub mine: Vec<String>,
    pub theirs: Vec<String>,
    pub becomes: Vec<String>,
}

/// Whose two accounts, and on whose word.
#[derive(Debug, Clone, Copy)]
struct Pair {
    account: AccountId,
    other: AccountId,
    by: MergeBy,
    reauthenticated: bool,
}

impl Merges {
    /// Whether the session's person may begin to merge: the policy's word, before any other account is named.
    ///
    /// # Errors
    /// [`Refusal::MergeOff`], [`Refusal::NotAllowed`] where the account may not be linked to (MG-01), [`Refusal::NotRecent`].
    pub async fn may_merge(&self, ctx: &RequestContext) -> Result<(), Error> {
        let session = ctx.signed_in()?;
        let mut conn = self.store.read().await?;
        let c = &mut conn;
        let config = self.configuration().policy_context(c, None).await?;
        let policy = config.policy(None);
        let reauthenticated = session.is_reauthenticated(self.now(), &policy);
        let snapshots = load_snapshots(c, self.org, &[session.account]).await?;
        let own = snapshots.get(&session.account).ok_or(Refusal::SessionEnded)?;
        merge(beginning(&config, own, MergeBy::BothProofs, reauthenticated), &policy).outcome?;
        Ok(())
    }

    /// The other account is shown by its address and password, by the limiter of every sign-in.
    ///
    /// # Errors
    /// [`Refusal::CredentialsWrong`], [`Refusal::RateLimited`]; refusals of the decision.
    pub async fn merge_by_password(
        &self,
        ctx: &RequestContext,
        address: &str,
        password: &str,
    ) -> Result<LoginOutcome, Error> {
        let account = ctx.signed_in()?.account;
        self.may_merge(ctx).await?;
        let (other, proof) = self.passwords().check_password(ctx, address, password).await?;
        self.retry_step(ctx, async move |this, c, ctx| {
            let progress =
                AttemptProgress { proof: Some(proof.clone()), ..AttemptProgress::default() };
            this.shown_other(c, &ctx, account, other, progress, None).await
        })
        .await
    }

    /// A provider came back for a start that was made to show the other account.
    pub(crate) async fn merge_by_identity(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        identity: &UpstreamIdentity,
        session: &[u8],
    ) -> Result<TxOutcome, Error> {
        let account = ctx
            .session
            .as_ref()
            .filter(|own| own.hash == session)
            .ok_or(Refusal::SessionEnded)?
            .account;
        let config = self.decisions().hold(c, identity, None).await?;
        let (facts, _, decision) = self
            .decisions()
            .decide_on(
                c,
                identity,
                crate::sign_in::facts::Ask::SignIn {
                    act: domain::linking::facts::UserAction::Initial,
                    proven: false,
                    progress: &AttemptProgress::default(),
                },
                &config,
            )
            .await?;
        // Worth as much as a sign-in with it; what that account would still be asked for is asked for here.
        let opens = matches!(
            decision.outcome,
            Outcome::SignIn { .. } | Outcome::SecondFactor { .. } | Outcome::Details { .. }
        );
        match facts.known.filter(|_| opens) {
            Some(known) => {
                let spoken = facts.provider.is_some_and(|p| p.second_factor);
                let progress = AttemptProgress {
                    factor: spoken.then(|| (known.account, "provider".to_owned())),
                    proof: known.link.map(ProvedBy::Identity),
                    ..AttemptProgress::default()
                };
                self.shown_other(c, ctx, account, known.account, progress, None).await
            }
            None => Ok(Err((Refusal::NoAccount, support_code()))),
        }
    }

    /// Both are shown, as far as it goes: the preview, the other account's second factor, or why not.
    pub(crate) async fn shown_other(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        account: AccountId,
        other: AccountId,
        progress: AttemptProgress,
        open: Option<&Opened>,
    ) -> Result<TxOutcome, Error> {
        let session = ctx.session_of(account)?;
        let policy = self.configuration().policy_context(c, None).await?.policy(None);
        let at = open.map_or_else(|| self.now(), |open| open.row.created_at);
        let pair = Pair {
            account,
            other,
            by: MergeBy::BothProofs,
            reauthenticated: session.is_reauthenticated(at, &policy),
        };
        let (facts, decision) = self.decide_merge(c, &policy, pair, &progress).await?;
        let state = match decision.outcome {
            Ok(MergeOutcome::Merge) => State::Merging { account, other, progress },
            Ok(MergeOutcome::SecondFactor { account: whose }) => {
                State::second_factor(whose, Then::Merge { account, other }, progress)
            }
            Err(refusal) => {
                return self.refuse_merge(c, ctx, &facts, &decision, account, refusal).await;
            }
        };
        self.attempts().wait_in(c, ctx, open, "merge", state, &Continuation::Account).await
    }

    async fn refuse_merge(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        facts: &Merge,
        decision: &Ruling<MergeOutcome>,
        account: AccountId,
        refusal: Refusal,
    ) -> Result<TxOutcome, Error> {
        let support = support_code();
        let event = Event::own(ctx, EventKind::AccountNotMerged, account)
            .code(refusal.code())
            .support(&support)
            .detail(trace_of(facts, decision));
        self.record(c, event).await?;
        Ok(Err((refusal, support)))
    }

    async fn decide_merge(
        &self,
        c: &mut Conn,
        policy: &Policy,
        pair: Pair,
        progress: &AttemptProgress,
    ) -> Result<(Merge, Ruling<MergeOutcome>), Error> {
        let config = self.configuration().policy_context(c, None).await?;
        let snapshots = load_snapshots(c, self.org, &[pair.account, pair.other]).await?;
        let (own, other) = (
            snapshots.get(&pair.account).ok_or(Refusal::SessionEnded)?,
            snapshots.get(&pair.other).ok_or(Refusal::NoAccount)?,
        );
        let facts = Merge {
            account: own.account,
            state: own.state,
            by: pair.by,
            reauthenticated: pair.reauthenticated,
            misfit: config.misfit(own, Some(other)),
            administrator: own.administrator || other.administrator,
            second_factor: own.second_factor,
            other: Known {
                account: other.account,
                state: other.state,
                link: None,
                second_factor: other.second_factor,
            },
            factor_shown: progress.factor.as_ref().map(|(account, _)| *account),
            proof_gone: pair.by == MergeBy::BothProofs
                && !self.decisions().still_proves(c, pair.other, progress.proof.as_ref()).await?,
        };
        let decision = merge(facts, policy);
        Ok((facts, decision))
    }

    /// What the merge would come to, line by line.
    pub(crate) async fn merge_rows(
        &self,
        c: &mut Conn,
        account: AccountId,
        other: AccountId,
    ) -> Result<Vec<MergeRow>, Error> {
        let row =
            |kind, field: &str, mine: Vec<String>, theirs: Vec<String>, becomes: Vec<String>| {
                MergeRow { kind, field: field.to_owned(), mine, theirs, becomes }
            };
        let both = |kind, mine: Vec<String>, theirs: Vec<String>| {
            let more = theirs.iter().filter(|t| !mine.contains(t)).cloned();
            let becomes = mine.iter().cloned().chain(more).collect();
            row(kind, "", mine, theirs, becomes)
        };
        let name = |a: Option<storage::accounts::Account>| {
            a.map(|a| a.name).filter(|n| !n.is_empty()).into_iter().collect::<Vec<_>>()
        };
        let (mine, theirs) = (
            name(find_account(c, self.org, account).await?),
            name(find_account(c, self.org, other).await?),
        );
        let mut rows = vec![row("name", "", mine.clone(), theirs, mine)];
        let config = self.configuration().policy_context(c, None).await?;
        let shown = |l: storage::accounts::links::Link| {
            let provider =
                config.provider(l.provider_id).map(|p| p.name.clone()).unwrap_or_default();
            if l.label.is_empty() { provider } else { format!("{provider} ({})", l.label) }
        };
        let identities = |links: Vec<storage::accounts::links::Link>| {
            links.into_iter().map(shown).collect::<Vec<_>>()
        };
        let (mine, theirs) =
            (identities(list_links(c, account).await?), identities(list_links(c, other).await?));
        let becomes = mine.iter().chain(&theirs).cloned().collect();
        rows.push(row("identities", "", mine, theirs, becomes));
        let typed = |all: Vec<storage::accounts::Email>| {
            all.into_iter().map(|e| e.typed).collect::<Vec<_>>()
        };
        rows.push(both(
            "emails",
            typed(list_emails(c, account).await?),
            typed(list_emails(c, other).await?),
        ));
        let snapshots = load_snapshots(c, self.org, &[account, other]).await?;
        let has = |id: AccountId, what: fn(&Snapshot) -> bool| snapshots.get(&id).is_some_and(what);
        let yes = |on: bool| if on { vec!["yes".to_owned()] } else { Vec::new() };
        let (mine, theirs) = (has(account, |s| s.password), has(other, |s| s.password));
        rows.push(row("password", "", yes(mine), yes(theirs), yes(mine || theirs)));
        let (mine, theirs) = (has(account, |s| s.second_factor), has(other, |s| s.second_factor));
        rows.push(row("second-factor", "", yes(mine), yes(theirs), yes(mine)));
        let (mine, theirs) = (list_attributes(c, account).await?, list_attributes(c, other).await?);
        let names: std::collections::BTreeSet<&String> =
            mine.iter().chain(&theirs).map(|f| &f.name).filter(|n| *n != "name").collect();
        for name in names {
            let value = |all: &[storage::accounts::attributes::Attribute]| {
                all.iter()
                    .find(|f| f.name == *name)
                    .map(|f| f.value.clone())
                    .into_iter()
                    .collect::<Vec<_>>()
            };
            let (mine, theirs) = (value(&mine), value(&theirs));
            let becomes = if mine.is_empty() { theirs.clone() } else { mine.clone() };
            rows.push(row("field", name, mine, theirs, becomes));
        }
        let now = self.now();
        let open = |n: usize| vec![n.to_string()];
        let (mine, theirs) = (
            list_sessions(c, account, now, 0).await?.len(),
            list_sessions(c, other, now, 0).await?.len(),
        );
        rows.push(row("sessions", "", open(mine), open(theirs), open(mine)));
        rows.retain(|r| !(r.mine.is_empty() && r.theirs.is_empty()));
        Ok(rows)
    }

    /// The word on the preview: the accounts become one.
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] elsewhere than on the preview; refusals of the decision, taken once more.
    pub async fn confirm_merge(
        &self,
        ctx: &RequestContext,
        id: &str,
    ) -> Result<LoginOutcome, Error> {
        let secret = id.to_owned();
        self.retry_step(ctx, async move |this, c, ctx| {
            let open = this.attempts().opened_for_step(c, &ctx, &secret).await?;
            let ctx = ctx.for_continuation(&open.continuation);
            let (account, other, progress) = open.state.merging()?;
            let progress = progress.clone();
            let session = ctx.session_of(account)?;
            let config = this.configuration().policy_context(c, None).await?;
            let policy = config.policy(None);
            let pair = Pair {
                account,
                other,
                by: MergeBy::BothProofs,
                reauthenticated: session.is_reauthenticated(open.row.created_at, &policy),
            };
            let (facts, decision) = this.decide_merge(c, &policy, pair, &progress).await?;
            match decision.outcome {
                Ok(MergeOutcome::Merge) => {}
                Ok(MergeOutcome::SecondFactor { .. }) => {
                    return Err(Refusal::AttemptStep.into());
                }
                Err(refusal) => {
                    this.attempts().move_on(c, &open, &State::Refused { refusal }, "").await?;
                    return this.refuse_merge(c, &ctx, &facts, &decision, account, refusal).await;
                }
            }
            this.attempts().move_on(c, &open, &State::Done, "").await?;
            this.merge_accounts(
                c,
                &ctx,
                (account, other),
                Event::own(&ctx, EventKind::AccountMerged, account)
                    .detail(trace_of(&facts, &decision)),
            )
            .await?;
            let secret = this
                .sessions()
                .open_session(c, &ctx, &config, &Opening::unchanged(session), None)
                .await?;
            Ok(Ok(LoginOutcome::SignedIn {
                secret,
                continuation: open.continuation.clone(),
                method: session.method.clone(),
            }))
        })
        .await
    }

    /// Whether an administrator may merge another account into this one.
    pub(crate) async fn admin_may_merge(
        &self,
        c: &mut Conn,
        account: AccountId,
    ) -> Result<bool, Error> {
        let config = self.configuration().policy_context(c, None).await?;
        let snapshots = load_snapshots(c, self.org, &[account]).await?;
        Ok(snapshots.get(&account).is_some_and(|own| {
            merge(beginning(&config, own, MergeBy::Admin, true), &config.policy(None)).outcome
                == Ok(MergeOutcome::Merge)
        }))
    }

    /// An administrator merges, where the policy leaves it to them.
    ///
    /// # Errors
    /// As [`crate::AdminRights::allowed`]; [`Refusal::BadRequest`] for what names no account: an id or an owned address
    /// does; refusals of the decision.
    pub async fn admin_merge(
        &self,
        ctx: &RequestContext,
        account: AccountId,
        other: &str,
    ) -> Result<(), Error> {
        self.admin_rights().allowed(ctx, Right::GovernAccounts).await?;
        let other = match (other.trim().parse(), Canonical::parse(other)) {
            (Ok(id), _) => Some(id),
            (Err(_), Ok(address)) => {
                find_owner(&mut self.store.read().await?, self.org, address.as_str()).await?
            }
            (Err(_), Err(_)) => None,
        };
        let other = other.ok_or(Refusal::BadRequest)?;
        self.administer(ctx, Right::GovernAccounts, move |this, c, admin| {
            Box::pin(async move {
                let policy = this.configuration().policy_context(c, None).await?.policy(None);
                let (facts, decision) = this
                    .decide_merge(
                        c,
                        &policy,
                        Pair { account, other, by: MergeBy::Admin, reauthenticated: true },
                        &AttemptProgress::default(),
                    )
                    .await?;
                decision.outcome?;
                this.merge_accounts(
                    c,
                    admin.acting(),
                    (account, other),
                    admin
                        .event(EventKind::AccountMerged, Target::Account(account))
                        .detail(trace_of(&facts, &decision)),
                )
                .await
            })
        })
        .await
    }

    /// Everything moves; the other account keeps its id, opens nothing and leads here. Every address of both hears of
    /// it and can take it back.
    async fn merge_accounts(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        (account, other): (AccountId, AccountId),
        event: Event,
    ) -> Result<(), Error> {
        let by = match event.actor() {
            Actor::Administrator(admin) => format!("admin:{admin}"),
            _ => doer(ctx),
        };
        let changing = self.accounts().change(c, account).await?;
        self.accounts().change(c, other).await?;
        let id = row_id(self.now());
        self.sessions().end_everything(c, other, None).await?;
        let moved = move_over(c, other, account).await?;
        set_account_state(c, self.org, other, AccountState::Merged).await?;
        add_merge(
            c,
            self.org,
            &storage::accounts::merges::Merge {
                id: Key(id),
                account_id: account,
                other_id: other,
                moved: serde_json::to_string(&moved)?,
                created_at: self.now(),
            },
        )
        .await?;
        self.record(c, event.clone().about(Target::Account(other))).await?;
        self.record(c, event).await?;
        // The addresses that came along hear of it, too.
        let noted = self
            .accounts()
            .changed(c, changing, Changed::Merge, &by, ProfileChange::default())
            .await?
            .map(|noted| Noted { added: Vec::new(), ..noted });
        self.notifications()
            .notify(c, account, Kind::MergeNotice, ctx, "", "", noted.as_ref())
            .await
    }

    /// The two are two again: what moved and is still there goes back, everybody is signed out of both.
    pub(crate) async fn unmerge<S>(
        &self,
        c: &mut Conn,
        ctx: &RequestContext<S>,
        id: [u8; 16],
    ) -> Result<(), Error> {
        let row = find_merge(c, Key(id)).await?.ok_or(Refusal::UndoOver)?;
        let moved: Moved = serde_json::from_str(&row.moved).map_err(|_| Refusal::UndoOver)?;
        let other = find_account(c, self.org, row.other_id)
            .await?
            .filter(|a| a.state() == AccountState::Merged)
            .ok_or(Refusal::UndoOver)?;
        bump_rev(c, other.id, other.rev).await?;
        move_back(c, row.account_id, row.other_id, &moved).await?;
        set_account_state(c, self.org, row.other_id, AccountState::Active).await?;
        remove_merge(c, Key(id)).await?;
        self.record(
            c,
            Event::own(ctx, EventKind::AccountUndone, row.other_id)
                .detail(json!({"what": "merge"})),
        )
        .await
    }
}

/// Facts before the other account is named: some account, about which nothing is known yet.
fn beginning(config: &PolicyContext, own: &Snapshot, by: MergeBy, reauthenticated: bool) -> Merge {
    Merge {
        account: own.account,
        state: own.state,
        by,
        reauthenticated,
        misfit: config.misfit(own, None),
        administrator: own.administrator,
        second_factor: own.second_factor,
        other: Known {
            account: AccountId([0; 16]),
            state: AccountState::Active,
            link: None,
            second_factor: false,
        },
        factor_shown: None,
        proof_gone: false,
    }
}
