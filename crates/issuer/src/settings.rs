//! What an application is registered with, beside its name and redirect URIs.
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use url::Url;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// An application's settings. What is left out has the value that is safest for most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub kind: Kind,
    /// What the token endpoint may be asked for.
    pub grants: BTreeSet<Grant>,
    /// Ours: people are not asked whether it may know them.
    pub first_party: bool,
    /// A confidential application may leave PKCE out; public ones never may.
    pub pkce_optional: bool,
    /// It may ask without `openid`, as plain OAuth 2.0 (RFC 6749 §3.3): it gets an access token and no ID token (FR-43).
    pub plain_oauth: bool,
    /// Its redirect URIs may have any scheme of a program, also one without a dot, which another program of the device
    /// can take as well (RFC 8252 §7.1, FR-39).
    pub any_scheme: bool,
    /// Where a sign-out may lead, compared exactly (OpenID Connect RP-Initiated Logout §3.1).
    pub post_logout_redirect_uris: Vec<String>,
    /// Where the end of a session is told (OpenID Connect Back-Channel Logout); empty: nowhere.
    pub backchannel_logout_uri: String,
    /// What is loaded in the person's browser at a sign-out (OpenID Connect Front-Channel Logout); empty: nothing.
    pub frontchannel_logout_uri: String,
    /// Signs its ID tokens and logout tokens.
    pub algorithm: Algorithm,
    /// It knows people under subjects that no other application does.
    pub pairwise: bool,
    /// Lifetime of access and ID tokens.
    pub token_seconds: i64,
    /// Lifetime of a refresh token and everything that comes of it.
    pub refresh_seconds: i64,
    /// Scopes that it may have for itself, by its own credentials.
    pub own_scopes: BTreeSet<String>,
    /// It may ask about tokens of other applications.
    pub resource_server: bool,
    /// Its tokens are always bound to a key of its own (RFC 9449); others may bind theirs.
    pub dpop: bool,
    /// Its tokens tell which identity signed in and which others there are, with what their providers said (GV-05, GV-06).
    pub identities: bool,
    /// Unsafe: it is told addresses and numbers too that nobody proved here. One that matches people by them can be opened
    /// by anybody who gets a provider to say the address (CN-03).
    pub unproved_contacts: bool,
    /// A program registered it, and nobody here has looked at its name (CN-02).
    pub unchecked_name: bool,
    /// Keys of the providers that lead to it; empty: all of them.
    pub providers: BTreeSet<String>,
    /// Keys of the groups that it is open to, any of which is enough; empty: everybody may come in.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// The address that mails on the way to it come from (GO-34); empty: the server's.
    pub sender: String,
    /// Claims of its own by name, each an expression over `account`, `identity`, `identities`, `application` and `claims`, which
    /// are those that it gets anyway.
    pub claims: BTreeMap<String, String>,
    /// What pages on the way to it look like.
    pub brand: Brand,
}

/// Colour and logo; what is empty is the organisation's, or ours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Brand {
    /// Six digits of a colour.
    pub colour: String,
    /// The digest of a picture that the organisation has.
    pub logo: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            kind: Kind::Web,
            grants: BTreeSet::from([Grant::AuthorizationCode, Grant::RefreshToken]),
            first_party: true,
            pkce_optional: false,
            plain_oauth: false,
            any_scheme: false,
            post_logout_redirect_uris: Vec::new(),
            backchannel_logout_uri: String::new(),
            frontchannel_logout_uri: String::new(),
            algorithm: Algorithm::Rs256,
            pairwise: false,
            token_seconds: 600,
            refresh_seconds: 30 * DAY,
            own_scopes: BTreeSet::new(),
            resource_server: false,
            dpop: false,
            identities: false,
            unproved_contacts: false,
            unchecked_name: false,
            providers: BTreeSet::new(),
            groups: BTreeSet::new(),
            sender: String::new(),
            claims: BTreeMap::new(),
            brand: Brand::default(),
        }
    }
}

/// How an application runs: whether it can keep a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// On a server.
    Web,
    /// In the browser.
    SinglePage,
    /// On a device of the person's.
    Native,
    /// Without people.
    Machine,
}

