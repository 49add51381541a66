//! Signing in by a directory: its password on our page, with the same start, limits and decisions as any provider.
use crate::{
    op::{Rp, register},
    world::{Browser, PASSWORD, Page, World},
};
use rehearsal::directory::{Directory, Entry, sample};
use serde_json::{Value, json};

const DN: &str = "uid=anna,ou=people,dc=example,dc=test";

/// A provider of the directory.
pub fn seed(at: &Directory, key: &str, more: Value) -> Value {
    let mut seed = json!({"key": key, "name": "Acme", "secret": "reader-password", "settings": {
        "kind": "ldap", "preset": "openldap", "servers": [format!("ldap://127.0.0.1:{}", at.port)], "plain": true,
        "bind_dn": "cn=reader,dc=example,dc=test", "base_dn": "dc=example,dc=test",
        "login_filter": "(&(objectClass=person)(|(uid={login})(mail={login})))", "subject_attribute": "entryUUID",
        "username_attribute": "uid", "email_attribute": "mail", "name_attribute": "cn",
        "group_filter": "(&(objectClass=groupOfNames)(member={dn}))", "group_name_attribute": "cn", "nested_groups": true,
    }});
    for (name, value) in more.as_object().unwrap() {
        seed[name] = value.clone();
    }
    seed
}

async fn world(preset: &str, more: Value) -> (World, Directory) {
    let w = World::new(preset).await;
    let at = Directory::serve(0, sample()).await.unwrap();
    w.apply(json!({"providers": [seed(&at, "acme", more)]})).await;
    (w, at)
}

/// The state of the page that a start leads to.
fn state(location: &str) -> String {
    location.split("state=").nth(1).unwrap().to_owned()
}

pub async fn answer(b: &Browser, key: &str, location: &str, login: &str, password: &str) -> Page {
    let state = state(location);
    let form = [("provider", key), ("state", &state), ("login", login), ("password", password)];
    b.post("/fn/signin/directory", &form).await
}

pub async fn sign_in(b: &Browser, key: &str, login: &str, password: &str) -> Page {
    let location = b.start(key).await;
    assert!(location.contains(&format!("/login/directory/{key}?state=")), "{location}");
    let page = b.get(&location).await;
    assert!(
        page.has("Sign in with Acme") && page.has("autocomplete=\"current-password\""),
        "{}",
        page.body
    );
    answer(b, key, &location, login, password).await
}

