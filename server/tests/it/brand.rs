//! What pages look like, and what an uploaded picture cannot do.
use crate::{
    op::register,
    world::{Browser, Page, World},
};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::json;

/// A picture of 4 × 2 pixels, as a drawing program writes it.
fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbaImage::from_pixel(4, 2, image::Rgba([200, 30, 30, 255]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

async fn send(b: &Browser, form: Form) -> Page {
    let request = b
        .request(Method::POST, "/fn/admin/brand/logo")
        .header("origin", &b.base)
        .header("sec-fetch-site", "same-origin")
        .multipart(form);
    let page = b.send(request).await;
    b.follow(page).await
}

fn upload(bytes: Vec<u8>) -> Form {
    Form::new()
        .part("logo", Part::bytes(bytes).file_name("logo.svg").mime_str("image/svg+xml").unwrap())
}

fn logo_of(page: &Page) -> String {
    page.body
        .split("src=\"/brand/")
        .nth(1)
        .unwrap_or_else(|| panic!("no logo: {}", page.body))
        .split('"')
        .next()
        .unwrap()
        .to_owned()
}

/// Shows SB-07: a picture with a page behind it comes out as a picture, and can do nothing.
#[tokio::test(flavor = "multi_thread")]
async fn sb_07_an_uploaded_logo_is_drawn_anew_and_served_as_nothing_but_a_picture() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let mut polyglot = png();
    polyglot.extend_from_slice(
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
    );
    let saved = send(&owner, upload(polyglot)).await;
    assert!(saved.path() == "/admin/brand" && saved.has("Saved."), "{}", saved.body);
    let name = logo_of(&w.browser().get("/login").await);
    let picture = w.browser().get(&format!("/brand/{name}")).await;
    assert_eq!(
        (
            picture.status,
            picture.header("content-type").as_str(),
            picture.header("x-content-type-options").as_str()
        ),
        (200, "image/png", "nosniff")
    );
    assert_eq!(picture.header("content-security-policy"), "default-src 'none'; sandbox");
    assert!(
        picture.header("cache-control").contains("immutable") && !picture.body.contains("script")
    );
    // What is a drawing, a page or a bomb is refused with what to do, and the logo stays.
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec();
    for (bytes, says) in [
        (svg, "export yours as PNG"),
        (b"<html>".to_vec(), "export yours as PNG"),
        (vec![0; 513 * 1024], "too large"),
        (vec![0; 800 * 1024], "too large"),
    ] {
        let page = send(&owner, upload(bytes)).await;
        assert!(page.has(says), "{says}: {} {}", page.url, page.body);
    }
    assert_eq!(logo_of(&w.browser().get("/login").await), name);
    // Only owners, only from our own pages.
    for (b, refusal) in
        [(w.sign_up("user@example.test").await, "admin.forbidden"), (w.browser(), "session.ended")]
    {
        assert_eq!(send(&b, upload(png())).await.refusal(), refusal);
    }
    let request = owner
        .request(Method::POST, "/fn/admin/brand/logo")
        .header("origin", "https://evil.test")
        .header("sec-fetch-site", "cross-site")
        .multipart(upload(png()));
    assert_eq!(owner.send(request).await.status, 403);
    // What is no form with a file is the sender's fault, with a page of ours.
    for (kind, body) in [
        ("multipart/form-data", "--x\r\n"),
        ("multipart/form-data; boundary=\"", "--x\r\n"),
        ("multipart/form-data; boundary=x", "--x\r\nnonsense"),
        ("multipart/form-data; boundary=x", "--x--\r\n"),
        ("application/x-www-form-urlencoded", "remove=yes"),
        ("text/plain", "remove=yes"),
    ] {
        let request = owner
            .request(Method::POST, "/fn/admin/brand/logo")
            .header("origin", &owner.base)
            .header("content-type", kind)
            .body(body);
        let page = owner.send(request).await;
        let page = owner.follow(page).await;
        assert_eq!((page.status, page.refusal().as_str()), (400, "server.bad_request"), "{kind}");
    }
    let large = Form::new().text("client_id", "x".repeat(600 * 1024)).text("remove", "yes");
    assert!(send(&owner, large).await.has("too large"), "fields count as well");
    assert_eq!(logo_of(&w.browser().get("/login").await), name);
    // Taken away: the picture is gone too.
    send(&owner, Form::new().text("remove", "yes")).await;
    assert!(!w.browser().get("/login").await.has("/brand/"));
    assert_eq!(
        (
            w.browser().get(&format!("/brand/{name}")).await.status,
            w.rows("image", "hash", "").await
        ),
        (404, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisations_name_colour_and_logo_stand_on_its_pages_and_an_application_has_its_own() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let bad = owner.post("/fn/admin/brand", &[("name", "Harbour & Sons"), ("colour", "red")]).await;
    assert!(bad.has("Give six digits") && bad.has("value=\"red\""), "{}", bad.body);
    let saved =
        owner.post("/fn/admin/brand", &[("name", "Harbour & Sons"), ("colour", "#AA2200")]).await;
    assert!(saved.has("Saved.") && saved.has("value=\"#aa2200\""), "{}", saved.body);
    let login = w.browser().get("/login").await;
    assert!(
        login.has("Harbour &amp; Sons")
            && login.has("href=\"/brand/aa2200.css\"")
            && !login.has("Ligature"),
        "{}",
        login.body
    );
    let style = w.browser().get("/brand/aa2200.css").await;
    assert_eq!(
        (style.status, style.header("content-type").as_str()),
        (200, "text/css; charset=utf-8")
    );
    assert!(style.body.starts_with(":root{--accent:light-dark(#aa2200,"), "{}", style.body);
    for wrong in [
        "/brand/AA2200.css",
        "/brand/x.css",
        "/brand/aa2200",
        "/brand/aa2200.css.css",
        "/brand/0123456789abcdef0123456789abcdef.png",
        "/brand/..%2f..%2fetc.png",
    ] {
        assert_eq!(w.browser().get(wrong).await.status, 404, "{wrong}");
    }
    // An application's own, on the way to it and nowhere else.
    let rp = register(&w, "rp", json!({"brand": {"colour": "#005500"}})).await;
    send(
        &owner,
        Form::new().text("client_id", "rp").part("logo", Part::bytes(png()).file_name("x.png")),
    )
    .await;
    let b = w.browser();
    let page = b.follow(rp.authorize(&b, &[]).await).await;
    assert!(page.path() == "/login" && page.has("/brand/005500.css"), "{}", page.body);
    let name = logo_of(&page);
    assert!(!w.browser().get("/login").await.has(&name));
    let entry = page.url.split_once('?').unwrap().1.to_owned();
    let signup = b
        .post(
            "/fn/signup",
            &[
                ("email", "new@example.test"),
                ("name", "New"),
                ("password", crate::world::PASSWORD),
                ("entry", entry.split("entry=").nth(1).unwrap().split('&').next().unwrap()),
            ],
        )
        .await;
    assert!(
        signup.path().starts_with("/attempt/")
            && signup.has(&name)
            && signup.has("/brand/005500.css"),
        "{}",
        signup.body
    );
    // Saving the form keeps the logo, which has a form of its own.
    let form = [
        ("fields[client_id]", "rp"),
        ("fields[name]", "The rp"),
        ("fields[application_kind]", "web"),
        ("fields[redirect_uris]", crate::op::CALLBACK),
        ("fields[active]", "on"),
        ("fields[algorithm]", "RS256"),
        ("fields[grant_code]", "on"),
        ("fields[token_seconds]", "600"),
        ("fields[refresh_seconds]", "86400"),
        ("fields[colour]", "#000055"),
        ("fields[first_party]", "on"),
        ("fields[pkce_optional]", "on"),
    ];
    let saved = owner.post("/fn/admin/application", &form).await;
    assert!(saved.has("Saved.") && saved.has(&name), "{}", saved.body);
    let b = w.browser();
    let page = b.follow(rp.authorize(&b, &[]).await).await;
    assert!(page.has("/brand/000055.css") && page.has(&name), "{}", page.body);
}
