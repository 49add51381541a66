//! TX-01: the keys that the code asks for and the keys of the catalogues are the same, in every language.
//!
//! A key stands in the code as a literal, or is made by `format!` from a name. Literals are read from the source; what a
//! `format!` can make stands in [`families`], taken from the enums and tables that it is made of.
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use domain::{
    EventKind, Refusal, Role, Trust,
    account_rules::rewind::Changed,
    audit_events::{ActorKind, EventOutcome, TargetKind},
    decision::{OUTCOMES, Reason},
    policy::{AttributeUse, DangerName, Disclosure, PRESETS, ProfileAttribute, Remedy, deviations},
    refusals::NextStep,
};
use service::{
    admin::{
        association::Mode,
        dry_run::BUCKETS,
        move_identities::LineProblem,
        providers::{Input, presets},
        simulate::Supposed,
        switches::MailMode,
    },
    notifications::messages::Kind,
    oidc_provider::ApplicationKind,
    sign_in::test_sign_in::Counted,
};

use super::Lang;

/// Literals of the app that look like keys and are none: names of HTML attributes and of what browsers fill in.
const NO_KEYS: [&str; 7] = [
    "cross-origin-opener-policy",
    "data-meter",
    "data-passkey",
    "data-submit",
    "family-name",
    "given-name",
    "unsafe-none",
];

/// Patterns of `format!` in the app that make ids of elements.
const ELEMENT_IDS: [&str; 7] =
    ["address-{}", "agree-{}", "first-{}", "foreign-{}", "link-{}", "nickname-{}", "passkey-{}"];

/// Suffixes that are put behind a key that was made before: `{key}-hint`.
const SUFFIXES: [&str; 3] = ["-hint", "-law", "-why"];

