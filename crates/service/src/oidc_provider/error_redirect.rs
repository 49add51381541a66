//! Errors that go back to an application by a redirect (RFC 6749 §4.1.2.1).
use crate::{core::Core, oidc_provider::authorize::with_parameters};

impl Core {
    /// An error at the application's registered URI, with `iss` (RFC 9207).
    #[must_use]
    pub fn error_uri(
        &self,
        redirect_uri: &str,
        error: &str,
        description: &str,
        state: Option<&str>,
    ) -> String {
        let mut parameters = vec![
            ("error", error),
            ("error_description", description),
            ("iss", self.settings.public_url.as_str()),
        ];
        parameters.extend(state.map(|s| ("state", s)));
        with_parameters(redirect_uri, &parameters)
    }
}
