//! A test sign-in at a provider: the page that leads there, and the one that shows once what came of it.
use crate::{
    admin::{
        decided::DecidedSection, overview::Message, provider_test::ProviderKey, providers::find,
    },
    components::{Notice, Table},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, redirect_with_flash, respond, to_provider, turned_away},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::{
    extract::Path,
    response::{IntoResponse, Redirect},
};
use domain::{Refusal, Right, policy::ProfileAttribute};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::Deserialize;
use service::{
    Once,
    sign_in::test_sign_in::{Counted, TestedSignIn, Told},
};

/// The page that leads to the provider.
pub async fn begin(Path(key): Path<String>, req: PageRequest) -> Answer {
    let found = find(&key, &req).await?;
    if !req.may(Right::ChangeProviders).await? {
        return Err(Refusal::Forbidden.into());
    }
    let (l, flash) = (req.web.lang, req.flash.clone());
    let title = ta(l, "test-sign-in-title", &[("name", &found.name)]);
    let head = Head::new(title.clone(), Layout::Admin(paths::ADMIN_PROVIDERS)).leads_out();
    Ok(page(&req.context, &req.web, head, move || {
        let why = Some(flash.typed(WHY)).filter(|why| !why.is_empty());
        let back = paths::admin_provider(&found.key);
        view! {
            <p class="crumbs"><a href=paths::ADMIN_PROVIDERS>{t(l, "admin-providers")}</a>" › "<a href=back.clone()>{found.name.clone()}</a></p>
            <h1>{title}</h1>
            <Message l=l flash={flash.clone()}/>
            {why.map(|why| view! { <Broken l=l why=why/> })}
            <p class="lead">{ta(l, "test-sign-in-lead", &[("name", &found.name)])}</p>
            <ul class="points">
                <li>{t(l, "test-sign-in-own")}</li>
                <li>{t(l, "test-sign-in-nothing")}</li>
                {(!found.enabled).then(|| view! { <li>{t(l, "test-sign-in-off")}</li> })}
            </ul>
            <form method="post" action=StartTestSignIn::url() class="row-actions">
                <input type="hidden" name="form[key]" value=found.key/>
                <button class="primary">{ta(l, "test-sign-in-go", &[("name", &found.name)])}</button>
                <a class="button quiet" href=back>{t(l, "back")}</a>
            </form>
        }
    })
    .await)
}

/// The name in a flash of why a provider cannot be asked.
const WHY: &str = "why";

/// Off to the provider.
#[server(prefix = "/fn", endpoint = "admin/provider/test-sign-in")]
pub async fn start_test_sign_in(form: ProviderKey) -> Result<(), Code> {
    let (context, web) = asked();
    let page = paths::safe(&paths::admin_provider_test(&form.key));
    let next = match context.ligature.sign_in().start_test(&web.ctx, &form.key).await {
        Ok(Ok(started)) => to_provider(&context, Ok(started)),
        Ok(Err(why)) => {
            let flash = Flash::shown(WHY, bounded(&why, 500));
            redirect_with_flash(&context, &web, &page, flash).await
        }
        Err(error) => turned_away(&error, &page),
    };
    respond(&context, &next)
}

/// Which test it was.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TestedQuery {
    shown: String,
}

/// What came of it, once: whoever comes again is led to the page that begins another.
pub async fn tested(Path(key): Path<String>, req: PageRequest<TestedQuery>) -> Answer {
    if !req.may(Right::ChangeProviders).await? {
        return Err(Refusal::Forbidden.into());
    }
    let state = req.context.ligature.page_state();
    let kept = state.take_once(&req.web.ctx, Once::TestSignIn, &req.query.shown).await?;
    let Some(TestedSignIn { name, enabled, told }) = kept else {
        return Ok(Redirect::to(&paths::safe(&paths::admin_provider_test(&key))).into_response());
    };
    let l = req.web.lang;
    let title = ta(l, "test-sign-in-title", &[("name", &name)]);
    let head = Head::new(title.clone(), Layout::Admin(paths::ADMIN_PROVIDERS));
    Ok(page(&req.context, &req.web, head, move || {
        let back = paths::admin_provider(&key);
        let again = paths::admin_provider_test(&key);
        view! {
            <p class="crumbs"><a href=paths::ADMIN_PROVIDERS>{t(l, "admin-providers")}</a>" › "<a href=back.clone()>{name.clone()}</a></p>
            <h1>{title}</h1>
            {match told {
                Err(why) => view! { <Broken l=l why=why/> }.into_any(),
                Ok(told) => view! { <ToldSections l=l name=name enabled=enabled told=told/> }.into_any(),
            }}
            <div class="row-actions"><a class="button" href=back>{t(l, "test-sign-in-back")}</a><a class="button quiet" href=again>{t(l, "test-sign-in-again")}</a></div>
        }
    })
    .await)
}

