//! The journeys that follow from the policy, as people walk them: silent mode, unfinished sign-ups, binding, changed
//! addresses, profile fields, applications that are told.
use crate::world::{Browser, PASSWORD, Page, World};
use domain::policy::Document;
use rehearsal::provider::Knobs;
use serde_json::json;

async fn policy(w: &World, scope: &str, document: serde_json::Value) {
    w.ligature()
        .policy_admin()
        .use_document(scope, Document::parse(&document.to_string()).unwrap())
        .await
        .unwrap();
}

/// A preset with fields of the instance's own document changed.
async fn preset_with(w: &World, name: &str, change: impl FnOnce(&mut serde_json::Value)) {
    let mut document: serde_json::Value =
        serde_json::from_str(domain::policy::preset_text(name).unwrap()).unwrap();
    change(&mut document);
    policy(w, "instance", document).await;
}

/// A page without what differs in every attempt by nature: ids.
fn bare(page: &Page) -> String {
    page.body.replace(&page.attempt(), "ID")
}

async fn code_to(w: &World, address: &str, n: usize) -> String {
    w.mail(address, n).await.code.unwrap()
}

/// Shows NE-08, NE-12, NE-17, ZI-16, AU-14.
#[tokio::test(flavor = "multi_thread")]
async fn ne_12_silent_pages_and_mails_are_equal_whether_or_not_an_account_exists() {
    let w = World::new("nevis").await;
    w.sign_up("vera@example.test").await;
    let (a, b) = (w.browser(), w.browser());
    let exists = a.sign_in("atlas", "a-vera").await;
    let nobody = b.sign_in("atlas", "a-new").await;
    assert!(
        exists.path().ends_with("/code") && nobody.path().ends_with("/code"),
        "{} {}",
        exists.url,
        nobody.url
    );
    assert_eq!(
        (exists.status, bare(&exists).replace("v•••", "x•••")),
        (nobody.status, bare(&nobody).replace("n•••", "x•••"))
    );
    let (first, second) =
        (w.mail("vera@example.test", 2).await, w.mail("new@example.test", 1).await);
    // The minute may change between the two.
    let timeless = |text: &str| {
        let (before, after) = text.split_once(" UTC").unwrap();
        format!("{}{after}", before.rsplit_once(' ').unwrap().0)
    };
    let plain = |m: &rehearsal::mailbox::Mail, own: &str| {
        timeless(&m.text.replace(m.code.as_deref().unwrap(), "CODE").replace(own, "X"))
    };
    assert_eq!(first.subject, second.subject);
    assert_eq!(plain(&first, "v•••"), plain(&second, "n•••"));
    // Behind the code the ways part: linked here, created there; once for each identity.
    assert_eq!(a.code(&exists, first.code.as_deref().unwrap()).await.path(), "/account");
    assert_eq!(b.code(&nobody, second.code.as_deref().unwrap()).await.path(), "/account");
    assert_eq!((w.accounts().await, w.links("a-vera").await, w.links("a-new").await), (2, 1, 1));
    assert_eq!(w.browser().sign_in("atlas", "a-vera").await.path(), "/account");
    assert_eq!(w.browser().password("vera@example.test", PASSWORD).await.path(), "/account");
    w.healthy().await;
}

/// Shows NE-08.
#[tokio::test(flavor = "multi_thread")]
async fn ne_08_the_provider_that_runs_the_mailbox_links_without_an_extra_page() {
    let w = World::new("nevis").await;
    w.sign_up("vera@example.test").await;
    w.provider("atlas", json!({"domains": ["example.test"], "own_directory": true})).await;
    let done = w.browser().sign_in("atlas", "a-vera").await;
    assert_eq!(done.path(), "/account", "{}", done.body);
    assert_eq!((w.accounts().await, w.links("a-vera").await), (1, 1));
}

/// An attacker's sign-up that waits for the victim's mailbox.
async fn squat(w: &World, address: &str) -> (Browser, Page) {
    let attacker = w.browser();
    let page = attacker
        .post(
            "/fn/signup",
            &[
                ("email", address),
                ("name", "Attacker"),
                ("password", "the attacker's own password"),
            ],
        )
        .await;
    assert!(page.path().ends_with("/code"));
    (attacker, page)
}

/// Shows NE-07, PH-01, PH-02.
#[tokio::test(flavor = "multi_thread")]
async fn ne_07_an_unfinished_sign_up_is_finished_with_a_password_and_nothing_of_it_stays() {
    let w = World::new("nevis").await;
    let (attacker, waiting) = squat(&w, "vera@example.test").await;
    let old = code_to(&w, "vera@example.test", 1).await;
    let b = w.browser();
    let page = b.sign_in("atlas", "a-vera").await;
    let page = b.code(&page, &code_to(&w, "vera@example.test", 2).await).await;
    assert!(
        page.path().ends_with("/finish") && page.has("vera@example.test"),
        "{} {}",
        page.url,
        page.body
    );
    let short =
        b.post("/fn/attempt/finish", &[("attempt", &page.attempt()), ("password", "short")]).await;
    assert!(short.has("aria-invalid"), "{}", short.body);
    let done =
        b.post("/fn/attempt/finish", &[("attempt", &page.attempt()), ("password", PASSWORD)]).await;
    assert!(done.path() == "/account" && done.has("Hello Vera A"), "{} {}", done.url, done.body);
    assert_eq!((w.accounts().await, w.links("a-vera").await), (1, 1));
    // PH-02: the attacker's code is worth nothing any more, and so is their password.
    let late =
        attacker.post("/fn/attempt/code", &[("attempt", &waiting.attempt()), ("code", &old)]).await;
    assert_eq!(late.refusal(), "attempt.expired", "{}", late.url);
    assert!(!attacker.is_signed_in().await);
    assert_ne!(
        w.browser().password("vera@example.test", "the attacker's own password").await.path(),
        "/account"
    );
    assert_eq!(w.browser().password("vera@example.test", PASSWORD).await.path(), "/account");
    w.healthy().await;
}

