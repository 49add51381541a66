//! What an application is told of a person, as one set, whichever parameter asked for it: consent is about this set, and
//! nothing outside of it is told (rule 20).
use std::collections::BTreeSet;

use crate::{pkce::challenge, settings::Settings};

/// Claims of the scope `profile`.
const PROFILE: [&str; 6] =
    ["name", "given_name", "family_name", "preferred_username", "locale", "updated_at"];
/// What an application that is told of identities is told beside claims.
const IDENTITIES: &str = "identities";
/// What a claim of the application's own begins with; its name and the digest of its expression follow.
const OWN: &str = "own:";

/// Claims by their names, `offline_access`, `identities`, and claims of the application's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told(BTreeSet<String>);

/// What stands for one scope, or for one claim that was asked for by its name.
fn items(word: &str) -> &[&str] {
    match word {
        "profile" => &PROFILE,
        "email" | "email_verified" => &["email"],
        "phone" | "phone_number" | "phone_number_verified" => &["phone_number"],
        "name" => &["name"],
        "given_name" => &["given_name"],
        "family_name" => &["family_name"],
        "preferred_username" => &["preferred_username"],
        "locale" => &["locale"],
        "updated_at" => &["updated_at"],
        "address" => &["address"],
        "roles" => &["roles"],
        "groups" => &["groups"],
        "offline_access" => &["offline_access"],
        IDENTITIES => &[IDENTITIES],
        _ => &[],
    }
}

/// The name that stands for an expression: another expression is another thing to be asked about.
fn own(name: &str, expression: &str) -> String {
    let digest: String = challenge(expression).chars().take(16).collect();
    format!("{OWN}{name}:{digest}")
}

impl Told {
    /// What an application with these settings would be told for scopes and names of claims.
    #[must_use]
    pub fn asked<'a>(
        scope: &'a [String],
        names: impl IntoIterator<Item = &'a String>,
        settings: &Settings,
    ) -> Self {
        let mut all: BTreeSet<String> = scope
            .iter()
            .chain(names)
            .flat_map(|word| items(word))
            .map(|item| (*item).to_owned())
            .collect();
        // Nobody gets these by naming them.
        all.remove(IDENTITIES);
        all.extend(settings.identities.then(|| IDENTITIES.to_owned()));
        all.extend(settings.claims.iter().map(|(name, expression)| own(name, expression)));
        Self(all)
    }

    /// What was allowed once, as the database keeps it; scopes of older rows stand for their claims.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(
            text.split(' ')
                .flat_map(|word| {
                    if word.starts_with(OWN) {
                        vec![word.to_owned()]
                    } else {
                        items(word).iter().map(|i| (*i).to_owned()).collect()
                    }
                })
                .collect(),
        )
    }

    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    #[must_use]
    pub fn has(&self, item: &str) -> bool {
        self.0.contains(item)
    }

    /// Whether the claim of the application's own that this expression makes is among it.
    #[must_use]
    pub fn has_own(&self, name: &str, expression: &str) -> bool {
        self.0.contains(&own(name, expression))
    }

    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// What of this is not among the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).cloned().collect())
    }

    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// The lines of a page that names all of it, each once, in a fixed order.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let any = |all: &[&str]| all.iter().any(|item| self.has(item));
        let names = ["name", "given_name", "family_name"];
        let mut lines = Vec::new();
        match (any(&names), self.has("locale")) {
            (true, true) => lines.push(Line::Text("profile")),
            (true, false) => lines.push(Line::Text("name")),
            (false, true) => lines.push(Line::Text("language")),
            (false, false) => {}
        }
        for (item, text) in [
            ("preferred_username", "username"),
            ("updated_at", "updated"),
            ("email", "email"),
            ("phone_number", "phone"),
            ("address", "address"),
            ("roles", "roles"),
            ("groups", "groups"),
            (IDENTITIES, "identities"),
            ("offline_access", "offline"),
        ] {
            lines.extend(self.has(item).then_some(Line::Text(text)));
        }
        lines.extend(
            self.0
                .iter()
                .filter_map(|item| item.strip_prefix(OWN)?.rsplit_once(':'))
                .map(|(name, _)| Line::Own(name.to_owned())),
        );
        lines
    }
}

/// A line of the page that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// The message `scope-…`.
    Text(&'static str),
    /// A claim of the application's own, by its name.
    Own(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect()
    }

    fn asked(scope: &str, names: &str) -> Told {
        Told::asked(&words(scope), &words(names), &Settings::default())
    }

    /// Shows CN-01.
    #[test]
    fn cn_01_a_scope_and_the_names_of_its_claims_are_the_same_set() {
        assert_eq!(asked("openid email phone", ""), asked("openid", "email_verified phone_number"));
        assert_eq!(
            asked("openid profile", ""),
            asked("openid", "name given_name family_name preferred_username locale updated_at")
        );
        assert_eq!(asked("openid", "sub acr auth_time nonsense"), Told::default());
        assert!(!asked("openid email", "name").is_within(&asked("openid email", "")));
        assert!(
            asked("openid", "name").is_within(&Told::parse("profile email")),
            "an older row holds scopes"
        );
        assert_eq!(
            Told::parse(&asked("openid profile roles offline_access", "").text()),
            asked("openid profile roles offline_access", "")
        );
        assert_eq!(
            asked("openid", IDENTITIES),
            Told::default(),
            "only who is set to be told of them is"
        );
    }

    /// Shows CN-01: the expression is what was allowed, not its name.
    #[test]
    fn cn_01_another_expression_under_the_same_name_is_another_thing_to_ask_about() {
        let made = |expression: &str| {
            Told::asked(
                &[],
                &[],
                &Settings {
                    claims: [("level".to_owned(), expression.to_owned())].into(),
                    ..Settings::default()
                },
            )
        };
        assert!(made("1").is_within(&Told::parse(&made("1").text())));
        assert!(!made("account.phone").is_within(&made("1")));
        assert!(made("1").has_own("level", "1") && !made("1").has_own("level", "2"));
        assert_eq!(made("1").lines(), [Line::Own("level".into())]);
    }

    #[test]
    fn each_thing_has_a_line_and_nothing_has_two() {
        let all = asked("openid profile email phone address roles groups offline_access", "");
        let lines = all.lines();
        assert_eq!(lines.len(), 9);
        for item in [
            "name",
            "given_name",
            "locale",
            "preferred_username",
            "updated_at",
            "email",
            "phone_number",
            "address",
            "roles",
            "groups",
            "offline_access",
        ] {
            assert_eq!(Told::parse(item).lines().len(), 1, "{item}");
        }
    }
}
