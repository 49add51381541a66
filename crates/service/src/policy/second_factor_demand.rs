//! A second factor that the policy demands: what somebody still owes, and since when they were asked.
use crate::services::Configuration;
use domain::{
    AccountId, Policy,
    policy::{FactorState, Owes, SecondFactor},
};
use storage::{
    Conn,
    accounts::{
        list_roles,
        second_factors::{TOTP, find_factor, find_factor_asked, note_factor_asked},
    },
};

use crate::{Error, SessionInfo};

impl Configuration {
    /// Whether our own pages ask anybody to set up a second factor.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn demands_second_factor(&self) -> Result<bool, Error> {
        Ok(self
            .policy_context(&mut self.store.read().await?, None)
            .await?
            .policy(None)
            .floors
            .demands_second_factor())
    }

    /// What a session's person owes to our own pages.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn owes_factor(&self, session: &SessionInfo) -> Result<Owes, Error> {
        let mut conn = self.store.read().await?;
        let policy = self.policy_context(&mut conn, None).await?.policy(None);
        self.owed(&mut conn, &policy, session.account, &session.factor).await
    }

    /// What an account owes under a policy, with the factor that its sign-in showed; empty: none.
    pub(crate) async fn owed(
        &self,
        c: &mut Conn,
        policy: &Policy,
        account: AccountId,
        shown: &str,
    ) -> Result<Owes, Error> {
        // Roles and factors are read only where they matter.
        if !policy.floors.demands_second_factor() {
            return Ok(Owes::Nothing);
        }
        let state = FactorState {
            set: find_factor(c, account, TOTP).await?.is_some(),
            shown: !shown.is_empty(),
            asked_at: find_factor_asked(c, account).await?,
        };
        Ok(policy.floors.owes(&list_roles(c, self.org, account).await?, state, self.now()))
    }

    /// A sign-in asks: from the first time on, the time that the policy gives runs.
    pub(crate) async fn note_demand(
        &self,
        c: &mut Conn,
        policy: &Policy,
        account: AccountId,
    ) -> Result<(), Error> {
        if policy.floors.demands_second_factor()
            && policy.floors.second_factor_of(&list_roles(c, self.org, account).await?)
                == SecondFactor::Always
            && find_factor(c, account, TOTP).await?.is_none()
        {
            note_factor_asked(c, account, self.now()).await?;
        }
        Ok(())
    }
}
