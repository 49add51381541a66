//! The worker: claims what is due, sends, finishes or puts off. Several nodes may run it.
use std::{future::Future, time::Duration};

use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor, message::Mailbox};
use service::{Ligature, mails::Due};

use crate::{config::Mail, mail::render::message};

/// Pause between looks at an empty outbox.
const PAUSE: Duration = Duration::from_millis(250);

/// Runs until told to stop.
pub async fn run(ligature: Ligature, config: Mail, stop: impl Future<Output = ()>) {
    let transport = match AsyncSmtpTransport::<Tokio1Executor>::from_url(&config.smtp_url) {
        Ok(builder) if !config.smtp_url.is_empty() => builder.timeout(Some(Duration::from_millis(config.timeout_ms))).build(),
        _ => {
            tracing::warn!("no mail server is configured: mails wait in the outbox");
            return;
        }
    };
    let Ok(from) = config.from.parse::<Mailbox>() else { return };
    tokio::pin!(stop);
    loop {
        let worked = match ligature.next_letter().await {
            Ok(Some(due)) => {
                deliver(&ligature, &transport, &from, due).await;
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

async fn deliver(ligature: &Ligature, transport: &AsyncSmtpTransport<Tokio1Executor>, from: &Mailbox, due: Due) {
    let kind = due.letter.kind.name();
    let done = match message(&due.letter, from) {
        Err(error) => ligature.finish_letter(&due.row, "dead", &error.to_string()).await,
        Ok(message) => match transport.send(message).await {
            Ok(_) => ligature.finish_letter(&due.row, "sent", "").await,
            Err(error) if error.is_permanent() => {
                tracing::warn!(mail.kind = kind, "the mail server refused a mail for good");
                ligature.finish_letter(&due.row, "dead", &error.to_string()).await
            }
            Err(error) => {
                tracing::warn!(mail.kind = kind, mail.tries = due.row.tries, "a mail could not be sent and is tried again");
                ligature.put_off_letter(&due.row, &error.to_string()).await
            }
        },
    };
    if let Err(error) = done {
        tracing::error!(%error, "the outbox cannot be written");
    }
}
