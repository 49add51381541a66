//! A link of "this wasn't me" with the account that it is about, and what the page that it leads to rests on.
use crate::{
    Error, RequestContext,
    account::changes::{Entry, ways_of},
    audit::Event,
    crypto::random::hash,
    services::Rewinds,
};
use domain::{
    CredentialId, DAY, EventKind, MINUTE, Micros, Refusal, Ruling,
    account_rules::{
        rewind::{Change, Changed, KEPT, Rewind, Span, WAIT, Way, rewind},
        undo::{Undo, UndoBy, UndoOutcome, UndoStep},
    },
    audit_events::{Actor, Target},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use storage::{
    Conn,
    accounts::{
        Account,
        access::{AccessRow, list_barred, list_ways},
        find_account, hold_account,
        journal::{UndoLink, Waiting, find_rewind, find_undo_link},
    },
};

/// How long a question lives that a session asked, and a credential that was shown to one.
pub(super) const ASKED: Micros = 30 * MINUTE;

/// A credential that was shown on a link's page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Shown {
    pub(super) way: Way,
    pub(super) browser: Vec<u8>,
    pub(super) at: Micros,
    /// It stands for the second factor too.
    pub(super) factor: bool,
}

/// A link with the account that it is about.
pub(super) struct Open {
    pub(super) link: UndoLink,
    pub(super) account: Account,
    pub(super) now: BTreeSet<Way>,
    pub(super) rows: Vec<AccessRow>,
    pub(super) barred: BTreeSet<Way>,
    pub(super) entries: Vec<Entry>,
    pub(super) waiting: Option<Waiting>,
}

impl Open {
    pub(super) fn journal(&self) -> Vec<Change> {
        self.entries.iter().map(|e| e.change.clone()).collect()
    }

    /// What goes for good: what is there, and what a link's word only suspended.
    pub(super) fn goes(&self, answer: &Rewind) -> BTreeSet<Way> {
        let waits = self
            .entries
            .iter()
            .filter(|e| !e.change.rewound && e.change.kind == Changed::Suspended)
            .flat_map(|e| &e.change.removed);
        answer.remove.iter().chain(waits.filter(|w| !answer.after.contains(w))).cloned().collect()
    }

    pub(super) fn answer(&self, span: Span) -> Rewind {
        rewind(&self.journal(), &self.now, &self.barred, span)
    }

    pub(super) fn live(&self, rev: i64) -> Option<&Entry> {
        self.entries.iter().find(|e| {
            e.change.rev == rev && !e.change.rewound && e.change.kind != Changed::Suspended
        })
    }

    /// The row of a way: as it is now, or as it was when it was last removed.
    pub(super) fn row(&self, way: &Way) -> Option<&AccessRow> {
        let has = |row: &&AccessRow| row.ways().contains(way);
        self.rows
            .iter()
            .find(has)
            .or_else(|| self.entries.iter().rev().flat_map(|e| &e.kept).find(has))
    }

    pub(super) fn secret(&self, credential: CredentialId) -> Option<String> {
        self.rows.iter().chain(self.entries.iter().rev().flat_map(|e| &e.kept)).find_map(|row| {
            match row {
                AccessRow::Credential { id, secret, .. } if *id == credential => {
                    Some(secret.clone())
                }
                _ => None,
            }
        })
    }

    pub(super) fn shown(&self, browser: &[u8], now: Micros) -> Option<Shown> {
        let shown: Shown = serde_json::from_str(&self.link.shown).ok()?;
        (shown.browser == browser && now - shown.at < ASKED).then_some(shown)
    }

    /// A link has begun a rewind from its change on, or from an earlier one.
    pub(super) fn begun(&self) -> bool {
        self.waiting.is_some_and(|w| w.first <= self.link.rev)
    }
}

impl Rewinds {
    pub(super) async fn open_undo(&self, c: &mut Conn, secret: &str) -> Result<Open, Error> {
        let link = find_undo_link(c, self.org, &key_of(secret)?, self.now())
            .await?
            .ok_or(Refusal::UndoOver)?;
        let open = self.open_account_undo(c, link).await?;
        // Its change was taken back, or the time for it is over.
        if open.live(open.link.rev).is_none() {
            return Err(Refusal::UndoOver.into());
        }
        Ok(open)
    }

    /// The same in a transaction that changes the account: nobody else does from here on.
    pub(super) async fn hold_undo(&self, c: &mut Conn, secret: &str) -> Result<Open, Error> {
        let link = find_undo_link(c, self.org, &key_of(secret)?, self.now())
            .await?
            .ok_or(Refusal::UndoOver)?;
        hold_account(c, link.account_id).await?;
        self.open_undo(c, secret).await
    }

    pub(super) async fn open_account_undo(
        &self,
        c: &mut Conn,
        link: UndoLink,
    ) -> Result<Open, Error> {
        let id = link.account_id;
        let account = find_account(c, self.org, id).await?.ok_or(Refusal::UndoOver)?;
        let rows = list_ways(c, id).await?;
        Ok(Open {
            account,
            now: ways_of(&rows),
            rows,
            barred: list_barred(c, id).await?.into_iter().collect(),
            entries: self.accounts().journal(c, id).await?,
            waiting: find_rewind(c, id).await?,
            link,
        })
    }

    pub(super) async fn decide_undo(
        &self,
        c: &mut Conn,
        open: &Open,
        answer: &Rewind,
        step: UndoStep,
        by: UndoBy,
    ) -> Result<Ruling<UndoOutcome>, Error> {
        let opens = |w: &&Way| w.is_credential() || matches!(w, Way::Address { owner: true, .. });
        let ways_left =
            u32::try_from(answer.after.iter().filter(opens).count()).unwrap_or(u32::MAX);
        let undo =
            Undo { account: open.account.id, state: open.account.state(), step, by, ways_left };
        let policy = self.configuration().policy_context(c, None).await?.policy(None);
        let ruling = domain::account_rules::undo::undo(undo, &policy);
        ruling.outcome?;
        Ok(ruling)
    }
}

pub(super) fn undone<S>(
    ctx: &RequestContext<S>,
    by: UndoBy,
    kind: EventKind,
    open: &Open,
    decision: &Ruling<UndoOutcome>,
) -> Event {
    let what = open.live(open.link.rev).map(|e| e.change.kind);
    let (id, target) = (open.account.id, Target::Account(open.account.id));
    let event = match by {
        UndoBy::Waited => Event::system(kind, target),
        _ => Event::of(ctx, kind, Actor::Person(id), target),
    };
    event.detail(json!({"what": what, "reasons": decision.reasons, "policy_version": decision.policy_version}))
}

/// The key of a secret's row.
fn key_of(secret: &str) -> Result<Vec<u8>, Refusal> {
    if secret.len() > 64 { Err(Refusal::UndoOver) } else { Ok(hash(secret)) }
}

/// A change can be taken back for so long, and a closing account is gone no earlier.
const _: () = assert!(KEPT == 14 * DAY && WAIT < KEPT);
