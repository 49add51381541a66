//! The audit trail: who did what to whom, found again, taken along, and seen through when somebody changes it.
use rehearsal::provider::Knobs;
use serde_json::json;
use service::audit_verify::{Damage, Verified};
use storage::maintenance::doctor::tamper;

use crate::world::{Browser, PASSWORD, World};

/// The id of an account in the console.
async fn account_id(owner: &Browser, address: &str) -> String {
    let list = owner.get(&format!("/admin/accounts?q={address}")).await;
    list.body
        .split("href=\"/admin/accounts/")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_else(|| panic!("{address}: {}", list.body))
        .to_owned()
}

async fn verified(w: &World) -> Verified {
    w.ligature().maintenance().verify_audit(None).await.unwrap()
}

/// Two hours later, with everything that is old enough sealed.
async fn sealed(w: &World) -> Verified {
    w.pass(2 * 3600);
    w.ligature().maintenance().seal_audit().await.unwrap();
    let found = verified(w).await;
    assert!(found.is_good() && found.batches > 0 && found.events > 2, "{found:?}");
    found
}

async fn change(w: &World, sql: &str) -> usize {
    tamper(&w.ligature().store, sql).await.unwrap()
}

async fn broken(w: &World) -> Vec<(i64, Damage)> {
    verified(w).await.broken
}

/// Shows AD-06: whoever can write into the database changes, removes or puts in no event of a sealed batch unseen.
#[tokio::test(flavor = "multi_thread")]
async fn ad_06_a_changed_a_removed_and_an_inserted_event_are_seen() {
    let w = World::new("recommended").await;
    w.sign_up("ada@example.test").await;
    w.sign_up("bob@example.test").await;
    w.owner().await;
    assert_eq!(verified(&w).await.batches, 0, "nothing is sealed at the sign-in itself");
    let good = sealed(&w).await;
    assert_eq!(good.unsealed, 0, "{good:?}");
    let one = "(SELECT id FROM audit_event WHERE kind = 'session.started' ORDER BY id LIMIT 1)";
    let hex = if w.ligature().store.is_postgres() { "decode('%', 'hex')" } else { "x'%'" };
    let bytes = |text: &str| hex.replace('%', text);
    for (column, value) in [
        ("actor", "'system'".to_owned()),
        ("kind", "'session.ended'".to_owned()),
        ("code", "'x'".to_owned()),
        ("provider", "'other'".to_owned()),
        ("outcome", "'refused'".to_owned()),
        ("target", "'other'".to_owned()),
        ("application", "'other'".to_owned()),
        ("detail", "'{\"reasons\":[]}'".to_owned()),
        ("subject_hash", "'other'".to_owned()),
        ("at", "at + 1".to_owned()),
        ("account_id", bytes(&"07".repeat(16))),
        ("actor_id", bytes(&"07".repeat(16))),
    ] {
        change(&w, "CREATE TABLE kept AS SELECT * FROM audit_event").await;
        assert_eq!(
            change(&w, &format!("UPDATE audit_event SET {column} = {value} WHERE id = {one}"))
                .await,
            1,
            "{column}"
        );
        assert_eq!(broken(&w).await, [(1, Damage::Changed)], "{column}");
        change(&w, "DELETE FROM audit_event").await;
        change(&w, "INSERT INTO audit_event SELECT * FROM kept").await;
        change(&w, "DROP TABLE kept").await;
        assert!(verified(&w).await.is_good(), "{column}");
    }
    change(&w, &format!("UPDATE audit_event SET network = '203.0.113.0/24' WHERE id = {one}"))
        .await;
    assert_eq!(broken(&w).await, [(1, Damage::Network)]);
    change(&w, &format!("DELETE FROM audit_event WHERE id = {one}")).await;
    assert_eq!(broken(&w).await, [(1, Damage::Missing(1))]);
    for id in ["00".repeat(15) + "01", "00".repeat(15) + "02"] {
        change(&w, &format!(
            "INSERT INTO audit_event (id, organisation_id, at, kind, actor, provider, subject_hash, code, support_code, detail) \
             SELECT {}, organisation_id, at, kind, actor, provider, subject_hash, code, '', detail FROM audit_event LIMIT 1",
            bytes(&id)
        ))
        .await;
    }
    assert_eq!(broken(&w).await, [(1, Damage::Inserted(1))]);
}

