//! Lines of the code that carry a rule alone: each of these tests fails when one of them is taken out.
use crate::{
    op::{Rp, register},
    world::{Browser, PASSWORD, Page, World},
};
use domain::policy::Document;
use rehearsal::provider::Knobs;
use serde_json::{Value, json};

const VERA: &str = "vera@example.test";
const NUMBER: &str = "+4930123456";

async fn preset_with(w: &World, name: &str, change: impl FnOnce(&mut Value)) {
    let mut document: Value =
        serde_json::from_str(domain::policy::preset_text(name).unwrap()).unwrap();
    change(&mut document);
    w.ligature()
        .policy_admin()
        .use_document("instance", Document::parse(&document.to_string()).unwrap())
        .await
        .unwrap();
}

async fn newest_code(w: &World, to: &str) -> String {
    let n = w.mails(to).await;
    w.mail(to, n).await.code.unwrap()
}

/// The page of a code to an account that was named by an address or a number.
async fn named(b: &Browser, chooser: &Page, who: &str) -> Page {
    let page = b.pick(chooser, "enter_account").await;
    let page = b.post("/fn/attempt/name", &[("attempt", &page.attempt()), ("email", who)]).await;
    assert!(page.path().ends_with("/code"), "{} {}", page.url, page.body);
    page
}

/// The id of the method of a provider, as My Account has it in the address of its removal.
async fn link_of(b: &Browser, name: &str) -> String {
    let page = b.get("/account").await;
    let row = page
        .body
        .split("<li>")
        .find(|r| r.contains(&format!("<strong>{name}")) && r.contains("/account/methods/"))
        .unwrap_or_else(|| panic!("{name} in {}", page.body));
    row.split("/account/methods/").nth(1).unwrap().split('/').next().unwrap().to_owned()
}

/// Shows LK-24 for flows that concern no account: success ends them by the identity alone, and so they stay over when the
/// link is removed.
#[tokio::test(flavor = "multi_thread")]
async fn lk_24_a_flow_that_concerns_nobody_ends_with_the_success_of_another_of_its_identity() {
    for success in ["none", "linked", "linked and removed", "an account of its own"] {
        let w = World::new("recommended").await;
        let v = w.sign_up(VERA).await;
        let (f, g) = (w.browser(), w.browser());
        let (one, other) = (f.sign_in("pigeon", "p-new").await, g.sign_in("pigeon", "p-new").await);
        assert!(
            one.path().ends_with("/choose") && other.path().ends_with("/choose"),
            "{}",
            other.body
        );
        match success {
            "none" => {}
            "an account of its own" => {
                assert_eq!(f.pick(&one, "create_new").await.path(), "/account")
            }
            _ => {
                let page = named(&f, &one, VERA).await;
                assert_eq!(f.code(&page, &newest_code(&w, VERA).await).await.path(), "/account");
            }
        }
        if success == "linked and removed" {
            v.post("/fn/account/remove", &[("link", &link_of(&v, "Pigeon").await)]).await;
            assert_eq!(v.methods().await, ["Password"]);
        }
        let accounts = w.accounts().await;
        let done = g.pick(&other, "create_new").await;
        if success == "none" {
            assert_eq!(
                (done.path().as_str(), w.accounts().await),
                ("/account", accounts + 1),
                "{}",
                done.body
            );
            continue;
        }
        assert_eq!(
            (done.refusal().as_str(), w.accounts().await),
            ("attempt.expired", accounts),
            "{success}: {}",
            done.body
        );
        assert!(!g.is_signed_in().await, "{success}");
        w.healthy().await;
    }
}

/// An authenticator for somebody's account; its code of now.
async fn protect(w: &World, b: &Browser) -> impl Fn(&World) -> String + use<> {
    let page = b.post("/fn/account/second-factor/begin", &[]).await;
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
    let phone = totp_rs::Builder::new()
        .with_secret(totp_rs::Secret::try_from_base32(key).unwrap())
        .build()
        .unwrap();
    let code = move |w: &World| {
        phone.generate(u64::try_from(w.ligature().now() / 1_000_000).unwrap()).to_string()
    };
    let on = b.post("/fn/account/second-factor/on", &[("code", &code(w))]).await;
    assert!(on.has("The second factor is on"), "{}", on.body);
    code
}

