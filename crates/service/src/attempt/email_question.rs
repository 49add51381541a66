//! The question about an address that differs from the account's.
use crate::{
    Error, LoginOutcome, attempt::opened::Opened, services::Attempts,
    sign_in::upstream_identity::UpstreamIdentity, transaction::LiveRequest,
};
use domain::{AccountId, attempt::State, path::Continuation};
use storage::Conn;

impl Attempts {
    /// The question waits in an attempt of its own; the session is there already.
    pub(crate) async fn ask_about_email(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        account: AccountId,
        identity: &UpstreamIdentity,
        continuation: &Continuation,
    ) -> Result<String, Error> {
        let state = State::EmailChanged { account, updating: false };
        Ok(self.begin_attempt(c, ctx, "email", &state, Some(identity), continuation).await?.0)
    }

    /// The question of an attempt, asked in the session that it belongs to.
    pub(crate) fn own_question(
        ctx: &LiveRequest,
        open: &Opened,
    ) -> Result<(AccountId, LoginOutcome), Error> {
        let (account, _) = open.state.email_changed()?;
        let session = ctx.session_of(account)?;
        Ok((
            account,
            LoginOutcome::Continue {
                session: Box::new(session.clone().into()),
                continuation: open.continuation.clone(),
            },
        ))
    }
}
