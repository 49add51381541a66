//! What the pages of an attempt show, and no more than the policy lets them.
use crate::services::AttemptSteps;
use domain::{
    AccountId, Refusal,
    attempt::{Awaited, CodePurpose, State, Then, Wants},
    email_address::masked,
    linking::Choice,
    path::Continuation,
    policy::{Agreement, Disclosure, Field, Offer, ProofMethod},
};
use storage::{
    Conn,
    accounts::{links::list_links, list_emails},
    sign_in::attempts::find_challenge,
};

use crate::{
    Error, RequestContext,
    account::{merge::MergeRow, passkeys::Ceremony},
    policy::providers::Button,
    sign_in::upstream_identity::UpstreamIdentity,
};

/// What a page of the attempt shows.
#[derive(Debug, Clone)]
pub struct AttemptView {
    pub page: &'static str,
    pub body: ViewBody,
    /// What went wrong in the step before.
    pub flash: Option<Refusal>,
    pub support: String,
    pub continuation: Continuation,
    /// Minutes that a code lives here.
    pub minutes: i64,
}

/// What a code is for, as the page says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeFor {
    /// It goes to an account's own mailbox or phone, if there is one.
    Account,
    /// It goes to the claimed mailbox in every case.
    Claim,
    /// No provider takes part.
    Own(CodePurpose),
}

/// The body by page.
#[derive(Debug, Clone)]
pub enum ViewBody {
    Choose {
        provider: String,
        identity: String,
        offers: Vec<Offer>,
        accounts: Vec<ShownAccount>,
    },
    Code {
        sent_to: String,
        tries_left: i32,
        purpose: CodeFor,
        password_too: bool,
    },
    Reset {
        sent_to: String,
        tries_left: i32,
    },
    Bind {
        provider: String,
        identity: String,
        ask_address: bool,
        /// A number can be typed for an address.
        phones: bool,
        /// Ways that the policy has and this server can do.
        methods: Vec<ProofMethod>,
        identities: Vec<Button>,
        /// A ceremony for whichever passkey the browser has.
        passkey: Option<Ceremony>,
    },
    Finish {
        provider: String,
        address: String,
    },
    Email {
        provider: String,
        address: String,
        current: String,
        code: Option<(String, i32)>,
    },
    /// A code of the second factor, or a recovery code. `in_session`: a session is confirmed with it.
    Factor {
        in_session: bool,
    },
    Details {
        agreements: Vec<Agreement>,
        fields: Vec<Field>,
    },
    /// The account is being deleted, unless the person says that it stays.
    Restore,
    Merge {
        rows: Vec<MergeRow>,
    },
    Over {
        refusal: Option<Refusal>,
    },
}

/// An account on the chooser, with no more than the policy lets show.
#[derive(Debug, Clone)]
pub struct ShownAccount {
    pub id: AccountId,
    pub address: String,
    /// Names of its providers and `password`; empty unless the policy is open (GO-15).
    pub methods: Vec<String>,
    pub addable: bool,
}