impl Kind {
    /// Every kind, in the order of the console's form.
    pub const ALL: [Self; 4] = [Self::Web, Self::SinglePage, Self::Native, Self::Machine];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::SinglePage => "single_page",
            Self::Native => "native",
            Self::Machine => "machine",
        }
    }

    /// Everybody can read what it is shipped with: a secret would be none (RFC 6749 §2.1).
    #[must_use]
    pub fn is_public(self) -> bool {
        match self {
            Self::SinglePage | Self::Native => true,
            Self::Web | Self::Machine => false,
        }
    }
}

/// The grant type of RFC 8628 §3.4.
pub const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// What the token endpoint gives tokens for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
    /// RFC 8628.
    DeviceCode,
}

impl Grant {
    /// The name of the token endpoint's `grant_type`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => DEVICE_GRANT,
        }
    }
}

/// What signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// The name of RFC 7518 and RFC 8037.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// Claims that say who it is, for whom and how: no expression makes them.
pub const STANDARD_CLAIMS: [&str; 24] = [
    "at_hash",
    "c_hash",
    "events",
    "act",
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "auth_time",
    "acr",
    "amr",
    "azp",
    "sid",
    "cnf",
    "scope",
    "client_id",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
];

/// A setting that cannot work: the field's name.
pub type SettingProblem = &'static str;

impl Settings {
    /// Field names of what cannot be, all at once.
    #[must_use]
    pub fn problems(&self, redirect_uris: &[String]) -> Vec<SettingProblem> {
        let mut found = Vec::new();
        let has = |grant| self.grants.contains(&grant);
        if self.kind != Kind::Machine && has(Grant::AuthorizationCode) && redirect_uris.is_empty()
            || !redirect_uris.iter().all(|u| self.may_redirect(u))
        {
            found.push("redirect_uris");
        }
        if !self.post_logout_redirect_uris.iter().all(|u| self.may_redirect(u)) {
            found.push("post_logout_redirect_uris");
        }
        for (name, uri) in [
            ("backchannel_logout_uri", &self.backchannel_logout_uri),
            ("frontchannel_logout_uri", &self.frontchannel_logout_uri),
        ] {
            if !uri.is_empty() && !may_call(uri) {
                found.push(name);
            }
        }
        if self.grants.is_empty() || (self.kind.is_public() && has(Grant::ClientCredentials)) {
            found.push("grants");
        }
        if !(60..=DAY).contains(&self.token_seconds) {
            found.push("token_seconds");
        }
        if !(3600..=366 * DAY).contains(&self.refresh_seconds) {
            found.push("refresh_seconds");
        }
        if !self.own_scopes.iter().all(|s| is_scope(s)) {
            found.push("own_scopes");
        }
        if !self.sender.is_empty() && domain::email_address::Canonical::parse(&self.sender).is_err()
        {
            found.push("sender");
        }
        let own = |name: &String| {
            name.len() <= 60
                && !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-:/.".contains(&b))
                && !STANDARD_CLAIMS.contains(&name.as_str())
        };
        if self.claims.len() > 20
            || !self.claims.keys().all(own)
            || self.claims.values().any(String::is_empty)
        {
            found.push("claims");
        }
        found
    }
}

