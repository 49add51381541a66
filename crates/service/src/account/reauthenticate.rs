//! Signing in once more in a session, before something that an open screen alone must not do (MA-09, MA-10).
use domain::{
    AccountId, Facts, MINUTE, Micros, Outcome, Policy, Refusal, SECOND,
    attempt::{Awaited, CodePurpose, Kept, ProvedBy, State, Then},
    contact::{Contact, masked},
    decide,
    facts::{Beside, Confirm, Intent, Known, Local, Means, ProviderFacts},
    path::Continuation,
};
use storage::{
    Conn,
    accounts::{
        attributes::find_phone,
        find_account, find_password,
        links::{find_link, list_links, touch_link},
        list_emails,
        passkeys::list_passkeys,
        second_factors::{TOTP, find_factor},
    },
    policy::providers::Provider,
};

use crate::{
    Arrival, Caller, Fault, Ligature, Visitor,
    account::passkeys::Ceremony,
    attempt::{Opened, trace_of},
    audit::Event,
    crypto::random::support_code,
    policy::{context::Ground, providers::Button},
    sign_in::{complete_login::Settled, facts::given, sessions::Opening, start::Sealed, upstream_identity::Held},
    transaction::Acting,
};

/// How long a sign-in counts as recent, unless the policy wants it shorter.
const RECENT: Micros = 10 * MINUTE;
/// A provider's clock may be this far from ours.
const SKEW: Micros = 60 * SECOND;

/// The ways in which the session's person can confirm.
#[derive(Debug, Clone)]
pub struct ConfirmView {
    pub password: bool,
    /// A ceremony for one of the account's passkeys.
    pub passkey: Option<Ceremony>,
    /// Where a code would go, masked: the account's mailbox, or its phone.
    pub code_to: Option<String>,
    pub providers: Vec<Button>,
}

/// What of an account can confirm.
struct Ways {
    beside: Beside,
    /// The address or number as it is sent to.
    code_to: Option<String>,
    providers: Vec<Provider>,
}

impl Ligature {
    /// Whether a session's last authentication is recent at a moment.
    pub(crate) fn recent(caller: &Caller, at: Micros, policy: &Policy) -> bool {
        at - caller.auth_at <= RECENT.min(policy.floors.session_age.saturating_mul(SECOND))
    }

    /// Whether the visitor may go on without confirming.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`].
    pub async fn is_recent(&self, visitor: &Visitor) -> Result<bool, Fault> {
        let caller = Self::caller(visitor)?;
        let policy = self.ground(&mut self.store.read().await?, None).await?.policy(None);
        Ok(Self::recent(caller, self.now(), &policy))
    }

    /// The page's choices.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`].
    pub async fn confirm_view(&self, visitor: &Visitor) -> Result<ConfirmView, Fault> {
        let caller = Self::caller(visitor)?;
        let ways = self.ways(&mut self.store.read().await?, caller.account).await?;
        let mut providers = Vec::new();
        for row in ways.providers {
            let origin = self.connector(&row).await.ok().and_then(|c| c.origin());
            providers.push(Button { key: row.key, name: row.name, kind: row.kind, origin });
        }
        let passkey = if ways.beside.passkey { Some(self.begin_passkey_sign_in(visitor)?) } else { None };
        Ok(ConfirmView { password: ways.beside.password, passkey, code_to: ways.code_to.map(|to| masked(&to)), providers })
    }

