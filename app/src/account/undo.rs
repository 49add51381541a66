//! Taking changes back, by a notice's link or from My Account.
use crate::{
    components::{CeremonyForm, Field, Moment, NeedsScript, ProviderButton, Said},
    context::{Context, WebRequest, asked},
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, SeeOther, redirect_with_flash, refuse, respond, to_provider},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::extract::Path;
use domain::{Refusal, account_rules::rewind::Changed, path::Continuation};
use leptos::{prelude::*, server_fn::ServerFn};
use service::{
    Error, Purpose,
    account::undo::{ChangeView, Line, UndoPage, UndoView, Undone},
};

/// Back to the link's page, with what went wrong if the person can mend it there.
async fn again(
    context: &Context,
    web: &WebRequest,
    secret: &str,
    result: Result<(), Error>,
) -> SeeOther {
    let page = paths::undo(&bounded(secret, 64));
    let Err(error) = result else { return SeeOther::local(page) };
    let notice = match error.refusal() {
        Refusal::CredentialsWrong | Refusal::PasskeyWrong => "undo-wrong",
        Refusal::UndoCredential => "undo-not-before",
        Refusal::CodeWrong => "undo-code-wrong",
        _ => return refuse(&error),
    };
    redirect_with_flash(context, web, &page, Flash::notice(notice)).await
}

