//! Applications as a use case reads them.
use crate::{Error, oidc_provider::registered::registered, services::Configuration};
use issuer::RegisteredClient;
use storage::{Conn, oauth::applications::find_application};

impl Configuration {
    pub(crate) async fn registered_client(
        &self,
        c: &mut Conn,
        client_id: &str,
    ) -> Result<Option<RegisteredClient>, Error> {
        Ok(find_application(c, self.org, client_id).await?.as_ref().map(registered))
    }
}
