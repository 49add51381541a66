//! The console: providers and their association, the policy's switches, accounts, applications, the audit trail.
use axum::{extract::Path, response::Response};
use domain::{AccountId, Refusal, Right, Role, facts::AccountState, policy::ProofMethod};
use leptos::{prelude::*, server_fn::ServerFn};
use service::{
    Error,
    admin::{
        ProviderView,
        association::{Association, Mode},
    },
    rows::{Account, AuditEvent, Email},
};

use crate::{
    fields::{Field, check, check_with, field, method_name, moment, notice, problems, radios},
    forms::{
        admin::{AdminKeepEmail, AdminMerge, KEPT, SaveProvider, SetAccountState, SetRole, TakeProvider},
        second_factor::AdminRemoveSecondFactor,
    },
    i18n::{Lang, t, ta},
    islands::{FilterList, FilterRow},
    outcome::Flash,
    pages::{PageRequest, account::event_key, or_refuse, story::story},
    paths,
    render::{Head, Layout, page},
};

fn head(l: Lang, key: &str, section: &'static str) -> Head {
    Head::new(t(l, key), Layout::Admin(section))
}

pub(crate) fn message(l: Lang, flash: &Flash) -> Option<AnyView> {
    let detail = flash.typed("policy");
    let text = t(l, &flash.notice);
    let good = detail.is_empty() && flash.problems.is_empty();
    (!flash.notice.is_empty()).then(|| notice(if good { "good" } else { "bad" }, if detail.is_empty() { text } else { format!("{text} {detail}") }))
}

pub async fn overview(req: PageRequest) -> Response {
    let result = async {
        let figures = req.context.ligature.account_admin().figures(&req.web.ctx).await?;
        let l = req.web.lang;
        Ok(page(&req.context, &req.web, head(l, "admin-overview", paths::ADMIN), move || {
            view! {
                <h1>{t(l, "admin-overview")}</h1>
                {figures.unsafe_permit.then(|| notice("bad", t(l, "policy-unsafe-on")))}
                {figures.mail_stuck.then(|| notice("warn", t(l, "admin-mail-stuck")))}
                <dl class="figures">
                    <div><dt>{t(l, "admin-accounts")}</dt><dd>{figures.accounts}</dd></div>
                    <div><dt>{t(l, "figure-sessions")}</dt><dd>{figures.sessions}</dd></div>
                    <div><dt>{t(l, "admin-providers")}</dt><dd>{figures.providers}</dd></div>
                    <div><dt>{t(l, "figure-shared")}</dt><dd>{figures.shared_addresses}</dd></div>
                </dl>
            }
        })
        .await)
    }
    .await;
    or_refuse(&req, result).await
}

pub async fn providers(req: PageRequest) -> Response {
    let result = async {
        let list = req.context.ligature.account_admin().admin_providers(&req.web.ctx).await?;
        let changes = req.may(Right::ChangeProviders).await?;
        let (l, flash) = (req.web.lang, req.flash.clone());
        Ok(page(&req.context, &req.web, head(l, "admin-providers", paths::ADMIN_PROVIDERS), move || {
            view! {
                <div class="title"><h1>{t(l, "admin-providers")}</h1>{changes.then(|| view! { <a class="button primary" href=paths::ADMIN_PROVIDER_NEW>{t(l, "provider-new")}</a> })}</div>
                {message(l, &flash)}
                {list.is_empty().then(|| view! { <p>{t(l, "providers-none")}</p> })}
                <ul class="rows">{list.into_iter().map(|p| view! {
                    <li>
                        {crate::fields::mark(&p.name)}
                        <a class="row-main" href=paths::admin_provider(&p.key)><strong>{p.name.clone()}</strong><span class="muted">{t(l, &format!("kind-{}", p.settings.kind()))}" · "{t(l, &format!("association-{}", p.association.mode.name().replace('_', "-")))}" · "{ta(l, "provider-links", &[("count", &p.links.to_string())])}</span></a>
                        {(p.offered || p.shared).then(|| view! { <span class="tag">{t(l, if p.offered { "provider-offered" } else { "provider-shared" })}</span> })}
                        <span class=if p.enabled { "tag good" } else { "tag" }>{t(l, if p.enabled { "on" } else { "off" })}</span>
                    </li>
                }).collect_view()}</ul>
            }
        })
        .await)
    }
    .await;
    or_refuse(&req, result).await
}

pub async fn provider(Path(key): Path<String>, req: PageRequest) -> Response {
    let result = provider_page(&req, key).await;
    or_refuse(&req, result).await
}

