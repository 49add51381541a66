//! Taking a change back by a notice's link.
use leptos::prelude::*;

use crate::{
    context::asked,
    outcome::{Code, Flash, back, go, refuse},
    pages::undo_key,
    paths,
};

#[server(prefix = "/fn", endpoint = "undo")]
pub async fn take_back(secret: String) -> Result<(), Code> {
    let (context, asker) = asked();
    let next = match context.ligature.undo(&secret).await {
        Ok(what) => back(&context, &asker, paths::LOGIN_STAY, Flash::notice(&format!("undone-{}", undo_key(what)))).await,
        Err(fault) => refuse(&fault),
    };
    go(&context, &next);
    Ok(())
}
