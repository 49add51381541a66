//! Telling people what happened to their account, with the link that takes it back.
use crate::{
    Error, RequestContext,
    account::changes::Noted,
    crypto::random::{hash, token},
    notifications::messages::{Kind, Message},
    services::Notifications,
};
use domain::{AccountId, account_rules::rewind::KEPT, contact::Contact, email_address::masked};
use storage::{
    Conn,
    accounts::{
        find_account,
        journal::{UndoLink, add_undo_link},
        list_emails, list_former_emails,
    },
};

impl Notifications {
    /// A notice to every proved address of the account, or to the only one that it has (MA-13), and to those that it gave
    /// up in the last 14 days (threat rule 19); each with a link of its own that takes the change back.
    #[expect(clippy::too_many_arguments, reason = "values of one transaction")]
    pub(crate) async fn notify<S>(
        &self,
        c: &mut Conn,
        account: AccountId,
        kind: Kind,
        ctx: &RequestContext<S>,
        provider: &str,
        identity: &str,
        change: Option<&Noted>,
    ) -> Result<(), Error> {
        let locale = find_account(c, self.org, account)
            .await?
            .map_or_else(|| ctx.locale.clone(), |a| a.locale);
        let all = list_emails(c, account).await?;
        let proved = all.iter().any(|e| e.is_proved());
        let own = all
            .into_iter()
            .enumerate()
            .filter(|(n, e)| if proved { e.is_proved() } else { *n == 0 })
            .map(|(_, e)| e);
        let former =
            list_former_emails(c, account, self.now()).await?.into_iter().filter(|e| e.is_proved());
        // Who just proved an address knows of it.
        let to: Vec<_> = own
            .chain(former)
            .filter(|e| change.is_none_or(|noted| !noted.added.contains(&e.canonical)))
            .collect();
        for address in to {
            let undo = match change {
                Some(noted) => self.undo_url(c, account, noted, &address.canonical).await?,
                None => String::new(),
            };
            let Some(to) = address.contact() else { continue };
            let message = Message {
                undo,
                ..self.code_message(kind, to, locale.clone(), ctx, provider, identity)
            };
            self.enqueue(c, &message).await?;
        }
        Ok(())
    }

    pub(crate) fn code_message<S>(
        &self,
        kind: Kind,
        to: Contact,
        locale: String,
        ctx: &RequestContext<S>,
        provider: &str,
        identity: &str,
    ) -> Message {
        let identity = if identity.contains('@') {
            masked(identity)
        } else {
            identity.chars().take(40).collect()
        };
        Message {
            kind,
            to,
            locale,
            code: String::new(),
            minutes: 0,
            provider: provider.to_owned(),
            identity,
            agent: ctx.agent.clone(),
            network: ctx.network.clone(),
            at: self.now(),
            public_url: self.settings.public_url.clone(),
            undo: String::new(),
            client: ctx.requesting_client.clone(),
            sender: None,
        }
    }

    /// The address of a notice's page; the secret is only in the mail, and each recipient has one of their own.
    pub(crate) async fn undo_url(
        &self,
        c: &mut Conn,
        account: AccountId,
        noted: &Noted,
        sent_to: &str,
    ) -> Result<String, Error> {
        let secret = token();
        let row = UndoLink {
            hash: hash(&secret),
            account_id: account,
            rev: noted.rev,
            sent_to: sent_to.to_owned(),
            shown: String::new(),
            expires_at: self.now() + KEPT,
        };
        add_undo_link(c, self.org, &row).await?;
        Ok(format!("{}/undo/{secret}", self.settings.public_url))
    }
}
