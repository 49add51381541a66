//! The list of accounts: finding one.
use crate::{
    admin::overview::head,
    components::Field,
    form_input::{bounded, cursor},
    i18n::{t, ta},
    islands::{FilterList, FilterRow},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use domain::linking::facts::AccountState;
use leptos::prelude::*;
use serde::Deserialize;
use service::rows::{Account, Email};

/// The key of the name of an account's state.
pub(crate) fn state_key(state: AccountState) -> &'static str {
    match state {
        AccountState::Pending => "state-pending",
        AccountState::Active => "state-active",
        AccountState::Disabled => "state-disabled",
        AccountState::Closing => "state-closing",
        AccountState::Merged => "state-merged",
    }
}

/// What the list is searched by.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AccountsQuery {
    /// What was typed.
    pub q: String,
    /// The last account of the page before.
    pub after: String,
}

pub async fn accounts(req: PageRequest<AccountsQuery>) -> Answer {
    let (q, after) = (bounded(&req.query.q, 254), cursor(&req.query.after)?);
    let found =
        req.context.ligature.account_admin().admin_accounts(&req.web.ctx, &q, after).await?;
    let l = req.web.lang;
    let next = found.next.map(|id| paths::admin_accounts(&q, &id.to_string()));
    let first = after.map(|_| paths::admin_accounts(&q, ""));
    Ok(page(&req.context, &req.web, head(l, "admin-accounts", paths::ADMIN_ACCOUNTS), move || {
        let row = |(account, email): (Account, Option<Email>)| FilterRow {
            href: paths::admin_account(&account.id.to_string()),
            title: if account.name.is_empty() { t(l, "account-nameless") } else { account.name.clone() },
            note: email.map(|e| e.typed).unwrap_or_default(),
            state: t(l, state_key(account.state())),
        };
        let rows: Vec<FilterRow> = found.rows.into_iter().map(row).collect();
        view! {
            <h1>{t(l, "admin-accounts")}</h1>
            <form method="get" action=paths::ADMIN_ACCOUNTS class="search" role="search">
                <Field name="q" label={t(l, "accounts-search")} kind="search" value=q hint={t(l, "accounts-search-hint")} autocomplete="off" max=254/>
                <button>{t(l, "search")}</button>
            </form>
            {found.all.map(|count| view! { <p class="muted">{ta(l, "accounts-count", &[("count", &count.to_string())])}</p> })}
            <FilterList rows label=t(l, "accounts-filter") none=t(l, "accounts-none")/>
            {(next.is_some() || first.is_some()).then(|| view! {
                <nav class="row-actions" aria-label=t(l, "pages")>
                    {first.map(|href| view! { <a class="button" href=href>{t(l, "page-first")}</a> })}
                    {next.map(|href| view! { <a class="button" rel="next" href=href>{t(l, "page-next")}</a> })}
                </nav>
            })}
        }
    })
    .await)
}
