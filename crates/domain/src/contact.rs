//! Where a code can go: an account's mailbox or its phone. Both are compared in one canonical form.
use serde::{Deserialize, Serialize};

use crate::{email_address, email_address::Canonical};

/// A telephone number in the international form: `+`, country code, subscriber number, 7 to 15 digits (ITU-T E.164 §6).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// The number that was typed or claimed. Spaces, hyphens, dots, slashes and parentheses are for the eye; `00` is
    /// read as `+`.
    ///
    /// # Errors
    /// [`NotAContact`] for anything else, and for a number without a country code: whose country is anybody's guess.
    pub fn parse(typed: &str) -> Result<Self, NotAContact> {
        let typed = typed.trim();
        let rest =
            typed.strip_prefix('+').or_else(|| typed.strip_prefix("00")).ok_or(NotAContact)?;
        if rest.len() > 40
            || !rest
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '/' | '(' | ')'))
        {
            return Err(NotAContact);
        }
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        if !(7..=15).contains(&digits.len()) || digits.starts_with('0') {
            return Err(NotAContact);
        }
        Ok(Self(format!("+{digits}")))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An address or a number. Everything that is sent goes to one of these, so that it goes where was compared (EM-07).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Contact {
    Mailbox(Canonical),
    Phone(Phone),
}

impl Contact {
    /// What was typed, read as whichever it can be.
    ///
    /// # Errors
    /// [`NotAContact`] for what is neither.
    pub fn parse(typed: &str) -> Result<Self, NotAContact> {
        match Canonical::parse(typed) {
            Ok(address) => Ok(Self::Mailbox(address)),
            Err(_) => Phone::parse(typed).map(Self::Phone),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Mailbox(address) => address.as_str(),
            Self::Phone(phone) => phone.as_str(),
        }
    }

    /// For pages only.
    #[must_use]
    pub fn shown(&self) -> &str {
        match self {
            Self::Mailbox(address) => address.shown(),
            Self::Phone(phone) => phone.as_str(),
        }
    }

    #[must_use]
    pub fn is_phone(&self) -> bool {
        matches!(self, Self::Phone(_))
    }
}

impl From<Contact> for String {
    fn from(contact: Contact) -> Self {
        contact.as_str().to_owned()
    }
}

impl TryFrom<String> for Contact {
    type Error = NotAContact;
    fn try_from(text: String) -> Result<Self, NotAContact> {
        Self::parse(&text)
    }
}

/// The text is neither an e-mail address nor an international telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAContact;

impl std::fmt::Display for NotAContact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("neither an e-mail address nor an international telephone number")
    }
}

/// An address or number as it may be shown to somebody who has not proved anything: `v•••@e•••.com`, `+•••42`.
#[must_use]
pub fn masked(contact: &str) -> String {
    match contact.strip_prefix('+') {
        Some(digits) => {
            format!("+•••{}", digits.get(digits.len().saturating_sub(2)..).unwrap_or_default())
        }
        None => email_address::masked(contact),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for typed in ["+49 (30) 123-456", "0049 30 123456", " +4930123456 ", "+49.30/123456"] {
            assert_eq!(
                Phone::parse(typed).map(|p| p.as_str().to_owned()),
                Ok("+4930123456".to_owned()),
                "{typed}"
            );
        }
    }

    #[test]
    fn what_has_no_country_is_too_short_or_holds_something_else_is_no_number() {
        for bad in [
            "030 123456",
            "+0 30 123456",
            "+49",
            "+1234567890123456",
            "+49 30 12345x",
            "+49\r\n30123456",
            "",
            "+",
            "+٤٩٣٠١٢٣٤٥٦",
        ] {
            assert_eq!(Phone::parse(bad), Err(NotAContact), "{bad:?}");
        }
    }

    #[test]
    fn a_contact_is_an_address_or_a_number_and_shows_little_of_itself() {
        assert!(
            matches!(Contact::parse("V@Ex.test"), Ok(Contact::Mailbox(a)) if a.as_str() == "v@ex.test")
        );
        assert!(
            matches!(Contact::parse("+49 30 123456"), Ok(Contact::Phone(p)) if p.as_str() == "+4930123456")
        );
        assert_eq!(Contact::parse("v"), Err(NotAContact));
        assert_eq!(masked("+4930123456"), "+•••56");
        assert_eq!(masked("v@ex.test"), "v•••@e•••.test");
    }

    proptest! {
        #[test]
        fn reading_a_number_again_changes_nothing(typed in "[+0-9 ()x./-]{0,20}") {
            if let Ok(phone) = Phone::parse(&typed) {
                prop_assert_eq!(Phone::parse(phone.as_str()), Ok(phone));
            }
        }
    }
}
