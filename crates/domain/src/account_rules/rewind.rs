//! "This wasn't me" is a rewind (threat rule 18). Every change of an account is an entry of a journal with what it added
//! and what it removed. From the journal, what is there now and the change that somebody did not make, one function
//! answers how the account was before that change: what a notice's link alone suspends, and what is removed and restored
//! for good once a credential from before was shown, or after 72 hours.
//!
//! *Later* means every later change, whoever seems to have made it: an intruder may use the owner's own session.
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{CredentialId, DAY, HOUR, LinkId, Micros};

/// How long a change can be taken back, its notices' links work, and a former address is reserved and hears of
/// everything (threat rules 18 and 19).
pub const KEPT: Micros = 14 * DAY;
/// How long a rewind waits that no credential from before was shown for.
pub const WAIT: Micros = 72 * HOUR;

/// Something that an account has and that matters for who gets into it. Two values are the same thing only if they
/// are equal in every field: an address that got an owner is another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// `proof`: `none`, `code` or `provider:<id>`.
    Address {
        canonical: String,
        proof: String,
        owner: bool,
    },
    /// The primary address.
    Primary {
        canonical: String,
    },
    Identity {
        link: LinkId,
    },
    Password {
        id: CredentialId,
    },
    /// A second factor.
    Factor {
        id: CredentialId,
    },
    /// The recovery codes that were made at a moment.
    RecoveryCodes {
        at: Micros,
    },
    Passkey {
        id: Vec<u8>,
    },
    /// A proved telephone number.
    Phone {
        number: String,
    },
    /// Another account became part of this one.
    Merged {
        merge: [u8; 16],
    },
    /// It is about to be deleted.
    Deletion,
}

/// What an account has at most one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot<'a> {
    Address(&'a str),
    Primary,
    Password,
    Factor,
    RecoveryCodes,
    Phone,
}

impl Way {
    fn slot(&self) -> Option<Slot<'_>> {
        match self {
            Self::Address { canonical, .. } => Some(Slot::Address(canonical)),
            Self::Primary { .. } => Some(Slot::Primary),
            Self::Password { .. } => Some(Slot::Password),
            Self::Factor { .. } => Some(Slot::Factor),
            Self::RecoveryCodes { .. } => Some(Slot::RecoveryCodes),
            Self::Phone { .. } => Some(Slot::Phone),
            Self::Identity { .. } | Self::Passkey { .. } | Self::Merged { .. } | Self::Deletion => {
                None
            }
        }
    }

    /// Shown, it proves that somebody had the account: a mailbox or a phone does not (policy, ladder of proofs).
    #[must_use]
    pub fn is_credential(&self) -> bool {
        matches!(self, Self::Identity { .. } | Self::Password { .. } | Self::Passkey { .. })
    }

    /// It stops at a link's word. A second factor never does: it keeps people out and lets nobody in (I15).
    fn can_be_suspended(&self) -> bool {
        match self {
            Self::Address { .. }
            | Self::Primary { .. }
            | Self::Identity { .. }
            | Self::Password { .. }
            | Self::Passkey { .. }
            | Self::Phone { .. }
            | Self::Deletion => true,
            Self::Factor { .. } | Self::RecoveryCodes { .. } | Self::Merged { .. } => false,
        }
    }
}

crate::named! {
    /// What kind of change it was, for texts.
    pub enum Changed {
        /// Another primary address.
        Email = "email",
        /// An address was removed.
        EmailGone = "email_gone",
        Link = "link",
        Unlink = "unlink",
        Password = "password",
        PasswordGone = "password_gone",
        SecondFactor = "second_factor",
        SecondFactorGone = "second_factor_gone",
        RecoveryCodes = "recovery_codes",
        Passkey = "passkey",
        PasskeyGone = "passkey_gone",
        Phone = "phone",
        PhoneGone = "phone_gone",
        Delete = "delete",
        /// A deletion was taken back by its owner.
        Restored = "restored",
        Merge = "merge",
        /// A notice's link was used: nobody's own change, and part of the rewind that it began.
        Suspended = "suspended",
    }
}

/// An entry of an account's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The account's revision that it made; the order of the journal.
    pub rev: i64,
    pub at: Micros,
    pub kind: Changed,
    /// The session or credential that did it, as the audit trail names it.
    pub by: String,
    pub added: BTreeSet<Way>,
    pub removed: BTreeSet<Way>,
    /// It was taken back already.
    pub rewound: bool,
}