/// Shows MG-02 while the other account's second factor is awaited, before there is a preview.
#[tokio::test(flavor = "multi_thread")]
async fn mg_02_a_merge_that_waits_for_a_second_factor_ends_with_whatever_the_owner_does() {
    for act in ["nothing", "sign out others", "password"] {
        let w = World::new("recommended").await;
        let (a, v) = (w.sign_up("anna@example.test").await, w.sign_up(VERA).await);
        drop(protect(&w, &a).await);
        let code = protect(&w, &v).await;
        let page = a.post("/fn/account/merge", &[("email", VERA), ("password", PASSWORD)]).await;
        assert!(page.path().ends_with("/factor"), "{} {}", page.url, page.body);
        match act {
            "nothing" => {}
            "sign out others" => drop(v.post("/fn/account/sessions/end-others", &[]).await),
            _ => assert_eq!(
                v.post("/fn/account/password", &[("password", "another long enough password")])
                    .await
                    .path(),
                "/account"
            ),
        }
        w.pass(30);
        let shown = a
            .post("/fn/attempt/factor", &[("attempt", &page.attempt()), ("code", &code(&w))])
            .await;
        if act == "nothing" {
            assert!(shown.path().ends_with("/merge"), "{} {}", shown.url, shown.body);
            continue;
        }
        assert_eq!(shown.refusal(), "attempt.expired", "{act}: {} {}", shown.url, shown.body);
        assert_eq!(
            (w.rows("account", "state", "merged").await, a.methods().await),
            (0, vec!["Password".to_owned()]),
            "{act}"
        );
    }
}

/// Shows ID-18 by a code to the phone: it is no credential of the account, so it does not vouch for the very subject that
/// came with the account's address, and it does for everybody else.
#[tokio::test(flavor = "multi_thread")]
async fn id_18_a_code_to_the_phone_does_not_vouch_for_the_subject_that_came_with_the_address() {
    let w = World::with("recommended", |c| c.sms.webhook_token = rehearsal::mailbox::TOKEN.into())
        .await;
    preset_with(&w, "recommended", |d| {
        d["choices"]["bind_methods"] = json!(["password", "email_code", "phone_code", "identity"])
    })
    .await;
    w.atlas.person(
        "a-vera-2",
        json!({"name": "Vera the second", "email": VERA, "email_verified": true}),
    );
    let v = w.sign_up(VERA).await;
    v.add("atlas", "a-vera").await;
    let page = v.post("/fn/account/phone", &[("phone", NUMBER)]).await;
    assert_eq!(v.code(&page, &newest_code(&w, NUMBER).await).await.path(), "/account/phone");
    let by_phone = async |key: &str, who: &str| {
        let b = w.browser();
        let page = named(&b, &b.sign_in(key, who).await, NUMBER).await;
        (b.code(&page, &newest_code(&w, NUMBER).await).await, b)
    };
    let (done, b) = by_phone("pigeon", "p-new").await;
    assert_eq!((done.path().as_str(), w.links("p-new").await), ("/account", 1), "{}", done.body);
    assert!(b.methods().await.contains(&"Pigeon".to_owned()));
    let (refused, b) = by_phone("atlas", "a-vera-2").await;
    assert_eq!(
        (refused.refusal().as_str(), w.links("a-vera-2").await),
        ("account.mailbox_contested", 0),
        "{} {}",
        refused.url,
        refused.body
    );
    assert!(!b.is_signed_in().await);
    // The mailbox is in doubt by now; the phone is not, for any other identity.
    let (done, _) = by_phone("meridian", "m-ben").await;
    assert_eq!((done.path().as_str(), w.links("m-ben").await), ("/account", 1), "{}", done.body);
    // And a credential of the account vouches for the subject.
    let b = w.browser();
    let page = b.pick(&b.sign_in("atlas", "a-vera-2").await, "enter_account").await;
    let done = b
        .post(
            "/fn/attempt/password",
            &[("attempt", &page.attempt()), ("email", VERA), ("password", PASSWORD)],
        )
        .await;
    assert_eq!((done.path().as_str(), w.links("a-vera-2").await), ("/account", 1), "{}", done.body);
    w.healthy().await;
}

