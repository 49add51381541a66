//! Tries whether a provider knows our client, without anybody who signs in.
use crate::{
    CodeExchange, Start,
    check::{Check, Found},
    error::{Part, UpstreamError},
    protocols::token::Tokens,
};

/// A code that no provider has given out.
const NO_CODE: &str = "ligature-connection-test";

/// A visit with a code that no provider gave out, for trying whether our client is known.
pub(crate) fn trial(redirect_uri: &str, now: domain::Micros) -> CodeExchange<'_> {
    CodeExchange {
        redirect_uri,
        code: NO_CODE,
        issuer: None,
        user: None,
        nonce: NO_CODE,
        verifier: "ligature-connection-test-ligature-connection-test",
        fresh: false,
        counts: &[],
        now,
    }
}

/// A start for nobody, of the same trial.
pub(crate) fn trial_start<'a>(visit: &CodeExchange<'a>, state: &'a str) -> Start<'a> {
    Start {
        redirect_uri: visit.redirect_uri,
        state,
        nonce: visit.nonce,
        verifier: visit.verifier,
        fresh: false,
        choose: false,
        now: visit.now,
    }
}

/// What the answer to [`NO_CODE`] says of our client: whoever refuses the code alone knows the client (RFC 6749 §5.2).
pub(crate) fn client_known(answer: Result<Tokens, UpstreamError>) -> Check {
    let found = match answer {
        Ok(_) => Found::Unclear("accepts any code".into()),
        Err(UpstreamError::Refused(trouble)) => {
            let what = trouble.what.clone();
            // A page that is not there, or a server that fails: no OAuth error at all.
            let no_endpoint = what
                .strip_prefix("status ")
                .and_then(|status| status.parse::<u16>().ok())
                .is_some_and(|status| ![400, 401, 403].contains(&status));
            let is = |codes: &[&str]| codes.iter().any(|code| what.contains(code));
            if no_endpoint
                || is(&["invalid_client", "unauthorized_client", "incorrect_client_credentials"])
            {
                Found::Broken(UpstreamError::Refused(trouble))
            } else if is(&["invalid_grant", "bad_verification_code"]) {
                Found::Works(what)
            } else {
                Found::Unclear(what)
            }
        }
        Err(error) => Found::Broken(error),
    };
    Check { part: Part::Token, found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Trouble;

    #[test]
    fn a_server_that_refuses_the_code_alone_knows_our_client() {
        let refused = |what: &str| {
            client_known(Err(UpstreamError::Refused(Trouble::new(Part::Token, what)))).found
        };
        assert!(matches!(refused("invalid_grant: unknown code"), Found::Works(_)));
        assert!(matches!(refused("bad_verification_code"), Found::Works(_)));
        assert!(matches!(refused("invalid_client"), Found::Broken(_)));
        assert!(matches!(refused("40029"), Found::Unclear(_)));
        assert!(matches!(refused("status 400"), Found::Unclear(_)));
        assert!(matches!(refused("status 404"), Found::Broken(_)));
        assert!(matches!(refused("status 503"), Found::Broken(_)));
        let down = UpstreamError::Down(Trouble::new(Part::Token, "no answer"));
        assert!(matches!(client_known(Err(down)).found, Found::Broken(_)));
    }
}
