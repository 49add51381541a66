//! The instance's switches, as the console names them; what decides is the document that they write.
use domain::{
    Policy,
    policy::{Document, MailMatrix, Notify, preset},
    trust::{LinkRequirement, Proof, Trust},
};
use serde_json::Value;

/// The instance's switches; also names for the policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switches {
    pub preset: String,
    pub link_on_login: bool,
    pub account_management: bool,
    pub create: bool,
    pub mail_mode: MailMode,
    /// The unsafe permit.
    pub accept_unproven_links: bool,
}

domain::named! {
    /// GOSS's `userLinkingEmailMode` (GO-33): an alias over accepted pairs and the mail matrix.
    pub enum MailMode {
        /// A code to the account's own address (GO-36).
        ConfirmationRequired = "confirmationrequired",
        /// Added at once, the account is told (GO-39). Unsafe.
        Notification = "notification",
        /// Added at once, nobody is told (GO-38). Unsafe.
        None = "none",
    }
}

impl MailMode {
    /// Writes the mode into a document: the accepted pairs of its rules, and who is told.
    fn write(self, document: &mut Document) {
        let mail = Policy::merge(0, &[&*document]).choices.mail;
        for rule in document.choices.rules.iter_mut().flatten().filter(|r| !r.entered_by_user) {
            rule.accept.retain(|pair| *pair != UNPROVEN);
            if self != Self::ConfirmationRequired {
                rule.accept.push(UNPROVEN);
            } else if rule.accept.is_empty() {
                rule.accept.push(LinkRequirement { trust: Trust::Asserted, proof: Proof::Mailbox });
            }
        }
        let login_link = match self {
            Self::ConfirmationRequired => return,
            Self::Notification => Notify::Notify,
            Self::None => Notify::None,
        };
        document.choices.mail = Some(MailMatrix { login_link, ..mail });
    }
}

/// A provider's word alone.
const UNPROVEN: LinkRequirement = LinkRequirement { trust: Trust::Asserted, proof: Proof::None };

/// A document moved from one preset to another: what it says as its old preset did, it says as the new one does; what
/// somebody changed by hand stays.
fn rebased(base: &Document, old: &str, new: &str) -> Document {
    let (Some(new), Ok(mine)) = (preset(new), serde_json::to_value(base)) else {
        return base.clone();
    };
    let values =
        (serde_json::to_value(preset(old).unwrap_or_default()), serde_json::to_value(&new));
    let (Ok(old), Ok(next)) = values else { return base.clone() };
    let mut moved = serde_json::Map::new();
    for part in ["permits", "floors", "choices"] {
        let field = |of: &Value, name: &str| of.get(part).and_then(|p| p.get(name)).cloned();
        let names = [&mine, &next]
            .into_iter()
            .filter_map(|d| d.get(part)?.as_object())
            .flat_map(|fields| fields.keys().cloned());
        let fields: serde_json::Map<String, Value> = names
            .filter_map(|name| {
                if field(&mine, &name) == field(&old, &name) {
                    field(&next, &name)
                } else {
                    field(&mine, &name)
                }
                .map(|value| (name, value))
            })
            .collect();
        moved.insert(part.into(), fields.into());
    }
    let pinned =
        if mine.get("final") == old.get("final") { next.get("final") } else { mine.get("final") };
    moved.extend(pinned.map(|names| ("final".to_owned(), names.clone())));
    moved.extend(new.preset.map(|name| ("preset".to_owned(), name.into())));
    serde_json::from_value(moved.into()).unwrap_or_else(|_| base.clone())
}

impl Switches {
    /// The document in force with what the form changed, and nothing else (PL-01).
    #[must_use]
    pub fn patch(&self, base: &Document) -> Document {
        let before = Self::read(base);
        let mut document = if self.preset == before.preset {
            base.clone()
        } else {
            rebased(base, &before.preset, &self.preset)
        };
        let set = |permit: &mut Option<bool>, then: bool, now: bool| {
            if then != now {
                *permit = Some(then);
            }
        };
        set(&mut document.permits.link_on_login, self.link_on_login, before.link_on_login);
        set(
            &mut document.permits.account_management,
            self.account_management,
            before.account_management,
        );
        set(&mut document.permits.create, self.create, before.create);
        set(
            &mut document.permits.accept_unproven_links,
            self.accept_unproven_links,
            before.accept_unproven_links,
        );
        if (self.link_on_login, self.create) != (before.link_on_login, before.create) {
            let neither = !self.link_on_login && !self.create;
            let both_were_off = !before.link_on_login && !before.create;
            document.choices.login_only = if neither {
                Some(true)
            } else {
                document.choices.login_only.filter(|_| !both_were_off)
            };
        }
        if self.mail_mode != before.mail_mode {
            self.mail_mode.write(&mut document);
        }
        document
    }

