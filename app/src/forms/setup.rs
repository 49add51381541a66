//! The first owner.
use leptos::prelude::*;
use service::NewPerson;

use crate::{
    context::asked,
    forms::bounded,
    outcome::{Code, Flash, leave, redirect_with_flash, respond},
    paths,
};

#[server(prefix = "/fn", endpoint = "setup")]
pub async fn claim(token: String, email: String, name: String, password: String) -> Result<(), Code> {
    let (context, web) = asked();
    let person = NewPerson { email, name, password };
    let mut problems = person.problems();
    if problems.is_empty() && context.ligature.passwords().is_leaked(&person.password).await {
        problems.push(("password", "field-password-leaked"));
    }
    let next = if problems.is_empty() {
        leave(&context, context.ligature.setup().claim(&web.ctx, &token, person).await).await
    } else {
        let flash = Flash {
            problems: problems.into_iter().map(|(f, m)| (f.into(), m.into())).collect(),
            typed: vec![("email".into(), bounded(&person.email, 254)), ("name".into(), bounded(&person.name, 80))],
            ..Flash::default()
        };
        let path = domain::path::SafePath::parse(&format!("{}?token={token}", paths::SETUP)).map_or_else(|_| paths::SETUP.to_owned(), String::from);
        redirect_with_flash(&context, &web, &path, flash).await
    };
    respond(&context, &next);
    Ok(())
}