/// Shows AD-06 for the chain itself: batches are neither made anew nor taken out, and a seal that was kept elsewhere shows
/// when the newest ones are cut off.
#[tokio::test(flavor = "multi_thread")]
async fn ad_06_a_batch_is_not_made_anew_and_not_taken_out() {
    let w = World::new("recommended").await;
    w.owner().await;
    w.sign_up("ada@example.test").await;
    let first = sealed(&w).await;
    w.sign_up("bob@example.test").await;
    let second = sealed(&w).await;
    assert_eq!((first.batches, second.batches), (1, 2));
    let head = second.head.unwrap().1;
    let maintenance = w.ligature();
    let maintenance = maintenance.maintenance();
    assert!(maintenance.verify_audit(Some(&head)).await.unwrap().is_good());
    // Who changes an event and the count of its batch has no key for the seal.
    change(&w, "UPDATE audit_batch SET events = events + 1 WHERE number = 2").await;
    assert_eq!(broken(&w).await, [(2, Damage::Seal)]);
    change(&w, "UPDATE audit_batch SET events = events - 1 WHERE number = 2").await;
    assert!(verified(&w).await.is_good());
    change(&w, "UPDATE audit_batch SET removed_at = 1, removed_seal = seal WHERE number = 1").await;
    assert_eq!(broken(&w).await, [(1, Damage::Removal)]);
    change(&w, "UPDATE audit_batch SET removed_at = NULL, removed_seal = NULL").await;
    // The newest one with its events: nothing in the database tells, the seal that was noted does.
    change(&w, "CREATE TABLE kept AS SELECT * FROM audit_batch").await;
    change(&w, "DELETE FROM audit_batch WHERE number = 2").await;
    assert!(verified(&w).await.is_good());
    let cut = maintenance.verify_audit(Some(&head)).await.unwrap();
    assert!(cut.head_missing && !cut.is_good(), "{cut:?}");
    change(&w, "INSERT INTO audit_batch SELECT * FROM kept WHERE number = 2").await;
    change(&w, "DELETE FROM audit_batch WHERE number = 1").await;
    assert_eq!(broken(&w).await, [(2, Damage::Chain)]);
}

/// Shows AD-06 with GD-03: what the law takes away leaves the seals whole, and nobody else takes it away unseen.
#[tokio::test(flavor = "multi_thread")]
async fn ad_06_erased_accounts_networks_and_old_events_leave_the_seals_whole() {
    let w = World::with("recommended", |config| config.audit.keep_days = 60).await;
    let ada = w.sign_up("ada@example.test").await;
    w.owner().await;
    sealed(&w).await;
    // Erased by hand, as a row that the server erased looks.
    let erase = "UPDATE audit_event SET account_id = NULL, detail = '{}', salt = NULL, withheld = salt WHERE kind = 'account.created' AND actor = 'person'";
    change(&w, "CREATE TABLE kept AS SELECT * FROM audit_event").await;
    assert_eq!(change(&w, erase).await, 1);
    assert_eq!(broken(&w).await, [(1, Damage::Changed)]);
    change(&w, "DELETE FROM audit_event").await;
    change(&w, "INSERT INTO audit_event SELECT * FROM kept").await;
    change(&w, "DROP TABLE kept").await;
    let confirm = [("password", PASSWORD), ("to", "/account/delete")];
    ada.post("/fn/account/confirm/password", &confirm).await;
    let gone = ada.post("/fn/account/delete", &[]).await;
    assert_ne!(gone.status, 500, "{}", gone.body);
    w.pass(15 * 86_400);
    w.ligature().maintenance().tidy().await.unwrap();
    assert_eq!(w.rows("audit_event", "kind", "account.deleted").await, 1);
    let erased = verified(&w).await;
    assert!(erased.is_good() && erased.erased >= 2, "{erased:?}");
    // Networks go after thirty days, and the digest over them counts no more.
    assert!(change(&w, "UPDATE audit_event SET network = network WHERE network <> ''").await > 0);
    w.pass(20 * 86_400);
    w.ligature().maintenance().seal_audit().await.unwrap();
    let old =
        "UPDATE audit_event SET network = '' WHERE network <> '' AND kind = 'account.pending'";
    assert_eq!(change(&w, old).await, 0, "they are gone already");
    assert!(verified(&w).await.is_good());
    // And the events after as many days as were set; their batches stay.
    w.pass(30 * 86_400);
    w.ligature().maintenance().seal_audit().await.unwrap();
    let after = verified(&w).await;
    assert!(after.is_good() && after.removed >= 1, "{after:?}");
    assert_eq!(w.rows("audit_event", "kind", "account.pending").await, 0);
    w.healthy().await;
}

