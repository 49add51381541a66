//! The page that asks before something is widened or destroyed. The form that wants it leads here with the act sealed
//! for its person; the page says what it does and to how many, and its own form does it. Nothing is done before.
use crate::{
    account::signed_in,
    admin::{
        policy_effects::{Dangers, scope_name},
        policy_version::published,
        provider::{ProviderForm, provider_saved},
        saved::done,
    },
    components::{Check, GoOrLeave, Said},
    context::{Context, WebRequest, asked},
    i18n::{Lang, t, ta},
    outcome::{Code, Flash, SeeOther, redirect_with_flash, refuse, respond, turned_away},
    page_request::{Answer, PageRequest},
    paths,
    render::{Head, Layout, page},
};
use domain::{AccountId, Refusal, Right, Role, continuity::Consent};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};
use service::{
    Error,
    admin::{
        AccountEffect,
        continuity::{MAILS, Shown},
    },
};

/// What is asked about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Act {
    /// Saving a provider, which leaves people without a way in or lets more in.
    Provider(Box<ProviderForm>),
    /// Publishing a version of the policy, or going back to it; `seen`: what was in force when its page was shown.
    Publish { version: i64, seen: Option<i64> },
    /// Giving the role that may do everything.
    GiveOwner { account: AccountId },
    /// Switching an account off.
    AccountOff { account: AccountId },
    /// Removing one of one's own passkeys.
    RemovePasskey { id: String },
}

/// An act with what its page showed.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Agreed {
    act: Act,
    stranded: i64,
}

/// To the page that asks.
pub(crate) async fn ask(context: &Context, web: &WebRequest, act: &Act) -> SeeOther {
    match kept(context, web, act).await {
        Ok(id) => SeeOther::local(paths::ask(&id)),
        Err(error) => turned_away(&error, &act.page()),
    }
}

/// Keeps an act for its page, under an id that its address has.
async fn kept(context: &Context, web: &WebRequest, act: &Act) -> Result<String, Error> {
    let state = context.ligature.page_state();
    let sealed = state.seal_act(&web.ctx, act)?;
    state.keep_flash(&web.ctx, sealed).await
}

impl Act {
    /// Where it was asked for, and where whoever does not want it goes back to.
    fn page(&self) -> String {
        match self {
            Self::Provider(form) => paths::safe(&paths::admin_provider(&form.key)),
            Self::Publish { version, .. } => paths::policy_version(*version),
            Self::GiveOwner { account } | Self::AccountOff { account } => {
                paths::admin_account(&account.to_string())
            }
            Self::RemovePasskey { .. } => paths::PASSKEYS.to_owned(),
        }
    }

    fn layout(&self) -> Layout {
        match self {
            Self::Provider(_) => Layout::Admin(paths::ADMIN_PROVIDERS),
            Self::Publish { .. } => Layout::Admin(paths::ADMIN_POLICY),
            Self::GiveOwner { .. } | Self::AccountOff { .. } => {
                Layout::Admin(paths::ADMIN_ACCOUNTS)
            }
            Self::RemovePasskey { .. } => Layout::Account,
        }
    }
}

/// What the page says.
struct Question {
    title: String,
    /// A sentence each: what it does, and to how many.
    lines: Vec<String>,
    go: String,
    shown: Shown,
    dangers: Vec<service::admin::policy::Exposed>,
}

impl Question {
    fn new(title: String, lines: Vec<String>, go: String) -> Self {
        Self { title, lines, go, shown: Shown::default(), dangers: Vec::new() }
    }
}

/// Where the act is kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ConfirmQuery {
    pub act: String,
}

pub async fn confirm(req: PageRequest<ConfirmQuery>) -> Answer {
    let state = req.context.ligature.page_state();
    let sealed = state.flash(&req.web.ctx, &req.query.act).await?.unwrap_or_default();
    let act: Act = state.open_act(&req.web.ctx, &sealed)?.ok_or(Refusal::AttemptExpired)?;
    let l = req.web.lang;
    let question = question(&req.context, &req.web, &act).await?;
    let agreed = Agreed { act: act.clone(), stranded: question.shown.stranded };
    let sealed = state.seal_act(&req.web.ctx, &agreed)?;
    let head = Head::new(question.title.clone(), act.layout());
    let (back, notice) = (act.page(), req.flash.notice.clone());
    Ok(page(&req.context, &req.web, head, move || {
        view! { <ConfirmPage l=l question=question sealed=sealed back=back notice=notice/> }
    })
    .await)
}

