//! Microsoft Entra ID for one tenant ("Access Microsoft identity platform", learn.microsoft.com): never `email_verified`, keys without `alg`.
use super::{Capability::{Email, UserName, StableSubject, Groups, Logout, Reauthentication}, OIDC, OidcTemplate, Preset, Template};
use crate::settings::Auth;

pub const PRESET: Preset = Preset {
    key: "microsoft",
    name: "Microsoft Entra ID, one tenant",
    template: Template::Oidc(OidcTemplate { issuer: "https://login.microsoftonline.com/{tenant}/v2.0", auth: Auth::Post, ..OIDC }),
    asks: &[],
    can: &[Email, UserName, StableSubject, Groups, Logout, Reauthentication],
    notes: "The issuer names the tenant by its number. An address proves nothing unless xms_edov says so: people can change it.",
};
