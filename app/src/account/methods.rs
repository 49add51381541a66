//! My Account: sign-in methods, addresses and profile.
use crate::{
    components::{
        Moment, Notice, ProviderButton, ProviderMark, Rows, Said, method_name, moment_text,
    },
    context::{Context, WebRequest, asked},
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, SeeOther, redirect_with_flash, refuse, respond, to_provider},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{LinkId, Micros, Refusal, path::Continuation, policy::Owes};
use leptos::{prelude::*, server_fn::ServerFn};
use service::{
    Error, Purpose,
    account::{Address, Method, Overview},
    policy::providers::Button,
};

pub(crate) async fn done(
    context: &Context,
    web: &WebRequest,
    result: Result<(), Error>,
    path: &str,
    notice: &str,
) -> SeeOther {
    match result {
        Ok(()) => redirect_with_flash(context, web, path, Flash::notice(notice)).await,
        // What was asked for is done after signing in once more (MA-09).
        Err(error) if error.refusal() == Refusal::NotRecent => {
            SeeOther::local(paths::confirm(path))
        }
        Err(error) => refuse(&error),
    }
}

#[server(prefix = "/fn", endpoint = "account/email/remove")]
pub async fn remove_email(address: String, #[server(default)] foreign: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = context
        .ligature
        .account_settings()
        .remove_own_email(&web.ctx, &address, !foreign.is_empty())
        .await;
    let next = done(&context, &web, result, paths::ACCOUNT, "address-removed").await;
    respond(&context, &next);
    Ok(())
}

/// An address in a field's name.
pub fn address_name(canonical: &str) -> String {
    canonical.bytes().map(|b| format!("{b:02x}")).collect()
}

pub(crate) fn address_of(name: &str) -> Option<String> {
    let digits: Vec<char> = name.chars().take(700).collect();
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).ok())
        .collect();
    String::from_utf8(bytes?).ok()
}

#[server(prefix = "/fn", endpoint = "account/name")]
pub async fn name_method(link: String, #[server(default)] nickname: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = match link.parse::<LinkId>() {
        Ok(link) => {
            context.ligature.account_settings().name_method(&web.ctx, link, &nickname).await
        }
        Err(_) => Err(Error::from(Refusal::MethodUnknown)),
    };
    let next = done(&context, &web, result, paths::ACCOUNT, "method-named").await;
    respond(&context, &next);
    Ok(())
}

/// Off to a provider whose identity is to sign the person in as well.
#[server(prefix = "/fn", endpoint = "account/add")]
pub async fn add_method(provider: String) -> Result<(), Code> {
    let (context, web) = asked();
    let started = context
        .ligature
        .sign_in()
        .start(&web.ctx, &provider, Purpose::Add, Continuation::Account)
        .await;
    let next = match started {
        Err(error) if error.refusal() == Refusal::NotRecent => {
            SeeOther::local(paths::confirm(paths::ACCOUNT))
        }
        other => to_provider(&context, other),
    };
    respond(&context, &next);
    Ok(())
}

/// "This mailbox is still mine", of an address that is contested (I13).
#[server(prefix = "/fn", endpoint = "account/email/keep")]
pub async fn keep_email(address: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = context.ligature.account_settings().keep_email(&web.ctx, &address).await;
    let next = done(&context, &web, result, paths::ACCOUNT, "address-kept").await;
    respond(&context, &next);
    Ok(())
}

pub(crate) fn nobody<Q>(req: &PageRequest<Q>) -> Option<Response> {
    req.web.ctx.session.is_none().then(|| Redirect::to(paths::LOGIN_STAY).into_response())
}

/// What the policy asks for, until when.
#[component]
fn Owed(l: Lang, owes: Owes) -> AnyView {
    let until = match owes {
        Owes::Nothing | Owes::Show => return ().into_any(),
        Owes::Now => None,
        Owes::Soon(until) => Some(until),
    };
    view! {
        <p class="notice warn" role="status">{t(l, if until.is_some() { "factor-owed-soon" } else { "factor-owed" })}" "{until.map(|at| view! { <Moment l=l at=at/> })}" "<a href=paths::SECOND_FACTOR>{t(l, "factor-begin")}</a></p>
    }
    .into_any()
}

