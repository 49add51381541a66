//! A provider moved: its people come along to another one. First what would happen is shown, then it is done.
use crate::{
    admin::{providers::find, saved::done},
    components::{Lines, Notice, Radios, Select, Table},
    context::asked,
    form_input::bounded,
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, redirect_with_flash, respond, turned_back},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use axum::extract::Path;
use domain::{Refusal, Right};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};
use service::{
    Authority,
    admin::move_identities::{
        BadLine, Conflict, Doubt, LineProblem, Move, Moved, NotMoved, Planned, rule,
    },
};

/// What a list of user IDs in a form may hold.
const LIST: usize = 12_000;

/// A move as the form has it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MoveForm {
    pub key: String,
    pub to: String,
    /// `same` or `list`.
    pub rule: String,
    pub list: String,
    /// The number that was shown; empty: show it.
    pub confirmed: String,
}

/// What a plan is for the page.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Shown {
    moves: usize,
    /// Those of earlier moves, which can be ended.
    moved: usize,
    there: usize,
    left: usize,
    in_conflict: usize,
    /// The old user ID, its account, and the account that has the new one, or why its own may not.
    conflicts: Vec<(String, String, Result<String, String>)>,
}

impl From<&Planned> for Shown {
    fn from(Planned { plan, moved }: &Planned) -> Self {
        let named = |c: &Conflict| {
            let doubt = match c.doubt {
                Doubt::Holder(account) => Ok(account.to_string()),
                Doubt::Misfit(refusal) => Err(refusal.key()),
            };
            (c.subject.clone(), c.account.to_string(), doubt)
        };
        Self {
            moves: plan.moves,
            moved: *moved,
            there: plan.there,
            left: plan.left,
            in_conflict: plan.in_conflict,
            conflicts: plan.conflicts.iter().map(named).collect(),
        }
    }
}

/// Name of the plan among what a form left.
const PLAN: &str = "plan";

pub async fn moving(Path(key): Path<String>, req: PageRequest) -> Answer {
    let found = find(&key, &req).await?;
    if !req.may(Right::ChangeTrust).await? || found.offered {
        return Err(Refusal::Forbidden.into());
    }
    let others: Vec<(String, String)> = req
        .context
        .ligature
        .account_admin()
        .admin_providers(&req.web.ctx)
        .await?
        .into_iter()
        .filter(|p| p.key != found.key && !p.offered)
        .map(|p| (p.key, p.name))
        .collect();
    let (l, flash) = (req.web.lang, req.flash.clone());
    let title = ta(l, "provider-move-title", &[("name", &found.name)]);
    let layout = Layout::Admin(paths::ADMIN_PROVIDERS);
    Ok(page(&req.context, &req.web, Head::new(title.clone(), layout), move || {
        let back = paths::admin_provider(&found.key);
        let shown: Option<Shown> = serde_json::from_str(&flash.typed(PLAN)).ok();
        let refused = Some(flash.typed("refused")).filter(|text| !text.is_empty());
        let good = Some(flash.typed("good")).filter(|text| !text.is_empty());
        view! {
            <p class="crumbs"><a href=paths::ADMIN_PROVIDERS>{t(l, "admin-providers")}</a>" › "<a href=back>{found.name.clone()}</a></p>
            <h1>{title}</h1>
            {good.map(|text| view! { <Notice kind="good" text=text/> })}
            {refused.map(|text| view! { <Notice kind="bad" text=text/> })}
            <p class="lead">{ta(l, "provider-move-lead", &[("name", &found.name)])}</p>
            {if others.is_empty() {
                view! { <div class="section"><p>{t(l, "provider-move-alone")}</p><p><a class="button" href=paths::ADMIN_PROVIDER_NEW>{t(l, "provider-new")}</a></p></div> }.into_any()
            } else {
                view! {
                    <Question l=l key={found.key.clone()} others=others flash={flash.clone()}/>
                    {shown.map(|plan| view! { <WhatWouldHappen l=l key={found.key.clone()} name={found.name.clone()} plan=plan flash=flash/> })}
                }.into_any()
            }}
        }
    })
    .await)
}

