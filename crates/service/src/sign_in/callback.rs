//! A provider's answer: checked against the browser's own start before anything is asked of the provider.
use crate::services::SignIn;
use domain::{EventKind, Micros, Refusal, provider_health::Asked};
use storage::{
    policy::providers::Provider,
    sign_in::attempts::{consume_state, is_state_consumed},
};
use subtle::ConstantTimeEq;
use upstream::{CodeExchange, UpstreamError};

use crate::{
    Error, LoginOutcome, RequestContext,
    crypto::random::support_code,
    sign_in::{
        start::{LoginState, SealedStart, refusal_of},
        upstream_identity::UpstreamIdentity,
    },
};

/// The parameters of the answer (RFC 6749 §4.1.2, RFC 9207; SAML 2.0 Bindings §3.5.3).
#[derive(Debug, Clone, Default)]
pub struct Callback {
    pub state: Option<String>,
    /// The code, or the SAML response.
    pub code: Option<String>,
    pub error: Option<String>,
    pub iss: Option<String>,
    /// What Apple posts once, at a person's first sign-in: a name is taken from it, and nothing else.
    pub user: Option<String>,
    /// Why an answer that is too large to be carried was not kept, for administrators.
    pub not_kept: Option<String>,
}

/// Errors that a provider answers with while it works (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
pub(crate) fn is_known(error: &str) -> bool {
    ["access_denied", "login_required", "interaction_required", "consent_required"].contains(&error)
}

/// What a code is traded with.
pub(crate) fn exchange<'a>(
    start: &'a LoginState,
    answer: &'a Callback,
    code: &'a str,
    redirect_uri: &'a str,
    counts: &'a [String],
    now: Micros,
) -> CodeExchange<'a> {
    CodeExchange {
        redirect_uri,
        code,
        issuer: answer.iss.as_deref(),
        user: answer.user.as_deref(),
        nonce: &start.nonce,
        verifier: &start.verifier,
        fresh: start.asks_anew(),
        counts,
        now,
    }
}

impl SignIn {
    /// Finishes what a start began. `cookie` is the start cookie that the state names.
    ///
    /// # Errors
    /// [`Refusal::StateMissing`], [`Refusal::StateMismatch`], [`Refusal::StateReplayed`] before any request;
    /// [`Refusal::ProviderRefused`], [`Refusal::ProviderDown`], [`Refusal::ProviderAnswer`] after one; refusals of the decision.
    pub async fn callback(
        &self,
        ctx: &RequestContext,
        key: &str,
        answer: Callback,
        cookie: Option<&str>,
    ) -> Result<LoginOutcome, Error> {
        let (start, row) = self.begun(ctx, key, answer.state.as_deref(), cookie).await?;
        if start.is_test() {
            return self.test_answer(ctx, start, row, &answer).await;
        }
        if let Some(error) = &answer.error {
            let known = is_known(error);
            tracing::info!(provider.key = key, known, "the provider answered with an error");
            return Err(self.spend(ctx, &start, Refusal::ProviderRefused).await);
        }
        if let Some(why) = answer.not_kept {
            return Err(self.spend_for(ctx, &start, Refusal::ProviderAnswer, Some(why)).await);
        }
        let Some(code) = &answer.code else {
            return Err(self.spend(ctx, &start, Refusal::ProviderRefused).await);
        };
        if !row.enabled {
            return Err(self.spend(ctx, &start, Refusal::ProviderDisabled).await);
        }
        let connector = self.configuration().connector(&row).await?;
        // A directory has no answer that a browser could bring.
        let Some(flow) = connector.way().redirect() else {
            return Err(self.spend(ctx, &start, Refusal::StateMismatch).await);
        };
        let redirect_uri = self.configuration().redirect_uri(key);
        let counts = self.counted_claims(&row).await?;
        let exchange = exchange(&start, &answer, code, &redirect_uri, &counts, self.now());
        let asked =
            self.configuration().ask_provider(&row, flow.finish(exchange), |_| Asked::Worked);
        match asked.await {
            Ok(assertion) => {
                self.complete_login(ctx, UpstreamIdentity::new(row, assertion), start).await
            }
            Err(error) => Err(self.spend_upstream(ctx, &start, &error).await),
        }
    }

