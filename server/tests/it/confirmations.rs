//! What is asked about before it is done: the last way in of people (AD-07), and what widens or destroys.
use serde_json::json;
use service::admin::ProviderEdit;

use crate::world::{Browser, Page, World};

async fn account_id(owner: &Browser, address: &str) -> String {
    let list = owner.get(&format!("/admin/accounts?q={address}")).await;
    list.body
        .split("href=\"/admin/accounts/")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_else(|| panic!("{address}: {}", list.body))
        .to_owned()
}

/// Signs in by a provider for the first time, as a new person.
async fn arrive(b: &Browser, key: &str, who: &str) {
    let page = b.sign_in(key, who).await;
    let page =
        if page.path().ends_with("/choose") { b.pick(&page, "create_new").await } else { page };
    assert_eq!(page.path(), "/account", "{}", page.body);
}

/// No code by mail opens anything, so that a provider is somebody's only way in.
async fn without_mail_codes() -> World {
    let w = World::new("recommended").await;
    let mut document = domain::policy::preset("recommended").unwrap();
    document.permits.email_code_sign_in = Some(false);
    w.ligature().policy_admin().use_document("instance", document).await.unwrap();
    w
}

fn off(key: &str) -> Vec<(&str, &str)> {
    vec![("form[key]", key), ("form[enabled]", "false")]
}

async fn is_on(owner: &Browser, key: &str) -> bool {
    owner
        .get(&format!("/admin/providers/{key}"))
        .await
        .has("name=\"form[enabled]\" value=\"false\"")
}

/// Shows AD-07: who switches off the only way in of others sees how many they are and who, has to say so, and may send them
/// a mail; and the number is asked for again when it grew.
#[tokio::test(flavor = "multi_thread")]
async fn ad_07_switching_a_provider_off_asks_for_the_people_who_have_nothing_else() {
    let w = without_mail_codes().await;
    // Its people own their addresses, so that a new password can go there.
    w.provider("meridian", serde_json::json!({"domains": ["example.test"], "own_directory": true}))
        .await;
    let owner = w.owner().await;
    // Nobody has only this one yet: nothing is asked.
    let free = owner.asks("/fn/admin/provider", &off("atlas")).await;
    assert!(free.path() == "/admin/providers/atlas" && free.has("Saved"), "{}", free.body);
    arrive(&w.browser(), "meridian", "m-vera").await;
    let asked = owner.asks("/fn/admin/provider", &off("meridian")).await;
    assert_eq!(asked.path(), "/confirm");
    assert!(asked.has("without any way to sign in: 1") && asked.has(">Vera<"), "{}", asked.body);
    assert!(is_on(&owner, "meridian").await, "nothing is done before");
    // Meanwhile another one came.
    arrive(&w.browser(), "meridian", "m-ben").await;
    let again = owner.agree(&asked, &[("tell", "on")]).await;
    assert!(
        again.path() == "/confirm" && again.has("more accounts would be left"),
        "{}",
        again.body
    );
    assert!(again.has("without any way to sign in: 2") && again.has(">Ben<"), "{}", again.body);
    assert!(is_on(&owner, "meridian").await, "asked again, and not done");
    assert_eq!(w.mails("vera@example.test").await, 0, "nobody was told of what was not done");
    let done = owner.agree(&again, &[("tell", "on")]).await;
    assert!(done.path() == "/admin/providers/meridian" && done.has("Saved"), "{}", done.body);
    assert!(!is_on(&owner, "meridian").await);
    for who in ["vera@example.test", "ben@example.test"] {
        let mail = w.mail(who, 1).await;
        assert!(mail.subject.contains("sign in again"), "{mail:?}");
    }
    assert_eq!(w.rows("audit_event", "kind", "recovery.offered").await, 1);
    let trail =
        owner.get("/admin/audit/export?format=jsonl&kind=provider.changed&provider=meridian").await;
    assert!(trail.has("\"stranded\":2"), "{}", trail.body);
    // They come back as the mail says.
    let b = w.browser();
    b.post("/fn/reset/ask", &[("email", "vera@example.test")]).await;
    assert!(w.mail("vera@example.test", 2).await.code.is_some());
}

