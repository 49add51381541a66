//! The journal of an account's changes. Whoever changes what opens an account begins here and ends here: what was added
//! and removed is read from the rows, so nobody can forget to say it, and a notice has an undo link only for a change
//! that stands in the journal.
use crate::services::Accounts;
use domain::{
    AccountId, Refusal,
    account_rules::rewind::{Change, Changed, KEPT, Way},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use storage::{
    Conn,
    accounts::{
        access::{AccessRow, list_ways},
        bump_rev, find_account,
        journal::{ChangeRow, add_change, list_changes},
    },
};

use crate::{Error, account::profile::Before, transaction::LiveRequest};

/// A change that is under way: the account's mutex is held, and this is what it had before.
pub(crate) struct Changing {
    pub account: AccountId,
    rev: i64,
    before: Vec<AccessRow>,
}

/// A change that stands in the journal.
#[derive(Debug, Clone)]
pub(crate) struct Noted {
    pub rev: i64,
    /// Addresses that it added: who just proved one need not be told.
    pub added: Vec<String>,
}

/// What changed in the profile by it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProfileChange {
    pub provider: String,
    pub before: Vec<Before>,
}

#[derive(Serialize, Deserialize)]
struct Body {
    added: BTreeSet<Way>,
    removed: BTreeSet<Way>,
    #[serde(default)]
    profile: ProfileChange,
}

/// An entry with everything that taking it back needs.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub change: Change,
    pub kept: Vec<AccessRow>,
    pub profile: ProfileChange,
}

/// What rows are for the rewind.
pub(crate) fn ways_of(rows: &[AccessRow]) -> BTreeSet<Way> {
    rows.iter().flat_map(AccessRow::ways).collect()
}

/// Who did it, for the journal: the session, or nobody's.
pub(crate) fn doer(ctx: &LiveRequest) -> String {
    ctx.session.as_ref().map(|session| format!("session:{}", session.public_id)).unwrap_or_default()
}

impl Accounts {
    /// The first thing in every transaction that changes what opens an account: takes its mutex and a picture.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`] where there is no such account.
    pub(crate) async fn change(&self, c: &mut Conn, account: AccountId) -> Result<Changing, Error> {
        let row = find_account(c, self.org, account).await?.ok_or(Refusal::SessionEnded)?;
        bump_rev(c, account, row.rev).await?;
        Ok(Changing { account, rev: row.rev + 1, before: list_ways(c, account).await? })
    }

    /// The last thing: what is there now and was not, and what was there and is not any more, goes into the journal.
    /// `None`: nothing that opens the account changed.
    pub(crate) async fn changed(
        &self,
        c: &mut Conn,
        changing: Changing,
        kind: Changed,
        by: &str,
        profile: ProfileChange,
    ) -> Result<Option<Noted>, Error> {
        let now = list_ways(c, changing.account).await?;
        let (was, is) = (ways_of(&changing.before), ways_of(&now));
        let body = Body {
            added: is.difference(&was).cloned().collect(),
            removed: was.difference(&is).cloned().collect(),
            profile,
        };
        if body.added.is_empty() && body.removed.is_empty() && body.profile.before.is_empty() {
            return Ok(None);
        }
        let kept: Vec<AccessRow> = changing
            .before
            .into_iter()
            .filter(|row| row.ways().iter().any(|w| body.removed.contains(w)))
            .collect();
        let row = ChangeRow {
            rev: changing.rev,
            at: self.now(),
            kind: kind.name().to_owned(),
            done_by: by.to_owned(),
            body: serde_json::to_string(&body)?,
            kept: self.keys.seal(&purpose(changing.account), &serde_json::to_vec(&kept)?)?,
            rewound: false,
        };
        add_change(c, changing.account, &row).await?;
        let address = |w: &Way| {
            if let Way::Address { canonical, .. } = w { Some(canonical.clone()) } else { None }
        };
        Ok(Some(Noted {
            rev: changing.rev,
            added: body.added.iter().filter_map(address).collect(),
        }))
    }

    /// The journal of the time in which changes can be taken back.
    pub(crate) async fn journal(
        &self,
        c: &mut Conn,
        account: AccountId,
    ) -> Result<Vec<Entry>, Error> {
        let mut all = Vec::new();
        for row in list_changes(c, account, self.now() - KEPT).await? {
            let Some(kind) = Changed::parse(&row.kind) else { continue };
            let body: Body = serde_json::from_str(&row.body)?;
            let kept = self
                .keys
                .open_sealed(&purpose(account), &row.kept)
                .ok_or_else(|| Error::Internal("a sealed change does not open".into()))?;
            let change = Change {
                rev: row.rev,
                at: row.at,
                kind,
                by: row.done_by,
                added: body.added,
                removed: body.removed,
                rewound: row.rewound,
            };
            all.push(Entry { change, kept: serde_json::from_slice(&kept)?, profile: body.profile });
        }
        Ok(all)
    }
}

fn purpose(account: AccountId) -> String {
    format!("change-{account}")
}