impl AttemptSteps {
    /// What the attempt's current page shows.
    ///
    /// # Errors
    /// [`Refusal::AttemptUnknown`], [`Refusal::AttemptExpired`].
    pub async fn attempt_view(&self, ctx: &RequestContext, id: &str) -> Result<AttemptView, Error> {
        let mut conn = self.store.read().await?;
        let c = &mut conn;
        let open = self.attempts().opened(c, ctx, id).await?;
        let provider = open.identity.as_ref().map(|h| h.provider_name.clone()).unwrap_or_default();
        let identity = open.identity.as_ref().map(UpstreamIdentity::label).unwrap_or_default();
        let claimed =
            open.identity.as_ref().and_then(|h| h.assertion.email.clone()).unwrap_or_default();
        let sent_to =
            find_challenge(c, &open.row.hash).await?.map(|ch| ch.sent_to).unwrap_or_default();
        let tries_left = open.row.tries_left;
        let client = open.continuation.client_id().map(str::to_owned);
        let policy = self
            .configuration()
            .policy_context(c, client.as_deref())
            .await?
            .policy(open.identity.as_ref().map(|h| h.key.as_str()));
        let methods: Vec<ProofMethod> = policy
            .choices
            .bind_methods
            .iter()
            .copied()
            .filter(|m| *m != ProofMethod::PhoneCode || self.configuration().has_texts())
            .collect();
        let body = match &open.state {
            State::Choosing { choice, .. } => ViewBody::Choose {
                provider,
                identity,
                offers: choice.offers.clone(),
                accounts: self.shown(c, choice).await?,
            },
            State::Confirming { choice } | State::Proving { choice, .. } => {
                let purpose = if choice.is_none() { CodeFor::Claim } else { CodeFor::Account };
                ViewBody::Code {
                    sent_to,
                    tries_left,
                    purpose,
                    password_too: choice.is_some() && methods.contains(&ProofMethod::Password),
                }
            }
            State::AwaitingCode(Awaited { purpose: CodePurpose::Reset, .. }) => {
                ViewBody::Reset { sent_to, tries_left }
            }
            State::AwaitingCode(awaited) => ViewBody::Code {
                sent_to,
                tries_left,
                purpose: CodeFor::Own(awaited.purpose),
                password_too: false,
            },
            State::Binding { target, choice, .. } => {
                // Only what the policy shows anyway spares the person the address.
                let told = target.is_some() && choice.as_ref().is_some_and(|c| !c.shown.is_empty());
                let identities = if methods.contains(&ProofMethod::Identity) {
                    self.buttons_but(open.identity.as_ref().map_or("", |h| &h.key)).await?
                } else {
                    Vec::new()
                };
                let passkey =
                    if methods.contains(&ProofMethod::Passkey) && policy.permits.passkey_sign_in {
                        self.passkeys().begin_passkey_sign_in(ctx).ok()
                    } else {
                        None
                    };
                ViewBody::Bind {
                    provider,
                    identity,
                    ask_address: !told,
                    phones: self.configuration().has_texts(),
                    methods: methods.clone(),
                    identities,
                    passkey,
                }
            }
            State::FinishingSignup { .. } => ViewBody::Finish { provider, address: claimed },
            State::EmailChanged { account, updating } => {
                let current = list_emails(c, *account)
                    .await?
                    .into_iter()
                    .next()
                    .map(|e| e.typed)
                    .unwrap_or_default();
                ViewBody::Email {
                    provider,
                    address: claimed,
                    current,
                    code: updating.then_some((sent_to, tries_left)),
                }
            }
            State::Completing { then, wants: Wants::SecondFactor { .. }, .. } => ViewBody::Factor {
                in_session: matches!(then.as_ref(), Then::Confirm { .. } | Then::Merge { .. }),
            },
            State::Completing { wants: Wants::Details { agreements, fields }, .. } => {
                let wanted = policy
                    .choices
                    .agreements
                    .iter()
                    .filter(|a| agreements.contains(&a.what()))
                    .cloned()
                    .collect();
                ViewBody::Details { agreements: wanted, fields: fields.clone() }
            }
            State::Completing { wants: Wants::Restore { .. }, .. } => ViewBody::Restore,
            State::Merging { account, other, .. } => {
                ViewBody::Merge { rows: self.merges().merge_rows(c, *account, *other).await? }
            }
            State::Done | State::Abandoned => ViewBody::Over { refusal: None },
            State::Refused { refusal } => ViewBody::Over { refusal: Some(*refusal) },
        };
        Ok(AttemptView {
            page: open.state.page(),
            body,
            flash: Refusal::parse(&open.row.flash),
            support: open.row.support_code.clone(),
            continuation: open.continuation,
            minutes: (policy.floors.pin_ttl / 60).max(1),
        })
    }

    async fn shown(&self, c: &mut Conn, choice: &Choice) -> Result<Vec<ShownAccount>, Error> {
        let providers = self.configuration().providers(c).await?;
        let mut accounts = Vec::new();
        for shown in &choice.shown {
            let address = list_emails(c, shown.account)
                .await?
                .into_iter()
                .next()
                .map(|e| e.typed)
                .unwrap_or_default();
            let mut methods = Vec::new();
            if choice.disclosure == Disclosure::Open {
                for link in list_links(c, shown.account).await? {
                    methods.extend(
                        providers.iter().find(|p| p.id == link.provider_id).map(|p| p.name.clone()),
                    );
                }
                if storage::accounts::find_password(c, shown.account).await?.is_some() {
                    methods.push("password".into());
                }
            }
            let address =
                if choice.disclosure == Disclosure::Open { address } else { masked(&address) };
            accounts.push(ShownAccount {
                id: shown.account,
                address,
                methods,
                addable: shown.addable,
            });
        }
        Ok(accounts)
    }

    /// The sign-in buttons without one provider's.
    async fn buttons_but(&self, key: &str) -> Result<Vec<Button>, Error> {
        Ok(self.configuration().buttons().await?.into_iter().filter(|b| b.key != key).collect())
    }
}
