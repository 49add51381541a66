//! An identity has arrived: decide in the committing transaction, and do what the decision says.
use crate::{
    core::Core,
    services::{AttemptSteps, Attempts, SignIn, Transactions},
};
use std::sync::Arc;

use domain::{
    Decision, Facts, Outcome, Policy, Proof, Refusal,
    account_rules::rewind::Changed,
    attempt::{AttemptProgress, State},
    linking::{EmailStep, facts::UserAction},
    path::Continuation,
    policy::AbandonAudit,
};
use storage::{
    Conn,
    accounts::links::touch_link,
    sign_in::attempts::{Attempt, add_attempt, consume_state},
};

use crate::{
    Error, RequestContext,
    account::changes::{ProfileChange, doer},
    attempt::{Opened, StepInput, blank},
    crypto::random::{hash, support_code, token},
    notifications::messages::Kind,
    policy::context::PolicyContext,
    sign_in::{
        facts::Ask,
        sessions::Opening,
        start::{LoginPurpose, LoginState},
        upstream_identity::UpstreamIdentity,
    },
    transaction::LiveRequest,
};

/// Where the browser goes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A path of ours.
    Local(String),
    /// An application's registered redirect URI with its parameters.
    Application(String),
}

/// What came of a step.
#[derive(Debug, Clone)]
pub enum LoginOutcome {
    /// Signed in: the new session's secret for the cookie, and what comes next.
    SignedIn { secret: String, continuation: Continuation, method: String },
    /// A page of the attempt.
    Page { id: String, page: &'static str },
    /// The session stays; what it was about goes on.
    Continue { caller: Box<crate::SessionInfo>, continuation: Continuation },
    /// Something from before was shown: back to the page of the undo link.
    Undo { secret: String },
    /// Begin a sign-in by a method that exists; the application's request goes along.
    SignInAgain { continuation: Continuation },
}

/// A decision with everything that applying it takes.
#[derive(Clone, Copy)]
pub(crate) struct Applying<'a> {
    pub ctx: &'a LiveRequest,
    pub identity: &'a UpstreamIdentity,
    pub continuation: &'a Continuation,
    pub facts: &'a Facts,
    pub config: &'a PolicyContext,
    pub policy: &'a Arc<Policy>,
    pub decision: &'a Decision,
    /// What was given in the attempt beside the act.
    pub progress: &'a AttemptProgress,
    /// The attempt that it ends; a refusal at the callback has none.
    pub attempt: Option<&'a Opened>,
}

/// The result of a transaction: what to answer, or a refusal that was committed with its audit event.
pub(crate) type TxOutcome = Result<LoginOutcome, (Refusal, String)>;

impl SignIn {
    /// A fresh assertion at the callback.
    pub(crate) async fn complete_login(&self, ctx: &RequestContext, identity: UpstreamIdentity, start: LoginState) -> Result<LoginOutcome, Error> {
        self.retry_step(ctx, move |this, c, ctx| {
            let (identity, start) = (identity.clone(), start.clone());
            Box::pin(async move { this.complete_login_in(c, &ctx, &identity, &start).await })
        })
        .await
    }