pub async fn methods(req: PageRequest) -> Answer {
    if let Some(response) = nobody(&req) {
        return Ok(response);
    }
    let req = &req;
    let overview = req.context.ligature.account_settings().overview(&req.web.ctx).await?;
    let l = req.web.lang;
    let owes = match &req.web.ctx.session {
        Some(session) => req.context.ligature.configuration().owes_factor(session).await?,
        None => Owes::Nothing,
    };
    let head = Head::new(t(l, "account-title"), Layout::Account)
        .origins(overview.addable.iter().filter_map(|b| b.origin.clone()));
    let said = req.flash.notice.clone();
    let names = req.context.ligature.configuration().buttons().await?;
    Ok(page(
        &req.context,
        &req.web,
        head,
        move || view! { <AccountPage l=l overview=overview owes=owes names=names said=said/> },
    )
    .await)
}

#[component]
fn AccountPage(
    l: Lang,
    overview: Overview,
    owes: Owes,
    /// Providers by their names.
    names: Vec<Button>,
    said: String,
) -> AnyView {
    let Overview {
        name,
        addresses,
        former,
        methods,
        addable,
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
    } = overview;
    view! {
        <h1>{ta(l, "account-hello", &[("name", &name)])}</h1>
        <Said l=l key=said/>
        <Owed l=l owes=owes/>
        {restored.map(|(at, since)| view! { <Notice kind="warn" text={restored_text(l, at, since)}/> })}
        <Methods l=l methods=methods addable=addable fixed=fixed password_settable=password_settable/>
        {passkeys.map(|n| view! {
            <section aria-labelledby="passkeys">
                <h2 id="passkeys">{t(l, "passkeys-title")}</h2>
                <p class="muted">{t(l, "passkeys-lead")}</p>
                <p><a class="button" href=paths::PASSKEYS>{ta(l, "passkeys-manage", &[("n", &n.to_string())])}</a></p>
            </section>
        })}
        <section aria-labelledby="factor">
            <h2 id="factor">{t(l, "factor-own-title")}</h2>
            <p class="muted">{t(l, "factor-own-lead")}</p>
            {second_factor.map(|since| view! { <p><span class="tag good">{t(l, "factor-is-on")}</span>" "<span class="muted"><Moment l=l at=since/></span></p> })}
            {manageable.then(|| view! { <p><a class="button" href=paths::SECOND_FACTOR>{t(l, if second_factor.is_some() { "factor-manage" } else { "factor-begin" })}</a></p> })}
        </section>
        <Addresses l=l addresses=addresses former=former manageable=manageable/>
        {phone.map(|number| view! { <Phone l=l number=number manageable=manageable/> })}
        {(!fields.is_empty()).then(|| view! { <Profile l=l fields=fields names=names/> })}
        <section aria-labelledby="data">
            <h2 id="data">{t(l, "data-title")}</h2>
            <p class="muted">{t(l, "data-lead")}</p>
            <p class="row-actions"><a class="button" href=paths::EXPORT>{t(l, "export-title")}</a>{mergeable.then(|| view! { <a class="button" href=paths::MERGE>{t(l, "merge-title")}</a> })}<a class="button danger" href=paths::DELETE>{t(l, "delete-title")}</a></p>
        </section>
        {administrator.then(|| view! { <p><a class="button" href=paths::ADMIN>{t(l, "nav-admin")}</a></p> })}
    }
    .into_any()
}

#[component]
fn Methods(
    l: Lang,
    methods: Vec<Method>,
    addable: Vec<Button>,
    /// The policy leaves no choice of methods.
    fixed: bool,
    password_settable: bool,
) -> AnyView {
    let has_password = methods.iter().any(|m| m.link.is_none());
    view! {
        <section aria-labelledby="methods">
            <h2 id="methods">{t(l, "methods-title")}</h2>
            <p class="muted">{t(l, if fixed { "methods-lead-fixed" } else { "methods-lead" })}</p>
            <Rows>{methods.into_iter().map(|m| view! { <MethodRow l=l method=m/> }).collect_view()}</Rows>
            {password_settable.then(|| view! { <p><a class="button" href=paths::PASSWORD>{t(l, if has_password { "own-password-change" } else { "own-password-set" })}</a></p> })}
            {(!fixed).then(|| view! { <Adding l=l addable=addable/> })}
        </section>
    }
    .into_any()
}

