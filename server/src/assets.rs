//! Static files, embedded, with their content's hash in the folder and a year of caching.
use app::{context::Assets, render};
use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::Embed;
use sha2::{Digest, Sha256};

/// The site as xtask builds it: script, wasm. Empty when it was not built.
#[derive(Embed)]
#[folder = "../site"]
struct Site;

const CSS: &str = include_str!("../../style/main.css");
const PASSKEY: &str = include_str!("../../public/passkey.js");
const METER: &str = include_str!("../../public/meter.js");
const SUBMIT: &str = include_str!("../../public/submit.js");
const MARK: &str = include_str!("../../public/mark.svg");

fn hash() -> String {
    let mut hasher = Sha256::new();
    hasher.update(CSS);
    hasher.update(MARK);
    hasher.update(PASSKEY);
    hasher.update(METER);
    hasher.update(SUBMIT);
    for name in Site::iter() {
        if let Some(file) = Site::get(&name) {
            hasher.update(file.data);
        }
    }
    hasher.finalize().iter().take(6).map(|b| format!("{b:02x}")).collect()
}

/// Addresses of the assets.
#[must_use]
pub fn assets() -> Assets {
    let hash = hash();
    let scripts = if Site::get("boot.js").is_some() {
        format!("<script type=\"module\" src=\"/assets/{hash}/boot.js\"></script>")
    } else {
        String::new()
    };
    let module =
        |name: &str| format!("<script type=\"module\" src=\"/assets/{hash}/{name}\"></script>");
    let modules = vec![
        (render::PASSKEY, module("passkey.js")),
        (render::METER, module("meter.js")),
        (render::SUBMIT, module("submit.js")),
    ];
    Assets {
        css: format!("/assets/{hash}/main.css"),
        icon: format!("/assets/{hash}/mark.svg"),
        modules,
        scripts,
    }
}

/// `GET /assets/{hash}/{file}`: only files of the site; the hash is part of the address, not checked.
pub async fn asset(Path((_hash, file)): Path<(String, String)>) -> Response {
    let (body, kind) = match file.as_str() {
        "main.css" => (CSS.as_bytes().to_vec(), "text/css; charset=utf-8"),
        "passkey.js" => (PASSKEY.as_bytes().to_vec(), "text/javascript; charset=utf-8"),
        "meter.js" => (METER.as_bytes().to_vec(), "text/javascript; charset=utf-8"),
        "submit.js" => (SUBMIT.as_bytes().to_vec(), "text/javascript; charset=utf-8"),
        "mark.svg" => (MARK.as_bytes().to_vec(), "image/svg+xml"),
        name => match (Site::get(name), name.rsplit('.').next()) {
            (Some(found), Some("js")) => {
                (found.data.into_owned(), "text/javascript; charset=utf-8")
            }
            (Some(found), Some("wasm")) => (found.data.into_owned(), "application/wasm"),
            _ => return StatusCode::NOT_FOUND.into_response(),
        },
    };
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    response
}
