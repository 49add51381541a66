//! Rule 18 over random histories: an owner, an intruder, and a model of the account that knows nothing of the function:
//! a set of things, each with whose it is, and a photograph of it before every change.

use std::collections::{BTreeMap, BTreeSet};

use ligature_domain::{
    CredentialId, LinkId,
    account_rules::rewind::{Change, Changed, Rewind, Span, Way, is_gone, rewind},
};
use proptest::prelude::*;

type Ways = BTreeSet<Way>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Owner,
    Intruder,
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Link,
    Unlink,
    Password,
    NoPassword,
    Passkey,
    NoPasskey,
    Email,
    RemoveEmail,
    Factor,
    NoFactor,
    Codes,
    Phone,
    RemovePhone,
    Delete,
    Stay,
    Merge,
    /// Somebody uses a notice's link, of the change that `pick` says.
    UseLink,
}

const ACTS: [Act; 17] = [
    Act::Link,
    Act::Unlink,
    Act::Password,
    Act::NoPassword,
    Act::Passkey,
    Act::NoPasskey,
    Act::Email,
    Act::RemoveEmail,
    Act::Factor,
    Act::NoFactor,
    Act::Codes,
    Act::Phone,
    Act::RemovePhone,
    Act::Delete,
    Act::Stay,
    Act::Merge,
    Act::UseLink,
];

/// The model. Everything in it is a plain set; nothing is looked up in the function's answers but what it says to do.
#[derive(Debug, Clone, Default)]
struct Account {
    now: Ways,
    barred: Ways,
    journal: Vec<Change>,
    whose: BTreeMap<Way, Who>,
    /// The account before each change that was not a link's word, and who made the change.
    photographs: Vec<(i64, Who, Ways)>,
    next: u32,
}

fn number(n: u32) -> [u8; 16] {
    u128::from(n).to_be_bytes()
}

fn address(n: u32, owner: bool) -> Way {
    Way::Address { canonical: format!("{n}@ex.test"), proof: "code".into(), owner }
}

impl Account {
    fn new() -> Self {
        let mut account = Self { next: 100, ..Self::default() };
        let ways = [
            address(1, true),
            Way::Primary { canonical: "1@ex.test".into() },
            Way::Password { id: CredentialId(number(2)) },
            Way::Identity { link: LinkId(number(3)) },
            Way::Passkey { id: vec![4] },
        ];
        for way in ways.into_iter().chain([Way::Phone { number: "+4915100000000".into() }]) {
            account.whose.insert(way.clone(), Who::Owner);
            account.now.insert(way);
        }
        account
    }

