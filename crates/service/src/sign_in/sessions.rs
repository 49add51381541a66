//! Sessions: opened at every sign-in and link with a new id, found by hash, ended at once everywhere.
use crate::{services::Sessions, transaction::Transactions};
use domain::{AccountId, EventKind, LinkId, MINUTE, Micros, ProviderId, Refusal};
use storage::{
    Conn,
    oauth::tokens::end_tokens_of,
    sign_in::{
        attempts::{Ending, end_attempts},
        sessions::{
            NewSession, WithSession, add_session, end_session, end_sessions, find_session,
            touch_session,
        },
    },
};

use crate::{
    Error, RequestContext, SessionInfo,
    audit::Event,
    codes::limits::Finished,
    crypto::random::{hash, support_code, token},
    policy::context::PolicyContext,
    transaction::{LiveRequest, Session},
};

/// How a session came about.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    pub account: AccountId,
    /// `password` or the provider's key.
    pub method: String,
    pub link: Option<LinkId>,
    pub provider: Option<ProviderId>,
    /// `sign_in`, `confirm` or `add`.
    pub kind: &'static str,
    /// When the person authenticated; an add keeps the time of the sign-in.
    pub auth_at: Micros,
    /// The second factor: empty, `totp`, `recovery`, or `provider` where its mapped word says so (LK-15).
    pub factor: String,
    /// The provider's session that it began in, as a keyed hash.
    pub provider_sid: Option<Vec<u8>>,
}

impl Opening {
    /// A sign-in of this moment by a method that is no provider.
    pub fn local(account: AccountId, method: &str, at: Micros) -> Self {
        Self {
            account,
            method: method.to_owned(),
            link: None,
            provider: None,
            kind: "sign_in",
            auth_at: at,
            factor: String::new(),
            provider_sid: None,
        }
    }

    /// The caller's own session under a new id, standing where it stood.
    pub fn unchanged(session: &Session) -> Self {
        Self {
            account: session.account,
            method: session.method.clone(),
            link: session.link,
            provider: None,
            kind: "add",
            auth_at: session.auth_at,
            factor: session.factor.clone(),
            provider_sid: session.provider_sid.clone(),
        }
    }
}

impl Sessions {
    /// Opens a session, by what was configured when this transaction decided, and ends the one that the browser had: ids are never
    /// kept over a sign-in or a link (SB-01). `event`: what tells of it.
    pub(crate) async fn open_session(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        config: &PolicyContext,
        opening: &Opening,
        event: Option<Event>,
    ) -> Result<String, Error> {
        let (now, secret) = (self.now(), token());
        if let Some(old) = &ctx.session
            && end_session(c, &old.hash).await? == 0
        {
            return Err(Refusal::SessionEnded.into());
        }
        // The same person's session goes on for the applications that it reached.
        let going_on = ctx
            .session
            .as_ref()
            .filter(|old| old.account == opening.account && !old.sid.is_empty());
        let sid = going_on.map_or_else(token, |old| old.sid.clone());
        let session = NewSession {
            hash: hash(&secret),
            public_id: support_code(),
            account: opening.account,
            method: opening.method.clone(),
            link: opening.link,
            provider: opening.provider,
            auth_at: opening.auth_at,
            expires_at: now + self.settings.session_absolute,
            agent: ctx.agent.clone(),
            network: ctx.network.clone(),
            factor: opening.factor.clone(),
            sid,
            opened_by: opening.kind,
            provider_sid: opening.provider_sid.clone(),
        };
        if session.factor.is_empty() {
            self.configuration().note_demand(c, &config.policy(None), session.account).await?;
        }
        let finished = if matches!(opening.kind, "sign_in" | "confirm") {
            self.codes().finished(c, ctx, opening).await?
        } else {
            Finished::default()
        };
        let with = WithSession {
            event: event.map(|event| self.event_row(event)),
            browser: finished.browser,
            over: &finished.over,
        };
        add_session(c, self.org, &session, &with, now).await?;
        Ok(secret)
    }

    /// The live session of a cookie. Its last use is written at most every five minutes.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn session(&self, secret: &str) -> Result<Option<SessionInfo>, Error> {
        if secret.len() > 64 {
            return Ok(None);
        }
        let (now, hashed) = (self.now(), hash(secret));
        let row = find_session(
            &mut self.store.read().await?,
            self.org,
            &hashed,
            now,
            now - self.settings.session_idle,
        )
        .await?;
        let Some((row, name)) = row else { return Ok(None) };
        if now - row.seen_at > 5 * MINUTE {
            let hashed = hashed.clone();
            self.store
                .write::<_, Error, _>(move |c| {
                    Box::pin(async move { Ok(touch_session(c, &hashed, now).await?) })
                })
                .await?;
        }
        Ok(Some(SessionInfo::of(row, name, hashed)))
    }

    /// Ends the visitor's session.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn sign_out(&self, ctx: &RequestContext) -> Result<(), Error> {
        if ctx.session.is_none() {
            return Ok(());
        }
        let done = self
            .act(ctx, async move |this, c, ctx| {
                let session = ctx.session()?;
                end_session(c, &session.hash).await?;
                this.record(c, Event::own(&ctx, EventKind::SessionEnded, session.account)).await
            })
            .await;
        match done {
            // It was over already.
            Err(error) if error.refusal() == Refusal::SessionEnded => Ok(()),
            other => other,
        }
    }

    /// Nobody keeps what they held of the account: sessions, tokens of applications, attempts that concern it in whatever
    /// role, browsers that are known to it (threat rules 8, 23). The session that asks for it can stay, and so does its
    /// browser.
    pub(crate) async fn end_everything(
        &self,
        c: &mut Conn,
        account: AccountId,
        except: Option<&LiveRequest>,
    ) -> Result<(), Error> {
        self.codes().forget_known_browsers(c, account, except).await?;
        end_attempts(c, Ending::Account(account)).await?;
        end_tokens_of(c, account, None, self.now()).await?;
        end_sessions(
            c,
            account,
            except.and_then(|v| v.session.as_ref()).map(|s| s.public_id.as_str()),
        )
        .await?;
        Ok(())
    }
}
