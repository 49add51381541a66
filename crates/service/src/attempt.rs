//! The pages of an attempt: what they show, and what a click, a code or a password does.
use domain::{
    AccountId, Outcome, Policy, Proof, Refusal,
    address::masked,
    attempt::State,
    decide,
    decide::Choice,
    facts::Act,
    path::Continuation,
    policy::{Disclosure, Offer},
};
use storage::{
    Conn,
    accounts::{Email, find_account, list_emails},
    attempts::{Attempt, find_attempt, find_challenge, set_attempt_state},
    links::list_links,
    providers::list_providers,
};

use crate::{
    Arrival, Fault, Ligature, Visitor,
    arrive::Settled,
    challenge::{Binding, seconds},
    chance::hash,
    facts::Ask,
    held::Held,
    mails::Kind,
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
}

/// The body by page.
#[derive(Debug, Clone)]
pub enum ViewBody {
    Choose { provider: String, identity: String, offers: Vec<Offer>, accounts: Vec<ShownAccount> },
    Code { sent_to: String, tries_left: i32, sign_up: bool, password_too: bool },
    Reset { sent_to: String, tries_left: i32 },
    Bind { provider: String, identity: String, sent_to: Option<String> },
    Over { refusal: Option<Refusal> },
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

/// An attempt with everything opened.
#[derive(Clone)]
pub(crate) struct Opened {
    pub row: Attempt,
    pub state: State,
    pub held: Option<Held>,
    pub continuation: Continuation,
}

impl Opened {
    fn held(&self) -> Result<&Held, Fault> {
        self.held.as_ref().ok_or_else(|| Refusal::AttemptExpired.into())
    }
}

impl Ligature {
    /// Finds an attempt by its id **and** the browser (LK-10). A stranger's browser learns nothing.
    pub(crate) async fn opened(&self, c: &mut Conn, visitor: &Visitor, id: &str) -> Result<Opened, Fault> {
        if id.len() > 64 {
            return Err(Refusal::AttemptUnknown.into());
        }
        let row = find_attempt(c, self.org, &hash(id), &visitor.browser).await?.ok_or(Refusal::AttemptUnknown)?;
        if row.expires_at <= self.now() {
            return Err(Refusal::AttemptExpired.into());
        }
        let state: State = serde_json::from_str(&row.state)?;
        let continuation = serde_json::from_str(&row.continuation)?;
        let held = self.open_held(&row);
        Ok(Opened { row, state, held, continuation })
    }

    /// What the attempt's current page shows.
    ///
    /// # Errors
    /// [`Refusal::AttemptUnknown`], [`Refusal::AttemptExpired`].
    pub async fn attempt_view(&self, visitor: &Visitor, id: &str) -> Result<AttemptView, Fault> {
        let mut conn = self.store.read().await?;
        let c = &mut conn;
        let open = self.opened(c, visitor, id).await?;
        let provider = open.held.as_ref().map(|h| h.provider_name.clone()).unwrap_or_default();
        let identity = open.held.as_ref().map(Held::label).unwrap_or_default();
        let sent_to = find_challenge(c, &open.row.hash).await?.map(|ch| ch.sent_to);
        let body = match &open.state {
            State::Choosing { choice } => ViewBody::Choose { provider, identity, offers: choice.offers.clone(), accounts: self.shown(c, choice).await? },
            State::Proving { .. } => ViewBody::Code { sent_to: sent_to.unwrap_or_default(), tries_left: open.row.tries_left, sign_up: false, password_too: true },
            State::SigningUp { .. } => ViewBody::Code { sent_to: sent_to.unwrap_or_default(), tries_left: open.row.tries_left, sign_up: true, password_too: false },
            State::Resetting { .. } => ViewBody::Reset { sent_to: sent_to.unwrap_or_default(), tries_left: open.row.tries_left },
            State::Binding { target, .. } => ViewBody::Bind { provider, identity, sent_to: target.and(sent_to) },
            State::Done | State::Abandoned => ViewBody::Over { refusal: None },
            State::Refused { refusal } => ViewBody::Over { refusal: Some(*refusal) },
        };
        Ok(AttemptView { page: open.state.page(), body, flash: Refusal::parse(&open.row.flash), support: open.row.support_code.clone(), continuation: open.continuation })
    }