/// Shows AD-07 for the policy, by two fields that stand in no document: passkeys are not at stake, passwords and one provider
/// are.
#[tokio::test(flavor = "multi_thread")]
async fn ad_07_publishing_a_policy_that_takes_a_way_in_asks_and_so_does_going_back() {
    let w = without_mail_codes().await;
    let owner = w.owner().await;
    arrive(&w.browser(), "meridian", "m-vera").await;
    w.sign_up("ada@example.test").await;
    let draft = async |scope: &str, document: serde_json::Value| {
        let text = document.to_string();
        owner.post("/fn/admin/policy/draft", &[("scope", scope), ("document", &text)]).await
    };
    let publish = async |page: &Page| {
        let version = page.path().rsplit('/').next().unwrap().to_owned();
        owner
            .asks("/fn/admin/policy/version", &[("version", &version), ("becomes", "active")])
            .await
    };
    let page = draft("provider:meridian", json!({"permits": {"sign_in": false}})).await;
    let asked = publish(&page).await;
    assert!(
        asked.path() == "/confirm"
            && asked.has("without any way to sign in: 1")
            && asked.has(">Vera<"),
        "{}",
        asked.body
    );
    let w_versions = w.rows("policy", "state", "active").await;
    let done = owner.agree(&asked, &[]).await;
    assert!(done.has("Published"), "{}", done.body);
    assert!(w.rows("policy", "state", "active").await >= w_versions);
    let refused = w.browser().sign_in("meridian", "m-vera").await;
    assert_ne!(refused.path(), "/account", "it is in force");
    // Of the organisation's passwords: everybody who has nothing else, and the owner is one of them.
    let page = draft("organisation", json!({"permits": {"password_sign_in": false}})).await;
    let asked = publish(&page).await;
    assert!(asked.has("without any way to sign in: 2") && asked.has(">Owner<"), "{}", asked.body);
    // A field that closes nobody out is asked about, without a number.
    let page = draft("organisation", json!({"permits": {"passkey_sign_in": false}})).await;
    let asked = publish(&page).await;
    assert!(asked.path() == "/confirm" && !asked.has("without any way"), "{}", asked.body);
}

/// Shows AD-07 for an offered provider: the home organisation counts the people of those that took it, and reads none of
/// their names.
#[tokio::test(flavor = "multi_thread")]
async fn ad_07_an_offer_that_is_taken_back_counts_other_organisations_people() {
    let w = without_mail_codes().await;
    let owner = w.owner().await;
    w.provider("atlas", json!({"shared": true})).await;
    let acme = w.organisation("acme", "recommended").await;
    let mut document = domain::policy::preset("recommended").unwrap();
    document.permits.email_code_sign_in = Some(false);
    acme.policy_admin().use_document("instance", document).await.unwrap();
    let takes =
        ProviderEdit { key: "atlas".into(), enabled: Some(true), ..ProviderEdit::default() };
    let word = service::Authority::Operator("test");
    acme.provider_admin().put_provider(&word, takes, false).await.unwrap();
    let theirs = Browser::new(&acme.settings.public_url);
    arrive(&theirs, "atlas", "a-new").await;
    let end = [("form[key]", "atlas"), ("form[shared]", "false")];
    let asked = owner.asks("/fn/admin/provider", &end).await;
    assert!(asked.path() == "/confirm" && asked.has("in other organisations: 1"), "{}", asked.body);
    assert!(!asked.has(">New<"), "their names are theirs: {}", asked.body);
}

/// What a form wants is not done before its page is answered, and the page's word is its person's alone and ends.
#[tokio::test(flavor = "multi_thread")]
async fn owner_account_off_and_wider_providers_are_asked_about_first() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let ada = w.sign_up("ada@example.test").await;
    let id = account_id(&owner, "ada@example.test").await;
    let account = format!("/admin/accounts/{id}");
    // The role that may do everything.
    let give = [("account", id.as_str()), ("role", "owner"), ("given", "yes")];
    let asked = owner.asks("/fn/admin/account/role", &give).await;
    assert!(
        asked.path() == "/confirm"
            && asked.has("Make Someone an owner?")
            && asked.has("Owners today: 1"),
        "{}",
        asked.body
    );
    assert_eq!(w.rows("role", "name", "owner").await, 1);
    // Another person does nothing with the page's word, and neither does anybody later.
    let stolen = ada.agree(&asked, &[]).await;
    assert_eq!(stolen.refusal(), "attempt.expired", "{}", stolen.body);
    let done = owner.agree(&asked, &[]).await;
    assert!(done.path() == account && done.has("They are an owner now."), "{}", done.body);
    assert_eq!(w.rows("role", "name", "owner").await, 2);
    owner
        .post("/fn/admin/account/role", &[("account", &id), ("role", "owner"), ("given", "no")])
        .await;
    // Off, with the sessions that end.
    let off = [("account", id.as_str()), ("enabled", "no")];
    let asked = owner.asks("/fn/admin/account/state", &off).await;
    assert!(asked.path() == "/confirm" && asked.has("Sessions that end: 1"), "{}", asked.body);
    assert!(ada.is_signed_in().await);
    let done = owner.agree(&asked, &[]).await;
    assert!(done.path() == account && done.has("The account is switched off"), "{}", done.body);
    assert!(!ada.is_signed_in().await);
    // A provider that would link by an equal address alone.
    let wider = [
        ("form[key]", "pigeon"),
        ("form[association][mode]", "field_match"),
        ("form[association][as_source]", "true"),
        ("form[association][as_target]", "true"),
    ];
    let asked = owner.asks("/fn/admin/provider", &wider).await;
    assert!(
        asked.path() == "/confirm" && asked.has("without proving that it is theirs"),
        "{}",
        asked.body
    );
    w.pass(16 * 60);
    let late = owner.agree(&asked, &[]).await;
    assert_ne!(late.status, 200, "{}", late.body);
    // And who may not ask sees no page that would.
    let stranger = w.sign_up("bob@example.test").await;
    let refused = stranger.asks("/fn/admin/account/state", &off).await;
    assert!(refused.status >= 400 && !refused.has("name=\"act\""), "{}", refused.body);
    let forged = owner.get("/confirm?act=AAAA").await;
    assert!(forged.status >= 400, "{}", forged.body);
}