/// Shows UD-04: what was taken back is barred, which is more than removed. It comes back by no proof at a sign-in, and by
/// its owner's own word in My Account.
#[tokio::test(flavor = "multi_thread")]
async fn ud_04_an_identity_that_was_taken_back_is_barred_and_not_only_removed() {
    for taken_back in [false, true] {
        let w = World::new("recommended").await;
        let v = w.sign_up(VERA).await;
        v.add("harbour", "h-1").await;
        let n = w.mails(VERA).await;
        let text = w.mail(VERA, n).await.text;
        let undo = text
            .split_whitespace()
            .find(|t| t.contains("/undo/"))
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned();
        if taken_back {
            assert!(w.browser().take_back(&undo, PASSWORD).await.has("The change is undone"));
        } else {
            v.post("/fn/account/remove", &[("link", &link_of(&v, "Harbour").await)]).await;
        }
        let sent = w.mails(VERA).await;
        let b = w.browser();
        let page = named(&b, &b.sign_in("harbour", "h-1").await, VERA).await;
        assert_eq!(
            w.mails(VERA).await,
            sent + usize::from(!taken_back),
            "the same page, and no code for what is barred"
        );
        let done = b.code(&page, &newest_code_or_none(&w, sent).await).await;
        assert_eq!(
            (done.path() == "/account", b.is_signed_in().await),
            (!taken_back, !taken_back),
            "{}",
            done.url
        );
        if taken_back {
            let b = w.browser();
            let page = b.pick(&b.sign_in("harbour", "h-1").await, "enter_account").await;
            let refused = b
                .post(
                    "/fn/attempt/password",
                    &[("attempt", &page.attempt()), ("email", VERA), ("password", PASSWORD)],
                )
                .await;
            assert_eq!(refused.refusal(), "link.barred", "{} {}", refused.url, refused.body);
            let owner = w.browser();
            owner.password(VERA, PASSWORD).await;
            assert_eq!(owner.methods().await, ["Password"]);
            owner.add("harbour", "h-1").await;
            assert_eq!(
                owner.methods().await,
                ["Harbour", "Password"],
                "in My Account it may come back"
            );
        }
        w.healthy().await;
    }
}

/// The code of the mail after the first `sent` ones, if there is one.
async fn newest_code_or_none(w: &World, sent: usize) -> String {
    if w.mails(VERA).await > sent { newest_code(w, VERA).await } else { "ZZZZ-ZZZZ".into() }
}

/// Shows RL-15 for codes that confirm a claimed address: they stand in front of whoever owns it, and count with the account's
/// others; for an address that nobody owns only the mails are counted.
#[tokio::test(flavor = "multi_thread")]
async fn rl_15_codes_to_a_claimed_address_are_counted_with_its_owners_account() {
    let w = World::with("nevis", |c| c.limits.codes_a_day = 3).await;
    w.sign_up(VERA).await;
    let claims = async |who: &str, address: &str| {
        let before = w.mails(address).await;
        for n in 0..5 {
            let b = w.browser();
            let page = b.sign_in("pigeon", who).await;
            assert!(page.path().ends_with("/code"), "{n}: the page is the same: {}", page.body);
        }
        w.mails(address).await - before
    };
    assert_eq!(claims("p-new", "new@example.test").await, 5, "nobody's");
    let to_vera = claims("p-vera", VERA).await;
    assert!((1..=3).contains(&to_vera), "{to_vera}");
    // The same count stops every other kind of code.
    let sent = w.mails(VERA).await;
    let page = w.browser().post("/fn/reset/ask", &[("email", VERA)]).await;
    assert!(page.path().ends_with("/reset"), "{}", page.body);
    assert_eq!(w.mails(VERA).await, sent, "a reset has none left");
}

