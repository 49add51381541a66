//! A device waits: its short code is typed here, by somebody who is signed in (RFC 8628 §3.3).
use crate::{
    components::{Field, Notice},
    context::asked,
    form_input::bounded,
    i18n::{t, ta},
    oidc::consent::told,
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

/// What the page reads from its address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeviceQuery {
    /// The device's short code.
    pub code: String,
}

pub async fn device(req: PageRequest<DeviceQuery>) -> Answer {
    let req = &req;
    let typed: String = req
        .query
        .code
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(20)
        .collect();
    if req.web.ctx.session.is_none() {
        return Ok(Redirect::to(&paths::sign_in_for_device(&typed, "")).into_response());
    }
    let (found, problem) = match typed.is_empty() {
        true => (None, req.flash.problem("code").map(str::to_owned)),
        false => match req.context.ligature.tokens().device_view(&req.web.ctx, &typed).await {
            Ok(DeviceAsked::View(view)) => (Some(view), None),
            Ok(DeviceAsked::SignIn { client_id }) => {
                return Ok(
                    Redirect::to(&paths::sign_in_for_device(&typed, &client_id)).into_response()
                );
            }
            Ok(DeviceAsked::SetUpFactor) => {
                return Ok(Redirect::to(&paths::set_up_factor(&format!(
                    "{}?code={typed}",
                    paths::DEVICE
                )))
                .into_response());
            }
            Err(error) if error.refusal() == Refusal::CodeWrong => {
                (None, Some("device-unknown".to_owned()))
            }
            Err(error) => return Err(error.into()),
        },
    };
    let (l, flash) = (req.web.lang, req.flash.clone());
    let name = req.web.ctx.session.as_ref().map(|c| c.name.clone()).unwrap_or_default();
    let value = if typed.is_empty() { flash.typed("code") } else { typed };
    Ok(page(&req.context, &req.web, Head::new(t(l, "device-title"), Layout::Narrow), move || {
        let ask = move |value: String| {
            view! {
                <p class="lead">{t(l, "device-lead")}</p>
                <form method="get" action=paths::DEVICE class="stack">
                    <Field name="code" label={t(l, "device-code")} kind="text" value=value problem={problem.map(|key| t(l, &key))} autocomplete="off" required=true max=20/>
                    <button class="primary">{t(l, "device-go")}</button>
                </form>
            }
        };
        view! {
            <h1>{t(l, "device-title")}</h1>
            {match found {
                // It is settled: nothing is asked for any more.
                None if !flash.notice.is_empty() => view! {
                    <Notice kind={if flash.notice == "device-allowed" { "good" } else { "warn" }} text={t(l, &flash.notice)}/>
                    <p class="links"><a href=paths::DEVICE>{t(l, "device-another")}</a><a href=paths::ACCOUNT>{t(l, "next-my-account")}</a></p>
                }.into_any(),
                None => ask(value).into_any(),
                Some(DeviceView { application, lines, unchecked }) => view! {
                    {unchecked.then(|| view! { <Notice kind="warn" text={t(l, "device-unchecked")}/> }.into_any())}
                    <p class="lead">{ta(l, if name.is_empty() { "device-asks-nameless" } else { "device-asks" }, &[("application", &application), ("name", &name)])}</p>
                    {told(l, &lines)}
                    <p>{t(l, "device-shows")}</p>
                    <p class="shown-code"><code>{grouped(&value)}</code></p>
                    <p>{t(l, "device-warning")}</p>
                    <form method="post" action=SettleDevice::url() class="stack">
                        <input type="hidden" name="code" value=value/>
                        <button class="primary" name="answer" value="allow">{t(l, "consent-allow")}</button>
                        <button name="answer" value="deny">{t(l, "consent-deny")}</button>
                    </form>
                }.into_any(),
            }}
        }
    })
    .await)
}

#[server(prefix = "/fn", endpoint = "device")]
pub async fn settle_device(code: String, answer: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context
        .ligature
        .tokens()
        .settle_device(&web.ctx, &code, answer == "allow")
        .await
    {
        Ok(()) => {
            redirect_with_flash(
                &context,
                &web,
                paths::DEVICE,
                Flash::notice(if answer == "allow" { "device-allowed" } else { "device-denied" }),
            )
            .await
        }
        Err(error) if error.refusal() == Refusal::SessionEnded => {
            SeeOther::local(paths::LOGIN_STAY)
        }
        // The page says who has to sign in once more, and for what.
        Err(error) if error.refusal() == Refusal::NotAllowed => {
            SeeOther::local(format!("{}?code={}", paths::DEVICE, bounded(&code, 20)))
        }
        Err(error) if error.refusal() == Refusal::CodeWrong => {
            let flash = Flash {
                problems: vec![("code".into(), "device-unknown".into())],
                typed: vec![("code".into(), bounded(&code, 20))],
                ..Flash::default()
            };
            redirect_with_flash(&context, &web, paths::DEVICE, flash).await
        }
        Err(error) => refuse(&error),
    };
    respond(&context, &next);
    Ok(())
}
