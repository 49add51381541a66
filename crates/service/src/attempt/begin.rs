//! Beginning an attempt: its row, sealed, bound to the browser.
use crate::{
    Error,
    crypto::random::{hash, support_code, token},
    services::Attempts,
    sign_in::upstream_identity::UpstreamIdentity,
    transaction::LiveRequest,
};
use domain::{attempt::State, path::Continuation};
use storage::{
    Conn,
    sign_in::attempts::{Attempt, add_attempt},
};

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
        self.write_attempt(
            c,
            ctx,
            kind,
            state,
            identity,
            continuation,
            domain::one_time_code::TRIES,
            support_code(),
        )
        .await
    }

    /// An attempt that is over before it began: the page that refuses, with the way back to the application.
    pub(crate) async fn begin_refused(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        state: &State,
        continuation: &Continuation,
        support: &str,
    ) -> Result<(String, Vec<u8>), Error> {
        self.write_attempt(c, ctx, "sign_in", state, None, continuation, 0, support.to_owned())
            .await
    }

    #[expect(clippy::too_many_arguments, reason = "a row has this many values")]
    pub(crate) async fn write_attempt(
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
            provider_sid: identity.and_then(|identity| self.provider_sid_of(identity)),
        };
        add_attempt(c, self.org, &row, &state.concerns()).await?;
        Ok((id, hashed))
    }
}
