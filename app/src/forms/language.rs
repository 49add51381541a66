//! The language switch.
use leptos::prelude::*;

use crate::{
    context::asked,
    i18n::Lang,
    outcome::{Code, Leave, go},
    paths,
};

#[server(prefix = "/fn", endpoint = "language")]
pub async fn set_language(language: String, back: String) -> Result<(), Code> {
    let (context, _) = asked();
    let lang = Lang::parse(&language).unwrap_or_default();
    go(&context, &Leave::local(paths::safe(&back)).with(context.cookies.language(lang.tag())));
    Ok(())
}
