//! Texts: Fluent catalogues, one folder a language; a test proves that every key stands in each of them.
use std::{borrow::Cow, collections::HashMap};

use fluent_templates::{LanguageIdentifier, Loader, fluent_bundle::FluentValue, static_loader};

static_loader! {
    static TEXTS = {
        locales: "./locales",
        fallback_language: "en",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// A language that pages and mails exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    #[default]
    En,
    De,
    Zh,
}

impl Lang {
    /// All, in the order of the language switch.
    pub const ALL: [Self; 3] = [Self::En, Self::De, Self::Zh];

    /// The BCP 47 tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Zh => "zh-CN",
        }
    }

    /// Its own name for itself.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
            Self::Zh => "简体中文",
        }
    }

    /// The language of a tag, by its first part.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let first = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        Self::ALL.into_iter().find(|l| l.tag().split('-').next() == Some(first.as_str()))
    }

    /// The choice cookie wins, then `Accept-Language` by its weights, then English.
    #[must_use]
    pub fn pick(cookie: Option<&str>, accept: &str) -> Self {
        if let Some(chosen) = cookie.and_then(Self::parse) {
            return chosen;
        }
        let mut wanted: Vec<(f32, Self)> = accept.split(',').filter_map(weighted).filter(|(weight, _)| *weight > 0.0).collect();
        wanted.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        wanted.first().map_or(Self::En, |(_, l)| *l)
    }

    fn id(self) -> LanguageIdentifier {
        self.tag().parse().unwrap_or_default()
    }
}

/// A language that we have, with its weight (RFC 9110 §12.4.2): 1 where none is said, 0 where it is not wanted or cannot be
/// read.
fn weighted(part: &str) -> Option<(f32, Lang)> {
    let mut parts = part.split(';').map(str::trim);
    let lang = Lang::parse(parts.next()?)?;
    let weight = parts.find_map(|p| p.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("q")).map(|(_, q)| q.trim()));
    let weight = weight.map_or(1.0, |q| q.parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0));
    Some((weight, lang))
}

/// The text of a key.
#[must_use]
pub fn t(lang: Lang, key: &str) -> String {
    TEXTS.lookup(&lang.id(), key)
}

