//! Accounts in the console: searched, looked at, switched off and on, with their roles.
use crate::{
    Error, RequestContext, account::methods::Method, admin::setup::OWNER, services::AccountAdmin,
    transaction::Transactions,
};
use domain::{
    AccountId, EventKind, Refusal, Right, Role, account_rules::administer::AdminAction,
    audit_events::Target, linking::facts::AccountState,
};
use storage::{
    accounts::{
        Account, Email, add_role, bump_rev, count_accounts, find_account, list_emails,
        list_holders_of_role, list_roles, remove_role,
        search::{Search, search_accounts},
        set_account_state, settle_email,
    },
    maintenance::audit::{AuditEvent, AuditFilter, list_audit_events},
    sign_in::sessions::list_sessions,
};

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

/// What an act on an account touches.
#[derive(Debug, Clone)]
pub struct AccountEffect {
    pub name: String,
    pub sessions: usize,
    pub owners: usize,
}

impl AccountAdmin {
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

    /// What an act on an account touches, for the page that asks before: its name, its live sessions, and how many owners
    /// there are.
    ///
    /// # Errors
    /// Without the right, [`Refusal::NotFound`].
    pub async fn account_effect(
        &self,
        ctx: &RequestContext,
        id: AccountId,
        right: Right,
    ) -> Result<AccountEffect, Error> {
        self.admin_rights().allowed(ctx, right).await?;
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let account = find_account(c, self.org, id).await?.ok_or(Refusal::NotFound)?;
        let (now, idle) = (self.now(), self.settings.session_idle);
        Ok(AccountEffect {
            sessions: list_sessions(c, id, now, now - idle).await?.len(),
            owners: list_holders_of_role(c, self.org, OWNER).await?.len(),
            name: account.name,
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
                    admin
                        .event(EventKind::AccountState, Target::Account(id))
                        .code(state.name())
                        .detail(trace),
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
                        .event(
                            if given { EventKind::RoleGiven } else { EventKind::RoleTaken },
                            Target::Account(id),
                        )
                        .code(role.name())
                        .detail(trace),
                )
                .await
            })
        })
        .await
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
                let event = admin.event(EventKind::EmailKept, Target::Account(account));
                this.record(c, event.detail(trace)).await
            })
        })
        .await
    }
}
