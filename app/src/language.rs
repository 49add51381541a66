//! The language switch.
use crate::{
    context::asked,
    i18n::Lang,
    outcome::{Code, SeeOther, respond},
    paths,
};
use leptos::prelude::*;

#[server(prefix = "/fn", endpoint = "language")]
pub async fn set_language(language: String, back: String) -> Result<(), Code> {
    let (context, _) = asked();
    let lang = Lang::parse(&language).unwrap_or_default();
    respond(
        &context,
        &SeeOther::local(paths::safe(&back)).with(context.cookies.language(lang.tag())),
    )
}