    fn fresh(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    fn some(&self, pick: usize, kind: fn(&Way) -> bool) -> Option<Way> {
        let all: Vec<&Way> = self.now.iter().filter(|w| kind(w)).collect();
        (!all.is_empty()).then(|| all[pick % all.len()].clone())
    }

    fn one(&self, kind: fn(&Way) -> bool) -> Ways {
        self.now.iter().filter(|w| kind(w)).cloned().collect()
    }

    fn revise(&mut self, who: Who, kind: Changed, removed: Ways, added: Ways) {
        let removed: Ways = removed.intersection(&self.now).cloned().collect();
        let added: Ways = added.difference(&self.now).cloned().collect();
        if removed.is_empty() && added.is_empty() {
            return;
        }
        let rev = i64::from(self.fresh());
        self.photographs.push((rev, who, self.now.clone()));
        for way in &added {
            self.whose.entry(way.clone()).or_insert(who);
        }
        self.now.retain(|w| !removed.contains(w));
        self.now.extend(added.iter().cloned());
        self.journal.push(Change {
            rev,
            at: rev,
            kind,
            by: format!("{who:?}"),
            added,
            removed,
            rewound: false,
        });
    }

    fn act(&mut self, who: Who, act: Act, pick: usize) {
        let n = self.fresh();
        let id = CredentialId(number(n));
        let one = |w: Way| Ways::from([w]);
        let is_password = |w: &Way| matches!(w, Way::Password { .. });
        let is_phone = |w: &Way| matches!(w, Way::Phone { .. });
        let is_factor = |w: &Way| matches!(w, Way::Factor { .. });
        let is_codes = |w: &Way| matches!(w, Way::RecoveryCodes { .. });
        let has_factor = self.now.iter().any(is_factor);
        match act {
            Act::Link => self.revise(
                who,
                Changed::Link,
                Ways::new(),
                one(Way::Identity { link: LinkId(number(n)) }),
            ),
            Act::Unlink => {
                let gone = self.some(pick, |w| matches!(w, Way::Identity { .. }));
                self.revise(who, Changed::Unlink, gone.into_iter().collect(), Ways::new());
            }
            Act::Password => self.revise(
                who,
                Changed::Password,
                self.one(is_password),
                one(Way::Password { id }),
            ),
            Act::NoPassword => {
                self.revise(who, Changed::PasswordGone, self.one(is_password), Ways::new())
            }
            Act::Passkey => self.revise(
                who,
                Changed::Passkey,
                Ways::new(),
                one(Way::Passkey { id: number(n).to_vec() }),
            ),
            Act::NoPasskey => {
                let gone = self.some(pick, |w| matches!(w, Way::Passkey { .. }));
                self.revise(who, Changed::PasskeyGone, gone.into_iter().collect(), Ways::new());
            }
            Act::Email => {
                let old = self.one(|w| matches!(w, Way::Primary { .. }));
                let name = old.iter().find_map(|w| {
                    if let Way::Primary { canonical } = w { Some(canonical.clone()) } else { None }
                });
                let given_up = self.now.iter().filter(|w| matches!(w, Way::Address { canonical, .. } if Some(canonical) == name.as_ref())).cloned();
                let removed = given_up.chain(old).collect();
                self.revise(
                    who,
                    Changed::Email,
                    removed,
                    Ways::from([
                        address(n, true),
                        Way::Primary { canonical: format!("{n}@ex.test") },
                    ]),
                );
            }
            Act::RemoveEmail => {
                let gone = self.some(pick, |w| matches!(w, Way::Address { .. }));
                let primary = self.now.iter().filter(|w| matches!((w, &gone), (Way::Primary { canonical }, Some(Way::Address { canonical: gone, .. })) if canonical == gone)).cloned();
                let removed = primary.chain(gone.clone()).collect();
                self.revise(who, Changed::EmailGone, removed, Ways::new());
            }
            Act::Factor if !has_factor => self.revise(
                who,
                Changed::SecondFactor,
                Ways::new(),
                Ways::from([Way::Factor { id }, Way::RecoveryCodes { at: n.into() }]),
            ),
            Act::NoFactor => {
                let removed =
                    self.now.iter().filter(|w| is_factor(w) || is_codes(w)).cloned().collect();
                self.revise(who, Changed::SecondFactorGone, removed, Ways::new());
            }
            Act::Codes if has_factor => self.revise(
                who,
                Changed::RecoveryCodes,
                self.one(is_codes),
                one(Way::RecoveryCodes { at: n.into() }),
            ),
            Act::Phone => self.revise(
                who,
                Changed::Phone,
                self.one(is_phone),
                one(Way::Phone { number: format!("+49{n}") }),
            ),
            Act::RemovePhone => {
                self.revise(who, Changed::PhoneGone, self.one(is_phone), Ways::new())
            }
            Act::Delete => self.revise(who, Changed::Delete, Ways::new(), one(Way::Deletion)),
            Act::Stay => self.revise(who, Changed::Restored, one(Way::Deletion), Ways::new()),
            Act::Merge => {
                let mut brought = Ways::from([
                    Way::Merged { merge: number(n) },
                    Way::Identity { link: LinkId(number(n)) },
                    address(n, true),
                ]);
                if self.one(is_password).is_empty() {
                    brought.insert(Way::Password { id });
                }
                self.revise(who, Changed::Merge, Ways::new(), brought);
            }
            Act::UseLink => {
                let live: Vec<i64> = self
                    .journal
                    .iter()
                    .filter(|c| !c.rewound && c.kind != Changed::Suspended)
                    .map(|c| c.rev)
                    .collect();
                if !live.is_empty() {
                    self.use_link(live[pick % live.len()]);
                }
            }
            Act::Factor | Act::Codes => {}
        }
    }

    /// The link alone.
    fn use_link(&mut self, rev: i64) {
        if is_gone(&self.journal, &self.now, rev) {
            return;
        }
        let factors = self.one(|w| matches!(w, Way::Factor { .. }));
        let answer = rewind(&self.journal, &self.now, &self.barred, Span::from(rev));
        let before = self.now.clone();
        self.now.retain(|w| !answer.suspend.contains(w));
        self.now.extend(answer.reinstate.iter().cloned());
        assert!(factors.is_subset(&self.now), "a link alone dropped a second factor");
        assert!(before.is_superset(&answer.suspend));
        let rev = i64::from(self.fresh());
        self.journal.push(Change {
            rev,
            at: rev,
            kind: Changed::Suspended,
            by: String::new(),
            added: answer.reinstate,
            removed: answer.suspend,
            rewound: false,
        });
    }

    /// What an answer says to do, done step by step as it is written down there.
    fn follow(&mut self, answer: &Rewind) {
        self.now.retain(|w| !answer.remove.contains(w));
        self.now.extend(answer.brought.iter().cloned());
        self.now.retain(|w| {
            !answer.brought.contains(w)
                && !matches!(w, Way::Merged { merge } if answer.unmerge.contains(merge))
        });
        self.now.extend(answer.restore.iter().cloned());
        assert_eq!(self.now, answer.after);
        for change in self.journal.iter_mut().filter(|c| answer.changes.contains(&c.rev)) {
            change.rewound = true;
        }
        self.barred
            .extend(answer.disown.iter().filter(|w| matches!(w, Way::Identity { .. })).cloned());
    }

    /// What links suspended comes back: "it was me".
    fn keep(&mut self) {
        let answer = rewind(&self.journal, &self.now, &self.barred, Span::NOTHING);
        self.follow(&answer);
    }

    /// For good, from a change on.
    fn finish(&mut self, first: i64) {
        if is_gone(&self.journal, &self.now, first) {
            // It must never come back.
            let change = self.journal.iter_mut().find(|c| c.rev == first).unwrap();
            change.rewound = true;
            self.barred
                .extend(change.added.iter().filter(|w| matches!(w, Way::Identity { .. })).cloned());
            return;
        }
        self.rewind_from(first);
    }

    fn rewind_from(&mut self, first: i64) {
        let answer = rewind(&self.journal, &self.now, &self.barred, Span::from(first));
        self.follow(&answer);
    }

    fn first_of(&self, who: Who) -> Option<(i64, Ways)> {
        self.photographs
            .iter()
            .find(|(_, by, _)| *by == who)
            .map(|(rev, _, ways)| (*rev, ways.clone()))
    }

    fn intruders(&self) -> Vec<&Way> {
        self.now.iter().filter(|w| self.whose.get(w) == Some(&Who::Intruder)).collect()
    }

    /// Of the owner's things in a photograph, those that are missing now. A number counts if it was there at the very
    /// beginning, the others are proved anew; a deletion that was stopped is begun anew.
    fn missing(&self, photograph: &Ways) -> Vec<Way> {
        let old = |w: &Way| {
            !matches!(w, Way::Phone { number } if number != "+4915100000000")
                && self.whose.get(w) == Some(&Who::Owner)
        };
        // What was there only because a link's word let it count for a while is not missing.
        let lent = |w: &Way| {
            self.journal.iter().any(|c| c.kind == Changed::Suspended && c.added.contains(w))
        };
        photograph
            .iter()
            .filter(|w| **w != Way::Deletion && !lent(w) && old(w) && !self.now.contains(w))
            .cloned()
            .collect()
    }
}

fn histories() -> impl Strategy<Value = Vec<(bool, usize, usize)>> {
    prop::collection::vec((any::<bool>(), 0..ACTS.len(), 0_usize..8), 1..16)
}

/// Before the intruder comes the owner is alone.
fn prefix() -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::vec((0..ACTS.len() - 1, 0_usize..8), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Shows UD-01, UD-02, UD-03. A thief with a session against the owner with the mailbox and something from before: whatever both did in
    /// any order, and whichever links were used, the account is what it was before the intruder's first change.
    #[test]
    fn rule_18_a_rewind_from_the_first_foreign_change_gives_the_account_back(owner in prefix(), both in histories()) {
        let mut account = Account::new();
        for (act, pick) in owner {
            account.act(Who::Owner, ACTS[act], pick);
        }
        for (intruder, act, pick) in both {
            account.act(if intruder { Who::Intruder } else { Who::Owner }, ACTS[act], pick);
        }
        let Some((first, before)) = account.first_of(Who::Intruder) else { return Ok(()) };
        account.rewind_from(first);
        prop_assert!(account.intruders().is_empty(), "{:?}", account.intruders());
        prop_assert!(account.missing(&before).iter().all(|w| account.barred.contains(w)), "{:?}", account.missing(&before));
        prop_assert!(!account.now.contains(&Way::Deletion) || before.contains(&Way::Deletion));
    }

    /// Shows UD-04, UD-05. The owner follows every notice of a foreign change, in any order, each for its own change only.
    #[test]
    fn rule_18_all_notices_of_foreign_changes_in_any_order_leave_nothing_foreign(owner in prefix(), both in histories(), order in any::<u64>()) {
        let mut account = Account::new();
        for (act, pick) in owner {
            account.act(Who::Owner, ACTS[act], pick);
        }
        for (intruder, act, pick) in both {
            if !matches!(ACTS[act], Act::UseLink) {
                account.act(if intruder { Who::Intruder } else { Who::Owner }, ACTS[act], pick);
            }
        }
        let Some((_, before)) = account.first_of(Who::Intruder) else { return Ok(()) };
        let foreign: Vec<i64> = account.photographs.iter().filter(|(_, by, _)| *by == Who::Intruder).map(|(rev, ..)| *rev).collect();
        let own: Ways = account.journal.iter().filter(|c| c.by == "Owner" && c.rev > foreign[0]).flat_map(|c| c.removed.clone()).collect();
        let mut notices = foreign;
        let mut seed = order;
        while !notices.is_empty() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let rev = notices.remove(usize::try_from(seed >> 33).unwrap() % notices.len());
            if account.journal.iter().any(|c| c.rev == rev && !c.rewound) {
                account.use_link(rev);
                account.finish(rev);
            }
        }
        prop_assert!(account.intruders().is_empty(), "{:?}", account.intruders());
        let missing: Vec<Way> = account.missing(&before).into_iter().filter(|w| !own.contains(w) && !matches!(w, Way::Primary { .. })).collect();
        prop_assert!(missing.is_empty(), "{missing:?}");
    }