/// The keys that each `format!` can make: its pattern, and what stands for `{}`.
fn families() -> Vec<(&'static str, Vec<String>)> {
    let names = |all: &[&str]| all.iter().map(|name| name.replace('_', "-")).collect::<Vec<_>>();
    let raw = |all: &[&str]| all.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let refusals: Vec<String> = Refusal::ALL.iter().map(|r| r.key()).collect();
    let mails = raw(&Kind::ALL.map(Kind::name));
    let outcomes = outcomes();
    let event_kinds = names(&EventKind::ALL.map(EventKind::name))
        .iter()
        .map(|kind| kind.replace('.', "-"))
        .collect();
    let modes =
        names(&[Mode::Inherit, Mode::Off, Mode::FieldMatch, Mode::AskBinding].map(Mode::name));
    let mail_modes = raw(&MailMode::ALL.map(MailMode::name));
    let roles = raw(&Role::ALL.map(Role::name));
    let application_kinds = names(&ApplicationKind::ALL.map(ApplicationKind::name));
    let profile: Vec<String> = ProfileAttribute::ALL
        .iter()
        .filter(|attribute| attribute.allows(AttributeUse::Fill))
        .map(|attribute| attribute.name().replace('_', "-"))
        .collect();
    // Names that no enum lists: each stands as a literal at one place, which is named here.
    // The tags of `upstream::Settings`, as the form of a provider offers them.
    let kinds = raw(&["oidc", "oauth2", "github", "ldap", "saml"]);
    let vendors: Vec<String> =
        presets::choices().map(|preset| preset.key.replace('_', "-")).collect();
    let places: BTreeSet<String> =
        presets::choices().flat_map(|preset| preset.inputs()).map(str::to_owned).collect();
    let (settings, values) = provider_settings();
    // States of rows in the table of policies, and of dry runs with the one that the console works out.
    let (versions, runs) =
        (raw(&["draft", "shadow", "active", "retired"]), raw(&["running", "done", "stopped"]));
    // `Told::lines` in the issuer.
    let scopes = raw(&[
        "profile",
        "name",
        "language",
        "username",
        "updated",
        "email",
        "phone",
        "address",
        "roles",
        "groups",
        "identities",
        "offline",
    ]);
    // Lines of a rewind (service, account/undo/view.rs) and rows of a merge's preview (account/merge.rs).
    let ways = raw(&[
        "address", "identity", "password", "factor", "codes", "passkey", "phone", "merged",
        "deletion",
    ]);
    let merge_rows =
        raw(&["name", "identities", "emails", "password", "second-factor", "sessions"]);
    // What the decision does with an address that differs: `EmailStep`, and an update by a code.
    let email_steps = raw(&["nothing", "ask", "overwrite", "update"]);
    // Fields of an application's settings that can be wrong (`Settings::problems` in the issuer, `problems` in service).
    let application_problems = names(&[
        "name",
        "client_id",
        "redirect_uris",
        "post_logout_redirect_uris",
        "backchannel_logout_uri",
        "frontchannel_logout_uri",
        "grants",
        "own_scopes",
        "token_seconds",
        "refresh_seconds",
        "groups",
        "providers",
        "sender",
        "claims",
        "colour",
    ]);
    let organisation = raw(&["slug", "name", "address"]);
    let (fields, hints) = application_fields();
    vec![
        ("refusal-{}-title", refusals.clone()),
        ("refusal-{}-body", refusals),
        ("next-{}", raw(&NextStep::ALL.map(NextStep::name))),
        ("mail-{}-subject", mails.clone()),
        ("mail-{}-body", mails),
        ("text-{}", Kind::by_text().map(|kind| kind.name().to_owned()).collect()),
        ("event-{}", event_kinds),
        ("confirm-widens-{}", raw(&["equal-address", "belief"])),
        ("audit-outcome-{}", names(&EventOutcome::ALL.map(EventOutcome::name))),
        ("audit-actor-{}", names(&ActorKind::ALL.map(ActorKind::name))),
        ("audit-target-{}", names(&TargetKind::ALL.map(TargetKind::name))),
        // Events of the first version kept plain sentences.
        ("trace-{}", raw(&[Reason::CODES.as_slice(), &["plain"]].concat())),
        ("trust-{}", names(&Trust::ALL.map(Trust::name))),
        ("disclosure-{}", names(&Disclosure::ALL.map(Disclosure::name))),
        ("email-step-{}", email_steps),
        ("outcome-{}", outcomes),
        ("danger-{}", raw(&DangerName::ALL.map(DangerName::name))),
        ("danger-{}-why", raw(&DangerName::ALL.map(DangerName::name))),
        ("problem-{}", raw(&Remedy::ALL.map(Remedy::name))),
        ("provider-move-line-{}", names(&LineProblem::ALL.map(LineProblem::name))),
        ("preset-{}", raw(&PRESETS)),
        ("preset-{}-hint", raw(&PRESETS)),
        (
            "deviation-{}",
            raw(&PRESETS.into_iter().flat_map(deviations).copied().collect::<Vec<_>>()),
        ),
        ("supposed-{}", raw(&Supposed::ALL.map(Supposed::name))),
        ("test-counts-{}", raw(&Counted::ALL.map(Counted::name))),
        ("version-{}", versions.clone()),
        ("version-{}-why", versions),
        ("dry-run-{}", runs),
        ("bucket-{}", raw(&BUCKETS)),
        ("bucket-{}-why", raw(&BUCKETS)),
        ("effective-{}-law", raw(&["permits", "floors", "choices"])),
        ("kind-{}", kinds),
        ("vendor-{}-place", vendors.clone()),
        ("vendor-{}-thing", vendors.clone()),
        ("vendor-{}-note", vendors),
        ("place-{}", places.iter().cloned().collect()),
        ("place-{}-hint", places.into_iter().collect()),
        ("setting-{}", settings.iter().cloned().chain(values).collect()),
        ("setting-{}-hint", settings),
        ("association-{}", modes.clone()),
        ("association-{}-hint", modes),
        ("mail-mode-{}", mail_modes.clone()),
        ("mail-mode-{}-hint", mail_modes),
        ("role-{}", roles.clone()),
        ("role-{}-hint", roles),
        ("application-kind-{}", application_kinds.clone()),
        ("application-kind-{}-hint", application_kinds),
        ("app-{}", fields),
        ("app-{}-hint", hints),
        ("field-app-{}", application_problems),
        ("organisation-{}", organisation.clone()),
        ("organisation-{}-hint", organisation),
        ("scope-{}", scopes),
        ("profile-{}", profile),
        ("undo-{}", names(&Changed::ALL.map(Changed::name))),
        ("way-{}", ways),
        ("merge-row-{}", merge_rows),
        ("meter-{}", (0..=4).map(|score| score.to_string()).collect()),
    ]
}

/// The settings of providers, and the values of those that are chosen from a list.
fn provider_settings() -> (Vec<String>, Vec<String>) {
    let (mut settings, mut values) = (BTreeSet::new(), BTreeSet::new());
    for preset in presets::choices() {
        for setting in preset.settings("", &BTreeMap::new()).inputs() {
            let name = setting.name.replace('_', "-");
            if let Input::Choice(known) = setting.input {
                values.extend(known.iter().map(|v| format!("{name}-{}", v.replace('_', "-"))));
            }
            settings.insert(name);
        }
    }
    (settings.into_iter().collect(), values.into_iter().collect())
}