async fn provider_page(req: &PageRequest, key: String) -> Result<Response, Error> {
    let list = req.context.ligature.account_admin().admin_providers(&req.web.ctx).await?;
    let found = list.into_iter().find(|p| p.key == key);
    if found.is_none() && key != "new" {
        return Err(Refusal::NotFound.into());
    }
    let (l, flash, texts) = (req.web.lang, req.flash.clone(), req.context.ligature.configuration().has_texts());
    let shows = Shows { texts, changes: req.may(Right::ChangeProviders).await?, trusts: req.may(Right::ChangeTrust).await?, shares: req.may(Right::RunInstance).await? };
    let title = found.as_ref().map_or_else(|| t(l, "provider-new"), |p| p.name.clone());
    Ok(page(&req.context, &req.web, Head::new(title.clone(), Layout::Admin(paths::ADMIN_PROVIDERS)), move || {
        view! {
            <h1>{title}</h1>
            {message(l, &flash)}
            {problems(l, &flash)}
            {found.as_ref().map(|p| view! { <p class="muted">{t(l, "provider-redirect")}" "<code>{p.redirect_uri.clone()}</code></p> })}
            {match found {
                Some(found) if found.offered => taken_form(l, found, &shows, &flash),
                found => provider_form(l, found, &shows, &flash),
            }}
        }
    })
    .await)
}

/// What of a provider's form is there.
struct Shows {
    /// Texts can be sent.
    texts: bool,
    /// The person may change providers; others only read.
    changes: bool,
    /// The person may say whose word counts, and where it is asked.
    trusts: bool,
    /// The person may offer one to every organisation.
    shares: bool,
}

/// How a provider meets accounts.
fn association_fields(l: Lang, association: &Association, texts: bool, flash: &Flash) -> AnyView {
    let binds = association.bind_methods.clone();
    let has = |method: ProofMethod| binds.is_empty() && method != ProofMethod::Identity || binds.contains(&method);
    let modes = [Mode::Inherit, Mode::Off, Mode::FieldMatch, Mode::AskBinding]
        .map(|m| (m.name(), t(l, &format!("association-{}", m.name().replace('_', "-"))), t(l, &format!("association-{}-hint", m.name().replace('_', "-")))))
        .to_vec();
    let domains = Some(flash.typed("domains")).filter(|v| !v.is_empty()).unwrap_or_else(|| association.domains.join(" "));
    view! {
        <fieldset class="section"><legend>{t(l, "section-association")}</legend>
            {radios("association", t(l, "association"), modes, association.mode.name())}
            {check("bind_password", t(l, "bind-method-password"), String::new(), has(ProofMethod::Password))}
            {check("bind_email_code", t(l, "bind-method-email-code"), String::new(), has(ProofMethod::EmailCode))}
            {check("bind_phone_code", t(l, "bind-method-phone-code"), if texts { String::new() } else { t(l, "danger-phone-why") }, has(ProofMethod::PhoneCode))}
            {check("bind_passkey", t(l, "bind-method-passkey"), String::new(), has(ProofMethod::Passkey))}
            {check("bind_identity", t(l, "bind-method-identity"), t(l, "bind-methods-hint"), has(ProofMethod::Identity))}
            {check("login_only", t(l, "login-only"), t(l, "login-only-hint"), association.login_only)}
            {check("as_source", t(l, "as-source"), t(l, "as-source-hint"), association.as_source)}
            {check("as_target", t(l, "as-target"), t(l, "as-target-hint"), association.as_target)}
            {check_with("verified_counts", t(l, "verified-counts"), t(l, "verified-counts-hint"), association.verified_counts, flash.problem("verified_counts").map(|m| t(l, m)))}
            {field(Field { name: "domains".into(), label: t(l, "domains"), kind: "text", hint: t(l, "domains-hint"), value: domains, problem: flash.problem("domains").map(|m| t(l, m)), autocomplete: "off", max: 300, ..Field::default() })}
            {check_with("own_directory", t(l, "own-directory"), t(l, "own-directory-hint"), association.own_directory, flash.problem("own_directory").map(|m| t(l, m)))}
        </fieldset>
    }
    .into_any()
}

