//! What a request would tell an application, and whether the person is asked first.
use crate::{Error, services::Authorization};
use domain::{AccountId, path::AuthorizeRequest};
use issuer::{RegisteredClient, Told};
use storage::{Conn, oauth::applications::find_consent};

impl Authorization {
    /// What a request would have told, whichever parameter asks for it.
    pub(crate) fn told_by(request: &AuthorizeRequest, client: &RegisteredClient) -> Told {
        Told::asked(
            &request.scope,
            request.id_token_claims.iter().chain(&request.userinfo_claims),
            &client.settings,
        )
    }

    /// Whether the person has to be asked: the application is somebody else's and wants more than it was allowed, or it
    /// asks for being asked.
    pub(crate) async fn wants_consent(
        &self,
        c: &mut Conn,
        account: AccountId,
        request: &AuthorizeRequest,
        client: &RegisteredClient,
    ) -> Result<bool, Error> {
        if client.settings.first_party {
            return Ok(false);
        }
        let known = find_consent(c, account, client.id).await?.map(|text| Told::parse(&text));
        Ok(request.consent
            || known.is_none_or(|known| !Self::told_by(request, client).is_within(&known)))
    }
}
