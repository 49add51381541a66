//! Signing in once more in a session, before something that an open screen alone must not do (MA-09, MA-10).
use domain::{
    AccountId, EventKind, Micros, Policy, Refusal, SECOND,
    account_rules::reauthenticate::{
        AvailableMethods, ReauthMethod, ReauthOutcome, Reauthenticate, reauthenticate,
    },
    attempt::{AttemptProgress, Awaited, CodePurpose, ProvedBy, State, Then},
    contact::{Contact, masked},
    linking::facts::{Known, ProviderFacts},
    path::Continuation,
};
use storage::{
    Conn,
    accounts::{
        attributes::find_phone,
        find_account, find_password,
        links::{list_links, touch_link},
        list_emails,
        passkeys::list_passkeys,
        second_factors::{TOTP, find_factor},
    },
    policy::providers::Provider,
};

use crate::{
    Error, LoginOutcome, RequestContext,
    account::passkeys::Ceremony,
    attempt::opened::Opened,
    audit::{Event, trace_of},
    crypto::random::support_code,
    policy::{context::PolicyContext, providers::Button},
    services::Reauthentication,
    sign_in::{
        login_outcome::TxOutcome, sessions::Opening, start::LoginState,
        upstream_identity::UpstreamIdentity,
    },
    transaction::{LiveRequest, Transactions},
};

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
    available: AvailableMethods,
    /// The address or number as it is sent to.
    code_to: Option<String>,
    providers: Vec<Provider>,
}

impl Reauthentication {
    /// Whether the visitor may go on without confirming.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`].
    pub async fn is_recent(&self, ctx: &RequestContext) -> Result<bool, Error> {
        let session = ctx.signed_in()?;
        let policy = self
            .configuration()
            .policy_context(&mut self.store.read().await?, None)
            .await?
            .policy(None);
        Ok(session.is_reauthenticated(self.now(), &policy))
    }

    /// The page's choices.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`].
    pub async fn confirm_view(&self, ctx: &RequestContext) -> Result<ConfirmView, Error> {
        let session = ctx.signed_in()?;
        let ways = self.ways(&mut self.store.read().await?, session.account).await?;
        let mut providers = Vec::new();
        for row in ways.providers {
            providers.push(self.configuration().button(&row));
        }
        let passkey = if ways.available.passkey {
            Some(self.passkeys().begin_passkey_sign_in(ctx)?)
        } else {
            None
        };
        Ok(ConfirmView {
            password: ways.available.password,
            passkey,
            code_to: ways.code_to.map(|to| masked(&to)),
            providers,
        })
    }

    /// The ways that the decision would let count, the strong ones first: what is weak depends on them.
    async fn ways(&self, c: &mut Conn, account: AccountId) -> Result<Ways, Error> {
        let config = self.configuration().policy_context(c, None).await?;
        let known = self.own_known(c, account).await?;
        let counts = |by: ReauthMethod,
                      available: AvailableMethods,
                      provider: Option<&Provider>| {
            let spoken = provider.map(|p| ProviderFacts {
                id: p.id,
                enabled: p.enabled,
                filter: Some(true),
                second_factor: false,
            });
            let facts =
                Reauthenticate { provider: spoken, available, ..local(account, by, Some(known)) };
            reauthenticate(&facts, &config.policy(provider.map(|p| p.key.as_str()))).outcome.is_ok()
        };
        let mut available = AvailableMethods {
            password: find_password(c, account).await?.is_some()
                && counts(ReauthMethod::Password, AvailableMethods::default(), None),
            ..AvailableMethods::default()
        };
        available.passkey = self.configuration().has_passkeys()
            && !list_passkeys(c, account).await?.is_empty()
            && counts(ReauthMethod::Passkey, available, None);
        let linked: Vec<_> =
            list_links(c, account).await?.into_iter().map(|l| l.provider_id).collect();
        let (mut reports_auth_time, mut plain) = (Vec::new(), Vec::new());
        for row in config.providers.iter().filter(|p| linked.contains(&p.id)) {
            if self.configuration().connector(row).await?.supports_auth_time() {
                reports_auth_time.push(row.clone())
            } else {
                plain.push(row.clone())
            }
        }
        reports_auth_time.retain(|p| {
            counts(ReauthMethod::Identity { reports_auth_time: true }, available, Some(p))
        });
        available.reports_auth_time = !reports_auth_time.is_empty();
        let mailbox = list_emails(c, account)
            .await?
            .into_iter()
            .find(|e| e.is_proved() && !e.contested)
            .map(|e| e.canonical);
        let phone = find_phone(c, account).await?.filter(|_| self.configuration().has_texts());
        let code_to = mailbox
            .filter(|_| counts(ReauthMethod::Mailbox, available, None))
            .or(phone.filter(|_| counts(ReauthMethod::Phone, available, None)));
        available.mailbox = code_to.is_some();
        plain.retain(|p| {
            counts(ReauthMethod::Identity { reports_auth_time: false }, available, Some(p))
        });
        Ok(Ways {
            available,
            code_to,
            providers: reports_auth_time.into_iter().chain(plain).collect(),
        })
    }

