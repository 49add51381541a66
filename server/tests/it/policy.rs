//! The policy in the console: drafts, shadow, activation, roll back, presets, what is in force, trying, dry run, replay.
use crate::world::{Browser, Page, World};
use domain::policy::{Document, PRESETS};
use serde_json::json;

fn text(name: &str, change: impl FnOnce(&mut serde_json::Value)) -> String {
    let mut document: serde_json::Value =
        serde_json::from_str(domain::policy::preset_text(name).unwrap()).unwrap();
    change(&mut document);
    document.to_string()
}

async fn draft(owner: &Browser, scope: &str, document: &str) -> Page {
    owner.post("/fn/admin/policy/draft", &[("scope", scope), ("document", document)]).await
}

/// A page's text without the renderer's marks.
fn clean(page: &Page) -> String {
    page.body.replace("<!>", "")
}

fn number(page: &Page) -> String {
    page.path().rsplit('/').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_document_is_refused_at_save_with_path_value_and_remedy_and_the_active_policy_stays()
{
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let deep = format!("{}1{} == 1", "(".repeat(13), ")".repeat(13));
    let rule = |when: &str| {
        json!({"choices": {"rules": [{"id": "r", "when": when, "account": "email", "accept": [{"trust": "asserted", "proof": "mailbox"}], "one": "link"}]}}).to_string()
    };
    let bad = [
        (r#"{"permits":{"lnik":true}}"#.to_owned(), "permits.lnik", "fields and values"),
        (r#"{"choices":{"none":"maybe"}}"#.to_owned(), "choices.none", "fields and values"),
        (rule("claims.email =="), "choices.rules[0].when", "Mend the expression"),
        (rule(&deep), "choices.rules[0].when", "twelve brackets"),
        (
            r#"{"permits":{"create":false,"link_on_login":false}}"#.to_owned(),
            "permits",
            "login_only",
        ),
        (
            r#"{"permits":{"create":true},"choices":{"login_only":true}}"#.to_owned(),
            "choices.login_only",
            "take one of them back",
        ),
        (
            text("goss", |d| d["choices"]["disclosure"] = json!("silent")),
            "choices.rules.email.one",
            "Silent asks nothing",
        ),
        (
            r#"{"choices":{"pin":{"alphabet":"digits","length":4}}}"#.to_owned(),
            "choices.pin.length",
            "Eight to sixteen",
        ),
        ("nonsense".to_owned(), "", "fields and values"),
    ];
    let before = w.rows("policy", "state", "draft").await;
    for (document, path, remedy) in bad {
        let page = draft(&owner, "instance", &document).await;
        assert!(
            page.path() == "/admin/policy/document" && page.has(path) && page.has(remedy),
            "{document}: {}",
            page.body
        );
        let word: String = document.chars().filter(char::is_ascii_alphanumeric).take(6).collect();
        let kept: String = page
            .body
            .split("<textarea")
            .nth(1)
            .unwrap()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        assert!(kept.contains(&word), "what was typed is kept: {word}");
    }
    // What two scopes come to together counts as well.
    w.ligature()
        .policy_admin()
        .use_document("organisation", Document::parse(r#"{"permits":{"create":false}}"#).unwrap())
        .await
        .unwrap();
    let both = draft(&owner, "provider:atlas", r#"{"permits":{"link_on_login":false}}"#).await;
    assert!(both.has("login_only"), "{}", both.body);
    assert_eq!(w.rows("policy", "state", "draft").await, before);
    assert_eq!(draft(&owner, "nowhere", "{}").await.refusal(), "server.not_found");
}

/// Shows GV-21, ZI-09.
#[tokio::test(flavor = "multi_thread")]
async fn a_draft_runs_in_the_shadow_acts_on_nothing_and_is_put_in_force_and_taken_back() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    w.browser().sign_in("meridian", "m-vera").await;
    let page =
        draft(&owner, "instance", &text("goss", |d| d["choices"]["none"] = json!("refuse"))).await;
    let version = number(&page);
    assert!(
        page.has("The draft is saved")
            && clean(&page).contains("<code>none</code>")
            && page.has("refuse"),
        "{}",
        page.body
    );
    assert_eq!(
        w.browser().sign_in("atlas", "a-new").await.path(),
        "/account",
        "a draft decides nothing"
    );
    owner.post("/fn/admin/policy/version", &[("version", &version), ("becomes", "shadow")]).await;
    w.atlas.person("a-shadow", json!({"email": "shadow@example.test", "email_verified": true}));
    assert_eq!(
        w.browser().sign_in("atlas", "a-shadow").await.path(),
        "/account",
        "a shadow neither"
    );
    let policy = owner.get("/admin/policy").await;
    assert!(
        policy.has("Where the shadow would decide otherwise") && policy.has("Nobody was found"),
        "{}",
        policy.body
    );
    assert_eq!(w.rows("audit_event", "kind", "policy.shadow").await, 1);
    // In force within the same second, on every node; back in one click, as a new version.
    owner.post("/fn/admin/policy/version", &[("version", &version), ("becomes", "active")]).await;
    w.atlas.person("a-late", json!({"email": "late@example.test", "email_verified": true}));
    assert_eq!(w.browser().sign_in("atlas", "a-late").await.refusal(), "link.no_account");
    assert_eq!(w.rows("policy", "state", "shadow").await, 0);
    let history = owner.get("/admin/policy").await;
    let old = history
        .body
        .split("name=\"version\" value=\"")
        .skip(1)
        .filter_map(|r| r.split('"').next())
        .map(|n| n.parse::<i64>().unwrap())
        .min()
        .unwrap();
    owner.post("/fn/admin/policy/roll-back", &[("version", &old.to_string())]).await;
    assert_eq!(w.browser().sign_in("atlas", "a-late").await.path(), "/account");
    assert!(w.rows("audit_event", "kind", "policy.changed").await >= 4);
    w.healthy().await;
}

/// Shows GV-15.
#[tokio::test(flavor = "multi_thread")]
async fn gv_15_the_same_document_fits_every_scope_and_the_page_says_where_each_value_comes_from() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    w.apply(json!({"applications": [{"client_id": "photos", "name": "Photos", "secret": "a-secret-of-photos", "redirect_uris": ["http://127.0.0.1:9/back"]}]})).await;
    for scope in [
        "instance",
        "organisation",
        "provider:atlas",
        "application:photos",
        "application:photos/provider:atlas",
    ] {
        let page = draft(&owner, scope, &text("gravitee", |_| {})).await;
        assert!(page.path().starts_with("/admin/policy/versions/"), "{scope}: {}", page.body);
    }
    w.ligature()
        .policy_admin()
        .use_document(
            "application:photos",
            Document::parse(
                r#"{"choices":{"unverified_target":"refuse"},"floors":{"pin_tries":2}}"#,
            )
            .unwrap(),
        )
        .await
        .unwrap();
    let page = owner.get("/admin/policy/effective?application=photos&provider=atlas").await;
    let body = clean(&page);
    let row = |field: &str| {
        body.split(&format!("<code>{field}</code>"))
            .nth(1)
            .unwrap()
            .split("</tr>")
            .next()
            .unwrap()
            .to_owned()
    };
    assert!(
        row("unverified_target").contains("Application photos")
            && row("pin_tries").contains("Application photos"),
        "{}",
        page.body
    );
    assert!(row("mail").contains("Whole instance") && row("mail").contains("final"));
    assert!(
        row("verified_counts").contains("Provider atlas") && row("unlink").contains("Built in")
    );
    assert!(page.has("Strangers can lock people out"), "the linter looks at the pair");
}

/// Shows AU-16.
#[tokio::test(flavor = "multi_thread")]
async fn au_16_the_preset_pages_show_policy_differences_deviations_and_counted_dangers() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    w.sign_up("vera@example.test").await;
    for name in PRESETS {
        let page = owner.get(&format!("/admin/policy/presets/{name}")).await;
        assert_eq!(page.status, 200, "{name}");
        assert!(!page.has("deviation-"), "{name}: each has its sentence");
        assert!(
            page.has("Where it leaves its system")
                && page.has("Compared with the recommended policy")
                && page.has("Make a draft of it"),
            "{name}: {}",
            page.body
        );
    }
    let field = owner.get("/admin/policy/presets/authing_field").await;
    assert!(
        field.has("The compared field is not credible by itself")
            && field.has("A pair without a proof is stated")
            && field.has("Accounts it touches: 2"),
        "{}",
        field.body
    );
    assert_eq!(owner.get("/admin/policy/presets/none").await.status, 404);
}

/// Shows AU-16.
#[tokio::test(flavor = "multi_thread")]
async fn trying_a_policy_tells_the_story_and_writes_nothing() {
    let w = World::new("nevis").await;
    let owner = w.owner().await;
    w.sign_up("vera@example.test").await;
    let events = w.rows("audit_event", "actor", "person").await;
    let try_it = |query: &str| format!("/admin/policy/try?{query}");
    let quiet = owner.get(&try_it("provider=atlas&email=vera%40example.test&verified=on")).await;
    assert!(
        quiet.has("Asks for a code from the claimed address") && quiet.has("Rule email found: 1"),
        "{}",
        quiet.body
    );
    let proven = owner.get(&try_it("provider=atlas&email=vera%40example.test&proven=on")).await;
    assert!(proven.has("Links to the account") && proven.has("Someone"), "{}", proven.body);
    let page = draft(&owner, "instance", &text("goss", |_| {})).await;
    let other = owner
        .get(&try_it(&format!(
            "provider=atlas&email=vera%40example.test&verified=on&version={}",
            number(&page)
        )))
        .await;
    assert!(other.has("Asks what the person wants"), "{}", other.body);
    let wrong = owner.get(&try_it("provider=atlas&claims=nonsense")).await;
    assert!(wrong.status == 200 && wrong.has("Write a JSON object"), "{}", wrong.body);
    assert_eq!(w.rows("audit_event", "actor", "person").await, events);
    // An identity speaks as it did at its last sign-in; as if it were new, the same claims meet the rules.
    let ben = w.browser();
    let page = ben.sign_in("meridian", "m-ben").await;
    let page = ben.code(&page, w.mail("ben@example.test", 1).await.code.as_deref().unwrap()).await;
    assert!(ben.is_signed_in().await, "{}", page.body);
    let recorded = owner.get(&try_it("provider=meridian&account=ben%40example.test")).await;
    assert!(recorded.has("id=\"outcome\">Signs in"), "{}", recorded.body);
    let first =
        owner.get(&try_it("provider=meridian&account=Ben%40example.test&unlinked=on")).await;
    assert!(
        first.has("Rule email found: 1") && !first.has("id=\"outcome\">Signs in"),
        "{}",
        first.body
    );
    let nobody = owner.get(&try_it("provider=atlas&account=ben%40example.test")).await;
    assert!(
        nobody.status == 200 && nobody.has("No account with an identity of this provider"),
        "{}",
        nobody.body
    );
    assert_eq!(
        w.browser().get(&try_it("provider=atlas&email=a%40b.test")).await.refusal(),
        "session.ended"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_sorts_every_account_and_shows_examples_with_their_reasons() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    w.sign_up("vera@example.test").await;
    w.browser().sign_in("harbour", "h-1").await;
    let b = w.browser();
    let page = b.sign_in("harbour", "h-1").await;
    b.pick(&page, "create_new").await;
    // The draft takes Harbour out of sign-in: whoever has nothing else is stranded; Atlas runs the mailboxes.
    w.provider("atlas", json!({"domains": ["example.test"], "own_directory": true})).await;
    let page = draft(&owner, "provider:harbour", r#"{"permits":{"sign_in":false}}"#).await;
    let version = number(&page);
    let mut page = owner.post("/fn/admin/policy/dry-run", &[("version", &version)]).await;
    for _ in 0..200 {
        if page.has("Done.") {
            break;
        }
        assert!(page.has("<progress") && page.header("refresh") == "2", "{}", page.body);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        page = owner.get(&format!("/admin/policy/versions/{version}")).await;
    }
    assert!(page.has("Done.") && page.header("refresh").is_empty(), "{}", page.body);
    let count = |bucket: &str| -> i64 {
        let row = page
            .body
            .split(&format!("bucket={bucket}#"))
            .nth(1)
            .unwrap()
            .split("</li>")
            .next()
            .unwrap()
            .to_owned();
        row.split("<span class=\"tag\">")
            .nth(1)
            .unwrap()
            .split('<')
            .next()
            .unwrap()
            .parse()
            .unwrap()
    };
    assert_eq!(count("stranded"), 1, "the account of Harbour alone");
    assert_eq!(count("link"), 1, "Vera by Atlas; the owner is never found by a rule (I12)");
    assert!(count("ask") >= 2 && count("refused") >= 1);
    // The one sign-in that was recorded is counted as it arrived, beside the accounts.
    let recorded = owner.get(&format!("/admin/policy/versions/{version}?bucket=refused")).await;
    assert_eq!(
        recorded.body.replace("<!>", "").matches("recorded <time").count(),
        1,
        "{}",
        recorded.body
    );
    let examples = owner.get(&format!("/admin/policy/versions/{version}?bucket=link")).await;
    assert!(
        examples.has("links without a question") && examples.has("/admin/accounts/"),
        "{}",
        examples.body
    );
    // It is the same decision as the sign-in's.
    assert_eq!(w.browser().sign_in("atlas", "a-vera").await.path(), "/account");
    assert_eq!(w.links("a-vera").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_lists_recorded_sign_ins_that_would_come_out_otherwise() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    w.browser().sign_in("meridian", "m-vera").await;
    w.browser().sign_in("atlas", "a-new").await;
    let same = number(&draft(&owner, "instance", &text("goss", |_| {})).await);
    let page = owner.get(&format!("/admin/policy/versions/{same}/replay")).await;
    assert!(page.has("Every one of them would come out the same"), "{}", page.body);
    let strict = number(&draft(&owner, "provider:atlas", r#"{"choices":{"none":"refuse"}}"#).await);
    let page = owner.get(&format!("/admin/policy/versions/{strict}/replay")).await;
    assert!(
        page.has("Opens a new account")
            && page.has("Refuses")
            && page.body.matches(" → ").count() == 1,
        "{}",
        page.body
    );
}

/// Shows GV-05, GV-06, GV-12.
#[tokio::test(flavor = "multi_thread")]
async fn gv_12_the_expressions_of_a_linking_step_are_imported_as_they_are_written_there() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let step = json!({"choices": {"rules": [{"id": "step", "all": [{"account": "email", "equals": "{#user.lastIdentityInformation['email']}"}, {"account": "attr.staff", "equals": "{#context.attributes['user'].identitiesAsMap['meridian'].additionalInformation['staff']}"}], "accept": [{"trust": "asserted", "proof": "mailbox"}], "one": "link"}]}});
    let page = draft(&owner, "provider:atlas", &step.to_string()).await;
    assert!(
        page.has("identity.last['email']")
            && page.has("identities['meridian']['staff']")
            && !page.has("{#"),
        "{}",
        page.body
    );
}

/// I10: the trace keeps keyed hashes of what was compared, equal for equal values, and never the values.
#[tokio::test(flavor = "multi_thread")]
async fn i10_the_trace_tells_that_the_same_was_looked_for_and_not_what() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    for who in ["a-vera", "a-new"] {
        w.browser().sign_in("atlas", who).await;
    }
    assert_eq!(w.rows("audit_event", "detail", "vera@example.test").await, 0);
    assert!(w.rows("audit_event", "detail", "\"values\":[\"").await >= 2);
    assert!(owner.get("/admin/audit").await.has("Rule email found: 0"));
}

/// Shows ZI-08: a support code leads the administrator to the story of the refusal.
#[tokio::test(flavor = "multi_thread")]
async fn zi_08_a_support_code_leads_to_the_story() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    w.provider("atlas", json!({"login_only": true})).await;
    let refused = w.browser().sign_in("atlas", "a-vera").await;
    let support =
        clean(&refused).rsplit("<code>").next().unwrap().split('<').next().unwrap().to_owned();
    let page = owner.get(&format!("/admin/audit?q={}", support.to_lowercase())).await;
    assert!(
        page.has("<details open")
            && page.has("atlas answered")
            && page.has("No account has the identity"),
        "{}",
        page.body
    );
}

/// Shows NE-14: no two accounts own one address, and the console counts who shares one.
#[tokio::test(flavor = "multi_thread")]
async fn ne_14_the_fixture_has_no_duplicates() {
    let w = World::new("nevis").await;
    w.sign_up("vera@example.test").await;
    for (key, who) in [("atlas", "a-vera"), ("meridian", "m-vera")] {
        let b = w.browser();
        let page = b.sign_in(key, who).await;
        let n = w.mailbox.to("vera@example.test").len().max(1);
        let code = w
            .mail("vera@example.test", if key == "atlas" { 2 } else { n.max(3) })
            .await
            .code
            .unwrap();
        assert_eq!(b.code(&page, &code).await.path(), "/account");
    }
    assert_eq!(w.accounts().await, 1);
    assert_eq!(w.ligature().account_admin().shared_addresses().await.unwrap(), 0);
    w.healthy().await;
}
