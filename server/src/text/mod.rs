//! Text messages: rendered, handed to whoever can send them, tried again until they are worth nothing.
use app::i18n::{Lang, t, ta};
use service::notifications::messages::Message;

pub mod webhook;

/// A text to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The same at every try, so that a sender can tell a repetition from a second text.
    pub id: String,
    /// The number in the international form (ITU-T E.164).
    pub to: String,
    pub body: String,
}

/// Why something did not go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSent {
    /// It is worth another try.
    Yet(String),
    /// So is this, but nothing goes out before somebody has mended our own set-up.
    Ours(String),
    /// It never will be.
    Ever(String),
}

/// Whoever can send texts: a gateway, a modem, a test.
pub trait SmsSender: Send + Sync {
    /// Hands a text over.
    ///
    /// # Errors
    /// [`NotSent`].
    fn send(&self, text: &Text) -> impl Future<Output = Result<(), NotSent>> + Send;
}

/// A message's words as one short text. The last line lets phones fill the code in on this origin only
/// (origin-bound one-time codes, WICG).
#[must_use]
pub fn body(message: &Message) -> String {
    let lang = Lang::parse(&message.locale).unwrap_or_default();
    let host =
        message.public_url.split_once("://").map_or(message.public_url.as_str(), |(_, rest)| rest);
    let words =
        [("provider", message.provider.as_str()), ("code", message.code.as_str()), ("host", host)];
    let said: String = ta(lang, &format!("text-{}", message.kind.name()), &words)
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    format!("{said} {}\n\n@{host} #{}", t(lang, "text-keep"), message.code.replace('-', ""))
}

#[cfg(test)]
mod tests {
    use service::notifications::messages::Kind;

    use super::*;

    #[test]
    fn every_text_is_short_and_complete_in_every_language() {
        for kind in Kind::by_text() {
            for lang in Lang::ALL {
                let message = Message {
                    kind,
                    to: domain::contact::Contact::parse("+4930123456").unwrap(),
                    locale: lang.tag().into(),
                    code: "K7QM-3XRD".into(),
                    minutes: 10,
                    provider: "Acme\r\nBank".into(),
                    identity: String::new(),
                    agent: String::new(),
                    network: String::new(),
                    at: 1_700_000_000_000_000,
                    public_url: "https://login.test".into(),
                    undo: String::new(),
                    client: None,
                    sender: None,
                };
                let text = body(&message);
                assert!(text.contains("K7QM-3XRD") && text.contains("login.test"), "{text}");
                assert!(text.ends_with("\n\n@login.test #K7QM3XRD"), "{text}");
                assert!(
                    text.lines().count() == 3
                        && text.chars().count() <= 320
                        && !text.contains(&format!("text-{}", kind.name())),
                    "{text}"
                );
            }
        }
    }
}
