//! A local account: pending until the code from its mailbox is typed; and a new password by the same way.
use domain::{
    AccountId, CredentialId, Facts, Outcome, Refusal,
    address::Canonical,
    attempt::{Kept, State, Then},
    decide,
    facts::{AccountState, Intent},
    path::{Continuation, SafePath},
};
use storage::{
    Conn,
    accounts::{Email, NewEmail, add_account, add_email, bump_rev, find_account, find_owner, is_email_taken, list_emails, set_password},
    attempts::Attempt,
    links::list_links,
};

use crate::{
    Arrival, Fault, Ligature, Visitor,
    arrive::client_of,
    attempt::{Opened, blank},
    audit::Event,
    challenge::Binding,
    chance::{row_id, subject},
    mails::Kind,
    password::acceptable,
    undo::Undoable,
};

/// The page that shows what else opens an account that was recovered.
const RECOVERED: &str = "/account/recovered";

/// What a sign-up form holds.
#[derive(Debug, Clone)]
pub struct NewPerson {
    pub email: String,
    pub name: String,
    pub password: String,
}

/// What is wrong with a form: field names and message keys.
pub type FieldProblems = Vec<(&'static str, &'static str)>;

impl NewPerson {
    /// Field problems, all at once.
    #[must_use]
    pub fn problems(&self) -> FieldProblems {
        let mut problems = Vec::new();
        if Canonical::parse(&self.email).is_err() {
            problems.push(("email", "field-email"));
        }
        if self.name.trim().is_empty() || self.name.chars().count() > 80 || self.name.chars().any(char::is_control) {
            problems.push(("name", "field-name"));
        }
        if !acceptable(&self.password, &[self.email.clone(), self.name.clone()]) {
            problems.push(("password", "field-password"));
        }
        problems
    }
}

