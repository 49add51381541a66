//! What every answer must look like: headers, cookies, cross-site rules, hosts, inert text.
use crate::world::{Page, World};
use rehearsal::provider::Knobs;
use reqwest::Method;
use serde_json::json;

const PAGES: [&str; 8] = [
    "/login",
    "/signup",
    "/reset",
    "/setup",
    "/refused/attempt.expired",
    "/refused/nonsense",
    "/nowhere",
    "/attempt/x/choose",
];
const OWN: [&str; 13] = [
    "/account",
    "/account/sessions",
    "/account/activity",
    "/admin",
    "/admin/providers",
    "/admin/providers/new",
    "/admin/policy",
    "/admin/accounts",
    "/admin/groups",
    "/admin/applications",
    "/admin/applications/new",
    "/account/applications",
    "/admin/audit",
];

fn safe(page: &Page) {
    let csp = page.header("content-security-policy");
    for part in ["object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(csp.contains(part), "{}: {csp}", page.url);
    }
    // The console's forms end here. Where a way leads on, nobody knows its hops.
    let stays = page.url.contains("/admin") || page.url.contains("/account/");
    assert_eq!(csp.contains("form-action 'self'"), stays, "{}: {csp}", page.url);
    let modules = if page.has("/passkey.js") || page.has("/meter.js") {
        "script-src 'self';"
    } else {
        "script-src 'none';"
    };
    assert!(
        csp.contains(modules) || csp.contains("script-src 'self' 'wasm-unsafe-eval';"),
        "{csp}"
    );
    // Only what asks the server may connect, and nowhere else.
    assert_eq!(
        csp.contains("connect-src 'self'"),
        csp.contains("wasm") || page.has("/meter.js"),
        "{csp}"
    );
    assert!(
        !csp.contains("unsafe-inline") && !csp.contains("'unsafe-eval'") && !csp.contains('*'),
        "{csp}"
    );
    assert_eq!(page.has("<script"), csp.contains("script-src 'self'"), "{}", page.url);
    assert!(!page.has("<style") && !page.has(" style=\"") && !page.has("onclick"), "{}", page.url);
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert_eq!(
        page.header("cross-origin-opener-policy"),
        if stays { "same-origin" } else { "unsafe-none" }
    );
    assert_eq!(page.header("cache-control"), "no-store", "{}", page.url);
    assert!(!page.header("x-request-id").is_empty());
}