/// The question, with what it does, and a form that does it.
#[component]
fn ConfirmPage(
    l: Lang,
    question: Question,
    sealed: String,
    /// Where whoever does not want it goes.
    back: String,
    notice: String,
) -> AnyView {
    let Question { title, lines, go, shown, dangers } = question;
    view! {
        <h1>{title}</h1>
        <Said l=l key=notice kind="warn"/>
        {lines.into_iter().map(|line| view! { <p>{line}</p> }).collect_view()}
        {shown.widens.iter().map(|key| view! { <p class="notice warn">{t(l, &format!("confirm-widens-{key}"))}</p> }).collect_view()}
        {(!dangers.is_empty()).then(|| view! { <Dangers l=l all=dangers/> })}
        {(shown.stranded > 0).then(|| view! { <Stranded l=l shown={shown.clone()}/> })}
        <form method="post" action=ConfirmAct::url() class="stack wide">
            <input type="hidden" name="act" value=sealed/>
            {(shown.can_return).then(|| view! { <Check name="tell" label={t(l, "confirm-tell")} hint={ta(l, "confirm-tell-hint", &[("count", &MAILS.to_string())])} checked=true/> })}
            <div class="row-actions"><GoOrLeave l=l go=go leave={t(l, "confirm-cancel")} to=back danger=true/></div>
        </form>
    }
    .into_any()
}

/// Who would be left without a way in.
#[component]
fn Stranded(l: Lang, shown: Shown) -> AnyView {
    let (all, elsewhere) = (shown.stranded.to_string(), shown.elsewhere.to_string());
    let here = shown.stranded - shown.elsewhere;
    let named = i64::try_from(shown.first.len()).unwrap_or(i64::MAX);
    let more = (here - named).max(0).to_string();
    view! {
        <div class="notice bad">
            <p>{ta(l, "confirm-stranded", &[("count", &all)])}</p>
            <ul>{shown.first.into_iter().map(|(id, name)| {
                let name = if name.is_empty() { t(l, "account-nameless") } else { name };
                view! { <li><a href=paths::admin_account(&id.to_string())>{name}</a></li> }
            }).collect_view()}</ul>
            {(here > named).then(|| view! { <p>{ta(l, "confirm-stranded-more", &[("count", &more)])}</p> })}
            {(shown.elsewhere > 0).then(|| view! { <p>{ta(l, "confirm-stranded-elsewhere", &[("count", &elsewhere)])}</p> })}
        </div>
    }
    .into_any()
}

