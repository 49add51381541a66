//! Signing in once more in a session, before something that an open screen alone must not do (MA-09, MA-10).
use domain::{
    AccountId, Facts, MINUTE, Micros, Outcome, Policy, Refusal, SECOND,
    address::masked,
    attempt::State,
    decide,
    facts::{Confirm, Intent, Known, ProviderFacts},
    path::Continuation,
    policy::BindMethod,
};
use storage::{
    Conn,
    accounts::{find_account, find_password, list_emails},
    attempts::Attempt,
    links::{find_link, list_links, touch_link},
};

use crate::{
    Arrival, Caller, Fault, Ligature, Visitor,
    arrive::Settled,
    attempt::{Opened, blank},
    audit::Event,
    challenge::{Binding, code_shape},
    chance::support_code,
    held::Held,
    mails::Kind,
    providers::Button,
    sessions::Opening,
    start::Sealed,
    values::Values,
};

/// How long a sign-in counts as recent, unless the policy wants it shorter.
const RECENT: Micros = 10 * MINUTE;
/// A provider's clock may be this far from ours.
const SKEW: Micros = 60 * SECOND;

/// The ways in which the session's person can confirm.
#[derive(Debug, Clone)]
pub struct ConfirmView {
    pub password: bool,
    /// Where a code would go, masked.
    pub mailbox: Option<String>,
    pub providers: Vec<Button>,
}

