//! What depends on where a provider is asked.
use crate::{
    i18n::{Lang, t, ta},
    outcome::Flash,
};
use leptos::prelude::*;

/// For owners with a box to tick, which states the number (DL-01).
#[component]
pub(crate) fn SourceConfirmation(l: Lang, speaks_for: i64, trusts: bool, flash: Flash) -> AnyView {
    let links = flash.typed("links").parse().unwrap_or(speaks_for);
    if links == 0 {
        return ().into_any();
    }
    let count = links.to_string();
    let text = |key: &str| ta(l, key, &[("count", &count)]);
    if !trusts {
        return view! { <p class="muted">{text("provider-source-owner")}</p> }.into_any();
    }
    let problem = flash.problem("confirmed").map(|m| t(l, m));
    view! {
        <fieldset class="section danger"><legend>{t(l, "provider-source")}</legend>
            <div class="check">
                <input type="checkbox" id="confirmed" name="form[confirmed]" value=count.clone() aria-invalid=problem.is_some().then_some("true") aria-describedby="confirmed-hint confirmed-problem"/>
                <div>
                    <label for="confirmed">{text("provider-source-confirm")}</label>
                    <p class="hint" id="confirmed-hint">{t(l, "provider-source-hint")}</p>
                    <p class="problem" id="confirmed-problem">{problem}</p>
                </div>
            </div>
        </fieldset>
    }
    .into_any()
}
