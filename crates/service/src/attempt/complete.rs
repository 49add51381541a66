//! What an attempt still wants when everything else is settled: the account's second factor, agreements, fields. And
//! the end of the journeys that no provider takes part in.
use std::collections::BTreeMap;

use domain::{
    AccountId, Decision, Facts, Outcome, Refusal,
    account_rules::rewind::Changed,
    attempt::{Kept, State, Then, Wants},
    decide,
    facts::{AccountState, Intent, Known, Local},
    path::Continuation,
    policy::{Field, Target},
};
use serde_json::json;
use storage::{
    Conn,
    accounts::{
        Account,
        agreements::add_agreement,
        attributes::BY_PERSON,
        bump_rev, find_account, hold_account, is_email_taken, list_emails, own_email, remove_pending_accounts,
        second_factors::{TOTP, find_factor},
        set_account_state, set_closing,
    },
};

use super::{Deed, Opened};
use crate::{
    Arrival, Fault, Ligature, Visitor,
    account::changes::ProfileChange,
    audit::Event,
    crypto::random::support_code,
    notifications::messages::Kind,
    sign_in::{
        complete_login::{Settled, client_of},
        facts::given,
        sessions::Opening,
    },
    transaction::Acting,
};

/// Longest value of a field.
const LONGEST: usize = 120;

/// What the page of agreements and fields was answered with.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// Agreements with their versions that were ticked.
    pub agreed: Vec<String>,
    pub fields: BTreeMap<Target, String>,
}

impl Details {
    /// What is missing or cannot be, by field name.
    fn problems(&self, agreements: &[String], fields: &[Field]) -> Vec<(String, &'static str)> {
        let unticked = agreements.iter().filter(|a| !self.agreed.contains(a)).map(|a| (format!("agree.{a}"), "field-agree"));
        let value = |f: &Field| self.fields.get(&f.field).map(|v| v.trim()).unwrap_or_default().to_owned();
        let broken = |v: &str| v.chars().count() > LONGEST || v.chars().any(char::is_control);
        let wrong = fields.iter().filter_map(|f| match value(f) {
            v if v.is_empty() && f.required => Some((f.field.name(), "field-required")),
            v if broken(&v) => Some((f.field.name(), "field-too-long")),
            _ => None,
        });
        unticked.chain(wrong).collect()
    }
}

impl Ligature {
    /// A code of the account's second factor, or one of its recovery codes.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`], [`Refusal::AttemptStep`] elsewhere; refusals of the decision. A wrong one is a page.
    pub async fn enter_factor(&self, visitor: &Visitor, id: &str, typed: &str) -> Result<Arrival, Fault> {
        let awaited = self.opened(&mut self.store.read().await?, visitor, id).await?.state;
        let (_, Wants::SecondFactor { account }, _) = awaited.completing()? else { return Err(Refusal::AttemptStep.into()) };
        let account = *account;
        let by = match self.check_factor(visitor, account, typed).await {
            Ok(by) => by,
            Err(fault) => return self.wrong_code(visitor, id, fault).await,
        };
        let secret = id.to_owned();
        self.settle(visitor, move |this, c, visitor| {
            let (secret, awaited) = (secret.clone(), awaited.clone());
            Box::pin(async move {
                let open = this.opened_for_step(c, &visitor, &secret).await?;
                let visitor = visitor.on_way(&open.continuation);
                if open.state != awaited {
                    return Err(if open.state.is_terminal() { Refusal::AttemptExpired } else { Refusal::AttemptStep }.into());
                }
                let (then, _, kept) = open.state.completing()?;
                let (then, kept) = (then.clone(), Kept { factor: Some((account, by.to_owned())), ..kept.clone() });
                this.go_on(c, &visitor, open, then, kept).await
            })
        })
        .await
    }

