//! My Account: sign-in methods, and what else an account has.
use crate::{
    account::{
        addresses::Addresses,
        profile::Profile,
        signed_in::{done, nobody},
    },
    components::{
        Moment, Notice, ProviderButton, ProviderMark, Rows, Said, method_name, moment_text,
    },
    context::asked,
    i18n::{Lang, t, ta},
    outcome::{Code, SeeOther, respond, to_provider},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use domain::{LinkId, Micros, Refusal, path::Continuation, policy::Owes};
use leptos::{prelude::*, server_fn::ServerFn};
use service::{
    Error, Purpose,
    account::{Method, Overview},
    policy::providers::Button,
};

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
    respond(&context, &next)
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
    respond(&context, &next)
}

/// What the policy asks for, until when.
#[component]
fn Owed(l: Lang, owes: Owes) -> AnyView {
    let until = match owes {
        Owes::Nothing | Owes::Show => None,
        Owes::Now => Some(None),
        Owes::Soon(until) => Some(Some(until)),
    };
    until.map(|until: Option<Micros>| view! {
        <p class="notice warn" role="status">{t(l, if until.is_some() { "factor-owed-soon" } else { "factor-owed" })}" "{until.map(|at| view! { <Moment l=l at=at/> })}" "<a href=paths::SECOND_FACTOR>{t(l, "factor-begin")}</a></p>
    })
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
    let head = Head::new(t(l, "account-title"), Layout::Account).leads_out();
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
        {passkeys.map(|count| view! { <Passkeys l=l count=count/> })}
        <SecondFactor l=l since=second_factor manageable=manageable/>
        <Addresses l=l addresses=addresses former=former manageable=manageable/>
        {phone.map(|number| view! { <Phone l=l number=number manageable=manageable/> })}
        {(!fields.is_empty()).then(|| view! { <Profile l=l fields=fields names=names/> })}
        <Data l=l mergeable=mergeable/>
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
fn Passkeys(l: Lang, count: usize) -> AnyView {
    view! {
        <section aria-labelledby="passkeys">
            <h2 id="passkeys">{t(l, "passkeys-title")}</h2>
            <p class="muted">{t(l, "passkeys-lead")}</p>
            <p><a class="button" href=paths::PASSKEYS>{ta(l, "passkeys-manage", &[("n", &count.to_string())])}</a></p>
        </section>
    }
    .into_any()
}

#[component]
fn SecondFactor(l: Lang, since: Option<Micros>, manageable: bool) -> AnyView {
    let manage = if since.is_some() { "factor-manage" } else { "factor-begin" };
    view! {
        <section aria-labelledby="factor">
            <h2 id="factor">{t(l, "factor-own-title")}</h2>
            <p class="muted">{t(l, "factor-own-lead")}</p>
            {since.map(|since| view! { <p><span class="tag good">{t(l, "factor-is-on")}</span>" "<span class="muted"><Moment l=l at=since/></span></p> })}
            {manageable.then(|| view! { <p><a class="button" href=paths::SECOND_FACTOR>{t(l, manage)}</a></p> })}
        </section>
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

/// Taking one's data along, and the end of the account.
#[component]
fn Data(l: Lang, mergeable: bool) -> AnyView {
    view! {
        <section aria-labelledby="data">
            <h2 id="data">{t(l, "data-title")}</h2>
            <p class="muted">{t(l, "data-lead")}</p>
            <p class="row-actions"><a class="button" href=paths::EXPORT>{t(l, "export-title")}</a>{mergeable.then(|| view! { <a class="button" href=paths::MERGE>{t(l, "merge-title")}</a> })}<a class="button danger" href=paths::DELETE>{t(l, "delete-title")}</a></p>
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
                view! { <ProviderButton l=l provider=b action=AddMethod::url() label=label/> }
            }).collect_view()}
        </div>
    }
    .into_any()
}
