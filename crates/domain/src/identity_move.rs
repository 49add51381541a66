//! A provider moved: its people are known by another issuer, or by other user IDs, and their accounts come along. It is an
//! owner's act, never an edit's and never by an address. What is linked by the old provider stays linked until the owner
//! ends it; whoever the list leaves out is counted, and nothing happens while one of its lines is in doubt (FR-57).
use std::collections::{BTreeMap, BTreeSet};

use crate::{AccountId, Refusal};

/// What an identity of the old provider is called at the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Both call people alike.
    SameSubject,
    /// What the list says, old to new. Who is not in it is left out.
    Listed(BTreeMap<String, String>),
}

impl Rule {
    /// The user ID at the new provider; `None`: the list leaves it out.
    #[must_use]
    pub fn subject<'a>(&'a self, old: &'a str) -> Option<&'a str> {
        match self {
            Self::SameSubject => Some(old),
            Self::Listed(list) => list.get(old).map(String::as_str),
        }
    }
}

/// Why a list cannot be used: the line, counted from 1, and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadLine {
    pub line: usize,
    pub why: LineProblem,
}

crate::named! {
    /// What is wrong with a line.
    pub enum LineProblem {
        /// It is not two user IDs with a comma, semicolon or tab between them.
        Shape = "shape",
        /// Its old user ID stands in an earlier line too.
        OldTwice = "old_twice",
        /// Its new user ID stands in an earlier line too: two people would become one.
        NewTwice = "new_twice",
        /// There are more lines than one act takes.
        TooMany = "too_many",
    }
}

/// Lines that one act takes.
pub const LINES: usize = 10_000;

/// Reads a list: a line for each person, old and new user ID with a comma, semicolon or tab between them. Spaces around them
/// and empty lines do not count, quotes around both are taken off.
///
/// # Errors
/// The first [`BadLine`].
pub fn read_list(text: &str) -> Result<BTreeMap<String, String>, BadLine> {
    let (mut list, mut new) = (BTreeMap::new(), BTreeSet::new());
    for (line, text) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let bad = |why| Err(BadLine { line: line + 1, why });
        if text.trim().is_empty() {
            continue;
        }
        if list.len() == LINES {
            return bad(LineProblem::TooMany);
        }
        let mut parts = text.split([',', ';', '\t']).map(unquoted);
        let (Some(from), Some(to), None) = (parts.next(), parts.next(), parts.next()) else {
            return bad(LineProblem::Shape);
        };
        let fits = |id: &str| {
            !id.is_empty() && id.chars().count() <= 255 && !id.chars().any(char::is_control)
        };
        if !fits(from) || !fits(to) {
            return bad(LineProblem::Shape);
        }
        if !new.insert(to) {
            return bad(LineProblem::NewTwice);
        }
        if list.insert(from.to_owned(), to.to_owned()).is_some() {
            return bad(LineProblem::OldTwice);
        }
    }
    Ok(list)
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text).trim()
}

/// An identity of the old provider, with who has the identity that it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked<L> {
    pub link: L,
    pub account: AccountId,
    pub subject: String,
    /// The account that has the new identity already.
    pub holder: Option<AccountId>,
    /// Why the account may not have it, by the rules of every path (`fits`); nothing where somebody has it.
    pub misfit: Option<Refusal>,
}

/// Why an identity cannot come along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Another account has the new one.
    Holder(AccountId),
    /// The account may not have it: its owner barred it, or flags, limits or isolation say so.
    Misfit(Refusal),
}

/// An identity that cannot come along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub account: AccountId,
    pub subject: String,
    pub doubt: Doubt,
}

/// What a move would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<L> {
    /// Links that get a twin, with its user ID; at most as many as one transaction takes.
    pub next: Vec<(L, AccountId, String)>,
    /// How many there are in all.
    pub moves: usize,
    /// Whose account has the new identity already.
    pub there: usize,
    /// Whom the list leaves out.
    pub left: usize,
    /// The first ones, and how many there are.
    pub conflicts: Vec<Conflict>,
    pub in_conflict: usize,
}

impl<L> Default for Plan<L> {
    fn default() -> Self {
        Self {
            next: Vec::new(),
            moves: 0,
            there: 0,
            left: 0,
            conflicts: Vec::new(),
            in_conflict: 0,
        }
    }
}

/// Conflicts that are named.
const NAMED: usize = 20;

impl<L> Plan<L> {
    /// Adds an identity of the old provider; `batch`: how many one transaction takes.
    pub fn add(&mut self, rule: &Rule, linked: Linked<L>, batch: usize) {
        let Some(to) = rule.subject(&linked.subject) else {
            self.left += 1;
            return;
        };
        let doubt = match (linked.holder, linked.misfit) {
            (Some(holder), _) if holder == linked.account => {
                self.there += 1;
                return;
            }
            (Some(holder), _) => Doubt::Holder(holder),
            (None, Some(refusal)) => Doubt::Misfit(refusal),
            (None, None) => {
                self.moves += 1;
                if self.next.len() < batch {
                    self.next.push((linked.link, linked.account, to.to_owned()));
                }
                return;
            }
        };
        self.in_conflict += 1;
        if self.conflicts.len() < NAMED {
            let (account, subject) = (linked.account, linked.subject);
            self.conflicts.push(Conflict { account, subject, doubt });
        }
    }
}

/// Why nothing is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotMoved {
    /// Old and new provider are one.
    Same,
    /// One of them shares no account with the other, as a provider whose groups are mirrored (GO-08).
    Isolated,
    /// So many identities cannot come along: they belong to another account, or theirs may not have them.
    Conflicts(usize),
    /// The owner was shown another number than there is.
    Unconfirmed(usize),
}