/// Shows PH-01.
#[tokio::test(flavor = "multi_thread")]
async fn ph_01_a_reclaimed_account_keeps_nothing_that_is_older_than_the_proof() {
    let w = World::new("recommended").await;
    let (attacker, _) = squat(&w, "vera@example.test").await;
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    let page = b.pick(&chooser, "add_to_existing").await;
    assert!(page.path().ends_with("/code"), "{}", page.url);
    let done = b.code(&page, &code_to(&w, "vera@example.test", 2).await).await;
    assert!(
        done.path() == "/account" && done.has("Hello Vera A") && !done.has("Attacker"),
        "{} {}",
        done.url,
        done.body
    );
    assert_eq!(b.methods().await, ["Atlas"]);
    assert!(!attacker.is_signed_in().await);
    assert_ne!(
        w.browser().password("vera@example.test", "the attacker's own password").await.path(),
        "/account"
    );
    assert_eq!(
        (w.accounts().await, w.rows("audit_event", "kind", "account.reclaimed").await),
        (1, 1)
    );
    w.healthy().await;
}

/// Shows PH-06, PH-07, PH-11.
#[tokio::test(flavor = "multi_thread")]
async fn ph_06_ph_11_an_unproved_address_owns_nothing_and_locks_nobody_out() {
    let w = World::new("recommended").await;
    // PH-06: the attacker's provider asserts the address and opens an account with it.
    let a = w.browser();
    let chooser = a.sign_in("pigeon", "p-vera").await;
    assert_eq!(a.pick(&chooser, "create_new").await.path(), "/account");
    // PH-11: sign-ups that never prove it, any number.
    for _ in 0..3 {
        squat(&w, "vera@example.test").await;
    }
    // The owner signs up by the mailbox and owns the address.
    let b = w.browser();
    let page = b
        .post(
            "/fn/signup",
            &[("email", "vera@example.test"), ("name", "Vera"), ("password", PASSWORD)],
        )
        .await;
    let done = b
        .post(
            "/fn/attempt/code",
            &[("attempt", &page.attempt()), ("code", &code_to(&w, "vera@example.test", 4).await)],
        )
        .await;
    assert_eq!(done.path(), "/account", "{}", done.body);
    assert_eq!(w.browser().password("vera@example.test", PASSWORD).await.path(), "/account");
    // PH-07: neither sees the other; the attacker's identity opens the attacker's account only.
    let again = w.browser();
    assert!(
        again.sign_in("pigeon", "p-vera").await.has("Hello V<")
            || again.get("/account").await.has("Hello V")
    );
    assert_eq!(again.methods().await, ["Pigeon"]);
    assert_eq!(b.methods().await, ["Password"]);
    // The others are gone with the proof.
    assert_eq!(w.rows("account", "state", "pending").await, 0);
    w.healthy().await;
}

/// Shows PH-08: an address that somebody only asked for finds nobody, whatever their own account is worth.
#[tokio::test(flavor = "multi_thread")]
async fn ph_08_a_change_of_address_that_waits_takes_part_in_no_match_and_fails_when_the_owner_came()
{
    for came in [false, true] {
        let w = World::new("nevis").await;
        let a = w.sign_up("mallory@evil.test").await;
        let pending = a.post("/fn/account/email", &[("email", "vera@example.test")]).await;
        assert!(pending.path().ends_with("/code"), "{}", pending.body);
        let code = code_to(&w, "vera@example.test", 1).await;
        if came {
            let v = w.browser();
            let page = v.sign_in("meridian", "m-vera").await;
            let done = v.code(&page, &code_to(&w, "vera@example.test", 2).await).await;
            assert_eq!(
                (done.path().as_str(), w.accounts().await),
                ("/account", 2),
                "an account of her own: {}",
                done.body
            );
            assert_eq!(
                (v.methods().await, a.methods().await),
                (vec!["Meridian".to_owned()], vec!["Password".to_owned()])
            );
        }
        let late = a.code(&pending, &code).await;
        assert_eq!(a.get("/account").await.has("vera@example.test"), !came, "{}", late.body);
        if came {
            assert_eq!((late.status, late.refusal().as_str()), (409, "account.email_taken"));
            assert_eq!(w.browser().sign_in("meridian", "m-vera").await.path(), "/account");
            assert_ne!(
                w.browser().password("vera@example.test", PASSWORD).await.path(),
                "/account",
                "the attacker's password is not hers"
            );
        }
        w.healthy().await;
    }
}

