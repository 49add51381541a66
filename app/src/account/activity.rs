//! What happened to an account.
use crate::{
    account::{
        methods::{nobody, provider_name},
        undo::AskOwnUndo,
    },
    components::{Moment, Rows},
    i18n::{Lang, t},
    page_request::{Answer, PageRequest},
    render::{Head, Layout, page},
};
use leptos::{prelude::*, server_fn::ServerFn};

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
            {(!undos.is_empty() || waits.is_some()).then(|| taking_back(l, undos, waits))}
            <h2>{t(l, "activity-latest")}</h2>
            <p class="muted">{t(l, "activity-lead")}</p>
            {events.is_empty().then(|| view! { <p>{t(l, "activity-none")}</p> })}
            <Rows>{events.into_iter().map(|e| view! { <li><span class="row-main"><strong>{t(l, &event_key(&e.kind))}</strong><span class="muted">{provider_name(l, &e.provider, &names)}</span></span><span class="muted small"><Moment l=l at={e.at}/></span></li> }).collect_view()}</Rows>
        }
    })
    .await)
}

/// Changes that can still be taken back, each with its button, after the rewind that waits.
fn taking_back(
    l: Lang,
    undos: Vec<service::account::undo::ChangeView>,
    waits: Option<(i64, i64)>,
) -> AnyView {
    let ask = move |rev: i64, text: &str, class: &'static str, about: &str| {
        let label = (!about.is_empty()).then(|| format!("{}: {about}", t(l, text)));
        view! { <form method="post" action=AskOwnUndo::url()><input type="hidden" name="change" value=rev.to_string()/><button class=class aria-label=label>{t(l, text)}</button></form> }
    };
    view! {
        <section aria-labelledby="undo">
            <h2 id="undo">{t(l, "undo-title")}</h2>
            {waits.map(|(first, due)| view! { <div class="notice bad"><p>{t(l, "undo-waits")}" "<Moment l=l at=due/></p>{ask(first, "undo-own-decide", "primary", "")}</div> })}
            <p class="muted">{t(l, "undo-own-lead")}</p>
            <Rows>{undos.into_iter().map(|c| {
                let what = crate::account::undo::said(l, c.what, &c.about);
                view! { <li>
                    <span class="row-main"><strong>{what.clone()}</strong><span class="muted small"><Moment l=l at={c.at}/></span></span>
                    {ask(c.rev, "undo-own-go", "danger", &what)}
                </li> }
            }).collect_view()}</Rows>
        </section>
    }
    .into_any()
}

/// The message key of an event's kind.
pub(crate) fn event_key(kind: &str) -> String {
    format!("event-{}", kind.replace(['.', '_'], "-"))
}
