//! Tokens that are bound to a key of the application (RFC 9449): each request shows a fresh proof, each proof counts once.
use crate::services::Tokens;
use domain::{MINUTE, Micros, SECOND};
use issuer::{Proof, RegisteredClient, read_proof, token_hash};
use storage::sign_in::attempts::consume_state;

use crate::{Error, crypto::random::hash, oidc_provider::token_problem::TokenProblem};

/// How far the application's clock may be from ours, and how old a proof may be.
const WINDOW: Micros = MINUTE;

/// What came along with a request.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// The `DPoP` header; more than one is none.
    pub proof: Option<String>,
    /// The request's method and address, as the application has them.
    pub method: &'static str,
    pub path: &'static str,
}

impl Tokens {
    /// A proof that fits the request, is of this minute and was never shown before.
    async fn proof(&self, shown: &Shown) -> Result<Option<Proof>, TokenProblem> {
        let Some(text) = &shown.proof else { return Ok(None) };
        let refused = || TokenProblem::Code("invalid_dpop_proof");
        let proof =
            read_proof(text, shown.method, &format!("{}{}", self.settings.public_url, shown.path))
                .map_err(|_| refused())?;
        let (now, at) = (self.now(), proof.iat.saturating_mul(SECOND));
        if (now - at).abs() > WINDOW {
            return Err(refused());
        }
        let once = hash(&format!("dpop {} {}", proof.key, proof.jti));
        let fresh = self
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { Ok(consume_state(c, &once, now + 2 * WINDOW).await?) })
            })
            .await?;
        if fresh { Ok(Some(proof)) } else { Err(refused()) }
    }

    /// The key that new tokens are bound to; `before`: the one that their family is bound to already.
    pub(super) async fn bound_key(
        &self,
        client: &RegisteredClient,
        shown: &Shown,
        before: Option<&str>,
    ) -> Result<Option<String>, TokenProblem> {
        let key = self.proof(shown).await?.map(|p| p.key);
        let missing = key.is_none() && client.settings.dpop;
        let other = before.is_some() && before != key.as_deref();
        if missing || other { Err(TokenProblem::Code("invalid_dpop_proof")) } else { Ok(key) }
    }

    /// Whether an access token that is bound to a key came with a proof of that key for this very token.
    pub(super) async fn shows_key(
        &self,
        key: Option<&str>,
        access: &str,
        scheme: Scheme,
        shown: &Shown,
    ) -> Result<(), TokenProblem> {
        match (key, scheme) {
            (None, Scheme::Bearer) => Ok(()),
            (Some(key), Scheme::Dpop) => {
                let proof = self
                    .proof(shown)
                    .await
                    .map_err(|_| TokenProblem::InvalidProof)?
                    .ok_or(TokenProblem::InvalidProof)?;
                let fits = proof.key == key && proof.ath.as_deref() == Some(&token_hash(access));
                if fits { Ok(()) } else { Err(TokenProblem::InvalidProof) }
            }
            // Bound ones are no bearer tokens, and others have no key to show.
            (Some(_), Scheme::Bearer) | (None, Scheme::Dpop) => Err(TokenProblem::InvalidToken),
        }
    }
}

/// How an access token was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Bearer,
    Dpop,
}