async fn question(context: &Context, web: &WebRequest, act: &Act) -> Result<Question, Error> {
    let (l, ligature) = (web.lang, &context.ligature);
    match act {
        Act::Provider(form) => {
            let edit = form.edit();
            let off = edit.enabled == Some(false);
            let (name, shown) = ligature.provider_admin().provider_effect(&web.ctx, &edit).await?;
            let key = if off {
                "confirm-provider-off"
            } else if edit.shared == Some(false) {
                "confirm-provider-unshare"
            } else {
                "confirm-provider-widen"
            };
            let go = if off { t(l, "turn-off") } else { t(l, "save") };
            let mut question = Question::new(ta(l, key, &[("name", &name)]), Vec::new(), go);
            question.shown = shown;
            Ok(question)
        }
        Act::Publish { version, .. } => {
            let (view, shown) = ligature.policy_admin().publish_effect(&web.ctx, *version).await?;
            let title = ta(l, "confirm-publish", &[("version", &version.to_string())]);
            let count = view.differences.len().to_string();
            let lines = vec![
                scope_name(l, &view.row.scope),
                ta(l, "confirm-publish-fields", &[("count", &count)]),
            ];
            let mut question = Question::new(title, lines, t(l, "version-make-active"));
            (question.shown, question.dangers) = (shown, view.dangers);
            Ok(question)
        }
        Act::GiveOwner { account } => {
            let admin = ligature.account_admin();
            let effect = admin.account_effect(&web.ctx, *account, Right::GiveRoles).await?;
            let owners = effect.owners.to_string();
            let title = ta(l, "confirm-owner", &[("name", &named(l, &effect))]);
            let lines =
                vec![t(l, "role-owner-hint"), ta(l, "confirm-owner-count", &[("count", &owners)])];
            Ok(Question::new(title, lines, t(l, "role-give")))
        }
        Act::AccountOff { account } => {
            let admin = ligature.account_admin();
            let effect = admin.account_effect(&web.ctx, *account, Right::SwitchAccounts).await?;
            let sessions = effect.sessions.to_string();
            let title = ta(l, "confirm-account-off", &[("name", &named(l, &effect))]);
            let lines = vec![
                t(l, "account-disable-hint"),
                ta(l, "confirm-account-sessions", &[("count", &sessions)]),
            ];
            Ok(Question::new(title, lines, t(l, "account-disable")))
        }
        Act::RemovePasskey { id } => {
            let all = ligature.passkeys().own_passkeys(&web.ctx).await?;
            let one = all.iter().find(|p| p.id == *id).ok_or(Refusal::MethodUnknown)?;
            let name = if one.name.is_empty() { t(l, "passkey") } else { one.name.clone() };
            let left = (all.len() - 1).to_string();
            let title = ta(l, "remove-question", &[("name", &name)]);
            let lines = vec![
                t(l, "confirm-passkey-gone"),
                ta(l, "confirm-passkeys-left", &[("count", &left)]),
            ];
            Ok(Question::new(title, lines, t(l, "remove")))
        }
    }
}

fn named(l: Lang, effect: &AccountEffect) -> String {
    if effect.name.is_empty() { t(l, "account-nameless") } else { effect.name.clone() }
}

/// Does what was asked about.
#[server(prefix = "/fn", endpoint = "confirm")]
pub async fn confirm_act(act: String, #[server(default)] tell: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.page_state().open_act::<Agreed>(&web.ctx, &act) {
        Ok(Some(agreed)) => {
            let consent = Consent { stranded: agreed.stranded, tell: !tell.is_empty() };
            perform(&context, &web, agreed.act, consent).await
        }
        Ok(None) => refuse(&Refusal::AttemptExpired.into()),
        Err(error) => refuse(&error),
    };
    respond(&context, &next)
}

async fn perform(context: &Context, web: &WebRequest, act: Act, consent: Consent) -> SeeOther {
    let (page, ligature) = (act.page(), &context.ligature);
    match act {
        Act::Provider(form) => provider_saved(context, web, *form, Some(consent)).await,
        Act::Publish { version, seen } => {
            published(context, web, version, seen, Some(consent)).await
        }
        Act::GiveOwner { account } => {
            let given =
                ligature.account_admin().set_role(&web.ctx, account, Role::Owner, true).await;
            done(context, web, &page, given.map(|()| Flash::notice("owner-given"))).await
        }
        Act::AccountOff { account } => {
            let off = ligature.account_admin().set_account_enabled(&web.ctx, account, false).await;
            done(context, web, &page, off.map(|()| Flash::notice("account-off"))).await
        }
        Act::RemovePasskey { id } => {
            let removed = ligature.passkeys().remove_passkey(&web.ctx, &id).await;
            signed_in::done(context, web, removed, paths::PASSKEYS, "passkey-removed").await
        }
    }
}

/// Back to the page that asks, since more people would be left outside than it had said.
pub(crate) async fn ask_again(context: &Context, web: &WebRequest, act: &Act) -> SeeOther {
    match kept(context, web, act).await {
        Ok(id) => {
            let flash = Flash::notice("confirm-grew");
            redirect_with_flash(context, web, &paths::ask(&id), flash).await
        }
        Err(error) => turned_away(&error, &act.page()),
    }
}
