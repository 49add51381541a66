//! `ligature mails`: what did not go out, and another try.
use std::fmt::Write;

use service::Ligature;
use storage::maintenance::outbox::{list_unsent_mails, retry_unsent_mails};

/// One line for each mail or text that was given up or waits although it was tried. Nobody's address or code is shown.
///
/// # Errors
/// No database.
pub async fn list(ligature: &Ligature) -> anyhow::Result<String> {
    let (now, mut text) = (ligature.now(), String::new());
    for mail in list_unsent_mails(&mut ligature.store.read().await?, 1000).await? {
        let id: String = mail.id.0.iter().map(|b| format!("{b:02x}")).collect();
        let minutes = (now - mail.created_at) / domain::MINUTE;
        let worth = if mail.expires_at > now { "can be sent" } else { "too late" };
        writeln!(
            text,
            "{id}\t{}\t{}\t{} tries\t{minutes} minutes ago\t{worth}\t{}",
            mail.state, mail.kind, mail.tries, mail.last_error
        )?;
    }
    Ok(if text.is_empty() { "Everything went out.\n".into() } else { text })
}

/// Everything that is still worth something is tried at once by the running server; answers how much that is.
///
/// # Errors
/// No database.
pub async fn retry(ligature: &Ligature) -> anyhow::Result<usize> {
    let now = ligature.now();
    Ok(ligature
        .store
        .write::<_, storage::Error, _>(move |c| {
            Box::pin(async move { retry_unsent_mails(c, now).await })
        })
        .await?)
}
