//! What an administrator configures of a server of plain OAuth 2.0.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{auth::Auth, problem::SettingsProblem};

/// A plain OAuth 2.0 server with a place that tells who the person is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oauth2Settings {
    /// The preset whose dialect it speaks; empty: plain OAuth 2.0.
    #[serde(default)]
    pub preset: String,
    pub client_id: String,
    pub authorization_url: String,
    pub token_url: String,
    pub userinfo_url: String,
    #[serde(default)]
    pub auth: Auth,
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Where a value is in the answer: a whole name first, then a path with dots; numbers count in lists from 0. The
    /// subject must be an identifier that never changes (ID-12).
    pub subject_path: String,
    #[serde(default)]
    pub email_path: String,
    #[serde(default)]
    pub email_verified_path: String,
    #[serde(default)]
    pub name_path: String,
    /// A list of addresses with `verified` and `primary`, in pages, as GitHub has it.
    #[serde(default)]
    pub addresses_url: String,
    /// Further parameters of the authorization request, and those for choosing an account or signing in anew (FR-33).
    #[serde(default)]
    pub extra: BTreeMap<String, String>,
    #[serde(default)]
    pub extra_again: BTreeMap<String, String>,
    /// The platform account whose `unionid` is the person's key, for applications of one owner (WeChat).
    #[serde(default)]
    pub platform_account: String,
}

/// Fields that people can change at their provider: never a key (ID-12).
const MUTABLE: [&str; 8] =
    ["email", "mail", "upn", "preferred_username", "username", "login", "name", "nickname"];

impl Oauth2Settings {
    /// A key that people can change is none (ID-12).
    pub(super) fn check_subject(&self) -> Result<(), SettingsProblem> {
        let last = self.subject_path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        if last.is_empty() || MUTABLE.contains(&last.as_str()) {
            Err(SettingsProblem { field: "subject_path", remedy: "field-immutable-subject" })
        } else {
            Ok(())
        }
    }
}