/// Where to, and how people are called there.
#[component]
fn Question(l: Lang, key: String, others: Vec<(String, String)>, flash: Flash) -> AnyView {
    let chosen = Some(flash.typed("rule")).filter(|r| !r.is_empty()).unwrap_or("same".into());
    let same = ("same", t(l, "provider-move-same"), t(l, "provider-move-same-hint"));
    let list = ("list", t(l, "provider-move-list"), t(l, "provider-move-list-hint"));
    let problem = Some(flash.typed("problem")).filter(|text| !text.is_empty());
    view! {
        <form method="post" action=MoveIdentities::url() class="section">
            <h2>{t(l, "provider-move-how")}</h2>
            <input type="hidden" name="form[key]" value=key/>
            <Select id="to" name="form[to]" label={t(l, "provider-move-to")} options=others chosen={flash.typed("to")}/>
            <Radios id="rule" name="form[rule]" legend={t(l, "provider-move-rule")} options={vec![same, list]} chosen=chosen/>
            <Lines id="list" name="form[list]" label={t(l, "provider-move-lines")} hint={t(l, "provider-move-lines-hint")} value={flash.typed("list")} problem=problem rows="6"/>
            <div><button>{t(l, "provider-move-show")}</button></div>
        </form>
    }
    .into_any()
}

/// The plan, with what can be done about it.
#[component]
fn WhatWouldHappen(l: Lang, key: String, name: String, plan: Shown, flash: Flash) -> AnyView {
    let counted = |text: &str, n: usize| ta(l, text, &[("count", &n.to_string())]);
    let kept = ["to", "rule", "list"].map(|field| (field, flash.typed(field)));
    let to = flash.typed("to");
    let moves = plan.moves;
    view! {
        <section class="section" aria-labelledby="plan">
            <h2 id="plan">{t(l, "provider-move-plan")}</h2>
            <ul>
                <li>{counted("provider-move-moves", plan.moves)}</li>
                <li>{counted("provider-move-there", plan.there)}</li>
                <li>{counted("provider-move-left", plan.left)}</li>
                <li>{counted("provider-move-conflicts", plan.in_conflict)}</li>
            </ul>
            {(plan.in_conflict > 0).then(|| view! { <Conflicts l=l conflicts=plan.conflicts/> })}
            {(moves > 0 && plan.in_conflict == 0).then(|| view! {
                <form method="post" action=MoveIdentities::url()>
                    <input type="hidden" name="form[key]" value=key.clone()/>
                    {kept.into_iter().map(|(field, value)| view! { <input type="hidden" name=format!("form[{field}]") value=value/> }).collect_view()}
                    <input type="hidden" name="form[confirmed]" value=moves.to_string()/>
                    <button class="primary">{counted("provider-move-go", moves)}</button>
                    <p class="hint">{t(l, "provider-move-go-hint")}</p>
                </form>
            })}
        </section>
        {(plan.moved > 0).then(|| view! {
            <form method="post" action=EndMoved::url() class="section danger">
                <h2>{ta(l, "provider-move-end", &[("name", &name)])}</h2>
                <p>{ta(l, "provider-move-end-lead", &[("name", &name), ("count", &plan.moved.to_string())])}</p>
                <input type="hidden" name="form[confirmed]" value=plan.moved.to_string()/>
                <input type="hidden" name="form[key]" value=key/>
                <input type="hidden" name="form[to]" value=to/>
                <div><button class="danger">{ta(l, "provider-move-end-go", &[("name", &name)])}</button></div>
            </form>
        })}
    }
    .into_any()
}

/// Identities that two accounts would have; nothing moves before they are settled.
#[component]
fn Conflicts(l: Lang, conflicts: Vec<(String, String, Result<String, String>)>) -> AnyView {
    let account = |id: &str| view! { <a href=paths::admin_account(id)>{id.to_owned()}</a> };
    let columns = ["provider-move-subject", "provider-move-account", "provider-move-holder"];
    view! {
        <Notice kind="bad" text={t(l, "provider-move-conflicts-lead")}/>
        <Table label={t(l, "provider-move-plan")} columns={columns.map(|key| t(l, key).into_any()).into()}>
            {conflicts.iter().map(|(subject, wants, has)| view! { <tr><td><code>{subject.clone()}</code></td><td>{account(wants)}</td><td>{match has { Ok(id) => account(id).into_any(), Err(key) => t(l, &format!("refusal-{key}-title")).into_any() }}</td></tr> }).collect_view()}
        </Table>
    }
    .into_any()
}