/// Shows AU-02: whoever comes by the company's directory is straight in the account that they have.
#[tokio::test(flavor = "multi_thread")]
async fn au_02_people_sign_in_by_a_social_and_by_an_enterprise_source_to_one_account() {
    let (w, at) = world("recommended", json!({})).await;
    let b = w.sign_up("anna@example.test").await;
    let add = b.start_add("acme").await;
    assert_eq!(answer(&b, "acme", &add, "anna", "anna-password").await.path(), "/account");
    assert_eq!(b.add("harbour", "h-1").await.path(), "/account", "a social one beside it");
    for _ in 0..2 {
        let other = w.browser();
        let page = sign_in(&other, "acme", "anna", "anna-password").await;
        assert_eq!(page.path(), "/account", "{}", page.body);
        assert!(page.has("anna@example.test"));
    }
    assert_eq!(w.browser().sign_in("harbour", "h-1").await.path(), "/account");
    assert_eq!(w.accounts().await, 1);
    // The directory lets nobody in who may not: that is its own matter, at each sign-in.
    at.set(sample().into_iter().filter(|e| e.dn != DN).collect());
    let gone = w.browser();
    let page = sign_in(&gone, "acme", "anna", "anna-password").await;
    assert!(page.has("The user name or the password is wrong") && !gone.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_keeps_the_name_and_the_start_and_tells_the_administrator_why() {
    let (w, _at) = world("recommended", json!({})).await;
    let b = w.browser();
    let location = b.start("acme").await;
    let wrong = answer(&b, "acme", &location, "anna", "a-typed-secret").await;
    assert!(
        wrong.path().starts_with("/login/directory/acme")
            && wrong.has("The user name or the password is wrong")
            && wrong.has("value=\"anna\"")
            && !wrong.has("a-typed-secret"),
        "{}",
        wrong.body
    );
    let right = answer(&b, "acme", &location, "anna", "anna-password").await;
    assert!(right.path().ends_with("/choose"), "{} {}", right.path(), right.body);
    let again = answer(&b, "acme", &location, "anna", "anna-password").await;
    assert_eq!(
        again.refusal(),
        "attempt.state_missing",
        "the start was used, and its cookie is gone"
    );
    let owner = w.owner().await;
    let audit = owner.get("/admin/audit").await;
    assert!(audit.has("InvalidCredentials") && !audit.has("a-typed-secret"), "{}", audit.body);
}

/// Shows MA-01, OC-01: the page is the browser's that began.
#[tokio::test(flavor = "multi_thread")]
async fn oc_01_a_start_at_a_directory_is_of_one_browser_one_provider_and_one_use() {
    let (w, at) = world("recommended", json!({})).await;
    w.apply(json!({"providers": [seed(&at, "other", json!({}))]})).await;
    let b = w.browser();
    let location = b.start("acme").await;
    assert!(b.get(&location).await.has("Sign in with Acme"), "the good way");
    let stranger = w.browser();
    stranger.get("/login").await;
    assert_eq!(stranger.get(&location).await.refusal(), "attempt.state_missing");
    assert_eq!(
        answer(&stranger, "acme", &location, "anna", "anna-password").await.refusal(),
        "attempt.state_missing"
    );
    // The cookie alone, in another browser.
    for cookie in b.cookies().split("; ").filter(|c| c.contains("lg_st_")) {
        stranger.set_cookie(cookie);
    }
    assert_eq!(
        answer(&stranger, "acme", &location, "anna", "anna-password").await.refusal(),
        "attempt.state_mismatch"
    );
    assert_eq!(
        answer(&b, "other", &location, "anna", "anna-password").await.refusal(),
        "attempt.state_mismatch",
        "another provider's page"
    );
    // A start of a provider with pages of its own has no password page, and a directory no callback.
    let elsewhere = b.start("meridian").await;
    let foreign = elsewhere.split("&state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let page = b.get(&format!("/login/directory/meridian?state={foreign}")).await;
    assert_eq!(page.refusal(), "attempt.state_mismatch");
    let location = b.start("acme").await;
    let page = b.get(&format!("/callback/acme?code=x&state={}", state(&location))).await;
    assert_eq!(page.refusal(), "attempt.state_mismatch");
    assert!(!b.is_signed_in().await && !stranger.is_signed_in().await);
}

/// Shows RL-01, LO-02 for directories: guessing waits, whatever the spelling; who types right elsewhere gets in.
#[tokio::test(flavor = "multi_thread")]
async fn rl_01_guessing_at_a_directory_waits_and_keeps_nobody_out_for_long() {
    let (w, at) = world("recommended", json!({})).await;
    let b = w.browser();
    let location = b.start("acme").await;
    let mut seen = Vec::new();
    for n in 0..14 {
        let spelling = ["anna", "ANNA", " anna", "ann\u{ad}a", "\u{ff41}nna"][n % 5];
        let page = answer(&b, "acme", &location, spelling, "wrong").await;
        seen.push(if page.path().starts_with("/refused") {
            page.refusal()
        } else {
            "wrong".into()
        });
    }
    let waits = seen.iter().position(|s| s == "rate.limited").expect("it waits");
    assert!(
        seen[..waits].iter().all(|s| s == "wrong")
            && seen[waits..].iter().all(|s| s == "rate.limited"),
        "{seen:?}"
    );
    let asked = at.asked().len();
    assert_eq!(
        answer(&b, "acme", &location, "anna", "anna-password").await.refusal(),
        "rate.limited"
    );
    assert_eq!(
        at.asked().len(),
        asked,
        "nothing more is asked of the directory: it does not lock her account"
    );
    let ben = answer(&b, "acme", &location, "ben", "ben-password").await;
    assert!(ben.path().ends_with("/choose"), "another name from there: {}", ben.path());
    w.pass(16 * 60);
    let location = b.start("acme").await;
    assert!(
        answer(&b, "acme", &location, "anna", "anna-password").await.path().ends_with("/choose")
    );
}

/// Shows MA-09: the directory's password is a recent proof.
#[tokio::test(flavor = "multi_thread")]
async fn ma_09_the_password_of_a_directory_confirms_who_it_is() {
    let (w, _at) = world("recommended", json!({})).await;
    let b = w.sign_up("anna@example.test").await;
    let add = b.start_add("acme").await;
    answer(&b, "acme", &add, "anna", "anna-password").await;
    w.pass(11 * 60);
    let page = b.post("/fn/account/add", &[("provider", "meridian")]).await;
    assert!(page.path() == "/account/confirm" && page.has("Acme"), "{}", page.body);
    let started = b
        .post_only("/fn/account/confirm/provider", &[("provider", "acme"), ("to", "/account")])
        .await
        .header("location");
    let somebody = answer(&b, "acme", &started, "ben", "ben-password").await;
    assert!(somebody.path().starts_with("/refused") || somebody.path() == "/account/confirm");
    assert_eq!(
        b.post("/fn/account/add", &[("provider", "meridian")]).await.path(),
        "/account/confirm",
        "somebody else's password confirms nothing"
    );
    let started = b
        .post_only("/fn/account/confirm/provider", &[("provider", "acme"), ("to", "/account")])
        .await
        .header("location");
    assert_eq!(answer(&b, "acme", &started, "anna", "anna-password").await.path(), "/account");
    assert!(b.start_add("meridian").await.contains("/authorize"), "nothing more is asked");
}

/// Shows GO-08, GO-09, GO-53, GV-18: a directory that mirrors groups shares no account with anybody, its twin does; groups
/// are told while the person is there by that directory, and to whom asks for them.
#[tokio::test(flavor = "multi_thread")]
async fn go_08_go_09_gv_18_mirrored_groups_are_told_and_their_directory_links_with_nobody() {
    let (w, at) = world("goss", json!({})).await;
    w.apply(json!({
        "providers": [seed(&at, "groups", json!({})), seed(&at, "more-groups", json!({}))],
    }))
    .await;
    for key in ["groups", "more-groups"] {
        mirrors(&w, key, true).await;
    }
    let rp = register(&w, "rp", json!({})).await;
    // The twin links.
    let b = w.sign_up("anna@example.test").await;
    let add = b.start_add("acme").await;
    assert_eq!(answer(&b, "acme", &add, "anna", "anna-password").await.path(), "/account");
    // The mirroring one does not, nor do two of them with each other.
    let add = b.start_add("groups").await;
    assert_eq!(
        answer(&b, "groups", &add, "anna", "anna-password").await.refusal(),
        "link.isolated"
    );
    let c = w.browser();
    let chooser = sign_in(&c, "groups", "anna", "anna-password").await;
    assert!(chooser.path().ends_with("/choose"), "{} {}", chooser.path(), chooser.body);
    let mine = c.pick(&chooser, "create_new").await;
    assert_eq!(mine.path(), "/account", "{}", mine.body);
    let add = c.start_add("more-groups").await;
    assert_eq!(
        answer(&c, "more-groups", &add, "anna", "anna-password").await.refusal(),
        "link.isolated"
    );
    // Its groups are told, as they were at this sign-in, to who asks for them.
    assert_eq!(groups(&rp, &c, "openid groups").await, json!(["editors", "staff"]));
    assert_eq!(groups(&rp, &c, "openid").await, Value::Null);
    assert_eq!(groups(&rp, &b, "openid groups").await, Value::Null, "the twin's are not mirrored");
    at.set(sample().into_iter().filter(|e| !e.dn.starts_with("cn=editors")).collect());
    assert_eq!(
        groups(&rp, &c, "openid groups").await,
        json!(["editors", "staff"]),
        "not asked since"
    );
    let again = sign_in(&c, "groups", "anna", "anna-password").await;
    assert_eq!(again.path(), "/account");
    assert_eq!(groups(&rp, &c, "openid groups").await, json!([]), "she is in none any more");
    // What is not mirrored is not told, although it is known.
    mirrors(&w, "groups", false).await;
    assert_eq!(groups(&rp, &c, "openid groups").await, Value::Null);
}

async fn mirrors(w: &World, key: &str, yes: bool) {
    let document = json!({"choices": {"mirror_groups": yes}}).to_string();
    let document = domain::policy::Document::parse(&document).unwrap();
    w.ligature().policy_admin().use_document(&format!("provider:{key}"), document).await.unwrap();
}

/// The claim `groups` of the ID token; userinfo says the same.
async fn groups(rp: &Rp, b: &Browser, scope: &str) -> Value {
    let tokens = rp.token(&rp.code(b, &[("scope", scope)]).await, &[]).await;
    let told = rp.verified(&tokens.text("id_token")).await["groups"].clone();
    assert_eq!(rp.userinfo(&tokens.text("access_token")).await.body["groups"], told);
    told
}

/// Shows ZI-07: a link is worth something when the provider of another one does not answer.
#[tokio::test(flavor = "multi_thread")]
async fn zi_07_when_a_directory_does_not_answer_the_other_ways_lead_in() {
    let (w, at) = world("recommended", json!({})).await;
    let b = w.sign_up("anna@example.test").await;
    let add = b.start_add("acme").await;
    assert_eq!(
        answer(&b, "acme", &add, "anna", "anna-password").await.path(),
        "/account",
        "it works"
    );
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut down = seed(&at, "acme", json!({}));
    down["settings"]["servers"] = json!([format!("ldap://{closed}")]);
    w.apply(json!({"providers": [down]})).await;
    let other = w.browser();
    let page = sign_in(&other, "acme", "anna", "anna-password").await;
    assert_eq!(page.refusal(), "provider.down");
    assert!(page.has("href=\"/login"), "with a way on: {}", page.body);
    let page = other.password("anna@example.test", PASSWORD).await;
    assert_eq!(page.path(), "/account", "{}", page.body);
}

/// Shows GO-52: providers of one kind and one name are told apart by their keys.
#[tokio::test(flavor = "multi_thread")]
async fn go_52_two_providers_of_one_kind_and_name_are_two() {
    let (w, _first) = world("recommended", json!({})).await;
    let second = Directory::serve(
        0,
        vec![
            Entry::new("cn=reader,dc=example,dc=test", "reader-password", &[]),
            Entry::new(
                "uid=cleo,dc=example,dc=test",
                "cleo-password",
                &[("objectClass", "person"), ("uid", "cleo"), ("entryUUID", "c-1")],
            ),
        ],
    )
    .await
    .unwrap();
    w.apply(json!({"providers": [seed(&second, "acme-2", json!({}))]})).await;
    let page = w.browser().get("/login").await;
    assert!(
        page.offers("/fn/signin/provider", "acme") && page.offers("/fn/signin/provider", "acme-2")
    );
    assert!(
        sign_in(&w.browser(), "acme", "anna", "anna-password").await.path().ends_with("/choose")
    );
    assert!(
        sign_in(&w.browser(), "acme-2", "cleo", "cleo-password").await.path().contains("/attempt/")
    );
    let wrong = sign_in(&w.browser(), "acme-2", "anna", "anna-password").await;
    assert!(wrong.has("The user name or the password is wrong"));
}

/// Shows GO-51, AU-04, AU-09, NE-13: a provider's page says what is special about the vendor and what is asked for, and offers
/// to match by fields only where the vendor delivers one.
#[tokio::test(flavor = "multi_thread")]
async fn go_51_au_04_au_09_ne_13_the_console_knows_what_a_vendor_can_and_asks_for_the_least() {
    let (w, _at) = world("recommended", json!({})).await;
    w.apply(json!({"providers": [
        {"key": "weibo", "name": "Weibo", "secret": "x", "settings": {"kind": "oauth2", "preset": "weibo", "client_id": "c", "authorization_url": "https://api.weibo.com/oauth2/authorize", "token_url": "https://api.weibo.com/oauth2/access_token", "userinfo_url": "https://api.weibo.com/2/users/show.json", "subject_path": "idstr"}},
        {"key": "google", "name": "Google", "secret": "x", "settings": {"kind": "oidc", "preset": "google", "client_id": "c", "issuer": "https://accounts.google.com"}},
    ]}))
    .await;
    let owner = w.owner().await;
    let weibo = owner.get("/admin/providers/weibo").await;
    assert!(
        weibo.has("Weibo gives each person a number")
            && weibo.has("neither an email nor a phone number")
    );
    assert!(
        !weibo.has("value=\"field_match\"") && weibo.has("value=\"ask_binding\""),
        "{}",
        weibo.body
    );
    let form = [("form[key]", "weibo"), ("form[association][mode]", "field_match")];
    let refused = owner.post("/fn/admin/provider", &form).await;
    assert!(refused.has("so no field can match"), "{}", refused.body);
    let google = owner.get("/admin/providers/google").await;
    assert!(google.has("Only the claim hd tells you") && google.has("value=\"field_match\""));
    // Nothing was said of scopes: the least is asked for, and it stands there.
    assert!(google.has("value=\"openid email\""), "{}", google.body);
    assert!(owner.get("/admin/providers/acme").await.has("value=\"field_match\""));
}

/// Shows NE-19: a link is among the methods that an administrator and its owner see; when it is gone, the next sign-in
/// proves the mailbox anew and links again.
#[tokio::test(flavor = "multi_thread")]
async fn ne_19_a_link_that_was_removed_is_made_again_behind_a_new_code() {
    let w = World::with("nevis", |c| c.limits.mails_an_hour = 100).await;
    let b = w.sign_up("vera@example.test").await;
    let owner = w.owner().await;
    // Mails that are no notices: each has a code.
    let codes = || {
        let mails = w.mailbox.to("vera@example.test").into_iter();
        mails.filter(|m| !m.text.contains("/undo/")).filter_map(|m| m.code).collect::<Vec<_>>()
    };
    let visit = async || {
        let other = w.browser();
        w.mails("vera@example.test").await;
        let before = codes().len();
        let page = other.sign_in("meridian", "m-vera").await;
        if page.path() == "/account" {
            return ("at once", page);
        }
        w.mails("vera@example.test").await;
        assert_eq!(codes().len(), before + 1, "one code");
        ("behind a code", other.code(&page, codes().last().unwrap()).await)
    };
    let (how, page) = visit().await;
    assert_eq!((how, page.path().as_str()), ("behind a code", "/account"), "{}", page.body);
    assert_eq!(visit().await.0, "at once", "it is linked now");
    assert!(b.methods().await.iter().any(|m| m.contains("Meridian")));
    let list = owner.get("/admin/accounts?q=vera%40example.test").await;
    let account = list.body.split("href=\"/admin/accounts/").nth(1).unwrap();
    let account = account.split('"').next().unwrap().to_owned();
    assert!(
        owner.get(&format!("/admin/accounts/{account}")).await.has("<strong>Meridian</strong>")
    );
    let page = b.get("/account").await;
    let remove = page.body.split("href=\"").find(|h| h.contains("/remove")).unwrap();
    let link = remove.split('/').nth(3).unwrap().to_owned();
    let removed = b.post("/fn/account/remove", &[("link", &link)]).await;
    assert_eq!(removed.path(), "/account", "{}", removed.body);
    w.pass(1);
    let linked = async || b.methods().await.iter().any(|m| m.contains("Meridian"));
    assert!(!linked().await);
    let (how, page) = visit().await;
    assert_eq!((how, page.path().as_str()), ("behind a code", "/account"), "{}", page.body);
    assert!(linked().await);
}

/// Shows RL-02 for directories: whoever is signed in may not try everybody's password from there.
#[tokio::test(flavor = "multi_thread")]
async fn rl_02_a_session_gives_nobody_more_guesses_at_a_directory() {
    let w = World::with("recommended", |c| c.limits.wrong_passwords = 2).await;
    let at = Directory::serve(0, sample()).await.unwrap();
    w.apply(json!({"providers": [seed(&at, "acme", json!({}))]})).await;
    let b = w.sign_up("mallory@example.test").await;
    let add = b.start_add("acme").await;
    let mut tried = 0;
    for n in 0..60 {
        let page = answer(&b, "acme", &add, &format!("person-{n}"), "Summer2026!").await;
        if page.path().starts_with("/refused") {
            assert_eq!(page.refusal(), "rate.limited");
            break;
        }
        assert!(page.has("The user name or the password is wrong"), "{}", page.body);
        tried += 1;
    }
    assert_eq!(tried, 40, "as many names as a network may be wrong about");
}
