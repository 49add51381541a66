//! My Account: a settings page with one action a row.
use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use domain::{Micros, Refusal, policy::Owes};
use leptos::{prelude::*, server_fn::ServerFn};
use service::{
    Fault, Ligature,
    account::{Address, Method, Overview, SessionRow},
    providers::Button,
    recovered::WaysIn,
};

use crate::{
    fields::{mark, method_name, moment, moment_text, notice},
    forms::{
        account::{EndAllSessions, EndOtherSessions, EndSession, KeepEmail, LeaveRecovered, NameMethod, RemoveEmail, RemoveMethod, address_name},
        undo::AskOwnUndo,
    },
    i18n::{Lang, t, ta},
    pages::{Visit, confirm::first, or_refuse},
    paths,
    render::{Head, Layout, page},
};

fn nobody(visit: &Visit) -> Option<Response> {
    visit.asker.visitor.session.is_none().then(|| Redirect::to(paths::LOGIN_STAY).into_response())
}

fn said(l: Lang, visit: &Visit) -> Option<AnyView> {
    (!visit.flash.notice.is_empty()).then(|| notice("good", t(l, &visit.flash.notice)))
}

pub async fn methods(visit: Visit) -> Response {
    if let Some(response) = nobody(&visit) {
        return response;
    }
    let result = methods_page(&visit).await;
    or_refuse(&visit, result).await
}

/// What the policy asks for, until when.
fn owed(l: Lang, owes: Owes) -> Option<AnyView> {
    let until = match owes {
        Owes::Nothing | Owes::Show => return None,
        Owes::Now => None,
        Owes::Soon(until) => Some(until),
    };
    Some(
        view! {
            <p class="notice warn" role="status">{t(l, if until.is_some() { "factor-owed-soon" } else { "factor-owed" })}" "{until.map(|at| moment(l, at))}" "<a href=paths::SECOND_FACTOR>{t(l, "factor-begin")}</a></p>
        }
        .into_any(),
    )
}

async fn methods_page(visit: &Visit) -> Result<Response, Fault> {
    let overview = visit.context.ligature.overview(&visit.asker.visitor).await?;
    let l = visit.asker.lang;
    let owes = match &visit.asker.visitor.session {
        Some(caller) => visit.context.ligature.owes_factor(caller).await?,
        None => Owes::Nothing,
    };
    let head = Head::new(t(l, "account-title"), Layout::Account).origins(overview.addable.iter().filter_map(|b| b.origin.clone()));
    let message = said(l, visit).is_some().then(|| visit.flash.notice.clone());
    let names = visit.context.ligature.buttons().await?;
    Ok(page(&visit.context, &visit.asker, head, move || {
        let Overview { name, addresses, former, methods, addable, fields, manageable, fixed, administrator, password_settable, second_factor, mergeable, phone, passkeys, restored } = overview;
        let has_password = methods.iter().any(|m| m.link.is_none());
        view! {
            <h1>{ta(l, "account-hello", &[("name", &name)])}</h1>
            {message.map(|key| notice("good", t(l, &key)))}
            {owed(l, owes)}
            {restored.map(|(at, since)| notice("warn", restored_text(l, at, since)))}
            <section aria-labelledby="methods">
                <h2 id="methods">{t(l, "methods-title")}</h2>
                <p class="muted">{t(l, if fixed { "methods-lead-fixed" } else { "methods-lead" })}</p>
                <ul class="rows">{methods.into_iter().map(|m| method_row(l, m)).collect_view()}</ul>
                {password_settable.then(|| view! { <p><a class="button" href=paths::PASSWORD>{t(l, if has_password { "own-password-change" } else { "own-password-set" })}</a></p> })}
                {(!fixed).then(|| adding(l, addable))}
            </section>
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
                {second_factor.map(|since| view! { <p><span class="tag good">{t(l, "factor-is-on")}</span>" "<span class="muted">{moment(l, since)}</span></p> })}
                {manageable.then(|| view! { <p><a class="button" href=paths::SECOND_FACTOR>{t(l, if second_factor.is_some() { "factor-manage" } else { "factor-begin" })}</a></p> })}
            </section>
            <section aria-labelledby="addresses">
                <h2 id="addresses">{t(l, "addresses-title")}</h2>
                <p class="muted">{t(l, "addresses-lead")}</p>
                {addresses.is_empty().then(|| view! { <p>{t(l, "addresses-none")}</p> })}
                <ul class="rows">{addresses.into_iter().map(|a| address_row(l, a, manageable)).collect_view()}</ul>
                {manageable.then(|| view! { <p><a class="button" href=paths::EMAIL>{t(l, "own-email-title")}</a></p> })}
            </section>
            {(!former.is_empty()).then(|| view! { <section aria-labelledby="former"><h3 id="former">{t(l, "address-former-title")}</h3><p class="muted">{t(l, "address-former-lead")}</p><ul class="rows">{former.into_iter().map(|a| address_row(l, a, manageable)).collect_view()}</ul></section> })}
            {phone.map(|number| view! {
                <section aria-labelledby="phone">
                    <h2 id="phone">{t(l, "own-phone-title")}</h2>
                    <p class="muted">{t(l, "own-phone-lead")}</p>
                    {number.map(|number| view! { <p><strong>{number}</strong>" "<span class="tag good">{t(l, "address-proved")}</span></p> })}
                    {manageable.then(|| view! { <p><a class="button" href=paths::PHONE>{t(l, "own-phone-manage")}</a></p> })}
                </section>
            })}
            {(!fields.is_empty()).then(|| profile(l, fields, &names))}
            <section aria-labelledby="data">
                <h2 id="data">{t(l, "data-title")}</h2>
                <p class="muted">{t(l, "data-lead")}</p>
                <p class="row-actions"><a class="button" href=paths::EXPORT>{t(l, "export-title")}</a>{mergeable.then(|| view! { <a class="button" href=paths::MERGE>{t(l, "merge-title")}</a> })}<a class="button danger" href=paths::DELETE>{t(l, "delete-title")}</a></p>
            </section>
            {administrator.then(|| view! { <p><a class="button" href=paths::ADMIN>{t(l, "nav-admin")}</a></p> })}
        }
    })
    .await)
}