/// Which changes are taken back: those from `first` to `last`, and what links suspended in every case, since it only
/// waited for this. What came after `last` stays: when a link has cut everybody off, whoever still got in had something
/// from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub first: i64,
    pub last: i64,
}

impl Span {
    /// No change at all: it was the owner, and what links suspended is there again.
    pub const NOTHING: Self = Self { first: i64::MAX, last: i64::MAX };

    /// Everything from a change on.
    #[must_use]
    pub fn from(first: i64) -> Self {
        Self { first, last: i64::MAX }
    }
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewind {
    /// What stops at once, by the link alone.
    pub suspend: BTreeSet<Way>,
    /// What counts again at once, since whoever uses it shows a credential from before: and the factor beside it.
    pub reinstate: BTreeSet<Way>,
    /// What goes for good.
    pub remove: BTreeSet<Way>,
    /// What comes back for good.
    pub restore: BTreeSet<Way>,
    /// Merges that are undone, the newest first. What they brought is put back before, and goes with them.
    pub unmerge: Vec<[u8; 16]>,
    pub brought: BTreeSet<Way>,
    /// What the taken changes added and the account does not keep: an identity is barred, an address is forgotten.
    pub disown: BTreeSet<Way>,
    /// What the account has afterwards.
    pub after: BTreeSet<Way>,
    /// Revisions of the changes that are taken back.
    pub changes: Vec<i64>,
}

/// The account as it was before a span of changes, given what it has now. `barred` is what its owner said "this wasn't
/// me" to before: it never comes back (UD-04).
#[must_use]
pub fn rewind(
    journal: &[Change],
    now: &BTreeSet<Way>,
    barred: &BTreeSet<Way>,
    span: Span,
) -> Rewind {
    let mut live: Vec<&Change> = journal.iter().filter(|c| !c.rewound).collect();
    live.sort_by_key(|c| c.rev);
    let is_taken =
        |c: &Change| c.kind == Changed::Suspended || (c.rev >= span.first && c.rev <= span.last);
    let taken: Vec<&Change> = live.iter().copied().filter(|c| is_taken(c)).collect();
    let Some(oldest) = taken.first().map(|c| c.rev) else {
        return Rewind { after: now.clone(), ..Rewind::default() };
    };
    live.retain(|c| c.rev >= oldest);
    // Back to how it was before the oldest of them, and forward again by those that stay.
    let mut after = now.clone();
    let (mut unmerge, mut brought) = (Vec::new(), BTreeSet::new());
    for change in live.iter().rev() {
        if let Some(merge) = change
            .added
            .iter()
            .find_map(|w| if let Way::Merged { merge } = w { Some(*merge) } else { None })
            .filter(|_| is_taken(change))
        {
            unmerge.push(merge);
            brought.extend(
                change
                    .added
                    .iter()
                    .filter(|w| {
                        after.contains(w) && !matches!(w, Way::Merged { .. } | Way::Primary { .. })
                    })
                    .cloned(),
            );
        }
        after.retain(|w| !change.added.contains(w));
        after.extend(change.removed.iter().cloned());
    }
    let later: Vec<&Change> = live.into_iter().filter(|c| !is_taken(c)).collect();
    let comes = |w: &Way| now.contains(w) || taken.iter().any(|c| c.removed.contains(w));
    let mut gone: BTreeSet<&Way> = BTreeSet::new();
    for change in &later {
        after.retain(|w| !change.removed.contains(w));
        for way in change.added.iter().filter(|w| comes(w)) {
            after.retain(|w| w.slot().is_none() || w.slot() != way.slot());
            after.insert(way.clone());
        }
        gone.extend(&change.removed);
        gone.retain(|w| !change.added.contains(*w));
    }
    gone.extend(barred);
    // A number that was proved lately never comes back by itself: it is proved anew by a text (UD-05).
    let lately: BTreeSet<&Way> = journal
        .iter()
        .filter(|c| c.kind != Changed::Suspended)
        .flat_map(|c| &c.added)
        .filter(|w| matches!(w, Way::Phone { .. }))
        .collect();
    let disowned = disowned(journal);
    // What a link only suspended is no such thing: it comes back when the link's word is taken back.
    let waits: BTreeSet<&Way> =
        taken.iter().filter(|c| c.kind == Changed::Suspended).flat_map(|c| &c.removed).collect();
    after.retain(|w| {
        now.contains(w)
            || !(gone.contains(w)
                || disowned.contains(w)
                || (lately.contains(w) && !waits.contains(w)))
    });
    // A deletion goes on only if it is on, and what began it stays; one that was stopped stays stopped.
    let touched = |changes: &[&Change]| {
        changes
            .iter()
            .filter(|c| c.added.contains(&Way::Deletion) || c.removed.contains(&Way::Deletion))
            .map(|c| c.rev)
            .max()
    };
    if !now.contains(&Way::Deletion) || touched(&taken) > touched(&later) {
        after.remove(&Way::Deletion);
    }
    let stays: Vec<Way> = after.intersection(now).cloned().collect();
    after.retain(|w| {
        now.contains(w) || w.slot().is_none_or(|slot| stays.iter().all(|s| s.slot() != Some(slot)))
    });
    keep_primary(&mut after);
    let going: BTreeSet<Way> = now.difference(&after).cloned().collect();
    let coming: BTreeSet<Way> = after.difference(now).cloned().collect();
    let has = |slot: Slot<'_>| now.iter().any(|w| w.slot() == Some(slot));
    let reinstate = coming
        .iter()
        .filter(|w| {
            w.is_credential()
                || (matches!(w, Way::Factor { .. } | Way::RecoveryCodes { .. })
                    && !has(Slot::Factor)
                    && !has(Slot::RecoveryCodes))
        })
        .cloned()
        .collect();
    let disown = taken
        .iter()
        .filter(|c| c.kind != Changed::Suspended)
        .flat_map(|c| &c.added)
        .filter(|w| !after.contains(w) && !brought.contains(*w) && !is_kept_address(w, &after))
        .cloned()
        .collect();
    Rewind {
        suspend: going.iter().filter(|w| w.can_be_suspended()).cloned().collect(),
        reinstate,
        remove: going.difference(&brought).cloned().collect(),
        restore: coming,
        unmerge,
        brought,
        disown,
        changes: taken.iter().map(|c| c.rev).collect(),
        after,
    }
}

/// What came only by changes that were taken back: it does not come back by taking back another one.
fn disowned(journal: &[Change]) -> BTreeSet<&Way> {
    let foreign = |change: &&Change| change.rewound && change.kind != Changed::Suspended;
    let before = |rev: i64, way: &Way| {
        journal.iter().any(|c| {
            c.rev < rev && (c.removed.contains(way) || (!c.rewound && c.added.contains(way)))
        })
    };
    journal
        .iter()
        .filter(foreign)
        .flat_map(|c| c.added.iter().filter(|w| !before(c.rev, w)))
        .collect()
}

/// An address that stays under another mark is not forgotten.
fn is_kept_address(way: &Way, after: &BTreeSet<Way>) -> bool {
    let Way::Address { canonical, .. } = way else { return false };
    after
        .iter()
        .any(|w| matches!(w, Way::Address { canonical: progress, .. } if progress == canonical))
}

/// A primary address that is not there is none.
fn keep_primary(after: &mut BTreeSet<Way>) {
    let addresses: BTreeSet<String> = after
        .iter()
        .filter_map(|w| {
            if let Way::Address { canonical, .. } = w { Some(canonical.clone()) } else { None }
        })
        .collect();
    after.retain(|w| !matches!(w, Way::Primary { canonical } if !addresses.contains(canonical)));
}

/// A change that only added something which went away again since, with nothing in its place: its notice is about
/// something that is gone (UD-06). What other changes did has notices of its own.
#[must_use]
pub fn is_gone(journal: &[Change], now: &BTreeSet<Way>, rev: i64) -> bool {
    let Some(change) = journal.iter().find(|c| c.rev == rev) else { return true };
    let suspended = |w: &Way| {
        journal.iter().any(|c| !c.rewound && c.kind == Changed::Suspended && c.removed.contains(w))
    };
    let replaced = || {
        journal.iter().any(|c| {
            !c.rewound
                && c.rev > rev
                && c.kind != Changed::Suspended
                && !c.added.is_empty()
                && !c.removed.is_disjoint(&change.added)
        })
    };
    change.removed.is_empty()
        && change.added.iter().all(|w| !now.contains(w) && !suspended(w))
        && !replaced()
}
