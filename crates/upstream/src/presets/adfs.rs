//! Active Directory Federation Services 2016 and later ("AD FS OpenID Connect/OAuth concepts").
use super::{Capability::{Email, UserName, StableSubject, Groups, Logout, Reauthentication}, OIDC, OidcTemplate, Preset, Template};
use crate::settings::Auth;

pub const PRESET: Preset = Preset {
    key: "adfs",
    name: "AD FS",
    template: Template::Oidc(OidcTemplate { issuer: "https://{host}/adfs", scopes: &["openid", "email", "profile"], auth: Auth::Post, ..OIDC }),
    asks: &[],
    can: &[Email, UserName, StableSubject, Groups, Logout, Reauthentication],
    notes: "Rules of the application group have to issue e-mail and upn into the ID token; userinfo there tells sub only.",
};
