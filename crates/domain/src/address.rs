//! E-mail addresses: one canonical form for comparing, the typed form for sending.
use unicode_normalization::UnicodeNormalization;

/// An address that can be compared: domain in ASCII, lower case; local part in NFC with ASCII letters in lower case.
/// Plus signs and dots keep their meaning; they are the receiving host's business (RFC 5321 §2.3.11).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Canonical(String);

impl Canonical {
    /// The canonical form of what was typed or claimed.
    ///
    /// # Errors
    /// [`NotAnAddress`] when there is not exactly one `@`, a part is empty or too long, a control character or
    /// white space is inside, or the domain is none by UTS 46.
    pub fn parse(typed: &str) -> Result<Self, NotAnAddress> {
        let typed = typed.trim();
        let (local, domain) = typed.split_once('@').ok_or(NotAnAddress)?;
        let odd = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | ':' | '\\' | '"' | '[' | ']');
        // Normalising can make such a character of a harmless one (U+037E becomes a semicolon): looked at afterwards.
        let local: String = local.nfc().map(|c| c.to_ascii_lowercase()).collect();
        if local.is_empty() || domain.contains('@') || typed.chars().any(odd) || local.contains('@') || local.chars().any(odd) || typed.len() > 254 || local.len() > 64 {
            return Err(NotAnAddress);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| NotAnAddress)?;
        if !domain.contains('.') || domain.starts_with('.') || domain.ends_with('.') || domain.len() > 253 {
            return Err(NotAnAddress);
        }
        Ok(Self(format!("{local}@{domain}")))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
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
        for bad in ["a\r\nBcc: b@ex.test@x.test", "a b@ex.test", "<a@ex.test>", "a@ex.test,b@ex.test", "a@@ex.test", "@ex.test", "a@", "a@localhost", "", "a(comment)@ex.test", "a\0@ex.test"] {
            assert_eq!(Canonical::parse(bad), Err(NotAnAddress), "{bad:?}");
        }
    }

    #[test]
    fn em_03_both_spellings_of_an_international_domain_are_one_and_look_alikes_are_not() {
        // Cyrillic а and ɡ (U+0261) look like Latin letters.
        assert_ne!(Canonical::parse("v@\u{430}pple.test"), Canonical::parse("v@apple.test"));
        assert_ne!(Canonical::parse("\u{430}nna@ex.test"), Canonical::parse("anna@ex.test"));
        assert_eq!(Canonical::parse("zoë@exämple.test"), Canonical::parse("zoë@xn--exmple-cua.test"));
    }

    #[test]
    fn a_masked_address_shows_only_first_letters_and_the_last_label() {
        assert_eq!(masked("victim@example.com"), "v•••@e•••.com");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(20_000))]

        #[test]
        fn em_01_canonical_is_a_fixed_point(text in "\\PC{1,20}@[a-zäöüß.]{1,12}\\.[a-z]{2,5}") {
            if let Ok(once) = Canonical::parse(&text) {
                proptest::prop_assert_eq!(Canonical::parse(once.as_str()), Ok(once.clone()));
            }
        }
    }
}