#[component]
fn Addresses(l: Lang, addresses: Vec<Address>, former: Vec<Address>, manageable: bool) -> AnyView {
    let row = move |a| view! { <AddressRow l=l address=a manageable=manageable/> };
    view! {
        <section aria-labelledby="addresses">
            <h2 id="addresses">{t(l, "addresses-title")}</h2>
            <p class="muted">{t(l, "addresses-lead")}</p>
            {addresses.is_empty().then(|| view! { <p>{t(l, "addresses-none")}</p> })}
            <Rows>{addresses.into_iter().map(row).collect_view()}</Rows>
            {manageable.then(|| view! { <p><a class="button" href=paths::EMAIL>{t(l, "own-email-title")}</a></p> })}
        </section>
        {(!former.is_empty()).then(|| view! {
            <section aria-labelledby="former">
                <h3 id="former">{t(l, "address-former-title")}</h3>
                <p class="muted">{t(l, "address-former-lead")}</p>
                <Rows>{former.into_iter().map(row).collect_view()}</Rows>
            </section>
        })}
    }
    .into_any()
}

#[component]
fn Phone(l: Lang, number: Option<String>, manageable: bool) -> AnyView {
    view! {
        <section aria-labelledby="phone">
            <h2 id="phone">{t(l, "own-phone-title")}</h2>
            <p class="muted">{t(l, "own-phone-lead")}</p>
            {number.map(|number| view! { <p><strong>{number}</strong>" "<span class="tag good">{t(l, "address-proved")}</span></p> })}
            {manageable.then(|| view! { <p><a class="button" href=paths::PHONE>{t(l, "own-phone-manage")}</a></p> })}
        </section>
    }
    .into_any()
}

/// What a restored service says to whom it may concern (RB-18).
fn restored_text(l: Lang, at: Micros, since: Option<Micros>) -> String {
    let at = moment_text(l, at);
    match since {
        Some(since) => {
            ta(l, "account-restored-since", &[("since", &moment_text(l, since)), ("at", &at)])
        }
        None => ta(l, "account-restored", &[("at", &at)]),
    }
}

#[component]
fn AddressRow(l: Lang, address: Address, manageable: bool) -> AnyView {
    let a = address;
    let id = format!(
        "foreign-{}",
        a.canonical
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect::<String>()
    );
    let name = a.typed.clone();
    let tag = if a.contested {
        "address-contested"
    } else if a.former {
        "address-former"
    } else if a.proved {
        "address-proved"
    } else {
        "address-unproved"
    };
    let foreign = if a.former {
        view! { <p>{t(l, "address-foreign")}</p><input type="hidden" name="foreign" value="on"/> }
            .into_any()
    } else {
        view! { <p>{t(l, "address-remove-lead")}</p><div class="check"><input type="checkbox" id=id.clone() name="foreign" value="on"/><label for=id>{t(l, "address-foreign")}</label></div> }
            .into_any()
    };
    let act = if a.former { "address-disown" } else { "remove" };
    let keep = a.contested.then(|| {
        view! { <form method="post" action=KeepEmail::url()><input type="hidden" name="address" value=a.canonical.clone()/><button aria-label=format!("{}: {name}", t(l, "address-keep"))>{t(l, "address-keep")}</button></form> }
    });
    let remove = (manageable && a.removable).then(|| {
        view! {
            <details class="inline small"><summary>{t(l, act)}<span class="sr">": "{name.clone()}</span></summary>
                <form method="post" action=RemoveEmail::url() class="stack">
                    <input type="hidden" name="address" value=a.canonical/>
                    {foreign}
                    <button class="danger" aria-label=format!("{}: {name}", t(l, act))>{t(l, act)}</button>
                </form>
            </details>
        }
    });
    view! {
        <li>
            <span class="row-main"><strong>{a.typed}</strong>{a.contested.then(|| view! { <span class="muted">{t(l, "address-contested-lead")}</span> })}{remove}</span>
            <span class=if a.contested { "tag warn" } else { "tag" }>{t(l, tag)}</span>
            {keep}
        </li>
    }
    .into_any()
}

/// Profile fields, each with where it comes from.
#[component]
fn Profile(l: Lang, fields: Vec<service::rows::Attribute>, names: Vec<Button>) -> AnyView {
    view! {
        <section aria-labelledby="profile">
            <h2 id="profile">{t(l, "profile-title")}</h2>
            <p class="muted">{t(l, "profile-lead")}</p>
            <Rows>{fields.into_iter().map(|f| view! {
                <li><span class="row-main"><strong>{field_name(l, &f.name)}</strong><span>{f.value.clone()}</span></span><span class="muted small">{source(l, &f.source, &names)}</span></li>
            }).collect_view()}</Rows>
        </section>
    }
    .into_any()
}