    /// Confirms by the account's password.
    ///
    /// # Errors
    /// [`Refusal::CredentialsWrong`], [`Refusal::RateLimited`], refusals of the decision.
    pub async fn confirm_by_password(
        &self,
        ctx: &RequestContext,
        password: &str,
        continuation: Continuation,
    ) -> Result<LoginOutcome, Error> {
        let account = ctx.signed_in()?.account;
        let proof = self.passwords().check_own_password(ctx, account, password).await?;
        self.confirm_locally(ctx, account, ReauthMethod::Password, proof, continuation).await
    }

    /// Confirms by a passkey of the account; another account's is refused by the decision.
    ///
    /// # Errors
    /// [`Refusal::PasskeyWrong`], [`Refusal::AttemptExpired`], refusals of the decision.
    pub async fn confirm_by_passkey(
        &self,
        ctx: &RequestContext,
        sealed: &str,
        answer: &str,
        continuation: Continuation,
    ) -> Result<LoginOutcome, Error> {
        let account = ctx.signed_in()?.account;
        let (shown, proof) = self.passkeys().shown_passkey(ctx, sealed, answer).await?;
        if shown != account {
            return Err(Refusal::OtherAccount.into());
        }
        self.confirm_locally(ctx, account, ReauthMethod::Passkey, proof, continuation).await
    }

    /// A credential of the account was shown just now.
    async fn confirm_locally(
        &self,
        ctx: &RequestContext,
        account: AccountId,
        by: ReauthMethod,
        proof: ProvedBy,
        continuation: Continuation,
    ) -> Result<LoginOutcome, Error> {
        self.retry_step(ctx, async move |this, c, ctx| {
            // The device verified the person: a passkey stands for the second factor too.
            let factor = (by == ReauthMethod::Passkey).then(|| (account, "passkey".to_owned()));
            let progress =
                AttemptProgress { factor, proof: Some(proof), ..AttemptProgress::default() };
            this.confirm_by(
                c,
                &ctx,
                account,
                by,
                AvailableMethods::default(),
                &progress,
                &continuation,
                None,
            )
            .await
        })
        .await
    }

    /// Sends a code to the account's own proved address, or to its phone.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] where that is no way to confirm.
    pub async fn ask_confirm_code(
        &self,
        ctx: &RequestContext,
        continuation: Continuation,
    ) -> Result<LoginOutcome, Error> {
        ctx.signed_in()?;
        self.retry_step(ctx, async move |this, c, ctx| {
            let account = ctx.session()?.account;
            let contact = this.ways(c, account).await?.code_to.ok_or(Refusal::NotAllowed)?;
            let awaited =
                Awaited { purpose: CodePurpose::Confirm, account: Some(account), contact };
            this.attempts().await_code(c, &ctx, awaited, None, &continuation).await
        })
        .await
    }

    /// The right code, in the session that asked for it; it counts if the decision would ask for it again.
    pub(crate) async fn confirm_by_code(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        open: &Opened,
        account: AccountId,
        contact: &Contact,
    ) -> Result<TxOutcome, Error> {
        let ways = self.ways(c, account).await?;
        let by = if contact.is_phone() { ReauthMethod::Phone } else { ReauthMethod::Mailbox };
        let progress = AttemptProgress {
            proof: Some(ProvedBy::code_to(contact)),
            ..AttemptProgress::default()
        };
        self.confirm_by(
            c,
            ctx,
            account,
            by,
            ways.available,
            &progress,
            &open.continuation,
            Some(open),
        )
        .await
    }