/// The text of a key with arguments.
#[must_use]
pub fn ta(lang: Lang, key: &str, arguments: &[(&'static str, &str)]) -> String {
    let map: HashMap<Cow<'static, str>, FluentValue<'_>> = arguments
        .iter()
        .map(|(name, value)| {
            let value = value.parse::<i64>().map_or_else(|_| FluentValue::from(*value), FluentValue::from);
            (Cow::Borrowed(*name), value)
        })
        .collect();
    TEXTS.lookup_with_args(&lang.id(), key, &map)
}

/// Whether a key has a text in exactly this language.
#[must_use]
pub fn has(lang: Lang, key: &str) -> bool {
    TEXTS.lookup_no_default_fallback::<&str>(&lang.id(), key, None).is_some()
}

/// A moment as people everywhere can read it, for mails.
#[must_use]
pub fn utc_text(at: domain::Micros) -> String {
    chrono::DateTime::from_timestamp_micros(at).unwrap_or_default().format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn catalogue(tag: &str) -> BTreeMap<String, Vec<String>> {
        let text = std::fs::read_to_string(format!("{}/locales/{tag}/main.ftl", env!("CARGO_MANIFEST_DIR"))).unwrap();
        text.lines()
            .filter(|l| !l.starts_with(['#', ' ']) && l.contains(" = "))
            .map(|l| {
                let (key, value) = l.split_once(" = ").unwrap();
                let mut arguments: Vec<_> = value.split('$').skip(1).map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()).collect();
                arguments.sort();
                arguments.dedup();
                (key.to_owned(), arguments)
            })
            .collect()
    }

    #[test]
    fn every_text_stands_in_every_language_with_the_same_arguments() {
        let english = catalogue("en");
        assert!(english.len() > 100);
        for other in ["de", "zh-CN"] {
            let other_texts = catalogue(other);
            for (key, arguments) in &english {
                assert_eq!(other_texts.get(key), Some(arguments), "{other}: {key}");
            }
            assert_eq!(other_texts.len(), english.len(), "{other} has keys that English has not");
        }
    }

    #[test]
    fn german_addresses_people_formally() {
        let familiar = ["du", "dich", "dir", "dein", "deine", "deinem", "deinen", "deiner", "deines", "kannst", "hast", "bist"];
        let commands: Vec<_> = "stell stelle schließe stimme gib nimm wähle setze melde öffne prüfe lies tippe nenne füge entferne richte versuche warte mach geh".split(' ').collect();
        for line in include_str!("../locales/de/main.ftl").lines() {
            let found = line.split(|c: char| !c.is_alphabetic()).find(|word| familiar.contains(&word.to_lowercase().as_str()));
            assert_eq!(found, None, "{line}");
            // "Entferne …" at the start of a sentence or clause, instead of "Entfernen Sie …".
            let text = line.split_once(" = ").map_or(line, |(_, text)| text);
            let clauses = text.split(['.', ':', ';', ',', '?', '!']).flat_map(|clause| clause.split(" oder ").flat_map(|c| c.split(" und ")));
            let first = clauses.filter_map(|clause| clause.split_whitespace().next()).find(|word| commands.contains(&word.to_lowercase().as_str()));
            assert_eq!(first, None, "{line}");
        }
    }

    #[test]
    fn chinese_addresses_people_formally() {
        assert!(!include_str!("../locales/zh-CN/main.ftl").contains('你'));
    }

    #[test]
    fn every_refusal_has_a_title_and_a_body_in_every_language() {
        for lang in Lang::ALL {
            for refusal in domain::Refusal::ALL {
                for part in ["title", "body"] {
                    let key = format!("refusal-{}-{part}", refusal.key());
                    assert!(has(lang, &key), "{}: {key}", lang.tag());
                }
                for step in refusal.next_steps() {
                    assert!(has(lang, step.key()), "{}: {}", lang.tag(), step.key());
                }
            }
        }
    }

    #[test]
    fn every_event_that_is_written_down_has_its_name_in_every_language() {
        let mut files = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/service/src"))];
        let mut seen = 0;
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()));
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            for kind in ["Event::new(\"", "undone(\"", "decided(\"", ".event(\""].iter().flat_map(|opener| text.split(opener).skip(1)).filter_map(|rest| rest.split('"').next()) {
                for lang in Lang::ALL {
                    assert!(has(lang, &format!("event-{}", kind.replace(['.', '_'], "-"))), "{}: {kind}", lang.tag());
                }
                seen += 1;
            }
        }
        assert!(seen > 60, "{seen}");
    }

    #[test]
    fn every_deviation_of_every_preset_has_its_text_in_every_language() {
        for lang in Lang::ALL {
            for one in domain::policy::PRESETS.into_iter().flat_map(domain::policy::deviations) {
                assert!(has(lang, &format!("deviation-{one}")), "{}: {one}", lang.tag());
            }
        }
    }

    #[test]
    fn every_key_in_the_code_is_in_the_catalogue() {
        let english = catalogue("en");
        let mut files = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        let mut seen = 0;
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()));
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            for opener in ["t(l, \"", "ta(l, \"", "t(lang, \"", "ta(lang, \""] {
                for rest in text.split(opener).skip(1) {
                    let key = rest.split('"').next().unwrap();
                    if key.is_empty() || key.contains('{') {
                        continue;
                    }
                    assert!(english.contains_key(key), "{key}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 80, "{seen}");
    }

    #[test]
    fn the_language_is_the_chosen_one_or_the_browsers_favourite() {
        assert_eq!(Lang::pick(None, "de-CH,en;q=0.8"), Lang::De);
        assert_eq!(Lang::pick(None, "fr;q=0.9,en;q=0.3,zh;q=0.7"), Lang::Zh);
        assert_eq!(Lang::pick(Some("en"), "de"), Lang::En);
        assert_eq!(Lang::pick(Some("xx"), "tlh"), Lang::En);
    }

    #[test]
    fn fr_16_weights_are_read_as_the_standard_writes_them() {
        for (accept, lang) in [
            ("fr-FR,fr;q=0.9,en;q=0.8,de;q=0.75", Lang::En),
            ("en;q=0.9,de;q=0.85", Lang::En),
            ("de; q=0.9, en; q=0.8", Lang::De),
            ("de;q=0", Lang::En),
            ("*, de;q=0", Lang::En),
            ("EN;Q=0.9,de;q=0.5", Lang::En),
            ("de;q=1.000, zh;q=0.999", Lang::De),
            ("zh ; q = 0.3 , de;q=high, en;q=2", Lang::Zh),
        ] {
            assert_eq!(Lang::pick(None, accept), lang, "{accept}");
        }
    }
}
