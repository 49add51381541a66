//! Lists and tables.
use leptos::prelude::*;

/// A list of `<li>`, each a row with its own buttons; without any it is not seen.
#[component]
pub fn Rows(children: Children) -> AnyView {
    view! { <ul class="rows">{children()}</ul> }.into_any()
}

/// A table that is scrolled by itself where it is too wide; the children are its rows.
#[component]
pub fn Table(
    /// What it is called for who does not see it.
    label: String,
    /// The heads of the columns.
    columns: Vec<AnyView>,
    /// On a small screen each row is a block, whose cells say their column by `data-label`.
    #[prop(optional)]
    stacked: bool,
    children: Children,
) -> AnyView {
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=label>
            <table class=stacked.then_some("stacked")>
                <thead><tr>{columns.into_iter().map(|head| view! { <th scope="col">{head}</th> }).collect_view()}</tr></thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
