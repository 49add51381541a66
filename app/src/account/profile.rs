//! The profile of an account, on its page, and the names of its fields.
use crate::{
    components::{Rows, method_name},
    i18n::{Lang, t, ta},
};
use leptos::prelude::*;
use service::{policy::providers::Button, rows::Attribute};

/// Profile fields, each with where it comes from.
#[component]
pub fn Profile(l: Lang, fields: Vec<Attribute>, names: Vec<Button>) -> AnyView {
    view! {
        <section aria-labelledby="profile">
            <h2 id="profile">{t(l, "profile-title")}</h2>
            <p class="muted">{t(l, "profile-lead")}</p>
            <Rows>{fields.into_iter().map(|f| view! {
                <li><span class="row-main"><strong>{field_name(l, &f.name)}</strong><span>{f.value.clone()}</span></span><span class="muted small">{source(l, &f.source, &names)}</span></li>
            }).collect_view()}</Rows>
        </section>
    }
    .into_any()
}

/// The name of a provider that people can use, of another way to sign in, or the key.
pub(crate) fn provider_name(l: Lang, key: &str, names: &[Button]) -> String {
    names.iter().find(|b| b.key == key).map_or_else(|| method_name(l, key), |b| b.name.clone())
}

/// A profile field's name for people.
pub(crate) fn field_name(l: Lang, name: &str) -> String {
    match name.strip_prefix("attr.") {
        Some(own) => own.to_owned(),
        None => t(l, &format!("profile-{}", name.replace('_', "-"))),
    }
}

/// Where a field's value comes from.
fn source(l: Lang, source: &str, names: &[Button]) -> String {
    match source.strip_prefix("provider:") {
        Some(key) => ta(l, "source-provider", &[("provider", &provider_name(l, key, names))]),
        None => t(
            l,
            match source {
                "admin" => "source-admin",
                "code" => "source-code",
                _ => "source-person",
            },
        ),
    }
}
