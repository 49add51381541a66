//! Organisations of the instance, and what an organisation's pages look like.
use leptos::prelude::*;
use service::admin::organisations::OrganisationForm;

use crate::{
    context::asked,
    forms::bounded,
    outcome::{Code, Flash, redirect_with_flash, respond, turned_away, turned_back},
    paths,
};

#[server(prefix = "/fn", endpoint = "admin/organisation")]
pub async fn save_organisation(#[server(default)] create: String, slug: String, name: String, #[server(default)] address: String, #[server(default)] active: String) -> Result<(), Code> {
    let (context, web) = asked();
    let create = !create.is_empty();
    let form = OrganisationForm { slug: slug.clone(), name: name.clone(), address: address.clone(), active: create || !active.is_empty() };
    let page = if create { paths::ADMIN_ORGANISATION_NEW.to_owned() } else { paths::safe(&paths::admin_organisation(&slug)) };
    let next = match context.ligature.organisation_admin().save_organisation(&web.ctx, form, create).await {
        Ok(Ok(())) => redirect_with_flash(&context, &web, &paths::admin_organisation(&slug), Flash::notice("saved")).await,
        Ok(Err((field, remedy))) => {
            let typed = [("slug", &slug), ("name", &name), ("address", &address)].into_iter().map(|(k, v)| (k.to_owned(), bounded(v, 200))).collect();
            redirect_with_flash(&context, &web, &page, Flash { problems: vec![(field.into(), remedy.into())], typed, ..Flash::default() }).await
        }
        Err(fault) => {
            let typed = [("slug", &slug), ("name", &name), ("address", &address)].into_iter().map(|(k, v)| (k.to_owned(), bounded(v, 200))).collect();
            turned_back(&context, &web, &fault, &page, Flash { typed, ..Flash::default() }).await
        }
    };
    respond(&context, &next);
    Ok(())
}

/// The address for the first owner: shown once, then gone with the flash row.
#[server(prefix = "/fn", endpoint = "admin/organisation/owner")]
pub async fn invite_owner(slug: String) -> Result<(), Code> {
    let (context, web) = asked();
    let page = paths::safe(&paths::admin_organisation(&slug));
    let next = match context.ligature.organisation_admin().first_owner_address(&web.ctx, &slug).await {
        Ok(Some(address)) => redirect_with_flash(&context, &web, &page, Flash { typed: vec![("invitation".into(), address)], ..Flash::default() }).await,
        Ok(None) => redirect_with_flash(&context, &web, &page, Flash::notice("organisation-owned")).await,
        Err(fault) => turned_away(&fault, &page),
    };
    respond(&context, &next);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "admin/brand")]
pub async fn save_brand(name: String, #[server(default)] colour: String) -> Result<(), Code> {
    let (context, web) = asked();
    let next = match context.ligature.branding().save_brand(&web.ctx, &name, &colour).await {
        Ok(Ok(())) => redirect_with_flash(&context, &web, paths::ADMIN_BRAND, Flash::notice("saved")).await,
        Ok(Err((field, remedy))) => {
            let typed = [("name", &name), ("colour", &colour)].into_iter().map(|(k, v)| (k.to_owned(), bounded(v, 80))).collect();
            redirect_with_flash(&context, &web, paths::ADMIN_BRAND, Flash { problems: vec![(field.into(), remedy.into())], typed, ..Flash::default() }).await
        }
        Err(fault) => {
            let typed = [("name", &name), ("colour", &colour)].into_iter().map(|(k, v)| (k.to_owned(), bounded(v, 80))).collect();
            turned_back(&context, &web, &fault, paths::ADMIN_BRAND, Flash { typed, ..Flash::default() }).await
        }
    };
    respond(&context, &next);
    Ok(())
}