/// Shows AU-03, AU-07, AU-10, AU-11, AU-13, AU-18, LK-16.
#[tokio::test(flavor = "multi_thread")]
async fn au_10_binding_by_each_method_that_is_on_and_by_no_other() {
    let w = World::new("goss").await;
    w.sign_up("vera@example.test").await;
    let ask =
        |methods: serde_json::Value| json!({"association": "ask_binding", "bind_methods": methods});
    // Password alone.
    w.provider("harbour", ask(json!(["password"]))).await;
    let b = w.browser();
    let page = b.pick(&b.sign_in("harbour", "h-1").await, "enter_account").await;
    assert!(
        page.has("attempt/password") && !page.has("attempt/name") && !page.has("name=\"bind\""),
        "{}",
        page.body
    );
    let by_code = b
        .post("/fn/attempt/name", &[("attempt", &page.attempt()), ("email", "vera@example.test")])
        .await;
    assert_eq!(by_code.refusal(), "link.not_allowed", "not offered, not possible");
    // A code to the account's mailbox; an unknown address meets the same page.
    w.provider("harbour", ask(json!(["email_code"]))).await;
    let (known, unknown) = (w.browser(), w.browser());
    let mut pages = Vec::new();
    for (browser, address) in [(&known, "vera@example.test"), (&unknown, "nobody@example.test")] {
        let page = browser.pick(&browser.sign_in("harbour", "h-1").await, "enter_account").await;
        assert!(!page.has("attempt/password"), "{}", page.body);
        pages.push(
            browser
                .post("/fn/attempt/name", &[("attempt", &page.attempt()), ("email", address)])
                .await,
        );
    }
    assert_eq!(bare(&pages[0]).replace("v•••", "x•••"), bare(&pages[1]).replace("n•••", "x•••"));
    assert_eq!(w.mails("nobody@example.test").await, 0);
    let wrong = unknown.code(&pages[1], "ZZZZ-ZZZZ").await;
    assert!(wrong.path().ends_with("/code"));
    let code = code_to(&w, "vera@example.test", 2).await;
    let done = known.code(&pages[0], &code).await;
    assert_eq!((done.path().as_str(), w.links("h-1").await), ("/account", 1), "{}", done.body);
    // Another provider of the account.
    w.provider("harbour", ask(json!(["identity"]))).await;
    known.add("meridian", "m-vera").await;
    let c = w.browser();
    let page = c.pick(&c.sign_in("harbour", "h-2").await, "enter_account").await;
    assert!(
        page.offers("/fn/attempt/provider", "meridian") && !page.has("attempt/password"),
        "{}",
        page.body
    );
    let stranger = bind_with(&c, &page, "meridian", "m-ben").await;
    assert!(
        stranger.path().ends_with("/bind") && stranger.has("Wrong email or password"),
        "{} {}",
        stranger.url,
        stranger.body
    );
    let done = bind_with(&c, &page, "meridian", "m-vera").await;
    assert_eq!((done.path().as_str(), w.links("h-2").await), ("/account", 1), "{}", done.body);
    w.healthy().await;
}

/// Shows AU-06, AU-22.
#[tokio::test(flavor = "multi_thread")]
async fn au_22_a_connection_of_authing_is_imported_and_obeyed() {
    let w = World::new("goss").await;
    w.provider("harbour", json!({"authing": {"loginOnly": false, "associationMode": "challenge", "challengeBindingMethods": ["email-password"]}})).await;
    let b = w.browser();
    let page = b.pick(&b.sign_in("harbour", "h-1").await, "enter_account").await;
    assert!(page.has("attempt/password") && !page.has("attempt/name"), "{}", page.body);
    w.provider("harbour", json!({"authing": {"loginOnly": true}})).await;
    assert_eq!(w.browser().sign_in("harbour", "h-2").await.refusal(), "link.login_only");
}

/// Goes to another provider from the binding page.
async fn bind_with(b: &Browser, page: &Page, key: &str, who: &str) -> Page {
    let start = b
        .post_only("/fn/attempt/provider", &[("provider", key), ("attempt", &page.attempt())])
        .await
        .header("location");
    b.get(&b.at_provider(&start, who).await).await
}

/// Shows LK-16: on the page that asks for one account, the right password of another is a wrong one.
#[tokio::test(flavor = "multi_thread")]
async fn lk_16_the_password_of_another_account_binds_nothing() {
    let w = World::new("recommended").await;
    w.sign_up("vera@example.test").await;
    let other = w.browser();
    let page = other
        .post(
            "/fn/signup",
            &[
                ("email", "other@example.test"),
                ("name", "Other"),
                ("password", "the other one's own password"),
            ],
        )
        .await;
    other.code(&page, &code_to(&w, "other@example.test", 1).await).await;
    let b = w.browser();
    let page = b.pick(&b.sign_in("atlas", "a-vera").await, "add_to_existing").await;
    let answer = b
        .post(
            "/fn/attempt/password",
            &[
                ("attempt", &page.attempt()),
                ("email", "other@example.test"),
                ("password", "the other one's own password"),
            ],
        )
        .await;
    assert!(
        answer.path().ends_with("/code") && answer.has("Wrong email or password"),
        "{} {}",
        answer.url,
        answer.body
    );
    assert_eq!((w.links("a-vera").await, b.is_signed_in().await), (0, false));
    assert_eq!(other.methods().await, ["Password"]);
    // Vera's own password is the proof that counts.
    let done = b
        .post("/fn/attempt/password", &[("attempt", &page.attempt()), ("password", PASSWORD)])
        .await;
    assert_eq!((done.path().as_str(), w.links("a-vera").await), ("/account", 1));
}

/// I8: an identity that may not sign in by itself is no proof on the binding page either.
#[tokio::test(flavor = "multi_thread")]
async fn i8_gates_and_filters_hold_for_the_identity_that_binds() {
    for closed in [
        json!({"permits": {"sign_in": false}}),
        json!({"choices": {"claim_filter": "claims.kind == 'staff'"}}),
    ] {
        let w = World::new("goss").await;
        w.browser().sign_in("meridian", "m-vera").await;
        w.provider("harbour", json!({"association": "ask_binding", "bind_methods": ["identity"]}))
            .await;
        policy(&w, "provider:meridian", closed.clone()).await;
        let b = w.browser();
        let page = b.pick(&b.sign_in("harbour", "h-1").await, "enter_account").await;
        let answer = bind_with(&b, &page, "meridian", "m-vera").await;
        assert!(
            answer.path().ends_with("/bind")
                && w.links("h-1").await == 0
                && !b.is_signed_in().await,
            "{closed}: {}",
            answer.url
        );
    }
}

