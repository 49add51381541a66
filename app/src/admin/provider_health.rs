//! Whether a provider does its work, as the console shows it.
use domain::provider_health::Health;
use leptos::prelude::*;

use crate::{
    components::{Moment, Unavailable},
    i18n::{Lang, t, ta},
};

/// In a list: a sign and a word where it is unavailable, a word where it failed last, else nothing.
#[component]
pub fn HealthTag(l: Lang, health: Health) -> AnyView {
    if health.unavailable_since().is_some() {
        return view! { <Unavailable l=l/> }.into_any();
    }
    (health.faults > 0)
        .then(|| view! { <span class="tag warn">{t(l, "health-failing")}</span> })
        .into_any()
}

/// What was measured.
#[component]
pub fn HealthSection(l: Lang, health: Health) -> AnyView {
    let wait = health.median_wait().map(|wait| (wait / 1000).to_string());
    let fault = health.last_fault.clone();
    let since = health.unavailable_since();
    let moment = |at: Option<domain::Micros>| match at {
        Some(at) => view! { <Moment l=l at=at/> }.into_any(),
        None => t(l, "health-never").into_any(),
    };
    view! {
        <section class="section" aria-labelledby="health">
            <h2 id="health">{t(l, "health-title")}</h2>
            {match since {
                Some(at) => view! { <p><Unavailable l=l/>" "{t(l, "health-since")}" "<Moment l=l at=at/>". "{t(l, "health-tries")}</p> }.into_any(),
                None if health.requests == 0 => view! { <p>{t(l, "health-unknown")}</p> }.into_any(),
                None => view! { <HealthTag l=l health=health.clone()/> }.into_any(),
            }}
            {(health.requests > 0).then(|| view! {
                <dl class="measured">
                    <div><dt>{t(l, "health-last-success")}</dt><dd>{moment(health.last_success)}</dd></div>
                    <div><dt>{t(l, "health-last-fault")}</dt><dd>{moment(fault.as_ref().map(|(at, _)| *at))}{fault.map(|(_, why)| view! { <br/><span class="muted">{why}</span> })}</dd></div>
                    <div><dt>{t(l, "health-in-a-row")}</dt><dd>{health.faults}</dd></div>
                    <div><dt>{t(l, "health-requests")}</dt><dd>{ta(l, "health-counts", &[("requests", &health.requests.to_string()), ("failures", &health.failures.to_string())])}</dd></div>
                    {wait.map(|wait| view! { <div><dt>{t(l, "health-wait")}</dt><dd>{ta(l, "health-wait-ms", &[("ms", &wait)])}</dd></div> })}
                </dl>
            })}
            <p class="muted small">{t(l, "health-whose")}</p>
        </section>
    }
    .into_any()
}