/// What depends on where a provider is asked: for owners with a box to tick, which states the number (DL-01).
fn source_confirmation(l: Lang, speaks_for: i64, trusts: bool, flash: &Flash) -> Option<AnyView> {
    let links = flash.typed("links").parse().unwrap_or(speaks_for);
    let count = links.to_string();
    let text = |key: &str| ta(l, key, &[("count", &count)]);
    let problem = flash.problem("confirmed").map(|m| t(l, m));
    (links > 0).then(|| match trusts {
        false => view! { <p class="muted">{text("provider-source-owner")}</p> }.into_any(),
        true => view! {
            <fieldset class="section danger"><legend>{t(l, "provider-source")}</legend>
                <div class="check">
                    <input type="checkbox" id="confirmed" name="confirmed" value=count.clone() aria-invalid=problem.is_some().then_some("true") aria-describedby="confirmed-hint confirmed-problem"/>
                    <div>
                        <label for="confirmed">{text("provider-source-confirm")}</label>
                        <p class="hint" id="confirmed-hint">{t(l, "provider-source-hint")}</p>
                        <p class="problem" id="confirmed-problem">{problem}</p>
                    </div>
                </div>
            </fieldset>
        }
        .into_any(),
    })
}

/// The association that a form came back with, or the stored one.
fn shown(flash: &Flash, stored: Association) -> Association {
    serde_json::from_str(&flash.typed(KEPT)).unwrap_or(stored)
}

/// A box's state: as the form came back, or as it is stored.
fn ticked(flash: &Flash, name: &str, stored: bool) -> bool {
    if flash.typed(KEPT).is_empty() { stored } else { !flash.typed(name).is_empty() }
}

/// Saving, where the person may.
fn save_actions(l: Lang, changes: bool) -> AnyView {
    view! {
        <div class="row-actions">{changes.then(|| view! { <button class="primary">{t(l, "save")}</button> })}<a class="button quiet" href=paths::ADMIN_PROVIDERS>{t(l, "back")}</a></div>
        {(!changes).then(|| view! { <p class="muted">{t(l, "read-only")}</p> })}
    }
    .into_any()
}

/// A provider that the home organisation offers: its settings are there, its switch and association here.
fn taken_form(l: Lang, found: ProviderView, shows: &Shows, flash: &Flash) -> AnyView {
    view! {
        <p>{t(l, "provider-offered-lead")}</p>
        <form method="post" action=TakeProvider::url() class="stack wide">
            <input type="hidden" name="key" value=found.key.clone()/>
            {check_with("enabled", t(l, "provider-take"), t(l, "provider-take-hint"), ticked(flash, "enabled", found.enabled), flash.problem("enabled").map(|m| t(l, m)))}
            {association_fields(l, &shown(flash, found.association), shows.texts, flash)}
            {source_confirmation(l, 0, shows.trusts, flash)}
            {save_actions(l, shows.changes)}
        </form>
    }
    .into_any()
}

