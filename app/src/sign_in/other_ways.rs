//! The other ways to sign in, where a provider does not answer (ZI-07): on the page that says so, and for the application
//! that waits.
use leptos::{prelude::*, server_fn::ServerFn};
use service::{Error, policy::providers::Button};

use crate::{
    components::ProviderButton,
    context::{Context, WebRequest},
    i18n::{Lang, t, ta},
    paths,
    sign_in::login::SignInWithProvider,
};

/// What else there is.
pub struct OtherWays {
    /// Providers that can be tried, without the one that failed.
    pub buttons: Vec<Button>,
    /// A password, a code or a passkey, on the sign-in page.
    local: bool,
    /// The id of the application's request that waits.
    entry: String,
}

impl OtherWays {
    /// Of everybody who is not signed in. `failed`: the key of the provider that does not answer.
    ///
    /// # Errors
    /// Those of the configuration.
    pub async fn find(
        context: &Context,
        web: &WebRequest,
        failed: &str,
        entry: &str,
    ) -> Result<Self, Error> {
        let client = web.client_of(entry);
        let shown = context.ligature.configuration().entrance(client.as_deref(), true).await?;
        let local = shown.password || shown.code || shown.phone_code || shown.passkey;
        let mut buttons = shown.buttons;
        buttons.retain(|button| button.key != failed && !button.unavailable);
        Ok(Self { buttons, local, entry: entry.to_owned() })
    }
}

/// The list, with the way to the sign-in page.
#[component]
pub fn OtherWaysList(l: Lang, ways: OtherWays) -> AnyView {
    let OtherWays { buttons, local, entry } = ways;
    let key = if local { "down-local" } else { "next-other-method" };
    view! {
        {(!buttons.is_empty() || local).then(|| view! { <p>{t(l, "down-other-ways")}</p> })}
        <div class="buttons">{buttons.into_iter().map(|button| {
            let label = ta(l, "login-with", &[("provider", &button.name)]);
            view! { <ProviderButton l=l provider=button action=SignInWithProvider::url() label=label with=vec![("entry", entry.clone())]/> }
        }).collect_view()}</div>
        <ul class="next"><li><a class="button" href=paths::with_entry(paths::LOGIN_STAY, &entry)>{t(l, key)}</a></li></ul>
    }
    .into_any()
}