impl Ligature {
    /// Begins a sign-up. A taken address gives the same page; its owner gets a notice instead of a code (RL-08).
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] when the form has problems, [`Refusal::CreationClosed`].
    pub async fn sign_up(&self, visitor: &Visitor, person: NewPerson, continuation: Continuation) -> Result<Arrival, Fault> {
        let address = Canonical::parse(&person.email).map_err(|_| Refusal::BadRequest)?;
        if !person.problems().is_empty() {
            return Err(Refusal::BadRequest.into());
        }
        self.check_new_password(&person.password, &[]).await?;
        let phc = self.hash_password(&person.password).await?;
        let visitor = visitor.clone();
        self.settle(move |this, c| {
            let (visitor, person, address, phc, continuation) = (visitor.clone(), person.clone(), address.clone(), phc.clone(), continuation.clone());
            Box::pin(async move {
                let policy = this.ground(c, client_of(&continuation).as_deref()).await?.policy(None);
                if let Outcome::Refuse { refusal } = decide(&Facts::local(Intent::SignUp, None), &policy).outcome {
                    return Err(refusal.into());
                }
                let now = this.now();
                let taken = find_owner(c, this.org, address.as_str()).await?;
                // An address that was given up a moment ago stays its account's: nobody hears of it, nobody gets it.
                let reserved = is_email_taken(c, this.org, address.as_str(), AccountId([0; 16]), now).await?;
                let account = match taken {
                    Some(_) => None,
                    None if reserved => None,
                    None => Some(this.pending_account(c, &visitor, &person, &address, &phc).await?),
                };
                let state = State::SigningUp { account };
                let (id, hash) = this.begin_attempt(c, &visitor, "sign_up", &state, None, &continuation, policy.floors.pin_tries).await?;
                let row = Attempt { hash, browser: visitor.browser.clone(), ..blank(now) };
                match (taken, account) {
                    (Some(owner), _) => this.decoy(c, &visitor, &row, owner, &address, Kind::SignUpTaken).await?,
                    (None, Some(_)) => this.send_sign_up_code(c, &visitor, &row, account).await?,
                    (None, None) => {
                        let binding = Binding { action: "decoy", address: address.as_str().to_owned(), ..Binding::default() };
                        let shape = this.local_code(c).await?;
                        this.challenge(c, &row, &binding, shape, None).await?;
                    }
                }
                Ok(Ok(Arrival::Page { id, page: state.page() }))
            })
        })
        .await
    }

    async fn pending_account(&self, c: &mut Conn, visitor: &Visitor, person: &NewPerson, address: &Canonical, phc: &str) -> Result<AccountId, Fault> {
        let now = self.now();
        let account = AccountId(row_id(now));
        add_account(c, self.org, account, AccountState::Pending, person.name.trim(), &visitor.locale, &subject(), now).await?;
        let email = NewEmail { canonical: address.as_str().to_owned(), typed: person.email.trim().to_owned(), proof: "none".into(), owner: false, primary: true };
        add_email(c, self.org, account, &email, row_id(now), now).await?;
        set_password(c, self.org, account, CredentialId(row_id(now)), phc, now).await?;
        self.record(c, Event::new("account.pending").account(account)).await?;
        Ok(account)
    }

    /// A challenge that nothing answers, and a notice to whoever has the address.
    pub(crate) async fn decoy(&self, c: &mut Conn, visitor: &Visitor, row: &Attempt, owner: AccountId, address: &Canonical, kind: Kind) -> Result<(), Fault> {
        let within = self.within_budget(c, address.as_str()).await?;
        let binding = Binding { action: "decoy", address: address.as_str().to_owned(), ..Binding::default() };
        let shape = self.local_code(c).await?;
        self.challenge(c, row, &binding, shape, None).await?;
        if within { self.tell(c, owner, kind, visitor, "", "", None).await } else { Ok(()) }
    }

    pub(crate) async fn send_sign_up_code(&self, c: &mut Conn, visitor: &Visitor, row: &Attempt, account: Option<AccountId>) -> Result<(), Fault> {
        self.send_own_code(c, visitor, row, account, "", Kind::SignUpCode).await
    }

    pub(crate) async fn send_reset_code(&self, c: &mut Conn, visitor: &Visitor, row: &Attempt, account: Option<AccountId>, address: &str) -> Result<(), Fault> {
        self.send_own_code(c, visitor, row, account, address, Kind::ResetCode).await
    }

    pub(crate) async fn send_sign_in_code(&self, c: &mut Conn, visitor: &Visitor, row: &Attempt, account: Option<AccountId>, address: &str) -> Result<(), Fault> {
        self.send_own_code(c, visitor, row, account, address, Kind::SignInCode).await
    }

    /// A code to the address that was typed, if the account has it; with none typed, to its only one.
    async fn send_own_code(&self, c: &mut Conn, visitor: &Visitor, row: &Attempt, account: Option<AccountId>, address: &str, kind: Kind) -> Result<(), Fault> {
        let Some(id) = account else { return Ok(()) };
        let Some(email) = own_email_of(list_emails(c, id).await?, address) else { return Ok(()) };
        let action = match kind {
            Kind::SignInCode => "sign_in",
            Kind::ResetCode => "reset",
            _ => "sign_up",
        };
        let locale = find_account(c, self.org, id).await?.map_or_else(|| visitor.locale.clone(), |a| a.locale);
        let binding = Binding { action, account, address: email.canonical, ..Binding::default() };
        let letter = self.letter(kind, email.typed, locale, visitor, "", "");
        let shape = self.local_code(c).await?;
        self.challenge(c, row, &binding, shape, Some(letter)).await
    }

    /// Lifetime and shape of codes outside any provider.
    pub(crate) async fn local_code(&self, c: &mut Conn) -> Result<(domain::Micros, domain::policy::Pin), Fault> {
        Ok(crate::challenge::code_shape(&self.ground(c, None).await?.policy(None)))
    }

    pub(crate) async fn own_binding(&self, account: Option<AccountId>, action: &'static str, address: &str) -> Result<Binding, Fault> {
        let address = match account {
            Some(id) => own_email_of(list_emails(&mut self.store.read().await?, id).await?, address).map(|e| e.canonical).unwrap_or_default(),
            None => String::new(),
        };
        Ok(Binding { action, account, address, ..Binding::default() })
    }

    /// The code of a sign-up: the account becomes active and owns its address; other pending ones for it go.
    pub(crate) async fn finish_sign_up(&self, visitor: &Visitor, id: &str, open: Opened, account: Option<AccountId>, typed: &str) -> Result<Arrival, Fault> {
        let binding = self.own_binding(account, "sign_up", "").await?;
        let right = match self.compare_code(&open.row, &binding, typed).await {
            Ok(right) => right,
            Err(fault) => return self.wrong_code(visitor, id, fault).await,
        };
        let account = account.ok_or(Refusal::CodeWrong)?;
        let (visitor, secret) = (visitor.clone(), id.to_owned());
        self.settle(move |this, c| {
            let (visitor, secret, right) = (visitor.clone(), secret.clone(), right.clone());
            Box::pin(async move {
                let open = this.opened(c, &visitor, &secret).await?;
                open.state.signing_up()?;
                this.use_up(c, &right).await?;
                find_account(c, this.org, account).await?.ok_or(Refusal::AttemptExpired)?;
                let continuation = open.continuation.clone();
                this.end_locally(c, &visitor, Then::SignUp { account }, Kept::default(), continuation, Some(&open)).await
            })
        })
        .await
    }

    /// Asks for a new password: the page is the same whether or not the address has an account.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for what is no address.
    pub async fn ask_reset(&self, visitor: &Visitor, email: &str, continuation: Continuation) -> Result<Arrival, Fault> {
        let address = Canonical::parse(email).map_err(|_| Refusal::BadRequest)?;
        let visitor = visitor.clone();
        self.settle(move |this, c| {
            let (visitor, address, continuation) = (visitor.clone(), address.clone(), continuation.clone());
            Box::pin(async move {
                let owner = find_owner(c, this.org, address.as_str()).await?;
                let active = match owner {
                    Some(id) => find_account(c, this.org, id).await?.is_some_and(|a| a.state() == AccountState::Active),
                    None => false,
                };
                let account = owner.filter(|_| active);
                let state = State::Resetting { account, address: address.as_str().to_owned() };
                let (id, hash) = this.begin_attempt(c, &visitor, "recover", &state, None, &continuation, domain::code::TRIES).await?;
                let row = Attempt { hash, browser: visitor.browser.clone(), ..blank(this.now()) };
                match account {
                    Some(_) => this.send_reset_code(c, &visitor, &row, account, address.as_str()).await?,
                    None => {
                        let binding = Binding { action: "decoy", address: address.as_str().to_owned(), ..Binding::default() };
                        let shape = this.local_code(c).await?;
                        this.challenge(c, &row, &binding, shape, None).await?;
                    }
                }
                Ok(Ok(Arrival::Page { id, page: state.page() }))
            })
        })
        .await
    }

    /// Sets the new password with the code: every session of the account ends, and the person signs in anew here.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for a password that may not be set, [`Refusal::CodeExhausted`].
    pub async fn reset(&self, visitor: &Visitor, id: &str, typed: &str, password: &str) -> Result<Arrival, Fault> {
        let open = self.opened(&mut self.store.read().await?, visitor, id).await?;
        let (account, address) = open.state.resetting()?;
        self.check_new_password(password, &[]).await?;
        let binding = self.own_binding(account, "reset", address).await?;
        let right = match self.compare_code(&open.row, &binding, typed).await {
            Ok(right) => right,
            Err(fault) => return self.wrong_code(visitor, id, fault).await,
        };
        let account = account.ok_or(Refusal::CodeWrong)?;
        let phc = self.hash_password(password).await?;
        let (visitor, secret) = (visitor.clone(), id.to_owned());
        self.settle(move |this, c| {
            let (visitor, secret, right, phc) = (visitor.clone(), secret.clone(), right.clone(), phc.clone());
            Box::pin(async move {
                let open = this.opened(c, &visitor, &secret).await?;
                open.state.resetting()?;
                this.use_up(c, &right).await?;
                let row = find_account(c, this.org, account).await?.filter(|a| a.state() == AccountState::Active).ok_or(Refusal::PolicyChanged)?;
                bump_rev(c, account, row.rev).await?;
                let now = this.now();
                set_password(c, this.org, account, CredentialId(row_id(now)), &phc, now).await?;
                this.unlock_password(c, account).await?;
                this.move_on(c, &open, &State::Done, "").await?;
                this.end_everything(c, account, None).await?;
                this.record(c, Event::new("password.reset").account(account)).await?;
                this.tell(c, account, Kind::PasswordNotice, &visitor, "", "", Some(&Undoable::Password)).await?;
                // Other ways in stay; the person sees them before anything else (PH-04).
                let continuation = match open.continuation {
                    Continuation::Account if !list_links(c, account).await?.is_empty() => Continuation::Path(SafePath::parse(RECOVERED).map_err(|_| Fault::Internal("a path of ours".into()))?),
                    other => other,
                };
                let then = Then::SignIn { account, method: "password".into() };
                match this.end_locally(c, &visitor, then, Kept::default(), continuation, None).await? {
                    // Nothing is changed for who may not come in by it.
                    Err((refusal, _)) => Err(refusal.into()),
                    arrived => Ok(arrived),
                }
            })
        })
        .await
    }
}

/// The account's address that was typed, or its only one where none was.
fn own_email_of(all: Vec<Email>, address: &str) -> Option<Email> {
    all.into_iter().find(|e| address.is_empty() || e.canonical == address)
}
