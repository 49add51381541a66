//! A device waits: its short code is typed here, by somebody who is signed in (RFC 8628 §3.3).
use crate::{
    components::{Field, Notice},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    oidc::consent::{AllowOrDeny, Told},
    outcome::{Code, Flash, SeeOther, redirect_with_flash, refuse, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::response::{IntoResponse, Redirect};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::oidc_provider::{DeviceAsked, DeviceView};

/// A code as devices show it.
fn grouped(typed: &str) -> String {
    domain::one_time_code::grouped(&domain::one_time_code::fold(typed))
}

/// A code as an address may have it.
fn cleaned(typed: &str) -> String {
    typed.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(20).collect()
}

/// What the page reads from its address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeviceQuery {
    /// The device's short code.
    pub code: String,
}

pub async fn device(req: PageRequest<DeviceQuery>) -> Answer {
    let req = &req;
    let code = cleaned(&req.query.code);
    let Some(session) = &req.web.ctx.session else {
        return Ok(Redirect::to(&paths::sign_in_for_device(&code, "")).into_response());
    };
    let asked = match code.as_str() {
        "" => None,
        code => Some(req.context.ligature.tokens().device_view(&req.web.ctx, code).await),
    };
    let flash = &req.flash;
    let shows = match asked {
        // It is settled: nothing is asked for any more.
        None if !flash.notice.is_empty() => Shows::Settled { notice: flash.notice.clone() },
        None => Shows::Ask {
            code: flash.typed("code"),
            problem: flash.problem("code").map(str::to_owned),
        },
        Some(Ok(DeviceAsked::View(view))) => {
            Shows::Waiting { code, view, name: session.name.clone() }
        }
        Some(Ok(DeviceAsked::SignIn { client_id })) => {
            let page = paths::sign_in_for_device(&code, &client_id);
            return Ok(Redirect::to(&page).into_response());
        }
        Some(Ok(DeviceAsked::SetUpFactor)) => {
            let here = format!("{}?code={code}", paths::DEVICE);
            return Ok(Redirect::to(&paths::set_up_factor(&here)).into_response());
        }
        Some(Err(error)) if error.refusal() == Refusal::CodeWrong => {
            Shows::Ask { code, problem: Some("device-unknown".to_owned()) }
        }
        Some(Err(error)) => return Err(error.into()),
    };
    let l = req.web.lang;
    Ok(page(&req.context, &req.web, Head::new(t(l, "device-title"), Layout::Narrow), move || {
        view! {
            <h1>{t(l, "device-title")}</h1>
            {match shows {
                Shows::Settled { notice } => view! { <Settled l=l notice=notice/> }.into_any(),
                Shows::Ask { code, problem } => view! { <CodeForm l=l code=code problem=problem/> }.into_any(),
                Shows::Waiting { code, view, name } => view! { <WaitingDevice l=l code=code device=view name=name/> }.into_any(),
            }}
        }
    })
    .await)
}

/// What the page is about.
enum Shows {
    /// A code was answered.
    Settled { notice: String },
    /// A code is asked for.
    Ask { code: String, problem: Option<String> },
    /// A device waits; the person's name.
    Waiting { code: String, view: DeviceView, name: String },
}

#[component]
fn Settled(l: Lang, notice: String) -> AnyView {
    view! {
        <Notice kind={if notice == "device-allowed" { "good" } else { "warn" }} text={t(l, &notice)}/>
        <p class="links"><a href=paths::DEVICE>{t(l, "device-another")}</a><a href=paths::ACCOUNT>{t(l, "next-my-account")}</a></p>
    }
    .into_any()
}

#[component]
fn CodeForm(
    l: Lang,
    code: String,
    /// The key of what is wrong with it.
    problem: Option<String>,
) -> AnyView {
    view! {
        <p class="lead">{t(l, "device-lead")}</p>
        <form method="get" action=paths::DEVICE class="stack">
            <Field name="code" label={t(l, "device-code")} kind="text" value=code problem={problem.map(|key| t(l, &key))} autocomplete="off" required=true max=20/>
            <button class="primary">{t(l, "device-go")}</button>
        </form>
    }
    .into_any()
}

/// What a device wants, its code to compare, and the answer.
#[component]
fn WaitingDevice(
    l: Lang,
    code: String,
    device: DeviceView,
    /// The person's, or empty.
    name: String,
) -> AnyView {
    let DeviceView { application, lines, unchecked } = device;
    let lead = if name.is_empty() { "device-asks-nameless" } else { "device-asks" };
    view! {
        {unchecked.then(|| view! { <Notice kind="warn" text={t(l, "device-unchecked")}/> })}
        <p class="lead">{ta(l, lead, &[("application", &application), ("name", &name)])}</p>
        <Told l=l lines=lines/>
        <p>{t(l, "device-shows")}</p>
        <p class="shown-code"><code>{grouped(&code)}</code></p>
        <p>{t(l, "device-warning")}</p>
        <form method="post" action=SettleDevice::url() class="stack">
            <input type="hidden" name="code" value=code/>
            <AllowOrDeny l=l/>
        </form>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "device")]
pub async fn settle_device(code: String, answer: String) -> Result<(), Code> {
    let (context, web) = asked();
    let allowed = answer == "allow";
    let next = match context.ligature.tokens().settle_device(&web.ctx, &code, allowed).await {
        Ok(()) => {
            let flash = Flash::notice(if allowed { "device-allowed" } else { "device-denied" });
            redirect_with_flash(&context, &web, paths::DEVICE, flash).await
        }
        Err(error) if error.refusal() == Refusal::SessionEnded => {
            SeeOther::local(paths::LOGIN_STAY)
        }
        // The page says who has to sign in once more, and for what.
        Err(error) if error.refusal() == Refusal::NotAllowed => {
            SeeOther::local(format!("{}?code={}", paths::DEVICE, bounded(&code, 20)))
        }
        Err(error) if error.refusal() == Refusal::CodeWrong => {
            let typed = vec![("code".into(), bounded(&code, 20))];
            let flash = Flash { typed, ..Flash::wrong("code", "device-unknown") };
            redirect_with_flash(&context, &web, paths::DEVICE, flash).await
        }
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}