    /// The ways that the decision would let count, the strong ones first: what is weak depends on them.
    async fn ways(&self, c: &mut Conn, account: AccountId) -> Result<Ways, Fault> {
        let ground = self.ground(c, None).await?;
        let known = self.own_known(c, account).await?;
        let counts = |by: Means, beside: Beside, provider: Option<&Provider>| {
            let confirm = Confirm { account, by, fresh: true, beside };
            let facts = provider.map(|p| ProviderFacts { id: p.id, enabled: p.enabled, filter: Some(true), second_factor: false });
            let facts = Facts { provider: facts, local: local_of(by), ..Facts::local(Intent::Confirm(confirm), Some(known)) };
            let decision = decide(&facts, &ground.policy(provider.map(|p| p.key.as_str())));
            matches!(decision.outcome, Outcome::Confirmed | Outcome::SecondFactor { .. })
        };
        let mut beside = Beside { password: find_password(c, account).await?.is_some() && counts(Means::Password, Beside::default(), None), ..Beside::default() };
        beside.passkey = self.has_passkeys() && !list_passkeys(c, account).await?.is_empty() && counts(Means::Passkey, beside, None);
        let linked: Vec<_> = list_links(c, account).await?.into_iter().map(|l| l.provider_id).collect();
        let (mut dated, mut plain) = (Vec::new(), Vec::new());
        for row in ground.providers.iter().filter(|p| linked.contains(&p.id)) {
            if self.connector(row).await?.says_when() { dated.push(row.clone()) } else { plain.push(row.clone()) }
        }
        dated.retain(|p| counts(Means::Identity { dated: true }, beside, Some(p)));
        beside.dated = !dated.is_empty();
        let mailbox = list_emails(c, account).await?.into_iter().find(|e| e.proof != "none" && !e.contested).map(|e| e.canonical);
        let phone = find_phone(c, account).await?.filter(|_| self.has_texts());
        let code_to = mailbox.filter(|_| counts(Means::Mailbox, beside, None)).or(phone.filter(|_| counts(Means::Phone, beside, None)));
        beside.mailbox = code_to.is_some();
        plain.retain(|p| counts(Means::Identity { dated: false }, beside, Some(p)));
        Ok(Ways { beside, code_to, providers: dated.into_iter().chain(plain).collect() })
    }

    /// Confirms by the account's password.
    ///
    /// # Errors
    /// [`Refusal::CredentialsWrong`], [`Refusal::RateLimited`], refusals of the decision.
    pub async fn confirm_by_password(&self, visitor: &Visitor, password: &str, continuation: Continuation) -> Result<Arrival, Fault> {
        let account = Self::caller(visitor)?.account;
        let proof = self.check_own_password(visitor, account, password).await?;
        self.confirm_locally(visitor, account, Means::Password, proof, continuation).await
    }

    /// Confirms by a passkey of the account; another account's is refused by the decision.
    ///
    /// # Errors
    /// [`Refusal::PasskeyWrong`], [`Refusal::AttemptExpired`], refusals of the decision.
    pub async fn confirm_by_passkey(&self, visitor: &Visitor, sealed: &str, answer: &str, continuation: Continuation) -> Result<Arrival, Fault> {
        let account = Self::caller(visitor)?.account;
        let (shown, proof) = self.shown_passkey(visitor, sealed, answer).await?;
        if shown != account {
            return Err(Refusal::OtherAccount.into());
        }
        self.confirm_locally(visitor, account, Means::Passkey, proof, continuation).await
    }

    /// A credential of the account was shown just now.
    async fn confirm_locally(&self, visitor: &Visitor, account: AccountId, by: Means, proof: ProvedBy, continuation: Continuation) -> Result<Arrival, Fault> {
        self.settle(visitor, move |this, c, visitor| {
            let (continuation, proof) = (continuation.clone(), proof.clone());
            Box::pin(async move {
                // The device verified the person: a passkey stands for the second factor too.
                let factor = (by == Means::Passkey).then(|| (account, "passkey".to_owned()));
                let kept = Kept { factor, proof: Some(proof), ..Kept::default() };
                this.confirm_by(c, &visitor, account, by, Beside::default(), &kept, &continuation, None).await
            })
        })
        .await
    }

    /// Sends a code to the account's own proved address, or to its phone.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] where that is no way to confirm.
    pub async fn ask_confirm_code(&self, visitor: &Visitor, continuation: Continuation) -> Result<Arrival, Fault> {
        Self::caller(visitor)?;
        self.settle(visitor, move |this, c, visitor| {
            let continuation = continuation.clone();
            Box::pin(async move {
                let account = visitor.session()?.account;
                let contact = this.ways(c, account).await?.code_to.ok_or(Refusal::NotAllowed)?;
                let awaited = Awaited { purpose: CodePurpose::Confirm, account: Some(account), contact };
                this.await_code(c, &visitor, awaited, None, &continuation).await
            })
        })
        .await
    }

    /// The right code, in the session that asked for it; it counts if the decision would ask for it again.
    pub(crate) async fn confirm_by_code(&self, c: &mut Conn, visitor: &Acting, open: &Opened, account: AccountId, contact: &Contact) -> Result<Settled, Fault> {
        let ways = self.ways(c, account).await?;
        let by = if contact.is_phone() { Means::Phone } else { Means::Mailbox };
        let kept = Kept { proof: Some(ProvedBy::code_to(contact)), ..Kept::default() };
        self.confirm_by(c, visitor, account, by, ways.beside, &kept, &open.continuation, Some(open)).await
    }

