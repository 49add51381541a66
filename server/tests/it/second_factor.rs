//! The second factor: set up in My Account, asked for on every way in and before every link, and who may stand in for it.
use crate::{
    op::{Rp, register},
    world::{Browser, PASSWORD, Page, World},
};
use rehearsal::provider::Knobs;
use serde_json::json;

/// The authenticator of a person: the key that the page showed.
#[derive(Clone)]
struct Phone(totp_rs::Totp);

impl Phone {
    /// The clock goes to the beginning of a time step, so that a code is the same one for the next half a minute.
    fn scan(w: &World, page: &Page) -> Self {
        w.pass(30 - w.ligature().now() / 1_000_000 % 30);
        let key: String = page
            .body
            .split("<code class=\"secret\">")
            .nth(1)
            .unwrap()
            .split('<')
            .next()
            .unwrap()
            .replace(' ', "");
        let secret = totp_rs::Secret::try_from_base32(key).unwrap();
        Self(totp_rs::Builder::new().with_secret(secret).build().unwrap())
    }

    fn code(&self, w: &World) -> String {
        self.0.generate(u64::try_from(w.ligature().now() / 1_000_000).unwrap()).to_string()
    }

    /// The code of the next time step: the one before was used.
    fn next(&self, w: &World) -> String {
        w.pass(30);
        self.code(w)
    }
}

/// Switches a second factor on; answers the authenticator and the recovery codes.
async fn protect(w: &World, b: &Browser) -> (Phone, Vec<String>) {
    let page = b.post("/fn/account/second-factor/begin", &[]).await;
    assert!(page.path() == "/account/second-factor" && page.has("<svg"), "{}", page.body);
    let phone = Phone::scan(w, &page);
    let on = b.post("/fn/account/second-factor/on", &[("code", &phone.code(w))]).await;
    assert!(on.has("The second factor is on"), "{}", on.body);
    let codes: Vec<String> = on
        .body
        .split("<li><code>")
        .skip(1)
        .map(|r| r.split('<').next().unwrap().to_owned())
        .collect();
    assert_eq!(codes.len(), 10);
    (phone, codes)
}