fn provider_form(l: Lang, found: Option<ProviderView>, shows_what: &Shows, flash: &Flash) -> AnyView {
    let settings = found.as_ref().and_then(|p| serde_json::to_value(&p.settings).ok()).unwrap_or_default();
    let stored = |name: &str| match settings.get(name) {
        Some(serde_json::Value::String(s)) => s.clone(),
        Some(serde_json::Value::Array(items)) => items.iter().filter_map(|v| v.as_str()).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    };
    let value = |name: &'static str, fallback: String| Some(flash.typed(name)).filter(|v| !v.is_empty()).unwrap_or(fallback);
    let input = |name: &'static str, label: &str, hint: &str, fallback: String| {
        field(Field {
            name: name.into(),
            label: t(l, label),
            kind: "text",
            hint: if hint.is_empty() { String::new() } else { t(l, hint) },
            value: value(name, fallback),
            problem: flash.problem(name).map(|m| t(l, m)),
            autocomplete: "off",
            max: 300,
            ..Field::default()
        })
    };
    let setting = |name: &'static str, label: &str, hint: &str| input(name, label, hint, stored(name));
    let create = found.is_none();
    let kind = value("kind", found.as_ref().map_or_else(|| "oidc".to_owned(), |p| p.settings.kind().to_owned()));
    let association = shown(
        flash,
        found.as_ref().map_or(
            Association { mode: Mode::Inherit, login_only: false, bind_methods: Vec::new(), as_source: true, as_target: true, verified_counts: false, domains: Vec::new(), own_directory: false },
            |p| p.association.clone(),
        ),
    );
    let secret_hint = match found.as_ref().and_then(|p| p.secret_set_at) {
        Some(_) => t(l, "provider-secret-set"),
        None => t(l, "provider-secret-none"),
    };
    let kinds = ["oidc", "oauth2", "github"].map(|k| (k, t(l, &format!("kind-{k}")), t(l, &format!("kind-{k}-hint")))).to_vec();
    let key_field = match &found {
        Some(p) => view! { <input type="hidden" name="key" value=p.key.clone()/> }.into_any(),
        None => input("key", "provider-key", "provider-key-hint", String::new()),
    };
    let kind_field = if create { radios("kind", t(l, "provider-kind"), kinds, &kind) } else { view! { <input type="hidden" name="kind" value=kind.clone()/> }.into_any() };
    let shows = |wanted: &str| create || kind == wanted;
    view! {
        <form method="post" action=SaveProvider::url() class="stack wide">
            <input type="hidden" name="create" value=if create { "yes" } else { "no" }/>
            <fieldset class="section"><legend>{t(l, "section-basics")}</legend>
                {input("name", "name", "provider-name-hint", found.as_ref().map(|p| p.name.clone()).unwrap_or_default())}
                {key_field}
                {kind_field}
                {check("enabled", t(l, "provider-enabled"), t(l, "provider-enabled-hint"), ticked(flash, "enabled", found.as_ref().is_none_or(|p| p.enabled)))}
                {shows_what.shares.then(|| check("shared", t(l, "provider-share"), ta(l, "provider-share-hint", &[("count", &found.as_ref().map_or(0, |p| p.adopters).to_string())]), ticked(flash, "shared", found.as_ref().is_some_and(|p| p.shared))))}
                {input("position", "provider-position", "provider-position-hint", found.as_ref().map_or(0, |p| p.position).to_string())}
            </fieldset>
            <fieldset class="section"><legend>{t(l, "section-connection")}</legend>
                {setting("client_id", "client-id", "")}
                {field(Field { name: "secret".into(), label: t(l, "client-secret"), kind: "password", hint: secret_hint, problem: flash.problem("secret").map(|m| t(l, m)), autocomplete: "off", max: 500, ..Field::default() })}
                {shows("oidc").then(|| setting("issuer", "issuer", "issuer-hint"))}
                {(shows("oidc") || shows("oauth2")).then(|| setting("scopes", "scopes", "scopes-hint"))}
                {(shows("oidc") || shows("oauth2")).then(|| radios("auth", t(l, "client-auth"), vec![("basic", t(l, "client-auth-basic"), String::new()), ("post", t(l, "client-auth-post"), String::new())], if value("auth", stored("auth")) == "post" { "post" } else { "basic" }))}
            </fieldset>
            {shows("oauth2").then(|| view! {
                <details class="section" open=!create || kind == "oauth2"><summary>{t(l, "section-oauth2")}</summary>
                    {setting("authorization_url", "authorization-url", "")}
                    {setting("token_url", "token-url", "")}
                    {setting("userinfo_url", "userinfo-url", "")}
                    {setting("subject_path", "subject-path", "subject-path-hint")}
                    {setting("email_path", "email-path", "")}
                    {setting("email_verified_path", "email-verified-path", "")}
                    {setting("name_path", "name-path", "")}
                </details>
            })}
            {shows("github").then(|| view! {
                <details class="section" open=!create || kind == "github"><summary>{t(l, "section-github")}</summary>
                    {setting("web_url", "web-url", "github-url-hint")}
                    {setting("api_url", "api-url", "github-url-hint")}
                </details>
            })}
            {association_fields(l, &association, shows_what.texts, flash)}
            {source_confirmation(l, found.as_ref().map_or(0, |p| p.speaks_for), shows_what.trusts, flash)}
            {save_actions(l, shows_what.changes)}
        </form>
    }
    .into_any()
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

pub async fn accounts(req: PageRequest) -> Response {
    let result = async {
        let list = req.context.ligature.account_admin().admin_accounts(&req.web.ctx, &req.query.q).await?;
        let (l, q) = (req.web.lang, req.query.q.clone());
        Ok(page(&req.context, &req.web, head(l, "admin-accounts", paths::ADMIN_ACCOUNTS), move || {
            let row = |(account, email): (Account, Option<Email>)| FilterRow {
                href: paths::admin_account(&account.id.to_string()),
                title: if account.name.is_empty() { t(l, "account-nameless") } else { account.name.clone() },
                note: email.map(|e| e.typed).unwrap_or_default(),
                state: t(l, state_key(account.state())),
            };
            let rows: Vec<FilterRow> = list.into_iter().map(row).collect();
            view! {
                <h1>{t(l, "admin-accounts")}</h1>
                <form method="get" action=paths::ADMIN_ACCOUNTS class="search">
                    {field(Field { name: "q".into(), label: t(l, "accounts-search"), kind: "search", value: q, hint: t(l, "accounts-search-hint"), autocomplete: "off", max: 254, ..Field::default() })}
                    <button>{t(l, "search")}</button>
                </form>
                <FilterList rows label=t(l, "accounts-filter") none=t(l, "accounts-none")/>
            }
        })
        .await)
    }
    .await;
    or_refuse(&req, result).await
}