/// What of an account can confirm.
struct Ways {
    password: bool,
    mailbox: Option<(String, String)>,
    providers: Vec<storage::providers::Provider>,
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
        Ok(ConfirmView { password: ways.password, mailbox: ways.mailbox.map(|(typed, _)| masked(&typed)), providers })
    }

    /// Strong ways; where there are none, a round trip to a provider that cannot say when it asked, rather than no way.
    async fn ways(&self, c: &mut Conn, account: AccountId) -> Result<Ways, Fault> {
        let ground = self.ground(c, None).await?;
        let local = ground.policy(None);
        let password = local.permits.password_sign_in && find_password(c, account).await?.is_some();
        let linked: Vec<_> = list_links(c, account).await?.into_iter().map(|l| l.provider_id).collect();
        let usable = |p: &&storage::providers::Provider| p.enabled && linked.contains(&p.id) && ground.policy(Some(&p.key)).permits.sign_in;
        let (mut fresh, mut plain) = (Vec::new(), Vec::new());
        for row in ground.providers.iter().filter(usable) {
            if self.connector(row).await?.says_when() { fresh.push(row.clone()) } else { plain.push(row.clone()) }
        }
        let proved = list_emails(c, account).await?.into_iter().find(|e| e.proof != "none");
        let by_code = local.choices.bind_methods.contains(&BindMethod::EmailCode) || (!password && fresh.is_empty());
        let mailbox = proved.filter(|_| by_code).map(|e| (e.typed, e.canonical));
        let providers = if !password && fresh.is_empty() && mailbox.is_none() { plain } else { fresh };
        Ok(Ways { password, mailbox, providers })
    }

    /// Confirms by the account's password.
    ///
    /// # Errors
    /// [`Refusal::CredentialsWrong`], [`Refusal::RateLimited`], refusals of the decision.
    pub async fn confirm_by_password(&self, visitor: &Visitor, password: &str, continuation: Continuation) -> Result<Arrival, Fault> {
        let account = Self::caller(visitor)?.account;
        self.check_own_password(visitor, account, password).await?;
        let visitor = visitor.clone();
        self.settle(move |this, c| {
            let (visitor, continuation) = (visitor.clone(), continuation.clone());
            Box::pin(async move {
                let row = find_account(c, this.org, account).await?.ok_or(Refusal::SessionEnded)?;
                let facts = Facts::local(Intent::Confirm(Confirm { account, password: true, fresh: true }), Some(Known { account, state: row.state(), link: None }));
                let policy = this.ground(c, None).await?.policy(None);
                let opening = Opening { account, method: "password".into(), link: None, provider: None, kind: "confirm", auth_at: this.now() };
                this.confirmed(c, &visitor, &facts, &policy, &opening, continuation).await
            })
        })
        .await
    }

    /// Mails a code to the account's own proved address.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] where that is no way to confirm, [`Refusal::RateLimited`].
    pub async fn ask_confirm_code(&self, visitor: &Visitor, continuation: Continuation) -> Result<Arrival, Fault> {
        let (account, visitor) = (Self::caller(visitor)?.account, visitor.clone());
        self.settle(move |this, c| {
            let (visitor, continuation) = (visitor.clone(), continuation.clone());
            Box::pin(async move {
                let state = State::ConfirmingSession { account };
                let (id, hash) = this.begin_attempt(c, &visitor, "confirm", &state, None, &continuation, domain::code::TRIES).await?;
                let row = Attempt { hash, browser: visitor.browser.clone(), ..blank(this.now()) };
                this.send_confirm_code(c, &visitor, &row, account, true).await?;
                Ok(Ok(Arrival::Page { id, page: state.page() }))
            })
        })
        .await
    }

    pub(crate) async fn send_confirm_code(&self, c: &mut Conn, visitor: &Visitor, row: &Attempt, account: AccountId, first: bool) -> Result<(), Fault> {
        let (typed, canonical) = self.ways(c, account).await?.mailbox.ok_or(Refusal::NotAllowed)?;
        if first {
            self.count_code_attempt(c, &canonical).await?;
        }
        let binding = Binding { action: "confirm", account: Some(account), address: canonical, ..Binding::default() };
        let locale = find_account(c, self.org, account).await?.map_or_else(|| visitor.locale.clone(), |a| a.locale);
        let letter = self.letter(Kind::ConfirmCode, typed, locale, visitor, "", "");
        let shape = code_shape(&self.ground(c, None).await?.policy(None));
        self.challenge(c, row, &binding, shape, Some(letter)).await
    }

    /// The code that was typed, in the session that asked for it.
    pub(crate) async fn confirm_by_code(&self, visitor: &Visitor, id: &str, open: Opened, account: AccountId, typed: &str) -> Result<Arrival, Fault> {
        if Self::caller(visitor)?.account != account {
            return Err(Refusal::OtherAccount.into());
        }
        let (_, address) = self.ways(&mut self.store.read().await?, account).await?.mailbox.ok_or(Refusal::NotAllowed)?;
        let binding = Binding { action: "confirm", account: Some(account), address, ..Binding::default() };
        let right = match self.compare_code(&open.row, &binding, typed).await {
            Ok(right) => right,
            Err(fault) => return self.wrong_code(visitor, id, fault).await,
        };
        let (visitor, secret) = (visitor.clone(), id.to_owned());
        self.settle(move |this, c| {
            let (visitor, secret, right) = (visitor.clone(), secret.clone(), right.clone());
            Box::pin(async move {
                let open = this.opened(c, &visitor, &secret).await?;
                open.state.confirming_session()?;
                this.use_up(c, &right).await?;
                this.move_on(c, &open, &State::Done, "").await?;
                let row = find_account(c, this.org, account).await?.ok_or(Refusal::SessionEnded)?;
                let facts = Facts::local(Intent::Confirm(Confirm { account, password: false, fresh: true }), Some(Known { account, state: row.state(), link: None }));
                let policy = this.ground(c, None).await?.policy(None);
                let opening = Opening { account, method: "code".into(), link: None, provider: None, kind: "confirm", auth_at: this.now() };
                this.confirmed(c, &visitor, &facts, &policy, &opening, open.continuation).await
            })
        })
        .await
    }

    /// A provider's answer to a start that was made for confirming.
    pub(crate) async fn confirm_by_identity(&self, c: &mut Conn, visitor: &Visitor, held: &Held, session: &[u8], start: &Sealed) -> Result<Settled, Fault> {
        let account = visitor.session.as_ref().filter(|caller| caller.hash == session).ok_or(Refusal::SessionEnded)?.account;
        let ground = self.ground(c, None).await?;
        let provider = ground.provider(held.provider).ok_or(Refusal::ProviderUnknown)?;
        let weak = !self.connector(provider).await?.says_when() && self.ways(c, account).await?.providers.iter().any(|p| p.id == provider.id);
        let fresh = weak || held.assertion.auth_at.is_some_and(|at| at + SKEW >= start.at);
        let known = find_link(c, self.org, &held.namespace, &held.assertion.subject).await?;
        let link = known.as_ref().map(|(link, _)| link.id);
        let known = known.map(|(link, state)| Known { account: link.account_id, state, link: Some(link.id) });
        let policy = ground.policy(Some(&held.key));
        let around = self.surroundings(c, &policy, known, &ground).await?;
        let filter = Values::new(&self.expressions, held, &around).filter(&policy);
        let facts =
            Facts { provider: Some(ProviderFacts { id: held.provider, enabled: provider.enabled, filter }), ..Facts::local(Intent::Confirm(Confirm { account, password: false, fresh }), known) };
        let opening = Opening { account, method: held.key.clone(), link, provider: Some(held.provider), kind: "confirm", auth_at: self.now() };
        let settled = self.confirmed(c, visitor, &facts, &policy, &opening, start.continuation.clone()).await?;
        if let (Ok(_), Some(link)) = (&settled, link) {
            touch_link(c, link, &self.sealed_claims(held)?, self.now()).await?;
        }
        Ok(settled)
    }

    /// What the decision says: the same session goes on under a new id, standing on this authentication.
    async fn confirmed(&self, c: &mut Conn, visitor: &Visitor, facts: &Facts, policy: &Policy, opening: &Opening, continuation: Continuation) -> Result<Settled, Fault> {
        let decision = decide(facts, policy);
        let detail = serde_json::json!({"outcome": decision.outcome.name(), "reasons": decision.reasons, "policy_version": decision.policy_version, "facts": facts});
        let event = |kind| Event { provider: opening.method.clone(), ..Event::new(kind).account(opening.account).detail(detail.clone()) };
        match decision.outcome {
            Outcome::Confirmed => {
                self.record(c, event("session.confirmed")).await?;
                let secret = self.open_session(c, visitor, opening).await?;
                Ok(Ok(Arrival::SignedIn { secret, continuation, method: opening.method.clone() }))
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