    #[expect(clippy::too_many_arguments, reason = "values of one transaction")]
    async fn confirm_by(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        account: AccountId,
        by: ReauthMethod,
        available: AvailableMethods,
        progress: &AttemptProgress,
        continuation: &Continuation,
        open: Option<&Opened>,
    ) -> Result<TxOutcome, Error> {
        let known = self.own_known(c, account).await?;
        let proof_gone =
            !self.decisions().still_proves(c, account, progress.proof.as_ref()).await?;
        let contested = self.accounts().is_contested(c, account, progress.proof.as_ref()).await?;
        let facts = Reauthenticate {
            available,
            factor_shown: shown(progress),
            proof_gone,
            contested,
            ..local(account, by, Some(known))
        };
        let config = self.configuration().policy_context(c, None).await?;
        let policy = config.policy(None);
        let factor = progress.factor.as_ref().map(|(_, by)| by.clone()).unwrap_or_default();
        let opening = Opening {
            kind: "confirm",
            factor,
            ..Opening::local(account, method_of(by), self.now())
        };
        self.confirmed(
            c,
            &Confirming {
                ctx,
                facts: &facts,
                config: &config,
                policy: &policy,
                opening: &opening,
                continuation,
                open,
                progress,
            },
        )
        .await
    }

    /// A provider's answer to a start that was made for confirming.
    pub(crate) async fn confirm_by_identity(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        identity: &UpstreamIdentity,
        session: &[u8],
        start: &LoginState,
    ) -> Result<TxOutcome, Error> {
        let account = ctx
            .session
            .as_ref()
            .filter(|own| own.hash == session)
            .ok_or(Refusal::SessionEnded)?
            .account;
        let config = self.configuration().policy_context(c, None).await?;
        let provider = config.provider(identity.provider).ok_or(Refusal::ProviderUnknown)?;
        let by = ReauthMethod::Identity {
            reports_auth_time: self.configuration().connector(provider).await?.supports_auth_time(),
        };
        let fresh = identity.assertion.auth_at.is_some_and(|at| at + SKEW >= start.at);
        let available = self.ways(c, account).await?.available;
        let (known, _) = self.decisions().known(c, identity).await?;
        let link = known.and_then(|known| known.link);
        let policy = config.policy(Some(&identity.key));
        let around = self.configuration().expression_context(c, &policy, known, &config).await?;
        let filter = self.values(identity, &policy, &around)?.filter;
        let second_factor = identity.second_factor(&policy);
        let provider = Some(ProviderFacts {
            id: identity.provider,
            enabled: provider.enabled,
            filter,
            second_factor,
        });
        let facts = Reauthenticate { fresh, provider, available, ..local(account, by, known) };
        let factor = if second_factor { "provider" } else { "" };
        let opening = Opening {
            account,
            method: identity.key.clone(),
            link,
            provider: Some(identity.provider),
            kind: "confirm",
            auth_at: self.now(),
            factor: factor.into(),
            provider_sid: self.provider_sid_of(identity),
        };
        let confirming = Confirming {
            ctx,
            facts: &facts,
            config: &config,
            policy: &policy,
            opening: &opening,
            continuation: &start.continuation,
            open: None,
            progress: &AttemptProgress {
                proof: link.map(ProvedBy::Identity),
                ..AttemptProgress::default()
            },
        };
        let settled = self.confirmed(c, &confirming).await?;
        if let (Ok(_), Some(link)) = (&settled, link) {
            touch_link(c, link, &self.sealed_claims(identity)?, self.now()).await?;
            self.groups().follow(c, account, link, identity, &config).await?;
        }
        Ok(settled)
    }

    /// The second factor was shown: the confirmation that waited for it is decided once more.
    pub(crate) async fn confirm_with_factor(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        open: &Opened,
        then: &Then,
        progress: &AttemptProgress,
    ) -> Result<TxOutcome, Error> {
        let Then::Confirm { account, method, link, provider } = then else {
            return Err(Error::Internal("no confirmation waits".into()));
        };
        if ctx.session()?.account != *account {
            return Err(Refusal::OtherAccount.into());
        }
        let config = self.configuration().policy_context(c, None).await?;
        let key = provider.and_then(|id| config.provider(id)).map(|p| p.key.clone());
        let enabled = provider.is_none_or(|id| config.provider(id).is_some_and(|p| p.enabled));
        let provider_facts = provider.map(|id| ProviderFacts {
            id,
            enabled,
            filter: Some(true),
            second_factor: false,
        });
        let by = match (provider, method.as_str()) {
            (Some(_), _) => ReauthMethod::Identity { reports_auth_time: true },
            (None, "password") => ReauthMethod::Password,
            (None, "passkey") => ReauthMethod::Passkey,
            (None, "phone") => ReauthMethod::Phone,
            (None, _) => ReauthMethod::Mailbox,
        };
        // How it counted was decided when it was shown; what is asked now is whether the account still is what it was.
        let known = self.own_known(c, *account).await?;
        let proof_gone =
            !self.decisions().still_proves(c, *account, progress.proof.as_ref()).await?;
        let contested = self.accounts().is_contested(c, *account, progress.proof.as_ref()).await?;
        let facts = Reauthenticate {
            provider: provider_facts,
            factor_shown: shown(progress),
            proof_gone,
            contested,
            ..local(*account, by, Some(known))
        };
        let factor = progress.factor.as_ref().map(|(_, by)| by.clone()).unwrap_or_default();
        let opening = Opening {
            account: *account,
            method: method.clone(),
            link: *link,
            provider: *provider,
            kind: "confirm",
            auth_at: self.now(),
            factor,
            provider_sid: None,
        };
        let policy = config.policy(key.as_deref());
        self.confirmed(
            c,
            &Confirming {
                ctx,
                facts: &facts,
                config: &config,
                policy: &policy,
                opening: &opening,
                continuation: &open.continuation,
                open: Some(open),
                progress,
            },
        )
        .await
    }

