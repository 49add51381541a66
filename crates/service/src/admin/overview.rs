//! The first page of the console.
use crate::{Error, RequestContext, services::AccountAdmin};
use domain::Right;
use storage::{
    accounts::count_accounts, policy::providers::list_providers, sign_in::sessions::count_sessions,
};

/// Figures of the first page.
#[derive(Debug, Clone)]
pub struct Figures {
    pub accounts: i64,
    pub sessions: i64,
    pub providers: usize,
    /// Names of those that are on and unavailable, as this process has seen it.
    pub unavailable: Vec<String>,
    /// Addresses that several active accounts hold.
    pub shared_addresses: i64,
    pub unsafe_permit: bool,
    pub mail_stuck: bool,
}

impl AccountAdmin {
    /// # Errors
    /// As [`crate::AdminRights::allowed`], like everything in the console.
    pub async fn figures(&self, ctx: &RequestContext) -> Result<Figures, Error> {
        self.admin_rights().allowed(ctx, Right::Overview).await?;
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let policy = self.configuration().policy_context(c, None).await?.policy(None);
        let providers = list_providers(c, self.org).await?;
        let health = |row| self.configuration().health(row);
        Ok(Figures {
            accounts: count_accounts(c, self.org).await?,
            sessions: count_sessions(c, self.org, self.now()).await?,
            providers: providers.len(),
            unavailable: providers
                .iter()
                .filter(|row| row.enabled && health(row).unavailable_since().is_some())
                .map(|row| row.name.clone())
                .collect(),
            shared_addresses: storage::accounts::snapshots::count_shared_addresses(c, self.org)
                .await?,
            unsafe_permit: policy.permits.accept_unproven_links,
            mail_stuck: storage::maintenance::outbox::count_stuck_mails(c).await? > 0,
        })
    }

    /// Addresses that several active accounts hold (NE-14).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn shared_addresses(&self) -> Result<i64, Error> {
        Ok(storage::accounts::snapshots::count_shared_addresses(
            &mut self.store.read_bulk().await?,
            self.org,
        )
        .await?)
    }
}
