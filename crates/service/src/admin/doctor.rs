//! What `ligature doctor` asks: the data's invariants, and settings that are dangerous.
use crate::services::Maintenance;
use storage::{
    accounts::{find_password, list_holders_of_role},
    maintenance::{
        doctor::{Finding, examine},
        recovery::Recovery,
    },
};

use crate::{Error, admin::setup::OWNER};

impl Maintenance {
    /// Rules that some rows break (D1 to D8), and a recovery that nobody has dealt with (RB-18).
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn examine(&self) -> Result<Vec<Finding>, Error> {
        let mut found = examine(&mut self.store.read_bulk().await?, self.now()).await?;
        if let Some(recovery) = self.store.unsettled().await? {
            let (says, rows) = match recovery {
                Recovery::Restored { .. } => (
                    "this database is a restored copy, and sessions and codes of before still work in it: start the server, or run `ligature restored`",
                    1,
                ),
                Recovery::Promoted { .. } => (
                    "this database is a promoted standby, and codes of before still work in it: start the server, or run `ligature promoted`",
                    1,
                ),
            };
            found.push(Finding { id: "RB-18", rows, says });
        }
        Ok(found)
    }

    /// Settings that an operator should know of.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn warnings(&self) -> Result<Vec<&'static str>, Error> {
        let mut conn = self.store.read_bulk().await?;
        let mut warnings = Vec::new();
        if self
            .configuration()
            .policy_context(&mut conn, None)
            .await?
            .policy(None)
            .permits
            .accept_unproven_links
        {
            warnings.push("UNSAFE: the policy accepts unproven links; a provider's word alone opens existing accounts");
        }
        let owners = list_holders_of_role(&mut conn, self.org, OWNER).await?;
        let mut local = false;
        for owner in &owners {
            local |= find_password(&mut conn, *owner).await?.is_some();
        }
        if !owners.is_empty() && !local {
            warnings
                .push("no owner has a password: if the providers fail, nobody can administrate");
        }
        Ok(warnings)
    }
}
