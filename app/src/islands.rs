//! The parts of pages that come alive in the browser. Without script the same HTML stays complete.
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A row that the filter shows or hides. It holds only what the page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterRow {
    pub href: String,
    pub title: String,
    pub note: String,
    pub state: String,
}

/// A list with a box that narrows it while typing.
#[island]
pub fn FilterList(rows: Vec<FilterRow>, label: String, none: String) -> impl IntoView {
    let (wanted, set_wanted) = signal(String::new());
    let all = StoredValue::new(rows);
    let shown = move || {
        let wanted = wanted.get().to_lowercase();
        all.get_value()
            .into_iter()
            .filter(|row| {
                format!("{} {} {}", row.title, row.note, row.state).to_lowercase().contains(&wanted)
            })
            .collect::<Vec<_>>()
    };
    let empty = move || shown().is_empty();
    view! {
        <div class="filter">
            <label class="field needs-script"><span>{label}</span><input type="search" autocomplete="off" on:input:target=move |event| set_wanted.set(event.target().value()) /></label>
            <ul class="rows">
                {move || shown().into_iter().map(|row| view! {
                    <li><a class="row-main" href=row.href><strong>{row.title}</strong><span class="muted">{row.note}</span></a><span class="tag">{row.state}</span></li>
                }).collect_view()}
            </ul>
            <p class="muted" hidden=move || !empty()>{none}</p>
        </div>
    }
}
