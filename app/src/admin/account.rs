//! An account in the console, and what administrators do with it.
use crate::{
    admin::{
        accounts::state_key,
        audit::EventRows,
        overview::{Message, head},
        saved::{Ways, done, saved},
    },
    components::{Field, Moment, Rows, method_name},
    confirm::{Act, ask},
    context::{Context, WebRequest, asked},
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, SeeOther, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use axum::extract::Path;
use domain::{AccountId, Micros, Refusal, Right, Role, linking::facts::AccountState};
use leptos::{prelude::*, server_fn::ServerFn};
use service::{
    Error,
    account::Method,
    admin::{AccountView, SaveProblem, groups::HeldView},
    rows::Email,
};

/// Back on the account's page, with what was done.
async fn changed(
    context: &Context,
    web: &WebRequest,
    account: &str,
    result: Result<(), Error>,
    notice: &str,
) -> SeeOther {
    let result = result.map(|()| Flash::notice(notice));
    done(context, web, &paths::admin_account(account), result).await
}

#[server(prefix = "/fn", endpoint = "admin/account/second-factor")]
pub async fn admin_remove_second_factor(account: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = match account.parse() {
        Ok(id) => context.ligature.second_factors().admin_remove_second_factor(&web.ctx, id).await,
        Err(_) => Err(Refusal::NotFound.into()),
    };
    respond(&context, &changed(&context, &web, &account, result, "factor-off").await)
}

#[server(prefix = "/fn", endpoint = "admin/account/role")]
pub async fn set_role(account: String, role: String, given: String) -> Result<(), Code> {
    let (context, web) = asked();
    let admin = context.ligature.account_admin();
    if let (Ok(id), Some(Role::Owner), "yes") = (account.parse(), Role::parse(&role), &*given) {
        return respond(&context, &ask(&context, &web, &Act::GiveOwner { account: id }).await);
    }
    let result = match (account.parse(), Role::parse(&role)) {
        (Ok(id), Some(role)) => admin.set_role(&web.ctx, id, role, given == "yes").await,
        _ => Err(Refusal::NotFound.into()),
    };
    respond(&context, &changed(&context, &web, &account, result, "saved").await)
}

#[server(prefix = "/fn", endpoint = "admin/account/state")]
pub async fn set_account_state(account: String, enabled: String) -> Result<(), Code> {
    let (context, web) = asked();
    let admin = context.ligature.account_admin();
    let result = match account.parse() {
        Ok(id) if enabled != "yes" => {
            return respond(&context, &ask(&context, &web, &Act::AccountOff { account: id }).await);
        }
        Ok(id) => admin.set_account_enabled(&web.ctx, id, true).await,
        Err(_) => Err(Refusal::NotFound.into()),
    };
    respond(&context, &changed(&context, &web, &account, result, "saved").await)
}

/// A contested mailbox is still the account's, as the administrator says (I13).
#[server(prefix = "/fn", endpoint = "admin/account/email")]
pub async fn admin_keep_email(account: String, address: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = match account.parse() {
        Ok(id) => context.ligature.account_admin().admin_keep_email(&web.ctx, id, &address).await,
        Err(_) => Err(Refusal::NotFound.into()),
    };
    respond(&context, &changed(&context, &web, &account, result, "address-kept").await)
}

#[server(prefix = "/fn", endpoint = "admin/account/merge")]
pub async fn admin_merge(account: String, other: String) -> Result<(), Code> {
    let (context, web) = asked();
    let merged = match account.parse() {
        Ok(id) => context.ligature.merges().admin_merge(&web.ctx, id, &other).await,
        Err(_) => Err(Refusal::NotFound.into()),
    };
    let result = merged.map_err(|error| match error.refusal() {
        Refusal::BadRequest => SaveProblem::field("other", "field-account"),
        _ => SaveProblem::Error(error),
    });
    let page = paths::admin_account(&account);
    let ways = Ways { good: (&page, Flash::notice("merge-done")), bad: &page };
    let typed = vec![("other".into(), bounded(&other, 254))];
    let next = saved(&context, &web, result, ways, typed).await;
    respond(&context, &next)
}

/// What the person may do with an account.
#[derive(Clone, Copy)]
struct May {
    /// Everything that is left to owners.
    govern: bool,
    /// Switch it off and on.
    switch: bool,
    /// Give and take roles.
    give: bool,
}

pub async fn account(Path(id): Path<String>, req: PageRequest) -> Answer {
    let id: AccountId = id.parse().map_err(|_| Refusal::NotFound)?;
    let view = req.context.ligature.account_admin().admin_account(&req.web.ctx, id).await?;
    let groups = req.context.ligature.group_admin().groups_of(&req.web.ctx, id).await?;
    let own = req.web.ctx.session.as_ref().is_some_and(|c| c.account == id);
    let rights = req.context.ligature.admin_rights().rights(&req.web.ctx).await?;
    // Whoever has a role is left to owners.
    let govern = rights.contains(&Right::GovernAccounts);
    let may = May {
        govern,
        switch: !own
            && (govern || rights.contains(&Right::SwitchAccounts) && view.roles.is_empty()),
        give: !own && rights.contains(&Right::GiveRoles),
    };
    let (l, flash) = (req.web.lang, req.flash.clone());
    let head = head(l, "admin-account", paths::ADMIN_ACCOUNTS);
    Ok(page(&req.context, &req.web, head, move || {
        view! { <AccountPage l=l view=view groups=groups may=may flash=flash/> }
    })
    .await)
}

#[component]
fn AccountPage(
    l: Lang,
    view: AccountView,
    groups: Vec<HeldView>,
    may: May,
    flash: Flash,
) -> AnyView {
    let AccountView { account, roles, .. } = view;
    let (id, state) = (account.id, account.state());
    let active = state == AccountState::Active;
    let switchable = may.switch && matches!(state, AccountState::Active | AccountState::Disabled);
    let gives = may.give && (active || !roles.is_empty());
    view! {
        <h1>{if account.name.is_empty() { t(l, "account-nameless") } else { account.name }}</h1>
        <Message l=l flash={flash.clone()}/>
        <p><span class="tag">{t(l, state_key(state))}</span>" "{roles.iter().map(|r| view! { <span class="tag">{t(l, &format!("role-{r}"))}</span> }).collect_view()}</p>
        <section><h2>{t(l, "addresses-title")}</h2>
            <Rows>{view.emails.into_iter().map(|email| view! { <AddressRow l=l account=id email=email governs=may.govern/> }).collect_view()}</Rows>
        </section>
        <section><h2>{t(l, "methods-title")}</h2>
            <Rows>{view.methods.into_iter().map(|method| view! { <MethodRow l=l method=method/> }).collect_view()}</Rows>
        </section>
        <GroupRows l=l groups=groups/>
        {switchable.then(|| view! { <Switch l=l account=id active=active/> })}
        {view.merged_into.map(|id| view! { <p>{t(l, "admin-merged-into")}" "<a href=paths::admin_account(&id.to_string())><code>{id.to_string()}</code></a></p> })}
        {(may.govern && view.mergeable).then(|| view! { <MergeForm l=l account=id flash=flash/> })}
        {view.second_factor.map(|since| view! { <SecondFactor l=l account=id since=since governs=may.govern/> })}
        {gives.then(|| view! { <RoleRows l=l account=id held=roles/> })}
        <section><h2>{t(l, "activity-title")}</h2><EventRows l=l events=view.events/></section>
    }
    .into_any()
}

#[component]
fn AddressRow(l: Lang, account: AccountId, email: Email, governs: bool) -> AnyView {
    let whose = if email.owner {
        "email-owner"
    } else if !email.is_proved() {
        "address-unproved"
    } else {
        "email-co-holder"
    };
    view! {
        <li>
            <span class="row-main"><strong>{email.typed}</strong><span class="muted">{t(l, whose)}</span>
                {email.contested.then(|| view! { <span class="muted">{t(l, "admin-address-contested")}</span> })}
            </span>
            {email.contested.then(|| view! { <span class="tag warn">{t(l, "admin-address-doubt")}</span> })}
            {(email.contested && governs).then(|| view! {
                <form method="post" action=AdminKeepEmail::url()>
                    <input type="hidden" name="account" value=account.to_string()/>
                    <input type="hidden" name="address" value=email.canonical/>
                    <button>{t(l, "admin-address-keep")}</button>
                </form>
            })}
        </li>
    }
    .into_any()
}

#[component]
fn MethodRow(l: Lang, method: Method) -> AnyView {
    view! { <li><span class="row-main"><strong>{method_name(l, &method.name)}</strong><span class="muted">{method.label}</span><span class="muted small">{t(l, "method-added")}" "<Moment l=l at={method.added_at}/></span></span></li> }
        .into_any()
}

/// The groups of the account, and by whose word.
#[component]
fn GroupRows(l: Lang, groups: Vec<HeldView>) -> AnyView {
    let row = move |held: HeldView| {
        let by = match &held.provider {
            None => t(l, "group-by-administrator"),
            Some(provider) => ta(l, "group-by-provider", &[("provider", provider)]),
        };
        view! {
            <li>
                <a class="row-main" href=paths::admin_group(&held.key, "")><strong>{held.name}</strong><span class="muted small">{by}" "<Moment l=l at=held.since/></span></a>
            </li>
        }
    };
    let told = groups.iter().any(|held| held.provider.is_some());
    view! {
        <section><h2>{t(l, "admin-groups")}</h2>
            {groups.is_empty().then(|| view! { <p class="muted">{t(l, "account-groups-none")}</p> })}
            <Rows>{groups.into_iter().map(row).collect_view()}</Rows>
            {told.then(|| view! { <p class="muted">{t(l, "group-told-hint")}</p> })}
        </section>
    }
    .into_any()
}

/// Switches the account off, or on again.
#[component]
fn Switch(l: Lang, account: AccountId, active: bool) -> AnyView {
    view! {
        <form method="post" action=SetAccountState::url() class="row-actions">
            <input type="hidden" name="account" value=account.to_string()/>
            <button name="enabled" class=if active { "danger" } else { "primary" } value=if active { "no" } else { "yes" }>{t(l, if active { "account-disable" } else { "account-enable" })}</button>
            <span class="muted">{t(l, "account-disable-hint")}</span>
        </form>
    }
    .into_any()
}

/// Takes another account in.
#[component]
fn MergeForm(l: Lang, account: AccountId, flash: Flash) -> AnyView {
    view! {
        <section><h2>{t(l, "admin-merge-title")}</h2>
            <p class="muted">{t(l, "admin-merge-hint")}</p>
            <form method="post" action=AdminMerge::url() class="stack wide">
                <input type="hidden" name="account" value=account.to_string()/>
                <Field name="other" label={t(l, "admin-merge-other")} kind="text" autocomplete="off" required=true max=254 problem={flash.problem("other").map(|key| t(l, key))} value={flash.typed("other")}/>
                <div class="row-actions"><button class="danger">{t(l, "merge-go")}</button></div>
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn SecondFactor(l: Lang, account: AccountId, since: Micros, governs: bool) -> AnyView {
    view! {
        <section><h2>{t(l, "factor-own-title")}</h2>
            <p><span class="tag good">{t(l, "factor-is-on")}</span>" "<span class="muted"><Moment l=l at=since/></span></p>
            {governs.then(|| view! { <form method="post" action=AdminRemoveSecondFactor::url() class="row-actions">
                <input type="hidden" name="account" value=account.to_string()/>
                <button class="danger">{t(l, "admin-factor-remove")}</button>
                <span class="muted">{t(l, "admin-factor-remove-hint")}</span>
            </form> })}
        </section>
    }
    .into_any()
}

/// Roles to give and to take, each with what it opens.
#[component]
fn RoleRows(l: Lang, account: AccountId, held: Vec<String>) -> AnyView {
    let row = |role: Role| {
        let has = held.iter().any(|r| r == role.name());
        let name = t(l, &format!("role-{}", role.name()));
        let act = t(l, if has { "role-take" } else { "role-give" });
        view! {
            <li>
                <span class="row-main"><strong>{name.clone()}</strong><span class="muted">{t(l, &format!("role-{}-hint", role.name()))}</span></span>
                <form method="post" action=SetRole::url()>
                    <input type="hidden" name="account" value=account.to_string()/>
                    <input type="hidden" name="role" value=role.name()/>
                    <button class=if has { "quiet" } else { "" } name="given" value=if has { "no" } else { "yes" } aria-label=format!("{act}: {name}")>{act.clone()}</button>
                </form>
            </li>
        }
    };
    let rows = Role::ALL.into_iter().map(row).collect_view();
    view! {
        <section><h2>{t(l, "roles-title")}</h2>
            <p class="muted">{t(l, "roles-lead")}</p>
            <Rows>{rows}</Rows>
        </section>
    }
    .into_any()
}
