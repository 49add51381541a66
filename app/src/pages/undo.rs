//! "This wasn't me": the page that a notice's link opens. Opening it changes nothing; its buttons do, one step after the
//! other: signing everybody out, showing something from before, taking it back for good.
use axum::{extract::Path, response::Response};
use domain::account_rules::rewind::Changed;
use leptos::{prelude::*, server_fn::ServerFn};
use service::{
    Error,
    account::undo::{ChangeView, Line, UndoPage, UndoView},
};

use crate::{
    fields::{Field, field, mark, moment, notice},
    forms::undo::{BeginUndo, FinishUndo, UndoPasskey, UndoPassword},
    i18n::{Lang, t, ta},
    pages::{
        PageRequest, or_refuse,
        passkeys::{ceremony_form, needs_script},
    },
    paths,
    render::{Head, Layout, page},
};

/// What happened, in words.
pub(crate) fn said(l: Lang, what: Changed, about: &str) -> String {
    ta(l, &format!("undo-{}", what.name().replace('_', "-")), &[("about", about)])
}

pub async fn undo(Path(secret): Path<String>, req: PageRequest) -> Response {
    let result = undo_page(&req, secret).await;
    or_refuse(&req, result).await
}

async fn undo_page(req: &PageRequest, secret: String) -> Result<Response, Error> {
    let view = req.context.ligature.rewinds().undo_view(&req.web.ctx, &secret).await?;
    let l = req.web.lang;
    let flash = req.flash.clone();
    // Who asked in My Account goes back there; who came by a mail closes the page.
    let asked = req.web.ctx.session.is_some() && matches!(view.page, UndoPage::Show | UndoPage::Decide);
    let head = Head::new(t(l, "undo-title"), Layout::Narrow).origins(view.providers.iter().filter_map(|b| b.origin.clone()));
    Ok(page(&req.context, &req.web, head, move || {
        let lead = said(l, view.change.what, &view.change.about);
        view! {
            <h1>{t(l, "undo-title")}</h1>
            <p class="lead">{lead}</p>
            <p class="muted">{moment(l, view.change.at)}</p>
            {(!flash.notice.is_empty()).then(|| notice("bad", t(l, &flash.notice)))}
            {match view.page {
                UndoPage::Begin => begin(l, &secret, &view),
                UndoPage::Show => show(l, &secret, view, "undo-show-lead"),
                UndoPage::Decide => decide(l, &secret, view),
                UndoPage::Gone => view! { <p>{t(l, "undo-gone")}</p>{show(l, &secret, view, "undo-gone-show")}<p class="links"><a href=paths::ACTIVITY>{t(l, "undo-gone-more")}</a></p> }.into_any(),
                UndoPage::Bar => bar(l, &secret, view.code),
            }}
            {asked.then(|| view! { <p class="links"><a href=paths::ACTIVITY>{t(l, "confirm-leave")}</a></p> })}
        }
    })
    .await)
}

fn lines(l: Lang, title: &str, all: &[Line]) -> Option<AnyView> {
    let row = |line: &Line| view! { <li>{t(l, &format!("way-{}", line.key))}{(!line.about.is_empty()).then(|| view! { " "<strong>{line.about.clone()}</strong> })}</li> };
    (!all.is_empty()).then(|| view! { <h2>{t(l, title)}</h2><ul class="points">{all.iter().map(row).collect_view()}</ul> }.into_any())
}

fn hidden(secret: &str) -> AnyView {
    view! { <input type="hidden" name="secret" value=secret.to_owned()/> }.into_any()
}

fn begin(l: Lang, secret: &str, view: &UndoView) -> AnyView {
    view! {
        <p>{t(l, "undo-begin-lead")}</p>
        {lines(l, "undo-stops", &view.stops)}
        {lines(l, "undo-goes", &view.goes)}
        {lines(l, "undo-comes", &view.comes)}
        <form method="post" action=BeginUndo::url() class="stack">{hidden(secret)}<button class="danger">{t(l, "undo-begin-go")}</button></form>
        <p class="muted small">{t(l, "undo-leave")}</p>
    }
    .into_any()
}

