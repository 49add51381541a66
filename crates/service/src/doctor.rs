//! What `ligature doctor` asks: the data's invariants, and settings that are dangerous.
use storage::{
    accounts::{find_password, list_holders_of_role},
    doctor::{Finding, examine},
};

use crate::{Fault, Ligature, setup::OWNER};

impl Ligature {
    /// Rules that some rows break (D1 to D8).
    ///
    /// # Errors
    /// [`Fault::Storage`].
    pub async fn examine(&self) -> Result<Vec<Finding>, Fault> {
        Ok(examine(&mut self.store.walk().await?, self.now()).await?)
    }

    /// Settings that an operator should know of.
    ///
    /// # Errors
    /// [`Fault::Storage`].
    pub async fn warnings(&self) -> Result<Vec<&'static str>, Fault> {
        let mut conn = self.store.walk().await?;
        let mut warnings = Vec::new();
        if self.ground(&mut conn, None).await?.policy(None).permits.accept_unproven_links {
            warnings.push("UNSAFE: the policy accepts unproven links; a provider's word alone opens existing accounts");
        }
        let owners = list_holders_of_role(&mut conn, self.org, OWNER).await?;
        let mut local = false;
        for owner in &owners {
            local |= find_password(&mut conn, *owner).await?.is_some();
        }
        if !owners.is_empty() && !local {
            warnings.push("no owner has a password: if the providers fail, nobody can administrate");
        }
        Ok(warnings)
    }
}
