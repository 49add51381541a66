//! The routes of all pages.
use crate::context::Context;
use axum::{
    Router,
    handler::Handler,
    http::StatusCode,
    routing::{MethodRouter, get},
};

/// What is there once: a program that only asks for the head must not use it up.
fn get_once<H: Handler<T, Context>, T: 'static>(handler: H) -> MethodRouter<Context> {
    get(handler).head(|| async { StatusCode::METHOD_NOT_ALLOWED })
}

/// Routes of all pages.
pub fn routes() -> Router<Context> {
    Router::new()
        .route("/", get(|| async { axum::response::Redirect::to("/account") }))
        .route("/login", get(crate::sign_in::login::login))
        .route("/login/directory/{key}", get(crate::sign_in::by_directory::by_directory))
        .route("/login/code", get(crate::sign_in::by_code::by_code))
        .route(crate::paths::LOGIN_CLEAR, get(crate::sign_in::clear::show_clear))
        .route("/signup", get(crate::sign_in::sign_up::show_sign_up))
        .route("/reset", get(crate::sign_in::reset::show_reset))
        .route("/attempt/{id}/{page}", get(crate::sign_in::attempt::attempt))
        .route("/refused/{code}", get(crate::sign_in::refused::refused))
        .route("/account", get(crate::account::methods::methods))
        .route("/account/recovered", get(crate::account::recovered::recovered))
        .route("/account/email", get(crate::account::email::email))
        .route("/account/password", get(crate::account::password::password))
        .route("/account/second-factor", get(crate::account::second_factor::second_factor))
        .route(
            "/account/second-factor/codes",
            get_once(crate::account::second_factor::recovery_codes),
        )
        .route("/account/passkeys", get(crate::account::passkeys::passkeys))
        .route("/account/phone", get(crate::account::phone::phone))
        .route("/account/applications", get(crate::account::applications::applications))
        .route(service::oidc_provider::REPLY, get(crate::oidc::reply::reply))
        .route("/consent", get(crate::oidc::consent::show_consent))
        .route("/address", get(crate::oidc::address::address))
        .route("/no-access", get(crate::oidc::no_access::no_access))
        .route("/device", get(crate::oidc::device::device))
        .route("/logout/done", get(crate::oidc::logout::done))
        .route("/logout/returned", get(crate::oidc::logout::returned))
        .route("/account/merge", get(crate::account::merge::merge))
        .route("/account/export", get(crate::account::export::export))
        .route("/account/export/{ticket}", get_once(crate::account::export::file))
        .route("/account/delete", get(crate::account::delete::delete))
        .route("/undo/{secret}", get(crate::account::undo::undo))
        .route("/account/confirm", get(crate::account::reauthenticate::confirm))
        .route("/account/methods/{link}/remove", get(crate::account::remove::remove))
        .route("/account/sessions", get(crate::account::sessions::sessions))
        .route("/account/activity", get(crate::account::activity::activity))
        .route("/setup", get(crate::sign_in::setup::setup))
        .route("/confirm", get(crate::confirm::confirm))
        .route("/admin", get(crate::admin::overview::overview))
        .route("/admin/providers", get(crate::admin::providers::providers))
        .route("/admin/providers/new", get(crate::admin::provider_add::new_provider))
        .route("/admin/providers/{key}", get(crate::admin::provider::provider))
        .route("/admin/providers/{key}/delete", get(crate::admin::provider_delete::deletion))
        .route("/admin/providers/{key}/test", get(crate::admin::provider_test_sign_in::begin))
        .route(
            "/admin/providers/{key}/test/result",
            get_once(crate::admin::provider_test_sign_in::tested),
        )
        .route("/admin/providers/{key}/move", get(crate::admin::provider_move::moving))
        .route("/admin/policy", get(crate::admin::policy::policy))
        .route("/admin/policy/document", get(crate::admin::policy_document::document))
        .route("/admin/policy/effective", get(crate::admin::policy_document::effective))
        .route("/admin/policy/try", get(crate::admin::policy_try::attempt))
        .route("/admin/policy/presets/{name}", get(crate::admin::policy_document::preset))
        .route("/admin/policy/versions/{version}", get(crate::admin::policy_version::version))
        .route("/admin/policy/versions/{version}/replay", get(crate::admin::policy_replay::replay))
        .route("/admin/accounts", get(crate::admin::accounts::accounts))
        .route("/admin/accounts/{id}", get(crate::admin::account::account))
        .route("/admin/groups", get(crate::admin::groups::groups))
        .route("/admin/groups/{key}", get(crate::admin::group::group))
        .route("/admin/groups/{key}/delete", get(crate::admin::group_delete::deletion))
        .route("/admin/applications", get(crate::admin::applications::applications))
        .route("/admin/applications/{client_id}", get(crate::admin::application::application))
        .route("/admin/organisations", get(crate::admin::organisations::organisations))
        .route("/admin/organisations/{slug}", get(crate::admin::organisations::organisation))
        .route("/admin/brand", get(crate::admin::brand::brand))
        .route("/admin/audit", get(crate::admin::audit::audit))
        .route("/admin/audit/export", get(crate::admin::audit_export::export))
}