/// Why nothing came of it.
#[component]
fn Broken(l: Lang, why: String) -> AnyView {
    view! {
        <Notice kind="bad" text={t(l, "test-sign-in-failed")}/>
        <p><span class="tag bad">{t(l, "tested-broken")}</span>" "<span lang="en">{why}</span></p>
    }
    .into_any()
}

#[component]
fn ToldSections(l: Lang, name: String, enabled: bool, told: Told) -> AnyView {
    let Told { claims, left_out, counts, fields, decided } = told;
    let label = t(l, "test-claims");
    let columns = ["test-column-claim", "test-column-value"];
    let heads = columns.map(|key| t(l, key).into_any()).into();
    let more = left_out.to_string();
    view! {
        <Notice kind="good" text={ta(l, "test-sign-in-worked", &[("name", &name)])}/>
        {(!enabled).then(|| view! { <p>{t(l, "test-sign-in-still-off")}</p> })}
        <section class="section" aria-labelledby="counts">
            <h2 id="counts">{t(l, "test-counts")}</h2>
            <dl class="measured">
                {counts.into_iter().map(|(what, value)| view! { <div><dt>{t(l, &format!("test-counts-{}", what.name()))}</dt><dd>{counted(l, what, value)}</dd></div> }).collect_view()}
                {fields.into_iter().map(|(field, value)| view! { <div><dt>{ta(l, "test-counts-field", &[("field", &field_name(l, &field))])}</dt><dd>{value}</dd></div> }).collect_view()}
            </dl>
        </section>
        <section class="section" aria-labelledby="decided">
            <h2 id="decided">{t(l, "test-decided")}</h2>
            <p>{t(l, "test-decided-lead")}</p>
            {decided.iter().any(|one| one.supposed.is_some()).then(|| view! { <p class="muted">{t(l, "try-supposed")}</p> })}
            {decided.into_iter().map(|one| view! { <DecidedSection l=l decided=one/> }).collect_view()}
        </section>
        <section class="section" aria-labelledby="claims">
            <h2 id="claims">{label.clone()}</h2>
            <p>{t(l, "test-claims-lead")}</p>
            {if claims.is_empty() {
                view! { <p class="muted">{t(l, "test-claims-none")}</p> }.into_any()
            } else {
                view! {
                    <Table label=label columns=heads stacked=true>
                        {claims.into_iter().map(|(name, value)| view! { <tr><th scope="row"><code>{name}</code></th><td data-label=t(l, "test-column-value")>{value}</td></tr> }).collect_view()}
                    </Table>
                }.into_any()
            }}
            {(left_out > 0).then(|| view! { <p class="muted">{ta(l, "test-claims-more", &[("count", &more)])}</p> })}
        </section>
    }
    .into_any()
}

/// What something counts as, in words.
fn counted(l: Lang, what: Counted, value: String) -> String {
    match what {
        Counted::Trust => t(l, &format!("trust-{}", value.replace('_', "-"))),
        Counted::SecondFactor | Counted::Filtered => t(l, "yes"),
        Counted::Subject
        | Counted::Address
        | Counted::Name
        | Counted::GroupWords
        | Counted::Groups => value,
    }
}

/// A profile field as people call it; one of the organisation's own by its name.
fn field_name(l: Lang, field: &ProfileAttribute) -> String {
    match field {
        ProfileAttribute::Own(name) => name.clone(),
        known => t(l, &format!("profile-{}", known.name().replace('_', "-"))),
    }
}
