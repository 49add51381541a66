//! What else opens an account that was recovered: the person says what is theirs.
use crate::{
    account::{
        addresses::{address_name, address_of},
        signed_in::nobody,
    },
    components::{Rows, Said, method_name},
    context::asked,
    i18n::{Lang, t},
    outcome::{Code, Flash, SeeOther, onward_with, redirect_with_flash, refuse, respond},
    page_request::{Answer, EntryQuery, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use domain::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};
use service::account::{
    Address, Method,
    passkeys::PasskeyRow,
    recovered::{Mine, WaysIn},
};
use std::collections::BTreeMap;

/// From the page that shows what else opens a recovered account, on to the application: what is not ticked goes (PH-04).
#[server(prefix = "/fn", endpoint = "account/recovered")]
pub async fn leave_recovered(
    #[server(default)] entry: String,
    #[server(default)] mine: BTreeMap<String, String>,
) -> Result<(), Code> {
    let (context, web) = asked();
    let ticked = |kind: &str| {
        mine.keys()
            .take(200)
            .filter_map(|key| key.strip_prefix(kind).map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let mine = Mine {
        links: ticked("link-").iter().filter_map(|id| id.parse().ok()).collect(),
        passkeys: ticked("passkey-").into_iter().collect(),
        addresses: ticked("address-").iter().filter_map(|name| address_of(name)).collect(),
    };
    let next = match context.ligature.account_settings().keep_only(&web.ctx, mine).await {
        Ok(()) => {
            let continuation = web.continuation(&context.ligature, &entry).await;
            onward_with(&context, continuation, web.ctx.session.clone()).await
        }
        Err(error) if error.refusal() == Refusal::LastAddress => {
            let page = paths::with_entry(paths::RECOVERED, &entry);
            redirect_with_flash(&context, &web, &page, Flash::notice("recovered-tick")).await
        }
        Err(error) if error.refusal() == Refusal::NotRecent => {
            SeeOther::local(paths::confirm(paths::RECOVERED))
        }
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}

/// After a new password by code: what else opens the account, before anything else (PH-04).
pub async fn recovered(req: PageRequest<EntryQuery>) -> Answer {
    if let Some(response) = nobody(&req) {
        return Ok(response);
    }
    let req = &req;
    let ligature = &req.context.ligature;
    let WaysIn { methods, passkeys, addresses, phone } =
        ligature.account_settings().ways_in(&req.web.ctx).await?;
    let applications = ligature.authorization().own_applications(&req.web.ctx).await?;
    let (l, flash) = (req.web.lang, req.flash.clone());
    // The application that the person was on the way to gets its answer after this page (RP-01).
    let entry = if req.web.entry_if_any(ligature, &req.query.entry).await?.is_some() {
        req.query.entry.clone()
    } else {
        String::new()
    };
    Ok(page(&req.context, &req.web, Head::new(t(l, "recovered-title"), Layout::Account), move || {
        view! {
            <h1>{t(l, "recovered-title")}</h1>
            <Said l=l key=flash.notice.clone() kind="bad"/>
            <p class="lead">{t(l, "recovered-lead")}</p>
            <WaysInForm l=l methods=methods passkeys=passkeys addresses=addresses entry=entry/>
            {phone.map(|number| view! { <h2>{t(l, "own-phone-title")}</h2><p><strong>{number}</strong></p><p><a class="button" href=paths::PHONE>{t(l, "own-phone-manage")}</a></p> })}
            {(!applications.is_empty()).then(|| view! {
                <h2>{t(l, "own-applications-title")}</h2>
                <ul class="points">{applications.into_iter().map(|a| view! { <li>{a.name}</li> }).collect_view()}</ul>
                <p><a class="button" href=paths::APPLICATIONS>{t(l, "own-applications-title")}</a></p>
            })}
        }
    })
    .await)
}

/// Everything that opens the account: what is not ticked goes.
#[component]
fn WaysInForm(
    l: Lang,
    methods: Vec<Method>,
    passkeys: Vec<PasskeyRow>,
    addresses: Vec<Address>,
    entry: String,
) -> AnyView {
    let single = addresses.len() == 1;
    let methods = methods.into_iter().map(|m| {
        let id = m.link.map(|id| id.to_string()).unwrap_or_default();
        let stays = m.stays.map(|refusal| t(l, &format!("refusal-{}-title", refusal.key())));
        view! { <WayIn l=l id={format!("link-{id}")} name={method_name(l, &m.name)} label={m.label} stays=stays/> }
    });
    let passkeys = passkeys.into_iter().map(|k| {
        let stays = (!k.removable).then(String::new);
        view! { <WayIn l=l id={format!("passkey-{}", k.id)} name={t(l, "passkey")} label={k.name} stays=stays/> }
    });
    let addresses = addresses.into_iter().map(|a| {
        let stays = single.then(|| t(l, "recovered-stays"));
        view! { <WayIn l=l id={format!("address-{}", address_name(&a.canonical))} name={a.typed} stays=stays/> }
    });
    let rows: Vec<_> = methods.chain(passkeys).chain(addresses).collect();
    view! {
        <form method="post" action=LeaveRecovered::url() class="stack">
            <input type="hidden" name="entry" value=entry/>
            <fieldset class="radios"><legend>{t(l, "recovered-legend")}</legend><Rows>{rows}</Rows></fieldset>
            <p class="hint">{t(l, "recovered-again")}</p>
            <p><button class="primary">{t(l, "recovered-go")}</button></p>
        </form>
    }
    .into_any()
}

/// Something that opens the account, with a box for whose it is.
#[component]
fn WayIn(
    l: Lang,
    id: String,
    name: String,
    #[prop(optional)] label: String,
    /// It has to stay: instead of the box why, as far as there is something to say.
    stays: Option<String>,
) -> AnyView {
    let text = view! { <strong>{name}</strong>{(!label.is_empty()).then(|| view! { <span class="muted">" "{label}</span> })} };
    match stays {
        Some(why) => view! { <li><span class="row-main">{text}{(!why.is_empty()).then(|| view! { <span class="muted">" "{why}</span> })}</span></li> }.into_any(),
        None => view! {
            <li>
                <div class="check"><input type="checkbox" id=id.clone() name=format!("mine[{id}]") value="on"/><label for=id>{text}<span class="sr">" "{t(l, "recovered-mine")}</span></label></div>
            </li>
        }.into_any(),
    }
}
