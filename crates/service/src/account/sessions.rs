//! The sessions of an account, as its owner sees and ends them.
use crate::{
    Error, RequestContext, audit::Event, services::AccountSettings, transaction::Transactions,
};
use domain::{EventKind, Micros, Refusal};
use serde_json::json;
use storage::sign_in::{
    attempts::{Ending, end_attempts},
    sessions::{end_session_of, end_sessions, list_sessions},
};

/// A session, as My Account lists it.
#[derive(Debug, Clone)]
pub struct SessionRow {
    pub id: String,
    pub method: String,
    pub agent: String,
    pub network: String,
    pub created_at: Micros,
    pub seen_at: Micros,
    pub current: bool,
}

impl AccountSettings {
    /// The caller's sessions.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`].
    pub async fn own_sessions(&self, ctx: &RequestContext) -> Result<Vec<SessionRow>, Error> {
        let session = ctx.signed_in()?;
        let now = self.now();
        let rows = list_sessions(
            &mut self.store.read().await?,
            session.account,
            now,
            now - self.settings.session_idle,
        )
        .await?;
        let row = |s: storage::sign_in::sessions::Session| SessionRow {
            current: s.public_id == session.public_id,
            id: s.public_id,
            method: s.method,
            agent: s.agent,
            network: s.network,
            created_at: s.created_at,
            seen_at: s.seen_at,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Ends one session by its public id, or with `None` all others, or with `everywhere` all of them.
    ///
    /// # Errors
    /// [`Refusal::MethodUnknown`] for foreign and unknown ids alike.
    pub async fn end_sessions(
        &self,
        ctx: &RequestContext,
        which: Option<String>,
        everywhere: bool,
    ) -> Result<(), Error> {
        self.act(ctx, async move |this, c, ctx| {
            let session = ctx.session()?;
            let ended = match (&which, everywhere) {
                (Some(id), _) => end_session_of(c, session.account, id).await?,
                (None, true) => {
                    this.codes().forget_known_browsers(c, session.account, None).await?;
                    end_sessions(c, session.account, None).await?
                }
                (None, false) => {
                    this.codes().forget_known_browsers(c, session.account, Some(&ctx)).await?;
                    end_sessions(c, session.account, Some(&session.public_id)).await?
                }
            };
            if which.is_none() {
                end_attempts(c, Ending::Account(session.account)).await?;
            }
            if everywhere {
                end_attempts(c, Ending::Browser(&ctx.browser)).await?;
            }
            if ended == 0 && which.is_some() {
                return Err(Refusal::MethodUnknown.into());
            }
            this.record(
                c,
                Event::own(&ctx, EventKind::SessionEnded, session.account)
                    .detail(json!({"sessions": ended})),
            )
            .await
        })
        .await
    }
}