    async fn shown(&self, c: &mut Conn, choice: &Choice) -> Result<Vec<ShownAccount>, Fault> {
        let providers = list_providers(c, self.org).await?;
        let mut accounts = Vec::new();
        for shown in &choice.shown {
            let address = list_emails(c, shown.account).await?.into_iter().next().map(|e| e.typed).unwrap_or_default();
            let mut methods = Vec::new();
            if choice.disclosure == Disclosure::Open {
                for link in list_links(c, shown.account).await? {
                    methods.extend(providers.iter().find(|p| p.id == link.provider_id).map(|p| p.name.clone()));
                }
                if storage::accounts::find_password(c, shown.account).await?.is_some() {
                    methods.push("password".into());
                }
            }
            let address = if choice.disclosure == Disclosure::Open { address } else { masked(&address) };
            accounts.push(ShownAccount { id: shown.account, address, methods, addable: shown.addable });
        }
        Ok(accounts)
    }

    /// A choice on the chooser.
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] for what was not offered, refusals of the decision.
    pub async fn pick(&self, visitor: &Visitor, id: &str, act: Act) -> Result<Arrival, Fault> {
        let (visitor, secret) = (visitor.clone(), id.to_owned());
        self.settle(move |this, c| {
            let (visitor, secret) = (visitor.clone(), secret.clone());
            Box::pin(async move {
                let open = this.opened(c, &visitor, &secret).await?;
                let act = open.state.pick(act)?;
                this.step(c, &visitor, &secret, open, act).await
            })
        })
        .await
    }

    /// Decides on an act of the person and applies the answer, all in this transaction.
    async fn step(&self, c: &mut Conn, visitor: &Visitor, id: &str, open: Opened, act: Act) -> Result<Settled, Fault> {
        let held = open.held()?.clone();
        let (facts, policy) = self.facts(c, &held, Ask::SignIn(act)).await?;
        let decision = decide(&facts, &policy);
        let next = open.state.clone().after(&decision.outcome)?;
        match &decision.outcome {
            Outcome::Challenge { target } => {
                self.move_on(c, &open, &next, "").await?;
                self.send_link_code(c, visitor, &open, *target, &policy, true).await?;
                Ok(Ok(Arrival::Page { id: id.to_owned(), page: next.page() }))
            }
            Outcome::Bind { .. } | Outcome::Choose(_) => {
                self.move_on(c, &open, &next, "").await?;
                Ok(Ok(Arrival::Page { id: id.to_owned(), page: next.page() }))
            }
            _ => {
                self.move_on(c, &open, &next, "").await?;
                self.apply(c, visitor, &held, &open.continuation, &facts, &policy, &decision).await
            }
        }
    }

    /// Moves the attempt's row on; whoever was slower starts over.
    pub(crate) async fn move_on(&self, c: &mut Conn, open: &Opened, next: &State, flash: &str) -> Result<(), Fault> {
        let moved = set_attempt_state(c, &open.row, &serde_json::to_string(next)?, flash, next.is_terminal()).await?;
        if moved { Ok(()) } else { Err(storage::Error::Changed.into()) }
    }

    /// Mails the linking code to the account's own address; for a decoy the same page without a mail.
    async fn send_link_code(&self, c: &mut Conn, visitor: &Visitor, open: &Opened, target: Option<AccountId>, policy: &Policy, first: bool) -> Result<(), Fault> {
        let held = open.held()?;
        let binding = self.link_binding(c, held, target).await?;
        if first {
            self.count_code_attempt(c, &binding.address).await?;
        }
        let letter = match target {
            Some(account) => {
                let locale = find_account(c, self.org, account).await?.map_or_else(|| visitor.locale.clone(), |a| a.locale);
                let to = self.mail_target(c, held, account).await?.map(|e| e.typed).unwrap_or_default();
                Some(self.letter(Kind::LinkCode, to, locale, visitor, &held.provider_name, &held.label()))
            }
            None => None,
        };
        self.challenge(c, &open.row, &binding, seconds(policy.floors.pin_ttl), letter).await
    }