    /// What is wrong with an answer to the page of agreements and fields.
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] elsewhere.
    pub async fn details_problems(&self, visitor: &Visitor, id: &str, details: &Details) -> Result<Vec<(String, &'static str)>, Fault> {
        let open = self.opened(&mut self.store.read().await?, visitor, id).await?;
        match open.state.completing()? {
            (_, Wants::Details { agreements, fields }, _) => Ok(details.problems(agreements, fields)),
            (_, Wants::SecondFactor { .. } | Wants::Restore { .. }, _) => Err(Refusal::AttemptStep.into()),
        }
    }

    /// The answer: agreements are accepted, fields are filled, and what was settled is decided once more.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] with problems; refusals of the decision.
    pub async fn enter_details(&self, visitor: &Visitor, id: &str, details: &Details) -> Result<Arrival, Fault> {
        if !self.details_problems(visitor, id, details).await?.is_empty() {
            return Err(Refusal::BadRequest.into());
        }
        let (secret, details) = (id.to_owned(), details.clone());
        self.settle(visitor, move |this, c, visitor| {
            let (secret, details) = (secret.clone(), details.clone());
            Box::pin(async move {
                let open = this.opened_for_step(c, &visitor, &secret).await?;
                let visitor = visitor.on_way(&open.continuation);
                let (then, Wants::Details { agreements, fields }, kept) = open.state.completing()? else { return Err(Refusal::AttemptStep.into()) };
                if !details.problems(agreements, fields).is_empty() {
                    return Err(Refusal::BadRequest.into());
                }
                let (then, mut kept) = (then.clone(), kept.clone());
                kept.agreed.extend(agreements.iter().cloned());
                let filled = fields.iter().filter_map(|f| details.fields.get(&f.field).map(|v| (f.field.clone(), v.trim().to_owned())));
                kept.fields.extend(filled.filter(|(_, v)| !v.is_empty()));
                kept.answered = true;
                this.go_on(c, &visitor, open, then, kept).await
            })
        })
        .await
    }

    /// "Keep my account": its deletion is taken back (GD-05).
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] elsewhere; refusals of the decision.
    pub async fn restore_account(&self, visitor: &Visitor, id: &str) -> Result<Arrival, Fault> {
        let secret = id.to_owned();
        self.settle(visitor, move |this, c, visitor| {
            let secret = secret.clone();
            Box::pin(async move {
                let open = this.opened_for_step(c, &visitor, &secret).await?;
                let visitor = visitor.on_way(&open.continuation);
                let (then, Wants::Restore { account }, kept) = open.state.completing()? else { return Err(Refusal::AttemptStep.into()) };
                let (then, kept) = (then.clone(), Kept { restores: Some(*account), ..kept.clone() });
                this.go_on(c, &visitor, open, then, kept).await
            })
        })
        .await
    }

    /// The sign-in of an account that was being deleted, by who said that it stays.
    pub(crate) async fn restore_if_closing(&self, c: &mut Conn, visitor: &Acting, facts: &Facts) -> Result<(), Fault> {
        let Some(known) = facts.known.filter(|k| k.state == AccountState::Closing) else { return Ok(()) };
        let changing = self.change(c, known.account).await?;
        set_closing(c, known.account, None).await?;
        self.record(c, Event::new("account.restored").account(known.account)).await?;
        let noted = self.changed(c, changing, Changed::Restored, "sign-in", ProfileChange::default()).await?;
        self.tell(c, known.account, Kind::RestoredNotice, visitor, "", "", noted.as_ref()).await
    }

    /// Decides once more, with what was given.
    async fn go_on(&self, c: &mut Conn, visitor: &Acting, open: Opened, then: Then, kept: Kept) -> Result<Settled, Fault> {
        match then {
            Then::Arrival { act, proven, .. } => self.step(c, visitor, open, Deed { kept, ..Deed::new(act, proven) }).await,
            Then::Confirm { .. } => self.confirm_with_factor(c, visitor, &open, &then, &kept).await,
            Then::Merge { account, other } => self.shown_other(c, visitor, account, other, kept, Some(&open)).await,
            Then::SignIn { .. } | Then::SignUp { .. } => {
                let continuation = open.continuation.clone();
                self.end_locally(c, visitor, then, kept, continuation, Some(&open)).await
            }
        }
    }

    /// Ends a sign-in by the account's own means, or a sign-up: decided like every other, with a page if something is
    /// still wanted.
    pub(crate) async fn end_locally(&self, c: &mut Conn, visitor: &Acting, then: Then, kept: Kept, continuation: Continuation, open: Option<&Opened>) -> Result<Settled, Fault> {
        let (account, intent, method) = match &then {
            Then::SignIn { account, method } => (*account, Intent::SignIn, method.clone()),
            Then::SignUp { account } => (*account, Intent::SignUp, "password".to_owned()),
            Then::Arrival { .. } | Then::Confirm { .. } | Then::Merge { .. } => return Err(Fault::Internal("not a local ending".into())),
        };
        // Who takes its credentials away now waits for the answer, or was faster and is seen.
        hold_account(c, account).await?;
        let row = find_account(c, self.org, account).await?.ok_or(Refusal::CredentialsWrong)?;
        let ground = self.ground(c, client_of(&continuation).as_deref()).await?;
        let policy = ground.policy(None);
        let mut given = given(&kept, if row.name.is_empty() { Vec::new() } else { vec![Target::Name] });
        self.add_agreed(c, &policy, &[account], &mut given).await?;
        let second_factor = find_factor(c, account, TOTP).await?.is_some();
        let known = Known { account, state: row.state(), link: None, second_factor };
        let local = match method.as_str() {
            "code" => Local::EmailCode,
            "phone" => Local::PhoneCode,
            "passkey" => Local::Passkey,
            _ => Local::Password,
        };
        let proof_gone = intent == Intent::SignIn && !self.still_proves(c, account, kept.proof.as_ref()).await?;
        let contested = self.is_contested(c, account, kept.proof.as_ref()).await?;
        let facts = Facts { given, local, proof_gone, contested, ..Facts::local(intent, (intent == Intent::SignIn).then_some(known)) };
        let decision = decide(&facts, &policy);
        if let Some(state) = State::complete(&decision.outcome, then, kept.clone()) {
            return self.wait_in(c, visitor, open, "sign_in", state, &continuation).await;
        }
        let event = |kind| Event { provider: method.clone(), ..Event::new(kind).account(account).detail(trace_of(&facts, &decision)) };
        // What changes the account ends what is open and concerns it: this attempt is over before.
        if let (Some(open), Outcome::SignIn { .. } | Outcome::Create) = (open, &decision.outcome) {
            self.move_on(c, open, &State::Done, "").await?;
        }
        match decision.outcome {
            Outcome::SignIn { .. } => {
                self.restore_if_closing(c, visitor, &facts).await?;
                self.record(c, event("session.started")).await?;
            }
            Outcome::Create => {
                self.activate_account(c, &row).await?;
                self.record(c, event("account.created")).await?;
            }
            Outcome::Refuse { refusal } => {
                let support = open.map_or_else(support_code, |open| open.row.support_code.clone());
                self.record(c, event("signin.refused").code(refusal.code()).support(&support)).await?;
                // A pending account answers like a wrong password: nobody learns of it by guessing.
                return Ok(Err((if refusal == Refusal::AccountPending { Refusal::CredentialsWrong } else { refusal }, support)));
            }
            _ => return Err(Fault::Internal("a local ending signs in, creates or is refused".into())),
        }
        self.keep_given(c, account, &kept).await?;
        let factor = kept.factor.map(|(_, by)| by).unwrap_or_default();
        let secret = self.open_session(c, visitor, &ground, &Opening { factor, ..Opening::local(account, &method, self.now()) }).await?;
        Ok(Ok(Arrival::SignedIn { secret, continuation, method }))
    }

    /// The proved address of a sign-up makes its account active; other unfinished ones for it go.
    async fn activate_account(&self, c: &mut Conn, row: &Account) -> Result<(), Fault> {
        let address = list_emails(c, row.id).await?.into_iter().next().ok_or(Refusal::AttemptExpired)?.canonical;
        bump_rev(c, row.id, row.rev).await?;
        if row.state() != AccountState::Pending || is_email_taken(c, self.org, &address, row.id, self.now()).await? {
            return Err(Refusal::AttemptExpired.into());
        }
        set_account_state(c, self.org, row.id, AccountState::Active).await?;
        own_email(c, row.id, &address).await?;
        Ok(remove_pending_accounts(c, self.org, &address, row.id).await?)
    }

    /// The page that asks for what is wanted, in the attempt that is open or in a new one.
    pub(crate) async fn wait_in(&self, c: &mut Conn, visitor: &Acting, open: Option<&Opened>, kind: &str, state: State, continuation: &Continuation) -> Result<Settled, Fault> {
        let id = match open {
            Some(open) => {
                self.move_on(c, open, &state, "").await?;
                open.secret.clone()
            }
            None => self.begin_attempt(c, visitor, kind, &state, None, continuation).await?.0,
        };
        Ok(Ok(Arrival::Page { id, page: state.page() }))
    }

    /// Keeps what a person accepted and wrote, for the account that it was for.
    pub(crate) async fn keep_given(&self, c: &mut Conn, account: AccountId, kept: &Kept) -> Result<(), Fault> {
        for what in &kept.agreed {
            add_agreement(c, account, what, self.now()).await?;
        }
        for (target, value) in &kept.fields {
            self.set_profile_field(c, account, target, value, BY_PERSON).await?;
        }
        Ok(())
    }
}

/// A decision's trace, as events keep it (I10).
pub(crate) fn trace_of(facts: &Facts, decision: &Decision) -> serde_json::Value {
    json!({"reasons": decision.reasons, "policy_version": decision.policy_version, "outcome": decision.outcome.name(), "facts": facts})
}
