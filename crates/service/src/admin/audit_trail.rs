//! The audit trail in the console.
use crate::{Error, RequestContext, services::AccountAdmin};
use domain::Right;
use storage::maintenance::audit::{AuditEvent, AuditFilter, list_audit_events};

impl AccountAdmin {
    pub async fn admin_audit(
        &self,
        ctx: &RequestContext,
        filter: AuditFilter,
    ) -> Result<Vec<AuditEvent>, Error> {
        self.admin_rights().allowed(ctx, Right::SeeTrail).await?;
        Ok(list_audit_events(&mut self.store.read_bulk().await?, self.org, &filter, 100).await?)
    }
}