/// Shows AD-06, and fault 3 of the console: every event says who, to whom and with what outcome, and each filter finds it.
#[tokio::test(flavor = "multi_thread")]
async fn ad_06_the_trail_says_who_did_what_to_whom_and_each_filter_finds_it() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    w.sign_up("ada@example.test").await;
    let id = account_id(&owner, "ada@example.test").await;
    owner.post("/fn/admin/account/state", &[("account", &id), ("enabled", "no")]).await;
    let b = w.browser();
    let page = b.sign_in("meridian", "m-ben").await;
    if page.path().ends_with("/choose") {
        b.pick(&page, "create_new").await;
    }
    let all = owner.get("/admin/audit").await;
    for said in [
        "Account switched on or off",
        "Signed in",
        "An administrator",
        "Owner",
        "Someone",
        "Meridian",
        "127.0.0.0/24",
    ] {
        assert!(all.has(said), "{said}: {}", all.body);
    }
    let shows = async |query: &str, there: &str, not: &str| {
        let page = owner.get(&format!("/admin/audit?{query}")).await;
        let table = page.body.split("<tbody>").nth(1).unwrap_or_default();
        assert_eq!(page.status, 200, "{query}");
        assert!(table.contains(there), "{query}: {}", page.body);
        assert!(!table.contains(not), "{query} shows {not}");
    };
    shows("kind=account.state", "Account switched on or off", "Signed in").await;
    shows("actor=admin", "Account switched on or off", "Signed in").await;
    shows(&format!("account={id}"), "Account switched on or off", "Meridian").await;
    shows("provider=meridian", "Meridian", "switched on or off").await;
    shows("outcome=done&q=ada@example.test", "Account created", "Meridian").await;
    let me = account_id(&owner, "owner@example.test").await;
    shows(&format!("actor={me}"), "Account switched on or off", "Account created").await;
    // A day in which nothing was, and each chip takes its filter off.
    let none = owner.get("/admin/audit?kind=account.state&until=2001-01-01").await;
    assert!(
        none.has("No event matches") && none.has("href=\"/admin/audit?kind=account.state\""),
        "{}",
        none.body
    );
    let refused = w.browser().password("ada@example.test", "wrong password").await;
    assert!(refused.has("Wrong email or password"));
    shows("outcome=refused", "Sign-in refused", "Account created").await;
    shows("code=account.credentials_wrong", "account.credentials_wrong", "Account created").await;
    let nothing =
        "UPDATE audit_event SET at = at WHERE target_kind = '' OR actor = '' OR outcome = ''";
    assert_eq!(change(&w, nothing).await, 0, "every event says who, to what, and what came of it");
}

/// Shows RL-13: pages go on both ways without losing or doubling an event, and a forged place is refused.
#[tokio::test(flavor = "multi_thread")]
async fn rl_13_the_trail_is_read_page_by_page_in_both_directions() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    for _ in 0..70 {
        w.browser().password("nobody@example.test", "wrong password").await;
    }
    let lines = |body: &str| body.matches("<td data-label=\"When\">").count();
    let first = owner.get("/admin/audit").await;
    assert_eq!(lines(&first.body), 50);
    let link = |body: &str, rel: &str| {
        body.split(&format!("rel=\"{rel}\" href=\""))
            .nth(1)
            .and_then(|r| r.split('"').next())
            .map(|t| t.replace("&amp;", "&"))
    };
    assert_eq!(link(&first.body, "prev"), None);
    let second = owner.get(&link(&first.body, "next").unwrap()).await;
    assert!(lines(&second.body) > 20 && link(&second.body, "next").is_none(), "{}", second.body);
    let back = owner.get(&link(&second.body, "prev").unwrap()).await;
    let table = |body: &str| {
        body.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap().to_owned()
    };
    assert_eq!(table(&back.body), table(&first.body));
    let place = link(&first.body, "next").unwrap();
    for forged in [
        format!("{place}0"),
        place.replace("before=", "before=-"),
        "/admin/audit?before=0&after=0".into(),
        "/admin/audit?kind=x".into(),
        "/admin/audit?from=2026-13-01".into(),
        "/admin/audit?account=me".into(),
        "/admin/audit?outcome=%27%20OR%201%3D1".into(),
    ] {
        let page = owner.get(&forged).await;
        assert_eq!((page.status, page.refusal().as_str()), (400, "server.bad_request"), "{forged}");
    }
}

