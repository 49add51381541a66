//! Sessions: where somebody is signed in, and signing out there.
use crate::{
    account::signed_in::{done, nobody},
    components::{Moment, Rows, Said, method_name},
    context::asked,
    i18n::{Lang, t},
    outcome::{Code, Flash, redirect_with_flash, refuse, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use leptos::{prelude::*, server_fn::ServerFn};

#[server(prefix = "/fn", endpoint = "account/sessions/end")]
pub async fn end_session(session: String) -> Result<(), Code> {
    let (context, web) = asked();
    let result =
        context.ligature.account_settings().end_sessions(&web.ctx, Some(session), false).await;
    let next = done(&context, &web, result, paths::SESSIONS, "session-ended").await;
    respond(&context, &next)
}

#[server(prefix = "/fn", endpoint = "account/sessions/end-others")]
pub async fn end_other_sessions() -> Result<(), Code> {
    let (context, web) = asked();
    let result = context.ligature.account_settings().end_sessions(&web.ctx, None, false).await;
    let next = done(&context, &web, result, paths::SESSIONS, "sessions-ended").await;
    respond(&context, &next)
}

#[server(prefix = "/fn", endpoint = "account/sessions/end-all")]
pub async fn end_all_sessions() -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.account_settings().end_sessions(&web.ctx, None, true).await {
        Ok(()) => {
            redirect_with_flash(&context, &web, paths::LOGIN_STAY, Flash::notice("signed-out"))
                .await
                .with(context.cookies.session(""))
        }
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}

pub async fn sessions(req: PageRequest) -> Answer {
    if let Some(response) = nobody(&req) {
        return Ok(response);
    }
    let req = &req;
    let sessions = req.context.ligature.account_settings().own_sessions(&req.web.ctx).await?;
    let l = req.web.lang;
    let message = req.flash.notice.clone();
    Ok(page(&req.context, &req.web, Head::new(t(l, "sessions-title"), Layout::Account), move || {
        view! {
            <h1>{t(l, "sessions-title")}</h1>
            <Said l=l key=message/>
            <p class="muted">{t(l, "sessions-lead")}</p>
            <Rows>{sessions.into_iter().map(|s| view! { <SessionRow l=l session=s/> }).collect_view()}</Rows>
            <div class="row-actions">
                <form method="post" action=EndOtherSessions::url()><button>{t(l, "sessions-end-others")}</button></form>
                <form method="post" action=EndAllSessions::url()><button class="danger">{t(l, "sessions-end-all")}</button></form>
            </div>
        }
    })
    .await)
}

#[component]
fn SessionRow(l: Lang, session: service::account::SessionRow) -> AnyView {
    let s = session;
    let agent = if s.agent.is_empty() { t(l, "agent-unknown") } else { s.agent };
    view! {
        <li>
            <span class="row-main"><strong>{agent}</strong><span class="muted">{s.network}" · "{method_name(l, &s.method)}</span><span class="muted small">{t(l, "session-seen")}" "<Moment l=l at={s.seen_at}/></span></span>
            {if s.current {
                view! { <span class="tag good">{t(l, "session-this")}</span> }.into_any()
            } else {
                view! { <form method="post" action=EndSession::url()><input type="hidden" name="session" value=s.id/><button class="quiet">{t(l, "session-end")}</button></form> }.into_any()
            }}
        </li>
    }
    .into_any()
}