/// Shows what a move would do; with the number that was shown, does it.
#[server(prefix = "/fn", endpoint = "admin/provider/move")]
pub async fn move_identities(form: MoveForm) -> Result<(), Code> {
    let (context, web) = asked();
    let page = paths::safe(&paths::admin_provider_move(&form.key));
    // Cut off, its last user ID would be somebody else's.
    let whole = form.list.chars().count() <= LIST;
    let list = bounded(&form.list, LIST);
    let typed = vec![
        ("to".to_owned(), bounded(&form.to, 60)),
        ("rule".to_owned(), bounded(&form.rule, 10)),
        ("list".to_owned(), list.clone()),
    ];
    let too_long = BadLine { line: list.lines().count(), why: LineProblem::TooMany };
    let read = if whole { rule(form.rule != "list", &list) } else { Err(too_long) };
    let rule = match read {
        Ok(rule) => rule,
        Err(bad) => {
            let key = format!("provider-move-line-{}", bad.why.name().replace('_', "-"));
            let text = ta(web.lang, &key, &[("line", &bad.line.to_string())]);
            let typed = typed.into_iter().chain([("problem".to_owned(), text)]).collect();
            let flash = Flash { typed, ..Flash::default() };
            return respond(&context, &redirect_with_flash(&context, &web, &page, flash).await);
        }
    };
    let asked = Move { from: form.key, to: form.to, rule };
    let next = match answer(&context, &web, asked, form.confirmed.parse().ok(), typed.clone()).await
    {
        Ok(flash) => redirect_with_flash(&context, &web, &page, flash).await,
        Err(error) => {
            turned_back(&context, &web, &error, &page, Flash { typed, ..Flash::default() }).await
        }
    };
    respond(&context, &next)
}

/// Does what was confirmed, and says what there is to do now.
async fn answer(
    context: &crate::context::Context,
    web: &crate::context::WebRequest,
    asked: Move,
    confirmed: Option<usize>,
    mut typed: Vec<(String, String)>,
) -> Result<Flash, service::Error> {
    let (l, admin) = (web.lang, context.ligature.provider_admin());
    let authority = Authority::Console(Box::new(web.ctx.clone()));
    if let Some(confirmed) = confirmed {
        match admin.move_identities(&authority, &asked, confirmed).await? {
            Ok(Moved { done, still }) => {
                let text = ta(
                    l,
                    if still == 0 { "provider-moved" } else { "provider-moved-still" },
                    &[("count", &done.to_string()), ("still", &still.to_string())],
                );
                typed.push(("good".to_owned(), text));
            }
            Err(why) => typed.push(("refused".to_owned(), refused(l, why))),
        }
    }
    match admin.plan_move(&authority, asked).await? {
        Ok(plan) => {
            let shown = serde_json::to_string(&Shown::from(&plan))?;
            typed.push((PLAN.to_owned(), shown));
        }
        Err(why) => typed.push(("refused".to_owned(), refused(l, why))),
    }
    Ok(Flash { typed, ..Flash::default() })
}

/// Why nothing moves, in words.
fn refused(l: Lang, why: NotMoved) -> String {
    match why {
        NotMoved::Same => t(l, "provider-not-moved-same"),
        NotMoved::Isolated => t(l, "provider-not-moved-isolated"),
        NotMoved::Conflicts(_) => t(l, "provider-move-conflicts-lead"),
        NotMoved::Unconfirmed(_) => t(l, "provider-not-moved-changed"),
    }
}

/// The two providers of a move that is over.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EndForm {
    pub key: String,
    pub to: String,
    /// The number that was shown.
    pub confirmed: String,
}

/// Ends the old identities of everybody who has the new one.
#[server(prefix = "/fn", endpoint = "admin/provider/move/end")]
pub async fn end_moved(form: EndForm) -> Result<(), Code> {
    let (context, web) = asked();
    let page = paths::safe(&paths::admin_provider_move(&form.key));
    let authority = Authority::Console(Box::new(web.ctx.clone()));
    let confirmed = form.confirmed.parse().unwrap_or_default();
    let admin = context.ligature.provider_admin();
    let ended = admin.end_moved(&authority, &form.key, &form.to, confirmed).await;
    let result = ended.map(|ended| match ended {
        Ok(Moved { done, still }) => {
            let key = if still == 0 { "provider-move-ended" } else { "provider-move-ended-still" };
            Flash::shown("good", ta(web.lang, key, &[("count", &done.to_string())]))
        }
        Err(why) => Flash::shown("refused", refused(web.lang, why)),
    });
    let next = done(&context, &web, &page, result).await;
    respond(&context, &next)
}