/// Shows GO-47, GO-48, GO-49, GO-50, MA-15.
#[tokio::test(flavor = "multi_thread")]
async fn go_47_a_changed_address_can_be_taken_ignored_or_left_for_later() {
    let w = World::new("goss").await;
    w.browser().sign_in("meridian", "m-vera").await;
    w.meridian
        .set(Knobs { id_token: json!({"email": "vera.new@example.test"}), ..Knobs::default() });
    // GO-50: later, and asked again.
    for _ in 0..2 {
        let b = w.browser();
        let page = b.sign_in("meridian", "m-vera").await;
        assert!(
            page.path().ends_with("/email") && page.has("vera.new@example.test"),
            "{}",
            page.url
        );
        assert!(b.is_signed_in().await, "closing the page is fine too");
        assert_eq!(
            b.post("/fn/attempt/email", &[("attempt", &page.attempt()), ("pick", "later")])
                .await
                .path(),
            "/account"
        );
    }
    // GO-48: a code to the new address; the old one is told.
    let b = w.browser();
    let page = b.sign_in("meridian", "m-vera").await;
    let asked =
        b.post("/fn/attempt/email", &[("attempt", &page.attempt()), ("pick", "update")]).await;
    assert!(asked.has("attempt/code"), "{}", asked.body);
    let stranger = w.browser();
    assert_eq!(
        stranger.code(&asked, &code_to(&w, "vera.new@example.test", 1).await).await.refusal(),
        "attempt.unknown"
    );
    let done = b.code(&asked, &code_to(&w, "vera.new@example.test", 1).await).await;
    let addresses = done
        .body
        .split("id=\"addresses\"")
        .nth(1)
        .unwrap()
        .split("</section>")
        .next()
        .unwrap()
        .to_owned();
    assert!(
        done.path() == "/account"
            && addresses.contains("vera.new@example.test")
            && !addresses.contains("vera@example.test"),
        "{addresses}"
    );
    assert_eq!(
        w.mail("vera@example.test", 1).await.subject,
        "The address of your account has changed"
    );
    assert_eq!(
        w.browser().sign_in("meridian", "m-vera").await.path(),
        "/account",
        "nothing to ask any more"
    );
    // GO-49: ignored, kept as a hash only, for this account.
    w.meridian
        .set(Knobs { id_token: json!({"email": "vera.third@example.test"}), ..Knobs::default() });
    let page = b.sign_in("meridian", "m-vera").await;
    b.post("/fn/attempt/email", &[("attempt", &page.attempt()), ("pick", "ignore")]).await;
    assert_eq!(w.browser().sign_in("meridian", "m-vera").await.path(), "/account");
    assert_eq!(w.rows("ignored_email", "hash", "vera.third@example.test").await, 0);
    let count = w.rows("audit_event", "kind", "email.ignored").await;
    assert_eq!(count, 1);
    w.healthy().await;
}

/// Shows MA-15, ID-05: an address that somebody else owns is never taken, and that is told only behind its code.
#[tokio::test(flavor = "multi_thread")]
async fn ma_15_an_address_that_another_account_owns_is_not_taken() {
    let w = World::new("goss").await;
    w.sign_up("ben@example.test").await;
    w.browser().sign_in("meridian", "m-vera").await;
    w.meridian.set(Knobs { id_token: json!({"email": "ben@example.test"}), ..Knobs::default() });
    let b = w.browser();
    let page = b.sign_in("meridian", "m-vera").await;
    let asked =
        b.post("/fn/attempt/email", &[("attempt", &page.attempt()), ("pick", "update")]).await;
    let refused = b.code(&asked, &code_to(&w, "ben@example.test", 2).await).await;
    assert_eq!((refused.status, refused.refusal().as_str()), (409, "account.email_taken"));
    assert!(b.get("/account").await.has("vera@example.test"));
    assert_eq!(w.browser().password("ben@example.test", PASSWORD).await.path(), "/account");
    w.healthy().await;
}

/// Shows ZI-19, NE-18, GO-42, GO-43, GO-44, GO-45, LK-22.
#[tokio::test(flavor = "multi_thread")]
async fn lk_22_only_listed_fields_follow_the_provider_and_none_when_it_is_linked() {
    let w = World::new("goss").await;
    policy(&w, "provider:meridian", json!({"permits": {"as_source": true, "as_target": true}, "choices": {"verified_counts": true, "sync": {"on_create": ["name", "family_name"], "on_login": ["family_name", "attr.staff"]}, "mapping": {"attr.staff": "claims.employee"}}})).await;
    w.meridian.set(Knobs { id_token: json!({"given_name": "Vera", "family_name": "Li", "employee": "S7", "roles": ["owner"], "role": "owner"}), ..Knobs::default() });
    let b = w.browser();
    let first = b.sign_in("meridian", "m-vera").await;
    assert!(
        first.has("Li") && !first.has(">S7<"),
        "created with what is listed for it: {}",
        first.body
    );
    w.meridian.set(Knobs { id_token: json!({"name": "Somebody Else", "family_name": "Wu", "employee": "S7", "roles": ["owner"]}), ..Knobs::default() });
    let again = w.browser();
    let page = again.sign_in("meridian", "m-vera").await;
    assert!(
        page.has("Hello Vera")
            && page.has("Wu")
            && page.has(">S7<")
            && page.has("from Meridian")
            && !page.has("Somebody Else"),
        "ZI-19, GO-43: {}",
        page.body
    );
    // GO-45: adding a provider changes no field, and no claim ever gives a role.
    w.atlas.set(Knobs {
        id_token: json!({"name": "Atlas Name", "family_name": "Atlas"}),
        ..Knobs::default()
    });
    let added = again.add("atlas", "a-vera").await;
    assert!(
        added.has("Hello Vera") && added.has("Wu") && !added.has("Atlas Name"),
        "{}",
        added.body
    );
    assert_eq!(again.get("/admin").await.status, 403);
    assert_eq!(w.rows("role", "name", "owner").await, 0);
}

