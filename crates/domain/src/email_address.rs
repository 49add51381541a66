//! E-mail addresses: one spelling that is compared, stored and mailed (docs/adr/0026-one-spelling-of-an-address.md).
use std::{
    cmp::Ordering,
    hash::{Hash, Hasher},
};

use unicode_normalization::UnicodeNormalization;

/// An address in its one spelling: domain in ASCII, lower case; local part with ASCII letters in lower case. Plus signs and
/// dots keep their meaning; they are the receiving host's business (RFC 5321 §2.3.11).
///
/// Beside it is what pages show: the same address with the case that was typed and the domain in its own script. It takes
/// no part in comparing, and no mail goes to it.
#[derive(Debug, Clone)]
pub struct Canonical {
    spelling: String,
    shown: String,
}

impl PartialEq for Canonical {
    fn eq(&self, other: &Self) -> bool {
        self.spelling == other.spelling
    }
}

impl Eq for Canonical {}

impl Hash for Canonical {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.spelling.hash(state);
    }
}

impl PartialOrd for Canonical {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Canonical {
    fn cmp(&self, other: &Self) -> Ordering {
        self.spelling.cmp(&other.spelling)
    }
}

/// Characters that a reader does not see and a mail server may drop (Unicode's `Default_Ignorable_Code_Point`).
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a text is its own compatibility form (NFKC) and has nothing invisible: no other text can be taken for the same
/// (after RFC 8264 §9.2, which refuses such characters in identifiers too).
pub(crate) fn is_plain(text: &str) -> bool {
    text.nfkc().eq(text.chars()) && !text.chars().any(is_invisible)
}

impl Canonical {
    /// The canonical form of what was typed or claimed.
    ///
    /// # Errors
    /// [`NotAnAddress`] when there is not exactly one `@`, a part is empty or too long, a control character or
    /// white space is inside, the domain is none by UTS 46, or a character stands for another one (EM-07): the Kelvin
    /// sign, full-width letters, a letter and its accent apart.
    pub fn parse(typed: &str) -> Result<Self, NotAnAddress> {
        let typed = typed.trim();
        if !is_plain(typed) {
            return Err(NotAnAddress);
        }
        let (local, domain) = typed.split_once('@').ok_or(NotAnAddress)?;
        let odd = |c: char| {
            c.is_control()
                || c.is_whitespace()
                || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | ':' | '\\' | '"' | '[' | ']')
        };
        if local.is_empty()
            || domain.contains('@')
            || typed.chars().any(odd)
            || typed.len() > 254
            || local.len() > 64
        {
            return Err(NotAnAddress);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| NotAnAddress)?;
        if !domain.contains('.')
            || domain.starts_with('.')
            || domain.ends_with('.')
            || domain.len() > 253
        {
            return Err(NotAnAddress);
        }
        let shown = format!("{local}@{}", idna::domain_to_unicode(&domain).0);
        Ok(Self { spelling: format!("{}@{domain}", local.to_ascii_lowercase()), shown })
    }

    /// The one spelling: what is compared, stored, and written on mail.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.spelling
    }

    /// For pages only: the same address, read again, is this one.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The part behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.spelling.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// The text is no e-mail address that mail could be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnAddress;

