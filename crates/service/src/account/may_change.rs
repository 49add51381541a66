//! Whether the session's person may change something of their account.
use crate::{
    Error, RequestContext, SessionInfo, account::email::Allowed, audit::trace_of,
    services::Accounts, transaction::LiveRequest,
};
use domain::{
    Refusal,
    account_rules::change::{AccountChange, Change, ChangeOutcome},
};
use storage::{Conn, accounts::find_account};

impl Accounts {
    /// Whether the session's person may change something, as of a moment, in the transaction that changes it.
    pub(crate) async fn may_change(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        what: AccountChange,
        at: domain::Micros,
    ) -> Result<Allowed, Error> {
        self.judge_change(c, ctx.session()?, what, at).await
    }

    /// The same for a page that leads to it: the change itself asks again.
    pub(crate) async fn may_begin_change(
        &self,
        c: &mut Conn,
        ctx: &RequestContext,
        what: AccountChange,
    ) -> Result<Allowed, Error> {
        self.judge_change(c, ctx.signed_in()?, what, self.now()).await
    }

    pub(crate) async fn judge_change(
        &self,
        c: &mut Conn,
        session: &SessionInfo,
        what: AccountChange,
        at: domain::Micros,
    ) -> Result<Allowed, Error> {
        let row = find_account(c, self.org, session.account).await?.ok_or(Refusal::SessionEnded)?;
        let policy = self.configuration().policy_context(c, None).await?.policy(None);
        let change = Change {
            account: session.account,
            state: row.state(),
            what,
            reauthenticated: session.is_reauthenticated(at, &policy),
        };
        let ruling = domain::account_rules::change::change(change, &policy);
        let from =
            if let ChangeOutcome::TakePhone { from } = ruling.outcome? { Some(from) } else { None };
        Ok(Allowed { account: session.account, trace: trace_of(&change, &ruling), from })
    }
}