/// Shows RL-15 for codes that confirm a session: as many in a day as the account has, whatever was asked for before.
#[tokio::test(flavor = "multi_thread")]
async fn rl_15_codes_that_confirm_a_session_are_counted_with_the_account() {
    let w = World::with("recommended", |c| c.limits.codes_a_day = 3).await;
    let v = w.sign_up(VERA).await;
    w.pass(11 * 60);
    let before = w.mails(VERA).await;
    for _ in 0..5 {
        let page = v.post("/fn/account/confirm/code", &[]).await;
        assert!(page.path().ends_with("/code"), "{} {}", page.url, page.body);
    }
    let sent = w.mails(VERA).await - before;
    assert!((1..=3).contains(&sent), "{sent}");
    assert!(
        v.post("/fn/account/email", &[("email", "new@example.test")])
            .await
            .path()
            .starts_with("/account/confirm"),
        "nothing was confirmed"
    );
}

/// Shows MA-16 where an add leaves the session where it was: neither younger nor surer for it.
#[tokio::test(flavor = "multi_thread")]
async fn ma_16_an_add_that_leaves_the_method_in_use_raises_nothing_either() {
    let w = World::new("goss").await;
    preset_with(&w, "goss", |d| d["choices"]["after_add"] = "keep".into()).await;
    let session = async || {
        let ligature = w.ligature();
        let mut c = ligature.store.read().await.unwrap();
        let link = storage::accounts::links::find_link(
            &mut c,
            ligature.org,
            &format!("oidc:{}", w.meridian.issuer),
            "m-vera",
            "",
        )
        .await
        .unwrap()
        .unwrap()
        .link;
        let one =
            storage::sign_in::sessions::list_sessions(&mut c, link.account_id, ligature.now(), 0)
                .await
                .unwrap()
                .remove(0);
        (one.method, one.auth_at, one.factor)
    };
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    let (before, cookie) = (session().await, b.session_cookie());
    w.pass(9 * 60);
    let now = w.ligature().now() / 1_000_000;
    w.harbour.set(Knobs { id_token: json!({"iat": now, "exp": now + 300}), ..Knobs::default() });
    assert!(b.add("harbour", "h-1").await.has("Harbour"));
    assert_ne!(b.session_cookie(), cookie, "its id changes all the same");
    assert_eq!(session().await, before);
    // The good way: a minute before its ten are over it may remove what it added, and two minutes later it may not.
    w.pass(2 * 60);
    assert_eq!(
        b.post("/fn/account/remove", &[("link", &link_of(&b, "Harbour").await)]).await.path(),
        "/account/confirm"
    );
    w.pass(-2 * 60);
    assert!(
        b.post("/fn/account/remove", &[("link", &link_of(&b, "Harbour").await)])
            .await
            .has("removed")
    );
    assert_eq!(b.methods().await, ["Meridian"]);
}

/// Shows CN-01: what one person allowed an application nobody else did.
#[tokio::test(flavor = "multi_thread")]
async fn cn_01_what_somebody_allowed_an_application_is_asked_of_everybody_else() {
    let w = World::new("recommended").await;
    let rp = register(&w, "rp", json!({"first_party": false})).await;
    let (v, t) = (w.sign_up(VERA).await, w.sign_up("theo@example.test").await);
    let asks =
        async |b: &Browser| rp.authorize(b, &[]).await.header("location").starts_with("/consent?");
    assert!(asks(&v).await && asks(&t).await);
    let page = v.follow(rp.authorize(&v, &[]).await).await;
    let entry = page.url.split("entry=").nth(1).unwrap().to_owned();
    let allowed = v.post_only("/fn/consent", &[("entry", &entry), ("answer", "allow")]).await;
    assert!(Rp::back(&allowed).contains_key("code"), "{}", allowed.body);
    assert!(!asks(&v).await, "once is enough");
    assert!(asks(&t).await);
    assert!(t.get("/account/applications").await.has("No application has access"));
}

