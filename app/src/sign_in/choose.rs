//! A step of an attempt: what the person does with an identity that opens nothing yet.
use crate::{
    components::{StepChoice, method_name},
    context::asked,
    i18n::{Lang, t, ta},
    outcome::{Code, leave, refuse, respond},
};
use domain::{Refusal, linking::facts::UserAction, policy::Offer};
use leptos::{prelude::*, server_fn::ServerFn};
use service::ShownAccount;

/// What the person may do with an identity that opens nothing yet.
#[component]
pub fn Chooser(
    l: Lang,
    attempt: String,
    provider: String,
    offers: Vec<Offer>,
    accounts: Vec<ShownAccount>,
) -> AnyView {
    let choices = offers.into_iter().flat_map(|offer| offered(l, offer, &provider, &accounts));
    view! {
        <div class="choices">{choices.map(|(pick, account, title, why)| view! {
            <StepChoice attempt=attempt.clone() action=Pick::url() pick=pick title=title why=why with=vec![("account", account)]/>
        }).collect_view()}</div>
    }
    .into_any()
}

/// The buttons of an offer: what each sends, the account that it is about, its title and why. An offer to add may be about
/// several accounts.
fn offered(
    l: Lang,
    offer: Offer,
    provider: &str,
    accounts: &[ShownAccount],
) -> Vec<(&'static str, String, String, String)> {
    let about = [("provider", provider)];
    let one = |pick, title, why| vec![(pick, String::new(), title, why)];
    match offer {
        Offer::UseExisting => {
            let methods: Vec<String> =
                accounts.iter().flat_map(|a| a.methods.iter()).map(|m| method_name(l, m)).collect();
            let title = if methods.is_empty() {
                t(l, "choose-use")
            } else {
                ta(l, "choose-use-with", &[("methods", &methods.join(", "))])
            };
            one("use_existing", title, ta(l, "choose-use-why", &about))
        }
        Offer::AddToExisting if accounts.is_empty() => {
            one("add_to_existing", ta(l, "choose-add", &about), t(l, "choose-add-why"))
        }
        Offer::AddToExisting => accounts
            .iter()
            .filter(|a| a.addable)
            .map(|a| {
                let about = [("provider", provider), ("address", a.address.as_str())];
                let title = ta(l, "choose-add-to", &about);
                ("add_to_existing", a.id.to_string(), title, t(l, "choose-add-why"))
            })
            .collect(),
        Offer::EnterAccount => one("enter_account", t(l, "choose-enter"), t(l, "choose-enter-why")),
        Offer::CreateNew => one("create_new", t(l, "choose-create"), t(l, "choose-create-why")),
    }
}

#[server(prefix = "/fn", endpoint = "attempt/pick")]
pub async fn pick(
    attempt: String,
    pick: String,
    #[server(default)] account: String,
) -> Result<(), Code> {
    let (context, web) = asked();
    let act = match (pick.as_str(), account.parse().ok()) {
        ("use_existing", _) => Some(UserAction::UseExisting),
        ("add_to_existing", target) => Some(UserAction::AddTo(target)),
        ("enter_account", _) => Some(UserAction::EnterAccount),
        ("create_new", _) => Some(UserAction::CreateNew),
        _ => None,
    };
    let next = match act {
        Some(act) => {
            let picked = context.ligature.attempt_steps().pick(&web.ctx, &attempt, act).await;
            leave(&context, picked).await
        }
        None => refuse(&Refusal::AttemptStep.into()),
    };
    respond(&context, &next)
}
