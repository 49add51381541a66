//! Groups of an organisation: what they may be called, who is in which by whose word, and which count in a session.
//!
//! A membership is said by an administrator or by the provider of an identity. What a provider says counts only in a
//! session that stands on that identity (GV-18): somebody who was taken out of a directory and comes in by another way
//! brings nothing of it along. That is so whether the provider mirrors its groups or not; mirroring keeps it apart from
//! all others besides (GO-08).
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{GroupId, LinkId, Micros, ProviderId, Role};

/// Most values of a provider's attribute that are read, and most groups of it that a person can have.
pub const MOST_VALUES: usize = 500;
/// The longest value that is read, in bytes.
const LONGEST_VALUE: usize = 256;
/// The attribute that holds a provider's groups where nothing else is said.
pub const ATTRIBUTE: &str = "groups";

/// Whether a group may have this key: what applications are told, and what settings name it by. It travels in headers
/// between commas, and beside the names of roles, so it holds neither.
#[must_use]
pub fn is_key(text: &str) -> bool {
    text.len() <= 64
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b))
        && Role::parse(&folded(text)).is_none()
}

/// The form in which two keys are compared: `Staff` and `staff` are one.
#[must_use]
pub fn folded(key: &str) -> String {
    key.to_lowercase()
}

/// Whose word a membership is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// An administrator's.
    Local,
    /// That of the provider of this identity.
    Identity(LinkId),
}

/// Somebody is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Membership {
    pub group: GroupId,
    pub source: Source,
}

/// The identity of an account that a session stands on which was opened by a provider: the one of it that was used last,
/// out of active ones with their provider and the time of their last use.
#[must_use]
pub fn current_identity(
    links: impl IntoIterator<Item = (LinkId, ProviderId, Micros)>,
    provider: ProviderId,
) -> Option<LinkId> {
    links
        .into_iter()
        .filter(|(_, of, _)| *of == provider)
        .max_by_key(|(_, _, used_at)| *used_at)
        .map(|(link, ..)| link)
}

/// The groups that count in a session: those that administrators gave, and those that were said of the identity that it
/// stands on (GV-18). `current`: none for a password, a code, a passkey.
#[must_use]
pub fn in_force(all: &[Membership], current: Option<LinkId>) -> BTreeSet<GroupId> {
    all.iter()
        .filter(|one| match one.source {
            Source::Local => true,
            Source::Identity(link) => Some(link) == current,
        })
        .map(|one| one.group)
        .collect()
}

/// Which value of a provider's attribute gives which group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupRule {
    /// Compared byte by byte: providers tell apart what they spell differently.
    pub value: String,
    /// What begins with the value counts, too.
    pub prefix: bool,
    pub group: GroupId,
}

impl GroupRule {
    /// Reads a value as it is typed: `staff` is that value, `staff-*` every one that begins with `staff-`. Nothing for
    /// what is empty, too long or would fit everybody.
    #[must_use]
    pub fn typed(text: &str, group: GroupId) -> Option<Self> {
        let text = text.trim();
        let (value, prefix) = text.strip_suffix('*').map_or((text, false), |start| (start, true));
        let sound = !value.is_empty()
            && value.len() <= LONGEST_VALUE
            && !value.contains('*')
            && !value.chars().any(char::is_control);
        sound.then(|| Self { value: value.to_owned(), prefix, group })
    }

    /// The value as it is typed.
    #[must_use]
    pub fn shown(&self) -> String {
        if self.prefix { format!("{}*", self.value) } else { self.value.clone() }
    }

    fn fits(&self, value: &str) -> bool {
        if self.prefix { value.starts_with(&self.value) } else { value == self.value }
    }
}

/// Values of an attribute among a provider's claims: a text, or a list of which the texts count. The attribute is a claim's
/// whole name, or names of objects inside each other with dots between. One that is missing has no values: who is in no
/// group any more is often told nothing.
#[must_use]
pub fn values<'c>(claims: &'c Map<String, Value>, attribute: &str) -> Vec<&'c str> {
    let found = claims.get(attribute).or_else(|| {
        let mut names = attribute.split('.');
        let first = claims.get(names.next()?)?;
        names.try_fold(first, |inside, name| inside.as_object()?.get(name))
    });
    let (one, many) = match found {
        Some(Value::String(one)) => (Some(one.as_str()), &[][..]),
        Some(Value::Array(many)) => (None, many.as_slice()),
        _ => (None, &[][..]),
    };
    one.into_iter()
        .chain(many.iter().filter_map(Value::as_str))
        .filter(|value| !value.is_empty() && value.len() <= LONGEST_VALUE)
        .take(MOST_VALUES)
        .collect()
}

