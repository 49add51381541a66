//! The workers: each claims what is due on its channel, sends, finishes or puts off. Several nodes may run them.
use std::{future::Future, time::Duration};

use service::{
    Ligature,
    admin::organisations::Organisations,
    notifications::messages::{Channel, Due},
};

use crate::{
    config::{Mail, Sms},
    mail::smtp::Smtp,
    text::{NotSent, SmsSender, Text, body, webhook::Webhook},
};

/// Pause between looks at an empty outbox.
const PAUSE: Duration = Duration::from_millis(250);

/// Sends mails until told to stop.
pub async fn send_mails(
    organisations: Organisations,
    config: Mail,
    stop: impl Future<Output = ()>,
) {
    match Smtp::new(&config) {
        Some(smtp) => run(&organisations, Channel::Mail, &smtp, stop).await,
        None => tracing::warn!("no mail server is configured: mails wait in the outbox"),
    }
}

/// Sends texts until told to stop; without a sender none is ever written.
pub async fn send_texts(organisations: Organisations, config: Sms, stop: impl Future<Output = ()>) {
    if config.webhook_url.is_empty() {
        return;
    }
    match Webhook::new(&config, organisations.home().way_out()) {
        Ok(sender) => run(&organisations, Channel::Text, &Texts(sender), stop).await,
        Err(error) => tracing::error!(%error, "texts cannot be sent"),
    }
}

/// Tells applications of sessions that ended, until told to stop.
pub async fn tell_of_ends(organisations: Organisations, stop: impl Future<Output = ()>) {
    tokio::pin!(stop);
    loop {
        let worked = organisations.tell_of_end().await.unwrap_or_else(|error| {
            tracing::error!(%error, "the ends of sessions cannot be told");
            false
        });
        if !worked {
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }
}

/// Carries what is due on one channel.
trait Carrier: Sync {
    fn carry(&self, due: &Due) -> impl Future<Output = Result<(), NotSent>> + Send;
}

impl Carrier for Smtp {
    async fn carry(&self, due: &Due) -> Result<(), NotSent> {
        self.send(&due.message, &due.id()).await
    }
}

struct Texts<S>(S);

impl<S: SmsSender> Carrier for Texts<S> {
    async fn carry(&self, due: &Due) -> Result<(), NotSent> {
        self.0
            .send(&Text {
                id: due.id(),
                to: due.message.to.as_str().to_owned(),
                body: body(&due.message),
            })
            .await
    }
}

async fn run(
    organisations: &Organisations,
    channel: Channel,
    carrier: &impl Carrier,
    stop: impl Future<Output = ()>,
) {
    tokio::pin!(stop);
    loop {
        let worked = match organisations.next_message(channel).await {
            Ok(Some((ligature, due))) => {
                let sent = carrier.carry(&due).await;
                settle(&ligature, &due, sent).await;
                true
            }
            Ok(None) => false,
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be read");
                false
            }
        };
        if !worked {
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }
}

async fn settle(ligature: &Ligature, due: &Due, sent: Result<(), NotSent>) {
    let kind = due.message.kind.name();
    let done = match sent {
        Ok(()) => ligature.notifications().finish_message(&due.row, "sent", "").await,
        Err(NotSent::Ever(error)) => {
            tracing::warn!(mail.kind = kind, "a mail or text was refused for good");
            ligature.notifications().finish_message(&due.row, "dead", &error).await
        }
        Err(NotSent::Ours(error)) => {
            tracing::error!(mail.kind = kind, mail.tries = due.row.tries, %error, "mails or texts do not go out until the set-up is mended");
            ligature.notifications().retry_later(&due.row, &error).await
        }
        Err(NotSent::Yet(error)) => {
            tracing::warn!(
                mail.kind = kind,
                mail.tries = due.row.tries,
                "a mail or text could not be sent and is tried again"
            );
            ligature.notifications().retry_later(&due.row, &error).await
        }
    };
    if let Err(error) = done {
        tracing::error!(%error, "the outbox cannot be written");
    }
}
