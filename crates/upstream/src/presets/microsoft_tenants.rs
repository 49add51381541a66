//! Microsoft Entra ID for several tenants: each has its own issuer, and the metadata of all has a template; `oid` comes with the scope `profile` ("ID token claims reference").
use super::{Capability::{Email, UserName, StableSubject, Groups, Logout, Reauthentication}, OIDC, OidcTemplate, Preset, Template};
use crate::settings::Auth;

pub const PRESET: Preset = Preset {
    key: "microsoft-tenants",
    name: "Microsoft Entra ID, several tenants",
    template: Template::Oidc(OidcTemplate { issuer: "https://login.microsoftonline.com/common/v2.0", auth: Auth::Post, scopes: &["openid", "email", "profile"], tenant_issuer: true, ..OIDC }),
    asks: &["tenants"],
    can: &[Email, UserName, StableSubject, Groups, Logout, Reauthentication],
    notes: "A person is known by tenant and oid. List the tenants that may come; without a list everybody with a Microsoft account may.",
};
