//! What happened to an account.
use crate::{
    account::{
        profile::provider_name,
        signed_in::nobody,
        undo::{AskOwnUndo, said},
    },
    components::{Moment, Rows},
    i18n::{Lang, t},
    page_request::{Answer, PageRequest},
    render::{Head, Layout, page},
};
use domain::Micros;
use leptos::{prelude::*, server_fn::ServerFn};
use service::account::undo::ChangeView;

pub async fn activity(req: PageRequest) -> Answer {
    if let Some(response) = nobody(&req) {
        return Ok(response);
    }
    let req = &req;
    req.web.ctx.signed_in()?;
    let events = req.context.ligature.account_settings().activity(&req.web.ctx).await?;
    let (undos, waits) = req.context.ligature.rewinds().own_undos(&req.web.ctx).await?;
    let names = req.context.ligature.configuration().buttons().await?;
    let l = req.web.lang;
    Ok(page(&req.context, &req.web, Head::new(t(l, "activity-title"), Layout::Account), move || {
        view! {
            <h1>{t(l, "activity-title")}</h1>
            {(!undos.is_empty() || waits.is_some()).then(|| view! { <TakingBack l=l undos=undos waits=waits/> })}
            <h2>{t(l, "activity-latest")}</h2>
            <p class="muted">{t(l, "activity-lead")}</p>
            {events.is_empty().then(|| view! { <p>{t(l, "activity-none")}</p> })}
            <Rows>{events.into_iter().map(|e| view! { <li><span class="row-main"><strong>{t(l, &event_key(&e.kind))}</strong><span class="muted">{provider_name(l, &e.provider, &names)}</span></span><span class="muted small"><Moment l=l at={e.at}/></span></li> }).collect_view()}</Rows>
        }
    })
    .await)
}

/// Changes that can still be taken back, each with its button, after the rewind that waits.
#[component]
fn TakingBack(
    l: Lang,
    undos: Vec<ChangeView>,
    /// The first change of the rewind, and when it is due.
    waits: Option<(i64, Micros)>,
) -> AnyView {
    view! {
        <section aria-labelledby="undo">
            <h2 id="undo">{t(l, "undo-title")}</h2>
            {waits.map(|(first, due)| view! { <div class="notice bad"><p>{t(l, "undo-waits")}" "<Moment l=l at=due/></p><UndoButton change=first label={t(l, "undo-own-decide")} class="primary"/></div> })}
            <p class="muted">{t(l, "undo-own-lead")}</p>
            <Rows>{undos.into_iter().map(|change| view! { <ChangeRow l=l change=change/> }).collect_view()}</Rows>
        </section>
    }
    .into_any()
}

#[component]
fn ChangeRow(l: Lang, change: ChangeView) -> AnyView {
    let what = said(l, change.what, &change.about);
    view! {
        <li>
            <span class="row-main"><strong>{what.clone()}</strong><span class="muted small"><Moment l=l at={change.at}/></span></span>
            <UndoButton change={change.rev} label={t(l, "undo-own-go")} class="danger" about=what/>
        </li>
    }
    .into_any()
}

#[component]
fn UndoButton(
    change: i64,
    label: String,
    class: &'static str,
    /// What is taken back, for who does not see where the button stands.
    #[prop(optional)]
    about: String,
) -> AnyView {
    let named = (!about.is_empty()).then(|| format!("{label}: {about}"));
    view! { <form method="post" action=AskOwnUndo::url()><input type="hidden" name="change" value=change.to_string()/><button class=class aria-label=named>{label}</button></form> }
        .into_any()
}

/// The message key of an event's kind.
pub(crate) fn event_key(kind: &str) -> String {
    format!("event-{}", kind.replace(['.', '_'], "-"))
}
