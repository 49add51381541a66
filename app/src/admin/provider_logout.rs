//! The addresses that an OpenID Provider is told for signing out, with what each is for.
use leptos::prelude::*;
use service::admin::LogoutUris;

use crate::i18n::{Lang, t};

/// Each can be selected by one click and copied.
#[component]
pub fn LogoutAddresses(l: Lang, uris: LogoutUris) -> AnyView {
    let all = [
        ("provider-backchannel", uris.backchannel),
        ("provider-signed-out", uris.signed_out),
        ("provider-frontchannel", uris.frontchannel),
    ];
    view! {
        <details>
            <summary>{t(l, "provider-logout-addresses")}</summary>
            {all.into_iter().map(|(key, uri)| view! { <p class="muted">{t(l, key)}<br/><code class="copyable">{uri}</code></p> }).collect_view()}
        </details>
    }
    .into_any()
}
