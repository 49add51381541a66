//! What a SAML provider is told of this instance.
use leptos::prelude::*;
use service::admin::providers::SamlSettings;

use crate::i18n::{Lang, t};

/// Our names at a provider, and where our metadata are.
#[component]
pub fn SamlAddresses(
    l: Lang,
    redirect_uri: String,
    /// The provider is there, and so is what we publish for it.
    published: bool,
) -> AnyView {
    let entity_id = SamlSettings::entity_id(&redirect_uri);
    view! {
        <p>{t(l, "saml-entity-id")}<br/><code class="copyable">{entity_id.clone()}</code></p>
        <p>{t(l, "saml-acs")}<br/><code class="copyable">{redirect_uri}</code></p>
        {if published {
            view! { <p><a href=entity_id>{t(l, "saml-metadata-ours")}</a></p> }.into_any()
        } else {
            view! { <p class="muted">{t(l, "saml-metadata-later")}</p> }.into_any()
        }}
    }
    .into_any()
}