/// The name of a provider that people can use, of another way to sign in, or the key.
pub(crate) fn provider_name(l: Lang, key: &str, names: &[Button]) -> String {
    names.iter().find(|b| b.key == key).map_or_else(|| method_name(l, key), |b| b.name.clone())
}

/// A profile field's name for people.
pub(crate) fn field_name(l: Lang, name: &str) -> String {
    match name.strip_prefix("attr.") {
        Some(own) => own.to_owned(),
        None => t(l, &format!("profile-{}", name.replace('_', "-"))),
    }
}

/// Where a field's value comes from.
fn source(l: Lang, source: &str, names: &[Button]) -> String {
    match source.strip_prefix("provider:") {
        Some(key) => ta(l, "source-provider", &[("provider", &provider_name(l, key, names))]),
        None => t(
            l,
            match source {
                "admin" => "source-admin",
                "code" => "source-code",
                _ => "source-person",
            },
        ),
    }
}

#[component]
fn MethodRow(l: Lang, method: Method) -> AnyView {
    let m = method;
    let name = method_name(l, &m.name);
    let target = m.link.map_or_else(|| "password".to_owned(), |id| id.to_string());
    // The last way in cannot go: the reason stands where its button would be.
    let kept = m
        .stays
        .filter(|why| *why != domain::Refusal::ManagementOff)
        .map(|why| t(l, &format!("refusal-{}-title", why.key())));
    let remove = m.stays.is_none().then(|| view! { <a class="button quiet" href=paths::remove_method(&target) aria-label=ta(l, "method-remove-of", &[("name", &name)])>{t(l, "remove")}</a> });
    view! {
        <li>
            <ProviderMark preset={m.preset} name={name.clone()}/>
            <span class="row-main">
                <strong>{name.clone()}{(!m.nickname.is_empty()).then(|| format!(" · {}", m.nickname))}</strong>
                {(!m.label.is_empty()).then(|| view! { <span class="muted">{m.label}</span> })}
                <span class="muted small">{t(l, "method-added")}" "<Moment l=l at={m.added_at}/>{m.used_at.map(|at| view! { " · "{t(l, "method-used")}" "<Moment l=l at=at/> })}</span>
                {m.link.map(|id| view! { <Naming l=l provider=name id=id.to_string() nickname=m.nickname/> })}
            </span>
            {m.current.then(|| view! { <span class="tag good">{t(l, "method-current")}</span> })}
            {(!m.usable).then(|| view! { <span class="tag">{t(l, "method-off")}</span> })}
            {kept.map(|why| view! { <span class="muted small">{why}</span> })}
            {remove}
        </li>
    }
    .into_any()
}

/// A name of one's own for an identity, to tell two of one provider apart.
#[component]
fn Naming(l: Lang, provider: String, id: String, nickname: String) -> AnyView {
    let field_id = format!("nickname-{id}");
    view! {
        <details class="inline small"><summary>{t(l, "method-name")}<span class="sr">": "{provider.clone()}</span></summary>
            <form method="post" action=NameMethod::url() class="row-actions">
                <input type="hidden" name="link" value=id/>
                <label class="sr" for=field_id.clone()>{ta(l, "method-name-of", &[("name", &provider)])}</label>
                <input id=field_id name="nickname" type="text" maxlength="40" autocomplete="off" value=nickname/>
                <button>{t(l, "save")}</button>
            </form>
        </details>
    }
    .into_any()
}

#[component]
fn Adding(l: Lang, addable: Vec<Button>) -> AnyView {
    if addable.is_empty() {
        return view! { <p class="muted">{t(l, "methods-nothing-to-add")}</p> }.into_any();
    }
    view! {
        <h3>{t(l, "methods-add")}</h3>
        <div class="buttons">
            {addable.into_iter().map(|b| {
                let label = ta(l, "method-add-provider", &[("provider", &b.name)]);
                view! { <ProviderButton provider=b action=AddMethod::url() label=label/> }
            }).collect_view()}
        </div>
    }
    .into_any()
}
