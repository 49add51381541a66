//! How hard a password is to guess, while it is typed.
use crate::{context::asked, form_input::bounded, i18n::t, outcome::Code};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the bar shows: 0 to 4, and a few words.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    pub score: u8,
    pub text: String,
}

/// `known`: what the form says of the person.
#[server(prefix = "/fn", endpoint = "ask/password")]
pub async fn measure_password(
    password: String,
    #[server(default)] known: String,
) -> Result<Measured, Code> {
    let (_, web) = asked();
    let score = service::sign_in::password::measure(&password, &bounded(&known, 400));
    let words = if service::sign_in::password::is_long_enough(&password) {
        format!("meter-{score}")
    } else {
        "meter-short".to_owned()
    };
    Ok(Measured { score, text: t(web.lang, &words) })
}