    #[expect(clippy::too_many_arguments, reason = "values of one transaction")]
    async fn confirm_by(
        &self,
        c: &mut Conn,
        visitor: &Acting,
        account: AccountId,
        by: Means,
        beside: Beside,
        kept: &Kept,
        continuation: &Continuation,
        open: Option<&Opened>,
    ) -> Result<Settled, Fault> {
        let known = self.own_known(c, account).await?;
        let facts = Facts::local(Intent::Confirm(Confirm { account, by, fresh: true, beside }), Some(known));
        let proof_gone = !self.still_proves(c, account, kept.proof.as_ref()).await?;
        let contested = self.is_contested(c, account, kept.proof.as_ref()).await?;
        let facts = Facts { local: local_of(by), given: given(kept, Vec::new()), proof_gone, contested, ..facts };
        let ground = self.ground(c, None).await?;
        let policy = ground.policy(None);
        let factor = kept.factor.as_ref().map(|(_, by)| by.clone()).unwrap_or_default();
        let opening = Opening { kind: "confirm", factor, ..Opening::local(account, method_of(by), self.now()) };
        self.confirmed(c, &Confirming { visitor, facts: &facts, ground: &ground, policy: &policy, opening: &opening, continuation, open, kept }).await
    }

    /// A provider's answer to a start that was made for confirming.
    pub(crate) async fn confirm_by_identity(&self, c: &mut Conn, visitor: &Acting, held: &Held, session: &[u8], start: &Sealed) -> Result<Settled, Fault> {
        let account = visitor.session.as_ref().filter(|own| own.hash == session).ok_or(Refusal::SessionEnded)?.account;
        let ground = self.ground(c, None).await?;
        let provider = ground.provider(held.provider).ok_or(Refusal::ProviderUnknown)?;
        let by = Means::Identity { dated: self.connector(provider).await?.says_when() };
        let fresh = held.assertion.auth_at.is_some_and(|at| at + SKEW >= start.at);
        let beside = self.ways(c, account).await?.beside;
        let known = find_link(c, self.org, &held.namespace, &held.assertion.subject).await?;
        let link = known.as_ref().map(|(link, ..)| link.id);
        let known = known.map(|(link, state, second_factor)| Known { account: link.account_id, state, link: Some(link.id), second_factor });
        let policy = ground.policy(Some(&held.key));
        let around = self.surroundings(c, &policy, known, &ground).await?;
        let filter = self.values(held, &policy, &around)?.filter;
        let second_factor = held.second_factor(&policy);
        let provider = Some(ProviderFacts { id: held.provider, enabled: provider.enabled, filter, second_factor });
        let facts = Facts { provider, ..Facts::local(Intent::Confirm(Confirm { account, by, fresh, beside }), known) };
        let factor = if second_factor { "provider" } else { "" };
        let opening = Opening { account, method: held.key.clone(), link, provider: Some(held.provider), kind: "confirm", auth_at: self.now(), factor: factor.into() };
        let confirming = Confirming {
            visitor,
            facts: &facts,
            ground: &ground,
            policy: &policy,
            opening: &opening,
            continuation: &start.continuation,
            open: None,
            kept: &Kept { proof: link.map(ProvedBy::Identity), ..Kept::default() },
        };
        let settled = self.confirmed(c, &confirming).await?;
        if let (Ok(_), Some(link)) = (&settled, link) {
            touch_link(c, link, &self.sealed_claims(held)?, self.now()).await?;
        }
        Ok(settled)
    }

