//! Two accounts that become one: the page that asks for the other account, and the preview.
use crate::{
    account::{
        profile::field_name,
        signed_in::{entered, head},
    },
    components::{Field, GoOrLeave, ProviderButton, Said, Table},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, SeeOther, leave, redirect_with_flash, refuse, respond, to_provider},
    page_request::{Answer, PageRequest},
    paths,
    render::page,
};
use domain::{Refusal, path::Continuation};
use leptos::{prelude::*, server_fn::ServerFn};
use service::{Purpose, account::merge::MergeRow};

pub async fn merge(req: PageRequest) -> Answer {
    let req = &req;
    let allowed = req.context.ligature.merges().may_merge(&req.web.ctx).await;
    if let Some(response) = entered(req, paths::MERGE, allowed).await? {
        return Ok(response);
    }
    let buttons = req.context.ligature.configuration().buttons().await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    let head = head(l, "merge-title").leads_out();
    Ok(page(&req.context, &req.web, head, move || {
        view! {
            <h1>{t(l, "merge-title")}</h1>
            <p>{t(l, "merge-lead")}</p>
            <Said l=l key=flash.notice.clone() kind="bad"/>
            <form method="post" action=MergeAccount::url() class="stack wide">
                <Field name="email" label={t(l, "merge-email")} kind="email" value={flash.typed("email")} autocomplete="off" required=true max=254/>
                <Field name="password" label={t(l, "merge-password")} kind="password" autocomplete="off" required=true max=256/>
                <div class="row-actions"><GoOrLeave l=l go={t(l, "code-go")}/></div>
            </form>
            {(!buttons.is_empty()).then(|| view! {
                <p class="divider">{t(l, "or")}</p>
                <div class="buttons">{buttons.into_iter().map(|b| {
                    let label = ta(l, "merge-with", &[("provider", &b.name)]);
                    view! { <ProviderButton l=l provider=b action=MergeByProvider::url() label=label/> }
                }).collect_view()}</div>
            })}
        }
    })
    .await)
}

/// The preview: what each account has, and what the one that stays has afterwards.
#[component]
pub fn MergePreview(l: Lang, attempt: String, rows: Vec<MergeRow>) -> AnyView {
    let what = view! { <span class="sr">{t(l, "merge-what")}</span> }.into_any();
    let accounts = ["merge-mine", "merge-theirs", "merge-becomes"].map(|key| t(l, key).into_any());
    let columns: Vec<AnyView> = std::iter::once(what).chain(accounts).collect();
    let cell = move |kind: &str, values: Vec<String>| {
        let said: Vec<String> = match kind {
            "password" | "second-factor" => values.iter().map(|_| t(l, "merge-there")).collect(),
            _ => values,
        };
        if said.is_empty() {
            view! { <span class="muted">{t(l, "merge-nothing")}</span> }.into_any()
        } else {
            view! { <ul>{said.into_iter().map(|v| view! { <li>{v}</li> }).collect_view()}</ul> }
                .into_any()
        }
    };
    view! {
        <Table stacked=true label={t(l, "merge-preview")} columns=columns>
            {rows.into_iter().map(|r| {
                    let name = if r.kind == "field" { field_name(l, &r.field) } else { t(l, &format!("merge-row-{}", r.kind)) };
                    view! { <tr><th scope="row">{name}</th><td data-label=t(l, "merge-mine")>{cell(r.kind, r.mine)}</td><td data-label=t(l, "merge-theirs")>{cell(r.kind, r.theirs)}</td><td data-label=t(l, "merge-becomes")>{cell(r.kind, r.becomes)}</td></tr> }
            }).collect_view()}
        </Table>
        <ul class="points"><li>{t(l, "merge-signed-out")}</li><li>{t(l, "merge-undo")}</li></ul>
        <form method="post" action=ConfirmMerge::url() class="row-actions">
            <input type="hidden" name="attempt" value=attempt/>
            <GoOrLeave l=l go={t(l, "merge-go")}/>
        </form>
    }
    .into_any()
}

#[server(prefix = "/fn", endpoint = "account/merge")]
pub async fn merge_account(email: String, password: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.merges().merge_by_password(&web.ctx, &email, &password).await
    {
        Err(error) if error.refusal() == Refusal::CredentialsWrong => {
            let flash = Flash {
                typed: vec![("email".into(), bounded(&email, 254))],
                ..Flash::notice("merge-wrong")
            };
            redirect_with_flash(&context, &web, paths::MERGE, flash).await
        }
        Err(error) if error.refusal() == Refusal::NotRecent => {
            SeeOther::local(paths::confirm(paths::MERGE))
        }
        other => leave(&context, other).await,
    };
    respond(&context, &next)
}

/// Off to a provider that signs in to the other account.
#[server(prefix = "/fn", endpoint = "account/merge/provider")]
pub async fn merge_by_provider(provider: String) -> Result<(), Code> {
    let (context, web) = asked();
    let ligature = &context.ligature;
    let next = match ligature.merges().may_merge(&web.ctx).await {
        Ok(()) => {
            let started = ligature
                .sign_in()
                .start(&web.ctx, &provider, Purpose::Merge, Continuation::Account)
                .await;
            to_provider(&context, started)
        }
        Err(error) if error.refusal() == Refusal::NotRecent => {
            SeeOther::local(paths::confirm(paths::MERGE))
        }
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}

#[server(prefix = "/fn", endpoint = "attempt/merge")]
pub async fn confirm_merge(attempt: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.merges().confirm_merge(&web.ctx, &attempt).await {
        Err(error) => refuse(&error),
        Ok(arrival) => {
            let left = leave(&context, Ok(arrival)).await;
            let told =
                redirect_with_flash(&context, &web, paths::ACCOUNT, Flash::notice("merge-done"))
                    .await;
            SeeOther { to: told.to, cookies: left.cookies }
        }
    };
    respond(&context, &next)
}
