//! After a recovery: the person says which of the account's ways in are theirs, and the others go (PH-04).
use std::collections::BTreeSet;

use domain::LinkId;
use storage::accounts::{list_emails, passkeys::list_passkeys};

use crate::{
    Error, RequestContext,
    account::{
        Address, Method,
        passkeys::{PasskeyRow, hex},
    },
    services::AccountSettings,
    transaction::Transactions,
};

/// What else opens an account whose password was just set anew.
#[derive(Debug, Clone, Default)]
pub struct WaysIn {
    /// Each may go, or says why it stays.
    pub methods: Vec<Method>,
    pub passkeys: Vec<PasskeyRow>,
    /// Proved ones; one that is alone is the one that the account was recovered by.
    pub addresses: Vec<Address>,
    /// The proved number.
    pub phone: Option<String>,
}

/// What of it is the person's. What is in neither list goes.
#[derive(Debug, Clone, Default)]
pub struct Mine {
    pub links: BTreeSet<LinkId>,
    /// Ids in hex.
    pub passkeys: BTreeSet<String>,
    /// In canonical form.
    pub addresses: BTreeSet<String>,
}

impl AccountSettings {
    /// Everything that opens the caller's account beside the password.
    ///
    /// # Errors
    /// [`domain::Refusal::SessionEnded`].
    pub async fn ways_in(&self, ctx: &RequestContext) -> Result<WaysIn, Error> {
        let overview = self.overview(ctx).await?;
        Ok(WaysIn {
            methods: overview.methods.into_iter().filter(|m| m.link.is_some()).collect(),
            passkeys: self.passkeys().own_passkeys(ctx).await?,
            addresses: overview.addresses.into_iter().filter(|a| a.proved).collect(),
            phone: overview.phone.flatten(),
        })
    }

    /// Removes every identity, passkey and proved address that is not the person's, each as if they had removed it by
    /// itself; an address as somebody else's, which hears of nothing any more. Where one of them has to stay, nothing goes.
    ///
    /// # Errors
    /// As [`crate::AccountSettings::remove_method`] and [`crate::AccountSettings::remove_own_email`]: [`domain::Refusal::LastAddress`] where
    /// there are several addresses and none is the person's.
    pub async fn keep_only(&self, ctx: &RequestContext, mine: Mine) -> Result<(), Error> {
        self.act(ctx, async move |this, c, ctx| {
            let session = ctx.session()?;
            let account = session.account;
            let policies = this.configuration().policies(c).await?;
            let methods = this.method_rows(c, &policies, account, Some(session)).await?;
            for link in methods
                .iter()
                .filter(|m| m.stays.is_none())
                .filter_map(|m| m.link)
                .filter(|link| !mine.links.contains(link))
            {
                this.remove_in(c, &ctx, Some(link)).await?;
            }
            for id in list_passkeys(c, account)
                .await?
                .iter()
                .map(|k| hex(&k.id))
                .filter(|id| !mine.passkeys.contains(id))
            {
                this.passkeys().remove_passkey_in(c, &ctx, &id).await?;
            }
            let proved: Vec<String> = list_emails(c, account)
                .await?
                .into_iter()
                .filter(|e| e.is_proved())
                .map(|e| e.canonical)
                .collect();
            // One that is alone has no box. Of several, the decision about the last one says that one stays (UD-09).
            for address in proved
                .iter()
                .filter(|address| proved.len() > 1 && !mine.addresses.contains(*address))
            {
                this.remove_email_in(c, &ctx, address, true).await?;
            }
            Ok(())
        })
        .await
    }
}