/// The fields of the form of an application, as its page lists them, and those of them that have a hint.
fn application_fields() -> (Vec<String>, Vec<String>) {
    let (mut fields, mut hints) = (Vec::new(), Vec::new());
    for line in include_str!("../admin/application_settings.rs").lines() {
        let Some((_, field)) = line.split_once("<Text ").or_else(|| line.split_once("<Tick "))
        else {
            continue;
        };
        let (_, name) = field.split_once(" name=\"").unwrap();
        let name = name.split('"').next().unwrap().replace('_', "-");
        hints.extend(field.contains(" hint=true").then(|| name.clone()));
        fields.push(name);
    }
    assert!(fields.len() > 20 && hints.len() > 15, "{fields:?}");
    (fields, hints)
}

/// The names of everything that a decision can come to, as the outcomes of the domain give them.
fn outcomes() -> Vec<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for text in sources("../crates/domain/src") {
        for block in
            text.split("impl Named for ").skip(1).filter_map(|rest| rest.split("\n}\n").next())
        {
            found.extend(literals(block).iter().map(|l| l.text.to_owned()));
        }
    }
    found.insert("refuse".to_owned());
    assert_eq!(
        found,
        OUTCOMES.iter().map(|&name| name.to_owned()).collect::<BTreeSet<_>>(),
        "the list of outcomes is not complete"
    );
    found.iter().map(|name| name.replace('_', "-")).collect()
}

/// The source files under a folder of the workspace, each up to its tests.
fn sources(folder: &str) -> Vec<String> {
    let mut waiting = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|e| e == "rs")
            && !path.ends_with(Path::new("i18n/catalogues.rs"))
        {
            let text = std::fs::read_to_string(path).unwrap();
            found.push(text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned());
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

/// A literal of the source with what stands before and after it.
struct Literal<'a> {
    text: &'a str,
    before: &'a str,
    after: &'a str,
}

impl Literal<'_> {
    /// It is what a match compares with, or the value of an HTML attribute or of a server function's path.
    fn is_compared_or_attribute(&self) -> bool {
        let attribute = self
            .before
            .strip_suffix('=')
            .and_then(|b| b.chars().last())
            .is_some_and(|c| c.is_alphanumeric() || c == '_');
        attribute
            || self.before.ends_with("endpoint = ")
            || self.before.ends_with("== ")
            || self.before.ends_with("!= ")
            || self.after.starts_with(" =>")
            || self.after.starts_with(" | ")
    }

    /// The family that it makes keys of: `refusal-{}-title`.
    fn pattern(&self) -> Option<String> {
        let mut pattern = String::new();
        for (n, part) in self.text.split('{').enumerate() {
            let rest = if n == 0 { part } else { part.split_once('}')?.1 };
            pattern.push_str(if n == 0 { "" } else { "{}" });
            pattern.push_str(rest);
        }
        let (prefix, rest) = pattern.split_once("{}")?;
        let fits = prefix.ends_with('-')
            && prefix.starts_with(|c: char| c.is_ascii_lowercase())
            && !rest.contains('{');
        (self.before.ends_with("format!(")
            && fits
            && [prefix, rest].concat().chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        .then_some(pattern)
    }
}

/// The literals of a source file; comments are passed over.
fn literals(text: &str) -> Vec<Literal<'_>> {
    let bytes = text.as_bytes();
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() {
        match bytes[at] {
            b'/' if bytes[at..].starts_with(b"//") => {
                at += text[at..].find('\n').unwrap_or(bytes.len() - at)
            }
            b'\'' if bytes[at..].starts_with(b"'\"'") => at += 3,
            b'\\' => at += 2,
            b'"' => {
                let mut end = at + 1;
                while bytes[end] != b'"' {
                    end += if bytes[end] == b'\\' { 2 } else { 1 };
                }
                found.push(Literal {
                    text: &text[at + 1..end],
                    before: &text[..at],
                    after: &text[end + 1..],
                });
                at = end + 1;
            }
            _ => at += 1,
        }
    }
    found
}