fn show(l: Lang, secret: &str, view: UndoView, lead: &'static str) -> AnyView {
    let (goes, comes) = (view.goes.clone(), view.comes.clone());
    let none = !view.password && view.passkey.is_none() && view.providers.is_empty();
    let gone = view.page == UndoPage::Gone;
    let lead = match (none, view.due) {
        (false, _) => Some(lead),
        // There is nothing to confirm with, and nothing that has to be.
        (true, _) if gone => None,
        (true, Some(_)) => Some("undo-show-none"),
        (true, None) => Some("undo-show-none-own"),
    };
    let passkey_alone = view.passkey.is_some() && !view.password && view.providers.is_empty();
    view! {
        {view.due.filter(|_| !gone).map(|due| view! { <p>{t(l, "undo-waits")}" "<strong>{moment(l, due)}</strong></p> })}
        {lead.map(|key| view! { <p>{t(l, key)}</p> })}
        {view.password.then(|| view! {
            <form method="post" action=UndoPassword::url() class="stack">
                {hidden(secret)}
                {field(Field { name: "password".into(), label: t(l, "undo-password-before"), kind: "password", autocomplete: "current-password", required: true, max: 256, ..Field::default() })}
                <button class="primary">{t(l, "code-go")}</button>
            </form>
        })}
        {view.passkey.map(|c| ceremony_form(l, UndoPasskey::url(), "again", c, &t(l, "confirm-passkey"), hidden(secret)))}
        {passkey_alone.then(|| needs_script(l))}
        <div class="buttons">
            {view.providers.into_iter().map(|b| view! {
                <form method="post" action=paths::undo_with(secret, &b.key)><button class="provider">{mark(&b.name)}<span>{ta(l, "confirm-with", &[("provider", &b.name)])}</span></button></form>
            }).collect_view()}
        </div>
        {(!gone).then(|| view! { {lines(l, "undo-goes", &goes)}{lines(l, "undo-comes", &comes)} })}
    }
    .into_any()
}

fn decide(l: Lang, secret: &str, view: UndoView) -> AnyView {
    let own = view.change.rev;
    let keep = view.due.is_some();
    let row = |c: &ChangeView| {
        let (id, checked) = (format!("first-{}", c.rev), c.rev == own);
        view! { <div class="check"><input type="radio" id=id.clone() name="first" value=c.rev.to_string() checked=checked/><label for=id>{said(l, c.what, &c.about)}" "<span class="muted small">{moment(l, c.at)}</span></label></div> }
    };
    view! {
        {lines(l, "undo-goes", &view.goes)}
        {lines(l, "undo-comes", &view.comes)}
        <form method="post" action=FinishUndo::url() class="stack">
            {hidden(secret)}
            <fieldset class="radios" aria-describedby="first-hint"><legend>{t(l, "undo-first")}</legend><p class="hint" id="first-hint">{t(l, "undo-first-hint")}</p>{view.changes.iter().map(row).collect_view()}</fieldset>
            {view.code.then(|| factor(l))}
            <button class="danger" name="answer" value="back">{t(l, "undo-finish-go")}</button>
            {keep.then(|| view! { <button name="answer" value="keep">{t(l, "undo-keep-go")}</button> })}
        </form>
    }
    .into_any()
}

fn bar(l: Lang, secret: &str, code: bool) -> AnyView {
    view! {
        <p>{t(l, "undo-gone")}</p>
        <form method="post" action=FinishUndo::url() class="stack">
            {hidden(secret)}
            {code.then(|| factor(l))}
            <button class="danger" name="answer" value="back">{t(l, "undo-gone-go")}</button>
        </form>
        <p class="muted small">{t(l, "undo-leave")}</p>
    }
    .into_any()
}

fn factor(l: Lang) -> AnyView {
    field(Field { name: "code".into(), label: t(l, "undo-code"), kind: "text", autocomplete: "one-time-code", max: 20, ..Field::default() })
}
