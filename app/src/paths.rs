//! Addresses of our own pages, in one place.
use domain::{Refusal, path::SafePath};

/// The entry of who wants to the console.
pub const ADMIN_ENTRY: &str = "console";

/// The sign-in page on the way to the console.
#[must_use]
pub fn login_for_console() -> String {
    with_entry(LOGIN_STAY, ADMIN_ENTRY)
}

pub const LOGIN: &str = "/login";
/// Sign-in without any automatic redirect, so that nobody loops after a sign-out.
pub const LOGIN_STAY: &str = "/login?stay=1";
pub const SIGN_UP: &str = "/signup";
pub const LOGIN_CODE: &str = "/login/code";
/// Where a browser forgets the sign-ins that it began.
pub const LOGIN_CLEAR: &str = "/login/clear";
pub const RESET: &str = "/reset";
pub const ACCOUNT: &str = "/account";
pub const EMAIL: &str = "/account/email";
pub const PASSWORD: &str = "/account/password";
pub const SECOND_FACTOR: &str = "/account/second-factor";
pub const RECOVERY_CODES: &str = "/account/second-factor/codes";
pub const PASSKEYS: &str = "/account/passkeys";
pub const PHONE: &str = "/account/phone";
pub const CONSENT: &str = "/consent";
pub const ADDRESS: &str = "/address";
/// An application that does not let the person in.
pub const NO_ACCESS: &str = "/no-access";
pub const DEVICE: &str = "/device";
/// What an entry begins with that leads to a device's page instead of an application.
pub const DEVICE_ENTRY: &str = "device.";

/// The sign-in on the way to a device that waits under a code, and to its application once that is known.
#[must_use]
pub fn sign_in_for_device(code: &str, client_id: &str) -> String {
    let application = if client_id.is_empty() { String::new() } else { format!("~{client_id}") };
    with_entry(LOGIN_STAY, &format!("{DEVICE_ENTRY}{code}{application}"))
}
pub const LOGOUT: &str = "/logout";
pub const APPLICATIONS: &str = "/account/applications";
pub const ADMIN_APPLICATION_NEW: &str = "/admin/applications/new";
pub const MERGE: &str = "/account/merge";
pub const EXPORT: &str = "/account/export";
pub const DELETE: &str = "/account/delete";
pub const CONFIRM: &str = "/account/confirm";
pub const RECOVERED: &str = "/account/recovered";
pub const SESSIONS: &str = "/account/sessions";
pub const ACTIVITY: &str = "/account/activity";
pub const ADMIN: &str = "/admin";
pub const ADMIN_PROVIDERS: &str = "/admin/providers";
pub const ADMIN_PROVIDER_NEW: &str = "/admin/providers/new";
pub const ADMIN_POLICY: &str = "/admin/policy";
pub const ADMIN_POLICY_DOCUMENT: &str = "/admin/policy/document";
pub const ADMIN_POLICY_EFFECTIVE: &str = "/admin/policy/effective";
pub const ADMIN_POLICY_TRY: &str = "/admin/policy/try";
pub const ADMIN_ACCOUNTS: &str = "/admin/accounts";
pub const ADMIN_GROUPS: &str = "/admin/groups";
pub const ADMIN_AUDIT: &str = "/admin/audit";
pub const ADMIN_AUDIT_EXPORT: &str = "/admin/audit/export";
pub const ADMIN_APPLICATIONS: &str = "/admin/applications";
pub const ADMIN_ORGANISATIONS: &str = "/admin/organisations";
pub const ADMIN_ORGANISATION_NEW: &str = "/admin/organisations/new";
pub const ADMIN_BRAND: &str = "/admin/brand";
pub const SETUP: &str = "/setup";

/// The page that asks before an act, which is kept under an id.
#[must_use]
pub fn ask(kept: &str) -> String {
    format!("/confirm?act={kept}")
}

#[must_use]
pub fn attempt(id: &str, page: &str) -> String {
    format!("/attempt/{id}/{page}")
}

#[must_use]
pub fn refused(refusal: Refusal, support: &str) -> String {
    if support.is_empty() {
        format!("/refused/{}", refusal.code())
    } else {
        format!("/refused/{}?ref={support}", refusal.code())
    }
}

#[must_use]
pub fn with_entry(path: &str, entry: &str) -> String {
    if entry.is_empty() {
        path.to_owned()
    } else {
        format!("{path}{}entry={entry}", if path.contains('?') { '&' } else { '?' })
    }
}

#[must_use]
pub fn with_flash(path: &str, flash: &str) -> String {
    format!("{path}{}f={flash}", if path.contains('?') { '&' } else { '?' })
}

/// The page that asks to sign in once more, and where it leads afterwards.
#[must_use]
pub fn confirm(to: &str) -> String {
    leading_to(CONFIRM, to)
}

/// The page that sets a second factor up, on the way to another one.
#[must_use]
pub fn set_up_factor(to: &str) -> String {
    leading_to(SECOND_FACTOR, to)
}