/// Shows GO-26, GO-27, GO-30, GO-31, GO-32, ZI-06.
#[tokio::test(flavor = "multi_thread")]
async fn go_30_go_31_a_second_identity_of_one_provider_with_another_address_and_a_fixed_list_where_linking_is_off()
 {
    let w = World::new("goss").await;
    w.meridian.person(
        "m-vera-2",
        json!({"name": "Vera two", "email": "second@example.test", "email_verified": true}),
    );
    w.meridian.person(
        "m-vera-3",
        json!({"name": "Vera three", "email": "VERA@example.test", "email_verified": true}),
    );
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    let before = b.session_cookie();
    let added = b.add("meridian", "m-vera-2").await;
    assert!(
        added.path() == "/account" && added.has("second@example.test"),
        "GO-30, GO-31, with its address as label: {}",
        added.body
    );
    assert_ne!(before, b.session_cookie());
    assert_eq!(b.methods().await, ["Meridian", "Meridian"]);
    let same = b.add("meridian", "m-vera-3").await;
    assert_eq!((same.status, same.refusal().as_str()), (409, "link.same_email"));
    // GO-26, GO-27: a provider of the account may not be linked to any more: the list is fixed, the account works.
    w.provider("meridian", json!({"as_target": false})).await;
    let page = b.get("/account").await;
    assert!(
        page.has("does not allow changes here")
            && !page.has("/fn/account/add")
            && !page.has("/remove"),
        "{}",
        page.body
    );
    let forced = b.add("atlas", "a-vera").await;
    assert_eq!((forced.status, forced.refusal().as_str()), (403, "link.not_allowed"));
    w.healthy().await;
}

/// Shows GO-08, GO-09.
#[tokio::test(flavor = "multi_thread")]
async fn go_08_a_provider_that_mirrors_groups_shares_no_account() {
    let w = World::new("goss").await;
    policy(
        &w,
        "provider:atlas",
        json!({"choices": {"verified_counts": true, "mirror_groups": true}}),
    )
    .await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    assert!(!b.get("/account").await.offers("/fn/account/add", "atlas"));
    let refused = b.add("atlas", "a-vera").await;
    assert_eq!((refused.status, refused.refusal().as_str()), (403, "link.isolated"));
    let c = w.browser();
    let chooser = c.sign_in("atlas", "a-vera").await;
    assert!(
        chooser.has("value=\"use_existing\"")
            && chooser.has("value=\"create_new\"")
            && !chooser.has("value=\"add_to_existing\""),
        "{}",
        chooser.body
    );
    // Its twin without mirroring links.
    policy(
        &w,
        "provider:atlas",
        json!({"choices": {"verified_counts": true, "mirror_groups": false}}),
    )
    .await;
    assert_eq!(b.add("atlas", "a-vera").await.path(), "/account");
}

async fn application(w: &World) {
    w.apply(json!({"applications": [{"client_id": "photos", "name": "Photos", "secret": "a-secret-of-photos", "redirect_uris": ["http://127.0.0.1:9/back"]}]})).await;
}

fn authorize() -> &'static str {
    "/authorize?response_type=code&client_id=photos&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fback&scope=openid&state=st&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
}

async fn sign_in_for(w: &World, b: &Browser, key: &str, who: &str) -> Page {
    let login = b.get(authorize()).await;
    let entry =
        login.url.split("entry=").nth(1).unwrap_or_default().split('&').next().unwrap().to_owned();
    let start = b
        .post_only("/fn/signin/provider", &[("provider", key), ("entry", &entry)])
        .await
        .header("location");
    assert!(!start.is_empty(), "{} {}", login.url, w.url());
    b.get(&b.at_provider(&start, who).await).await
}

/// Shows GV-10, GV-15, GV-20, AU-17, ZI-09, LK-06.
#[tokio::test(flavor = "multi_thread")]
async fn gv_20_the_application_is_told_by_a_button_and_never_silently() {
    let w = World::new("goss").await;
    application(&w).await;
    // AU-17, GV-07: registration is closed for this application only.
    policy(
        &w,
        "application:photos",
        json!({"permits": {"create": false}, "choices": {"none": "refuse"}}),
    )
    .await;
    let b = w.browser();
    let page = sign_in_for(&w, &b, "atlas", "a-new").await;
    assert_eq!((page.status, page.refusal().as_str()), (403, "link.no_account"), "{}", page.body);
    assert!(page.has("Back to Photos") && page.path().starts_with("/attempt/"), "{}", page.body);
    assert_eq!((w.accounts().await, w.links("a-new").await), (0, 0), "LK-06: no row");
    let back = b.post_only("/fn/attempt/back", &[("attempt", &page.attempt())]).await;
    let to = back.header("location");
    assert!(
        to.starts_with("http://127.0.0.1:9/back?")
            && to.contains("error=access_denied")
            && to.contains("state=st"),
        "{to}"
    );
    // Another browser can do nothing with it; in our own pages the account is opened.
    assert!(
        w.browser()
            .post_only("/fn/attempt/back", &[("attempt", &page.attempt())])
            .await
            .header("location")
            .starts_with("/refused/attempt.unknown")
    );
    assert_eq!(w.browser().sign_in("atlas", "a-new").await.path(), "/account");
    // The pair of the application and one provider is a scope as well.
    policy(&w, "application:photos", json!({})).await;
    policy(&w, "application:photos/provider:pigeon", json!({"permits": {"sign_in": false}})).await;
    let refused = sign_in_for(&w, &w.browser(), "pigeon", "p-new").await;
    assert_eq!(refused.refusal(), "provider.link_only", "{}", refused.body);
    assert!(w.browser().sign_in("pigeon", "p-new").await.path().ends_with("/choose"));
}