    async fn complete_login_in(&self, c: &mut Conn, ctx: &LiveRequest, identity: &UpstreamIdentity, start: &LoginState) -> Result<TxOutcome, Error> {
        let ctx = &ctx.for_continuation(&start.continuation);
        if !consume_state(c, &start.consumed_hash(), start.consumed_until()).await? {
            return Err(Refusal::StateReplayed.into());
        }
        let config = self.decisions().hold(c, identity, start.continuation.client_id()).await?;
        if !config.still_says(identity) {
            return Err(Refusal::PolicyChanged.into());
        }
        let progress = AttemptProgress::default();
        let ask = match &start.purpose {
            LoginPurpose::Bind { attempt } => return self.attempt_steps().bind_by_identity(c, ctx, attempt, identity).await,
            LoginPurpose::Undo { secret } => return self.rewinds().undo_by_identity(c, ctx, identity, secret, start).await,
            LoginPurpose::Merge { session } => return self.merges().merge_by_identity(c, ctx, identity, session).await,
            LoginPurpose::Reauthenticate { session } => return self.reauthentication().confirm_by_identity(c, ctx, identity, session, start).await,
            LoginPurpose::SignIn => Ask::SignIn { act: UserAction::Initial, proven: false, progress: &progress },
            LoginPurpose::Add { session } => {
                let now = ctx.session.as_ref().filter(|now| now.hash == *session).ok_or(Refusal::SessionEnded)?;
                Ask::Add { account: now.account, reauthenticated: now.is_reauthenticated(start.at, &config.policy(Some(&identity.key))) }
            }
        };
        let (facts, policy, decision) = self.decisions().decide_on(c, identity, ask, &config).await?;
        if let Some(state) = self.attempt_steps().entered(c, identity, &decision.outcome, None, &StepInput::new(UserAction::Initial, false)).await? {
            let (id, hash) = self.attempts().begin_attempt(c, ctx, "sign_in", &state, Some(identity), &start.continuation).await?;
            let row = Attempt { hash, browser: ctx.browser.clone(), ..blank(self.now()) };
            self.attempts().send_code(c, ctx, &row, &state, identity, &policy).await?;
            return Ok(Ok(LoginOutcome::Page { id, page: state.page() }));
        }
        self.attempt_steps()
            .apply(c, &Applying { ctx, identity, continuation: &start.continuation, facts: &facts, config: &config, policy: &policy, decision: &decision, progress: &progress, attempt: None })
            .await
    }
}

