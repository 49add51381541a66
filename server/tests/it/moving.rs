//! A provider moved to another issuer, or calls its people by other user IDs: an owner takes them along (FR-57).
use crate::{
    behaviours::policy,
    console::with_role,
    world::{Browser, Page, World},
};
use rehearsal::provider::{Person, Provider};
use serde_json::json;

/// Another provider with people of its own.
async fn another(w: &World, key: &str, subjects: &[&str]) -> Provider {
    let person = |sub: &&str| Person { sub: (*sub).to_owned(), claims: json!({"name": "Someone"}) };
    let at = Provider::serve(0, "Meridian", subjects.iter().map(person).collect()).await.unwrap();
    w.apply(json!({"providers": [{"key": key, "name": "Meridian anew", "secret": "rehearsal-secret", "settings": {"kind": "oidc", "issuer": at.issuer, "client_id": "ligature"}}]})).await;
    at
}

async fn asked(b: &Browser, to: &str, list: &str, confirmed: &str) -> Page {
    let rule = if list.is_empty() { "same" } else { "list" };
    b.post(
        "/fn/admin/provider/move",
        &[
            ("form[key]", "meridian"),
            ("form[to]", to),
            ("form[rule]", rule),
            ("form[list]", list),
            ("form[confirmed]", confirmed),
        ],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn fr_57_both_providers_open_the_accounts_until_the_owner_ends_the_old_one() {
    let w = World::new("goss").await;
    let _at = another(&w, "anew", &["m-vera", "m-ben", "a-pat"]).await;
    w.meridian.person("m-pat", json!({"name": "Pat"}));
    for who in ["m-vera", "m-ben"] {
        w.browser().sign_in("meridian", who).await;
    }
    let owner = w.owner().await;
    let accounts = w.accounts().await;
    let plan = asked(&owner, "anew", "", "").await;
    assert!(plan.has("Get a sign-in at the new provider: 2"), "{}", plan.body);
    assert_eq!(w.links("m-vera").await, 1, "nothing has happened yet");
    // Not with another number than the one that was shown.
    let stale = asked(&owner, "anew", "", "3").await;
    assert!(stale.has("The number changed"), "{}", stale.body);
    assert_eq!(w.links("m-vera").await, 1);
    let told = w.mails("vera@example.test").await;
    let done = asked(&owner, "anew", "", "2").await;
    assert!(done.has("Moved: 2.") && done.has("Have both already: 2"), "{}", done.body);
    assert!(w.mail("vera@example.test", told + 1).await.text.contains("/undo/"));
    for key in ["anew", "meridian", "anew"] {
        let b = w.browser();
        let page = b.sign_in(key, "m-vera").await;
        assert_eq!(page.path(), "/account", "{key}: {}", page.body);
        assert_eq!(b.methods().await.len(), 2);
    }
    // A second press finds nothing to do.
    assert!(asked(&owner, "anew", "", "0").await.has("Have both already: 2"));
    let inside = w.browser();
    inside.sign_in("meridian", "m-ben").await;
    // Pat has both, and not by a move: she keeps both, and is in no number.
    let pat = w.browser();
    pat.sign_in("harbour", "h-1").await;
    assert_eq!(pat.add("meridian", "m-pat").await.path(), "/account");
    assert_eq!(pat.add("anew", "a-pat").await.path(), "/account");
    let end = |confirmed: &'static str| {
        [("form[key]", "meridian"), ("form[to]", "anew"), ("form[confirmed]", confirmed)]
    };
    let stale = owner.post("/fn/admin/provider/move/end", &end("3")).await;
    assert!(stale.has("The number changed") && inside.is_signed_in().await, "{}", stale.body);
    let ended = owner.post("/fn/admin/provider/move/end", &end("2")).await;
    assert!(ended.has("Ended: 2."), "{}", ended.body);
    assert!(!inside.is_signed_in().await, "what the old one opened is over");
    let b = w.browser();
    assert_eq!(b.sign_in("anew", "m-vera").await.path(), "/account");
    assert_eq!(b.methods().await.len(), 1, "the old one is gone");
    assert_eq!(pat.methods().await.len(), 3);
    assert_eq!(w.accounts().await, accounts + 1, "nobody but Pat got a new account");
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fr_57_a_new_user_id_that_is_somebody_elses_stops_the_whole_list() {
    let w = World::new("goss").await;
    let _at = another(&w, "anew", &["x", "y"]).await;
    for who in ["m-vera", "m-ben"] {
        w.browser().sign_in("meridian", who).await;
    }
    let owner = w.owner().await;
    // Without anybody in between: the list is done, and who is not in it stays.
    let done = asked(&owner, "anew", "m-vera, y", "1").await;
    assert!(
        done.has("Moved: 1.") && done.has("Not in the list, so they stay as they are: 1"),
        "{}",
        done.body
    );
    assert_eq!(w.browser().sign_in("anew", "y").await.path(), "/account");
    // Pat comes by the new provider alone, and a list gives her user ID to Ben.
    assert_eq!(w.browser().sign_in("anew", "x").await.path(), "/account");
    let refused = asked(&owner, "anew", "m-ben,x", "1").await;
    assert!(refused.has("Nothing is moved while one of these is open"));
    assert!(refused.has("Can't come along: 1"), "{}", refused.body);
    assert_eq!(w.links("x").await, 1);
    // Nor does a list count that is too long to be read whole: cut off, its last user ID would be another one.
    let mut long: String = (0..1000).map(|n| format!("o{n:03},n{n:03}\n")).collect();
    long.push_str(&" ".repeat(12_000 - long.len() - "m-ben,z".len()));
    long.push_str("m-ben,zoe");
    let cut = asked(&owner, "anew", &long, "1").await;
    assert!(cut.has("The list ends at line 1001"), "{}", cut.body);
    assert_eq!((w.links("z").await, w.links("zoe").await), (0, 0));
    // Nor are two people made one by the list itself.
    let bad = asked(&owner, "anew", "m-ben,z\nm-vera,z", "2").await;
    assert!(bad.has("The new user ID in line 2 was in an earlier line already"), "{}", bad.body);
    assert_eq!(w.links("z").await, 0);
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fr_57_ad_01_only_an_owner_who_is_there_takes_people_along() {
    let w = World::new("goss").await;
    let _at = another(&w, "anew", &["m-vera"]).await;
    w.browser().sign_in("meridian", "m-vera").await;
    let delegate = with_role(&w, "delegate@example.test", "provider-admin").await;
    assert_eq!(delegate.get("/admin/providers/meridian").await.status, 200);
    assert_eq!(delegate.get("/admin/providers/meridian/move").await.status, 403);
    let page = asked(&delegate, "anew", "", "1").await;
    assert_eq!((page.status, w.links("m-vera").await), (403, 1), "{}", page.body);
    let owner = w.owner().await;
    w.pass(3600);
    let page = asked(&owner, "anew", "", "1").await;
    assert!(page.path().starts_with("/account/confirm"), "{}", page.url);
    assert_eq!(w.links("m-vera").await, 1);
    let here = owner.password("owner@example.test", crate::world::PASSWORD).await;
    assert_eq!(here.path(), "/account");
    assert!(asked(&owner, "anew", "", "1").await.has("Moved: 1."));
}

#[tokio::test(flavor = "multi_thread")]
async fn fr_57_go_08_nobody_is_taken_into_a_provider_that_is_kept_apart() {
    let w = World::new("goss").await;
    let _at = another(&w, "anew", &["m-vera"]).await;
    w.browser().sign_in("meridian", "m-vera").await;
    let owner = w.owner().await;
    assert!(asked(&owner, "anew", "", "").await.has("Get a sign-in at the new provider: 1"));
    policy(&w, "provider:anew", json!({"choices": {"mirror_groups": true}})).await;
    let page = asked(&owner, "anew", "", "1").await;
    assert!(page.has("One of the two is kept apart from the other"), "{}", page.body);
    assert_eq!(w.links("m-vera").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fr_57_au_19_nobody_gets_by_a_move_what_no_other_way_would_give() {
    let w = World::new("goss").await;
    let _at = another(&w, "anew", &["m-vera", "other"]).await;
    let vera = w.browser();
    vera.sign_in("meridian", "m-vera").await;
    let owner = w.owner().await;
    assert!(asked(&owner, "anew", "", "").await.has("Get a sign-in at the new provider: 1"));
    // One identity of the new provider is as many as an account may have, and she has another one.
    policy(&w, "provider:anew", json!({"floors": {"max_per_provider": 1}})).await;
    assert_eq!(vera.add("anew", "other").await.path(), "/account");
    let page = asked(&owner, "anew", "", "1").await;
    assert!(page.has("Can't come along: 1"), "{}", page.body);
    assert_eq!(w.links("m-vera").await, 1);
    // Nor where nothing of it may be linked at all.
    policy(&w, "provider:anew", json!({"permits": {"as_source": false}})).await;
    assert!(asked(&owner, "anew", "", "1").await.has("Can't come along: 1"));
}