/// Shows MA-15: three wrong codes for a new address cost the address and not the sign-in to the application.
#[tokio::test(flavor = "multi_thread")]
async fn ma_15_wrong_codes_for_a_new_address_do_not_deny_the_application() {
    let w = World::new("goss").await;
    application(&w).await;
    w.browser().sign_in("meridian", "m-vera").await;
    w.meridian
        .set(Knobs { id_token: json!({"email": "vera.new@example.test"}), ..Knobs::default() });
    let b = w.browser();
    let page = sign_in_for(&w, &b, "meridian", "m-vera").await;
    assert!(page.path().ends_with("/email"), "{}", page.url);
    b.post("/fn/attempt/email", &[("attempt", &page.attempt()), ("pick", "update")]).await;
    let mut last = page.clone();
    for _ in 0..3 {
        last = b
            .post_only("/fn/attempt/code", &[("attempt", &page.attempt()), ("code", "ZZZZ-ZZZZ")])
            .await;
    }
    let to = last.header("location");
    assert!(
        to.starts_with("http://127.0.0.1:9/back?")
            && to.contains("code=")
            && !to.contains("error="),
        "{to}"
    );
    assert!(b.get("/account").await.has("vera@example.test"));
}

/// Shows ZI-12, GO-54.
#[tokio::test(flavor = "multi_thread")]
async fn zi_12_one_provider_and_no_password_leads_there_at_once_and_nobody_loops() {
    let w = World::new("goss").await;
    for key in ["pigeon", "harbour", "atlas"] {
        w.provider(key, json!({"enabled": false})).await;
    }
    let b = w.browser();
    w.sign_up("local@example.test").await;
    assert!(b.get("/login").await.has("name=\"password\""), "the password is a choice");
    preset_with(&w, "goss", |d| d["permits"] = json!({"password_sign_in": false})).await;
    let away = b.send(b.request(reqwest::Method::GET, "/login")).await;
    assert!(
        (300..400).contains(&away.status)
            && away.header("location").starts_with(&w.meridian.issuer),
        "{} {}",
        away.status,
        away.header("location")
    );
    assert!(away.header("set-cookie").contains("lg_st_"));
    let callback = b.at_provider(&away.header("location"), "m-vera").await;
    assert_eq!(b.get(&callback).await.path(), "/account");
    // After a sign-out the page stays, and so does it after a refusal.
    let out = b.post("/fn/signout", &[]).await;
    assert!(
        out.path() == "/login"
            && out.offers("/fn/signin/provider", "meridian")
            && !out.has("name=\"password\""),
        "{} {}",
        out.url,
        out.body
    );
    let by_force = w.browser().password("local@example.test", PASSWORD).await;
    assert_eq!(
        (by_force.status, by_force.refusal().as_str()),
        (403, "account.password_off"),
        "the form's absence is not the lock"
    );
}

/// Shows GV-09, GV-12, GV-13, GV-16.
#[tokio::test(flavor = "multi_thread")]
async fn gv_12_two_attributes_one_of_them_templated_must_both_match() {
    let w = World::new("gravitee").await;
    let owner = w.owner().await;
    let rules = json!([{"id": "attributes", "description": "Staff", "when": "claims.kind == 'staff'", "all": [{"account": "email"}, {"account": "attr.staff", "equals": "claims.country + '-' + claims.no"}], "accept": [{"trust": "asserted", "proof": "none"}, {"trust": "asserted", "proof": "mailbox"}], "one": "link"}]);
    preset_with(&w, "gravitee", |d| {
        d["choices"]["rules"] = rules.clone();
        d["choices"]["sync"] = json!({"on_create": ["attr.staff"]});
        d["choices"]["mapping"] = json!({"attr.staff": "claims.country + '-' + claims.no"});
        d["permits"] = json!({"accept_unproven_links": true});
    })
    .await;
    let staff = |no: &str, kind: &str| json!({"kind": kind, "country": "de", "no": no});
    let knobs = |at: &rehearsal::provider::Provider, claims: serde_json::Value| {
        at.set(Knobs { id_token: claims, ..Knobs::default() })
    };
    knobs(&w.meridian, staff("7", "staff"));
    assert_eq!(w.browser().sign_in("meridian", "m-vera").await.path(), "/account");
    // GV-13: one of the two differs; GV-09: the condition does not hold; both: one user whose identities grow (GV-16).
    for (claims, links) in
        [(staff("8", "staff"), false), (staff("7", "staff"), true), (staff("7", "guest"), false)]
    {
        let before = w.accounts().await;
        let who = format!("a-{links}-{}", claims["no"]);
        w.atlas.person(
            &format!("{who}{}", claims["kind"]),
            json!({"email": "vera@example.test", "email_verified": true}),
        );
        knobs(&w.atlas, claims.clone());
        let page = w.browser().sign_in("atlas", &format!("{who}{}", claims["kind"])).await;
        assert_eq!(page.path(), "/account", "{claims}: {}", page.body);
        assert_eq!(w.accounts().await == before, links, "{claims}");
    }
    // The twin without the permit meets a code.
    preset_with(&w, "gravitee", |d| d["choices"]["rules"] = rules).await;
    knobs(&w.atlas, staff("7", "staff"));
    w.atlas.person("a-twin", json!({"email": "vera@example.test", "email_verified": true}));
    assert!(w.browser().sign_in("atlas", "a-twin").await.path().ends_with("/code"));
    assert!(
        owner.get("/admin/audit").await.has("Rule attributes found"),
        "the trace names the step"
    );
}