/// An address as it may be shown to somebody who has not proved anything: `v•••@e•••.com`.
#[must_use]
pub fn masked(address: &str) -> String {
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    let (host, tld) = domain.rsplit_once('.').unwrap_or((domain, ""));
    let first = |text: &str| text.chars().next().map_or_else(String::new, |c| c.to_string());
    format!("{}•••@{}•••.{}", first(local), first(host), tld)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn em_06_case_of_an_address_does_not_make_it_another_one() {
        assert_eq!(Canonical::parse("V@Ex.test"), Canonical::parse("v@ex.TEST"));
    }

    #[test]
    fn em_02_plus_and_dots_stay_distinct() {
        assert_ne!(Canonical::parse("v+x@ex.test"), Canonical::parse("v@ex.test"));
        assert_ne!(Canonical::parse("v.v@ex.test"), Canonical::parse("vv@ex.test"));
    }

    #[test]
    fn em_04_line_breaks_and_second_recipients_are_no_addresses() {
        for bad in [
            "a\r\nBcc: b@ex.test@x.test",
            "a b@ex.test",
            "<a@ex.test>",
            "a@ex.test,b@ex.test",
            "a@@ex.test",
            "@ex.test",
            "a@",
            "a@localhost",
            "",
            "a(comment)@ex.test",
            "a\0@ex.test",
        ] {
            assert_eq!(Canonical::parse(bad), Err(NotAnAddress), "{bad:?}");
        }
    }

    #[test]
    fn em_03_both_spellings_of_an_international_domain_are_one_and_look_alikes_are_not() {
        // Cyrillic а and ɡ (U+0261) look like Latin letters.
        assert_ne!(Canonical::parse("v@\u{430}pple.test"), Canonical::parse("v@apple.test"));
        assert_ne!(Canonical::parse("\u{430}nna@ex.test"), Canonical::parse("anna@ex.test"));
        assert_eq!(
            Canonical::parse("zoë@exämple.test"),
            Canonical::parse("zoë@xn--exmple-cua.test")
        );
    }

    /// Also characters that nobody sees, a letter and its accent apart, and a domain's own variants.
    #[test]
    fn em_07_characters_that_stand_for_others_are_in_no_address() {
        for good in [
            "kim@ex.test",
            "Åsa@ex.test",
            "zoë@exämple.test",
            "σοφία@ex.test",
            "小明@例子.test",
            "٧@ex.test",
        ] {
            assert!(Canonical::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "\u{212a}im@ex.test",
            "\u{212b}sa@ex.test",
            "a\u{17f}a@ex.test",
            "\u{2126}@ex.test",
            "kim\u{ff20}ex.test",
            "kim\u{fe6b}ex.test",
            "kim\u{ff20}evil.test@ex.test",
            "kim\u{2460}@ex.test",
            "kim\u{ff11}@ex.test",
            "kim\u{b2}@ex.test",
            "\u{ff4b}im@ex.test",
            "kim@e\u{ff58}.test",
            "kim@ex\u{ff0e}test",
            "kim@\u{212a}.test",
            "e\u{301}@ex.test",
            "ki\u{ad}m@ex.test",
            "kim\u{200b}@ex.test",
            "kim\u{202e}@ex.test",
            "kim@e\u{ad}x.test",
            "a\u{37e}b@ex.test",
        ] {
            assert_eq!(Canonical::parse(bad), Err(NotAnAddress), "{bad:?}");
        }
    }

    #[test]
    fn em_07_what_is_shown_is_the_address_with_the_case_that_was_typed() {
        let typed = Canonical::parse(" Vera.Li@EXÄMPLE.test ").unwrap();
        assert_eq!(
            (typed.as_str(), typed.shown()),
            ("vera.li@xn--exmple-cua.test", "Vera.Li@exämple.test")
        );
        assert_eq!(Canonical::parse(typed.shown()), Ok(typed));
    }

    #[test]
    fn a_masked_address_shows_only_first_letters_and_the_last_label() {
        assert_eq!(masked("victim@example.com"), "v•••@e•••.com");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn em_07_no_two_spellings_that_look_the_same_to_a_normaliser_are_addresses(text in "[\\PC]{1,8}@ex.test") {
            if let Ok(address) = Canonical::parse(&text) {
                let normal: String = text.nfkc().collect();
                prop_assert_eq!(Canonical::parse(&normal), Ok(address.clone()));
                prop_assert_eq!(Canonical::parse(address.shown()), Ok(address.clone()));
                prop_assert_eq!(address.as_str().to_ascii_lowercase(), address.shown().to_ascii_lowercase(), "one but for the case");
            }
        }

        #[test]
        fn em_01_canonical_is_a_fixed_point(text in "\\PC{1,20}@[a-zäöüß.]{1,12}\\.[a-z]{2,5}") {
            if let Ok(once) = Canonical::parse(&text) {
                prop_assert_eq!(Canonical::parse(once.as_str()), Ok(once.clone()));
            }
        }
    }
}
