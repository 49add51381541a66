//! Signing in by a code to a mailbox that the account owns. Whether an address has an account is not said: the page is
//! the same, and a code that was never sent is never right (RL-08).
use domain::{
    AccountId, Facts, Outcome, Refusal,
    address::Canonical,
    attempt::{Kept, State, Then},
    decide,
    facts::{AccountState, Intent, Known, Local},
    path::Continuation,
};
use storage::{accounts::find_owner, attempts::Attempt};

use crate::{
    Arrival, Fault, Ligature, Visitor,
    arrive::client_of,
    attempt::{Opened, blank},
    challenge::Binding,
};

impl Ligature {
    /// Mails a code to the owner of an address.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for what is no address, [`Refusal::CodeOff`], [`Refusal::RateLimited`].
    pub async fn ask_sign_in_code(&self, visitor: &Visitor, email: &str, continuation: Continuation) -> Result<Arrival, Fault> {
        let address = Canonical::parse(email).map_err(|_| Refusal::BadRequest)?;
        let visitor = visitor.clone();
        self.settle(move |this, c| {
            let (visitor, address, continuation) = (visitor.clone(), address.clone(), continuation.clone());
            Box::pin(async move {
                // Asked for some account, about which nothing is known: the answer says nothing of this one.
                let policy = this.ground(c, client_of(&continuation).as_deref()).await?.policy(None);
                let nobody = Known { account: AccountId([0; 16]), state: AccountState::Active, link: None, second_factor: false };
                if let Outcome::Refuse { refusal } = decide(&Facts { local: Local::EmailCode, ..Facts::local(Intent::SignIn, Some(nobody)) }, &policy).outcome {
                    return Err(refusal.into());
                }
                this.count_code_attempt(c, address.as_str()).await?;
                let account = find_owner(c, this.org, address.as_str()).await?;
                let state = State::SigningIn { account, address: address.as_str().to_owned() };
                let (id, hash) = this.begin_attempt(c, &visitor, "sign_in", &state, None, &continuation, policy.floors.pin_tries).await?;
                let row = Attempt { hash, browser: visitor.browser.clone(), ..blank(this.now()) };
                match account {
                    Some(_) => this.send_sign_in_code(c, &visitor, &row, account, address.as_str()).await?,
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

    /// The code that was typed: decided like every other sign-in.
    pub(crate) async fn sign_in_by_code(&self, visitor: &Visitor, id: &str, open: Opened, typed: &str) -> Result<Arrival, Fault> {
        let (account, address) = open.state.signing_in()?;
        let binding = self.own_binding(account, "sign_in", address).await?;
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
                open.state.signing_in()?;
                this.use_up(c, &right).await?;
                let continuation = open.continuation.clone();
                this.end_locally(c, &visitor, Then::SignIn { account, method: "code".into() }, Kept::default(), continuation, Some(&open)).await
            })
        })
        .await
    }
}