/// What a restored service says to whom it may concern (RB-18).
fn restored_text(l: Lang, at: Micros, since: Option<Micros>) -> String {
    let at = moment_text(l, at);
    match since {
        Some(since) => ta(l, "account-restored-since", &[("since", &moment_text(l, since)), ("at", &at)]),
        None => ta(l, "account-restored", &[("at", &at)]),
    }
}

/// After a new password by code: what else opens the account, before anything else (PH-04).
pub async fn recovered(visit: Visit) -> Response {
    if let Some(response) = nobody(&visit) {
        return response;
    }
    let result = recovered_page(&visit).await;
    or_refuse(&visit, result).await
}

async fn recovered_page(visit: &Visit) -> Result<Response, Fault> {
    let ligature = &visit.context.ligature;
    let WaysIn { methods, passkeys, addresses, phone } = ligature.ways_in(&visit.asker.visitor).await?;
    let applications = ligature.own_applications(&visit.asker.visitor).await?;
    let (l, flash) = (visit.asker.lang, visit.flash.clone());
    // The application that the person was on the way to gets its answer after this page (RP-01).
    let entry = if visit.asker.entry(ligature, &visit.query.entry).is_some() { visit.query.entry.clone() } else { String::new() };
    Ok(page(&visit.context, &visit.asker, Head::new(t(l, "recovered-title"), Layout::Account), move || {
        let single = addresses.len() == 1;
        let methods = methods.into_iter().map(|m| {
            let id = m.link.map(|id| id.to_string()).unwrap_or_default();
            whose(l, &format!("link-{id}"), method_name(l, &m.name), m.label, m.stays.map(|refusal| t(l, &format!("refusal-{}-title", refusal.key()))))
        });
        let passkeys = passkeys.into_iter().map(|k| whose(l, &format!("passkey-{}", k.id), t(l, "passkey"), k.name, (!k.removable).then(String::new)));
        let addresses = addresses.into_iter().map(|a| whose(l, &format!("address-{}", address_name(&a.canonical)), a.typed, String::new(), single.then(|| t(l, "recovered-stays"))));
        let rows: Vec<_> = methods.chain(passkeys).chain(addresses).collect();
        view! {
            <h1>{t(l, "recovered-title")}</h1>
            {(!flash.notice.is_empty()).then(|| notice("bad", t(l, &flash.notice)))}
            <p class="lead">{t(l, "recovered-lead")}</p>
            <form method="post" action=LeaveRecovered::url() class="stack">
                <input type="hidden" name="entry" value=entry/>
                <fieldset class="radios"><legend>{t(l, "recovered-legend")}</legend><ul class="rows">{rows}</ul></fieldset>
                <p class="hint">{t(l, "recovered-again")}</p>
                <p><button class="primary">{t(l, "recovered-go")}</button></p>
            </form>
            {phone.map(|number| view! { <h2>{t(l, "own-phone-title")}</h2><p><strong>{number}</strong></p><p><a class="button" href=paths::PHONE>{t(l, "own-phone-manage")}</a></p> })}
            {(!applications.is_empty()).then(|| view! {
                <h2>{t(l, "own-applications-title")}</h2>
                <ul class="points">{applications.into_iter().map(|a| view! { <li>{a.name}</li> }).collect_view()}</ul>
                <p><a class="button" href=paths::APPLICATIONS>{t(l, "own-applications-title")}</a></p>
            })}
        }
    })
    .await)
}

