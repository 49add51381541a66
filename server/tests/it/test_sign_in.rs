//! An administrator's test sign-in at a provider (console): what comes of it is a page that is shown once, and nothing else.
use rehearsal::{
    directory::{Directory, sample},
    provider::Knobs,
};
use serde_json::json;
use storage::Conn;

use crate::{
    console::with_role,
    directory::seed,
    world::{Browser, Page, World},
};

/// Presses the button; answers where it leads.
async fn start(b: &Browser, key: &str) -> String {
    let page = b.post_only("/fn/admin/provider/test-sign-in", &[("form[key]", key)]).await;
    page.header("location")
}

/// The whole test, to its page.
async fn tested(b: &Browser, key: &str, who: &str) -> Page {
    let callback = b.at_provider(&start(b, key).await, who).await;
    b.get(&callback).await
}

/// What a sign-in would have left.
async fn traces(w: &World) -> [i64; 5] {
    let c = &mut w.ligature().store.read().await.unwrap();
    let mut all = [0; 5];
    for (n, table) in all.iter_mut().zip(["account", "link", "session", "attempt", "membership"]) {
        *n = storage::maintenance::doctor::count_rows(c, table).await.unwrap();
    }
    all
}

/// A turned-off provider is tried with an identity of one's own: everything that came, what of it counts, and what the policy
/// would do, once; and nobody is anybody else than before.
#[tokio::test(flavor = "multi_thread")]
async fn a_test_sign_in_shows_what_came_and_leaves_nothing() {
    let w = World::new("recommended").await;
    w.sign_up("vera@example.test").await;
    let owner = w.owner().await;
    w.provider("meridian", json!({"enabled": false})).await;
    w.meridian.set(Knobs {
        id_token: json!({"department": "Ops <b>", "acr": "urn:two", "groups": ["staff", "ops"]}),
        ..Knobs::default()
    });
    let before = traces(&w).await;
    let cookie = owner.session_cookie();
    let lead = owner.get("/admin/providers/meridian/test").await;
    assert!(lead.has("stays turned off") && lead.has("Nobody else sees its button"));
    assert!(!lead.header("content-security-policy").contains("form-action"), "it leads out");
    let page = tested(&owner, "meridian", "m-vera").await;
    assert_eq!(page.path(), "/admin/providers/meridian/test/result", "{}", page.body);
    for shown in [
        "the sign-in works",
        "still turned off",
        "vera@example.test",
        "m-vera",
        "the provider says that it verified it",
        "Ops &lt;b&gt;",
        "staff, ops",
        "email_verified",
        // What the policy would do: the account is found, and asked about.
        "No account has the identity",
        "Asks what the person wants",
    ] {
        assert!(page.has(shown), "{shown}\n{}", page.body);
    }
    assert_eq!(traces(&w).await, before, "accounts, links, sessions, attempts, memberships");
    assert_eq!(owner.session_cookie(), cookie, "the session is the one from before");
    // Once: the address leads to the page before it afterwards.
    let again = owner.get(&page.url).await;
    assert!(again.path() == "/admin/providers/meridian/test" && !again.has("vera@example.test"));
    // The trail says that it was tried, and by whom; of the values nothing is stored.
    assert_eq!(w.rows("audit_event", "kind", "provider.tested").await, 1);
    assert_eq!(w.links("m-vera").await, 0);
    assert!(!owner.get("/admin/audit").await.has("Ops &lt;b&gt;"));
    // With the provider turned on the same person signs in as if nothing had been.
    w.provider("meridian", json!({"enabled": true})).await;
    assert!(w.browser().sign_in("meridian", "m-vera").await.path().ends_with("/choose"));
}

/// What is wrong with a provider is told in words, at its start and at its answer; an address cannot tell anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_test_sign_in_that_fails_says_why() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    for (knobs, why) in [
        (
            Knobs { id_token: json!({"aud": 7}), ..Knobs::default() },
            "check failed: ID token: aud: a number",
        ),
        (Knobs { down: true, ..Knobs::default() }, "no answer: token endpoint: status 503"),
        (
            Knobs { error: Some("access_denied".into()), ..Knobs::default() },
            "authorization answer: access_denied",
        ),
        (
            Knobs { error: Some("call-0900-now".into()), ..Knobs::default() },
            "an error of the provider",
        ),
    ] {
        w.meridian.set(knobs);
        let page = tested(&owner, "meridian", "m-vera").await;
        assert!(page.has(why) && page.has("work. Nothing was changed"), "{why}\n{}", page.body);
        assert!(!page.has("0900"), "words that a browser brought");
    }
    w.meridian
        .set(Knobs { metadata_issuer: Some("https://other.test".into()), ..Knobs::default() });
    let page = owner.post("/fn/admin/provider/test-sign-in", &[("form[key]", "meridian")]).await;
    assert!(
        page.path() == "/admin/providers/meridian/test"
            && page.has("metadata: issuer: names another issuer than the settings"),
        "{}",
        page.body
    );
    // A test says nothing of the provider's health, neither that it fails nor that it works.
    assert!(owner.get("/admin/providers/meridian").await.has("Nobody has used it"));
}