    /// What a document says, in these names.
    #[must_use]
    pub fn read(document: &Document) -> Self {
        let unproven = document
            .choices
            .rules
            .iter()
            .flatten()
            .any(|r| !r.entered_by_user && r.accept.contains(&UNPROVEN));
        let notified = document.choices.mail.is_some_and(|m| m.login_link == Notify::Notify);
        Self {
            preset: document.preset.clone().unwrap_or_else(|| "recommended".into()),
            link_on_login: document.permits.link_on_login != Some(false),
            account_management: document.permits.account_management != Some(false),
            create: document.permits.create != Some(false),
            mail_mode: match (unproven, notified) {
                (false, _) => MailMode::ConfirmationRequired,
                (true, true) => MailMode::Notification,
                (true, false) => MailMode::None,
            },
            accept_unproven_links: document.permits.accept_unproven_links == Some(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A policy that its owner wrote by hand, from a preset.
    fn by_hand() -> Document {
        let mut document = preset("recommended").unwrap();
        document.permits.choose_new = Some(false);
        document.permits.email_code_sign_in = Some(true);
        document.floors.pin_tries = Some(1);
        document.choices.agreements = Some(vec![
            serde_json::from_str(
                r#"{"id":"terms","version":"1","title":"Terms","url":"https://ex.test/terms"}"#,
            )
            .unwrap(),
        ]);
        document.pinned.insert("merge".into());
        document
    }

    #[test]
    fn pl_01_saving_what_is_there_changes_nothing_whatever_the_document_says() {
        for document in domain::policy::PRESETS
            .into_iter()
            .filter_map(preset)
            .chain([by_hand(), Document::default()])
        {
            assert_eq!(
                Switches::read(&document).patch(&document),
                document,
                "{:?}",
                document.preset
            );
        }
    }

    #[test]
    fn pl_01_one_switch_changes_one_field() {
        let base = by_hand();
        let off = Switches { create: false, ..Switches::read(&base) }.patch(&base);
        let mut expected = base.clone();
        expected.permits.create = Some(false);
        assert_eq!(off, expected);
        // Both off is "login only", and one of them on again is not.
        let only = Switches { link_on_login: false, ..Switches::read(&off) }.patch(&off);
        assert_eq!(only.choices.login_only, Some(true));
        let back = Switches { link_on_login: true, ..Switches::read(&only) }.patch(&only);
        assert_eq!((back.choices.login_only, back.permits.create), (None, Some(false)));
    }

    #[test]
    fn pl_01_the_mail_mode_comes_and_goes_and_leaves_the_rules() {
        let base = by_hand();
        let to = |mode, from: &Document| {
            Switches { mail_mode: mode, ..Switches::read(from) }.patch(from)
        };
        for mode in [MailMode::Notification, MailMode::None] {
            let there = to(mode, &base);
            assert_eq!(Switches::read(&there).mail_mode, mode);
            let back = to(MailMode::ConfirmationRequired, &there);
            assert_eq!(back.choices.rules, base.choices.rules);
            assert_eq!(
                (back.permits.clone(), back.floors.clone(), back.choices.agreements.clone()),
                (base.permits.clone(), base.floors.clone(), base.choices.agreements.clone())
            );
        }
    }

    #[test]
    fn pl_01_another_preset_keeps_what_was_written_by_hand() {
        let base = by_hand();
        let moved = Switches { preset: "goss".into(), ..Switches::read(&base) }.patch(&base);
        let goss = preset("goss").unwrap();
        assert_eq!(
            (moved.preset.as_deref(), &moved.choices.rules, moved.choices.disclosure),
            (Some("goss"), &goss.choices.rules, goss.choices.disclosure)
        );
        assert_eq!(
            (moved.permits.choose_new, moved.permits.email_code_sign_in, moved.floors.pin_tries),
            (Some(false), Some(true), Some(1))
        );
        assert!(
            moved.choices.agreements == base.choices.agreements && moved.pinned.contains("merge")
        );
    }
}