impl AttemptSteps {
    /// Applies a decision that ends the journey; the others are pages of an attempt.
    pub(crate) async fn apply(&self, c: &mut Conn, a: &Applying<'_>) -> Result<TxOutcome, Error> {
        let Applying { ctx, identity, continuation, facts, config, policy, decision, .. } = *a;
        let event = |kind| self.decided(kind, identity, facts, decision, true);
        let now = self.now();
        let sync = &policy.choices.sync;
        let spoken = facts.provider.is_some_and(|p| p.second_factor);
        let factor = a.progress.factor.as_ref().map_or_else(|| if spoken { "provider".to_owned() } else { String::new() }, |(_, by)| by.clone());
        let opening = |account, link, kind: &'static str, auth_at| Opening { account, method: identity.key.clone(), link, provider: Some(identity.provider), kind, auth_at, factor: factor.clone() };
        let signed_in = |secret| Ok(Ok(LoginOutcome::SignedIn { secret, continuation: continuation.clone(), method: identity.key.clone() }));
        match &decision.outcome {
            Outcome::SignIn { account, email } => {
                let link = facts.known.and_then(|k| k.link);
                if let Some(link) = link
                    && touch_link(c, link, &self.sealed_claims(identity)?, now).await? == 0
                {
                    return Err(storage::Error::Changed.into());
                }
                self.accounts().restore_if_closing(c, ctx, facts).await?;
                self.accounts().sync_profile(c, *account, identity, policy, &sync.on_login, config).await?;
                if *email == EmailStep::Overwrite {
                    self.accounts().overwrite_email(c, ctx, *account, identity, facts.trust).await?;
                }
                self.accounts().keep_given(c, *account, a.progress).await?;
                self.record(c, event("session.started").account(*account)).await?;
                let secret = self.sessions().open_session(c, ctx, config, &opening(*account, link, "sign_in", now)).await?;
                if *email == EmailStep::Ask {
                    let id = self.attempts().ask_about_email(c, ctx, *account, identity, continuation).await?;
                    let page = domain::path::SafePath::parse(&format!("/attempt/{id}/email")).map_err(|_| Error::Internal("an attempt's path".into()))?;
                    return Ok(Ok(LoginOutcome::SignedIn { secret, continuation: Continuation::Path(page), method: identity.key.clone() }));
                }
                signed_in(secret)
            }
            Outcome::Create => {
                let (account, link) = self.accounts().open_account(c, ctx, identity, facts.trust).await?;
                self.accounts().sync_profile(c, account, identity, policy, &sync.on_create, config).await?;
                self.accounts().keep_given(c, account, a.progress).await?;
                self.record(c, event("account.created").account(account)).await?;
                signed_in(self.sessions().open_session(c, ctx, config, &opening(account, Some(link), "sign_in", now)).await?)
            }
            Outcome::Link { account, basis, notify } => {
                let (link, changing) = self.accounts().link_identity(c, *account, identity, basis).await?;
                if matches!(facts.act, UserAction::Proved(_, proof, _) if proof >= Proof::Credential) {
                    self.accounts().settle_with(c, *account, identity).await?;
                }
                let before = self.accounts().sync_profile(c, *account, identity, policy, &sync.on_link, config).await?;
                let by = ctx.session.as_ref().map_or_else(|| format!("sign-in:{}", identity.key), |_| doer(ctx));
                let noted = self.accounts().changed(c, changing, Changed::Link, &by, ProfileChange { provider: identity.key.clone(), before }).await?;
                self.accounts().keep_given(c, *account, a.progress).await?;
                self.record(c, event("link.added").account(*account)).await?;
                if *notify {
                    self.notifications().notify(c, *account, Kind::LinkNotice, ctx, &identity.provider_name, &identity.label(), noted.as_ref()).await?;
                }
                let secret = self.session_after_link(c, ctx, config, policy, opening(*account, Some(link), "sign_in", now)).await?;
                signed_in(secret)
            }
            Outcome::Reclaim { account } => {
                let link = self.accounts().reclaim_account(c, *account, identity, a.progress.password.as_deref()).await?;
                self.accounts().sync_profile(c, *account, identity, policy, &sync.on_create, config).await?;
                self.accounts().keep_given(c, *account, a.progress).await?;
                self.record(c, event("account.reclaimed").account(*account)).await?;
                signed_in(self.sessions().open_session(c, ctx, config, &opening(*account, Some(link), "sign_in", now)).await?)
            }
            Outcome::AlreadyLinked => signed_in(self.sessions().open_session(c, ctx, config, &Opening::unchanged(ctx.session()?)).await?),
            Outcome::Abandon => {
                let hashed = policy.choices.abandon_audit == AbandonAudit::Hashed;
                self.record(c, self.decided("attempt.abandoned", identity, facts, decision, hashed)).await?;
                Ok(Ok(LoginOutcome::SignInAgain { continuation: continuation.clone() }))
            }
            Outcome::Refuse { refusal } => {
                let support = a.attempt.map_or_else(support_code, |open| open.row.support_code.clone());
                self.record(c, event("signin.refused").support(&support)).await?;
                // An application waits for an answer: the page that refuses also leads back to it (GV-20).
                match (a.attempt, continuation) {
                    (None, Continuation::Authorize(_) | Continuation::Recovered(_)) => {
                        let state = State::Refused { refusal: *refusal };
                        let (id, _) = self.attempts().begin_refused(c, ctx, &state, continuation, &support).await?;
                        Ok(Ok(LoginOutcome::Page { id, page: state.page() }))
                    }
                    (Some(open), Continuation::Authorize(_) | Continuation::Recovered(_)) => Ok(Ok(LoginOutcome::Page { id: open.secret.clone(), page: "over" })),
                    _ => Ok(Err((*refusal, support))),
                }
            }
            Outcome::Choose(_)
            | Outcome::Confirm
            | Outcome::Challenge { .. }
            | Outcome::Bind { .. }
            | Outcome::FinishSignup { .. }
            | Outcome::SecondFactor { .. }
            | Outcome::Details { .. }
            | Outcome::Restore { .. } => Err(Error::Internal("this outcome is a page, not an end".into())),
        }
    }

