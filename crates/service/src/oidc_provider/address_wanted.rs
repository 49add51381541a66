//! Whether an application still wants a proved address of somebody.
use crate::{Error, services::Authorization, transaction::Session};
use domain::AccountId;
use issuer::{RegisteredClient, Told};
use storage::{
    Conn,
    accounts::{Email, list_emails},
    sign_in::counters::Limit,
};

impl Authorization {
    /// The address that a code could prove to be the account's own, where an application would be told one and there is
    /// none to tell.
    pub(crate) async fn address_to_prove(
        &self,
        c: &mut Conn,
        account: AccountId,
        client: &RegisteredClient,
        asked: &Told,
    ) -> Result<Option<Email>, Error> {
        if client.settings.unproved_contacts || !asked.has("email") {
            return Ok(None);
        }
        let all = list_emails(c, account).await?;
        Ok(if all.iter().any(|e| e.owner) { None } else { all.into_iter().next() })
    }

    /// Whether the person has gone on to the application without an address in this session: asked once, not again.
    pub(crate) async fn declined_address(
        &self,
        c: &mut Conn,
        session: &Session,
        client: &RegisteredClient,
    ) -> Result<bool, Error> {
        Ok(self.declining(session, &client.client_id).count(c, self.now()).await? > 0)
    }

    pub(crate) fn declining(&self, session: &Session, client_id: &str) -> Limit {
        Limit {
            subject: self.keys.lookup(&[
                b"without-address",
                session.sid.as_bytes(),
                client_id.as_bytes(),
            ]),
            most: 1,
            window: self.settings.session_absolute,
        }
    }
}