#[server(prefix = "/fn", endpoint = "undo")]
pub async fn begin_undo(secret: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.rewinds().begin_undo(&web.ctx, &secret).await {
        Ok(_) => SeeOther::local(paths::undo(&secret)),
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}

#[server(prefix = "/fn", endpoint = "undo/password")]
pub async fn undo_password(secret: String, password: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result = context.ligature.rewinds().undo_by_password(&web.ctx, &secret, &password).await;
    let next = again(&context, &web, &secret, result).await;
    respond(&context, &next)
}

#[server(prefix = "/fn", endpoint = "undo/passkey")]
pub async fn undo_passkey(
    secret: String,
    ceremony: String,
    #[server(default)] credential: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let result =
        context.ligature.rewinds().undo_by_passkey(&web.ctx, &secret, &ceremony, &credential).await;
    let next = again(&context, &web, &secret, result).await;
    respond(&context, &next)
}

/// Off to a provider, to show an identity that the account had before.
#[server(prefix = "/fn", endpoint = "undo/provider")]
pub async fn undo_by_provider(secret: String, provider: String) -> Result<(), Code> {
    let (context, web) = asked();
    let started = context
        .ligature
        .sign_in()
        .start(&web.ctx, &provider, Purpose::Undo(bounded(&secret, 64)), Continuation::Account)
        .await;
    respond(&context, &to_provider(&context, started))
}

#[server(prefix = "/fn", endpoint = "undo/finish")]
pub async fn finish_undo(
    secret: String,
    #[server(default)] first: String,
    #[server(default)] code: String,
    #[server(default)] answer: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let ligature = &context.ligature;
    let result = if answer == "keep" {
        ligature.rewinds().keep_changes(&web.ctx, &secret, &code).await.map(|()| "undone-kept")
    } else {
        let done =
            ligature.rewinds().finish_undo(&web.ctx, &secret, first.parse().ok(), &code).await;
        done.map(|done| match done {
            Undone::Back => "undone",
            Undone::Barred => "undone-gone",
        })
    };
    let next = match result {
        Ok(text) => {
            redirect_with_flash(&context, &web, paths::LOGIN_STAY, Flash::notice(text)).await
        }
        Err(error) => again(&context, &web, &secret, Err(error)).await,
    };
    respond(&context, &next)
}

#[server(prefix = "/fn", endpoint = "account/undo")]
pub async fn ask_own_undo(change: String) -> Result<(), Code> {
    let (context, web) = asked();
    let change = change.parse().unwrap_or_default();
    let next = match context.ligature.rewinds().ask_own_undo(&web.ctx, change).await {
        Ok(secret) => SeeOther::local(paths::undo(&secret)),
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}

/// What happened, in words.
pub(crate) fn said(l: Lang, what: Changed, about: &str) -> String {
    ta(l, &format!("undo-{}", what.name().replace('_', "-")), &[("about", about)])
}

pub async fn undo(Path(secret): Path<String>, req: PageRequest) -> Answer {
    let req = &req;
    let view = req.context.ligature.rewinds().undo_view(&req.web.ctx, &secret).await?;
    let l = req.web.lang;
    let flash = req.flash.clone();
    // Who asked in My Account goes back there; who came by a mail closes the page.
    let asked =
        req.web.ctx.session.is_some() && matches!(view.page, UndoPage::Show | UndoPage::Decide);
    let head = Head::new(t(l, "undo-title"), Layout::Narrow);
    Ok(page(&req.context, &req.web, head, move || {
        let lead = said(l, view.change.what, &view.change.about);
        view! {
            <h1>{t(l, "undo-title")}</h1>
            <p class="lead">{lead}</p>
            <p class="muted"><Moment l=l at={view.change.at}/></p>
            <Said l=l key=flash.notice.clone() kind="bad"/>
            {match view.page {
                UndoPage::Begin => view! { <Begin l=l secret=secret view=view/> }.into_any(),
                UndoPage::Show => view! { <Show l=l secret=secret view=view/> }.into_any(),
                UndoPage::Decide => view! { <Decide l=l secret=secret view=view/> }.into_any(),
                UndoPage::Gone => view! {
                    <p>{t(l, "undo-gone")}</p>
                    <Show l=l secret=secret view=view/>
                    <p class="links"><a href=paths::ACTIVITY>{t(l, "undo-gone-more")}</a></p>
                }.into_any(),
                UndoPage::Bar => view! { <Bar l=l secret=secret code={view.code}/> }.into_any(),
            }}
            {asked.then(|| view! { <p class="links"><a href=paths::ACTIVITY>{t(l, "confirm-leave")}</a></p> })}
        }
    })
    .await)
}

/// Ways in that stop, go or come back; nothing without any.
#[component]
fn WaysIn(l: Lang, title: String, lines: Vec<Line>) -> AnyView {
    let row = |line: Line| view! { <li>{t(l, &format!("way-{}", line.key))}{(!line.about.is_empty()).then(|| view! { " "<strong>{line.about}</strong> })}</li> };
    (!lines.is_empty()).then(|| view! { <h2>{title}</h2><ul class="points">{lines.into_iter().map(row).collect_view()}</ul> }).into_any()
}

/// What goes with the change, and what comes back.
#[component]
fn GoesAndComes(l: Lang, goes: Vec<Line>, comes: Vec<Line>) -> AnyView {
    view! {
        <WaysIn l=l title={t(l, "undo-goes")} lines=goes/>
        <WaysIn l=l title={t(l, "undo-comes")} lines=comes/>
    }
    .into_any()
}

/// The secret of the link, for a form to send along.
#[component]
fn Secret(secret: String) -> AnyView {
    view! { <input type="hidden" name="secret" value=secret/> }.into_any()
}

/// Nothing has happened yet.
#[component]
fn Begin(l: Lang, secret: String, view: UndoView) -> AnyView {
    view! {
        <p>{t(l, "undo-begin-lead")}</p>
        <WaysIn l=l title={t(l, "undo-stops")} lines={view.stops}/>
        <GoesAndComes l=l goes={view.goes} comes={view.comes}/>
        <form method="post" action=BeginUndo::url() class="stack"><Secret secret=secret/><button class="danger">{t(l, "undo-begin-go")}</button></form>
        <p class="muted small">{t(l, "undo-leave")}</p>
    }
    .into_any()
}

/// The person shows something that opened the account before.
#[component]
fn Show(l: Lang, secret: String, view: UndoView) -> AnyView {
    let UndoView { page, due, password, passkey, providers, goes, comes, .. } = view;
    let gone = page == UndoPage::Gone;
    let none = !password && passkey.is_none() && providers.is_empty();
    let lead = match (none, due) {
        (false, _) => Some(if gone { "undo-gone-show" } else { "undo-show-lead" }),
        // There is nothing to confirm with, and nothing that has to be.
        (true, _) if gone => None,
        (true, Some(_)) => Some("undo-show-none"),
        (true, None) => Some("undo-show-none-own"),
    };
    let passkey_alone = passkey.is_some() && !password && providers.is_empty();
    view! {
        {due.filter(|_| !gone).map(|due| view! { <p>{t(l, "undo-waits")}" "<strong><Moment l=l at=due/></strong></p> })}
        {lead.map(|key| view! { <p>{t(l, key)}</p> })}
        {password.then(|| view! {
            <form method="post" action=UndoPassword::url() class="stack">
                <Secret secret={secret.clone()}/>
                <Field name="password" label={t(l, "undo-password-before")} kind="password" autocomplete="current-password" required=true max=256/>
                <button class="primary">{t(l, "code-go")}</button>
            </form>
        })}
        {passkey.map(|c| {
            let secret = secret.clone();
            view! { <CeremonyForm l=l action=UndoPasskey::url() kind="again" ceremony=c label={t(l, "confirm-passkey")}><Secret secret=secret/></CeremonyForm> }
        })}
        {passkey_alone.then(|| view! { <NeedsScript l=l/> })}
        <div class="buttons">
            {providers.into_iter().map(|b| {
                let label = ta(l, "confirm-with", &[("provider", &b.name)]);
                view! { <ProviderButton l=l provider=b action=UndoByProvider::url() label=label with=vec![("secret", secret.clone())]/> }
            }).collect_view()}
        </div>
        {(!gone).then(|| view! { <GoesAndComes l=l goes=goes comes=comes/> })}
    }
    .into_any()
}

/// The first change that was not the person's, and all of them back, or not.
#[component]
fn Decide(l: Lang, secret: String, view: UndoView) -> AnyView {
    let own = view.change.rev;
    let row = |c: ChangeView| {
        let (id, checked) = (format!("first-{}", c.rev), c.rev == own);
        view! { <div class="check"><input type="radio" id=id.clone() name="first" value=c.rev.to_string() checked=checked/><label for=id>{said(l, c.what, &c.about)}" "<span class="muted small"><Moment l=l at={c.at}/></span></label></div> }
    };
    view! {
        <GoesAndComes l=l goes={view.goes} comes={view.comes}/>
        <form method="post" action=FinishUndo::url() class="stack">
            <Secret secret=secret/>
            <fieldset class="radios" aria-describedby="first-hint"><legend>{t(l, "undo-first")}</legend><p class="hint" id="first-hint">{t(l, "undo-first-hint")}</p>{view.changes.into_iter().map(row).collect_view()}</fieldset>
            {view.code.then(|| view! { <FactorField l=l/> })}
            <button class="danger" name="answer" value="back">{t(l, "undo-finish-go")}</button>
            {view.due.is_some().then(|| view! { <button name="answer" value="keep">{t(l, "undo-keep-go")}</button> })}
        </form>
    }
    .into_any()
}

/// Nothing can come back any more; what the change opened is closed.
#[component]
fn Bar(l: Lang, secret: String, code: bool) -> AnyView {
    view! {
        <p>{t(l, "undo-gone")}</p>
        <form method="post" action=FinishUndo::url() class="stack">
            <Secret secret=secret/>
            {code.then(|| view! { <FactorField l=l/> })}
            <button class="danger" name="answer" value="back">{t(l, "undo-gone-go")}</button>
        </form>
        <p class="muted small">{t(l, "undo-leave")}</p>
    }
    .into_any()
}

#[component]
fn FactorField(l: Lang) -> AnyView {
    view! { <Field name="code" label={t(l, "undo-code")} kind="text" autocomplete="one-time-code" max=20/> }.into_any()
}