/// Shows SB-05, SB-08, SB-10.
#[tokio::test(flavor = "multi_thread")]
async fn sb_05_sb_08_sb_10_every_page_and_error_has_the_safe_headers() {
    let w = World::new("goss").await;
    let b = w.browser();
    for path in PAGES {
        let page = b.get(path).await;
        safe(&page);
        assert_eq!(
            (page.body.matches("<h1").count(), page.body.matches("<main").count()),
            (1, 1),
            "{path}"
        );
    }
    let owner = w.owner().await;
    for path in OWN {
        let page = owner.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        safe(&page);
        assert_eq!(
            (page.body.matches("<h1").count(), page.body.matches("<main").count()),
            (1, 1),
            "{path}"
        );
    }
    w.browser().sign_in("meridian", "m-vera").await;
    let v = w.browser();
    let chooser = v.sign_in("atlas", "a-vera").await;
    safe(&chooser);
    safe(&v.pick(&chooser, "add_to_existing").await);
    // Third parties: nothing on a page comes from elsewhere.
    for page in [chooser, b.get("/login").await] {
        let mut from: Vec<_> = page
            .body
            .split("src=\"")
            .skip(1)
            .chain(page.body.split("<link rel=\"stylesheet\" href=\"").skip(1))
            .map(|r| r.split('"').next().unwrap().to_owned())
            .collect();
        from.retain(|a| !a.starts_with("/assets/"));
        assert!(from.is_empty(), "{from:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sb_02_cookies_are_host_bound_hidden_from_scripts_and_small() {
    let w = World::new("goss").await;
    let b = w.browser();
    let page = b.send(b.request(Method::GET, "/login")).await;
    let started = b.post_only("/fn/signin/provider", &[("provider", "meridian")]).await;
    let callback = b.at_provider(&started.header("location"), "m-vera").await;
    let done = b.send(b.request(Method::GET, &callback)).await;
    let all: Vec<String> = [page, started, done]
        .iter()
        .flat_map(|p| p.header("set-cookie").lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert!(all.len() >= 4, "{all:?}");
    for cookie in all {
        assert!(
            cookie.contains("; HttpOnly")
                && cookie.contains("; SameSite=Lax")
                && cookie.contains("; Path=/")
                && !cookie.contains("Domain"),
            "{cookie}"
        );
        assert!(cookie.len() < 4096);
        let value = cookie.split(['=', ';']).nth(1).unwrap();
        assert!(
            value.is_empty() || cookie.starts_with("lg_last") || value.len() >= 43,
            "256 random bits: {cookie}"
        );
    }
    // With https the same cookies are Secure and carry the __Host- prefix.
    let secure = app::cookies::Cookies { secure: true, org: w.ligature().org };
    for cookie in [
        secure.session("x"),
        secure.browser("x"),
        secure.start("a", "x"),
        secure.entry("a", "x"),
        secure.language("de"),
        secure.last("x"),
    ] {
        let header = secure.header(&cookie);
        assert!(header.starts_with("__Host-") && header.ends_with("; Secure"), "{header}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sb_01_the_session_id_is_new_at_every_sign_in_and_a_planted_one_is_never_adopted() {
    let w = World::new("goss").await;
    let b = w.browser();
    b.get("/login").await;
    let name = app::cookies::Cookies { secure: false, org: w.ligature().org }.session_name();
    let planted = format!("{name}={}", "A".repeat(43));
    b.set_cookie(&planted);
    b.sign_in("meridian", "m-vera").await;
    let first = b.session_cookie().unwrap();
    assert_ne!(first, planted);
    b.sign_in("meridian", "m-vera").await;
    let second = b.session_cookie().unwrap();
    assert_ne!(first, second);
    let old = w.browser();
    old.set_cookie(&first);
    assert!(!old.is_signed_in().await, "the old id is dead");
}

/// Shows SB-03, SB-04.
#[tokio::test(flavor = "multi_thread")]
async fn sb_03_sb_04_no_function_can_be_called_from_another_site() {
    let w = World::new("goss").await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    let paths = server::router::function_paths();
    // A new function has to be reviewed and added here.
    let reviewed = [
        "/fn/account/add",
        "/fn/account/application/revoke",
        "/fn/account/confirm/code",
        "/fn/account/confirm/passkey",
        "/fn/account/confirm/password",
        "/fn/account/confirm/provider",
        "/fn/account/delete",
        "/fn/account/email",
        "/fn/account/email/keep",
        "/fn/account/email/remove",
        "/fn/account/export",
        "/fn/account/merge",
        "/fn/account/merge/provider",
        "/fn/account/name",
        "/fn/account/passkey",
        "/fn/account/passkey/remove",
        "/fn/account/password",
        "/fn/account/phone",
        "/fn/account/phone/remove",
        "/fn/account/recovered",
        "/fn/account/remove",
        "/fn/account/second-factor/begin",
        "/fn/account/second-factor/codes",
        "/fn/account/second-factor/go-on",
        "/fn/account/second-factor/on",
        "/fn/account/second-factor/remove",
        "/fn/account/sessions/end",
        "/fn/account/sessions/end-all",
        "/fn/account/sessions/end-others",
        "/fn/account/undo",
        "/fn/address",
        "/fn/admin/account/email",
        "/fn/admin/account/merge",
        "/fn/admin/account/role",
        "/fn/admin/account/second-factor",
        "/fn/admin/account/state",
        "/fn/admin/application",
        "/fn/admin/application/secret",
        "/fn/admin/brand",
        "/fn/admin/brand/logo",
        "/fn/admin/group",
        "/fn/admin/group/add",
        "/fn/admin/group/create",
        "/fn/admin/group/delete",
        "/fn/admin/group/remove",
        "/fn/admin/organisation",
        "/fn/admin/organisation/owner",
        "/fn/admin/policy",
        "/fn/admin/policy/draft",
        "/fn/admin/policy/dry-run",
        "/fn/admin/policy/roll-back",
        "/fn/admin/policy/version",
        "/fn/admin/provider",
        "/fn/admin/provider/add",
        "/fn/admin/provider/delete",
        "/fn/admin/provider/groups",
        "/fn/admin/provider/move",
        "/fn/admin/provider/move/end",
        "/fn/admin/provider/profile",
        "/fn/admin/provider/test",
        "/fn/admin/provider/test-sign-in",
        "/fn/admin/registration",
        "/fn/admin/registration/end",
        "/fn/ask/password",
        "/fn/attempt/back",
        "/fn/attempt/cancel",
        "/fn/attempt/code",
        "/fn/attempt/details",
        "/fn/attempt/email",
        "/fn/attempt/factor",
        "/fn/attempt/finish",
        "/fn/attempt/merge",
        "/fn/attempt/name",
        "/fn/attempt/passkey",
        "/fn/attempt/password",
        "/fn/attempt/pick",
        "/fn/attempt/provider",
        "/fn/attempt/resend",
        "/fn/attempt/restore",
        "/fn/attempt/without",
        "/fn/confirm",
        "/fn/consent",
        "/fn/device",
        "/fn/language",
        "/fn/no-access",
        "/fn/reset/ask",
        "/fn/reset/set",
        "/fn/setup",
        "/fn/signin/clear",
        "/fn/signin/code",
        "/fn/signin/directory",
        "/fn/signin/passkey",
        "/fn/signin/password",
        "/fn/signin/provider",
        "/fn/signout",
        "/fn/signout/asked",
        "/fn/signup",
        "/fn/undo",
        "/fn/undo/finish",
        "/fn/undo/passkey",
        "/fn/undo/password",
        "/fn/undo/provider",
    ];
    assert_eq!(paths, reviewed);
    for path in paths {
        let post = |headers: &[(&str, &str)]| {
            let mut request = b
                .request(Method::POST, path)
                .header("content-type", "application/x-www-form-urlencoded")
                .body("a=b");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            request
        };
        for headers in [
            &[("origin", "https://evil.test")][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "null")],
            &[],
        ] {
            let page = b.send(post(headers)).await;
            assert_eq!(page.status, 403, "{path} {headers:?}");
            assert!(page.has("another site"), "a page of ours");
        }
        let by_get = b.send(b.request(Method::GET, path)).await;
        assert!(by_get.status == 404 || by_get.status == 405, "{path}: {}", by_get.status);
        let as_text = b
            .send(
                b.request(Method::POST, path)
                    .header("origin", w.url())
                    .header("content-type", "text/plain")
                    .body("link=password"),
            )
            .await;
        assert!(as_text.status >= 300, "{path}: {}", as_text.status);
    }
    assert!(b.is_signed_in().await, "nothing of it signed out");
}

/// Every path of a route that takes a post, as the sources register them; server functions register themselves.
fn post_routes() -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut folders, mut found) =
        (vec![root.join("server/src"), root.join("app/src")], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for rest in text.split(".route(").skip(1) {
                let Some((name, handlers)) =
                    rest.trim_start().strip_prefix('"').and_then(|r| r.split_once('"'))
                else {
                    continue;
                };
                let mut open = 1;
                let end = handlers.find(|c| {
                    open += match c {
                        '(' => 1,
                        ')' => -1,
                        _ => 0,
                    };
                    open == 0
                });
                let handlers = &handlers[..end.unwrap()];
                if ["post(", "put(", "patch(", "delete(", "any("]
                    .iter()
                    .any(|m| handlers.contains(m))
                {
                    found.push(name.to_owned());
                }
            }
        }
    }
    found.sort();
    found
}

/// Shows SB-04: the posts that are no server functions are those that other sites may send, a reviewed list.
#[tokio::test(flavor = "multi_thread")]
async fn sb_04_every_other_post_is_one_that_other_sites_may_send_and_uses_no_session() {
    let routes = post_routes();
    assert_eq!(
        routes,
        [
            "/authorize",
            "/callback/{key}",
            "/callback/{key}/backchannel-logout",
            "/device_authorization",
            "/introspect",
            "/logout",
            "/par",
            "/register",
            "/revoke",
            "/token",
            "/userinfo"
        ],
        "each with a protection of its own; whatever a page of ours sends is a server function"
    );
    let w = World::new("goss").await;
    let b = w.owner().await;
    // What is open does nothing by a person's session.
    for path in routes.iter().map(String::as_str) {
        assert!(server::layers::cross_site::is_open(path), "{path}");
        let page = b
            .send(
                b.request(Method::POST, path)
                    .header("origin", "https://evil.test")
                    .form(&[("client_id", "nobody"), ("token", "x")]),
            )
            .await;
        assert!(
            page.status >= 400 || ["/logout", "/authorize", "/callback/{key}"].contains(&path),
            "{path}: {} {}",
            page.status,
            page.body
        );
        assert!(b.is_signed_in().await, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sb_03_a_cross_site_sign_in_form_signs_nobody_in() {
    let w = World::new("recommended").await;
    w.sign_up("vera@example.test").await;
    let victim = w.browser();
    let form = [("email", "vera@example.test"), ("password", crate::world::PASSWORD)];
    let page = victim
        .send(
            victim
                .request(Method::POST, "/fn/signin/password")
                .header("origin", "https://evil.test")
                .form(&form),
        )
        .await;
    assert_eq!(page.status, 403);
    assert!(!victim.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sb_06_names_from_outside_are_text_everywhere() {
    let evil = "</script><script>alert(1)</script>\u{2028}\"'{{7*7}}<img src=x onerror=alert(1)>";
    let w = World::new("goss").await;
    w.meridian.person(
        "m-evil",
        json!({"name": evil, "email": "evil@example.test", "email_verified": true}),
    );
    w.atlas.person(
        "a-evil",
        json!({"name": evil, "email": "evil@example.test", "email_verified": true}),
    );
    w.provider("meridian", json!({"name": "<b>Meri</b>\"dian"})).await;
    let b = w.browser();
    let mut pages = vec![
        b.get("/login").await,
        b.sign_in("meridian", "m-evil").await,
        b.get("/account/activity").await,
        b.get("/account/sessions").await,
    ];
    let other = w.browser();
    pages.push(other.sign_in("atlas", "a-evil").await);
    let owner = w.owner().await;
    for path in [
        "/admin/accounts",
        "/admin/providers",
        "/admin/audit",
        "/admin/accounts?q=%3Cscript%3Ealert(1)%3C/script%3E",
    ] {
        pages.push(owner.get(path).await);
    }
    let wrong = w.browser();
    pages.push(wrong.post("/fn/signin/password", &[("email", evil), ("password", "x")]).await);
    pages.push(
        wrong.post("/fn/signup", &[("email", evil), ("name", evil), ("password", "x")]).await,
    );
    for page in pages {
        assert!(
            !page.has("<script>alert") && !page.has("<img src=x") && !page.has("<b>Meri"),
            "{}\n{}",
            page.url,
            page.body
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn px_01_addresses_come_from_the_configuration_whatever_the_headers_say() {
    let w = World::new("goss").await;
    let b = w.browser();
    for (name, value) in [
        ("x-forwarded-host", "evil.test"),
        ("forwarded", "host=evil.test;proto=https"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "444"),
        ("x-original-url", "/admin"),
    ] {
        let page = b
            .send(
                b.request(Method::POST, "/fn/signin/provider")
                    .header("origin", w.url())
                    .header(name, value)
                    .form(&[("provider", "meridian"), ("entry", "")]),
            )
            .await;
        let location = page.header("location");
        let redirect: String = url::Url::parse(&location)
            .unwrap()
            .query_pairs()
            .find(|(k, _)| k == "redirect_uri")
            .unwrap()
            .1
            .into_owned();
        assert_eq!(redirect, format!("{}/callback/meridian", w.url()), "{name}");
        let found = b
            .send(b.request(Method::GET, "/.well-known/openid-configuration").header(name, value))
            .await;
        assert!(found.has(&format!("\"issuer\":\"{}\"", w.url())) && !found.has("evil"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn px_03_another_host_is_not_served() {
    let w = World::new("goss").await;
    let b = w.browser();
    for path in ["/login", "/", "/.well-known/openid-configuration", "/assets/x/main.css"] {
        let page = b.send(b.request(Method::GET, path).header("host", "evil.test")).await;
        assert_eq!((page.status, page.header("location").as_str()), (421, ""), "{path}");
    }
    assert_eq!(
        b.send(b.request(Method::GET, "/healthz").header("host", "10.0.0.1")).await.status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn px_04_only_health_and_known_files_are_open() {
    let w = World::new("goss").await;
    let b = w.browser();
    for path in [
        "/metrics",
        "/docs",
        "/pkg",
        "/debug",
        "/assets/",
        "/assets/x/frontend.js.map",
        "/assets/x/../../Cargo.toml",
        "/assets/x/%2e%2e%2fCargo.toml",
        "/.git/config",
        "/swagger",
        "/api/v1",
    ] {
        let page = b.send(b.request(Method::GET, path)).await;
        assert_eq!(page.status, 404, "{path}");
    }
    let health = b.send(b.request(Method::GET, "/healthz")).await;
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    assert_eq!(b.send(b.request(Method::GET, "/readyz")).await.body, "ready\n");
    let trace = b.send(b.request(Method::TRACE, "/login")).await;
    assert!(trace.status >= 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn sb_09_no_parameter_leads_to_another_site() {
    let w = World::new("recommended").await;
    for bad in [
        "//e.test",
        "/\\e.test",
        "https:e.test",
        "https://e.test",
        "/%2f%2fe.test",
        "@e.test",
        "/\t/e",
        "javascript:alert(1)",
        "data:text/html,x",
        "app.ex.evil.tld",
        "/\r\nX: 1",
    ] {
        let b = w.browser();
        let page = b.post_only("/fn/language", &[("language", "de"), ("back", bad)]).await;
        let to = page.header("location");
        assert!(to.starts_with('/') && !to.starts_with("//"), "{bad:?} led to {to:?}");
        assert!(!page.headers.contains_key("x"));
    }
    let b = w.browser();
    assert_eq!(
        b.post_only("/fn/language", &[("language", "de"), ("back", "/signup?entry=x")])
            .await
            .header("location"),
        "/signup?entry=x"
    );
    assert!(b.get("/login").await.has("Anmelden"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_11_long_input_is_refused_quickly_with_a_page_of_ours() {
    let w = World::new("recommended").await;
    let b = w.browser();
    let long = "x".repeat(1_000_000);
    let page = b.post("/fn/signin/password", &[("email", "v@ex.test"), ("password", &long)]).await;
    assert!(page.status >= 400 && page.has("<h1"), "{}", page.status);
    let page =
        b.post("/fn/signin/password", &[("email", &"e".repeat(10_000)), ("password", "x")]).await;
    assert!(page.body.len() < 10_000, "what was typed is cut");
    let missing = b.post("/fn/signin/password", &[("email", "v@ex.test")]).await;
    assert_eq!((missing.status, missing.refusal().as_str()), (400, "server.bad_request"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_has_a_page_with_its_status_code_and_next_step_in_every_language() {
    let w = World::new("recommended").await;
    for lang in ["en", "de", "zh-CN"] {
        let b = w.browser();
        b.post_only("/fn/language", &[("language", lang), ("back", "/login")]).await;
        for refusal in domain::Refusal::ALL {
            b.set_cookie(&format!("lg_r={}~ABCDEFGH12", refusal.code()));
            let page = b.get(&format!("/refused/{}?ref=ABCDEFGH12", refusal.code())).await;
            assert_eq!(page.status, refusal.status(), "{}", refusal.code());
            assert!(
                page.has(refusal.code())
                    && page.has("ABCDEFGH12")
                    && page.has(&format!("lang=\"{lang}\""))
                    && page.has("<li>"),
                "{}",
                page.body
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_refusal_shows_only_what_happened_to_this_browser() {
    let w = World::new("goss").await;
    let b = w.browser();
    let refused = b.post("/fn/attempt/code", &[("attempt", "nonsense"), ("code", "x")]).await;
    assert!(refused.path().starts_with("/refused/"), "{}", refused.url);
    let again = b.get(refused.url.strip_prefix(&w.url()).unwrap()).await;
    assert_eq!(
        (again.status, again.refusal()),
        (refused.status, refused.refusal()),
        "a reload shows it again"
    );
    // Nobody else sees it, nor does this browser see what did not happen.
    let stranger = w.browser();
    for path in [
        refused.url.strip_prefix(&w.url()).unwrap(),
        "/refused/server.internal",
        "/refused/provider.down?ref=ABCDEFGH12",
        "/refused/server.internal?told=x",
    ] {
        let page = stranger.get(path).await;
        assert!(
            page.status == 404 && page.has("No such page") && !page.has("<code>ABCDEFGH12"),
            "{path}: {} {}",
            page.status,
            page.body
        );
    }
    assert_eq!(b.get("/refused/server.internal").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_button_used_last_in_this_browser_stands_first() {
    let w = World::new("goss").await;
    let b = w.browser();
    b.sign_in("harbour", "h-1").await;
    b.post("/fn/signout", &[]).await;
    let page = b.get("/login").await;
    let (harbour, meridian) = (
        page.body.find("Continue with Harbour").unwrap(),
        page.body.find("Continue with Meridian").unwrap(),
    );
    assert!(harbour < meridian && page.has("Used last"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_provider_is_told_as_not_answering() {
    let w = World::with("goss", |c| c.http_client.timeout_ms = 300).await;
    w.meridian.set(Knobs { delay_ms: 2000, ..Knobs::default() });
    let page = w.browser().sign_in("meridian", "m-vera").await;
    assert_eq!((page.status, page.refusal().as_str()), (503, "provider.down"));
}

/// Shows PX-05, GO-03, FR-15, FR-59.
#[tokio::test(flavor = "multi_thread")]
async fn px_05_go_03_behind_https_every_answer_has_hsts_and_every_cookie_is_secure_and_host_bound()
{
    use tower::ServiceExt;
    let w = World::new("goss").await;
    let mut config = w.nodes[0].config.clone();
    config.server.public_url = "https://login.example.test".into();
    let ligature = server::serve::ligature(
        &config,
        &service::MasterKey::parse(&w.key).unwrap(),
        server::serve::system_clock(),
    )
    .await
    .unwrap();
    let (router, _) = server::serve::application(
        service::admin::organisations::Organisations::new(ligature),
        &config,
    )
    .await
    .unwrap();
    for path in ["/login", "/nowhere", "/healthz", "/.well-known/openid-configuration"] {
        let request = axum::http::Request::get(path)
            .header("host", "login.example.test")
            .body(axum::body::Body::empty())
            .unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let hsts = response.headers()["strict-transport-security"].to_str().unwrap().to_owned();
        let seconds: u64 = hsts.split(['=', ';']).nth(1).unwrap().parse().unwrap();
        assert!(
            seconds >= 31_536_000 && !hsts.contains("includeSubDomains"),
            "{path}: {hsts}, other hosts are not ours to speak for (FR-59)"
        );
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.starts_with("__Host-") && cookie.ends_with("; Secure"), "{cookie}");
        }
    }
    // The port that https has anyway is the same origin; a host with a final dot is told where to go (FR-15).
    for (host, status) in [
        ("login.example.test:443", 200),
        ("LOGIN.example.test", 200),
        ("login.example.test:80", 421),
        ("login.example.test.", 421),
        ("login.example.test:8443", 421),
    ] {
        let request = axum::http::Request::get("/.well-known/openid-configuration")
            .header("host", host)
            .body(axum::body::Body::empty())
            .unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{host}");
        let body = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
        assert!(String::from_utf8_lossy(&body).contains("https://login.example.test"), "{host}");
    }
    config.server.hsts_subdomains = true;
    let ligature = server::serve::ligature(
        &config,
        &service::MasterKey::parse(&w.key).unwrap(),
        server::serve::system_clock(),
    )
    .await
    .unwrap();
    let (wider, _) = server::serve::application(
        service::admin::organisations::Organisations::new(ligature),
        &config,
    )
    .await
    .unwrap();
    let request = axum::http::Request::get("/login")
        .header("host", "login.example.test")
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(
        wider.oneshot(request).await.unwrap().headers()["strict-transport-security"],
        "max-age=63072000; includeSubDomains"
    );
    // A session cookie without the prefix, as plain http would carry it, is nobody's.
    let plain = w.browser();
    plain.sign_in("meridian", "m-vera").await;
    let request = axum::http::Request::get("/account")
        .header("host", "login.example.test")
        .header("cookie", plain.session_cookie().unwrap())
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(router.oneshot(request).await.unwrap().headers()["location"], "/login?stay=1");
    // Plain http for a public name is refused before anything is served.
    config.server.public_url = "http://login.example.test".into();
    assert_eq!(config.problems()[0].path, "server.public_url");
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_04_too_many_requests_from_one_address_are_told_to_wait_whatever_header_they_invent() {
    let w = World::with("goss", |c| {
        c.limits.requests_per_second = 1;
        c.limits.burst = 5;
    })
    .await;
    let b = w.browser();
    let mut statuses = Vec::new();
    for n in 0..8 {
        let page = b
            .send(
                b.request(Method::GET, "/login")
                    .header("x-forwarded-for", format!("198.51.100.{n}")),
            )
            .await;
        if page.status == 429 {
            assert!(!page.header("retry-after").is_empty());
        }
        statuses.push(page.status);
    }
    assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 5, "{statuses:?}");
    assert_eq!(statuses.last(), Some(&429));
}