/// Schemes that are no program's: what has them is run, read or sent on by the browser itself.
const NEVER: [&str; 15] = [
    "about",
    "blob",
    "chrome",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "javascript",
    "mailto",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

impl Settings {
    /// A URI that browsers may be sent to: https; http on loopback addresses; a scheme of its own with a dot for native
    /// applications (RFC 8252 §7), or without one where somebody said so. Never a fragment (RFC 6749 §3.1.2).
    fn may_redirect(&self, uri: &str) -> bool {
        let plain = uri.len() <= 500 && uri.bytes().all(|b| (0x21..0x7f).contains(&b));
        match Url::parse(uri) {
            Ok(url) if plain && url.fragment().is_none() && url.username().is_empty() => {
                match url.scheme() {
                    "https" => url.host().is_some(),
                    "http" => is_local(&url),
                    scheme if NEVER.contains(&scheme) => false,
                    scheme => self.any_scheme || self.kind == Kind::Native && scheme.contains('.'),
                }
            }
            _ => false,
        }
    }
}

/// A scope token (RFC 6749 §3.3).
#[must_use]
pub fn is_scope(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && text.bytes().all(|b| (0x21..0x7f).contains(&b) && b != b'"' && b != b'\\')
}

/// A URI that this server, or a page of it, calls.
fn may_call(uri: &str) -> bool {
    Settings::default().may_redirect(uri)
}

fn is_local(url: &Url) -> bool {
    matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(change: impl FnOnce(&mut Settings), uris: &[&str]) -> Vec<&'static str> {
        let mut settings = Settings::default();
        change(&mut settings);
        settings.problems(&uris.iter().map(|u| (*u).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn redirect_uris_are_https_or_local_and_only_native_applications_have_schemes_of_their_own() {
        for good in [
            "https://app.test/cb",
            "http://127.0.0.1:8096/cb",
            "http://localhost/cb",
            "http://[::1]:1/cb",
            "https://app.test/cb?x=1",
        ] {
            assert!(problems(|_| {}, &[good]).is_empty(), "{good}");
        }
        for bad in [
            "http://app.test/cb",
            "https://app.test/cb#x",
            "javascript:alert(1)",
            "data:text/html,x",
            "com.example.app:/cb",
            "https://u@app.test/cb",
            "//app.test",
            "",
            "https://app.test/ö",
            "https://app.test/a b",
        ] {
            assert_eq!(problems(|_| {}, &[bad]), ["redirect_uris"], "{bad}");
        }
        assert!(problems(|s| s.kind = Kind::Native, &["com.example.app:/cb"]).is_empty());
        assert_eq!(
            problems(|s| s.kind = Kind::Native, &["app:/cb"]),
            ["redirect_uris"],
            "a scheme of its own has a dot"
        );
    }

    #[test]
    fn fr_39_any_scheme_of_a_program_by_choice_and_never_one_that_the_browser_runs() {
        let chosen = |kind| move |s: &mut Settings| (s.kind, s.any_scheme) = (kind, true);
        for uri in [
            "audiobookshelf://oauth",
            "vscode://x.y/cb",
            "app.immich:///oauth-callback",
            "nc://login",
        ] {
            for kind in [Kind::Native, Kind::Web] {
                assert!(problems(chosen(kind), &["https://a.test/cb", uri]).is_empty(), "{uri}");
            }
            let without = problems(|s| s.kind = Kind::Native, &[uri]);
            assert_eq!(without.is_empty(), uri.starts_with("app.immich"), "{uri}");
        }
        for bad in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "intent://x#Intent;end",
            "intent://x",
            "blob:https://a.test/1",
            "http://app.test/cb",
            "ws://app.test/",
            "mailto:x@y.test",
            "nc://u@login",
            "nc://login#x",
        ] {
            assert_eq!(problems(chosen(Kind::Native), &[bad]), ["redirect_uris"], "{bad}");
        }
        let logout = |s: &mut Settings| s.backchannel_logout_uri = "nc://out".into();
        assert!(
            !problems(
                |s| {
                    s.any_scheme = true;
                    logout(s)
                },
                &["https://a.test/cb"]
            )
            .is_empty()
        );
    }

    #[test]
    fn what_contradicts_itself_is_named_by_its_field() {
        assert_eq!(problems(|_| {}, &[]), ["redirect_uris"]);
        assert!(problems(|s| s.kind = Kind::Machine, &[]).is_empty());
        assert_eq!(
            problems(
                |s| (s.kind, s.grants) =
                    (Kind::SinglePage, BTreeSet::from([Grant::ClientCredentials])),
                &["https://app.test/cb"]
            ),
            ["grants"]
        );
        assert_eq!(problems(|s| s.token_seconds = 1, &["https://app.test/cb"]), ["token_seconds"]);
        assert_eq!(
            problems(
                |s| s.backchannel_logout_uri = "http://app.test/out".into(),
                &["https://app.test/cb"]
            ),
            ["backchannel_logout_uri"]
        );
        assert_eq!(
            problems(|s| s.own_scopes = BTreeSet::from(["a b".into()]), &["https://app.test/cb"]),
            ["own_scopes"]
        );
        assert!(serde_json::from_str::<Settings>(r#"{"unknown": 1}"#).is_err());
        assert_eq!(serde_json::from_str::<Settings>("{}").unwrap(), Settings::default());
    }
}
