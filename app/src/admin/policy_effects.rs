//! What the pages of the policy say about a document: its scope, its dangers, what it changes, what is wrong with it.
use crate::{
    components::{Rows, Table},
    i18n::{Lang, t, ta},
    outcome::Flash,
};
use domain::policy::Exposes;
use leptos::prelude::*;
use service::{PolicyProblem, admin::policy::Exposed};

/// A scope for people.
pub(crate) fn scope_name(l: Lang, scope: &str) -> String {
    match scope {
        "" => t(l, "scope-built-in"),
        "instance" => t(l, "scope-instance"),
        "organisation" => t(l, "scope-organisation"),
        other => match (other.strip_prefix("application:"), other.strip_prefix("provider:")) {
            (Some(rest), _) => match rest.split_once("/provider:") {
                Some((client, key)) => {
                    ta(l, "scope-pair", &[("application", client), ("provider", key)])
                }
                None => ta(l, "scope-application", &[("application", rest)]),
            },
            (None, Some(key)) => ta(l, "scope-provider", &[("provider", key)]),
            (None, None) => other.to_owned(),
        },
    }
}

/// What a policy leaves open, and for how many.
#[component]
pub fn Dangers(l: Lang, all: Vec<Exposed>) -> AnyView {
    view! {
        <section aria-labelledby="dangers"><h2 id="dangers">{t(l, "dangers-title")}</h2>
            {all.is_empty().then(|| view! { <p class="muted">{t(l, "dangers-none")}</p> })}
            <Rows>{all.into_iter().map(|one| view! { <DangerRow l=l exposed=one/> }).collect_view()}</Rows>
        </section>
    }
    .into_any()
}

#[component]
fn DangerRow(l: Lang, exposed: Exposed) -> AnyView {
    let Exposed { danger, accounts } = exposed;
    let counted = accounts.filter(|_| danger.exposes != Exposes::Nobody);
    view! {
        <li>
            <span class="row-main"><strong>{t(l, &format!("danger-{}", danger.name))}</strong>
                <span class="muted">{t(l, &format!("danger-{}-why", danger.name))}</span>
                <span class="muted small">{(!danger.rule.is_empty()).then(|| ta(l, "danger-rule", &[("rule", &danger.rule)]))}{counted.map(|n| format!(" {}", ta(l, "danger-accounts", &[("count", &n.to_string())])))}</span>
            </span>
            <span class=if danger.severe { "tag bad" } else { "tag" }>{t(l, if danger.severe { "danger-severe" } else { "danger-mild" })}</span>
        </li>
    }
    .into_any()
}

/// The fields in which two documents differ: the value here, and the other one's.
#[component]
pub fn Changes(
    l: Lang,
    title: String,
    /// The head of the column with the other values.
    against: String,
    rows: Vec<(String, String, String)>,
) -> AnyView {
    let columns = [t(l, "policy-field"), t(l, "changes-new"), against].map(IntoAny::into_any);
    view! {
        <section><h2>{title.clone()}</h2>
            {if rows.is_empty() {
                view! { <p class="muted">{t(l, "changes-none")}</p> }.into_any()
            } else {
                view! {
                    <Table label=title columns={columns.into()}>
                    {rows.into_iter().map(|(field, new, old)| view! { <tr><th scope="row"><code>{field}</code></th><td><code>{new}</code></td><td><code>{old}</code></td></tr> }).collect_view()}</Table>
                }.into_any()
            }}
        </section>
    }
    .into_any()
}

/// What is wrong with a document, for the page that shows it with a [`Trouble`].
pub(crate) fn trouble(problem: PolicyProblem, document: String) -> Flash {
    let typed = vec![
        ("path".into(), problem.path),
        ("value".into(), problem.value.chars().take(300).collect()),
        ("remedy".into(), problem.remedy.to_string()),
        ("document".into(), document),
    ];
    Flash { typed, ..Flash::default() }
}

/// What is wrong with a document: where, what it says, what would be right.
#[component]
pub fn Trouble(l: Lang, flash: Flash) -> AnyView {
    let path = flash.typed("path");
    (!path.is_empty())
        .then(|| {
            view! {
                <div class="notice bad" role="alert"><strong>{t(l, "policy-problem")}</strong>
                    <p><code>{path}</code>": "<code>{flash.typed("value")}</code></p>
                    <p>{t(l, &format!("problem-{}", flash.typed("remedy")))}</p>
                </div>
            }
        })
        .into_any()
}
