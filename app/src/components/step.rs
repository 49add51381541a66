//! Buttons of the steps of an attempt: each sends the attempt and no fields.
use leptos::prelude::*;

/// A step that looks like a link.
#[component]
pub fn StepLink(
    attempt: String,
    action: &'static str,
    label: String,
    /// What the button is called and says, where the function asks.
    #[prop(optional)]
    pick: Option<&'static str>,
) -> AnyView {
    view! { <form method="post" action=action class="links"><input type="hidden" name="attempt" value=attempt/><button class="link" name=pick.map(|_| "pick") value=pick>{label}</button></form> }
        .into_any()
}

/// A form of one large button, which says what it does and why one would.
#[component]
pub fn StepChoice(
    attempt: String,
    /// The address of the server function.
    action: &'static str,
    /// What the button sends.
    pick: &'static str,
    title: String,
    why: String,
    /// Hidden fields that go along: name and value.
    #[prop(optional)]
    with: Vec<(&'static str, String)>,
) -> AnyView {
    view! {
        <form method="post" action=action>
            <input type="hidden" name="attempt" value=attempt/>
            {with.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
            <button class="choice" name="pick" value=pick><strong>{title}</strong><span>{why}</span></button>
        </form>
    }
    .into_any()
}