/// Shows TK-04 for what is said of a provider alone: once it is for linking only, a sign-in by it leads to no application
/// any more, by a session or by a token of before.
#[tokio::test(flavor = "multi_thread")]
async fn tk_04_a_sign_in_by_a_provider_that_became_link_only_leads_nowhere() {
    let w = World::new("goss").await;
    let rp = register(&w, "rp", json!({})).await;
    let b = w.browser();
    assert_eq!(b.sign_in("meridian", "m-vera").await.path(), "/account");
    let asked = [("scope", "openid offline_access")];
    let tokens = rp.token(&rp.code(&b, &asked).await, &[]).await;
    let fresh = rp.refresh(&tokens.text("refresh_token")).await;
    assert_eq!(fresh.status, 200, "{}", fresh.body);
    let code = rp.code(&b, &asked).await;
    let document = |sign_in: bool| {
        Document::parse(
            &json!({"permits": {"sign_in": sign_in}, "choices": {"verified_counts": true}})
                .to_string(),
        )
        .unwrap()
    };
    w.ligature().policy_admin().use_document("provider:meridian", document(false)).await.unwrap();
    assert!(
        rp.authorize(&b, &asked).await.header("location").starts_with("/login"),
        "another sign-in first"
    );
    assert_eq!(rp.token(&code, &[]).await.error(), (400, "invalid_grant"));
    assert_eq!(rp.refresh(&fresh.text("refresh_token")).await.error(), (400, "invalid_grant"));
}

/// What is open in a browser ends with "sign out everywhere" there, also what concerns no account; ending one session does not.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_has_open_ends_when_it_signs_out_everywhere() {
    for everywhere in [false, true] {
        let w = World::new("recommended").await;
        let v = w.sign_up(VERA).await;
        let chooser = v.sign_in("pigeon", "p-new").await;
        assert!(chooser.path().ends_with("/choose"), "{} {}", chooser.url, chooser.body);
        let (path, form): (&str, &[(&str, &str)]) =
            if everywhere { ("/fn/account/sessions/end-all", &[]) } else { ("/fn/signout", &[]) };
        v.post(path, form).await;
        assert!(!v.is_signed_in().await);
        let done = v.pick(&chooser, "create_new").await;
        assert_eq!(
            (done.refusal() == "attempt.expired", w.links("p-new").await),
            (everywhere, i64::from(!everywhere)),
            "{} {}",
            done.url,
            done.body
        );
    }
}

/// What a notice's link shows to whoever holds the mail: no address and no number of the account in full, before anything is
/// shown and after the link was pressed.
#[tokio::test(flavor = "multi_thread")]
async fn a_notices_page_names_no_address_and_no_number_in_full() {
    let w = World::with("recommended", |c| c.sms.webhook_token = rehearsal::mailbox::TOKEN.into())
        .await;
    let v = w.sign_up(VERA).await;
    let page = v.post("/fn/account/phone", &[("phone", NUMBER)]).await;
    assert_eq!(v.code(&page, &newest_code(&w, NUMBER).await).await.path(), "/account/phone");
    let undo = async || {
        let n = w.mails(VERA).await;
        let text = w.mail(VERA, n).await.text;
        text.split_whitespace()
            .find(|t| t.contains("/undo/"))
            .unwrap_or_else(|| panic!("no link in {text}"))
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned()
    };
    let number = undo().await;
    let page = v.post("/fn/account/email", &[("email", "zoe@other.test")]).await;
    assert_eq!(v.code(&page, &newest_code(&w, "zoe@other.test").await).await.path(), "/account");
    let address = undo().await;
    for (secret, masked) in [(number, "+•••56"), (address, "z•••@o•••.test")] {
        let b = w.browser();
        let shown = b.get(&format!("/undo/{secret}")).await;
        let begun = b.post("/fn/undo", &[("secret", &secret)]).await;
        let decide =
            b.post("/fn/undo/password", &[("secret", &secret), ("password", PASSWORD)]).await;
        assert!(
            shown.has(masked) && decide.has("/fn/undo/finish"),
            "{} {}",
            shown.body,
            decide.body
        );
        for page in [shown, begun, decide] {
            assert!(
                !page.has(NUMBER) && !page.has("zoe@other.test") && !page.has(VERA),
                "{} {}",
                page.url,
                page.body
            );
        }
    }
}
