//! Slack.
use super::{Capability::{Email, VerifiedEmail, StableSubject}, OIDC, OidcTemplate, Preset, Template};
use crate::settings::{Auth, Reauth};

pub const PRESET: Preset = Preset {
    key: "slack",
    name: "Slack",
    template: Template::Oidc(OidcTemplate { issuer: "https://slack.com", auth: Auth::Post, scopes: &["openid", "email", "profile"], reauth: Reauth::Neither, reports_auth_time: Some(false), ..OIDC }),
    asks: &[],
    can: &[Email, VerifiedEmail, StableSubject],
    notes: "People of other workspaces come too unless the application is limited to yours; team_id is among the claims.",
};