async fn factor(b: &Browser, page: &Page, code: &str) -> Page {
    assert!(page.path().ends_with("/factor"), "{} {}", page.path(), page.body);
    b.post("/fn/attempt/factor", &[("attempt", &page.attempt()), ("code", code)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_counts_from_its_first_code_and_each_code_opens_once() {
    let w = World::new("recommended").await;
    let b = w.sign_up("vera@example.test").await;
    let elsewhere = w.browser();
    assert_eq!(elsewhere.password("vera@example.test", PASSWORD).await.path(), "/account");
    let page = b.post("/fn/account/second-factor/begin", &[]).await;
    let phone = Phone::scan(&w, &page);
    assert_eq!(
        w.browser().password("vera@example.test", PASSWORD).await.path(),
        "/account",
        "begun is not on"
    );
    let wrong = b.post("/fn/account/second-factor/on", &[("code", "000000")]).await;
    assert!(wrong.has("That isn't the app's current code"), "{}", wrong.body);
    let on = b.post("/fn/account/second-factor/on", &[("code", &phone.code(&w))]).await;
    assert!(
        on.has("Recovery codes") && on.header("cache-control").contains("no-store"),
        "{}",
        on.body
    );
    assert!(!elsewhere.is_signed_in().await && b.is_signed_in().await, "every other session ends");
    assert!(w.mails("vera@example.test").await >= 2);
    assert!(w.mailbox.to("vera@example.test").last().unwrap().subject.contains("second factor"));
    // The code that switched it on is used up; an application's way and My Account's are asked for the next one.
    let v = w.browser();
    let asked = v.password("vera@example.test", PASSWORD).await;
    assert!(!v.is_signed_in().await);
    let again = factor(&v, &asked, &phone.code(&w)).await;
    assert!(again.path().ends_with("/factor") && again.has("role=\"alert\""), "{}", again.body);
    let code = phone.next(&w);
    assert_eq!(factor(&v, &asked, &code).await.path(), "/account");
    let other = w.browser();
    let asked = other.password("vera@example.test", PASSWORD).await;
    let replayed = factor(&other, &asked, &code).await;
    assert!(
        replayed.path().ends_with("/factor") && !other.is_signed_in().await,
        "somebody who looked over the shoulder"
    );
    w.healthy().await;
}

/// Shows LK-15.
#[tokio::test(flavor = "multi_thread")]
async fn lk_15_a_link_needs_the_second_factor_and_so_does_every_later_sign_in_by_it() {
    let w = World::new("recommended").await;
    let v = w.sign_up("vera@example.test").await;
    let (phone, _) = protect(&w, &v).await;
    // A right code from the mailbox is not enough: nothing is linked until the second factor is shown.
    let b = w.browser();
    let chooser = b.sign_in("pigeon", "p-vera").await;
    let sent = w.mails("vera@example.test").await;
    let page = b.pick(&chooser, "add_to_existing").await;
    let code = w.mail("vera@example.test", sent + 1).await.code.unwrap();
    let asked = b.code(&page, &code).await;
    assert!(asked.path().ends_with("/factor"), "{}", asked.path());
    assert_eq!((w.links("p-vera").await, b.is_signed_in().await), (0, false));
    // The password as the proof neither.
    let c = w.browser();
    let chooser = c.sign_in("atlas", "a-vera").await;
    let page = c.pick(&chooser, "add_to_existing").await;
    let bound = c
        .post("/fn/attempt/password", &[("attempt", &page.attempt()), ("password", PASSWORD)])
        .await;
    assert!(bound.path().ends_with("/factor"), "{}", bound.path());
    assert_eq!(w.links("a-vera").await, 0);
    let wrong = factor(&b, &asked, "123456").await;
    assert!(wrong.path().ends_with("/factor"));
    assert_eq!(factor(&b, &asked, &phone.next(&w)).await.path(), "/account");
    assert_eq!(w.links("p-vera").await, 1);
    // Every later sign-in by it is asked too, whatever the provider says of itself.
    let now = || w.ligature().now() / 1_000_000;
    let says = |w: &World| {
        w.knobs(&w.pigeon, Knobs { id_token: json!({"iat": now(), "exp": now() + 300, "acr": "gold", "amr": ["pwd", "mfa"]}), ..Knobs::default() })
    };
    says(&w);
    let d = w.browser();
    let asked = d.sign_in("pigeon", "p-vera").await;
    assert!(asked.path().ends_with("/factor") && !d.is_signed_in().await, "{}", asked.path());
    assert_eq!(factor(&d, &asked, &phone.next(&w)).await.path(), "/account");
    // Unless the policy maps that very word.
    let owner = w.owner().await;
    let document = r#"{"choices":{"second_factor_acr":["gold"]}}"#;
    let draft = owner
        .post("/fn/admin/policy/draft", &[("scope", "provider:pigeon"), ("document", document)])
        .await;
    let version = draft.path().rsplit('/').next().unwrap().to_owned();
    owner.post("/fn/admin/policy/version", &[("version", &version), ("becomes", "active")]).await;
    says(&w);
    assert_eq!(w.browser().sign_in("pigeon", "p-vera").await.path(), "/account");
    // It speaks for its own sign-ins only: another account's link still wants that account's factor.
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_stands_in_once_and_the_mailbox_hears_of_it() {
    let w = World::new("recommended").await;
    let v = w.sign_up("vera@example.test").await;
    let (phone, codes) = protect(&w, &v).await;
    let b = w.browser();
    let asked = b.password("vera@example.test", PASSWORD).await;
    let sent = w.mails("vera@example.test").await;
    assert_eq!(factor(&b, &asked, &codes[0].to_lowercase()).await.path(), "/account");
    assert!(w.mail("vera@example.test", sent + 1).await.subject.contains("recovery code"));
    let c = w.browser();
    let asked = c.password("vera@example.test", PASSWORD).await;
    assert!(factor(&c, &asked, &codes[0]).await.path().ends_with("/factor"), "used up");
    assert!(b.get("/account/second-factor").await.has("9 codes are left"));
    let sent = b.post_only("/fn/account/second-factor/codes", &[]).await;
    assert_eq!(w.rows("flash", "body", "codes").await, 0, "sealed until they are shown");
    let kept = w.rows("flash", "body", "").await;
    let head = b.request(reqwest::Method::HEAD, &sent.header("location"));
    assert_eq!(b.send(head).await.status, 405);
    let fresh = b.follow(sent).await;
    assert_eq!(w.rows("flash", "body", "").await, kept - 1, "and gone then");
    assert!(fresh.has("<li><code>") && !fresh.has(&codes[1]), "{}", fresh.body);
    // What was open ended with the change.
    assert_eq!(factor(&c, &asked, &codes[1]).await.refusal(), "attempt.expired");
    let asked = c.password("vera@example.test", PASSWORD).await;
    assert!(
        factor(&c, &asked, &codes[1]).await.path().ends_with("/factor"),
        "the old ones are worth nothing"
    );
    assert_eq!(factor(&c, &asked, &phone.next(&w)).await.path(), "/account");
    // They are shown once: the page leads to the one that makes others.
    for path in [fresh.url.as_str(), "/account/second-factor/codes"] {
        let again = b.get(path).await;
        assert!(again.path() == "/account/second-factor" && !again.has("<li><code>"), "{path}");
    }
    // Nothing of it is stored in clear.
    assert_eq!(w.rows("audit_event", "detail", &codes[2].replace('-', "")).await, 0);
}

/// Shows RL-01 for the second factor: the count belongs to the account, and somebody else's success does not clear it.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_of_the_second_factor_are_counted_for_the_account() {
    let w = World::new("recommended").await;
    let v = w.sign_up("vera@example.test").await;
    let (phone, codes) = protect(&w, &v).await;
    let mut last = String::new();
    for _ in 0..3 {
        let b = w.browser();
        let asked = b.password("vera@example.test", PASSWORD).await;
        for _ in 0..2 {
            last = factor(&b, &asked, "000000").await.refusal();
        }
    }
    assert_eq!(last, "rate.limited");
    let b = w.browser();
    let asked = b.password("vera@example.test", PASSWORD).await;
    assert_eq!(
        factor(&b, &asked, &phone.next(&w)).await.refusal(),
        "rate.limited",
        "the right one has to wait too"
    );
    assert_eq!(
        factor(&b, &asked, &codes[3]).await.path(),
        "/account",
        "its owner gets in by a recovery code"
    );
    w.pass(16 * 60);
    let b = w.browser();
    let asked = b.password("vera@example.test", PASSWORD).await;
    assert_eq!(factor(&b, &asked, &phone.code(&w)).await.path(), "/account");
}

/// Shows LO-01: whoever knows the password and guesses codes keeps the owner out neither at once nor for days.
#[tokio::test(flavor = "multi_thread")]
async fn lo_01_wrong_codes_of_the_second_factor_by_strangers_leave_the_known_browser_and_recovery_codes_alone()
 {
    let w = World::new("recommended").await;
    let v = w.sign_up("vera@example.test").await;
    let (phone, codes) = protect(&w, &v).await;
    v.post("/fn/signout", &[]).await;
    // Without an attack: a known browser and a new one.
    for b in [v.clone(), w.browser()] {
        let asked = b.password("vera@example.test", PASSWORD).await;
        assert_eq!(factor(&b, &asked, &phone.next(&w)).await.path(), "/account");
    }
    v.post("/fn/signout", &[]).await;
    let guess = async |n: usize| {
        let thief = w.browser();
        let asked = thief.password("vera@example.test", PASSWORD).await;
        let mut last = String::new();
        for _ in 0..n {
            last = factor(&thief, &asked, "000000").await.refusal();
        }
        last
    };
    assert_eq!(guess(6).await, "rate.limited");
    let asked = v.password("vera@example.test", PASSWORD).await;
    assert_eq!(
        factor(&v, &asked, &phone.next(&w)).await.path(),
        "/account",
        "the known browser does not wait"
    );
    v.post("/fn/signout", &[]).await;
    for _ in 0..19 {
        w.pass(3600);
        assert_eq!(guess(5).await, "");
    }
    w.pass(3600);
    let new = w.browser();
    let asked = new.password("vera@example.test", PASSWORD).await;
    let page = factor(&new, &asked, &phone.next(&w)).await;
    assert!(
        page.path().ends_with("/factor") && page.has("use a recovery code"),
        "after a hundred a stranger's code is wrong: {}",
        page.body
    );
    let asked = v.password("vera@example.test", PASSWORD).await;
    assert_eq!(factor(&v, &asked, &phone.next(&w)).await.path(), "/account");
    let asked = new.password("vera@example.test", PASSWORD).await;
    assert_eq!(factor(&new, &asked, &codes[0]).await.path(), "/account");
    let other = w.browser();
    let asked = other.password("vera@example.test", PASSWORD).await;
    assert_eq!(
        factor(&other, &asked, &phone.next(&w)).await.path(),
        "/account",
        "a stranger got in: the row is over"
    );
    w.healthy().await;
}

/// Shows MA-09, PH-05.
#[tokio::test(flavor = "multi_thread")]
async fn confirming_a_session_and_a_new_password_need_the_second_factor_too() {
    let w = World::new("recommended").await;
    let v = w.sign_up("vera@example.test").await;
    let (phone, _) = protect(&w, &v).await;
    w.pass(11 * 60);
    // A found session and the password are not enough to add a way in.
    let asked = v
        .post(
            "/fn/account/confirm/password",
            &[("password", PASSWORD), ("to", "/account/second-factor")],
        )
        .await;
    assert!(asked.path().ends_with("/factor"), "{}", asked.path());
    assert_eq!(v.get("/account/second-factor").await.path(), "/account/confirm");
    let there = factor(&v, &asked, &phone.code(&w)).await;
    assert_eq!(there.path(), "/account/second-factor", "{}", there.body);
    // Somebody waits at the question with the old password; the new one ends that.
    let thief = w.browser();
    let waiting = thief.password("vera@example.test", PASSWORD).await;
    assert!(waiting.path().ends_with("/factor"));
    let b = w.browser();
    let sent = w.mails("vera@example.test").await;
    let reset = b.post("/fn/reset/ask", &[("email", "vera@example.test")]).await;
    let code = w.mail("vera@example.test", sent + 1).await.code.unwrap();
    let done = b
        .post(
            "/fn/reset/set",
            &[
                ("attempt", &reset.attempt()),
                ("code", &code),
                ("password", "quite another long phrase"),
            ],
        )
        .await;
    assert!(
        done.path().ends_with("/factor") && !b.is_signed_in().await,
        "a mailbox alone opens nothing: {}",
        done.path()
    );
    let late = factor(&thief, &waiting, &phone.next(&w)).await;
    assert!(
        ["attempt.unknown", "attempt.expired"].contains(&late.refusal().as_str()),
        "{}",
        late.refusal()
    );
    assert_eq!(factor(&b, &done, &phone.next(&w)).await.path(), "/account");
    // Switched off in the confirmed session; the next sign-in asks nothing more.
    let off = b.post("/fn/account/second-factor/remove", &[]).await;
    assert!(off.has("The second factor is off"), "{}", off.body);
    assert_eq!(
        w.browser().password("vera@example.test", "quite another long phrase").await.path(),
        "/account"
    );
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_that_somebody_else_added_can_be_taken_back_and_an_administrator_can_help()
{
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let thief = w.sign_up("vera@example.test").await;
    protect(&w, &thief).await;
    let n = w.mails("vera@example.test").await;
    let notice = w.mail("vera@example.test", n).await;
    let link = notice.text.split_whitespace().find(|t| t.contains("/undo/")).unwrap().to_owned();
    let secret = link.rsplit('/').next().unwrap().to_owned();
    let b = w.browser();
    assert!(b.get(&format!("/undo/{secret}")).await.has("A second factor was added"));
    assert!(b.take_back(&secret, PASSWORD).await.has("The change is undone"));
    assert!(!thief.is_signed_in().await);
    let v = w.browser();
    assert_eq!(v.password("vera@example.test", PASSWORD).await.path(), "/account");
    // Lost for good: the console takes it away, and the account hears of it.
    protect(&w, &v).await;
    let accounts = owner.get("/admin/accounts?q=vera%40example.test").await;
    let id = accounts
        .body
        .split("href=\"/admin/accounts/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(
        v.post("/fn/admin/account/second-factor", &[("account", &id)]).await.refusal(),
        "admin.forbidden"
    );
    assert!(owner.get(&format!("/admin/accounts/{id}")).await.has("Take the second factor away"));
    let sent = w.mails("vera@example.test").await;
    let gone = owner.post("/fn/admin/account/second-factor", &[("account", &id)]).await;
    assert!(gone.has("The second factor is off") && !v.is_signed_in().await, "{}", gone.body);
    assert!(w.mail("vera@example.test", sent + 1).await.subject.contains("is off"));
    assert_eq!(w.browser().password("vera@example.test", PASSWORD).await.path(), "/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_application_is_told_of_one_factor_or_two() {
    let w = World::new("recommended").await;
    w.apply(json!({"applications": [{"client_id": "photos", "name": "Photos", "redirect_uris": ["http://127.0.0.1:9/cb"], "secret": "s"}]})).await;
    let v = w.sign_up("vera@example.test").await;
    let one = id_token(&v).await;
    assert_eq!(
        (one["acr"].as_str(), one["amr"].clone()),
        (Some("urn:ligature:acr:one-factor"), json!(["pwd"]))
    );
    let (phone, _) = protect(&w, &v).await;
    let b = w.browser();
    let asked = b.password("vera@example.test", PASSWORD).await;
    factor(&b, &asked, &phone.next(&w)).await;
    let two = id_token(&b).await;
    assert_eq!(
        (two["acr"].as_str(), two["amr"].clone()),
        (Some("urn:ligature:acr:two-factors"), json!(["pwd", "otp", "mfa"]))
    );
    // Demanded, two are asked of the session that had one, and the one that has two goes straight back (RFC 9470 §4).
    let demand = "/authorize?client_id=photos&response_type=code&scope=openid&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcb&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&acr_values=urn:ligature:acr:two-factors";
    assert!(
        b.send(b.request(reqwest::Method::GET, demand)).await.header("location").contains("code=")
    );
    let login = v.get(demand).await;
    let entry =
        login.url.split("entry=").nth(1).unwrap_or_else(|| panic!("{}", login.url)).to_owned();
    let asked = v
        .post(
            "/fn/signin/password",
            &[("email", "vera@example.test"), ("password", PASSWORD), ("entry", &entry)],
        )
        .await;
    assert!(asked.path().ends_with("/factor"), "{}", asked.url);
    let back = v
        .post_only(
            "/fn/attempt/factor",
            &[("attempt", &asked.attempt()), ("code", &phone.next(&w))],
        )
        .await;
    assert!(back.header("location").contains("/cb?code="), "{}", back.header("location"));
}

/// What the application reads in the ID token of a session.
async fn id_token(b: &Browser) -> serde_json::Value {
    let (verifier, challenge) = (
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    );
    let page = b
        .send(b.request(
            reqwest::Method::GET,
            &format!("/authorize?client_id=photos&response_type=code&scope=openid&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcb&code_challenge={challenge}&code_challenge_method=S256&state=s"),
        ))
        .await;
    let to = url::Url::parse(&page.header("location")).unwrap();
    let code = to.query_pairs().find(|(k, _)| k == "code").unwrap().1.into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", "http://127.0.0.1:9/cb"),
        ("code_verifier", verifier),
    ];
    let answer =
        b.request(reqwest::Method::POST, "/token").basic_auth("photos", Some("s")).form(&form);
    let answer = b.send(answer).await;
    let tokens: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    rehearsal::token::claims(tokens["id_token"].as_str().unwrap_or_else(|| panic!("{tokens}")))
}

/// An authenticator that is set up on the way in: from the page that asks for it to the codes.
async fn set_up(w: &World, b: &Browser, page: &Page) -> (Phone, Page) {
    assert!(
        page.path() == "/account/second-factor" && page.has("You need a second factor to continue"),
        "{} {}",
        page.url,
        page.body
    );
    let hidden = |page: &Page, name: &str| {
        page.body
            .split(&format!("name=\"{name}\" value=\""))
            .nth(1)
            .map(|r| r.split('"').next().unwrap().to_owned())
            .unwrap_or_default()
    };
    let (to, entry) = (hidden(page, "to"), hidden(page, "entry"));
    let begun = b.post("/fn/account/second-factor/begin", &[("to", &to), ("entry", &entry)]).await;
    assert!(begun.has("You need a second factor to continue"), "{}", begun.body);
    let phone = Phone::scan(w, &begun);
    let wrong = b
        .post("/fn/account/second-factor/on", &[("code", "000000"), ("to", &to), ("entry", &entry)])
        .await;
    assert!(
        wrong.has("That isn't the app's current code")
            && wrong.has("You need a second factor to continue"),
        "the way is kept: {}",
        wrong.body
    );
    let on = b
        .post(
            "/fn/account/second-factor/on",
            &[("code", &phone.code(w)), ("to", &to), ("entry", &entry)],
        )
        .await;
    assert!(on.has("The second factor is on") && on.has("Recovery codes"), "{}", on.body);
    (phone, on)
}

async fn in_force(w: &World, scope: &str, document: &str) {
    w.ligature()
        .policy_admin()
        .use_document(scope, domain::policy::Document::parse(document).unwrap())
        .await
        .unwrap();
}

/// Shows DL-06 (threat rule 26): an organisation that demands a second factor gives time, and then has it set up on the way in.
#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_demands_a_second_factor_after_a_time_of_grace() {
    let w = World::new("recommended").await;
    w.sign_up("vera@example.test").await;
    let sign_in = async || {
        let b = w.browser();
        let page = b.password("vera@example.test", PASSWORD).await;
        (b, page)
    };
    let (_, page) = sign_in().await;
    assert!(
        page.path() == "/account" && !page.has("asks for a second factor"),
        "nobody asks: {}",
        page.body
    );
    in_force(
        &w,
        "organisation",
        r#"{"floors":{"second_factor":"always","second_factor_grace":86400}}"#,
    )
    .await;
    let (_, page) = sign_in().await;
    assert!(
        page.path() == "/account" && page.has("Until then you can go on without one"),
        "{}",
        page.body
    );
    w.pass(86_300);
    assert_eq!(sign_in().await.1.path(), "/account");
    w.pass(101);
    let (b, page) = sign_in().await;
    let (phone, on) = set_up(&w, &b, &page).await;
    assert!(on.has("href=\"/account\""));
    assert!(!b.get("/account").await.has("asks for a second factor"));
    let (c, asked) = sign_in().await;
    assert_eq!(
        factor(&c, &asked, &phone.next(&w)).await.path(),
        "/account",
        "set up once, it is asked for"
    );
    // Who comes later has the same time from their own first sign-in.
    let d = w.sign_up("ben@example.test").await;
    assert!(d.get("/account").await.has("Until then you can go on without one"));
    // Without grace there is none.
    in_force(&w, "organisation", r#"{"floors":{"second_factor":"always"}}"#).await;
    assert_eq!(
        w.browser().password("ben@example.test", PASSWORD).await.path(),
        "/account/second-factor"
    );
    w.healthy().await;
}

/// Shows DL-06 (threat rule 26): an application demands it also of sessions that are there already.
#[tokio::test(flavor = "multi_thread")]
async fn an_application_demands_a_second_factor_of_a_session_that_has_none() {
    let w = World::new("recommended").await;
    let (plain, strict) =
        (register(&w, "plain", json!({})).await, register(&w, "strict", json!({})).await);
    let b = w.sign_up("vera@example.test").await;
    strict.code(&b, &[]).await;
    in_force(&w, "application:strict", r#"{"floors":{"second_factor":"always"}}"#).await;
    plain.code(&b, &[]).await;
    assert!(!b.get("/account").await.has("asks for a second factor"), "our own pages do not ask");
    assert_eq!(
        Rp::back(&strict.authorize(&b, &[("prompt", "none")]).await)["error"],
        "interaction_required"
    );
    let page = b.follow(strict.authorize(&b, &[]).await).await;
    let (_, on) = set_up(&w, &b, &page).await;
    let entry = on
        .body
        .split("name=\"entry\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let back = b.post_only("/fn/account/second-factor/go-on", &[("entry", &entry)]).await;
    assert!(
        Rp::back(&back).contains_key("code"),
        "the way goes on with the session that showed it: {}",
        back.header("location")
    );
    strict.code(&b, &[]).await;
}

/// Shows DL-06 (threat rule 26): a role demands it, in the sign-in and before every act of the console.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_demands_a_second_factor_and_the_console_acts_on_nothing_without() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let draft = [("scope", "provider:atlas"), ("document", "{}")];
    assert!(
        owner
            .post("/fn/admin/policy/draft", &draft)
            .await
            .path()
            .starts_with("/admin/policy/versions/")
    );
    in_force(&w, "organisation", r#"{"floors":{"second_factor_roles":{"owner":"always"}}}"#).await;
    assert!(
        !w.sign_up("vera@example.test").await.get("/account").await.has("asks for a second factor"),
        "nobody else is asked"
    );
    let page = owner.post("/fn/admin/policy/draft", &draft).await;
    assert_eq!(owner.get("/admin/policy").await.status, 200, "reading stays possible");
    let (phone, _) = set_up(&w, &owner, &page).await;
    assert!(
        owner
            .post("/fn/admin/policy/draft", &draft)
            .await
            .path()
            .starts_with("/admin/policy/versions/")
    );
    // Later a password alone confirms nothing.
    w.pass(11 * 60);
    let page = owner.post("/fn/admin/policy/draft", &draft).await;
    assert_eq!(page.path(), "/account/confirm");
    let asked = owner
        .post("/fn/account/confirm/password", &[("password", PASSWORD), ("to", "/admin/policy")])
        .await;
    assert_eq!(owner.post("/fn/admin/policy/draft", &draft).await.path(), "/account/confirm");
    assert_eq!(factor(&owner, &asked, &phone.next(&w)).await.path(), "/admin/policy");
    assert!(
        owner
            .post("/fn/admin/policy/draft", &draft)
            .await
            .path()
            .starts_with("/admin/policy/versions/")
    );
}

/// Shows DL-06 (threat rule 26): `never` lets nobody set one up, and takes nobody's away.
#[tokio::test(flavor = "multi_thread")]
async fn where_no_second_factor_is_wanted_whoever_has_one_is_still_asked() {
    let w = World::new("recommended").await;
    let (vera, ben) = (w.sign_up("vera@example.test").await, w.sign_up("ben@example.test").await);
    let (phone, _) = protect(&w, &vera).await;
    in_force(&w, "organisation", r#"{"floors":{"second_factor":"never"}}"#).await;
    assert_eq!(
        ben.post("/fn/account/second-factor/begin", &[]).await.refusal(),
        "account.management_off"
    );
    let c = w.browser();
    let asked = c.password("vera@example.test", PASSWORD).await;
    assert_eq!(factor(&c, &asked, &phone.next(&w)).await.path(), "/account");
}

/// The newest undo link that went to an address.
async fn undo_link(w: &World, to: &str) -> String {
    let n = w.mails(to).await;
    w.mail(to, n)
        .await
        .text
        .split_whitespace()
        .find(|t| t.contains("/undo/"))
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned()
}

async fn reset(w: &World, b: &Browser, address: &str, password: &str) -> Page {
    let sent = w.mails(address).await;
    let asked = b.post("/fn/reset/ask", &[("email", address)]).await;
    let code = w.mail(address, sent + 1).await.code.unwrap();
    b.post(
        "/fn/reset/set",
        &[("attempt", &asked.attempt()), ("code", &code), ("password", password)],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn ud_06_a_link_about_a_factor_that_was_replaced_leaves_the_new_one_alone() {
    let w = World::new("recommended").await;
    let b = w.sign_up("vera@example.test").await;
    protect(&w, &b).await;
    let first = undo_link(&w, "vera@example.test").await;
    // While it is there, the link is about it.
    assert!(w.browser().get(&format!("/undo/{first}")).await.has("Sign everyone out"));
    b.post("/fn/account/second-factor/remove", &[]).await;
    let (phone, _) = protect(&w, &b).await;
    let page = w.browser().get(&format!("/undo/{first}")).await;
    assert!(page.has("is no longer there") && !page.has("Sign everyone out"), "{}", page.body);
    assert!(w.browser().post("/fn/undo", &[("secret", &first)]).await.has("is no longer there"));
    assert!(b.is_signed_in().await, "nobody is signed out by it");
    assert!(w.browser().take_back(&first, PASSWORD).await.has("It won't come back"));
    let v = w.browser();
    let asked = v.password("vera@example.test", PASSWORD).await;
    assert_eq!(
        factor(&v, &asked, &phone.next(&w)).await.path(),
        "/account",
        "the second one is untouched"
    );
    assert_eq!(
        w.browser().post("/fn/undo", &[("secret", &first)]).await.refusal(),
        "account.undo_over"
    );
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ud_07_a_mailbox_alone_drops_no_second_factor() {
    let w = World::new("recommended").await;
    let v = w.sign_up("vera@example.test").await;
    let (phone, _) = protect(&w, &v).await;
    let link = undo_link(&w, "vera@example.test").await;
    w.pass(7 * 24 * 3600);
    // The thief has the mailbox: the link signs everybody out, and the reset sets a password. Neither opens the account.
    let thief = w.browser();
    assert!(thief.post("/fn/undo", &[("secret", &link)]).await.has("To decide now"));
    assert!(!v.is_signed_in().await);
    let stolen = "a phrase of the thief alone";
    assert!(reset(&w, &thief, "vera@example.test", stolen).await.path().ends_with("/factor"));
    assert!(
        thief.password("vera@example.test", stolen).await.path().ends_with("/factor")
            && !thief.is_signed_in().await
    );
    // A password of since is none from before.
    let wrong = thief.post("/fn/undo/password", &[("secret", &link), ("password", stolen)]).await;
    assert!(!wrong.has("name=\"first\""), "{}", wrong.body);
    // The reset's own notice went to the same mailbox; the owner shows the password from before it, with the factor.
    let notice = undo_link(&w, "vera@example.test").await;
    let b = w.browser();
    b.post("/fn/undo", &[("secret", &notice)]).await;
    let shown = b.post("/fn/undo/password", &[("secret", &notice), ("password", PASSWORD)]).await;
    assert!(shown.has("Code from the second factor you had before"), "{}", shown.body);
    assert!(
        b.post("/fn/undo/finish", &[("secret", &notice), ("answer", "back"), ("code", "000000")])
            .await
            .has("That isn't a code from the second factor")
    );
    let done = b
        .post(
            "/fn/undo/finish",
            &[("secret", &notice), ("answer", "back"), ("code", &phone.next(&w))],
        )
        .await;
    assert!(done.has("The change is undone"), "{}", done.body);
    assert_eq!(thief.password("vera@example.test", stolen).await.path(), "/login");
    let asked = b.password("vera@example.test", PASSWORD).await;
    assert_eq!(
        factor(&b, &asked, &phone.next(&w)).await.path(),
        "/account",
        "the factor is the owner's still"
    );
    w.healthy().await;
}

/// Shows UD-07: with 72 hours and notices to every address it goes, and a credential from before keeps it.
#[tokio::test(flavor = "multi_thread")]
async fn ud_07_after_72_hours_without_anybody_it_goes_unless_its_owner_kept_it() {
    for keeps in [false, true] {
        let w = World::new("recommended").await;
        let v = w.sign_up("vera@example.test").await;
        protect(&w, &v).await;
        let link = undo_link(&w, "vera@example.test").await;
        let sent = w.mails("vera@example.test").await;
        w.browser().post("/fn/undo", &[("secret", &link)]).await;
        assert!(w.mail("vera@example.test", sent + 1).await.subject.contains("is being undone"));
        w.pass(71 * 3600);
        w.ligature().maintenance().tidy().await.unwrap();
        assert!(
            w.browser().password("vera@example.test", PASSWORD).await.path().ends_with("/factor")
        );
        if keeps {
            let b = w.browser();
            b.post("/fn/undo/password", &[("secret", &link), ("password", PASSWORD)]).await;
            assert!(
                b.post("/fn/undo/finish", &[("secret", &link), ("answer", "keep")])
                    .await
                    .has("Everything stays as it is")
            );
            assert_eq!(
                w.browser().post("/fn/undo", &[("secret", &link)]).await.refusal(),
                "account.undo_over"
            );
        }
        w.pass(2 * 3600);
        w.ligature().maintenance().tidy().await.unwrap();
        let page = w.browser().password("vera@example.test", PASSWORD).await;
        assert_eq!(page.path().ends_with("/factor"), keeps, "{}", page.path());
        w.healthy().await;
    }
}