    /// The second factor was shown: the confirmation that waited for it is decided once more.
    pub(crate) async fn confirm_with_factor(&self, c: &mut Conn, visitor: &Acting, open: &Opened, then: &Then, kept: &Kept) -> Result<Settled, Fault> {
        let Then::Confirm { account, method, link, provider } = then else { return Err(Fault::Internal("no confirmation waits".into())) };
        if visitor.session()?.account != *account {
            return Err(Refusal::OtherAccount.into());
        }
        let ground = self.ground(c, None).await?;
        let key = provider.and_then(|id| ground.provider(id)).map(|p| p.key.clone());
        let enabled = provider.is_none_or(|id| ground.provider(id).is_some_and(|p| p.enabled));
        let provider_facts = provider.map(|id| ProviderFacts { id, enabled, filter: Some(true), second_factor: false });
        let by = match (provider, method.as_str()) {
            (Some(_), _) => Means::Identity { dated: true },
            (None, "password") => Means::Password,
            (None, "passkey") => Means::Passkey,
            (None, "phone") => Means::Phone,
            (None, _) => Means::Mailbox,
        };
        // How it counted was decided when it was shown; what is asked now is whether the account still is what it was.
        let confirm = Confirm { account: *account, by, fresh: true, beside: Beside::default() };
        let known = self.own_known(c, *account).await?;
        let proof_gone = !self.still_proves(c, *account, kept.proof.as_ref()).await?;
        let contested = self.is_contested(c, *account, kept.proof.as_ref()).await?;
        let facts = Facts { provider: provider_facts, local: local_of(by), given: given(kept, Vec::new()), proof_gone, contested, ..Facts::local(Intent::Confirm(confirm), Some(known)) };
        let factor = kept.factor.as_ref().map(|(_, by)| by.clone()).unwrap_or_default();
        let opening = Opening { account: *account, method: method.clone(), link: *link, provider: *provider, kind: "confirm", auth_at: self.now(), factor };
        let policy = ground.policy(key.as_deref());
        self.confirmed(c, &Confirming { visitor, facts: &facts, ground: &ground, policy: &policy, opening: &opening, continuation: &open.continuation, open: Some(open), kept }).await
    }

    async fn own_known(&self, c: &mut Conn, account: AccountId) -> Result<Known, Fault> {
        let row = find_account(c, self.org, account).await?.ok_or(Refusal::SessionEnded)?;
        let second_factor = find_factor(c, account, TOTP).await?.is_some();
        Ok(Known { account, state: row.state(), link: None, second_factor })
    }

    /// What the decision says: the same session goes on under a new id, standing on this authentication.
    async fn confirmed(&self, c: &mut Conn, Confirming { visitor, facts, ground, policy, opening, continuation, open, kept }: &Confirming<'_>) -> Result<Settled, Fault> {
        let decision = decide(facts, policy);
        let then = Then::Confirm { account: opening.account, method: opening.method.clone(), link: opening.link, provider: opening.provider };
        if let Some(state) = State::complete(&decision.outcome, then, (*kept).clone()) {
            return self.wait_in(c, visitor, *open, "confirm", state, continuation).await;
        }
        let event = |kind| Event { provider: opening.method.clone(), ..Event::new(kind).account(opening.account).detail(trace_of(facts, &decision)) };
        match decision.outcome {
            Outcome::Confirmed => {
                if let Some(open) = open {
                    self.move_on(c, open, &State::Done, "").await?;
                }
                self.record(c, event("session.confirmed")).await?;
                visitor.session_of(opening.account)?;
                let secret = self.open_session(c, visitor, ground, opening).await?;
                Ok(Ok(Arrival::SignedIn { secret, continuation: (*continuation).clone(), method: opening.method.clone() }))
            }
            Outcome::Refuse { refusal } => {
                let support = support_code();
                self.record(c, event("session.not_confirmed").code(refusal.code()).support(&support)).await?;
                Ok(Err((refusal, support)))
            }
            _ => Err(Fault::Internal("a confirmation confirms or is refused".into())),
        }
    }
}

/// The local method whose switch counts for a means.
fn local_of(by: Means) -> Local {
    match by {
        Means::Passkey => Local::Passkey,
        Means::Mailbox => Local::EmailCode,
        Means::Phone => Local::PhoneCode,
        Means::Password | Means::Identity { .. } => Local::Password,
    }
}

/// How a session names a means of the account's own.
fn method_of(by: Means) -> &'static str {
    match by {
        Means::Password => "password",
        Means::Passkey => "passkey",
        Means::Phone => "phone",
        Means::Mailbox | Means::Identity { .. } => "code",
    }
}

/// A confirmation with everything that deciding and applying it takes.
struct Confirming<'a> {
    visitor: &'a Acting,
    facts: &'a Facts,
    ground: &'a Ground,
    policy: &'a Policy,
    opening: &'a Opening,
    continuation: &'a Continuation,
    open: Option<&'a Opened>,
    kept: &'a Kept,
}
