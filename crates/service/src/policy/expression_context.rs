//! What expressions see besides an assertion, read for one use case.
use crate::{
    Error,
    policy::{
        context::PolicyContext, expression_values::ExpressionContext, expressions::reads_identities,
    },
    services::Configuration,
};
use domain::{Policy, linking::facts::Known};
use storage::{Conn, accounts::links::list_claims};

impl Configuration {
    /// Claims of the account's identities, read only where an expression asks for them (GV-05, GV-06).
    pub(crate) async fn expression_context(
        &self,
        c: &mut Conn,
        policy: &Policy,
        known: Option<Known>,
        config: &PolicyContext,
    ) -> Result<ExpressionContext, Error> {
        let mut around =
            ExpressionContext { client: config.client.clone(), ..ExpressionContext::default() };
        let choices = &policy.choices;
        let asks = |text: &String| reads_identities(text);
        let asked = asks(&choices.claim_filter)
            || choices.mapping.values().any(asks)
            || choices.rules.iter().any(|r| asks(&r.when) || r.all.iter().any(|m| asks(&m.equals)));
        if let (true, Some(known)) = (asked, known) {
            // Oldest first, so that of several identities of a provider the last used one stays.
            for (provider, sealed) in list_claims(c, known.account).await? {
                let claims: Option<serde_json::Value> = self
                    .keys
                    .open_sealed("claims", &sealed)
                    .and_then(|b| serde_json::from_slice(&b).ok());
                if let (Some(claims), Some(provider)) = (claims, config.provider(provider)) {
                    around.last = Some(claims.clone());
                    around.identities.insert(provider.key.clone(), claims);
                }
            }
        }
        Ok(around)
    }
}
