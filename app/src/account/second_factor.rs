//! My Account's second factor: an authenticator app and recovery codes.
use crate::{
    account::signed_in::entered,
    components::{Field, GoOrLeave, Moment, Notice, Said},
    context::{Context, WebRequest, asked},
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, SeeOther, onward_with, redirect_with_flash, refuse, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::response::{IntoResponse, Redirect};
use domain::{Micros, Refusal, path::SafePath};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};
use service::{
    Error, Once,
    account::second_factor::{Begun, SecondFactorView},
};

fn head(l: Lang) -> Head {
    Head::new(t(l, "factor-own-title"), Layout::Account)
}

/// What the page reads from its address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct FactorQuery {
    /// The id of the application's request that waits.
    pub entry: String,
    /// Where the person goes on to afterwards.
    pub to: String,
}

pub async fn second_factor(req: PageRequest<FactorQuery>) -> Answer {
    let req = &req;
    let view = match req.context.ligature.second_factors().second_factor_view(&req.web.ctx).await {
        Ok(view) => view,
        Err(error) => {
            return Ok(entered(req, &Way::of(req).page(), Err(error))
                .await?
                .unwrap_or_else(|| Redirect::to(paths::ACCOUNT).into_response()));
        }
    };
    let (l, flash, way) = (req.web.lang, req.flash.clone(), Way::of(req));
    Ok(page(&req.context, &req.web, head(l), move || {
        let SecondFactorView { since, recovery_codes_left, begun } = view;
        view! {
            <h1>{t(l, "factor-own-title")}</h1>
            <p class="muted">{t(l, "factor-own-lead")}</p>
            {(way.leads_on() && since.is_none()).then(|| view! { <Notice kind="warn" text={t(l, "factor-wanted")}/> })}
            <Said l=l kind={if flash.notice == "factor-off" { "good" } else { "bad" }} key=flash.notice/>
            {match (since, begun) {
                (Some(since), _) => view! {
                    {way.leads_on().then(|| view! { <Onward way=way text={t(l, "code-go")}/> })}
                    <SwitchedOn l=l since=since left=recovery_codes_left/>
                }.into_any(),
                (None, Some(begun)) => view! { <SettingUp l=l begun=begun way=way/> }.into_any(),
                (None, None) => view! { <form method="post" action=BeginSecondFactor::url() class="row-actions"><WayFields way=way/><GoOrLeave l=l go={t(l, "factor-begin")}/></form> }.into_any(),
            }}
        }
    })
    .await)
}

/// Where the page leads on to: a page of ours, or an application's request; nowhere for who came by themselves.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Way {
    to: String,
    entry: String,
}

impl Way {
    fn of(req: &PageRequest<FactorQuery>) -> Self {
        Self { to: req.query.to.clone(), entry: req.query.entry.clone() }
    }

    fn leads_on(&self) -> bool {
        !self.to.is_empty() || !self.entry.is_empty()
    }

    /// This page, on the same way.
    fn page(&self) -> String {
        paths::on_the_way(&self.to, &self.entry)
    }

    /// The page of the codes on the same way; without it, if that would be too long an address.
    fn codes(&self, id: &str) -> String {
        SafePath::parse(&paths::recovery_codes(id, &self.to, &self.entry))
            .map_or_else(|_| paths::recovery_codes(id, "", ""), String::from)
    }
}

/// The way, for a form to send along.
#[component]
fn WayFields(way: Way) -> AnyView {
    view! { <input type="hidden" name="to" value=way.to/><input type="hidden" name="entry" value=way.entry/> }
        .into_any()
}

/// The button to what comes next.
#[component]
fn Onward(way: Way, text: String) -> AnyView {
    if way.entry.is_empty() {
        let to = SafePath::parse(&way.to).map_or_else(|_| paths::ACCOUNT.to_owned(), String::from);
        view! { <p><a class="button primary" href=to>{text}</a></p> }.into_any()
    } else {
        view! { <form method="post" action=GoOnWithFactor::url()><input type="hidden" name="entry" value=way.entry/><button class="primary">{text}</button></form> }.into_any()
    }
}

/// An app is to show a first code.
#[component]
fn SettingUp(l: Lang, begun: Begun, way: Way) -> AnyView {
    view! {
        <ol class="steps">
            <li>{t(l, "factor-step-app")}</li>
            <li>{t(l, "factor-step-scan")}
                <div class="qr" role="img" aria-label=t(l, "factor-qr") inner_html=begun.qr></div>
                <p class="muted">{t(l, "factor-type")}</p><p><code class="secret">{begun.secret}</code></p>
                <p><a href=begun.url>{t(l, "factor-open")}</a></p>
            </li>
            <li>{t(l, "factor-step-code")}</li>
        </ol>
        <form method="post" action=SwitchOnSecondFactor::url() class="stack wide">
            <WayFields way={way.clone()}/>
            <Field name="code" label={t(l, "factor-code")} kind="text" autocomplete="one-time-code" required=true max=12/>
            <div class="row-actions"><GoOrLeave l=l go={t(l, "factor-on")}/></div>
        </form>
        <form method="post" action=BeginSecondFactor::url() class="links"><WayFields way=way/><button class="link">{t(l, "factor-anew")}</button></form>
    }
    .into_any()
}

