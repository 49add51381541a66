//! Texts: Fluent catalogues, one folder a language and in it one file an area. A test (TX-01) proves that the code's keys and
//! the catalogues' are the same.
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
        let mut wanted: Vec<(f32, Self)> =
            accept.split(',').filter_map(weighted).filter(|(weight, _)| *weight > 0.0).collect();
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
    let weight = parts.find_map(|p| {
        p.split_once('=')
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map(|(_, q)| q.trim())
    });
    let weight = weight
        .map_or(1.0, |q| q.parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0));
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
            let value =
                value.parse::<i64>().map_or_else(|_| FluentValue::from(*value), FluentValue::from);
            (Cow::Borrowed(*name), value)
        })
        .collect();
    TEXTS.lookup_with_args(&lang.id(), key, &map)
}

/// A moment as people everywhere can read it, for mails.
#[must_use]
pub fn utc_text(at: domain::Micros) -> String {
    chrono::DateTime::from_timestamp_micros(at)
        .unwrap_or_default()
        .format("%Y-%m-%d %H:%M UTC")
        .to_string()
}

#[cfg(test)]
mod catalogues;

#[cfg(test)]
mod tests {
    use super::*;

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