/// Shows ID-03, ID-04, ID-08, ID-10, ID-14, ID-15.
#[tokio::test(flavor = "multi_thread")]
async fn id_03_id_04_id_10_id_14_identities_are_issuer_and_subject_and_a_new_provider_is_believed_nothing()
 {
    let w = World::new("recommended").await;
    w.sign_up("vera@example.test").await;
    // ID-03: the same subject at another issuer is another identity.
    w.meridian.person("same", json!({"email": "m@example.test", "email_verified": true}));
    w.pigeon.person("same", json!({"email": "p@example.test", "email_verified": true}));
    for key in ["meridian", "pigeon"] {
        let b = w.browser();
        let chooser = b.sign_in(key, "same").await;
        assert_eq!(b.pick(&chooser, "create_new").await.path(), "/account");
    }
    assert_eq!((w.accounts().await, w.links("same").await), (3, 2));
    // ID-04: a second provider row with the issuer of the first gives the same identities.
    w.apply(
        json!({"providers": [{"key": "meridian-twin", "name": "Meridian twin", "secret": "rehearsal-secret", "settings": {"kind": "oidc", "issuer": w.meridian.issuer, "client_id": "ligature"}}]}),
    )
    .await;
    let b = w.browser();
    assert_eq!(b.sign_in("meridian-twin", "same").await.path(), "/account");
    let other = w.browser();
    other.password("vera@example.test", PASSWORD).await;
    let taken = other.add("meridian-twin", "same").await;
    assert_eq!((taken.status, taken.refusal().as_str()), (409, "link.already_in_use"));
    // ID-10: signed, "verified", and false: at most the chooser; no session in the owner's account.
    let attacker = w.browser();
    w.pigeon.person("liar", json!({"email": "vera@example.test", "email_verified": true}));
    let chooser = attacker.sign_in("pigeon", "liar").await;
    assert!(chooser.path().ends_with("/choose") && !attacker.is_signed_in().await);
    // ID-14: without a setting a provider's word is an assertion.
    let policy = w.ligature().policy_admin().effective_policy(Some("meridian-twin")).await.unwrap();
    assert_eq!(
        policy.trust(&domain::policy::Word {
            namespace: "oidc:https://atlas.test",
            domain: "example.test",
            verified: true,
            claims: &serde_json::Map::new()
        }),
        domain::Trust::Asserted
    );
    // ID-08: no address at all, twice.
    for who in ["h-2", "h-3"] {
        let b = w.browser();
        let page = b.sign_in("harbour", who).await;
        let page =
            if page.path().ends_with("/choose") { b.pick(&page, "create_new").await } else { page };
        assert_eq!(page.path(), "/account");
    }
    assert_eq!(w.accounts().await, 5);
    w.healthy().await;
}

/// Shows LK-05, GO-17.
#[tokio::test(flavor = "multi_thread")]
async fn lk_05_several_accounts_are_masked_behind_one_proof_and_need_one_each() {
    let w = World::new("recommended").await;
    w.sign_up("vera@example.test").await;
    let co = w.browser();
    let chooser = co.sign_in("meridian", "m-vera").await;
    assert_eq!(
        co.pick(&chooser, "create_new").await.path(),
        "/account",
        "a second account has the address, verified by its provider"
    );
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    assert!(chooser.accounts().is_empty(), "nothing before a proof");
    let page = b.pick(&chooser, "add_to_existing").await;
    let shown = b.code(&page, &code_to(&w, "vera@example.test", 2).await).await;
    assert!(
        shown.path().ends_with("/choose")
            && shown.accounts().len() == 2
            && shown.has("v•••@e•••.test")
            && !shown.has(">vera@example.test"),
        "{} {}",
        shown.url,
        shown.body
    );
    // The owner's account was proved by that very code; the co-holder's asks for a code of its own.
    let (first, second) = (shown.accounts()[0].clone(), shown.accounts()[1].clone());
    let to_second = b
        .post(
            "/fn/attempt/pick",
            &[("attempt", &shown.attempt()), ("pick", "add_to_existing"), ("account", &second)],
        )
        .await;
    assert!(to_second.path().ends_with("/code"), "{}", to_second.url);
    let done = b.code(&to_second, &code_to(&w, "vera@example.test", 3).await).await;
    assert_eq!((done.path().as_str(), w.links("a-vera").await), ("/account", 1));
    assert_eq!(b.methods().await, ["Meridian", "Atlas"]);
    assert_ne!(first, second);
    w.healthy().await;
}