fn looks_like_a_key(text: &str) -> bool {
    text.contains('-')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// Whether a word without a hyphen stands where a key does: as the argument of a text, or as a notice.
fn is_asked(before: &str) -> bool {
    [" l, ", "(l, ", "lang, ", "notice(", "ask(rev, "].iter().any(|opener| before.ends_with(opener))
}

/// The keys that the code can ask for.
fn asked(english: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut patterns = BTreeSet::new();
    for text in sources("src") {
        for literal in literals(&text) {
            patterns.extend(literal.pattern());
            let a_key = looks_like_a_key(literal.text) && !NO_KEYS.contains(&literal.text);
            // A single word may be anything; it is a key where it can be one and the catalogue has it.
            if !literal.is_compared_or_attribute()
                && (a_key || is_asked(literal.before) || english.contains_key(literal.text))
            {
                all.insert(literal.text.to_owned());
            }
        }
    }
    for text in sources("../server/src/mail").into_iter().chain(sources("../server/src/text")) {
        for literal in literals(&text) {
            patterns.extend(literal.pattern());
            all.extend(
                (looks_like_a_key(literal.text) && english.contains_key(literal.text)
                    || literal.before.ends_with("t(lang, "))
                .then(|| literal.text.to_owned()),
            );
        }
    }
    // Problems of a form come from where they are found.
    for folder in
        ["../crates/service/src", "../crates/upstream/src", "../crates/domain/src", "../server/src"]
    {
        for text in sources(folder) {
            all.extend(
                literals(&text)
                    .iter()
                    .map(|l| l.text)
                    .filter(|t| {
                        looks_like_a_key(t) && (t.starts_with("field-") || t.starts_with("logo-"))
                    })
                    .map(str::to_owned),
            );
        }
    }
    let families = families();
    for pattern in patterns.iter().filter(|p| !ELEMENT_IDS.contains(&p.as_str())) {
        assert!(
            families.iter().any(|(family, _)| family == pattern),
            "{pattern} makes keys that the list of families does not know"
        );
    }
    for (family, names) in families {
        let root = SUFFIXES.iter().find_map(|s| family.strip_suffix(s)).unwrap_or(family);
        assert!(
            patterns.contains(family) || patterns.contains(root) || family.ends_with("-law"),
            "nothing makes keys like {family}"
        );
        all.extend(names.iter().map(|name| family.replace("{}", name)));
    }
    all
}

/// The texts of a language by key.
fn catalogue(lang: Lang) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for file in ["common", "sign_in", "account", "admin", "providers", "mail"] {
        let path = format!("{}/locales/{}/{file}.ftl", env!("CARGO_MANIFEST_DIR"), lang.tag());
        for line in std::fs::read_to_string(path)
            .unwrap()
            .lines()
            .filter(|l| !l.starts_with('#') && !l.is_empty())
        {
            let (key, text) = line.split_once(" = ").unwrap_or_else(|| panic!("{file}: {line}"));
            assert_eq!(
                found.insert(key.to_owned(), text.to_owned()),
                None,
                "{}: {key} stands twice",
                lang.tag()
            );
        }
    }
    let files = std::fs::read_dir(format!("{}/locales/{}", env!("CARGO_MANIFEST_DIR"), lang.tag()))
        .unwrap()
        .count();
    assert_eq!(files, 6, "{}: a catalogue that this test does not read", lang.tag());
    found
}

/// TX-01.
#[test]
fn tx_01_every_key_that_the_code_can_ask_for_exists_in_every_language_and_none_is_unused() {
    let english = catalogue(Lang::En);
    let asked = asked(&english);
    assert!(asked.len() > 1000, "{}", asked.len());
    for lang in Lang::ALL {
        let there: BTreeSet<String> = catalogue(lang).into_keys().collect();
        let missing: Vec<_> = asked.difference(&there).collect();
        let unused: Vec<_> = there.difference(&asked).collect();
        assert!(
            missing.is_empty() && unused.is_empty(),
            "{}: missing {missing:?}; unused {unused:?}",
            lang.tag()
        );
    }
}

/// The same key takes the same arguments, and stands in the same file, in every language.
#[test]
fn tx_01_a_text_takes_the_same_arguments_in_every_language() {
    let arguments = |text: &str| {
        text.split('$')
            .skip(1)
            .map(|rest| {
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
            })
            .collect::<BTreeSet<_>>()
    };
    let english = catalogue(Lang::En);
    for lang in Lang::ALL {
        for (key, text) in catalogue(lang) {
            assert_eq!(arguments(&text), arguments(&english[&key]), "{}: {key}", lang.tag());
        }
    }
}

#[test]
fn german_addresses_people_formally() {
    let familiar = [
        "du", "dich", "dir", "dein", "deine", "deinem", "deinen", "deiner", "deines", "kannst",
        "hast", "bist",
    ];
    let commands: Vec<_> = "stell stelle schließe stimme gib nimm wähle setze melde öffne prüfe lies tippe nenne füge entferne richte versuche warte mach geh".split(' ').collect();
    for text in catalogue(Lang::De).into_values() {
        let found = text
            .split(|c: char| !c.is_alphabetic())
            .find(|word| familiar.contains(&word.to_lowercase().as_str()));
        assert_eq!(found, None, "{text}");
        // "Entferne …" at the start of a sentence or clause, instead of "Entfernen Sie …".
        let clauses = text
            .split(['.', ':', ';', ',', '?', '!'])
            .flat_map(|clause| clause.split(" oder ").flat_map(|c| c.split(" und ")));
        let first = clauses
            .filter_map(|clause| clause.split_whitespace().next())
            .find(|word| commands.contains(&word.to_lowercase().as_str()));
        assert_eq!(first, None, "{text}");
    }
}

#[test]
fn chinese_addresses_people_formally() {
    assert!(!catalogue(Lang::Zh).into_values().any(|text| text.contains('你')));
}