/// Something that opens the account, with a box for whose it is; where it has to stay, with why instead, as far as there is
/// something to say.
fn whose(l: Lang, id: &str, name: String, label: String, stays: Option<String>) -> AnyView {
    let text = view! { <strong>{name}</strong>{(!label.is_empty()).then(|| view! { <span class="muted">" "{label}</span> })} };
    if let Some(why) = stays {
        return view! { <li><span class="row-main">{text}{(!why.is_empty()).then(|| view! { <span class="muted">" "{why}</span> })}</span></li> }.into_any();
    }
    view! {
        <li>
            <div class="check"><input type="checkbox" id=id.to_owned() name=format!("mine[{id}]") value="on"/><label for=id.to_owned()>{text}<span class="sr">" "{t(l, "recovered-mine")}</span></label></div>
        </li>
    }
    .into_any()
}

fn address_row(l: Lang, a: Address, manageable: bool) -> AnyView {
    let id = format!("foreign-{}", a.canonical.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect::<String>());
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
        view! { <p>{t(l, "address-foreign")}</p><input type="hidden" name="foreign" value="on"/> }.into_any()
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
fn profile(l: Lang, fields: Vec<service::rows::Attribute>, names: &[Button]) -> AnyView {
    view! {
        <section aria-labelledby="profile">
            <h2 id="profile">{t(l, "profile-title")}</h2>
            <p class="muted">{t(l, "profile-lead")}</p>
            <ul class="rows">{fields.into_iter().map(|f| view! {
                <li><span class="row-main"><strong>{field_name(l, &f.name)}</strong><span>{f.value.clone()}</span></span><span class="muted small">{source(l, &f.source, names)}</span></li>
            }).collect_view()}</ul>
        </section>
    }
    .into_any()
}

/// The name of a provider that people can use, of another way to sign in, or the key.
fn provider_name(l: Lang, key: &str, names: &[Button]) -> String {
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

fn method_row(l: Lang, m: Method) -> AnyView {
    let name = method_name(l, &m.name);
    let target = m.link.map_or_else(|| "password".to_owned(), |id| id.to_string());
    let remove = m.stays.is_none().then(|| view! { <a class="button quiet" href=paths::remove_method(&target) aria-label=ta(l, "method-remove-of", &[("name", &name)])>{t(l, "remove")}</a> });
    view! {
        <li>
            {mark(&name)}
            <span class="row-main">
                <strong>{name.clone()}{(!m.nickname.is_empty()).then(|| format!(" · {}", m.nickname))}</strong>
                {(!m.label.is_empty()).then(|| view! { <span class="muted">{m.label}</span> })}
                <span class="muted small">{t(l, "method-added")}" "{moment(l, m.added_at)}{m.used_at.map(|at| view! { " · "{t(l, "method-used")}" "{moment(l, at)} })}</span>
                {m.link.map(|id| naming(l, &name, &id.to_string(), m.nickname))}
            </span>
            {m.current.then(|| view! { <span class="tag good">{t(l, "method-current")}</span> })}
            {(!m.usable).then(|| view! { <span class="tag">{t(l, "method-off")}</span> })}
            {remove}
        </li>
    }
    .into_any()
}

/// A name of one's own for an identity, to tell two of one provider apart.
fn naming(l: Lang, provider: &str, id: &str, nickname: String) -> AnyView {
    let field_id = format!("nickname-{id}");
    view! {
        <details class="inline small"><summary>{t(l, "method-name")}<span class="sr">": "{provider.to_owned()}</span></summary>
            <form method="post" action=NameMethod::url() class="row-actions">
                <input type="hidden" name="link" value=id.to_owned()/>
                <label class="sr" for=field_id.clone()>{ta(l, "method-name-of", &[("name", provider)])}</label>
                <input id=field_id name="nickname" type="text" maxlength="40" autocomplete="off" value=nickname/>
                <button>{t(l, "save")}</button>
            </form>
        </details>
    }
    .into_any()
}

fn adding(l: Lang, addable: Vec<Button>) -> AnyView {
    if addable.is_empty() {
        return view! { <p class="muted">{t(l, "methods-nothing-to-add")}</p> }.into_any();
    }
    view! {
        <h3>{t(l, "methods-add")}</h3>
        <div class="buttons">
            {addable.into_iter().map(|b| view! { <form method="post" action=paths::add_method(&b.key)><button class="provider">{mark(&b.name)}<span>{ta(l, "method-add-provider", &[("provider", &b.name)])}</span></button></form> }).collect_view()}
        </div>
    }
    .into_any()
}

pub async fn remove(Path(link): Path<String>, visit: Visit) -> Response {
    if let Some(response) = nobody(&visit) {
        return response;
    }
    let result = remove_page(&visit, link).await;
    or_refuse(&visit, result).await
}

async fn remove_page(visit: &Visit, link: String) -> Result<Response, Fault> {
    let overview = visit.context.ligature.overview(&visit.asker.visitor).await?;
    let wanted = |m: &&Method| m.link.map_or_else(|| "password".to_owned(), |id| id.to_string()) == link;
    let method = overview.methods.iter().find(wanted).cloned().ok_or(Refusal::MethodUnknown)?;
    if let Some(refusal) = method.stays {
        return Err(refusal.into());
    }
    if let Some(response) = first(visit, &paths::remove_method(&link)).await? {
        return Ok(response);
    }
    let l = visit.asker.lang;
    Ok(page(&visit.context, &visit.asker, Head::new(t(l, "remove-title"), Layout::Account), move || {
        let name = method_name(l, &method.name);
        view! {
            <h1>{ta(l, "remove-question", &[("name", &name)])}</h1>
            <p>{ta(l, "remove-lead", &[("name", &name)])}</p>
            <form method="post" action=RemoveMethod::url() class="row-actions">
                <input type="hidden" name="link" value=link.clone()/>
                <button class="danger">{t(l, "remove-go")}</button>
                <a class="button quiet" href=paths::ACCOUNT>{t(l, "keep")}</a>
            </form>
        }
    })
    .await)
}

pub async fn sessions(visit: Visit) -> Response {
    if let Some(response) = nobody(&visit) {
        return response;
    }
    let result = sessions_page(&visit).await;
    or_refuse(&visit, result).await
}

async fn sessions_page(visit: &Visit) -> Result<Response, Fault> {
    let sessions = visit.context.ligature.sessions(&visit.asker.visitor).await?;
    let l = visit.asker.lang;
    let message = visit.flash.notice.clone();
    Ok(page(&visit.context, &visit.asker, Head::new(t(l, "sessions-title"), Layout::Account), move || {
        view! {
            <h1>{t(l, "sessions-title")}</h1>
            {(!message.is_empty()).then(|| notice("good", t(l, &message)))}
            <p class="muted">{t(l, "sessions-lead")}</p>
            <ul class="rows">{sessions.into_iter().map(|s| session_row(l, s)).collect_view()}</ul>
            <div class="row-actions">
                <form method="post" action=EndOtherSessions::url()><button>{t(l, "sessions-end-others")}</button></form>
                <form method="post" action=EndAllSessions::url()><button class="danger">{t(l, "sessions-end-all")}</button></form>
            </div>
        }
    })
    .await)
}

fn session_row(l: Lang, s: SessionRow) -> AnyView {
    let agent = if s.agent.is_empty() { t(l, "agent-unknown") } else { s.agent.clone() };
    view! {
        <li>
            <span class="row-main"><strong>{agent}</strong><span class="muted">{s.network}" · "{method_name(l, &s.method)}</span><span class="muted small">{t(l, "session-seen")}" "{moment(l, s.seen_at)}</span></span>
            {if s.current {
                view! { <span class="tag good">{t(l, "session-this")}</span> }.into_any()
            } else {
                view! { <form method="post" action=EndSession::url()><input type="hidden" name="session" value=s.id/><button class="quiet">{t(l, "session-end")}</button></form> }.into_any()
            }}
        </li>
    }
    .into_any()
}

pub async fn activity(visit: Visit) -> Response {
    if let Some(response) = nobody(&visit) {
        return response;
    }
    let result = activity_page(&visit).await;
    or_refuse(&visit, result).await
}

async fn activity_page(visit: &Visit) -> Result<Response, Fault> {
    Ligature::caller(&visit.asker.visitor)?;
    let events = visit.context.ligature.activity(&visit.asker.visitor).await?;
    let (undos, waits) = visit.context.ligature.own_undos(&visit.asker.visitor).await?;
    let names = visit.context.ligature.buttons().await?;
    let l = visit.asker.lang;
    Ok(page(&visit.context, &visit.asker, Head::new(t(l, "activity-title"), Layout::Account), move || {
        view! {
            <h1>{t(l, "activity-title")}</h1>
            {(!undos.is_empty() || waits.is_some()).then(|| taking_back(l, undos, waits))}
            <h2>{t(l, "activity-latest")}</h2>
            <p class="muted">{t(l, "activity-lead")}</p>
            {events.is_empty().then(|| view! { <p>{t(l, "activity-none")}</p> })}
            <ul class="rows">{events.into_iter().map(|e| view! { <li><span class="row-main"><strong>{t(l, &event_key(&e.kind))}</strong><span class="muted">{provider_name(l, &e.provider, &names)}</span></span><span class="muted small">{moment(l, e.at)}</span></li> }).collect_view()}</ul>
        }
    })
    .await)
}

/// Changes that can still be taken back, each with its button, after the rewind that waits.
fn taking_back(l: Lang, undos: Vec<service::undo::ChangeView>, waits: Option<(i64, i64)>) -> AnyView {
    let ask = |rev: i64, text: &str, class: &'static str, about: &str| {
        let label = (!about.is_empty()).then(|| format!("{}: {about}", t(l, text)));
        view! { <form method="post" action=AskOwnUndo::url()><input type="hidden" name="change" value=rev.to_string()/><button class=class aria-label=label>{t(l, text)}</button></form> }
    };
    view! {
        <section aria-labelledby="undo">
            <h2 id="undo">{t(l, "undo-title")}</h2>
            {waits.map(|(first, due)| view! { <div class="notice bad"><p>{t(l, "undo-waits")}" "{moment(l, due)}</p>{ask(first, "undo-own-decide", "primary", "")}</div> })}
            <p class="muted">{t(l, "undo-own-lead")}</p>
            <ul class="rows">{undos.into_iter().map(|c| {
                let what = super::undo::said(l, c.what, &c.about);
                view! { <li>
                    <span class="row-main"><strong>{what.clone()}</strong><span class="muted small">{moment(l, c.at)}</span></span>
                    {ask(c.rev, "undo-own-go", "danger", &what)}
                </li> }
            }).collect_view()}</ul>
        </section>
    }
    .into_any()
}

/// The message key of an event's kind.
pub(crate) fn event_key(kind: &str) -> String {
    format!("event-{}", kind.replace(['.', '_'], "-"))
}