/// Whether a provider says anything of an attribute, as [`values`] names it: of an object it is known what it holds.
#[must_use]
pub fn is_told(claims: &Map<String, Value>, attribute: &str) -> bool {
    claims.contains_key(attribute)
        || attribute.split_once('.').is_some_and(|(first, _)| claims.contains_key(first))
}

/// The groups that these values give.
#[must_use]
pub fn given(rules: &[GroupRule], values: &[&str]) -> BTreeSet<GroupId> {
    rules
        .iter()
        .filter(|rule| values.iter().any(|value| rule.fits(value)))
        .map(|rule| rule.group)
        .collect()
}

/// What has to be written so that an identity is in these groups and no others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    pub add: Vec<GroupId>,
    pub remove: Vec<GroupId>,
}

/// Nothing where nothing changed: then nothing is written.
#[must_use]
pub fn change(there: &BTreeSet<GroupId>, wanted: &BTreeSet<GroupId>) -> Option<Change> {
    let change = Change {
        add: wanted.difference(there).copied().collect(),
        remove: there.difference(wanted).copied().collect(),
    };
    (change != Change::default()).then_some(change)
}

/// Whether an application that is open to these groups, by their keys, lets somebody in who has those. Without any it is
/// open to everybody; a key that is no group's lets nobody in, so that deleting a group opens nothing.
#[must_use]
pub fn admits(open_to: &BTreeSet<String>, held: &[String]) -> bool {
    open_to.is_empty()
        || held.iter().any(|key| open_to.iter().any(|open| folded(open) == folded(key)))
}

/// What a mirroring provider without a mapping says, as it is told on: not the key of a group of the organisation, which
/// only a membership gives.
#[must_use]
pub fn mirrored<'v>(values: &[&'v str], keys: &BTreeSet<String>) -> Vec<&'v str> {
    values.iter().copied().filter(|value| !keys.contains(&folded(value))).collect()
}

