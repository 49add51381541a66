//! Sessions that end here because they ended at the provider that they began with: told by the provider itself (OpenID
//! Connect Back-Channel Logout 1.0), or by a frame in the person's browser (Front-Channel Logout 1.0).
use domain::{EventKind, HOUR, Refusal, audit_events::Target, limits::LOGOUT_TOKENS};
use serde_json::json;
use storage::{
    Conn,
    accounts::{hold_account, links::find_link},
    policy::providers::Provider,
    sign_in::{
        attempts::{Ending, consume_state, end_attempts},
        counters::Limit,
        sessions::{EndedSessions, end_session, end_sessions_there, list_accounts_there},
    },
};
use upstream::EndedThere;

use crate::{Error, RequestContext, audit::Event, services::Sessions, transaction::Transactions};

impl Sessions {
    /// Where a provider tells us that a session ended there.
    #[must_use]
    pub fn backchannel_logout_uri(&self, key: &str) -> String {
        format!("{}/backchannel-logout", self.configuration().redirect_uri(key))
    }

    /// The same by a frame in the browser.
    #[must_use]
    pub fn frontchannel_logout_uri(&self, key: &str) -> String {
        format!("{}/frontchannel-logout", self.configuration().redirect_uri(key))
    }

    /// Takes a provider's logout token; answers how many sessions ended. Switched-off providers are heard too: what
    /// they say can only close something.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for a token that fails a check or was used, [`Refusal::ProviderUnknown`],
    /// [`Refusal::RateLimited`] for a network that has sent too many bad ones.
    pub async fn end_by_provider(
        &self,
        network: &str,
        key: &str,
        token: &str,
    ) -> Result<usize, Error> {
        let bad = Limit {
            subject: self.keys.lookup(&[b"logout-tokens", network.as_bytes()]),
            most: LOGOUT_TOKENS,
            window: HOUR,
        };
        let mut conn = self.store.read().await?;
        let row = self.configuration().provider(&mut conn, key).await?;
        // A network that floods us has a limit for what is bad. What the provider itself says counts in every case.
        let full = bad.count(&mut conn, self.now()).await? >= bad.most;
        drop(conn);
        let connector = self.configuration().connector(&row).await?;
        let read = match connector.way().redirect() {
            Some(flow) => flow.ended_there(token, self.now()).await.map_err(|e| e.to_string()),
            None => Err("a directory sends none".to_owned()),
        };
        let ended = match read {
            Ok(ended) => self.end_there(&row, ended).await,
            Err(_) if full => return Err(Refusal::RateLimited.into()),
            Err(why) => {
                tracing::warn!(provider.key = key, why, "a logout token was not accepted");
                Err(Refusal::BadRequest.into())
            }
        };
        if ended.as_ref().is_err_and(|error| error.refusal() == Refusal::BadRequest) {
            let now = self.now();
            self.store
                .write::<_, Error, _>(move |c| {
                    Box::pin(async move { Ok(bad.take(c, now).await.map(drop)?) })
                })
                .await?;
        }
        ended
    }

    async fn end_there(&self, row: &Provider, ended: EndedThere) -> Result<usize, Error> {
        let (this, row) = (self.clone(), row.clone());
        self.store
            .write(move |c| Box::pin(async move { this.end_there_in(c, &row, &ended).await }))
            .await
    }

    async fn end_there_in(
        &self,
        c: &mut Conn,
        row: &Provider,
        ended: &EndedThere,
    ) -> Result<usize, Error> {
        let namespace = &row.namespace;
        let once = self.keys.lookup(&[b"logout-token", namespace.as_bytes(), ended.id.as_bytes()]);
        if !consume_state(c, &once, ended.remembered_until).await? {
            tracing::warn!(provider.key = row.key, "a logout token was used before");
            return Err(Refusal::BadRequest.into());
        }
        let session = ended.session.as_ref().map(|sid| self.provider_sid(namespace, sid));
        let session = session.as_deref();
        let mut open = 0;
        let which: Vec<EndedSessions<'_>> = match (&ended.subject, session) {
            (Some(subject), _) => {
                let identity = self.identity_hash_of(namespace, subject);
                open += end_attempts(c, Ending::Identity(&identity)).await?;
                let known = find_link(c, self.org, namespace, subject, "").await?;
                known
                    .map(|known| EndedSessions::OfLink {
                        account: known.link.account_id,
                        link: known.link.id,
                        session,
                    })
                    .into_iter()
                    .collect()
            }
            (None, Some(session)) => {
                open += end_attempts(c, Ending::ProviderSession(session)).await?;
                list_accounts_there(c, self.org, session)
                    .await?
                    .into_iter()
                    .map(|account| EndedSessions::Of { account, session })
                    .collect()
            }
            (None, None) => Vec::new(),
        };
        let mut all = 0;
        for which in which {
            hold_account(c, which.account()).await?;
            let sessions = end_sessions_there(c, self.org, which).await?;
            if sessions > 0 {
                let detail = json!({"sessions": sessions, "attempts": open});
                let target = Target::Account(which.account());
                let event = Event::provider(EventKind::SessionEnded, target);
                let event = event.by_provider(row.key.clone()).detail(detail);
                self.record(c, event).await?;
            }
            all += sessions;
        }
        Ok(all)
    }

    /// Ends the browser's own session, if it began in this session of this issuer. Anything else changes nothing.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] without both, [`Refusal::ProviderUnknown`], [`Error::Storage`].
    pub async fn end_in_browser(
        &self,
        ctx: &RequestContext,
        key: &str,
        issuer: &str,
        session: &str,
    ) -> Result<bool, Error> {
        let row = self.configuration().provider(&mut self.store.read().await?, key).await?;
        let connector = self.configuration().connector(&row).await?;
        let named = connector.way().redirect().is_some_and(|flow| flow.is_issuer(issuer));
        if session.is_empty() || !named {
            return Err(Refusal::BadRequest.into());
        }
        let there = self.provider_sid(&row.namespace, session);
        let is_own = |own: &Option<Vec<u8>>| own.as_deref() == Some(there.as_slice());
        if !ctx.session.as_ref().is_some_and(|own| is_own(&own.provider_sid)) {
            return Ok(false);
        }
        let ended = self
            .act(ctx, async move |this, c, ctx| {
                let own = ctx.session()?;
                end_session(c, &own.hash).await?;
                let target = Target::Account(own.account);
                let event = Event::provider(EventKind::SessionEnded, target);
                this.record(c, event.by_provider(row.key)).await
            })
            .await;
        match ended {
            Ok(()) => Ok(true),
            // It was over already.
            Err(error) if error.refusal() == Refusal::SessionEnded => Ok(false),
            Err(error) => Err(error),
        }
    }
}
