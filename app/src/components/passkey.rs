//! Forms that hand a ceremony of a passkey to the browser.
use leptos::prelude::*;
use service::account::passkeys::Ceremony;

use super::Mark;
use crate::i18n::{Lang, t};

/// A form that the module for passkeys fills and sends; the children are its other fields. Without script it stays hidden,
/// and the page says so.
#[component]
pub fn CeremonyForm(
    l: Lang,
    /// The address of the server function.
    action: &'static str,
    /// `create`, `get`, or `again` for one of an account that is known.
    kind: &'static str,
    ceremony: Ceremony,
    label: String,
    children: Children,
) -> AnyView {
    view! {
        <form method="post" action=action class="stack" data-passkey=ceremony.options data-kind=kind hidden=true>
            <input type="hidden" name="ceremony" value=ceremony.sealed/>
            <input type="hidden" name="credential"/>
            {children()}
            <p class="problem" role="status" hidden=true>{t(l, "passkey-not-now")}</p>
            <button class="provider"><Mark name={t(l, "passkey")}/><span>{label}</span></button>
        </form>
    }
    .into_any()
}

/// Says without script why there is no button for a passkey.
#[component]
pub fn NeedsScript(l: Lang) -> AnyView {
    view! { <noscript><p class="notice warn">{t(l, "passkeys-script")}</p></noscript> }.into_any()
}
