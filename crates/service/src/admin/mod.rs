//! The admin console's use cases. Every one asks for the role first, here and not in the page (AD-01).
pub mod association;
pub mod brand;
pub(crate) mod doctor;
pub mod dry_run;
pub(crate) mod flash;
pub mod organisations;
pub mod policy;
pub mod providers;
pub mod replay;
pub(crate) mod rights;
pub(crate) mod save_provider;
pub mod setup;
pub mod simulate;
pub mod switches;
pub(crate) mod vouch;

use std::collections::BTreeMap;

use crate::{services::AccountAdmin, transaction::Transactions};
use domain::{
    AccountId, Policy, ProviderId, Refusal, Right, Role, account_rules::administer::AdminAction,
    linking::facts::AccountState, policy::Problem,
};
use storage::{
    accounts::{
        Account, Email, add_role, bump_rev, count_accounts, find_account,
        links::{count_links, count_spoken_for},
        list_emails, list_roles, remove_role,
        search::{Search, search_accounts},
        set_account_state, settle_email,
    },
    maintenance::audit::{AuditEvent, AuditFilter, list_audit_events},
    policy::providers::{count_adopters, list_providers},
    sign_in::sessions::count_sessions,
};
use upstream::Settings as ProviderSettings;

use crate::{
    Error, RequestContext, account::Method, admin::association::Association,
    policy::documents::provider_scope,
};

/// A provider with its association and what hangs on it.
#[derive(Debug, Clone)]
pub struct ProviderView {
    pub id: ProviderId,
    pub key: String,
    pub name: String,
    pub settings: ProviderSettings,
    pub secret_set_at: Option<i64>,
    pub enabled: bool,
    pub position: i32,
    pub redirect_uri: String,
    pub links: i64,
    /// Identities that its word speaks for, in every organisation that takes it.
    pub speaks_for: i64,
    /// The home organisation offers it to this one: only its switch and its association are set here.
    pub offered: bool,
    /// Offered to every organisation from here, and how many take it.
    pub shared: bool,
    pub adopters: i64,
    pub association: Association,
    pub policy: Policy,
}

/// What somebody changes of a provider. What is left out stays as it is; of a new one it is as the standard has it.
#[derive(Debug, Clone, Default)]
pub struct ProviderEdit {
    pub key: String,
    pub name: Option<String>,
    pub settings: SettingsEdit,
    /// Empty keeps the secret that is stored.
    pub secret: String,
    pub enabled: Option<bool>,
    pub position: Option<i32>,
    /// Offered to every organisation; from the home one only.
    pub shared: Option<bool>,
    pub association: Option<Association>,
    /// The number of linked identities for which somebody said that they mean it (DL-01).
    pub confirmed: Option<i64>,
}

/// What somebody changes of a provider's settings.
#[derive(Debug, Clone)]
pub enum SettingsEdit {
    /// All of them are these.
    Whole(Box<ProviderSettings>),
    /// Those that were typed, by name.
    Typed(BTreeMap<String, String>),
}

impl Default for SettingsEdit {
    fn default() -> Self {
        Self::Typed(BTreeMap::new())
    }
}

/// Why something was not saved.
#[derive(Debug)]
pub enum SaveProblem {
    /// Fields with the keys of their messages.
    Fields(Vec<(&'static str, &'static str)>),
    Policy(Problem),
    /// So many linked identities would depend on another source; somebody has to say that they mean it (DL-01).
    Unconfirmed(i64),
    Error(Error),
}

impl SaveProblem {
    /// About one field.
    #[must_use]
    pub fn field(name: &'static str, message: &'static str) -> Self {
        Self::Fields(vec![(name, message)])
    }
}

impl<T: Into<Error>> From<T> for SaveProblem {
    fn from(error: T) -> Self {
        Self::Error(error.into())
    }
}

/// Accounts on a page of the list.
const ACCOUNTS_A_PAGE: i64 = 50;

/// A page of the list of accounts.
#[derive(Debug, Clone)]
pub struct AccountsPage {
    /// Each with its first address.
    pub rows: Vec<(Account, Option<Email>)>,
    /// The last one, where there are more behind it.
    pub next: Option<AccountId>,
    /// How many there are, where everybody is listed.
    pub all: Option<i64>,
}

