//! Applications in the console: register, change, give a new secret.
use std::collections::BTreeMap;

use domain::Refusal;
use leptos::prelude::*;
use serde::Deserialize;
use service::oidc_provider::{Algorithm, ApplicationForm, ApplicationKind, ApplicationSettings, Brand, Grant};

use crate::{
    context::asked,
    forms::bounded,
    outcome::{Code, Flash, redirect_with_flash, refuse, respond, turned_away, turned_back},
    paths,
};

/// Words separated by white space, a bounded number of them.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).take(30).collect()
}

/// Lines of `name = expression`; a line without a name or an expression stays as what it is, and is told.
fn claims(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty()).take(30);
    lines.map(|line| line.split_once('=').map_or((line.to_owned(), String::new()), |(name, expression)| (name.trim().to_owned(), expression.trim().to_owned()))).collect()
}

/// A form of strings as settings; what is no number stays out of range, and is told.
fn read(fields: &BTreeMap<String, String>) -> ApplicationForm {
    let text = |name: &str| fields.get(name).map(|v| v.trim()).unwrap_or_default();
    let on = |name: &str| !text(name).is_empty();
    let number = |name: &str| text(name).parse().unwrap_or(-1);
    let named = |name: &str| serde_json::Value::String(text(name).to_owned());
    let grants = [("grant_code", Grant::AuthorizationCode), ("grant_refresh", Grant::RefreshToken), ("grant_client", Grant::ClientCredentials), ("grant_device", Grant::DeviceCode)];
    let settings = ApplicationSettings {
        kind: ApplicationKind::deserialize(named("application_kind")).unwrap_or(ApplicationKind::Web),
        grants: grants.into_iter().filter(|(name, _)| on(name)).map(|(_, grant)| grant).collect(),
        first_party: on("first_party"),
        pkce_optional: on("pkce_optional"),
        post_logout_redirect_uris: words(text("post_logout_redirect_uris")),
        backchannel_logout_uri: text("backchannel_logout_uri").to_owned(),
        frontchannel_logout_uri: text("frontchannel_logout_uri").to_owned(),
        algorithm: Algorithm::deserialize(named("algorithm")).unwrap_or(Algorithm::Rs256),
        pairwise: on("pairwise"),
        token_seconds: number("token_seconds"),
        refresh_seconds: number("refresh_seconds"),
        own_scopes: words(text("own_scopes")).into_iter().collect(),
        resource_server: on("resource_server"),
        dpop: on("dpop"),
        identities: on("identities"),
        unproved_contacts: on("unproved_contacts"),
        unchecked_name: on("unchecked_name"),
        providers: words(text("providers")).into_iter().collect(),
        sender: text("sender").to_owned(),
        claims: claims(text("claims")),
        brand: Brand { colour: text("colour").to_owned(), logo: String::new() },
    };
    ApplicationForm { client_id: text("client_id").to_owned(), name: text("name").to_owned(), redirect_uris: words(text("redirect_uris")), settings, active: on("active") }
}

#[server(prefix = "/fn", endpoint = "admin/application")]
pub async fn save_application(#[server(default)] create: String, #[server(default)] fields: BTreeMap<String, String>) -> Result<(), Code> {
    let (context, web) = asked();
    if let Err(fault) = context.ligature.admin_rights().allowed(&web.ctx, domain::Right::ChangeApplications).await {
        respond(&context, &refuse(&fault));
        return Ok(());
    }
    let create = !create.is_empty();
    let form = read(&fields);
    let (page, client_id) = (if create { paths::ADMIN_APPLICATION_NEW.to_owned() } else { paths::admin_application(&form.client_id) }, form.client_id.clone());
    let mut typed: Vec<(String, String)> = fields.iter().take(40).map(|(k, v)| (bounded(k, 40), bounded(v, 2000))).collect();
    typed.push(("sent".into(), "on".into()));
    let problems = match context.ligature.applications().application_problems(&form).await {
        Ok(problems) => problems,
        Err(fault) => {
            respond(&context, &refuse(&fault));
            return Ok(());
        }
    };
    let again = |problems: Vec<(String, String)>| Flash { problems, typed, ..Flash::default() };
    let next = if problems.is_empty() {
        match context.ligature.applications().save_application(&web.ctx, form, create).await {
            // Shown once, then gone with the flash row; the database keeps a hash.
            Ok(Some(secret)) => {
                redirect_with_flash(
                    &context,
                    &web,
                    &paths::admin_application(&client_id),
                    Flash { notice: "application-registered".into(), typed: vec![("secret".into(), secret)], ..Flash::default() },
                )
                .await
            }
            Ok(None) => redirect_with_flash(&context, &web, &paths::admin_application(&client_id), Flash::notice("saved")).await,
            Err(fault) if fault.refusal() == Refusal::BadRequest => redirect_with_flash(&context, &web, &page, again(vec![("client_id".into(), "field-client-id-taken".into())])).await,
            Err(fault) => turned_back(&context, &web, &fault, &page, again(Vec::new())).await,
        }
    } else {
        let problems = problems.into_iter().map(|field| (field.to_owned(), format!("field-app-{}", field.replace('_', "-")))).collect();
        redirect_with_flash(&context, &web, &page, again(problems)).await
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/application/secret")]
pub async fn rotate_secret(client_id: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.applications().rotate_secret(&web.ctx, &client_id).await {
        Ok(secret) => {
            redirect_with_flash(&context, &web, &paths::admin_application(&client_id), Flash { notice: "application-secret".into(), typed: vec![("secret".into(), secret)], ..Flash::default() }).await
        }
        Err(fault) => turned_away(&fault, &paths::safe(&paths::admin_application(&client_id))),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/registration")]
pub async fn open_registration(label: String, uses: String, days: String) -> Result<(), Code> {
    let (context, web) = asked();
    let number = |text: &str| text.trim().parse::<i32>().unwrap_or(0);
    let next = match context.ligature.applications().make_registration_token(&web.ctx, &label, number(&uses), number(&days).into()).await {
        // Shown once, then gone with the flash row; the database keeps a hash.
        Ok(token) => redirect_with_flash(&context, &web, paths::ADMIN_APPLICATIONS, Flash { typed: vec![("registration_token".into(), token)], ..Flash::default() }).await,
        Err(fault) if fault.refusal() == Refusal::BadRequest => {
            let typed = [("label", label), ("uses", uses), ("days", days)].into_iter().map(|(k, v)| (k.to_owned(), bounded(&v, 60))).collect();
            redirect_with_flash(&context, &web, paths::ADMIN_APPLICATIONS, Flash { problems: vec![("registration".into(), "field-registration".into())], typed, ..Flash::default() }).await
        }
        Err(fault) => turned_away(&fault, paths::ADMIN_APPLICATIONS),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/registration/end")]
pub async fn end_registration(id: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.applications().end_registration_token(&web.ctx, &id).await {
        Ok(()) => redirect_with_flash(&context, &web, paths::ADMIN_APPLICATIONS, Flash::default()).await,
        Err(fault) => turned_away(&fault, paths::ADMIN_APPLICATIONS),
    };
    respond(&context, &next);
    Ok(())
}
