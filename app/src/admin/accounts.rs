//! Accounts: finding one, and what administrators do with it.
use crate::{
    admin::{
        audit::events,
        overview::{head, message},
    },
    components::{Field, Moment, Rows, method_name},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    islands::{FilterList, FilterRow},
    outcome::{Code, Flash, redirect_with_flash, refuse, respond, turned_away, turned_back},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use axum::extract::Path;
use domain::{AccountId, Refusal, Right, Role, linking::facts::AccountState};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::rows::{Account, Email};

#[server(prefix = "/fn", endpoint = "admin/account/second-factor")]
pub async fn admin_remove_second_factor(account: String) -> Result<(), Code> {
    let (context, web) = asked();
    let removed = match account.parse() {
        Ok(id) => context.ligature.second_factors().admin_remove_second_factor(&web.ctx, id).await,
        Err(_) => Err(Refusal::NotFound.into()),
    };
    let next = match removed {
        Ok(()) => {
            redirect_with_flash(
                &context,
                &web,
                &paths::admin_account(&account),
                Flash::notice("factor-off"),
            )
            .await
        }
        Err(error) => turned_away(&error, &paths::admin_account(&account)),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/account/role")]
pub async fn set_role(account: String, role: String, given: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match (account.parse::<AccountId>(), Role::parse(&role)) {
        (Ok(id), Some(role)) => match context
            .ligature
            .account_admin()
            .set_role(&web.ctx, id, role, given == "yes")
            .await
        {
            Ok(()) => {
                redirect_with_flash(
                    &context,
                    &web,
                    &paths::admin_account(&account),
                    Flash::notice("saved"),
                )
                .await
            }
            Err(error) => turned_away(&error, &paths::admin_account(&account)),
        },
        _ => refuse(&Refusal::NotFound.into()),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/account/state")]
pub async fn set_account_state(account: String, enabled: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match account.parse::<AccountId>() {
        Ok(id) => match context
            .ligature
            .account_admin()
            .set_account_enabled(&web.ctx, id, enabled == "yes")
            .await
        {
            Ok(()) => {
                redirect_with_flash(
                    &context,
                    &web,
                    &paths::admin_account(&account),
                    Flash::notice("saved"),
                )
                .await
            }
            Err(error) => turned_away(&error, &paths::admin_account(&account)),
        },
        Err(_) => refuse(&Refusal::NotFound.into()),
    };
    respond(&context, &next);
    Ok(())
}

/// A contested mailbox is still the account's, as the administrator says (I13).
#[server(prefix = "/fn", endpoint = "admin/account/email")]
pub async fn admin_keep_email(account: String, address: String) -> Result<(), Code> {
    let (context, web) = asked();
    let kept = match account.parse() {
        Ok(id) => context.ligature.account_admin().admin_keep_email(&web.ctx, id, &address).await,
        Err(_) => Err(Refusal::NotFound.into()),
    };
    let next = match kept {
        Ok(()) => {
            redirect_with_flash(
                &context,
                &web,
                &paths::admin_account(&account),
                Flash::notice("address-kept"),
            )
            .await
        }
        Err(error) => turned_away(&error, &paths::admin_account(&account)),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/account/merge")]
pub async fn admin_merge(account: String, other: String) -> Result<(), Code> {
    let (context, web) = asked();
    let merged = match account.parse() {
        Ok(id) => context.ligature.merges().admin_merge(&web.ctx, id, &other).await,
        Err(_) => Err(domain::Refusal::NotFound.into()),
    };
    let page = paths::admin_account(&account);
    let next = match merged {
        Ok(()) => redirect_with_flash(&context, &web, &page, Flash::notice("merge-done")).await,
        Err(error) if error.refusal() == domain::Refusal::BadRequest => {
            let flash = Flash {
                problems: vec![("other".into(), "field-account".into())],
                typed: vec![("other".into(), bounded(&other, 254))],
                ..Flash::default()
            };
            redirect_with_flash(&context, &web, &page, flash).await
        }
        Err(error) => {
            turned_back(
                &context,
                &web,
                &error,
                &page,
                Flash { typed: vec![("other".into(), bounded(&other, 254))], ..Flash::default() },
            )
            .await
        }
    };
    respond(&context, &next);
    Ok(())
}

fn state_key(state: AccountState) -> &'static str {
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
    let (q, after) = (bounded(&req.query.q, 254), req.query.after.parse().ok());
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

pub async fn account(Path(id): Path<String>, req: PageRequest) -> Answer {
    let req = &req;
    let id = &id;
    let id: AccountId = id.parse().map_err(|_| Refusal::NotFound)?;
    let view = req.context.ligature.account_admin().admin_account(&req.web.ctx, id).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    let own = req.web.ctx.session.as_ref().is_some_and(|c| c.account == id);
    let rights = req.context.ligature.admin_rights().rights(&req.web.ctx).await?;
    let gives = rights.contains(&Right::GiveRoles);
    // Whoever has a role is left to owners.
    let governs = rights.contains(&Right::GovernAccounts);
    let switches = governs || rights.contains(&Right::SwitchAccounts) && view.roles.is_empty();
    Ok(page(&req.context, &req.web, head(l, "admin-account", paths::ADMIN_ACCOUNTS), move || {
        let state = view.account.state();
        let active = state == AccountState::Active;
        let switchable = switches && !own && matches!(state, AccountState::Active | AccountState::Disabled);
        view! {
            <h1>{if view.account.name.is_empty() { t(l, "account-nameless") } else { view.account.name.clone() }}</h1>
            {message(l, &flash)}
            <p><span class="tag">{t(l, state_key(state))}</span>" "{view.roles.iter().map(|r| view! { <span class="tag">{t(l, &format!("role-{r}"))}</span> }).collect_view()}</p>
            <section><h2>{t(l, "addresses-title")}</h2>
                <Rows>{view.emails.into_iter().map(|e| view! {
                    <li>
                        <span class="row-main"><strong>{e.typed.clone()}</strong><span class="muted">{t(l, if e.owner { "email-owner" } else if !e.is_proved() { "address-unproved" } else { "email-co-holder" })}</span>
                            {e.contested.then(|| view! { <span class="muted">{t(l, "admin-address-contested")}</span> })}
                        </span>
                        {e.contested.then(|| view! { <span class="tag warn">{t(l, "admin-address-doubt")}</span> })}
                        {(e.contested && governs).then(|| view! {
                            <form method="post" action=AdminKeepEmail::url()>
                                <input type="hidden" name="account" value=id.to_string()/>
                                <input type="hidden" name="address" value=e.canonical/>
                                <button>{t(l, "admin-address-keep")}</button>
                            </form>
                        })}
                    </li>
                }).collect_view()}</Rows>
            </section>
            <section><h2>{t(l, "methods-title")}</h2>
                <Rows>{view.methods.into_iter().map(|m| view! { <li><span class="row-main"><strong>{method_name(l, &m.name)}</strong><span class="muted">{m.label}</span><span class="muted small">{t(l, "method-added")}" "<Moment l=l at={m.added_at}/></span></span></li> }).collect_view()}</Rows>
            </section>
            {switchable.then(|| view! {
                <form method="post" action=SetAccountState::url() class="row-actions">
                    <input type="hidden" name="account" value=view.account.id.to_string()/>
                    <button name="enabled" class=if active { "danger" } else { "primary" } value=if active { "no" } else { "yes" }>{t(l, if active { "account-disable" } else { "account-enable" })}</button>
                    <span class="muted">{t(l, "account-disable-hint")}</span>
                </form>
            })}
            {view.merged_into.map(|id| view! { <p>{t(l, "admin-merged-into")}" "<a href=paths::admin_account(&id.to_string())><code>{id.to_string()}</code></a></p> })}
            {(governs && view.mergeable).then(|| view! {
                <section><h2>{t(l, "admin-merge-title")}</h2>
                    <p class="muted">{t(l, "admin-merge-hint")}</p>
                    <form method="post" action=AdminMerge::url() class="stack wide">
                        <input type="hidden" name="account" value=view.account.id.to_string()/>
                        <Field name="other" label={t(l, "admin-merge-other")} kind="text" autocomplete="off" required=true max=254 problem={flash.problem("other").map(|key| t(l, key))} value={flash.typed("other")}/>
                        <div class="row-actions"><button class="danger">{t(l, "merge-go")}</button></div>
                    </form>
                </section>
            })}
            {view.second_factor.map(|since| view! {
                <section><h2>{t(l, "factor-own-title")}</h2>
                    <p><span class="tag good">{t(l, "factor-is-on")}</span>" "<span class="muted"><Moment l=l at=since/></span></p>
                    {governs.then(|| view! { <form method="post" action=AdminRemoveSecondFactor::url() class="row-actions">
                        <input type="hidden" name="account" value=view.account.id.to_string()/>
                        <button class="danger">{t(l, "admin-factor-remove")}</button>
                        <span class="muted">{t(l, "admin-factor-remove-hint")}</span>
                    </form> })}
                </section>
            })}
            {(gives && !own && (active || !view.roles.is_empty())).then(|| roles(l, view.account.id, &view.roles))}
            <section><h2>{t(l, "activity-title")}</h2>{events(l, view.events, false)}</section>
        }
    })
    .await)
}

/// Roles to give and to take, each with what it opens.
fn roles(l: Lang, id: AccountId, held: &[String]) -> AnyView {
    let rows = Role::ALL.map(|role| {
        let has = held.iter().any(|r| r == role.name());
        let name = t(l, &format!("role-{}", role.name()));
        let act = t(l, if has { "role-take" } else { "role-give" });
        view! {
            <li>
                <span class="row-main"><strong>{name.clone()}</strong><span class="muted">{t(l, &format!("role-{}-hint", role.name()))}</span></span>
                <form method="post" action=SetRole::url()>
                    <input type="hidden" name="account" value=id.to_string()/>
                    <input type="hidden" name="role" value=role.name()/>
                    <button class=if has { "quiet" } else { "" } name="given" value=if has { "no" } else { "yes" } aria-label=format!("{act}: {name}")>{act.clone()}</button>
                </form>
            </li>
        }
    });
    view! {
        <section><h2>{t(l, "roles-title")}</h2>
            <p class="muted">{t(l, "roles-lead")}</p>
            <Rows>{rows.into_iter().collect_view()}</Rows>
        </section>
    }
    .into_any()
}