/// The same, on the way to a page of ours or to an application.
#[must_use]
pub fn on_the_way(to: &str, entry: &str) -> String {
    with_entry(&if to.is_empty() { SECOND_FACTOR.to_owned() } else { set_up_factor(to) }, entry)
}

/// New recovery codes, which were kept under an id; on the way to a page of ours or to an application.
#[must_use]
pub fn recovery_codes(shown: &str, to: &str, entry: &str) -> String {
    let page = format!("{RECOVERY_CODES}?shown={shown}");
    with_entry(&if to.is_empty() { page } else { leading_to(&page, to) }, entry)
}

/// The file with one's own data, for the ticket that a form gave.
#[must_use]
pub fn export_file(ticket: &str) -> String {
    format!("{EXPORT}/{ticket}")
}

fn leading_to(page: &str, to: &str) -> String {
    format!(
        "{page}{}to={}",
        if page.contains('?') { '&' } else { '?' },
        to.replace('%', "%25")
            .replace('&', "%26")
            .replace('?', "%3F")
            .replace('=', "%3D")
            .replace('#', "%23")
    )
}

#[must_use]
pub fn undo(secret: &str) -> String {
    format!("/undo/{secret}")
}

#[must_use]
pub fn remove_method(link: &str) -> String {
    format!("/account/methods/{link}/remove")
}

#[must_use]
pub fn admin_provider_new(preset: &str) -> String {
    format!("{ADMIN_PROVIDER_NEW}?preset={preset}")
}

/// The page of a directory, for one start.
#[must_use]
pub fn directory(key: &str, state: &str) -> String {
    let query =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("state", state).finish();
    format!("/login/directory/{key}?{query}")
}

/// The page that asks before a provider is deleted.
#[must_use]
pub fn admin_provider_delete(key: &str) -> String {
    format!("{ADMIN_PROVIDERS}/{key}/delete")
}

/// The page that begins a test sign-in at a provider.
#[must_use]
pub fn admin_provider_test(key: &str) -> String {
    format!("{ADMIN_PROVIDERS}/{key}/test")
}

/// What a test sign-in at a provider came to, which was kept under an id.
#[must_use]
pub fn admin_provider_tested(key: &str, shown: &str) -> String {
    format!("{ADMIN_PROVIDERS}/{key}/test/result?shown={shown}")
}

/// The page that takes a provider's people along to another one.
#[must_use]
pub fn admin_provider_move(key: &str) -> String {
    format!("{ADMIN_PROVIDERS}/{key}/move")
}

/// A provider's page.
#[must_use]
pub fn admin_provider(key: &str) -> String {
    format!("{ADMIN_PROVIDERS}/{key}")
}

/// The list of accounts by a search, after one of them.
#[must_use]
pub fn admin_accounts(q: &str, after: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("q", q), ("after", after)].into_iter().filter(|(_, v)| !v.is_empty()))
        .finish();
    format!("{ADMIN_ACCOUNTS}?{query}")
}

#[must_use]
pub fn admin_account(id: &str) -> String {
    format!("{ADMIN_ACCOUNTS}/{id}")
}

/// A group in the console, from the one after a member on.
#[must_use]
pub fn admin_group(key: &str, after: &str) -> String {
    if after.is_empty() {
        format!("{ADMIN_GROUPS}/{key}")
    } else {
        format!("{ADMIN_GROUPS}/{key}?after={after}")
    }
}

/// The page that asks before a group is deleted.
#[must_use]
pub fn admin_group_delete(key: &str) -> String {
    format!("{ADMIN_GROUPS}/{key}/delete")
}

/// A path from a form, or the sign-in page.
#[must_use]
pub fn safe(text: &str) -> String {
    SafePath::parse(text).map_or_else(|_| LOGIN.to_owned(), String::from)
}

#[must_use]
pub fn policy_version(version: i64) -> String {
    format!("{ADMIN_POLICY}/versions/{version}")
}

#[must_use]
pub fn policy_replay(version: i64) -> String {
    format!("{}/replay", policy_version(version))
}

#[must_use]
pub fn policy_preset(name: &str) -> String {
    format!("{ADMIN_POLICY}/presets/{name}")
}

/// The editor of a scope's document, begun from what is in force or from a version.
#[must_use]
pub fn policy_document(scope: &str, version: Option<i64>) -> String {
    let plain: String =
        scope.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.:/".contains(*c)).collect();
    match version {
        Some(version) => format!("{ADMIN_POLICY_DOCUMENT}?scope={plain}&version={version}"),
        None => format!("{ADMIN_POLICY_DOCUMENT}?scope={plain}"),
    }
}

/// An organisation in the console.
#[must_use]
pub fn admin_organisation(slug: &str) -> String {
    format!("{ADMIN_ORGANISATIONS}/{slug}")
}

/// A style sheet for a colour, or a picture.
#[must_use]
pub fn brand(name: &str, kind: &str) -> String {
    format!("/brand/{name}.{kind}")
}

/// An application in the console.
#[must_use]
pub fn admin_application(client_id: &str) -> String {
    format!("/admin/applications/{client_id}")
}

/// The end of a sign-out, where something is still open or applications have to forget the session.
pub const SIGNED_OUT: &str = "/logout/done";