/// Shows LK-13.
#[tokio::test(flavor = "multi_thread")]
async fn lk_13_a_wrong_guess_is_told_to_the_account_and_mails_carry_no_way_to_approve() {
    let w = World::new("recommended").await;
    w.sign_up("vera@example.test").await;
    let b = w.browser();
    let page = b.pick(&b.sign_in("atlas", "a-vera").await, "add_to_existing").await;
    let mail = w.mail("vera@example.test", 2).await;
    let allowed = w.url();
    assert!(mail.text.contains("127.0.0.0/24"), "{}", mail.text);
    for text in [mail.text.clone(), mail.html.replace("&#x2f;", "/")] {
        assert!(
            text.contains("Atlas")
                && text.contains("v•••@e•••.test")
                && !text.contains("vera@example.test"),
            "{text}"
        );
        for link in text.split("http").skip(1) {
            let link = format!(
                "http{}",
                link.split(|c: char| c.is_whitespace() || c == '"' || c == '<').next().unwrap()
            );
            assert!(link.trim_end_matches(['/', '.']) == allowed, "{link}");
        }
    }
    for _ in 0..3 {
        b.code(&page, "ZZZZ-ZZZZ").await;
    }
    assert_eq!(
        w.mail("vera@example.test", 3).await.subject,
        "Somebody tried to add Atlas to your account"
    );
}

/// Shows PL-02.
#[tokio::test(flavor = "multi_thread")]
async fn codes_have_the_shape_that_the_policy_asks_for() {
    let w = World::new("goss").await;
    preset_with(&w, "goss", |d| {
        d["choices"]["pin"] = json!({"alphabet": "digits", "length": 8});
        d["floors"] = json!({"pin_bits": 33, "pin_tries": 1});
    })
    .await;
    w.browser().sign_in("meridian", "m-vera").await;
    let b = w.browser();
    let page = b.pick(&b.sign_in("atlas", "a-vera").await, "add_to_existing").await;
    let code = code_to(&w, "vera@example.test", 1).await;
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    assert!(
        digits.len() == 10 && code.chars().all(|c| c.is_ascii_digit() || c == '-'),
        "33 bits are ten digits: {code}"
    );
    let wrong = b.code(&page, "0").await;
    assert_eq!(wrong.refusal(), "code.exhausted", "one try");
}

/// Shows LK-20, AD-03.
#[tokio::test(flavor = "multi_thread")]
async fn lk_20_a_code_that_was_right_is_refused_after_any_change() {
    for change in ["association", "provider", "account", "preset"] {
        let w = World::new("goss").await;
        w.browser().sign_in("meridian", "m-vera").await;
        let b = w.browser();
        let page = b.pick(&b.sign_in("atlas", "a-vera").await, "add_to_existing").await;
        let code = code_to(&w, "vera@example.test", 1).await;
        match change {
            "association" => {
                preset_with(&w, "goss", |d| d["permits"] = json!({"link_on_login": false})).await
            }
            "provider" => w.provider("atlas", json!({"enabled": false})).await,
            "account" => {
                let owner = w.owner().await;
                let list = owner.get("/admin/accounts?q=Vera").await;
                let id: String =
                    list.body.split("/admin/accounts/").nth(1).unwrap().chars().take(32).collect();
                owner.post("/fn/admin/account/state", &[("account", &id), ("enabled", "no")]).await;
            }
            _ => w.ligature().policy_admin().use_preset("authing_ask").await.unwrap(),
        }
        let done = b.code(&page, &code).await;
        assert!(
            done.status >= 400 && w.links("a-vera").await == 0 && !b.is_signed_in().await,
            "{change}: {}",
            done.url
        );
        w.healthy().await;
    }
}

/// Shows ZI-01, ZI-02, ZI-03, ZI-04, ZI-05.
#[tokio::test(flavor = "multi_thread")]
async fn zi_01_zi_05_many_identities_are_one_account_with_one_profile_and_its_roles() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    for (key, who) in
        [("meridian", "m-vera"), ("atlas", "a-new"), ("pigeon", "p-new"), ("harbour", "h-1")]
    {
        let page = owner.add(key, who).await;
        assert_eq!(page.path(), "/account", "{key}: {}", page.body);
    }
    assert_eq!(owner.methods().await, ["Meridian", "Atlas", "Pigeon", "Harbour", "Password"]);
    assert_eq!(w.accounts().await, 1);
    // ZI-03, ZI-05: whichever way, the roles and the profile are the account's.
    for (key, who) in [("atlas", "a-new"), ("harbour", "h-1")] {
        let b = w.browser();
        let page = b.sign_in(key, who).await;
        let page = if page.path().ends_with("/email") {
            b.post("/fn/attempt/email", &[("attempt", &page.attempt()), ("pick", "ignore")]).await
        } else {
            page
        };
        assert!(page.has("Hello Owner"), "{key}: {}", page.body);
        assert_eq!(b.get("/admin/policy").await.status, 200, "{key}");
    }
    w.healthy().await;
}

/// Shows GV-19: what others sell is in the one free build; no feature of the build switches the policy off.
#[test]
fn gv_19_the_whole_policy_is_in_the_free_build() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let workspace = std::fs::read_to_string(format!("{root}/Cargo.toml")).unwrap();
    assert!(workspace.contains("license = \"Apache-2.0 OR MIT\""));
    for part in ["crates/domain", "crates/expr", "crates/service"] {
        let manifest = std::fs::read_to_string(format!("{root}/{part}/Cargo.toml")).unwrap();
        assert!(
            !manifest.contains("[features]") && manifest.contains("license.workspace = true"),
            "{part}"
        );
    }
    assert!(domain::policy::PRESETS.iter().all(|p| domain::policy::preset(p).is_some()));
}