/// Shows AD-06: the file holds what the page is filtered by, a formula arrives as text, a line break is none, and only who
/// may read the trail gets it; that it was taken is an event.
#[tokio::test(flavor = "multi_thread")]
async fn ad_06_an_export_is_inert_filtered_and_for_those_who_may_read() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let evil = w.browser();
    let form =
        [("email", "eve@example.test"), ("name", "=HYPERLINK(\"x\"),2"), ("password", PASSWORD)];
    let page = evil.post("/fn/signup", &form).await;
    let code = w.mail("eve@example.test", 1).await.code.unwrap();
    evil.post("/fn/attempt/code", &[("attempt", &page.attempt()), ("code", &code)]).await;
    let csv = owner.get("/admin/audit/export?format=csv&kind=account.created").await;
    assert!(
        csv.status == 200 && csv.header("content-type").starts_with("text/csv"),
        "{}",
        csv.body
    );
    assert!(csv.has("\"'=HYPERLINK(\"\"x\"\"),2\""), "{}", csv.body);
    assert!(!csv.has("account.pending"), "only what is filtered: {}", csv.body);
    let lines = owner.get("/admin/audit/export?format=jsonl").await;
    for line in lines.body.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(event["actor"].is_string() && event["outcome"].is_string(), "{line}");
    }
    assert!(lines.body.lines().count() > 3 && lines.has("account.pending"));
    assert_eq!(w.rows("audit_event", "kind", "audit.exported").await, 2);
    for (who, status) in [(evil, 403), (w.browser(), 401)] {
        let page = who.get("/admin/audit/export?format=csv").await;
        assert!(!page.has("account.created"), "{status}: {}", page.body);
        assert!(!page.header("content-type").starts_with("text/csv"), "{status}");
    }
    assert_eq!(owner.get("/admin/audit/export?format=exe").await.status, 400);
}

/// Shows fault 3 of the console: the code on the page of a provider that fails finds its event, with the reason, whether it
/// fails at the start or at its answer.
#[tokio::test(flavor = "multi_thread")]
async fn ad_06_the_code_of_a_provider_that_fails_finds_the_reason() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let finds = async |support: &str| {
        let page = owner.get(&format!("/admin/audit?q={support}")).await;
        assert!(
            page.has("provider.down") || page.has("provider.answer"),
            "{support}: {}",
            page.body
        );
        assert!(page.has("<details open"), "the story is open: {}", page.body);
        page
    };
    let support = |page: &crate::world::Page| {
        page.url.split("ref=").nth(1).unwrap_or_else(|| panic!("{}", page.url)).to_owned()
    };
    // At its answer: the token endpoint is gone.
    let b = w.browser();
    let callback = b.at_provider(&b.start("meridian").await, "m-vera").await;
    w.knobs(&w.meridian, Knobs { down: true, ..Knobs::default() });
    let failed = b.get(&callback).await;
    finds(&support(&failed)).await;
    // At the start: nobody answers at all. Pressed again in the same minute it is the same event.
    w.apply(json!({"providers": [{"key": "dead", "name": "Dead", "secret": "a-secret", "settings": {"kind": "oidc", "issuer": "http://127.0.0.1:9", "client_id": "x"}}]})).await;
    let before = w.rows("audit_event", "provider", "dead").await;
    // Not at the end of a minute.
    if server::serve::system_clock()() / 1_000_000 % 60 > 40 {
        w.pass(30);
    }
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes
            .push(support(&w.browser().post("/fn/signin/provider", &[("provider", "dead")]).await));
    }
    assert!(codes.iter().all(|code| *code == codes[0]), "{codes:?}");
    assert_eq!(w.rows("audit_event", "provider", "dead").await, before + 1);
    finds(&codes[0]).await;
}
