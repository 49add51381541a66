//! The naive model: a list of accounts and the rules of the recommended policy in plain words.
use std::collections::{BTreeMap, BTreeSet};

use super::{
    fixtures::CODES_A_DAY,
    session_acts::{Identity, SessionAct, Way},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mail {
    pub(super) address: usize,
    pub(super) proved: bool,
    pub(super) owner: bool,
    pub(super) primary: bool,
    /// Given up; reserved until this hour.
    pub(super) former: Option<i64>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Person {
    pub(super) disabled: bool,
    pub(super) password: bool,
    pub(super) links: BTreeSet<Identity>,
    pub(super) released: BTreeSet<Identity>,
    /// Its owner said of these: this wasn't me.
    pub(super) barred: BTreeSet<Identity>,
    pub(super) mails: Vec<Mail>,
    pub(super) ignored: BTreeSet<usize>,
}

/// The naive model.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    pub(super) people: Vec<Person>,
    /// Addresses of sign-ups that nobody finished, with the hour of their beginning.
    pub(super) pending: Vec<(usize, i64)>,
    /// Codes for each account by strangers and in its own session, in the day that began at an hour (D8, RL-15).
    pub(super) codes: BTreeMap<(usize, bool), (i64, i64)>,
    pub(super) hours: i64,
}

impl World {
    pub(super) fn holder(&self, identity: Identity) -> Option<usize> {
        self.people.iter().position(|p| p.links.contains(&identity))
    }

    /// An identity that puts a mailbox in doubt (I13): another one of a provider, for an account that has one of it and the
    /// address. The model leaves those out; they have properties and walks of their own.
    pub(super) fn contests(&self, identity: Identity, address: Option<usize>) -> bool {
        let rival = |p: &Person, a: usize| {
            p.mails.iter().any(|m| m.address == a && m.proved && m.former.is_none())
                && p.links.iter().any(|l| l.0 == identity.0)
        };
        self.holder(identity).is_none()
            && address.is_some_and(|a| self.people.iter().any(|p| rival(p, a)))
    }

    /// Somebody else owns the address or has just given it up.
    pub(super) fn taken(&self, address: usize, by_others_than: Option<usize>) -> bool {
        self.people.iter().enumerate().filter(|(n, _)| Some(*n) != by_others_than).any(|(_, p)| {
            p.mails.iter().any(|m| {
                m.address == address && (m.owner || m.former.is_some_and(|f| f > self.hours))
            })
        })
    }

    /// Active accounts with the proved address.
    pub(super) fn candidates(&self, address: usize) -> Vec<usize> {
        let has = |p: &Person| {
            !p.disabled
                && p.mails.iter().any(|m| m.address == address && m.proved && m.former.is_none())
        };
        self.people.iter().enumerate().filter(|(_, p)| has(p)).map(|(n, _)| n).collect()
    }

    /// A code goes out, unless the account that it stands in front of has had its share of the day.
    pub(super) fn begin_code(&mut self, person: Option<usize>, own: bool) -> bool {
        let Some(person) = person else { return true };
        let day = self.codes.entry((person, own)).or_insert((0, self.hours));
        if self.hours - day.1 >= 24 {
            *day = (0, self.hours);
        }
        // What is refused is not counted.
        let may = day.0 < CODES_A_DAY;
        day.0 += i64::from(may);
        may
    }

    pub(super) fn sign_in(
        &mut self,
        identity: Identity,
        address: Option<usize>,
        verified: bool,
        way: Way,
    ) {
        let believed = verified && identity.0 == 0;
        if let Some(n) = self.holder(identity) {
            self.changed_address(n, address.filter(|_| believed), way);
            return;
        }
        match (way, address) {
            (Way::Create, _) => {
                let mails = address.map(|address| Mail {
                    address,
                    proved: believed,
                    owner: false,
                    primary: true,
                    former: None,
                });
                self.people.push(Person {
                    links: BTreeSet::from([identity]),
                    mails: mails.into_iter().collect(),
                    ..Person::default()
                });
            }
            (Way::AddRight | Way::AddWrong | Way::AddLate, Some(address))
                if self.begin_code(self.guarded(identity, address), false)
                    && way == Way::AddRight =>
            {
                self.add_by_code(identity, address)
            }
            _ => {}
        }
    }

    /// Whom a code to an address stands in front of: the one candidate that may have the identity, else whoever owns the
    /// address.
    pub(super) fn guarded(&self, identity: Identity, address: usize) -> Option<usize> {
        match self.candidates(address)[..] {
            [one] if !self.people[one].barred.contains(&identity) => Some(one),
            _ => self
                .people
                .iter()
                .position(|p| p.mails.iter().any(|m| m.address == address && m.owner)),
        }
    }

    pub(super) fn add_by_code(&mut self, identity: Identity, address: usize) {
        let found = self.candidates(address);
        // One: its code. Several: the claimed mailbox's code, then the one that owns it, which the code has proved.
        let owner = found
            .iter()
            .copied()
            .find(|n| self.people[*n].mails.iter().any(|m| m.address == address && m.owner));
        let target = if found.len() == 1 { found.first().copied() } else { owner };
        match target {
            // Only in My Account.
            Some(n) if self.people[n].barred.contains(&identity) => {}
            // Behind the claimed mailbox's code, an identity that the account had once asks for one more code.
            Some(n)
                if found.len() > 1
                    && self.people[n].released.contains(&identity)
                    && !self.begin_code(Some(n), false) => {}
            Some(n) => {
                self.people[n].links.insert(identity);
            }
            // Several, and nobody owns it: the test stops at the chooser.
            None if found.len() > 1 => {}
            None if self.pending.iter().any(|p| p.0 == address) && !self.taken(address, None) => {
                self.pending.retain(|p| p.0 != address);
                let mail = Mail { address, proved: true, owner: true, primary: true, former: None };
                self.people.push(Person {
                    links: BTreeSet::from([identity]),
                    mails: vec![mail],
                    ..Person::default()
                });
            }
            None => {}
        }
    }

    pub(super) fn act(&mut self, account: usize, act: SessionAct) {
        if self.people[account].disabled {
            return;
        }
        let held_by =
            if let SessionAct::Add(identity) = act { self.holder(identity) } else { None };
        let person = &mut self.people[account];
        let last = person.links.len() + usize::from(person.password) == 1;
        match act {
            SessionAct::Add(identity) => {
                if held_by.is_none() {
                    person.links.insert(identity);
                }
            }
            SessionAct::Unlink(_) if last => {}
            SessionAct::Unlink(method) => match person.links.iter().nth(method).copied() {
                Some(identity) => {
                    person.links.remove(&identity);
                    person.released.insert(identity);
                }
                None if method == person.links.len() => person.password = false,
                None => {}
            },
            // The recommended policy lets a first one be set in a session.
            SessionAct::Password => person.password = true,
        }
    }

    /// Whatever was done, the account is as it was; what was added meanwhile never comes back at a sign-in.
    pub(super) fn intrude(&mut self, account: usize, acts: &[SessionAct]) {
        let before = self.people[account].clone();
        let mut barred = before.barred.clone();
        for act in acts {
            let links = self.people[account].links.clone();
            self.act(account, *act);
            barred.extend(self.people[account].links.difference(&links));
        }
        let after = &self.people[account];
        let released = after.released.union(&after.links).copied().collect();
        self.people[account] = Person { released, barred, ..before };
    }

    /// Whether a delegate's change of a provider is saved: none gains belief, and none moves what is believed or spoken for.
    pub(super) fn delegate_may(&self, provider: usize, believe: bool) -> bool {
        !believe
            && provider != 0
            && self.people.iter().all(|p| p.links.iter().all(|l| l.0 != provider))
    }

    pub(super) fn changed_address(&mut self, n: usize, address: Option<usize>, way: Way) {
        let Some(address) = address else { return };
        let taken = self.taken(address, Some(n));
        let hours = self.hours;
        let person = &self.people[n];
        if person.disabled
            || person.ignored.contains(&address)
            || person.mails.iter().any(|m| m.address == address && m.former.is_none())
        {
            return;
        }
        let may = way == Way::AddRight && self.begin_code(Some(n), true);
        let person = &mut self.people[n];
        match way {
            Way::AddWrong => {
                person.ignored.insert(address);
            }
            // The code is asked for, and counted, before anybody looks whose the address is.
            Way::AddRight if may && !taken => {
                person.mails.retain(|m| m.address != address);
                for mail in person.mails.iter_mut().filter(|m| m.primary) {
                    *mail = Mail {
                        proved: false,
                        owner: false,
                        primary: false,
                        former: Some(hours + 14 * 24),
                        ..mail.clone()
                    };
                }
                person.mails.push(Mail {
                    address,
                    proved: true,
                    owner: true,
                    primary: true,
                    former: None,
                });
            }
            _ => {}
        }
    }
}