    /// Shows UD-07. A thief with the mailbox against an owner with something from before. Links alone, of any change and in any order, lose
    /// nothing for good and drop no factor; while the account has one, a reset is all that the thief gets done.
    #[test]
    fn rule_18_a_thief_with_the_mailbox_loses_to_a_credential_from_before(owner in prefix(), thief in histories()) {
        let mut account = Account::new();
        for (act, pick) in owner {
            account.act(Who::Owner, ACTS[act], pick);
        }
        let before = account.now.clone();
        for (link, act, pick) in thief {
            let kept_out = account.now.iter().any(|w| matches!(w, Way::Factor { .. }));
            match (link, kept_out) {
                (true, _) => account.act(Who::Intruder, Act::UseLink, pick),
                (false, true) => account.act(Who::Intruder, Act::Password, pick),
                (false, false) => account.act(Who::Intruder, ACTS[act], pick),
            }
        }
        let factors: Vec<Way> = before.iter().filter(|w| matches!(w, Way::Factor { .. })).cloned().collect();
        if !factors.is_empty() {
            prop_assert!(factors.iter().all(|w| account.now.contains(w)));
        }
        // The owner shows something from before, and says which was the first foreign change, or that there was none.
        match account.first_of(Who::Intruder) {
            Some((first, _)) if account.journal.iter().any(|c| c.rev == first && !c.rewound) => account.rewind_from(first),
            _ => account.keep(),
        }
        prop_assert!(account.intruders().is_empty(), "{:?}", account.intruders());
        let missing: Vec<Way> = account.missing(&before).into_iter().filter(|w| !account.barred.contains(w)).collect();
        prop_assert!(missing.is_empty(), "{missing:?}");
    }
}

