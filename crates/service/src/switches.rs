//! The instance's switches, as the console names them; what decides is the document that they write.
use domain::{
    policy::{Document, MailMatrix, Notify, preset},
    trust::{Pair, Proof, Trust},
};

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

/// GOSS's `userLinkingEmailMode` (GO-33): an alias over accepted pairs and the mail matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailMode {
    /// A code to the account's own address (GO-36).
    ConfirmationRequired,
    /// Added at once, the account is told (GO-39). Unsafe.
    Notification,
    /// Added at once, nobody is told (GO-38). Unsafe.
    None,
}

impl MailMode {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ConfirmationRequired => "confirmationrequired",
            Self::Notification => "notification",
            Self::None => "none",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Self {
        [Self::Notification, Self::None].into_iter().find(|m| m.name() == name).unwrap_or(Self::ConfirmationRequired)
    }
}

impl Switches {
    /// The document that says it, on top of its preset.
    #[must_use]
    pub fn document(&self) -> Document {
        let mut document = preset(&self.preset).or_else(|| preset("recommended")).unwrap_or_default();
        document.permits.link_on_login = Some(self.link_on_login);
        document.permits.account_management = Some(self.account_management);
        document.permits.create = Some(self.create);
        document.permits.accept_unproven_links = Some(self.accept_unproven_links);
        document.choices.login_only = (!self.link_on_login && !self.create).then_some(true);
        let mail = document.choices.mail.unwrap_or(MailMatrix { login_link: Notify::None, account_link: Notify::None, unlink: Notify::None, refused: Notify::None });
        match self.mail_mode {
            MailMode::ConfirmationRequired => {}
            MailMode::Notification | MailMode::None => {
                for rule in document.choices.rules.iter_mut().flatten() {
                    rule.accept.push(Pair { trust: Trust::Asserted, proof: Proof::None });
                }
                let login_link = if self.mail_mode == MailMode::Notification { Notify::Notify } else { Notify::None };
                document.choices.mail = Some(MailMatrix { login_link, ..mail });
            }
        }
        document
    }

    /// What a document says, in these names.
    #[must_use]
    pub fn read(document: &Document) -> Self {
        let unproven = document.choices.rules.iter().flatten().any(|r| r.accept.contains(&Pair { trust: Trust::Asserted, proof: Proof::None }));
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
