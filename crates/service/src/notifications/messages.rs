//! Mails and texts as data: kind, address or number, language, fields. The server renders and sends them.
use crate::services::Notifications;
use domain::{DAY, MINUTE, Micros, contact::Contact};
use serde::{Deserialize, Serialize};
use storage::{
    Conn,
    maintenance::outbox::{
        Mail, TEXT, add_mail, claim_mail, count_stuck_mails, finish_mail, is_mail_due,
        retry_mail_later,
    },
};

use crate::{Error, crypto::random::row_id};

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A code to add a provider to the account.
    LinkCode,
    /// A code to prove the address that a provider claims (NE-17).
    ClaimCode,
    /// A code to prove a changed address (GO-48).
    EmailCode,
    /// To the old address: another one has taken its place.
    EmailChanged,
    /// Somebody tried to add a provider and typed wrong codes.
    RefusedNotice,
    /// A code to finish a sign-up.
    SignUpCode,
    /// Somebody tried to sign up with an address that has an account.
    SignUpTaken,
    /// A code to set a new password.
    ResetCode,
    /// A code to sign in.
    SignInCode,
    /// A code to confirm a session.
    ConfirmCode,
    /// A code to prove the address that a person gave in My Account.
    NewEmailCode,
    /// A code to prove the number that a person gave in My Account.
    NewPhoneCode,
    /// An address that the account had is proved to be its own.
    EmailProved,
    /// Somebody wants to use this address, which has an account, for theirs.
    EmailWanted,
    /// An address is not the account's any more.
    EmailGone,
    /// A notice's link was used: everybody is signed out, and a rewind waits.
    UndoBegun,
    /// It is done.
    UndoDone,
    /// The password is gone.
    PasswordGone,
    /// The password is another one, or there is one now.
    PasswordNotice,
    /// A second factor is asked for from now on.
    SecondFactorNotice,
    /// It is not asked for any more.
    SecondFactorGone,
    /// There are new recovery codes.
    RecoveryCodesNotice,
    /// A recovery code opened the account.
    RecoveryCodeUsed,
    /// A passkey opens the account from now on.
    PasskeyNotice,
    /// It does not any more.
    PasskeyGone,
    /// A telephone number was proved.
    PhoneNotice,
    /// It is not the account's any more.
    PhoneGone,
    /// Another account became part of this one.
    MergeNotice,
    /// The account stays after all.
    RestoredNotice,
    /// The account goes in two weeks.
    ClosingNotice,
    /// A provider was added.
    LinkNotice,
    /// A provider was removed.
    UnlinkNotice,
}

impl Kind {
    /// All kinds, for the test that renders each in each language.
    pub const ALL: [Self; 32] = [
        Self::LinkCode,
        Self::ClaimCode,
        Self::EmailCode,
        Self::EmailChanged,
        Self::RefusedNotice,
        Self::SignUpCode,
        Self::SignUpTaken,
        Self::ResetCode,
        Self::SignInCode,
        Self::ConfirmCode,
        Self::NewEmailCode,
        Self::NewPhoneCode,
        Self::EmailProved,
        Self::EmailWanted,
        Self::PasswordNotice,
        Self::SecondFactorNotice,
        Self::SecondFactorGone,
        Self::RecoveryCodesNotice,
        Self::EmailGone,
        Self::UndoBegun,
        Self::UndoDone,
        Self::PasswordGone,
        Self::RecoveryCodeUsed,
        Self::PasskeyNotice,
        Self::PasskeyGone,
        Self::PhoneNotice,
        Self::PhoneGone,
        Self::MergeNotice,
        Self::RestoredNotice,
        Self::ClosingNotice,
        Self::LinkNotice,
        Self::UnlinkNotice,
    ];

    /// Kinds that can go to a number.
    pub const BY_TEXT: [Self; 4] =
        [Self::LinkCode, Self::SignInCode, Self::ConfirmCode, Self::NewPhoneCode];