    /// The account's own address: the one that was matched, in the account's spelling, else its primary one (GO-36).
    async fn mail_target(&self, c: &mut Conn, held: &Held, account: AccountId) -> Result<Option<Email>, Fault> {
        let emails: Vec<Email> = list_emails(c, account).await?.into_iter().filter(|e| e.proof != "none").collect();
        let claimed = held.address();
        let matched = emails.iter().find(|e| claimed.as_ref().is_some_and(|a| a.as_str() == e.canonical)).cloned();
        Ok(matched.or_else(|| emails.into_iter().next()))
    }

    async fn link_binding(&self, c: &mut Conn, held: &Held, target: Option<AccountId>) -> Result<Binding, Fault> {
        let address = match target {
            Some(account) => self.mail_target(c, held, account).await?.map(|e| e.canonical),
            None => None,
        };
        let address = address.or_else(|| held.address().map(|a| a.as_str().to_owned())).unwrap_or_default();
        Ok(Binding { action: "link", provider: held.provider.to_string(), namespace: held.namespace.clone(), subject: held.assertion.subject.clone(), account: target, address })
    }

    /// A new code; the tries stay as they are.
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] where no code is awaited.
    pub async fn resend(&self, visitor: &Visitor, id: &str) -> Result<Arrival, Fault> {
        let (visitor, secret) = (visitor.clone(), id.to_owned());
        self.settle(move |this, c| {
            let (visitor, secret) = (visitor.clone(), secret.clone());
            Box::pin(async move {
                let open = this.opened(c, &visitor, &secret).await?;
                match &open.state {
                    State::Proving { target, .. } => {
                        let policy = crate::policies::Policies::load(c, this.org).await?.effective(Some(&open.held()?.key));
                        this.send_link_code(c, &visitor, &open, *target, &policy, false).await?;
                    }
                    State::SigningUp { account } => this.send_sign_up_code(c, &visitor, &open.row, *account).await?,
                    State::Resetting { account } => this.send_reset_code(c, &visitor, &open.row, *account).await?,
                    State::Choosing { .. } | State::Binding { .. } => return Err(Refusal::AttemptStep.into()),
                    State::Done | State::Abandoned | State::Refused { .. } => return Err(Refusal::AttemptExpired.into()),
                }
                Ok(Ok(Arrival::Page { id: secret, page: open.state.page() }))
            })
        })
        .await
    }

    /// The code that was typed.
    ///
    /// # Errors
    /// [`Refusal::CodeExhausted`] on the last wrong one; refusals of the decision. A wrong one with tries left is a page.
    pub async fn enter_code(&self, visitor: &Visitor, id: &str, typed: &str) -> Result<Arrival, Fault> {
        let mut conn = self.store.read().await?;
        let open = self.opened(&mut conn, visitor, id).await?;
        if let State::SigningUp { account } = open.state {
            drop(conn);
            return self.finish_sign_up(visitor, id, open, account, typed).await;
        }
        let target = open.state.proving()?;
        let binding = self.link_binding(&mut conn, open.held()?, target).await?;
        drop(conn);
        match self.compare_code(&open.row, &binding, typed).await {
            Ok(right) => {
                let target = target.ok_or(Refusal::CodeWrong)?;
                let (visitor, secret) = (visitor.clone(), id.to_owned());
                self.settle(move |this, c| {
                    let (visitor, secret, right) = (visitor.clone(), secret.clone(), right.clone());
                    Box::pin(async move {
                        let open = this.opened(c, &visitor, &secret).await?;
                        if open.state.proving()? != Some(target) {
                            return Err(Refusal::AttemptStep.into());
                        }
                        this.use_up(c, &right).await?;
                        this.step(c, &visitor, &secret, open, Act::Proved(target, Proof::Mailbox)).await
                    })
                })
                .await
            }
            Err(fault) => self.wrong_code(visitor, id, fault).await,
        }
    }

    /// After a wrong code: the same page with what is left, or the end.
    pub(crate) async fn wrong_code(&self, visitor: &Visitor, id: &str, fault: Fault) -> Result<Arrival, Fault> {
        let refusal = fault.refusal();
        if !matches!(refusal, Refusal::CodeWrong | Refusal::CodeExhausted | Refusal::CodeExpired | Refusal::CredentialsWrong) {
            return Err(fault);
        }
        let (visitor, secret) = (visitor.clone(), id.to_owned());
        self.settle(move |this, c| {
            let (visitor, secret) = (visitor.clone(), secret.clone());
            Box::pin(async move {
                let open = this.opened(c, &visitor, &secret).await?;
                if refusal == Refusal::CodeExhausted {
                    if !open.state.is_terminal() {
                        this.move_on(c, &open, &State::Refused { refusal }, refusal.code()).await?;
                        let event = crate::audit::Event::new("attempt.refused").code(refusal.code()).support(&open.row.support_code);
                        this.record(c, event).await?;
                    }
                    return Ok(Err((refusal, open.row.support_code)));
                }
                this.move_on(c, &open, &open.state, refusal.code()).await?;
                Ok(Ok(Arrival::Page { id: secret, page: open.state.page() }))
            })
        })
        .await
    }

    /// The account's password as the proof (AU-13, LK-16): counted by the same limiter as a sign-in.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`]; refusals of the decision. A wrong one is a page.
    pub async fn bind_by_password(&self, visitor: &Visitor, id: &str, address: &str, password: &str) -> Result<Arrival, Fault> {
        let mut conn = self.store.read().await?;
        let open = self.opened(&mut conn, visitor, id).await?;
        let wanted = open.state.binding()?;
        let held = open.held()?.clone();
        let by_code_page = matches!(open.state, State::Proving { .. });
        let address = match (wanted, by_code_page) {
            (Some(account), _) => self.mail_target(&mut conn, &held, account).await?.map(|e| e.typed).unwrap_or_default(),
            (None, true) => held.address().map(|a| a.as_str().to_owned()).unwrap_or_default(),
            (None, false) => address.to_owned(),
        };
        drop(conn);
        let shown = match self.check_password(&address, wanted, password).await {
            Ok(account) if wanted.is_none_or(|w| w == account) && !(by_code_page && wanted.is_none()) => account,
            Ok(_) => return self.wrong_code(visitor, id, Refusal::CredentialsWrong.into()).await,
            Err(fault) => return self.wrong_code(visitor, id, fault).await,
        };
        let (visitor, secret) = (visitor.clone(), id.to_owned());
        self.settle(move |this, c| {
            let (visitor, secret) = (visitor.clone(), secret.clone());
            Box::pin(async move {
                let open = this.opened(c, &visitor, &secret).await?;
                if open.state.binding()? != wanted {
                    return Err(Refusal::AttemptStep.into());
                }
                this.step(c, &visitor, &secret, open, Act::Proved(shown, Proof::Credential)).await
            })
        })
        .await
    }

    /// The person goes back to the sign-in page; nothing of the identity is kept.
    ///
    /// # Errors
    /// [`Refusal::AttemptUnknown`], [`Refusal::AttemptExpired`].
    pub async fn cancel(&self, visitor: &Visitor, id: &str) -> Result<Arrival, Fault> {
        let (visitor, secret) = (visitor.clone(), id.to_owned());
        self.settle(move |this, c| {
            let (visitor, secret) = (visitor.clone(), secret.clone());
            Box::pin(async move {
                let open = this.opened(c, &visitor, &secret).await?;
                if !open.state.is_terminal() {
                    this.move_on(c, &open, &State::Abandoned, "").await?;
                    this.record(c, crate::audit::Event::new("attempt.abandoned").code("cancelled")).await?;
                }
                Ok(Ok(Arrival::SignInAgain { continuation: open.continuation }))
            })
        })
        .await
    }
}