    /// Claims of a provider that something counts on: those that give groups, where it gives any.
    pub(crate) async fn counted_claims(&self, row: &Provider) -> Result<Vec<String>, Error> {
        let mut conn = self.store.read().await?;
        let config = self.configuration().policy_context(&mut conn, None).await?;
        let policy = config.policy(Some(&row.key));
        let gives = policy.choices.mirror_groups || !config.groups.rules_of(row.id).is_empty();
        Ok(Some(policy.choices.groups_attribute.clone()).filter(|_| gives).into_iter().collect())
    }

    /// The start behind an answer, unused so far, and its provider as it is now.
    ///
    /// # Errors
    /// As [`crate::SignIn::callback`] before any request.
    pub(crate) async fn begun(
        &self,
        ctx: &RequestContext,
        key: &str,
        state: Option<&str>,
        cookie: Option<&str>,
    ) -> Result<(LoginState, Provider), Error> {
        let start = self.own_start(ctx, key, state, cookie)?;
        let mut conn = self.store.read().await?;
        let start = self.with_its_way(&mut conn, start).await?;
        if is_state_consumed(&mut conn, &start.consumed_hash()).await? {
            return Err(Refusal::StateReplayed.into());
        }
        let row = self.configuration().provider(&mut conn, key).await?;
        drop(conn);
        if row.id != start.provider {
            return Err(self.spend(ctx, &start, Refusal::StateMismatch).await);
        }
        Ok((start, row))
    }

    /// The start that this browser made for this provider and this state (OC-01, OC-05, MA-01, MA-03).
    fn own_start(
        &self,
        ctx: &RequestContext,
        key: &str,
        state: Option<&str>,
        cookie: Option<&str>,
    ) -> Result<SealedStart, Refusal> {
        let state = state.filter(|s| !s.is_empty()).ok_or(Refusal::StateMissing)?;
        let start =
            self.open_start(cookie.ok_or(Refusal::StateMissing)?).ok_or(Refusal::StateMismatch)?;
        let same = bool::from(start.state().as_bytes().ct_eq(state.as_bytes()))
            && start.key == key
            && start.is_of(&ctx.browser);
        if same && start.is_fresh(self.now()) { Ok(start) } else { Err(Refusal::StateMismatch) }
    }

    /// A failure uses the state up too (OC-01), with an audit event.
    pub(crate) async fn spend(
        &self,
        ctx: &RequestContext,
        start: &LoginState,
        refusal: Refusal,
    ) -> Error {
        self.spend_for(ctx, start, refusal, None).await
    }

    /// The same, for a provider that did not do its work.
    pub(crate) async fn spend_upstream(
        &self,
        ctx: &RequestContext,
        start: &LoginState,
        error: &UpstreamError,
    ) -> Error {
        tracing::warn!(provider.key = start.key, %error, "a provider's answer was not accepted");
        self.spend_for(ctx, start, refusal_of(error), Some(error.to_string())).await
    }

    /// As [`crate::SignIn::spend`]; `why` tells administrators which part of the provider it was, and of which field.
    async fn spend_for(
        &self,
        ctx: &RequestContext,
        start: &LoginState,
        refusal: Refusal,
        why: Option<String>,
    ) -> Error {
        let (this, support) = (self.clone(), support_code());
        let event = start.event(ctx, EventKind::SignInRefused);
        let (start, shown) = (start.clone(), support.clone());
        let spent = self
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    if consume_state(c, &start.consumed_hash(), start.consumed_until()).await? {
                        let detail = why.map_or_else(
                            || serde_json::json!({}),
                            |why| serde_json::json!({ "why": why }),
                        );
                        let event = event.code(refusal.code()).support(&support).detail(detail);
                        this.record(c, event).await?;
                    }
                    Ok(())
                })
            })
            .await;
        match spent {
            Ok(()) => Error::Refused { refusal, support: shown },
            Err(error) => error,
        }
    }
}
