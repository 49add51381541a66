//! Facebook (Graph API, "Manually Build a Login Flow", "Securing Graph API requests"): scopes with commas, errors as objects, a proof beside each token.
use super::{Capability::{Email}, OAUTH2, Oauth2Template, Preset, Template};
use crate::protocols::dialect::{Dialect, Lookup, PLAIN};

const DIALECT: Dialect = Dialect { scope_separator: ",", fresh: &[("auth_type", "reauthenticate")], lookup: Lookup { proof: true, ..PLAIN.lookup }, ..PLAIN };

pub const PRESET: Preset = Preset {
    key: "facebook",
    name: "Facebook",
    template: Template::Oauth2(Oauth2Template {
        authorization_url: "https://www.facebook.com/v23.0/dialog/oauth",
        token_url: "https://graph.facebook.com/v23.0/oauth/access_token",
        userinfo_url: "https://graph.facebook.com/v23.0/me?fields=id,name,email",
        scopes: &["public_profile", "email"],
        email_path: "email",
        dialect: &DIALECT,
        ..OAUTH2
    }),
    asks: &[],
    can: &[Email],
    notes: "Subjects differ for each application. People who signed up by phone have no address, and none is said to be verified.",
};