/// Shows OC-01, MA-01, MA-03: a test's answer counts in the browser and the session that asked, once.
#[tokio::test(flavor = "multi_thread")]
async fn oc_01_a_test_sign_in_is_its_administrators_alone() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let other = with_role(&w, "other@example.test", "owner").await;
    let started = start(&owner, "meridian").await;
    let callback = owner.at_provider(&started, "m-vera").await;
    // Somebody else's browser, with a stolen address: nothing.
    for thief in [w.browser(), other] {
        assert_eq!(thief.get(&callback).await.refusal(), "attempt.state_missing");
    }
    // The administrator's own: the page. The address of it is of no use to anybody else, nor is the callback any more.
    let page = owner.send(owner.request(reqwest::Method::GET, &callback)).await;
    let shown = page.header("location");
    assert!(shown.starts_with("/admin/providers/meridian/test/result?shown="), "{shown}");
    let thief = with_role(&w, "third@example.test", "owner").await;
    assert!(!thief.get(&shown).await.has("vera@example.test"));
    assert!(owner.get(&shown).await.has("vera@example.test"), "it was not used up");
    assert_eq!(owner.get(&callback).await.refusal(), "attempt.state_missing");
    // Somebody else signed in to this browser meanwhile.
    let callback = owner.at_provider(&start(&owner, "meridian").await, "m-vera").await;
    owner.post("/fn/signout", &[]).await;
    assert_eq!(owner.get(&callback).await.refusal(), "session.ended");
    let callback = thief.at_provider(&start(&thief, "meridian").await, "m-vera").await;
    thief.post("/fn/signout", &[]).await;
    thief.password("owner@example.test", crate::world::PASSWORD).await;
    assert!(thief.is_signed_in().await);
    assert_eq!(thief.get(&callback).await.refusal(), "session.ended");
    assert_eq!(w.links("m-vera").await, 0);
}

/// Shows DL-05, DL-06: the right is asked again when the answer comes, a recent sign-in before anything begins.
#[tokio::test(flavor = "multi_thread")]
async fn dl_05_a_role_taken_meanwhile_ends_a_test_sign_in() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let before = tested(&owner, "meridian", "m-vera").await;
    assert!(before.has("the sign-in works"), "{}", before.body);
    let auditor = with_role(&w, "auditor@example.test", "auditor").await;
    let page = auditor.post("/fn/admin/provider/test-sign-in", &[("form[key]", "meridian")]).await;
    assert_eq!(page.refusal(), "admin.forbidden");
    assert_eq!(auditor.get("/admin/providers/meridian/test").await.refusal(), "admin.forbidden");
    let delegate = with_role(&w, "delegate@example.test", "provider-admin").await;
    let callback = delegate.at_provider(&start(&delegate, "meridian").await, "m-vera").await;
    take_roles(&w, "delegate@example.test").await;
    assert_eq!(delegate.get(&callback).await.refusal(), "admin.forbidden");
    assert_eq!(w.rows("audit_event", "kind", "provider.tested").await, 1, "the owner's");
    assert!(delegate.is_signed_in().await);
    // The state is used up all the same.
    let late = w.rows("audit_event", "kind", "signin.refused").await;
    assert_eq!(late, 1);
    w.pass(601);
    let page = owner.post("/fn/admin/provider/test-sign-in", &[("form[key]", "meridian")]).await;
    assert_eq!(page.path(), "/account/confirm", "{}", page.body);
}

/// Shows DL-04: whoever may not see accounts learns of none, although their provider can say anybody's address.
#[tokio::test(flavor = "multi_thread")]
async fn dl_04_a_test_sign_in_tells_a_delegate_of_no_account() {
    let w = World::new("recommended").await;
    let delegate = with_role(&w, "delegate@example.test", "provider-admin").await;
    let nobody = tested(&delegate, "meridian", "m-ben").await;
    w.sign_up("ben@example.test").await;
    let somebody = tested(&delegate, "meridian", "m-ben").await;
    assert!(somebody.has("accounts that are made up"), "{}", somebody.body);
    let decided = |page: &Page| {
        let from = page.body.split("id=\"decided\"").nth(1).unwrap();
        from.split("id=\"claims\"").next().unwrap().to_owned()
    };
    assert_eq!(decided(&nobody), decided(&somebody), "the same with and without an account");
    // One's own identity is one's own business.
    assert_eq!(delegate.add("meridian", "m-vera").await.path(), "/account");
    let own = tested(&delegate, "meridian", "m-vera").await;
    assert!(own.has("The identity has an account.") && own.has("Signs in"), "{}", own.body);
}

/// A directory is tried by one's own password there.
#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_turned_off_is_tried_by_a_password() {
    let w = World::new("recommended").await;
    let at = Directory::serve(0, sample()).await.unwrap();
    w.apply(json!({"providers": [seed(&at, "acme", json!({"enabled": false}))]})).await;
    let owner = w.owner().await;
    let before = traces(&w).await;
    let page = start(&owner, "acme").await;
    assert!(page.contains("/login/directory/acme?state="), "{page}");
    let wrong = crate::directory::answer(&owner, "acme", &page, "anna", "no").await;
    assert!(wrong.has("The user name or the password is wrong"), "{}", wrong.body);
    let right = crate::directory::answer(&owner, "acme", &page, "anna", "anna-password").await;
    assert!(
        right.path().ends_with("/test/result") && right.has("anna@example.test"),
        "{}",
        right.body
    );
    assert_eq!(traces(&w).await, before);
    assert!(w.browser().start("acme").await.contains("provider.disabled"), "nobody else comes in");
}

async fn take_roles(w: &World, email: &str) {
    let ligature = w.ligature();
    let id = storage::accounts::find_owner(
        &mut ligature.store.read().await.unwrap(),
        ligature.org,
        email,
    )
    .await
    .unwrap()
    .unwrap();
    let org = ligature.org;
    ligature
        .store
        .write::<_, storage::Error, _>(move |c: &mut Conn| {
            Box::pin(async move {
                storage::accounts::remove_role(c, org, id, "provider-admin").await.map(drop)
            })
        })
        .await
        .unwrap();
}