    /// After a link the session stands on the new identity, or stays where it was; its id changes in every case (GO-32, SB-01).
    async fn session_after_link(&self, c: &mut Conn, ctx: &LiveRequest, config: &PolicyContext, policy: &Policy, fresh: Opening) -> Result<String, Error> {
        let own = ctx.session.as_ref().filter(|caller| caller.account == fresh.account);
        let opening = match (own, policy.choices.after_add) {
            (Some(caller), domain::policy::AfterAdd::Keep) => Opening::unchanged(caller),
            (Some(caller), domain::policy::AfterAdd::Switch) => Opening { kind: "add", auth_at: caller.auth_at, factor: caller.factor.clone(), ..fresh },
            (None, _) => fresh,
        };
        self.sessions().open_session(c, ctx, config, &opening).await
    }
}

impl Attempts {
    /// Writes a new attempt; answers its secret id and its row's hash. The tries of a code come with its challenge.
    pub(crate) async fn begin_attempt(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        kind: &str,
        state: &State,
        identity: Option<&UpstreamIdentity>,
        continuation: &Continuation,
    ) -> Result<(String, Vec<u8>), Error> {
        self.write_attempt(c, ctx, kind, state, identity, continuation, domain::one_time_code::TRIES, support_code()).await
    }

    /// An attempt that is over before it began: the page that refuses, with the way back to the application.
    async fn begin_refused(&self, c: &mut Conn, ctx: &LiveRequest, state: &State, continuation: &Continuation, support: &str) -> Result<(String, Vec<u8>), Error> {
        self.write_attempt(c, ctx, "sign_in", state, None, continuation, 0, support.to_owned()).await
    }

    #[expect(clippy::too_many_arguments, reason = "a row has this many values")]
    async fn write_attempt(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        kind: &str,
        state: &State,
        identity: Option<&UpstreamIdentity>,
        continuation: &Continuation,
        tries: i32,
        support: String,
    ) -> Result<(String, Vec<u8>), Error> {
        let (id, now) = (token(), self.now());
        let hashed = hash(&id);
        let assertion = match identity {
            Some(identity) => Some(self.seal_identity(&hashed, identity)?),
            None => None,
        };
        let row = Attempt {
            hash: hashed.clone(),
            browser: ctx.browser.clone(),
            kind: kind.to_owned(),
            state: serde_json::to_string(state)?,
            rev: 1,
            assertion,
            identity: identity.map(|identity| self.identity_hash(identity)),
            continuation: serde_json::to_string(continuation)?,
            support_code: support,
            flash: String::new(),
            tries_left: tries,
            created_at: now,
            expires_at: now + domain::attempt::TTL,
        };
        add_attempt(c, self.org, &row, &state.concerns()).await?;
        Ok((id, hashed))
    }
}

impl Core {
    /// A keyed hash of an identity: what its flows are found by.
    pub(crate) fn identity_hash(&self, identity: &UpstreamIdentity) -> Vec<u8> {
        self.keys.lookup(&[b"identity", identity.namespace.as_bytes(), identity.assertion.subject.as_bytes()])
    }

    pub(crate) fn seal_identity(&self, attempt: &[u8], identity: &UpstreamIdentity) -> Result<Vec<u8>, Error> {
        let purpose = format!("attempt-{}", attempt.iter().map(|b| format!("{b:02x}")).collect::<String>());
        self.keys.seal(&purpose, &serde_json::to_vec(identity)?)
    }

    pub(crate) fn open_identity(&self, attempt: &Attempt) -> Option<UpstreamIdentity> {
        let purpose = format!("attempt-{}", attempt.hash.iter().map(|b| format!("{b:02x}")).collect::<String>());
        serde_json::from_slice(&self.keys.open_sealed(&purpose, attempt.assertion.as_deref()?)?).ok()
    }
}
