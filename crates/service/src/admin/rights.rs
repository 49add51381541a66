//! What the session of an administrator may do.
use crate::{
    Error, RequestContext, admin::setup::OWNER, audit::trace_of, services::AdminRights,
    transaction::Administrator,
};
use domain::{
    AccountId, Refusal, Right,
    account_rules::administer::{AdminAction, AdministerAccount, administer},
    linking::facts::AccountState,
};
use storage::{Conn, accounts::list_roles};

impl AdminRights {
    /// The caller, if a role of theirs has the right (AD-01).
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`] without a session, [`Refusal::Forbidden`] without the right.
    pub async fn allowed(&self, ctx: &RequestContext, right: Right) -> Result<AccountId, Error> {
        let account = ctx.signed_in()?.account;
        if self.rights(ctx).await?.contains(&right) {
            Ok(account)
        } else {
            Err(Refusal::Forbidden.into())
        }
    }

    /// What the caller may do in the console; the instance is run from the home organisation only.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`], [`Error::Storage`].
    pub async fn rights(&self, ctx: &RequestContext) -> Result<Vec<Right>, Error> {
        self.rights_in(&mut self.store.read().await?, ctx).await
    }

    pub(crate) async fn rights_in(
        &self,
        c: &mut Conn,
        ctx: &RequestContext,
    ) -> Result<Vec<Right>, Error> {
        let roles = list_roles(c, self.org, ctx.signed_in()?.account).await?;
        Ok(Right::ALL
            .into_iter()
            .filter(|right| {
                domain::roles::may(&roles, *right)
                    && (*right != Right::RunInstance || self.is_home())
            })
            .collect())
    }

    /// Asks the decision whether an administrator may do something to an account; answers the trace for the event.
    pub(crate) async fn may_govern(
        &self,
        c: &mut Conn,
        admin: &Administrator,
        account: AccountId,
        state: AccountState,
        act: AdminAction,
    ) -> Result<serde_json::Value, Error> {
        let theirs = list_roles(c, self.org, account).await?;
        let by_owner = admin.roles.iter().any(|r| r == OWNER);
        let facts = AdministerAccount {
            account,
            state,
            act,
            own: admin.account == account,
            administrator: !theirs.is_empty(),
            by_owner,
        };
        let ruling =
            administer(facts, &self.configuration().policy_context(c, None).await?.policy(None));
        ruling.outcome?;
        Ok(trace_of(&facts, &ruling))
    }
}