    /// The name in the table and in message keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LinkCode => "link-code",
            Self::ClaimCode => "claim-code",
            Self::EmailCode => "email-code",
            Self::EmailChanged => "email-changed",
            Self::RefusedNotice => "refused-notice",
            Self::SignUpCode => "sign-up-code",
            Self::SignUpTaken => "sign-up-taken",
            Self::ResetCode => "reset-code",
            Self::SignInCode => "sign-in-code",
            Self::ConfirmCode => "confirm-code",
            Self::NewEmailCode => "new-email-code",
            Self::NewPhoneCode => "new-phone-code",
            Self::EmailProved => "email-proved",
            Self::EmailWanted => "email-wanted",
            Self::PasswordNotice => "password-notice",
            Self::SecondFactorNotice => "second-factor-notice",
            Self::SecondFactorGone => "second-factor-gone",
            Self::RecoveryCodesNotice => "recovery-codes-notice",
            Self::EmailGone => "email-gone",
            Self::UndoBegun => "undo-begun",
            Self::UndoDone => "undo-done",
            Self::PasswordGone => "password-gone",
            Self::RecoveryCodeUsed => "recovery-code-used",
            Self::PasskeyNotice => "passkey-notice",
            Self::PasskeyGone => "passkey-gone",
            Self::PhoneNotice => "phone-notice",
            Self::PhoneGone => "phone-gone",
            Self::MergeNotice => "merge-notice",
            Self::RestoredNotice => "restored-notice",
            Self::ClosingNotice => "closing-notice",
            Self::LinkNotice => "link-notice",
            Self::UnlinkNotice => "unlink-notice",
        }
    }

    /// Codes are worth little after ten minutes; notices can wait three days.
    fn life(self) -> Micros {
        match self {
            Self::LinkCode
            | Self::ClaimCode
            | Self::EmailCode
            | Self::SignUpCode
            | Self::ResetCode
            | Self::SignInCode
            | Self::ConfirmCode
            | Self::NewEmailCode
            | Self::NewPhoneCode => 10 * MINUTE,
            Self::SignUpTaken
            | Self::EmailProved
            | Self::EmailWanted
            | Self::PasswordNotice
            | Self::SecondFactorNotice
            | Self::SecondFactorGone
            | Self::RecoveryCodesNotice
            | Self::EmailGone
            | Self::UndoBegun
            | Self::UndoDone
            | Self::PasswordGone
            | Self::RecoveryCodeUsed
            | Self::PasskeyNotice
            | Self::PasskeyGone
            | Self::PhoneNotice
            | Self::PhoneGone
            | Self::MergeNotice
            | Self::RestoredNotice
            | Self::ClosingNotice
            | Self::EmailChanged
            | Self::RefusedNotice
            | Self::LinkNotice
            | Self::UnlinkNotice => 3 * DAY,
        }
    }
}

/// A mail to send.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    pub kind: Kind,
    /// Nobody writes an address by hand: it is the one that was compared (EM-07).
    pub to: Contact,
    pub locale: String,
    /// The code in its groups, or empty.
    pub code: String,
    pub provider: String,
    /// The identity at the provider, masked.
    pub identity: String,
    pub agent: String,
    pub network: String,
    pub at: Micros,
    pub public_url: String,
    /// Where "this wasn't me" takes the change back, or empty.
    #[serde(default)]
    pub undo: String,
    /// The application that the person was on the way to.
    #[serde(default)]
    pub client: Option<String>,
    /// The name and the address of that application's sender (GO-34), or the organisation's name and no address; `None`: the
    /// server's own.
    #[serde(default)]
    pub sender: Option<(String, String)>,
}

/// By what a letter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Mail,
    Text,
}

impl Message {
    /// To a number: a text.
    #[must_use]
    pub fn channel(&self) -> Channel {
        if self.to.is_phone() { Channel::Text } else { Channel::Mail }
    }
}

/// A letter that is due, and its row.
pub struct Due {
    pub row: Mail,
    pub letter: Message,
}