pub async fn account(Path(id): Path<String>, req: PageRequest) -> Response {
    let result = account_page(&req, &id).await;
    or_refuse(&req, result).await
}

async fn account_page(req: &PageRequest, id: &str) -> Result<Response, Error> {
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
                <ul class="rows">{view.emails.into_iter().map(|e| view! {
                    <li>
                        <span class="row-main"><strong>{e.typed}</strong><span class="muted">{t(l, if e.owner { "email-owner" } else if e.proof == "none" { "address-unproved" } else { "email-co-holder" })}</span>
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
                }).collect_view()}</ul>
            </section>
            <section><h2>{t(l, "methods-title")}</h2>
                <ul class="rows">{view.methods.into_iter().map(|m| view! { <li><span class="row-main"><strong>{method_name(l, &m.name)}</strong><span class="muted">{m.label}</span><span class="muted small">{t(l, "method-added")}" "{moment(l, m.added_at)}</span></span></li> }).collect_view()}</ul>
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
                        {field(Field { name: "other".into(), label: t(l, "admin-merge-other"), kind: "text", autocomplete: "off", required: true, max: 254, problem: flash.problem("other").map(|key| t(l, key)), value: flash.typed("other"), ..Field::default() })}
                        <div class="row-actions"><button class="danger">{t(l, "merge-go")}</button></div>
                    </form>
                </section>
            })}
            {view.second_factor.map(|since| view! {
                <section><h2>{t(l, "factor-own-title")}</h2>
                    <p><span class="tag good">{t(l, "factor-is-on")}</span>" "<span class="muted">{moment(l, since)}</span></p>
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
            <ul class="rows">{rows.into_iter().collect_view()}</ul>
        </section>
    }
    .into_any()
}

/// Events as rows; `open`: with their stories, for a support code that was looked up.
pub(crate) fn events(l: Lang, events: Vec<AuditEvent>, open: bool) -> AnyView {
    view! {
        <ul class="rows">{events.into_iter().map(|e| {
            let detail: serde_json::Value = serde_json::from_str(&e.detail).unwrap_or_default();
            let story = story(l, &e.provider, &detail);
            let version = detail.get("policy_version").and_then(serde_json::Value::as_i64);
            view! {
                <li>
                    <span class="row-main">
                        <strong>{t(l, &event_key(&e.kind))}</strong>
                        <span class="muted">{method_name(l, &e.provider)}{(!e.code.is_empty()).then(|| view! { " "<code>{e.code}</code> })}{(!e.support_code.is_empty()).then(|| view! { " "<code>{e.support_code}</code> })}</span>
                        {(!story.is_empty()).then(|| view! { <details open=open><summary>{t(l, "audit-why")}</summary><ol class="trace">{story.into_iter().map(|r| view! { <li>{r}</li> }).collect_view()}</ol>{version.map(|v| view! { <p class="muted small">{ta(l, "policy-version", &[("version", &v.to_string())])}</p> })}</details> })}
                    </span>
                    {moment(l, e.at)}
                </li>
            }
        }).collect_view()}</ul>
    }
    .into_any()
}

pub async fn audit(req: PageRequest) -> Response {
    let result = async {
        let text = |s: &str| (!s.trim().is_empty()).then(|| s.trim().to_owned());
        let filter =
            service::rows::AuditFilter { kind: text(&req.query.kind), support_code: text(&req.query.q).map(|c| domain::one_time_code::fold(&c)), before: req.query.before.parse().ok(), account: None };
        let list = req.context.ligature.account_admin().admin_audit(&req.web.ctx, filter).await?;
        let (l, q) = (req.web.lang, req.query.q.clone());
        let open = !q.trim().is_empty();
        let older = (list.len() == 100).then(|| list.last().map(|e| e.at)).flatten();
        Ok(page(&req.context, &req.web, head(l, "admin-audit", paths::ADMIN_AUDIT), move || {
            view! {
                <h1>{t(l, "admin-audit")}</h1>
                <form method="get" action=paths::ADMIN_AUDIT class="search">
                    {field(Field { name: "q".into(), label: t(l, "audit-support"), kind: "search", value: q, autocomplete: "off", max: 20, ..Field::default() })}
                    <button>{t(l, "search")}</button>
                </form>
                {list.is_empty().then(|| view! { <p>{t(l, "audit-none")}</p> })}
                {events(l, list, open)}
                {older.map(|at| view! { <p><a class="button" href=format!("{}?before={at}", paths::ADMIN_AUDIT)>{t(l, "audit-older")}</a></p> })}
            }
        })
        .await)
    }
    .await;
    or_refuse(&req, result).await
}
