//! Sign-ins that this browser began and did not finish: a page that takes their cookies away, for a browser that is stuck.
use crate::{
    context::asked,
    cookies::{Cookie, Cookies, with_prefix},
    i18n::{t, ta},
    outcome::{Code, Flash, redirect_with_flash, respond},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use http::{HeaderMap, request::Parts};
use leptos::{prelude::*, server_fn::ServerFn};

/// The cookies of begun sign-ins: starts, requests that wait, answers on their way.
fn begun(cookies: Cookies, headers: &HeaderMap) -> Vec<String> {
    let kinds = [cookies.start_name(""), cookies.entry_name(""), cookies.posted_name("")];
    let named = |prefix: &String| {
        let all: Vec<String> =
            with_prefix(headers, prefix).map(|(id, _)| format!("{prefix}{id}")).collect();
        all
    };
    kinds.iter().flat_map(named).collect()
}

pub async fn show_clear(headers: HeaderMap, req: PageRequest) -> Answer {
    let l = req.web.lang;
    let many = begun(req.context.cookies, &headers).len();
    let head = Head::new(t(l, "clear-title"), Layout::Narrow);
    Ok(page(&req.context, &req.web, head, move || {
        view! {
            <h1>{t(l, "clear-title")}</h1>
            {if many == 0 {
                view! { <p class="lead">{t(l, "clear-none")}</p> }.into_any()
            } else {
                view! {
                    <p class="lead">{ta(l, "clear-lead", &[("n", &many.to_string())])}</p>
                    <form method="post" action=ClearBegun::url() class="stack">
                        <button class="primary">{t(l, "clear-go")}</button>
                    </form>
                }.into_any()
            }}
            <p class="links"><a href=paths::LOGIN_STAY>{t(l, "back")}</a></p>
        }
    })
    .await)
}

/// Removes the cookies; who is signed in stays so.
#[server(prefix = "/fn", endpoint = "signin/clear")]
pub async fn clear_begun() -> Result<(), Code> {
    let (context, web) = asked();
    let headers = use_context::<Parts>().map(|parts| parts.headers).unwrap_or_default();
    let mut next =
        redirect_with_flash(&context, &web, paths::LOGIN_STAY, Flash::notice("clear-done")).await;
    for name in begun(context.cookies, &headers) {
        next = next.with(Cookie { name, value: String::new(), age: 0 });
    }
    respond(&context, &next)
}