/// Names that can stand in a header with commas between, beside the names of roles.
#[must_use]
pub fn in_a_header(groups: &[&str]) -> Vec<String> {
    groups
        .iter()
        .filter(|name| {
            name.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b',')
                && Role::parse(&folded(name.trim())).is_none()
        })
        .map(|name| (*name).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const STAFF: GroupId = GroupId([1; 16]);
    const ADMINS: GroupId = GroupId([2; 16]);
    const WORK: LinkId = LinkId([1; 16]);
    const HOME: LinkId = LinkId([2; 16]);

    fn rule(text: &str, group: GroupId) -> GroupRule {
        GroupRule::typed(text, group).unwrap()
    }

    /// Shows GV-18.
    #[test]
    fn gv_18_a_providers_groups_count_only_while_the_session_stands_on_its_identity() {
        let told = |group, link| Membership { group, source: Source::Identity(link) };
        let all = [
            Membership { group: STAFF, source: Source::Local },
            told(ADMINS, WORK),
            told(STAFF, HOME),
        ];
        assert_eq!(in_force(&all, Some(WORK)), BTreeSet::from([STAFF, ADMINS]));
        assert_eq!(in_force(&all, Some(HOME)), BTreeSet::from([STAFF]));
        assert_eq!(in_force(&all, None), BTreeSet::from([STAFF]), "by a password");
        assert_eq!(in_force(&all[1..], None), BTreeSet::new());
    }

    #[test]
    fn gv_18_of_two_identities_of_one_provider_the_one_used_last_counts() {
        let (one, other) = (ProviderId([1; 16]), ProviderId([2; 16]));
        let links = [(WORK, one, 5), (HOME, one, 9), (LinkId([3; 16]), other, 99)];
        assert_eq!(current_identity(links, one), Some(HOME));
        assert_eq!(current_identity(links, ProviderId([7; 16])), None);
    }

    #[test]
    fn a_value_gives_its_group_exactly_or_by_its_beginning() {
        let rules = [rule("cn=staff", STAFF), rule("ops-*", ADMINS)];
        let given = |values: &[&str]| given(&rules, values);
        assert_eq!(given(&["cn=staff", "ops-night"]), BTreeSet::from([STAFF, ADMINS]));
        // Neither a part, nor another spelling, nor what merely ends alike.
        for no in ["cn=staff2", "CN=staff", " cn=staff", "xops-night", "ops", "", "*"] {
            assert!(given(&[no]).is_empty(), "{no}");
        }
        assert_eq!(given(&["ops-"]), BTreeSet::from([ADMINS]));
    }

    #[test]
    fn a_rule_that_would_fit_everybody_or_nobody_is_none() {
        for bad in ["", " ", "*", "a*b", "**", "a\u{7}", &"x".repeat(257)] {
            assert_eq!(GroupRule::typed(bad, STAFF), None, "{bad}");
        }
        assert_eq!(rule(" ops-* ", STAFF).shown(), "ops-*");
        assert_eq!(rule("Ops", STAFF).shown(), "Ops");
    }

    /// Shows GO-41: where a provider keeps its groups is its own matter.
    #[test]
    fn go_41_the_attribute_is_a_whole_name_or_a_way_through_objects() {
        let claims = json!({
            "groups": ["a", 1, null, {"b": 1}, "", "c"], "realm_access": {"roles": ["r"]}, "realm.flat": "whole",
            "https://x.test/groups": ["u"], "realm": {"flat": "inner"},
        });
        let Value::Object(claims) = claims else { panic!() };
        assert_eq!(values(&claims, "groups"), ["a", "c"]);
        assert_eq!(values(&claims, "realm_access.roles"), ["r"]);
        assert_eq!(values(&claims, "realm.flat"), ["whole"], "the whole name comes first");
        assert_eq!(values(&claims, "https://x.test/groups"), ["u"]);
        for none in ["missing", "realm_access", "realm_access.roles.0", "groups.a", ""] {
            assert!(values(&claims, none).is_empty(), "{none}");
        }
    }

    #[test]
    fn a_provider_that_tells_of_very_many_groups_is_read_so_far_and_no_further() {
        let many: Vec<String> = (0..600).map(|n| format!("g{n}")).collect();
        let Value::Object(claims) = json!({"groups": many, "long": ["x".repeat(257), "short"]})
        else {
            panic!()
        };
        assert_eq!(values(&claims, "groups").len(), MOST_VALUES);
        assert_eq!(values(&claims, "long"), ["short"]);
    }

    #[test]
    fn what_did_not_change_is_not_written() {
        let (none, one, both) =
            (BTreeSet::new(), BTreeSet::from([STAFF]), BTreeSet::from([STAFF, ADMINS]));
        assert_eq!((change(&none, &none), change(&both, &both)), (None, None));
        assert_eq!(change(&one, &both), Some(Change { add: vec![ADMINS], remove: vec![] }));
        assert_eq!(change(&both, &none), Some(Change { add: vec![], remove: vec![STAFF, ADMINS] }));
    }

    #[test]
    fn an_application_is_open_to_everybody_or_to_any_of_its_groups() {
        let open_to = |keys: &[&str]| keys.iter().map(|k| (*k).to_owned()).collect::<BTreeSet<_>>();
        let held = |keys: &[&str]| keys.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>();
        assert!(admits(&open_to(&[]), &held(&[])));
        assert!(admits(&open_to(&["staff", "ops"]), &held(&["ops", "other"])));
        assert!(admits(&open_to(&["Staff"]), &held(&["staff"])));
        for held in [held(&[]), held(&["other"]), held(&["staff2"])] {
            assert!(!admits(&open_to(&["staff", "ops"]), &held), "{held:?}");
        }
    }

    /// Shows GO-08: the word of a provider does not make anybody a member of a group of ours.
    #[test]
    fn go_08_a_mirrored_name_never_passes_for_a_group_of_the_organisation() {
        let keys = BTreeSet::from(["staff".to_owned()]);
        assert_eq!(mirrored(&["editors", "staff", "STAFF"], &keys), ["editors"]);
    }

    #[test]
    fn a_header_holds_no_name_that_splits_in_two_or_passes_for_a_role() {
        let names = ["staff", "a,owner", "Owner", " owner", "ümlaut", "support", "night shift"];
        assert_eq!(in_a_header(&names), ["staff", "night shift"]);
    }

    #[test]
    fn a_groups_key_is_plain_and_no_roles_name() {
        for good in ["staff", "Grafana-Admins", "eu.sales:read", "7"] {
            assert!(is_key(good), "{good}");
        }
        for bad in
            ["", "-a", ".", "a b", "a,b", "ü", "owner", "Owner", "provider-admin", &"a".repeat(65)]
        {
            assert!(!is_key(bad), "{bad}");
        }
    }
}
