//! Forward authentication: reverse proxies ask who somebody is before they let a request through.
use std::collections::HashMap;

use crate::world::{Browser, PASSWORD, World};
use reqwest::{Method, Response};
use serde_json::json;

const HOST: &str = "wiki.example.test";
/// Another host of the same application.
const SECOND: &str = "notes.example.test";

/// A browser's cookies of the guarded host, and the proxy before it.
struct Guarded {
    url: String,
    programs: reqwest::Client,
    cookies: HashMap<String, String>,
}

impl Guarded {
    async fn new(w: &World) -> Self {
        w.apply(json!({"applications": [{"client_id": "wiki", "name": "Wiki", "secret": "s", "redirect_uris": [format!("https://{HOST}/.ligature/callback"), format!("https://{SECOND}/.ligature/callback")]}, {"client_id": "other", "name": "Other", "secret": "s", "redirect_uris": ["https://other.example.test/.ligature/callback", "https://rp.example.test/cb"]}]})).await;
        Self {
            url: w.url(),
            programs: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .build()
                .unwrap(),
            cookies: HashMap::new(),
        }
    }

    /// What the proxy sends on; cookies come and go as in a browser.
    async fn ask(&mut self, path: &str, headers: &[(&str, &str)]) -> Response {
        let cookies =
            self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("; ");
        let mut request = self
            .programs
            .request(Method::GET, format!("{}{path}", self.url))
            .header("cookie", cookies)
            .header("x-forwarded-host", HOST);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        for set in answer.headers().get_all("set-cookie") {
            let set = set.to_str().unwrap();
            let (name, rest) = set.split_once('=').unwrap();
            assert!(
                name.starts_with("__Host-") == set.contains("; Secure")
                    && set.contains("HttpOnly; SameSite=Lax")
                    && set.contains("Path=/"),
                "{set}"
            );
            match rest.split(';').next().unwrap() {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }

    async fn check(&mut self) -> Response {
        self.ask("/forward-auth/wiki", &[]).await
    }

    /// From a page of the guarded host to the address that the sign-in leads back to.
    async fn back(&mut self, b: &Browser, page: &str) -> String {
        let away = self.ask("/forward-auth/wiki/start", &[("x-forwarded-uri", page)]).await;
        let to = header(&away, "location");
        let (base, path) =
            (format!("{}/authorize?", self.url), to.strip_prefix(&self.url).unwrap().to_owned());
        assert!(to.starts_with(&base), "{to}");
        let back = b.send(b.request(Method::GET, &path)).await.header("location");
        back.strip_prefix(&format!("https://{HOST}/.ligature/callback"))
            .unwrap_or_else(|| panic!("{back}"))
            .to_owned()
    }

    async fn sign_in(&mut self, b: &Browser, page: &str) -> Response {
        let query = self.back(b, page).await;
        self.ask(&format!("/forward-auth/wiki/callback{query}"), &[]).await
    }
}

fn header(answer: &Response, name: &str) -> String {
    answer
        .headers()
        .get(name)
        .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned())
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guarded_host_learns_who_it_is_and_of_nobody_once_the_session_is_over() {
    let w = World::new("recommended").await;
    let mut wiki = Guarded::new(&w).await;
    assert_eq!(wiki.check().await.status(), 401);
    let b = w.sign_up("vera@example.test").await;
    let done = wiki.sign_in(&b, "/page?x=1&y=%20").await;
    assert_eq!(
        (done.status().as_u16(), header(&done, "location").as_str()),
        (303, "/page?x=1&y=%20")
    );
    let there = wiki
        .ask("/forward-auth/wiki", &[("remote-user", "root"), ("remote-groups", "admins")])
        .await;
    assert_eq!(there.status(), 200);
    assert_eq!(
        (header(&there, "remote-user"), header(&there, "remote-email")),
        ("vera@example.test".into(), "vera@example.test".into())
    );
    assert_eq!(header(&there, "remote-subject").len(), 26);
    // What is empty is sent too: a proxy that copies only what is there would let a visitor's own through.
    assert!(
        there.headers().contains_key("remote-groups") && header(&there, "remote-groups").is_empty()
    );
    // The cookie of one guarded host opens no other application's, and none of our own pages.
    assert_eq!(wiki.ask("/forward-auth/other", &[]).await.status(), 401);
    let ours = wiki
        .programs
        .get(format!("{}/account", wiki.url))
        .header(
            "cookie",
            wiki.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("; "),
        )
        .send()
        .await
        .unwrap();
    assert_eq!(ours.status(), 303);
    // Somebody who calls themselves like somebody else is still who they are.
    let session = w
        .ligature()
        .sessions()
        .session(b.session_cookie().unwrap().split_once('=').unwrap().1)
        .await
        .unwrap()
        .unwrap();
    let (ligature, account) = (w.ligature(), session.account);
    let (org, at) = (ligature.org, ligature.now());
    ligature
        .store
        .write::<_, storage::Error, _>(move |c| {
            Box::pin(async move {
                storage::accounts::attributes::set_attribute(
                    c, org, account, "username", "admin", "admin", "meridian", at,
                )
                .await
            })
        })
        .await
        .unwrap();
    assert_eq!(header(&wiki.check().await, "remote-user"), "vera@example.test");
    // Signing out anywhere ends it at the next request.
    b.post("/fn/signout", &[]).await;
    assert_eq!(wiki.check().await.status(), 401);
    // So do an administrator's switch and the person's own revocation; and signing out at the guarded host.
    let owner = w.owner().await;
    let b = w.browser();
    b.password("vera@example.test", crate::world::PASSWORD).await;
    wiki.sign_in(&b, "/").await;
    assert_eq!(wiki.check().await.status(), 200);
    b.post("/fn/account/application/revoke", &[("client_id", "wiki")]).await;
    assert_eq!(wiki.check().await.status(), 401);
    wiki.sign_in(&b, "/").await;
    let out = wiki.ask("/forward-auth/wiki/out", &[]).await;
    assert_eq!(header(&out, "location"), format!("{}/logout", w.url()));
    assert!(wiki.cookies.is_empty(), "{:?}", wiki.cookies);
    wiki.sign_in(&b, "/").await;
    let list = owner.get("/admin/accounts?q=vera%40example.test").await;
    let id: String =
        list.body.split("href=\"/admin/accounts/").nth(1).unwrap().chars().take(32).collect();
    owner.post("/fn/admin/account/state", &[("account", &id), ("enabled", "no")]).await;
    assert_eq!(wiki.check().await.status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_used_only_at_a_guarded_host_does_not_fall_asleep_and_ends_at_its_end() {
    let w = World::with("recommended", |config| {
        config.session.idle = 3600;
        config.session.absolute = 5 * 3600;
    })
    .await;
    let mut wiki = Guarded::new(&w).await;
    let b = w.sign_up("vera@example.test").await;
    wiki.sign_in(&b, "/").await;
    for _ in 0..4 {
        w.pass(3000);
        assert_eq!(wiki.check().await.status(), 200);
    }
    assert!(b.is_signed_in().await);
    w.pass(3601);
    assert_eq!(wiki.check().await.status(), 401);
    wiki.sign_in(
        &{
            let b = w.browser();
            b.password("vera@example.test", crate::world::PASSWORD).await;
            b
        },
        "/",
    )
    .await;
    for _ in 0..5 {
        w.pass(3000);
        wiki.check().await;
    }
    w.pass(3001);
    assert_eq!(wiki.check().await.status(), 401);
}

/// A proxy that hands answers on gets the way to the sign-in for pages, and 401 for what scripts ask.
#[tokio::test(flavor = "multi_thread")]
async fn proxies_that_say_the_method_are_led_to_the_sign_in_for_pages_only() {
    let w = World::new("recommended").await;
    let mut wiki = Guarded::new(&w).await;
    let page =
        [("x-forwarded-method", "GET"), ("x-forwarded-uri", "/deep"), ("accept", "text/html,*/*")];
    assert!(
        header(&wiki.ask("/forward-auth/wiki", &page).await, "location").contains("/authorize?")
    );
    for other in [
        [("x-forwarded-method", "POST"), ("accept", "text/html")],
        [("x-forwarded-method", "GET"), ("accept", "application/json")],
    ] {
        assert_eq!(wiki.ask("/forward-auth/wiki", &other).await.status(), 401);
    }
    // The other kind of proxy asks for the way itself; what a script asked for gets no page either.
    assert_eq!(
        wiki.ask("/forward-auth/wiki/start", &[("accept", "application/json")]).await.status(),
        401
    );
    assert_eq!(
        wiki.ask("/forward-auth/wiki/start", &[("accept", "text/html")]).await.status(),
        303
    );
}

/// RFC 9700 §4.7, §2.1: the way back is the browser's own, and leads nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn a_way_back_that_this_browser_did_not_begin_signs_nobody_in_and_leads_nowhere() {
    let w = World::new("recommended").await;
    let (mut wiki, mut victim) = (Guarded::new(&w).await, Guarded::new(&w).await);
    let mallory = w.sign_up("mallory@example.test").await;
    let query = wiki.back(&mallory, "/").await;
    let planted = victim.ask(&format!("/forward-auth/wiki/callback{query}"), &[]).await;
    assert!(
        header(&planted, "location").starts_with(&format!("{}/refused", w.url())),
        "{}",
        header(&planted, "location")
    );
    assert!(victim.cookies.is_empty());
    // A code of mallory's with the victim's own state.
    let own = victim.back(&w.sign_up("vera@example.test").await, "/").await;
    let part = |query: &str, name: &str| {
        query
            .split(['?', '&'])
            .find_map(|p| p.strip_prefix(&format!("{name}=")))
            .unwrap()
            .to_owned()
    };
    let query = wiki.back(&mallory, "/").await;
    victim
        .ask(
            &format!(
                "/forward-auth/wiki/callback?code={}&state={}",
                part(&query, "code"),
                part(&own, "state")
            ),
            &[],
        )
        .await;
    assert_eq!(victim.check().await.status(), 401, "the verifier is another one's");
    // Tabs that are opened again and again leave no more cookies than a proxy takes for a line.
    for _ in 0..40 {
        victim.back(&mallory, "/").await;
    }
    let bytes: usize =
        victim.cookies.iter().map(|(name, value)| name.len() + value.len() + 3).sum();
    assert!(bytes <= 6_200, "{bytes}");
    // Used twice, too late, an answer without a code.
    let query = wiki.back(&mallory, "/").await;
    let kept = wiki.cookies.clone();
    assert_eq!(
        header(&wiki.ask(&format!("/forward-auth/wiki/callback{query}"), &[]).await, "location"),
        "/"
    );
    wiki.cookies = kept;
    assert!(
        header(&wiki.ask(&format!("/forward-auth/wiki/callback{query}"), &[]).await, "location")
            .contains("/refused")
    );
    let query = wiki.back(&mallory, "/").await;
    w.pass(16 * 60);
    assert!(
        header(&wiki.ask(&format!("/forward-auth/wiki/callback{query}"), &[]).await, "location")
            .contains("/refused")
    );
    assert!(
        header(&wiki.ask("/forward-auth/wiki/callback?error=access_denied", &[]).await, "location")
            .contains("/refused")
    );
    // The path comes from the visitor; the host does not.
    for path in ["//evil.test/x", "/\\evil.test", "https://evil.test/", "javascript:alert(1)"] {
        assert_eq!(header(&wiki.sign_in(&mallory, path).await, "location"), "/", "{path}");
    }
    for (client, host) in [
        ("wiki", "evil.test"),
        ("wiki", "other.example.test"),
        ("other", "rp.example.test"),
        ("nobody", HOST),
        ("wiki", ""),
    ] {
        let answer = wiki
            .programs
            .get(format!("{}/forward-auth/{client}/start", wiki.url))
            .header("x-forwarded-host", host)
            .send()
            .await
            .unwrap();
        assert!(
            header(&answer, "location").starts_with(&format!("{}/refused", w.url())),
            "{client} {host}: {}",
            header(&answer, "location")
        );
    }
}

/// Shows FA-01: a host beside the guarded one can set cookies for both, and none of them counts.
#[tokio::test(flavor = "multi_thread")]
async fn fa_01_a_cookie_that_another_host_could_plant_signs_nobody_in() {
    let w = World::new("recommended").await;
    let (mut wiki, mut victim) = (Guarded::new(&w).await, Guarded::new(&w).await);
    let mallory = w.sign_up("mallory@example.test").await;
    wiki.sign_in(&mallory, "/").await;
    assert_eq!(wiki.check().await.status(), 200, "the good way");
    let own = wiki.cookies["__Host-lg_fw"].clone();
    victim.cookies.insert("lg_fw".into(), own.clone());
    assert_eq!(victim.check().await.status(), 401, "planted without the prefix");
    let page = [("x-forwarded-method", "GET"), ("x-forwarded-uri", "/"), ("accept", "text/html")];
    assert!(
        header(&victim.ask("/forward-auth/wiki", &page).await, "location").contains("/authorize?")
    );
    // Nor ends it a sign-in by which somebody is let in as mallory.
    let query = wiki.back(&mallory, "/").await;
    let begun = wiki
        .cookies
        .iter()
        .find(|(name, _)| name.starts_with("__Host-lg_fs_"))
        .map(|(name, value)| (name.trim_start_matches("__Host-").to_owned(), value.clone()))
        .unwrap();
    victim.cookies.clear();
    victim.cookies.insert(begun.0, begun.1);
    let planted = victim.ask(&format!("/forward-auth/wiki/callback{query}"), &[]).await;
    assert!(
        header(&planted, "location").contains("/refused") && victim.check().await.status() == 401,
        "{}",
        header(&planted, "location")
    );
    // And nobody is signed out by one.
    victim.cookies.clear();
    victim.cookies.insert("lg_fw".into(), own);
    victim.ask("/forward-auth/wiki/out", &[]).await;
    assert_eq!(wiki.check().await.status(), 200);
}

/// Shows FA-02: one host's cookie is worth nothing at the next, also where both are one application's.
#[tokio::test(flavor = "multi_thread")]
async fn fa_02_the_token_of_one_host_is_refused_at_another_of_the_same_application() {
    let w = World::new("recommended").await;
    let mut wiki = Guarded::new(&w).await;
    let b = w.sign_up("vera@example.test").await;
    wiki.sign_in(&b, "/").await;
    assert_eq!(wiki.check().await.status(), 200, "the good way");
    let at = async |wiki: &Guarded, host: Option<&str>| {
        let cookie = format!("__Host-lg_fw={}", wiki.cookies["__Host-lg_fw"]);
        let mut request =
            wiki.programs.get(format!("{}/forward-auth/wiki", wiki.url)).header("cookie", cookie);
        if let Some(host) = host {
            request = request.header("x-forwarded-host", host);
        }
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(
        (at(&wiki, Some(HOST)).await, at(&wiki, Some("WIKI.example.test")).await),
        (200, 200)
    );
    for other in [Some(SECOND), Some("other.example.test"), Some("evil.test"), Some(""), None] {
        assert_eq!(at(&wiki, other).await, 401, "{other:?}");
    }
}

/// Shows TK-04: a guarded host asks the same gate with each request.
#[tokio::test(flavor = "multi_thread")]
async fn tk_04_a_guarded_host_lets_nobody_in_whose_sign_in_does_not_lead_there_any_more() {
    let w = World::new("recommended").await;
    let mut wiki = Guarded::new(&w).await;
    let b = w.sign_up("vera@example.test").await;
    wiki.sign_in(&b, "/").await;
    assert_eq!(wiki.check().await.status(), 200, "the good way");
    w.apply(json!({"policies": {"application:wiki": {"permits": {"password_sign_in": false}}}}))
        .await;
    assert_eq!(wiki.check().await.status(), 401);
    w.apply(json!({"policies": {"application:wiki": {"choices": {"agreements": [{"id": "terms", "version": "1", "title": "Terms", "url": "/terms"}]}}}})).await;
    assert_eq!(wiki.check().await.status(), 401, "what is asked there was not accepted");
    w.apply(json!({"policies": {"application:wiki": {}}})).await;
    assert_eq!(wiki.check().await.status(), 200);
}

/// Shows CN-03: the same function tells a guarded host, which hears of no address that the account does not own.
#[tokio::test(flavor = "multi_thread")]
async fn cn_03_a_guarded_host_hears_of_an_address_only_from_its_owner() {
    let w = World::new("recommended").await;
    let mut wiki = Guarded::new(&w).await;
    wiki.sign_in(&w.sign_up("vera@example.test").await, "/").await;
    assert_eq!(header(&wiki.check().await, "remote-email"), "vera@example.test");
    w.apply(json!({"applications": [{"client_id": "wiki", "name": "Wiki", "secret": "s", "redirect_uris": [format!("https://{HOST}/.ligature/callback")], "settings": {"unproved_contacts": true}}]}))
        .await;
    let b = w.browser();
    let page = b.sign_in("pigeon", "p-vera").await;
    if page.path().ends_with("/choose") {
        b.pick(&page, "create_new").await;
    }
    wiki.sign_in(&b, "/").await;
    let there = wiki.check().await;
    assert_eq!(
        (there.status().as_u16(), header(&there, "remote-email")),
        (200, String::new()),
        "not even where it is told unproved ones"
    );
    assert_eq!(header(&there, "remote-user"), header(&there, "remote-subject"));
}

/// Shows FA-02, GV-18: a guarded host that is open to a group lets its members in only, hears of their groups, and of no name
/// that would pass for a role.
#[tokio::test(flavor = "multi_thread")]
async fn a_guarded_host_is_open_to_a_group_and_is_told_which_somebody_is_in() {
    let w = World::new("recommended").await;
    let mut wiki = Guarded::new(&w).await;
    let owner = w.owner().await;
    for key in ["staff", "night-shift"] {
        owner.post("/fn/admin/group/create", &[("form[key]", key)]).await;
    }
    let b = w.sign_up("vera@example.test").await;
    wiki.sign_in(&b, "/").await;
    assert_eq!(header(&wiki.check().await, "remote-groups"), "", "open, and in no group");
    w.apply(json!({"applications": [{"client_id": "wiki", "name": "Wiki", "secret": "s", "redirect_uris": [format!("https://{HOST}/.ligature/callback")], "settings": {"groups": ["staff"]}}]})).await;
    assert_eq!(wiki.check().await.status(), 401, "closed at the next request");
    let away = wiki.ask("/forward-auth/wiki/start", &[("x-forwarded-uri", "/")]).await;
    let to = header(&away, "location");
    let page = b.get(to.strip_prefix(&w.url()).unwrap()).await;
    assert_eq!((page.path().as_str(), page.status), ("/no-access", 403), "{}", page.body);
    for key in ["staff", "night-shift"] {
        let form = [("form[key]", key), ("form[who]", "vera@example.test")];
        assert!(owner.post("/fn/admin/group/add", &form).await.has("Added to the group."));
    }
    assert_eq!(header(&wiki.check().await, "remote-groups"), "night-shift,staff");
    // A directory whose own names are told on cannot make anybody an owner there.
    let mirrors = [("form[key]", "harbour"), ("form[mirrors]", "true")];
    assert!(owner.post("/fn/admin/provider/groups", &mirrors).await.has("Saved."));
    let says = json!({"groups": ["editors", "owner", "a,owner", "staff", "Support"]});
    w.harbour.set(rehearsal::provider::Knobs { id_token: says, ..Default::default() });
    w.apply(json!({"applications": [{"client_id": "wiki", "name": "Wiki", "secret": "s", "redirect_uris": [format!("https://{HOST}/.ligature/callback")]}]})).await;
    let c = w.browser();
    let chooser = c.sign_in("harbour", "h-1").await;
    assert_eq!(c.pick(&chooser, "create_new").await.path(), "/account");
    wiki.cookies.clear();
    wiki.sign_in(&c, "/").await;
    assert_eq!(header(&wiki.check().await, "remote-groups"), "editors");
}

/// Eight pages of a guarded host at once, signed in by the first: each ends where it wanted to.
#[tokio::test(flavor = "multi_thread")]
async fn fr_34_eight_tabs_of_a_guarded_host_each_end_at_their_own_page() {
    let w = World::new("recommended").await;
    let mut wiki = Guarded::new(&w).await;
    w.sign_up("vera@example.test").await;
    let b = w.browser();
    let mut tabs = Vec::new();
    for n in 0..8 {
        let page = format!("/page/{n}?with={}", "x".repeat(150));
        let away = wiki.ask("/forward-auth/wiki/start", &[("x-forwarded-uri", &page)]).await;
        let path = header(&away, "location").strip_prefix(&w.url()).unwrap().to_owned();
        let login = b.send(b.request(Method::GET, &path)).await.header("location");
        assert!(login.starts_with("/login?entry="), "{login}");
        tabs.push((page, login));
    }
    let entry = tabs[0].1.split_once("entry=").unwrap().1;
    let form = [("email", "vera@example.test"), ("password", PASSWORD), ("entry", entry)];
    let mut backs = vec![b.post_only("/fn/signin/password", &form).await.header("location")];
    for (_, login) in &tabs[1..] {
        backs.push(b.send(b.request(Method::GET, login)).await.header("location"));
    }
    for ((page, _), back) in tabs.iter().zip(&backs) {
        let query = back.split_once('?').unwrap_or_else(|| panic!("{back}")).1;
        let answer = wiki.ask(&format!("/forward-auth/wiki/callback?{query}"), &[]).await;
        assert_eq!(&header(&answer, "location"), page);
    }
    assert_eq!(wiki.check().await.status(), 200);
    // A tab whose cookie is gone finds the session of the others; without one it is refused as ever.
    let last = format!("/forward-auth/wiki/callback?{}", backs[0].split_once('?').unwrap().1);
    assert_eq!(header(&wiki.ask(&last, &[]).await, "location"), "/");
    wiki.cookies.clear();
    assert!(header(&wiki.ask(&last, &[]).await, "location").contains("/refused"));
}
