//! Mails by SMTP.
use std::time::Duration;

use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor, message::Mailbox};
use service::notifications::messages::Message;

use crate::{config::Mail, mail::render::message, text::NotSent};

/// A mail server and our sender.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// `None` without a mail server.
    #[must_use]
    pub fn new(config: &Mail) -> Option<Self> {
        if config.smtp_url.is_empty() {
            return None;
        }
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&config.smtp_url).ok()?.timeout(Some(Duration::from_millis(config.timeout_ms))).build();
        Some(Self { transport, from: config.from.parse().ok()? })
    }

    /// `id`: the same at every try.
    ///
    /// # Errors
    /// [`NotSent`].
    pub async fn send(&self, letter: &Message, id: &str) -> Result<(), NotSent> {
        let message = message(letter, id, &self.from).map_err(|e| NotSent::Ever(e.to_string()))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(NotSent::Ever(error.to_string())),
            Err(error) => Err(NotSent::Yet(error.to_string())),
        }
    }
}