    async fn own_known(&self, c: &mut Conn, account: AccountId) -> Result<Known, Error> {
        let row = find_account(c, self.org, account).await?.ok_or(Refusal::SessionEnded)?;
        let second_factor = find_factor(c, account, TOTP).await?.is_some();
        Ok(Known { account, state: row.state(), link: None, second_factor })
    }

    /// What the decision says: the same session goes on under a new id, standing on this authentication.
    async fn confirmed(
        &self,
        c: &mut Conn,
        Confirming { ctx, facts, config, policy, opening, continuation, open, progress }: &Confirming<'_>,
    ) -> Result<TxOutcome, Error> {
        let decision = reauthenticate(facts, policy);
        let event = |kind| {
            Event::own(ctx, kind, opening.account)
                .by_provider(opening.method.clone())
                .detail(trace_of(facts, &decision))
        };
        match decision.outcome {
            Ok(ReauthOutcome::SecondFactor { account }) => {
                let then = Then::Confirm {
                    account: opening.account,
                    method: opening.method.clone(),
                    link: opening.link,
                    provider: opening.provider,
                };
                let state = State::second_factor(account, then, (*progress).clone());
                self.attempts().wait_in(c, ctx, *open, "confirm", state, continuation).await
            }
            Ok(ReauthOutcome::Confirmed) => {
                if let Some(open) = open {
                    self.attempts().move_on(c, open, &State::Done, "").await?;
                }
                ctx.session_of(opening.account)?;
                let confirmed = Some(event(EventKind::SessionConfirmed));
                let secret =
                    self.sessions().open_session(c, ctx, config, opening, confirmed).await?;
                Ok(Ok(LoginOutcome::SignedIn {
                    secret,
                    continuation: (*continuation).clone(),
                    method: opening.method.clone(),
                }))
            }
            Err(refusal) => {
                let support = support_code();
                self.record(
                    c,
                    event(EventKind::SessionNotConfirmed).code(refusal.code()).support(&support),
                )
                .await?;
                Ok(Err((refusal, support)))
            }
        }
    }
}

/// A method that was shown just now; what else matters is filled in by the caller.
fn local(account: AccountId, by: ReauthMethod, known: Option<Known>) -> Reauthenticate {
    Reauthenticate {
        account,
        by,
        fresh: true,
        available: AvailableMethods::default(),
        known,
        provider: None,
        factor_shown: None,
        proof_gone: false,
        contested: false,
    }
}

/// The account whose second factor was shown.
fn shown(progress: &AttemptProgress) -> Option<AccountId> {
    progress.factor.as_ref().map(|(account, _)| *account)
}

/// How a session names a means of the account's own.
fn method_of(by: ReauthMethod) -> &'static str {
    match by {
        ReauthMethod::Password => "password",
        ReauthMethod::Passkey => "passkey",
        ReauthMethod::Phone => "phone",
        ReauthMethod::Mailbox | ReauthMethod::Identity { .. } => "code",
    }
}

/// A confirmation with everything that deciding and applying it takes.
struct Confirming<'a> {
    ctx: &'a LiveRequest,
    facts: &'a Reauthenticate,
    config: &'a PolicyContext,
    policy: &'a Policy,
    opening: &'a Opening,
    continuation: &'a Continuation,
    open: Option<&'a Opened>,
    progress: &'a AttemptProgress,
}
