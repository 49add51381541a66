//! Plain pages for people who try the demo.
use axum::response::Html;

/// Escapes text for HTML.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A page with a body that is HTML already.
pub fn html(title: &str, body: &str) -> Html<String> {
    let title = escape(title);
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>\
        :root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui,sans-serif;max-width:560px;margin:40px auto;padding:0 16px}}button,.button{{display:inline-block;font:inherit;padding:8px 16px;margin:4px 0;border-radius:8px;border:1px solid;background:none;color:inherit;text-decoration:none;cursor:pointer}}pre{{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid;border-radius:8px;padding:12px}}label{{display:block;margin:8px 0}}</style></head><body><h1>{title}</h1>{body}</body></html>"
    ))
}
