//! Ending a sign-in by the account's own means, or waiting for what is still wanted.
use crate::{
    Error, LoginOutcome,
    attempt::opened::Opened,
    audit::{Event, trace_of},
    crypto::random::support_code,
    services::Attempts,
    sign_in::{facts::given, login_outcome::TxOutcome, sessions::Opening},
    transaction::LiveRequest,
};
use domain::{
    EventKind, Facts, Outcome, Refusal,
    attempt::{AttemptProgress, State, Then},
    decide,
    linking::facts::{AccountState, Intent, Known, Local},
    path::Continuation,
    policy::ProfileAttribute,
};
use storage::{
    Conn,
    accounts::{
        Account, bump_rev, find_account, hold_account, is_email_taken, list_emails, own_email,
        remove_pending_accounts,
        second_factors::{TOTP, find_factor},
        set_account_state,
    },
};

impl Attempts {
    /// Ends a sign-in by the account's own means, or a sign-up: decided like every other, with a page if something is
    /// still wanted.
    pub(crate) async fn end_locally(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        then: Then,
        progress: AttemptProgress,
        continuation: Continuation,
        open: Option<&Opened>,
    ) -> Result<TxOutcome, Error> {
        let (account, intent, method) = match &then {
            Then::SignIn { account, method } => (*account, Intent::SignIn, method.clone()),
            Then::SignUp { account } => (*account, Intent::SignUp, "password".to_owned()),
            Then::Login { .. } | Then::Confirm { .. } | Then::Merge { .. } => {
                return Err(Error::Internal("not a local ending".into()));
            }
        };
        // Who takes its credentials away now waits for the answer, or was faster and is seen.
        hold_account(c, account).await?;
        let row = find_account(c, self.org, account).await?.ok_or(Refusal::CredentialsWrong)?;
        let config = self.configuration().policy_context(c, continuation.client_id()).await?;
        let policy = config.policy(None);
        let mut given = given(
            &progress,
            if row.name.is_empty() { Vec::new() } else { vec![ProfileAttribute::Name] },
        );
        self.decisions().add_agreed(c, &policy, &[account], &mut given).await?;
        let second_factor = find_factor(c, account, TOTP).await?.is_some();
        let known = Known { account, state: row.state(), link: None, second_factor };
        let local = match method.as_str() {
            "code" => Local::EmailCode,
            "phone" => Local::PhoneCode,
            "passkey" => Local::Passkey,
            _ => Local::Password,
        };
        let proof_gone = intent == Intent::SignIn
            && !self.decisions().still_proves(c, account, progress.proof.as_ref()).await?;
        let contested = self.accounts().is_contested(c, account, progress.proof.as_ref()).await?;
        let facts = Facts {
            given,
            local,
            proof_gone,
            contested,
            ..Facts::local(intent, (intent == Intent::SignIn).then_some(known))
        };
        let decision = decide(&facts, &policy);
        if let Some(state) = State::complete(&decision.outcome, then, progress.clone()) {
            return self.wait_in(c, ctx, open, "sign_in", state, &continuation).await;
        }
        let event = |kind| {
            Event::own(ctx, kind, account)
                .by_provider(method.clone())
                .in_application(continuation.client_id().unwrap_or_default())
                .detail(trace_of(&facts, &decision))
        };
        // What changes the account ends what is open and concerns it: this attempt is over before.
        if let (Some(open), Outcome::SignIn { .. } | Outcome::Create) = (open, &decision.outcome) {
            self.move_on(c, open, &State::Done, "").await?;
        }
        match decision.outcome {
            Outcome::SignIn { .. } => {
                self.accounts().restore_if_closing(c, ctx, &facts).await?;
                self.record(c, event(EventKind::SessionStarted)).await?;
            }
            Outcome::Create => {
                self.activate_account(c, &row).await?;
                self.record(c, event(EventKind::AccountCreated)).await?;
            }
            Outcome::Refuse { refusal } => {
                let support = open.map_or_else(support_code, |open| open.row.support_code.clone());
                self.record(
                    c,
                    event(EventKind::SignInRefused).code(refusal.code()).support(&support),
                )
                .await?;
                // A pending account answers like a wrong password: nobody learns of it by guessing.
                return Ok(Err((
                    if refusal == Refusal::AccountPending {
                        Refusal::CredentialsWrong
                    } else {
                        refusal
                    },
                    support,
                )));
            }
            _ => {
                return Err(Error::Internal(
                    "a local ending signs in, creates or is refused".into(),
                ));
            }
        }
        self.accounts().keep_given(c, account, &progress).await?;
        let factor = progress.factor.map(|(_, by)| by).unwrap_or_default();
        let secret = self
            .sessions()
            .open_session(
                c,
                ctx,
                &config,
                &Opening { factor, ..Opening::local(account, &method, self.now()) },
                None,
            )
            .await?;
        Ok(Ok(LoginOutcome::SignedIn { secret, continuation, method }))
    }

    /// The proved address of a sign-up makes its account active; other unfinished ones for it go.
    pub(crate) async fn activate_account(&self, c: &mut Conn, row: &Account) -> Result<(), Error> {
        let address = list_emails(c, row.id)
            .await?
            .into_iter()
            .next()
            .ok_or(Refusal::AttemptExpired)?
            .canonical;
        bump_rev(c, row.id, row.rev).await?;
        if row.state() != AccountState::Pending
            || is_email_taken(c, self.org, &address, row.id, self.now()).await?
        {
            return Err(Refusal::AttemptExpired.into());
        }
        set_account_state(c, self.org, row.id, AccountState::Active).await?;
        own_email(c, row.id, &address).await?;
        Ok(remove_pending_accounts(c, self.org, &address, row.id).await?)
    }

    /// The page that asks for what is wanted, in the attempt that is open or in a new one.
    pub(crate) async fn wait_in(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        open: Option<&Opened>,
        kind: &str,
        state: State,
        continuation: &Continuation,
    ) -> Result<TxOutcome, Error> {
        let id = match open {
            Some(open) => {
                self.move_on(c, open, &state, "").await?;
                open.secret.clone()
            }
            None => self.begin_attempt(c, ctx, kind, &state, None, continuation).await?.0,
        };
        Ok(Ok(LoginOutcome::Page { id, page: state.page() }))
    }
}
