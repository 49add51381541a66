//! The token endpoint: one function for each grant.
use crate::{
    oidc_provider::{
        Shown,
        token_problem::{INVALID_REQUEST, TokenProblem},
        tokens::Asked,
    },
    services::Tokens,
};
use issuer::{ClientCredentials, DEVICE_GRANT, Grant};
use serde_json::Value;

impl Tokens {
    /// `POST /token`.
    ///
    /// # Errors
    /// [`TokenProblem`].
    pub async fn exchange(
        &self,
        credentials: &ClientCredentials,
        form: &[(String, String)],
        shown: &Shown,
    ) -> Result<Value, TokenProblem> {
        let asked = Asked(form);
        let client = self.client(credentials).await?;
        let (grant, wanted) = match asked.field("grant_type") {
            Some("authorization_code") => (Grant::AuthorizationCode, "code"),
            Some("refresh_token") => (Grant::RefreshToken, "refresh_token"),
            Some("client_credentials") => (Grant::ClientCredentials, ""),
            Some(DEVICE_GRANT) => (Grant::DeviceCode, "device_code"),
            Some(_) => return Err(TokenProblem::Code("unsupported_grant_type")),
            None => return Err(INVALID_REQUEST),
        };
        if !client.settings.grants.contains(&grant) {
            return Err(TokenProblem::Code("unauthorized_client"));
        }
        let secret =
            if wanted.is_empty() { "" } else { asked.field(wanted).ok_or(INVALID_REQUEST)? };
        match grant {
            Grant::AuthorizationCode => self.exchange_code(&client, secret, &asked, shown).await,
            Grant::RefreshToken => self.refresh(&client, secret, &asked, shown).await,
            Grant::ClientCredentials => self.for_itself(&client, &asked, shown).await,
            Grant::DeviceCode => self.exchange_device(&client, secret, shown).await,
        }
    }
}
