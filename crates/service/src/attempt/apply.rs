//! Applies a decision that ends a journey.
use crate::{
    Error,
    account::changes::{ProfileChange, doer},
    audit::Event,
    crypto::random::support_code,
    notifications::messages::Kind,
    policy::context::PolicyContext,
    services::AttemptSteps,
    sign_in::{
        complete_login::Applying,
        login_outcome::{LoginOutcome, TxOutcome},
        sessions::Opening,
    },
    transaction::LiveRequest,
};
use domain::{
    EventKind, Outcome, Policy, Proof,
    account_rules::rewind::Changed,
    attempt::State,
    audit_events::{Actor, Target},
    linking::{EmailStep, facts::UserAction},
    path::Continuation,
    policy::AbandonAudit,
};
use storage::{Conn, accounts::links::touch_link};

impl AttemptSteps {
    /// Applies a decision that ends the journey; the others are pages of an attempt.
    pub(crate) async fn apply(&self, c: &mut Conn, a: &Applying<'_>) -> Result<TxOutcome, Error> {
        let Applying { ctx, identity, continuation, facts, config, policy, decision, .. } = *a;
        let client = continuation.client_id().unwrap_or_default();
        let decided = |event: Event, hashed| {
            self.decided(event.in_application(client), identity, facts, decision, hashed)
        };
        let event = |kind, account| decided(Event::own(ctx, kind, account), true);
        let now = self.now();
        let sync = &policy.choices.sync;
        let spoken = facts.provider.is_some_and(|p| p.second_factor);
        let factor = a.progress.factor.as_ref().map_or_else(
            || if spoken { "provider".to_owned() } else { String::new() },
            |(_, by)| by.clone(),
        );
        let opening = |account, link, kind: &'static str, auth_at| Opening {
            account,
            method: identity.key.clone(),
            link,
            provider: Some(identity.provider),
            kind,
            auth_at,
            factor: factor.clone(),
            provider_sid: self.provider_sid_of(identity),
        };
        let signed_in = |secret| {
            Ok(Ok(LoginOutcome::SignedIn {
                secret,
                continuation: continuation.clone(),
                method: identity.key.clone(),
            }))
        };
        match &decision.outcome {
            Outcome::SignIn { account, email } => {
                let link = facts.known.and_then(|k| k.link);
                if let Some(link) = link
                    && touch_link(c, link, &self.sealed_claims(identity)?, now).await? == 0
                {
                    return Err(storage::Error::Changed.into());
                }
                if let Some(link) = link {
                    self.groups().follow(c, *account, link, identity, config).await?;
                }
                self.accounts().restore_if_closing(c, ctx, facts).await?;
                self.accounts()
                    .sync_profile(c, *account, identity, policy, &sync.on_login, config)
                    .await?;
                if *email == EmailStep::Overwrite {
                    self.accounts()
                        .overwrite_email(c, ctx, *account, identity, facts.trust)
                        .await?;
                }
                self.accounts().keep_given(c, *account, a.progress).await?;
                let started = Some(event(EventKind::SessionStarted, *account));
                let secret = self
                    .sessions()
                    .open_session(c, ctx, config, &opening(*account, link, "sign_in", now), started)
                    .await?;
                if *email == EmailStep::Ask {
                    let id = self
                        .attempts()
                        .ask_about_email(c, ctx, *account, identity, continuation)
                        .await?;
                    let page = domain::path::SafePath::parse(&format!("/attempt/{id}/email"))
                        .map_err(|_| Error::Internal("an attempt's path".into()))?;
                    return Ok(Ok(LoginOutcome::SignedIn {
                        secret,
                        continuation: Continuation::Path(page),
                        method: identity.key.clone(),
                    }));
                }
                signed_in(secret)
            }
            Outcome::Create => {
                let (account, link) =
                    self.accounts().open_account(c, ctx, identity, facts.trust).await?;
                self.groups().follow(c, account, link, identity, config).await?;
                self.accounts()
                    .sync_profile(c, account, identity, policy, &sync.on_create, config)
                    .await?;
                self.accounts().keep_given(c, account, a.progress).await?;
                let opening = opening(account, Some(link), "sign_in", now);
                let created = Some(event(EventKind::AccountCreated, account));
                signed_in(self.sessions().open_session(c, ctx, config, &opening, created).await?)
            }
            Outcome::Link { account, basis, notify } => {
                let (link, changing) =
                    self.accounts().link_identity(c, *account, identity, basis).await?;
                self.groups().follow(c, *account, link, identity, config).await?;
                if matches!(facts.act, UserAction::Proved(_, proof, _) if proof >= Proof::Credential)
                {
                    self.accounts().settle_with(c, *account, identity).await?;
                }
                let before = self
                    .accounts()
                    .sync_profile(c, *account, identity, policy, &sync.on_link, config)
                    .await?;
                let by = ctx
                    .session
                    .as_ref()
                    .map_or_else(|| format!("sign-in:{}", identity.key), |_| doer(ctx));
                let noted = self
                    .accounts()
                    .changed(
                        c,
                        changing,
                        Changed::Link,
                        &by,
                        ProfileChange { provider: identity.key.clone(), before },
                    )
                    .await?;
                self.accounts().keep_given(c, *account, a.progress).await?;
                self.record(c, event(EventKind::LinkAdded, *account)).await?;
                if *notify {
                    self.notifications()
                        .notify(
                            c,
                            *account,
                            Kind::LinkNotice,
                            ctx,
                            &identity.provider_name,
                            &identity.label(),
                            noted.as_ref(),
                        )
                        .await?;
                }
                let secret = self
                    .session_after_link(
                        c,
                        ctx,
                        config,
                        policy,
                        opening(*account, Some(link), "sign_in", now),
                    )
                    .await?;
                signed_in(secret)
            }
            Outcome::Reclaim { account } => {
                let link = self
                    .accounts()
                    .reclaim_account(c, *account, identity, a.progress.password.as_deref())
                    .await?;
                self.groups().follow(c, *account, link, identity, config).await?;
                self.accounts()
                    .sync_profile(c, *account, identity, policy, &sync.on_create, config)
                    .await?;
                self.accounts().keep_given(c, *account, a.progress).await?;
                let opening = opening(*account, Some(link), "sign_in", now);
                let reclaimed = Some(event(EventKind::AccountReclaimed, *account));
                signed_in(self.sessions().open_session(c, ctx, config, &opening, reclaimed).await?)
            }
            Outcome::AlreadyLinked => signed_in(
                self.sessions()
                    .open_session(c, ctx, config, &Opening::unchanged(ctx.session()?), None)
                    .await?,
            ),
            Outcome::Abandon => {
                let hashed = policy.choices.abandon_audit == AbandonAudit::Hashed;
                let event = Event::visitor(ctx, EventKind::AttemptAbandoned);
                self.record(c, decided(event, hashed)).await?;
                Ok(Ok(LoginOutcome::SignInAgain { continuation: continuation.clone() }))
            }
            Outcome::Refuse { refusal } => {
                let support =
                    a.attempt.map_or_else(support_code, |open| open.row.support_code.clone());
                let event = match facts.known {
                    Some(known) => Event::of(
                        ctx,
                        EventKind::SignInRefused,
                        Actor::Visitor,
                        Target::Account(known.account),
                    ),
                    None => Event::visitor(ctx, EventKind::SignInRefused),
                };
                self.record(c, decided(event, true).support(&support)).await?;
                // An application waits for an answer: the page that refuses also leads back to it (GV-20).
                match (a.attempt, continuation) {
                    (None, Continuation::Authorize(_) | Continuation::Recovered(_)) => {
                        let state = State::Refused { refusal: *refusal };
                        let (id, _) = self
                            .attempts()
                            .begin_refused(c, ctx, &state, continuation, &support)
                            .await?;
                        Ok(Ok(LoginOutcome::Page { id, page: state.page() }))
                    }
                    (Some(open), Continuation::Authorize(_) | Continuation::Recovered(_)) => {
                        Ok(Ok(LoginOutcome::Page { id: open.secret.clone(), page: "over" }))
                    }
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
            | Outcome::Restore { .. } => {
                Err(Error::Internal("this outcome is a page, not an end".into()))
            }
        }
    }

    /// After a link the session stands on the new identity, or stays where it was; its id changes in every case (GO-32, SB-01).
    pub(crate) async fn session_after_link(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        config: &PolicyContext,
        policy: &Policy,
        fresh: Opening,
    ) -> Result<String, Error> {
        let own = ctx.session.as_ref().filter(|session| session.account == fresh.account);
        let opening = match (own, policy.choices.after_add) {
            (Some(session), domain::policy::AfterAdd::Keep) => Opening::unchanged(session),
            (Some(session), domain::policy::AfterAdd::Switch) => Opening {
                kind: "add",
                auth_at: session.auth_at,
                factor: session.factor.clone(),
                ..fresh
            },
            (None, _) => fresh,
        };
        self.sessions().open_session(c, ctx, config, &opening, None).await
    }
}
