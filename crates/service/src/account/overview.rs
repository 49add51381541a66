//! The first page of My Account, and what happened in the account.
use domain::{
    DAY, Micros, Refusal,
    account_rules::change::{AccountChange, Change, ChangeOutcome, change},
};
use storage::{
    accounts::{
        attributes::{Attribute as Field, find_phone},
        find_account, list_emails, list_former_emails,
        second_factors::{TOTP, find_factor},
    },
    maintenance::{
        audit::{AuditEvent, AuditFilter, list_audit_events},
        instance::find_loss,
    },
};

use crate::{Error, RequestContext, account::methods::Method, services::AccountSettings};

/// An address, as My Account lists it.
#[derive(Debug, Clone)]
pub struct Address {
    pub typed: String,
    /// As it is compared.
    pub canonical: String,
    pub proved: bool,
    pub primary: bool,
    /// Somebody else of a provider that the account has came with it: it proves nothing for now (I13).
    pub contested: bool,
    /// Another one stays that is proved (UD-09).
    pub removable: bool,
    /// It was given up, and hears of everything for a while (threat rule 19).
    pub former: bool,
}

/// The page's data.
#[derive(Debug, Clone)]
pub struct Overview {
    pub name: String,
    pub addresses: Vec<Address>,
    /// Addresses of the last 14 days.
    pub former: Vec<Address>,
    pub methods: Vec<Method>,
    /// Providers that may be added: key and name.
    pub addable: Vec<crate::policy::providers::Button>,
    /// Profile fields with their sources.
    pub fields: Vec<Field>,
    /// Adding and removing is allowed at all (GO-24).
    pub manageable: bool,
    /// The list of sign-in methods cannot be changed by its owner and is only shown (GO-24, GO-26).
    pub fixed: bool,
    pub administrator: bool,
    /// A password can be set, or replaced, here.
    pub password_settable: bool,
    /// Since when a second factor is asked for.
    pub second_factor: Option<Micros>,
    /// Another account can be merged into this one (I12, policy).
    pub mergeable: bool,
    /// The proved number; `None` where there can be none.
    pub phone: Option<Option<String>>,
    /// How many passkeys there are; `None` where they cannot be added.
    pub passkeys: Option<usize>,
    /// The service was restored in the last two weeks: when, and since when changes of this account are lost, where that is known.
    pub restored: Option<(Micros, Option<Micros>)>,
}

impl AccountSettings {
    /// Everything on the first page of My Account.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`].
    pub async fn overview(&self, ctx: &RequestContext) -> Result<Overview, Error> {
        let session = ctx.signed_in()?;
        let mut conn = self.store.read().await?;
        let c = &mut conn;
        let account =
            find_account(c, self.org, session.account).await?.ok_or(Refusal::SessionEnded)?;
        let policies = self.configuration().policies(c).await?;
        let local = policies.effective(None, None);
        let methods = self.method_rows(c, &policies, session.account, Some(session)).await?;
        let emails = list_emails(c, session.account).await?;
        let proved = emails.iter().filter(|e| e.is_proved()).count();
        let row = |e: storage::accounts::Email| Address {
            removable: proved > usize::from(e.is_proved()),
            proved: e.is_proved(),
            primary: e.is_primary,
            contested: e.contested,
            former: false,
            canonical: e.canonical,
            typed: e.typed,
        };
        let addresses = emails.into_iter().map(row).collect();
        let former = list_former_emails(c, session.account, self.now()).await?;
        let former = former
            .into_iter()
            .map(|e| Address {
                canonical: e.canonical,
                typed: e.typed,
                proved: false,
                primary: false,
                removable: true,
                contested: false,
                former: true,
            })
            .collect();
        let administrator =
            !storage::accounts::list_roles(c, self.org, session.account).await?.is_empty();
        let addable = self.addable_providers(c, session.account).await?;
        let fields = self.accounts().profile(c, session.account).await?;
        let second_factor = find_factor(c, session.account, TOTP).await?.map(|(_, at)| at);
        let number = find_phone(c, session.account).await?;
        let restored = find_loss(c)
            .await?
            .filter(|(at, _)| account.created_at < *at && self.now() - at < 14 * DAY);
        drop(conn);
        let mergeable = match self.merges().may_merge(ctx).await {
            Ok(()) => true,
            Err(error) if error.refusal() == Refusal::NotRecent => true,
            Err(error) if [Refusal::MergeOff, Refusal::NotAllowed].contains(&error.refusal()) => {
                false
            }
            Err(error) => return Err(error),
        };
        let mut buttons = Vec::new();
        for row in addable {
            buttons.push(self.configuration().button(&row));
        }
        let has = methods.iter().any(|m| m.link.is_none());
        let may = |what| {
            change(
                Change {
                    account: session.account,
                    state: account.state(),
                    what,
                    reauthenticated: true,
                },
                &local,
            )
            .outcome
                == Ok(ChangeOutcome::Change)
        };
        let password_settable = may(AccountChange::Password { first: !has });
        let manageable = may(AccountChange::Email { taken: false });
        let fixed = !manageable
            || (buttons.is_empty()
                && !methods.is_empty()
                && methods.iter().all(|m| m.stays == Some(Refusal::ManagementOff)));
        let phone = if number.is_some()
            || (may(AccountChange::Phone { held_by: None }) && self.configuration().has_texts())
        {
            Some(number)
        } else {
            None
        };
        let passkeys = if may(AccountChange::Passkey) && self.configuration().has_passkeys() {
            Some(self.passkeys().own_passkeys(ctx).await?.len())
        } else {
            None
        };
        Ok(Overview {
            name: account.name,
            addresses,
            former,
            methods,
            addable: buttons,
            fields,
            manageable,
            fixed,
            administrator,
            password_settable,
            second_factor,
            mergeable,
            phone,
            passkeys,
            restored,
        })
    }

    /// What happened in the caller's account, newest first.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`].
    pub async fn activity(&self, ctx: &RequestContext) -> Result<Vec<AuditEvent>, Error> {
        let filter =
            AuditFilter { account: Some(ctx.signed_in()?.account), ..AuditFilter::default() };
        Ok(list_audit_events(&mut self.store.read().await?, self.org, &filter, 50).await?)
    }
}