/// An account in the console.
#[derive(Debug, Clone)]
pub struct AccountView {
    pub account: Account,
    pub emails: Vec<Email>,
    pub methods: Vec<Method>,
    pub roles: Vec<String>,
    pub events: Vec<AuditEvent>,
    /// Since when a second factor is asked for.
    pub second_factor: Option<domain::Micros>,
    /// The account that it became part of: its id leads there.
    pub merged_into: Option<AccountId>,
    /// The policy leaves merging to administrators, and this account may take another in.
    pub mergeable: bool,
}

/// Figures of the first page.
#[derive(Debug, Clone)]
pub struct Figures {
    pub accounts: i64,
    pub sessions: i64,
    pub providers: usize,
    /// Addresses that several active accounts hold.
    pub shared_addresses: i64,
    pub unsafe_permit: bool,
    pub mail_stuck: bool,
}

impl AccountAdmin {
    /// # Errors
    /// As [`crate::AdminRights::allowed`], like everything below.
    pub async fn figures(&self, ctx: &RequestContext) -> Result<Figures, Error> {
        self.admin_rights().allowed(ctx, Right::Overview).await?;
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let policy = self.configuration().policy_context(c, None).await?.policy(None);
        Ok(Figures {
            accounts: count_accounts(c, self.org).await?,
            sessions: count_sessions(c, self.org, self.now()).await?,
            providers: list_providers(c, self.org).await?.len(),
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

    pub async fn admin_providers(&self, ctx: &RequestContext) -> Result<Vec<ProviderView>, Error> {
        self.admin_rights().allowed(ctx, Right::SeeProviders).await?;
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let policies = self.configuration().policies(c).await?;
        let mut views = Vec::new();
        for row in list_providers(c, self.org).await? {
            views.push(ProviderView {
                settings: serde_json::from_str(&row.config)?,
                redirect_uri: self.configuration().redirect_uri(&row.key),
                links: count_links(c, self.org, row.id).await?,
                speaks_for: count_spoken_for(c, self.org, row.id, &row.namespace).await?,
                offered: row.organisation_id != self.org,
                shared: row.shared,
                adopters: if self.is_home() && row.shared {
                    count_adopters(c, row.id).await?
                } else {
                    0
                },
                association: Association::read(&policies.document(&provider_scope(&row.key))),
                policy: policies.effective(Some(&row.key), None),
                id: row.id,
                key: row.key,
                name: row.name,
                secret_set_at: row.secret_set_at,
                enabled: row.enabled,
                position: row.position,
            });
        }
        Ok(views)
    }

    /// A page of accounts by what was typed: an id, an address or the start of one, `@` and a domain, a user name, a phone
    /// number, a provider's subject, or a part of a name. `after` is the last id of the page before.
    ///
    /// # Errors
    /// Without the right to see accounts.
    pub async fn admin_accounts(
        &self,
        ctx: &RequestContext,
        search: &str,
        after: Option<AccountId>,
    ) -> Result<AccountsPage, Error> {
        self.admin_rights().allowed(ctx, Right::SeeAccounts).await?;
        let mut conn = self.store.read_bulk().await?;
        let typed = search.trim();
        let wanted = Search {
            text: typed.to_lowercase(),
            exact: typed.to_owned(),
            after,
            limit: ACCOUNTS_A_PAGE + 1,
        };
        let mut found = search_accounts(&mut conn, self.org, &wanted).await?;
        let more = i64::try_from(found.len()).is_ok_and(|n| n > ACCOUNTS_A_PAGE);
        if more {
            found.pop();
        }
        let next = found.last().filter(|_| more).map(|account| account.id);
        let mut rows = Vec::new();
        for account in found {
            let email = list_emails(&mut conn, account.id).await?.into_iter().next();
            rows.push((account, email));
        }
        let all =
            if typed.is_empty() { Some(count_accounts(&mut conn, self.org).await?) } else { None };
        Ok(AccountsPage { rows, next, all })
    }

    pub async fn admin_account(
        &self,
        ctx: &RequestContext,
        id: AccountId,
    ) -> Result<AccountView, Error> {
        self.admin_rights().allowed(ctx, Right::SeeAccounts).await?;
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let account = find_account(c, self.org, id).await?.ok_or(Refusal::NotFound)?;
        let policies = self.configuration().policies(c).await?;
        Ok(AccountView {
            emails: list_emails(c, id).await?,
            methods: self.account_settings().method_rows(c, &policies, id, None).await?,
            roles: list_roles(c, self.org, id).await?,
            merged_into: storage::accounts::merges::find_survivor(c, id).await?,
            mergeable: self.merges().admin_may_merge(c, id).await?,
            second_factor: storage::accounts::second_factors::find_factor(
                c,
                id,
                storage::accounts::second_factors::TOTP,
            )
            .await?
            .map(|(_, at)| at),
            events: list_audit_events(
                c,
                self.org,
                &AuditFilter { account: Some(id), ..AuditFilter::default() },
                20,
            )
            .await?,
            account,
        })
    }

    /// Switches an account off or on. Off ends its sessions in the same transaction; one's own account stays on.
    pub async fn set_account_enabled(
        &self,
        ctx: &RequestContext,
        id: AccountId,
        enabled: bool,
    ) -> Result<(), Error> {
        self.administer(ctx, Right::SwitchAccounts, move |this, c, admin| {
            Box::pin(async move {
                let row = find_account(c, this.org, id).await?.ok_or(Refusal::NotFound)?;
                bump_rev(c, id, row.rev).await?;
                let (act, state) = if enabled {
                    (AdminAction::Enable, AccountState::Active)
                } else {
                    (AdminAction::Disable, AccountState::Disabled)
                };
                // Pressed twice: it is so already.
                if row.state() == state && admin.account != id {
                    return Ok(());
                }
                let trace = this.admin_rights().may_govern(c, &admin, id, row.state(), act).await?;
                set_account_state(c, this.org, id, state).await?;
                if state == AccountState::Disabled {
                    this.sessions().end_everything(c, id, None).await?;
                }
                this.record(
                    c,
                    admin.event("account.state").account(id).code(state.name()).detail(trace),
                )
                .await
            })
        })
        .await
    }

    /// Gives or takes a role. Who loses one is signed out of nothing: the next thing they do in the console is refused.
    pub async fn set_role(
        &self,
        ctx: &RequestContext,
        id: AccountId,
        role: Role,
        given: bool,
    ) -> Result<(), Error> {
        self.administer(ctx, Right::GiveRoles, move |this, c, admin| {
            Box::pin(async move {
                let row = find_account(c, this.org, id).await?.ok_or(Refusal::NotFound)?;
                let has = list_roles(c, this.org, id).await?.iter().any(|r| r == role.name());
                if has == given && admin.account != id {
                    return Ok(());
                }
                bump_rev(c, id, row.rev).await?;
                let trace = this
                    .admin_rights()
                    .may_govern(
                        c,
                        &admin,
                        id,
                        row.state(),
                        if given { AdminAction::GiveRole } else { AdminAction::TakeRole },
                    )
                    .await?;
                if given {
                    add_role(c, this.org, id, role.name(), this.now()).await?;
                } else {
                    remove_role(c, this.org, id, role.name()).await?;
                }
                this.record(
                    c,
                    admin
                        .event(if given { "role.given" } else { "role.taken" })
                        .account(id)
                        .code(role.name())
                        .detail(trace),
                )
                .await
            })
        })
        .await
    }

    pub async fn admin_audit(
        &self,
        ctx: &RequestContext,
        filter: AuditFilter,
    ) -> Result<Vec<AuditEvent>, Error> {
        self.admin_rights().allowed(ctx, Right::SeeTrail).await?;
        Ok(list_audit_events(&mut self.store.read_bulk().await?, self.org, &filter, 100).await?)
    }

    /// An administrator says that the mailbox is still the account's.
    ///
    /// # Errors
    /// As [`crate::AdminRights::allowed`]; [`Refusal::NotFound`] for what is not contested.
    pub async fn admin_keep_email(
        &self,
        ctx: &RequestContext,
        account: AccountId,
        address: &str,
    ) -> Result<(), Error> {
        let address = address.to_owned();
        self.administer(ctx, Right::GovernAccounts, move |this, c, admin| {
            Box::pin(async move {
                let row = find_account(c, this.org, account).await?.ok_or(Refusal::NotFound)?;
                bump_rev(c, account, row.rev).await?;
                let trace = this
                    .admin_rights()
                    .may_govern(c, &admin, account, row.state(), AdminAction::KeepEmail)
                    .await?;
                if !settle_email(c, account, &address, None).await? {
                    return Err(Refusal::NotFound.into());
                }
                this.record(c, admin.event("email.kept").account(account).detail(trace)).await
            })
        })
        .await
    }
}
