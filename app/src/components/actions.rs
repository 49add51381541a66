//! The end of a form.
use leptos::prelude::*;

use crate::{
    i18n::{Lang, t},
    paths,
};

/// The button that sends a form of My Account, and the way back without sending it.
#[component]
pub fn GoOrLeave(
    l: Lang,
    /// What the button says.
    go: String,
    /// What the link says, where it is not "not now".
    #[prop(optional)]
    leave: String,
    /// Where it leads, where that is not My Account.
    #[prop(optional)]
    to: String,
    /// The button takes something away.
    #[prop(optional)]
    danger: bool,
) -> AnyView {
    let class = if danger { "danger" } else { "primary" };
    let to = if to.is_empty() { paths::ACCOUNT.to_owned() } else { to };
    let leave = if leave.is_empty() { t(l, "confirm-leave") } else { leave };
    view! { <button class=class>{go}</button><a class="button quiet" href=to>{leave}</a> }
        .into_any()
}

/// The button that saves a form of the console, for who may; others are told that they only read.
#[component]
pub fn SaveOrRead(
    l: Lang,
    /// What the button says.
    go: String,
    may: bool,
) -> AnyView {
    if may {
        view! { <div class="row-actions"><button class="primary">{go}</button></div> }.into_any()
    } else {
        view! { <p class="muted">{t(l, "read-only")}</p> }.into_any()
    }
}