impl Due {
    /// The row's id in hex, the same at every try.
    #[must_use]
    pub fn id(&self) -> String {
        self.row.id.0.iter().map(|b| format!("{b:02x}")).collect()
    }
}

impl Notifications {
    /// Puts a letter into the outbox, in the transaction of what it tells.
    pub(crate) async fn enqueue(&self, c: &mut Conn, letter: &Message) -> Result<(), Error> {
        let now = self.now();
        let sealed = self.keys.seal("outbox", &serde_json::to_vec(letter)?)?;
        let kind = match letter.channel() {
            Channel::Mail => letter.kind.name().to_owned(),
            Channel::Text => format!("{TEXT}{}", letter.kind.name()),
        };
        Ok(add_mail(c, self.org, row_id(now), &kind, &sealed, now, now + letter.kind.life())
            .await?)
    }

    /// Claims a letter of a channel that is due, of any organisation; it comes up again after a while unless it is finished.
    pub(crate) async fn claim_letter(&self, channel: Channel) -> Result<Option<Mail>, Error> {
        let (texts, now) = (channel == Channel::Text, self.now());
        // Looking costs a read; only a mail that is due costs a write.
        if !is_mail_due(&mut self.store.read().await?, texts, now).await? {
            return Ok(None);
        }
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { Ok(claim_mail(c, texts, now, now + MINUTE).await?) })
            })
            .await
    }

    /// Opens a letter of this organisation; what came too late goes, and is none.
    pub(crate) async fn open_letter(&self, row: Mail) -> Result<Option<Due>, Error> {
        let letter: Option<Message> = row
            .payload
            .as_deref()
            .and_then(|p| self.keys.open_sealed("outbox", p))
            .and_then(|b| serde_json::from_slice(&b).ok());
        match letter {
            Some(letter) if row.expires_at > self.now() => {
                let sender = self.sender_of(&letter).await?;
                Ok(Some(Due { row, letter: Message { sender, ..letter } }))
            }
            _ => self.finish_letter(&row, "expired", "").await.map(|()| None),
        }
    }

    /// Asked when the mail goes out: what an administrator changed meanwhile counts.
    async fn sender_of(&self, letter: &Message) -> Result<Option<(String, String)>, Error> {
        let mut conn = self.store.read().await?;
        let client = match &letter.client {
            Some(client) => self.configuration().registered_client(&mut conn, client).await?,
            None => None,
        };
        let own =
            client.filter(|c| !c.settings.sender.is_empty()).map(|c| (c.name, c.settings.sender));
        // Other organisations than the home one send under their own name, from the server's address.
        match own {
            None if !self.is_home() => Ok(Some((
                self.configuration().organisation_row(&mut conn).await?.name.clone(),
                String::new(),
            ))),
            own => Ok(own),
        }
    }

    /// Ends a letter's life and wipes it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn finish_letter(
        &self,
        row: &Mail,
        state: &'static str,
        error: &str,
    ) -> Result<(), Error> {
        let (id, error) = (row.id, error.to_owned());
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { Ok(finish_mail(c, id, state, &error).await?) })
            })
            .await
    }

    /// A failed try: again after a growing while. Codes are tried for as long as they are worth anything.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_off_letter(&self, row: &Mail, error: &str) -> Result<(), Error> {
        let seconds = match row.tries {
            0 | 1 => 2,
            2 => 5,
            3 => 10,
            4 => 20,
            _ if row.expires_at - row.created_at > 20 * MINUTE => 900,
            _ => 25,
        };
        let (id, next, error) = (
            row.id,
            self.now() + seconds * domain::SECOND,
            error.chars().take(300).collect::<String>(),
        );
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { Ok(retry_mail_later(c, id, next, &error).await?) })
            })
            .await
    }

    /// Whether the mail server seems to be down, so that pages can say so (OP-01).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn mail_is_stuck(&self) -> Result<bool, Error> {
        Ok(count_stuck_mails(&mut self.store.read().await?).await? > 0)
    }
}