/// UD-05: a number of the time since comes back by no notice, in whichever order they are followed.
#[test]
fn ud_05_a_number_that_was_proved_lately_comes_back_by_no_rewind() {
    let mut account = Account::new();
    account.act(Who::Owner, Act::RemovePhone, 0);
    account.act(Who::Intruder, Act::Phone, 0);
    let foreign = account.some(0, |w| matches!(w, Way::Phone { .. })).unwrap();
    account.act(Who::Owner, Act::Phone, 0);
    let own = account.journal.last().unwrap().rev;
    account.use_link(own);
    account.finish(own);
    assert!(!account.now.contains(&foreign));
}

/// Shows UD-04, also when the change that brought the identity is so old that it stands in no journal any more.
#[test]
fn ud_04_an_identity_that_was_barred_comes_back_by_no_later_notice() {
    let account = Account::new();
    let link = Way::Identity { link: LinkId(number(9)) };
    let gone = Change {
        rev: 7,
        at: 7,
        kind: Changed::Unlink,
        by: String::new(),
        added: Ways::new(),
        removed: Ways::from([link.clone()]),
        rewound: false,
    };
    let back =
        |barred: &Ways| rewind(std::slice::from_ref(&gone), &account.now, barred, Span::from(7));
    assert_eq!(
        back(&account.barred).restore,
        Ways::from([link.clone()]),
        "what somebody else removed comes back"
    );
    let never = back(&Ways::from([link]));
    assert_eq!(
        (never.restore, never.reinstate, never.after),
        (Ways::new(), Ways::new(), account.now.clone())
    );
}

/// UD-06: a change whose effect is gone says so; one that was replaced by another value is not gone.
#[test]
fn ud_06_what_a_notice_is_about_is_gone_only_where_nothing_took_its_place() {
    let mut account = Account::new();
    account.act(Who::Owner, Act::Factor, 0);
    let first = account.journal.last().unwrap().rev;
    account.act(Who::Owner, Act::NoFactor, 0);
    account.act(Who::Owner, Act::Factor, 0);
    assert!(is_gone(&account.journal, &account.now, first));
    account.act(Who::Intruder, Act::Email, 0);
    let a = account.journal.last().unwrap().rev;
    account.act(Who::Intruder, Act::Email, 0);
    assert!(!is_gone(&account.journal, &account.now, a), "the address before it is still missing");
}