/// The factor is there: new recovery codes, and its end.
#[component]
fn SwitchedOn(
    l: Lang,
    since: Micros,
    /// Recovery codes that were not used yet.
    left: i64,
) -> AnyView {
    view! {
        <p><span class="tag good">{t(l, "factor-is-on")}</span>" "<span class="muted"><Moment l=l at=since/></span></p>
        <section aria-labelledby="recovery"><h2 id="recovery">{t(l, "recovery-title")}</h2>
            <p>{ta(l, "recovery-left", &[("left", &left.to_string())])}</p>
            <form method="post" action=RenewRecoveryCodes::url()><button>{t(l, "recovery-renew")}</button></form>
            <p class="muted">{t(l, "recovery-renew-hint")}</p>
        </section>
        <section aria-labelledby="factor-off"><h2 id="factor-off">{t(l, "factor-remove-title")}</h2>
            <p class="muted">{t(l, "factor-remove-lead")}</p>
            <form method="post" action=RemoveSecondFactor::url() class="row-actions"><GoOrLeave l=l go={t(l, "factor-remove-go")} leave={t(l, "keep")} danger=true/></form>
        </section>
    }
    .into_any()
}

/// Recovery codes on the way to the page that shows them.
#[derive(Debug, Serialize, Deserialize)]
struct NewCodes {
    codes: Vec<String>,
    /// The factor was switched on just now.
    first: bool,
}

/// What the page of the codes reads from its address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CodesQuery {
    /// The id that the codes were kept under.
    shown: String,
    to: String,
    entry: String,
}

/// New recovery codes, once: whoever comes again is led to the page that makes others.
pub async fn recovery_codes(req: PageRequest<CodesQuery>) -> Answer {
    let req = &req;
    let way = Way { to: req.query.to.clone(), entry: req.query.entry.clone() };
    let page_state = req.context.ligature.page_state();
    let kept = page_state
        .take_once::<NewCodes>(&req.web.ctx, Once::RecoveryCodes, &req.query.shown)
        .await?;
    let Some(NewCodes { codes, first }) = kept else {
        return Ok(Redirect::to(&paths::safe(&way.page())).into_response());
    };
    let l = req.web.lang;
    let head = Head::new(t(l, "recovery-title"), Layout::Account);
    Ok(page(&req.context, &req.web, head, move || {
        view! {
            <h1>{t(l, "recovery-title")}</h1>
            {first.then(|| view! { <Notice kind="good" text={t(l, "factor-now-on")}/> })}
            <p class="lead">{t(l, "recovery-lead")}</p>
            <ul class="codes">{codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect_view()}</ul>
            <p class="muted">{t(l, "recovery-once")}</p>
            <Onward way=way text={t(l, "recovery-kept")}/>
        }
    })
    .await)
}

/// The authenticator's first code.
#[server(prefix = "/fn", endpoint = "account/second-factor/on")]
pub async fn switch_on_second_factor(
    code: String,
    #[server(default)] to: String,
    #[server(default)] entry: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let made = context.ligature.second_factors().add_second_factor(&web.ctx, &code).await;
    let next = codes_or_back(&context, &web, made, &Way { to, entry }, true).await;
    respond(&context, &next)
}

/// New recovery codes instead of the old ones.
#[server(prefix = "/fn", endpoint = "account/second-factor/codes")]
pub async fn renew_recovery_codes() -> Result<(), Code> {
    let (context, web) = asked();
    let made = context.ligature.second_factors().renew_recovery_codes(&web.ctx).await;
    let next = codes_or_back(&context, &web, made, &Way::default(), false).await;
    respond(&context, &next)
}

async fn codes_or_back(
    context: &Context,
    web: &WebRequest,
    made: Result<Vec<String>, Error>,
    way: &Way,
    first: bool,
) -> SeeOther {
    let here = paths::safe(&way.page());
    let notice = match made {
        Ok(codes) => {
            let codes = NewCodes { codes, first };
            let kept =
                context.ligature.page_state().keep_once(&web.ctx, Once::RecoveryCodes, &codes);
            return match kept.await {
                Ok(id) => SeeOther::local(way.codes(&id)),
                Err(error) => refuse(&error),
            };
        }
        Err(error) => match error.refusal() {
            Refusal::CodeWrong => "factor-first-wrong",
            Refusal::RateLimited => "factor-wait",
            _ => return failed(&error, &here),
        },
    };
    redirect_with_flash(context, web, &here, Flash::notice(notice)).await
}

fn failed(error: &Error, page: &str) -> SeeOther {
    match error.refusal() {
        Refusal::NotRecent => SeeOther::local(paths::confirm(page)),
        Refusal::AttemptStep => SeeOther::local(page),
        _ => refuse(error),
    }
}

#[server(prefix = "/fn", endpoint = "account/second-factor/begin")]
pub async fn begin_second_factor(
    #[server(default)] to: String,
    #[server(default)] entry: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let page = paths::safe(&paths::on_the_way(&to, &entry));
    let next = match context.ligature.second_factors().begin_second_factor(&web.ctx).await {
        Ok(()) => SeeOther::local(page),
        Err(error) => failed(&error, &page),
    };
    respond(&context, &next)
}

/// The second factor was set up on the way to an application: the way goes on.
#[server(prefix = "/fn", endpoint = "account/second-factor/go-on")]
pub async fn go_on_with_factor(entry: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match web.ctx.session.clone() {
        Some(session) => {
            let continuation = web.continuation(&context.ligature, &entry).await;
            onward_with(&context, continuation, Some(session)).await
        }
        None => refuse(&Refusal::SessionEnded.into()),
    };
    respond(&context, &next)
}

#[server(prefix = "/fn", endpoint = "account/second-factor/remove")]
pub async fn remove_second_factor() -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.second_factors().remove_second_factor(&web.ctx).await {
        Ok(()) => {
            redirect_with_flash(&context, &web, paths::SECOND_FACTOR, Flash::notice("factor-off"))
                .await
        }
        Err(error) => failed(&error, paths::SECOND_FACTOR),
    };
    respond(&context, &next)
}
