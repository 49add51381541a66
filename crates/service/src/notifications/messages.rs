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

/// Codes are worth little after ten minutes,
const CODE: Micros = 10 * MINUTE;
/// notices can wait three days.
const NOTICE: Micros = 3 * DAY;

macro_rules! kinds {
    ($($kind:ident $name:literal $worth:ident [$($channel:ident),+] $doc:literal;)+) => {
        domain::named! {
            /// What a message is about.
            pub enum Kind { $(#[doc = $doc] $kind = $name),+ }
        }

        impl Kind {
            /// How long it is worth sending.
            fn life(self) -> Micros {
                match self { $(Self::$kind => $worth),+ }
            }

            /// By what it can go.
            #[must_use]
            pub fn channels(self) -> &'static [Channel] {
                match self { $(Self::$kind => &[$(Channel::$channel),+]),+ }
            }
        }
    };
}

// The name in the table of messages and in the keys of texts, how long it is worth sending, by what it can go, and what
// it tells.
kinds! {
    LinkCode "link-code" CODE [Mail, Text] "A code to add a provider to the account.";
    ClaimCode "claim-code" CODE [Mail] "A code to prove the address that a provider claims (NE-17).";
    EmailCode "email-code" CODE [Mail] "A code to prove a changed address (GO-48).";
    EmailChanged "email-changed" NOTICE [Mail] "To the old address: another one has taken its place.";
    RefusedNotice "refused-notice" NOTICE [Mail] "Somebody tried to add a provider and typed wrong codes.";
    SignUpCode "sign-up-code" CODE [Mail] "A code to finish a sign-up.";
    SignUpTaken "sign-up-taken" NOTICE [Mail] "Somebody tried to sign up with an address that has an account.";
    ResetCode "reset-code" CODE [Mail] "A code to set a new password.";
    SignInCode "sign-in-code" CODE [Mail, Text] "A code to sign in.";
    ConfirmCode "confirm-code" CODE [Mail, Text] "A code to confirm a session.";
    NewEmailCode "new-email-code" CODE [Mail] "A code to prove the address that a person gave in My Account.";
    NewPhoneCode "new-phone-code" CODE [Mail, Text] "A code to prove the number that a person gave in My Account.";
    EmailProved "email-proved" NOTICE [Mail] "An address that the account had is proved to be its own.";
    EmailWanted "email-wanted" NOTICE [Mail] "Somebody wants to use this address, which has an account, for theirs.";
    EmailGone "email-gone" NOTICE [Mail] "An address is not the account's any more.";
    UndoBegun "undo-begun" NOTICE [Mail] "A notice's link was used: everybody is signed out, and a rewind waits.";
    UndoDone "undo-done" NOTICE [Mail] "It is done.";
    PasswordGone "password-gone" NOTICE [Mail] "The password is gone.";
    PasswordNotice "password-notice" NOTICE [Mail] "The password is another one, or there is one now.";
    SecondFactorNotice "second-factor-notice" NOTICE [Mail] "A second factor is asked for from now on.";
    SecondFactorGone "second-factor-gone" NOTICE [Mail] "It is not asked for any more.";
    RecoveryCodesNotice "recovery-codes-notice" NOTICE [Mail] "There are new recovery codes.";
    RecoveryCodeUsed "recovery-code-used" NOTICE [Mail] "A recovery code opened the account.";
    PasskeyNotice "passkey-notice" NOTICE [Mail] "A passkey opens the account from now on.";
    PasskeyGone "passkey-gone" NOTICE [Mail] "It does not any more.";
    PhoneNotice "phone-notice" NOTICE [Mail] "A telephone number was proved.";
    PhoneGone "phone-gone" NOTICE [Mail] "It is not the account's any more.";
    MergeNotice "merge-notice" NOTICE [Mail] "Another account became part of this one.";
    RestoredNotice "restored-notice" NOTICE [Mail] "The account stays after all.";
    ClosingNotice "closing-notice" NOTICE [Mail] "The account goes in two weeks.";
    LinkNotice "link-notice" NOTICE [Mail] "A provider was added.";
    WayBack "way-back" NOTICE [Mail] "The only way to sign in was turned off: how to come back.";
    UnlinkNotice "unlink-notice" NOTICE [Mail] "A provider was removed.";
}

impl Kind {
    /// The kinds that can go to a number.
    pub fn by_text() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.channels().contains(&Channel::Text))
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
    /// For how many minutes the code counts; 0 without one.
    #[serde(default)]
    pub minutes: i64,
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

/// By what a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Mail,
    Text,
}

impl Message {
    /// For how long it is worth sending, in microseconds: a code as long as it counts.
    #[must_use]
    pub fn life(&self) -> Micros {
        let counts = self.minutes.saturating_mul(MINUTE);
        if self.minutes > 0 { self.kind.life().min(counts) } else { self.kind.life() }
    }

    /// To a number: a text.
    #[must_use]
    pub fn channel(&self) -> Channel {
        if self.to.is_phone() { Channel::Text } else { Channel::Mail }
    }
}

/// A message that is due, and its row.
pub struct Due {
    pub row: Mail,
    pub message: Message,
}

impl Due {
    /// The row's id in hex, the same at every try.
    #[must_use]
    pub fn id(&self) -> String {
        self.row.id.0.iter().map(|b| format!("{b:02x}")).collect()
    }
}

impl Notifications {
    /// Puts a message into the outbox, in the transaction of what it tells.
    pub(crate) async fn enqueue(&self, c: &mut Conn, message: &Message) -> Result<(), Error> {
        let now = self.now();
        let sealed = self.keys.seal("outbox", &serde_json::to_vec(message)?)?;
        let kind = match message.channel() {
            Channel::Mail => message.kind.name().to_owned(),
            Channel::Text => format!("{TEXT}{}", message.kind.name()),
        };
        Ok(add_mail(c, self.org, row_id(now), &kind, &sealed, now, now + message.life()).await?)
    }

    /// Claims a message of a channel that is due, of any organisation; it comes up again after a while unless it is finished.
    pub(crate) async fn claim_message(&self, channel: Channel) -> Result<Option<Mail>, Error> {
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

    /// Opens a message of this organisation; what came too late goes, and is none.
    pub(crate) async fn open_message(&self, row: Mail) -> Result<Option<Due>, Error> {
        let message: Option<Message> = row
            .payload
            .as_deref()
            .and_then(|p| self.keys.open_sealed("outbox", p))
            .and_then(|b| serde_json::from_slice(&b).ok());
        match message {
            Some(message) if row.expires_at > self.now() => {
                let sender = self.sender_of(&message).await?;
                Ok(Some(Due { row, message: Message { sender, ..message } }))
            }
            _ => self.finish_message(&row, "expired", "").await.map(|()| None),
        }
    }

    /// Asked when the mail goes out: what an administrator changed meanwhile counts.
    async fn sender_of(&self, message: &Message) -> Result<Option<(String, String)>, Error> {
        let mut conn = self.store.read().await?;
        let client = match &message.client {
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

    /// Ends a message's life and wipes it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn finish_message(
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
    pub async fn retry_later(&self, row: &Mail, error: &str) -> Result<(), Error> {
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