/// Decides whether identities are moved; `isolation`: the names under which the old and the new provider share accounts.
///
/// # Errors
/// [`NotMoved`].
pub fn may_move<L>(
    plan: &Plan<L>,
    same: bool,
    isolation: (&str, &str),
    confirmed: Option<usize>,
) -> Result<(), NotMoved> {
    if same {
        Err(NotMoved::Same)
    } else if isolation.0 != isolation.1 {
        Err(NotMoved::Isolated)
    } else if plan.in_conflict > 0 {
        Err(NotMoved::Conflicts(plan.in_conflict))
    } else if confirmed == Some(plan.moves) {
        Ok(())
    } else {
        Err(NotMoved::Unconfirmed(plan.moves))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: AccountId = AccountId([1; 16]);
    const B: AccountId = AccountId([2; 16]);

    fn linked(account: AccountId, subject: &str, holder: Option<AccountId>) -> Linked<u8> {
        Linked { link: 0, account, subject: subject.into(), holder, misfit: None }
    }

    #[test]
    fn fr_57_a_list_is_read_as_spreadsheets_write_it() {
        let list =
            read_list("\u{feff}\"old-1\";\"new-1\"\r\n\n  old-2\tnew-2 \nold-3,new-3").unwrap();
        let of = |old: &str| list.get(old).map(String::as_str);
        assert_eq!(
            (of("old-1"), of("old-2"), of("old-3")),
            (Some("new-1"), Some("new-2"), Some("new-3"))
        );
        assert_eq!(list.len(), 3);
    }

    #[test]
    fn fr_57_a_list_that_would_make_two_people_one_is_not_read() {
        for (text, line, why) in [
            ("a,b\nc", 2, LineProblem::Shape),
            ("a,b,c", 1, LineProblem::Shape),
            ("a,\n", 1, LineProblem::Shape),
            ("a,b\u{7}", 1, LineProblem::Shape),
            ("a,x\nb,x", 2, LineProblem::NewTwice),
            ("a,x\n\na,y", 3, LineProblem::OldTwice),
        ] {
            assert_eq!(read_list(text), Err(BadLine { line, why }), "{text}");
        }
        let long: String = (0..=LINES).map(|n| format!("o{n},n{n}\n")).collect();
        assert_eq!(read_list(&long).unwrap_err().why, LineProblem::TooMany);
    }

    #[test]
    fn fr_57_nothing_moves_while_one_identity_belongs_to_somebody_else() {
        let mut plan = Plan::default();
        plan.add(&Rule::SameSubject, linked(A, "1", None), 10);
        assert_eq!(may_move(&plan, false, ("", ""), Some(1)), Ok(()));
        plan.add(&Rule::SameSubject, linked(B, "2", Some(A)), 10);
        assert_eq!(may_move(&plan, false, ("", ""), Some(1)), Err(NotMoved::Conflicts(1)));
        let doubt = Doubt::Holder(A);
        assert_eq!(plan.conflicts, [Conflict { account: B, subject: "2".into(), doubt }]);
    }

    #[test]
    fn fr_57_au_19_what_no_other_path_would_add_does_not_come_along_either() {
        let mut plan = Plan::default();
        plan.add(&Rule::SameSubject, linked(A, "1", None), 10);
        let full = Linked { misfit: Some(Refusal::TooMany), ..linked(B, "2", None) };
        plan.add(&Rule::SameSubject, full, 10);
        assert_eq!((plan.moves, plan.in_conflict), (1, 1));
        assert_eq!(may_move(&plan, false, ("", ""), Some(1)), Err(NotMoved::Conflicts(1)));
        // Who has it has it, whatever would be said today.
        let mut plan = Plan::default();
        let there = Linked { misfit: Some(Refusal::TooMany), ..linked(A, "1", Some(A)) };
        plan.add(&Rule::SameSubject, there, 10);
        assert_eq!((plan.there, plan.in_conflict), (1, 0));
    }

    #[test]
    fn fr_57_who_has_come_along_is_not_counted_again_and_who_is_not_listed_stays() {
        let rule = Rule::Listed([("1".to_owned(), "x".to_owned())].into());
        let mut plan = Plan::default();
        plan.add(&rule, linked(A, "1", Some(A)), 10);
        plan.add(&rule, linked(B, "2", None), 10);
        assert_eq!((plan.there, plan.left, plan.moves, plan.next.len()), (1, 1, 0, 0));
        let mut plan = Plan::default();
        plan.add(&rule, linked(A, "1", None), 10);
        assert_eq!(plan.next, [(0, A, "x".to_owned())]);
    }

    #[test]
    fn fr_57_go_08_what_is_kept_apart_is_not_joined_by_a_move_and_the_number_is_confirmed() {
        let mut plan = Plan::default();
        for n in 0..3 {
            plan.add(&Rule::SameSubject, linked(A, &n.to_string(), None), 2);
        }
        assert_eq!((plan.moves, plan.next.len()), (3, 2), "one transaction takes two");
        let apart = ("mirrored groups p", "");
        assert_eq!(may_move(&plan, false, apart, Some(3)), Err(NotMoved::Isolated));
        assert_eq!(may_move(&plan, true, ("", ""), Some(3)), Err(NotMoved::Same));
        assert_eq!(may_move(&plan, false, ("", ""), Some(2)), Err(NotMoved::Unconfirmed(3)));
        assert_eq!(may_move(&plan, false, ("", ""), None), Err(NotMoved::Unconfirmed(3)));
        assert_eq!(may_move(&plan, false, ("d", "d"), Some(3)), Ok(()));
    }
}
