//! In what a vendor differs from plain OAuth 2.0: data only, one constant for each preset that needs it.
use crate::http::answer::Readings;

/// How an access token is shown where it is asked who the person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearer {
    /// `Authorization: Bearer` (RFC 6750 §2.1).
    Header,
    /// The parameter `access_token` (RFC 6750 §2.3).
    Query,
}

/// How it is asked who the person is.
#[derive(Debug, Clone, Copy)]
pub struct Lookup {
    pub bearer: Bearer,
    /// Asked by POST, with this body as JSON.
    pub post: Option<&'static str>,
    /// Parameters, and where their values are: `token.<field>`, `me.<field>` or `client_id`.
    pub query: &'static [(&'static str, &'static str)],
    /// An answer beside the token endpoint that tells the subject first; its fields come under `me`.
    pub me: Option<&'static str>,
    /// Fields of the token answer that come under `token`.
    pub kept: &'static [&'static str],
    /// `appsecret_proof` of Facebook's Graph API.
    pub proof: bool,
}

/// A vendor's way of speaking.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// What `client_id` and `client_secret` are called.
    pub client_id: &'static str,
    pub client_secret: &'static str,
    pub token_by_get: bool,
    pub readings: Readings,
    /// PKCE can be sent; two vendors refuse requests with parameters that they do not know.
    pub pkce: bool,
    pub scope_separator: &'static str,
    /// The authorization request has these parameters in this order, and no others. Empty: any.
    pub order: &'static [&'static str],
    /// What stands behind `#` in the authorization request.
    pub fragment: Option<&'static str>,
    /// Parameters for choosing an account and for signing in anew.
    pub choose: &'static [(&'static str, &'static str)],
    pub fresh: &'static [(&'static str, &'static str)],
    pub lookup: Lookup,
    /// The subject is a number.
    pub numbered: bool,
    /// Where the name is if the configured path has none.
    pub name_else: &'static str,
    /// Claims that are kept; empty: all.
    pub claims: &'static [&'static str],
    /// Addresses that nobody can write to.
    pub no_reply: &'static str,
    /// What is missing if the list of addresses is refused, for the administrator.
    pub addresses_need: &'static str,
}

/// Plain OAuth 2.0.
pub const PLAIN: Dialect = Dialect {
    client_id: "client_id",
    client_secret: "client_secret",
    token_by_get: false,
    readings: Readings { form: true, script: false },
    pkce: true,
    scope_separator: " ",
    order: &[],
    fragment: None,
    choose: &[],
    fresh: &[],
    lookup: Lookup {
        bearer: Bearer::Header,
        post: None,
        query: &[],
        me: None,
        kept: &[],
        proof: false,
    },
    numbered: false,
    name_else: "",
    claims: &[],
    no_reply: "",
    addresses_need: "",
};
