//! What administrators may do to people through the console: a provider's word, what a rehearsal tells, switches.
use crate::world::{Browser, PASSWORD, Page, World};
use domain::policy::Document;
use rehearsal::provider::{Person, Provider};
use serde_json::json;

type Form = Vec<(&'static str, String)>;

/// Somebody with a role.
pub async fn with_role(w: &World, email: &str, role: &'static str) -> Browser {
    let b = w.sign_up(email).await;
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
        .write::<_, storage::Error, _>(move |c| {
            Box::pin(async move { storage::accounts::add_role(c, org, id, role, 1).await })
        })
        .await
        .unwrap();
    b
}

/// The form of a plain OAuth 2.0 provider at an address.
fn plain(at: &Provider, create: bool) -> Form {
    let here = |path: &str| format!("{}{path}", at.issuer);
    vec![
        ("create", if create { "yes" } else { "no" }.into()),
        ("key", "plain".into()),
        ("name", "Plain".into()),
        ("kind", "oauth2".into()),
        ("client_id", "ligature".into()),
        ("secret", "rehearsal-secret".into()),
        ("authorization_url", here("/authorize")),
        ("token_url", here("/token")),
        ("userinfo_url", here("/userinfo")),
        ("subject_path", "sub".into()),
        ("email_path", "email".into()),
        ("email_verified_path", "email_verified".into()),
        ("enabled", "on".into()),
        ("association", "inherit".into()),
        ("as_source", "on".into()),
        ("as_target", "on".into()),
    ]
}

/// The form of an OpenID Provider.
fn oidc(key: &str, at: &Provider) -> Form {
    let mut form = with(
        plain(at, true),
        &[("key", key), ("name", key), ("kind", "oidc"), ("issuer", &at.issuer)],
    );
    form.retain(|(name, _)| !name.ends_with("_url") && !name.ends_with("_path"));
    form
}

fn with(mut form: Form, more: &[(&'static str, &str)]) -> Form {
    for (name, value) in more {
        form.retain(|(n, _)| n != name);
        form.push((name, (*value).to_owned()));
    }
    form
}

async fn save(b: &Browser, form: &Form) -> Page {
    b.save_provider(&form.iter().map(|(k, v)| (*k, v.as_str())).collect::<Vec<_>>()).await
}

/// A provider in somebody else's hands, which answers whatever subject they like.
async fn evil(subject: &str, claims: serde_json::Value) -> Provider {
    Provider::serve(0, "Evil", vec![Person { sub: subject.into(), claims }]).await.unwrap()
}

/// Tokens, and with them secrets, that a provider was asked for.
fn asked_for_tokens(at: &Provider) -> usize {
    at.log().iter().filter(|seen| seen.what == "token").count()
}

/// The address that a start leads to.
async fn leads_to(w: &World, at: &Provider) -> bool {
    w.browser().start("plain").await.starts_with(&format!("{}/authorize", at.issuer))
}

const SOURCE: &str = "only an owner can change its issuer";

/// Shows DL-01 for a delegate: each setting that could make them somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn dl_01_a_delegate_cannot_make_a_provider_speak_from_somewhere_else() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    assert!(save(&owner, &plain(&w.pigeon, true)).await.has("Saved."));
    w.pigeon.person("p-owner", json!({"name": "Owner"}));
    assert_eq!(owner.add("plain", "p-owner").await.path(), "/account");
    let delegate = with_role(&w, "provider@example.test", "provider-admin").await;
    // The way without an attack: its name, its place and its secret are theirs, and the owner signs in by it.
    let renamed = save(
        &delegate,
        &with(plain(&w.pigeon, false), &[("name", "Plain Pigeon"), ("position", "3")]),
    )
    .await;
    assert!(renamed.has("Saved.") && renamed.has("Plain Pigeon"), "{}", renamed.body);
    let b = w.browser();
    assert_eq!(b.sign_in("plain", "p-owner").await.path(), "/account");
    assert!(b.get("/account").await.has("owner@example.test"));
    let evil = evil("p-owner", json!({"name": "Owner"})).await;
    let there = plain(&evil, false);
    let of = |name: &str| there.iter().find(|(n, _)| *n == name).unwrap().1.clone();
    let (token, userinfo) = (of("token_url"), of("userinfo_url"));
    let attacks: [&[(&'static str, &str)]; 7] = [
        &[("token_url", &token), ("userinfo_url", &userinfo)],
        &[("userinfo_url", &userinfo)],
        &[("authorization_url", &of("authorization_url"))],
        &[("subject_path", "sub2")],
        &[("client_id", "another")],
        &[("email_path", "alias")],
        &[("email_verified_path", "name")],
    ];
    for attack in attacks {
        let page = save(&delegate, &with(plain(&w.pigeon, false), attack)).await;
        assert!(page.has(SOURCE), "{attack:?}: {}", page.body);
        // Saying that they mean it makes them no owner.
        let page =
            save(&delegate, &with(with(plain(&w.pigeon, false), attack), &[("confirmed", "1")]))
                .await;
        assert!(page.has(SOURCE), "{attack:?}: {}", page.body);
    }
    assert!(!delegate.get("/admin/providers/plain").await.has("name=\"confirmed\""));
    assert!(leads_to(&w, &w.pigeon).await);
    assert_eq!((asked_for_tokens(&evil), w.rows("provider", "config", &evil.issuer).await), (0, 0));
    w.healthy().await;
}

/// Shows DL-01 for an owner, and DL-02: the number of identities is confirmed, and the secret is typed again.
#[tokio::test(flavor = "multi_thread")]
async fn dl_01_dl_02_an_owner_confirms_the_number_and_types_the_secret_again() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let seeded = w.rows("audit_event", "detail", "\"source_changed\":true").await;
    assert!(save(&owner, &plain(&w.pigeon, true)).await.has("Saved."));
    // Nobody is linked yet: a typing mistake is mended without a question.
    assert!(
        save(&owner, &with(plain(&w.pigeon, false), &[("subject_path", "id")])).await.has("Saved.")
    );
    assert!(save(&owner, &plain(&w.pigeon, false)).await.has("Saved."));
    assert_eq!(owner.add("plain", "p-new").await.path(), "/account");
    // Without a change of its source the stored secret stays, and is used.
    assert!(
        save(&owner, &with(plain(&w.pigeon, false), &[("secret", ""), ("name", "Renamed")]))
            .await
            .has("Saved.")
    );
    assert_eq!(w.browser().sign_in("plain", "p-new").await.path(), "/account");
    let moved = evil("p-new", json!({"name": "New"})).await;
    let there =
        with(plain(&moved, false), &[("secret", ""), ("name", "Moved"), ("login_only", "on")]);
    let asked = save(&owner, &there).await;
    assert!(
        asked.has("depend on it: 1")
            && asked.has("Tick this box if you are sure")
            && asked.has("name=\"form[confirmed]\" value=\"1\""),
        "{}",
        asked.body
    );
    assert!(
        asked.has("value=\"Moved\"")
            && asked.has("name=\"form[association][login_only]\" value=\"true\" checked"),
        "what was typed and ticked is kept: {}",
        asked.body
    );
    assert!(
        save(&owner, &with(there.clone(), &[("confirmed", "7")]))
            .await
            .has("Tick this box if you are sure"),
        "another number was confirmed"
    );
    let again = save(&owner, &with(there.clone(), &[("confirmed", "1")])).await;
    assert!(again.has("Type it again") && leads_to(&w, &w.pigeon).await, "{}", again.body);
    // Another path at the same place is another address.
    let path = with(
        plain(&w.pigeon, false),
        &[
            ("secret", ""),
            ("confirmed", "1"),
            ("userinfo_url", &format!("{}/other", w.pigeon.issuer)),
        ],
    );
    assert!(save(&owner, &path).await.has("Type it again"));
    // The command line does not send it there either.
    let seed = json!({"providers": [{"key": "plain", "name": "Plain", "secret": "", "settings": {"kind": "oauth2", "client_id": "ligature", "authorization_url": format!("{}/authorize", moved.issuer), "token_url": format!("{}/token", moved.issuer), "userinfo_url": format!("{}/userinfo", moved.issuer), "subject_path": "sub"}}]});
    assert!(
        server::seed::apply(&w.ligature(), serde_json::from_value(seed).unwrap()).await.is_err()
    );
    assert_eq!(asked_for_tokens(&moved), 0, "the stored secret went nowhere");
    let done =
        save(&owner, &with(there, &[("confirmed", "1"), ("secret", "rehearsal-secret")])).await;
    assert!(done.has("Saved.") && leads_to(&w, &moved).await, "{}", done.body);
    assert_eq!(
        w.rows("audit_event", "detail", "\"source_changed\":true").await - seeded,
        4,
        "made, mistyped, mended and moved"
    );
}

/// Shows DL-01 for a provider that is new under the namespace of identities that are linked.
#[tokio::test(flavor = "multi_thread")]
async fn dl_01_a_new_provider_speaks_for_nobody_who_is_linked_unless_an_owner_says_so() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let delegate = with_role(&w, "provider@example.test", "provider-admin").await;
    assert!(
        save(&delegate, &oidc("another", &w.harbour)).await.has("Saved."),
        "adding one that speaks for nobody is theirs"
    );
    w.browser().sign_in("meridian", "m-vera").await;
    let page = save(&delegate, &oidc("second", &w.meridian)).await;
    assert!(page.has(SOURCE) && page.has("id=\"key-problem\""), "{}", page.body);
    let asked = save(&owner, &oidc("second", &w.meridian)).await;
    assert!(asked.has("depend on it: 1"), "{}", asked.body);
    assert_eq!(w.rows("provider", "key", "second").await, 0);
    assert!(
        save(&owner, &with(oidc("second", &w.meridian), &[("confirmed", "1")])).await.has("Saved.")
    );
    // Nor is one that the home organisation offers taken by a delegate, where another one linked its identities.
    let acme = w.organisation("acme", "goss").await;
    Browser::new(&acme.settings.public_url).sign_in("meridian", "m-vera").await;
    let settings = json!({"kind": "oidc", "issuer": w.meridian.issuer, "client_id": "other"});
    w.apply(json!({"providers": [{"key": "second", "name": "Second", "secret": "x", "shared": true, "settings": settings}]})).await;
    acme.setup()
        .create_owner(service::NewPerson {
            email: "boss@example.test".into(),
            name: "Boss".into(),
            password: PASSWORD.into(),
        })
        .await
        .unwrap();
    let boss = Browser::new(&acme.settings.public_url);
    boss.password("boss@example.test", PASSWORD).await;
    let take = [
        ("key", "second"),
        ("enabled", "on"),
        ("association", "inherit"),
        ("as_source", "on"),
        ("as_target", "on"),
    ];
    let asked = boss.save_provider(&take).await;
    assert!(asked.has("depend on it: 1"), "{}", asked.body);
    let taken = boss.save_provider(&[&take[..], &[("confirmed", "1")]].concat()).await;
    assert!(taken.has("Saved."), "{}", taken.body);
}

/// Shows DL-01 where nothing is linked yet: an answer that was held while the source changed speaks for nobody.
#[tokio::test(flavor = "multi_thread")]
async fn dl_01_an_answer_that_waited_while_the_source_changed_is_worth_nothing() {
    let w = World::new("recommended").await;
    w.owner().await;
    let delegate = with_role(&w, "provider@example.test", "provider-admin").await;
    let evil = evil("p-vera", json!({"name": "X", "email": "x@evil.test"})).await;
    evil.person("e-1", json!({"name": "E", "email": "e@evil.test"}));
    assert!(save(&delegate, &plain(&evil, true)).await.has("Saved."));
    let (good, held) = (w.browser(), w.browser());
    let page = good.sign_in("plain", "e-1").await;
    let waiting = held.sign_in("plain", "p-vera").await;
    assert!(waiting.path().ends_with("/choose"), "{}", waiting.body);
    let start = held.start("plain").await;
    // The real provider comes in its place while nobody is linked, and Vera is the first who comes by it.
    assert!(save(&delegate, &plain(&w.pigeon, false)).await.has("Saved."));
    let vera = w.browser();
    let chooser = vera.sign_in("plain", "p-vera").await;
    assert_eq!(vera.pick(&chooser, "create_new").await.path(), "/account");
    assert_eq!(w.links("p-vera").await, 1);
    // That it is linked by now ends what was open for it; the next one is refused for its source.
    let refused = held.pick(&waiting, "create_new").await;
    assert_eq!(refused.refusal(), "attempt.expired", "{}", refused.body);
    let callback = held.at_provider(&start, "p-vera").await;
    held.get(&callback).await;
    assert!(!held.is_signed_in().await);
    // A name is no source: what waits goes on.
    assert_eq!(good.pick(&page, "create_new").await.refusal(), "policy.changed");
    let other = w.browser();
    let page = other.sign_in("plain", "p-new").await;
    assert!(
        save(&delegate, &with(plain(&w.pigeon, false), &[("name", "Renamed")])).await.has("Saved.")
    );
    assert_eq!(other.pick(&page, "create_new").await.path(), "/account");
    w.healthy().await;
}

/// Writes a document past every check, as an older version of the server may have left one.
async fn written_before(w: &World, scope: &'static str, document: &'static str) {
    let (ligature, now) = (w.ligature(), w.ligature().now());
    let org = ligature.org;
    ligature
        .store
        .write::<_, storage::Error, _>(move |c| {
            Box::pin(async move {
                storage::policy::documents::add_policy_version(
                    c, org, scope, document, "active", "cli", now,
                )
                .await
            })
        })
        .await
        .unwrap();
}

async fn put_in_force(owner: &Browser, scope: &str, document: &str) -> Page {
    let draft =
        owner.post("/fn/admin/policy/draft", &[("scope", scope), ("document", document)]).await;
    assert!(draft.path().starts_with("/admin/policy/versions/"), "{}", draft.body);
    owner
        .post(
            "/fn/admin/policy/version",
            &[("version", draft.path().rsplit('/').next().unwrap()), ("becomes", "active")],
        )
        .await
}

/// Shows DL-03.
#[tokio::test(flavor = "multi_thread")]
async fn dl_03_what_a_wide_scope_believes_it_believes_of_nobody() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    w.apply(json!({"applications": [{"client_id": "app", "name": "App", "secret": "a-secret-of-the-application", "redirect_uris": ["https://app.test/cb"]}]})).await;
    w.sign_up("vera@example.test").await;
    let delegate = with_role(&w, "provider@example.test", "provider-admin").await;
    let evil =
        evil("e-1", json!({"name": "V", "email": "vera@example.test", "email_verified": true}))
            .await;
    // No wide scope states it any more; what was stated before counts for nobody.
    for (scope, document) in [
        ("instance", r#"{"preset":"recommended","choices":{"verified_counts":true}}"#),
        ("organisation", r#"{"choices":{"domains":["example.test"]}}"#),
        ("application:app", r#"{"choices":{"second_factor_acr":["gold"]}}"#),
    ] {
        let page =
            owner.post("/fn/admin/policy/draft", &[("scope", scope), ("document", document)]).await;
        assert!(page.has("one provider at a time"), "{scope}: {}", page.body);
    }
    written_before(&w, "organisation", r#"{"choices":{"domains":["example.test"],"verified_counts":true,"second_factor_acr":["gold"]}}"#).await;
    assert!(save(&delegate, &oidc("fresh", &evil)).await.has("Saved."));
    let b = w.browser();
    let page = b.sign_in("fresh", "e-1").await;
    assert!(page.path().ends_with("/choose") && w.links("e-1").await == 0, "{}", page.body);
    // Nor do they say it themselves, in any part of the form.
    for more in [("verified_counts", "on"), ("domains", "example.test"), ("own_directory", "on")] {
        assert!(
            save(&delegate, &with(oidc("fresh", &evil), &[("create", "no"), more]))
                .await
                .has("Only an owner may say"),
            "{more:?}"
        );
    }
    // An owner says it of this provider by name, even in one application: there it counts, and from then on the
    // provider's source is the owner's, although nobody is linked.
    put_in_force(
        &owner,
        "application:app/provider:fresh",
        r#"{"choices":{"domains":["example.test"]}}"#,
    )
    .await;
    let page =
        save(&delegate, &with(oidc("fresh", &evil), &[("create", "no"), ("client_id", "another")]))
            .await;
    assert!(page.has(SOURCE), "{}", page.body);
    assert!(
        save(
            &owner,
            &with(
                oidc("fresh", &evil),
                &[("create", "no"), ("domains", "example.test"), ("own_directory", "on")]
            )
        )
        .await
        .has("Saved.")
    );
    let b = w.browser();
    let page = b.sign_in("fresh", "e-1").await;
    assert_eq!(
        (page.path().as_str(), w.links("e-1").await),
        ("/account", 1),
        "an owner's word links without a question: {}",
        page.body
    );
}

/// A page without what differs on every page: the address that was typed.
fn blind(page: &Page, typed: &str) -> String {
    assert_eq!(page.status, 200, "{}", page.body);
    let main = page.body.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    main.replace(&typed.replace('@', "%40"), "").replace(typed, "")
}

/// Shows DL-04.
#[tokio::test(flavor = "multi_thread")]
async fn dl_04_a_rehearsal_tells_whoever_may_not_see_accounts_nothing_of_them() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let delegate = with_role(&w, "provider@example.test", "provider-admin").await;
    w.browser().sign_in("meridian", "m-vera").await;
    let url = |address: &str, more: &str| {
        format!(
            "/admin/policy/try?provider=atlas&email={}&verified=on{more}",
            address.replace('@', "%40")
        )
    };
    // Whoever sees accounts is told whom a rule finds.
    let told = owner.get(&url("vera@example.test", "")).await;
    assert!(told.has("Found: Vera") && !told.has("If nobody has this address"), "{}", told.body);
    // A delegate is told what would happen in each case, and the same for everybody.
    for more in ["", "&proven=on", "&subject=m-vera", "&version=1"] {
        let (here, nobody) = (
            delegate.get(&url("vera@example.test", more)).await,
            delegate.get(&url("free@example.test", more)).await,
        );
        assert_eq!(
            blind(&here, "vera@example.test"),
            blind(&nobody, "free@example.test"),
            "{more}"
        );
        assert!(
            here.has("If nobody has this address")
                && here.has("If one account owns this address")
                && here.has("If several accounts hold this address"),
            "{}",
            here.body
        );
        assert!(
            here.has("Opens a new account") && here.has("Asks what the person wants"),
            "{}",
            here.body
        );
        assert!(!here.has("Vera") && !here.has("Found:"));
    }
    for account in ["vera@example.test", "free@example.test"] {
        assert_eq!(
            delegate
                .get(&format!(
                    "/admin/policy/try?provider=meridian&account={}",
                    account.replace('@', "%40")
                ))
                .await
                .refusal(),
            "admin.forbidden"
        );
    }
    // Nor do dry runs, replays, and the counts of dangers.
    let draft = owner
        .post(
            "/fn/admin/policy/draft",
            &[("scope", "provider:atlas"), ("document", r#"{"choices":{"none":"refuse"}}"#)],
        )
        .await;
    let version = draft.path();
    owner
        .post("/fn/admin/policy/dry-run", &[("version", version.rsplit('/').next().unwrap())])
        .await;
    assert!(
        owner.get(&version).await.has("id=\"dry-run\"")
            && owner.get(&format!("{version}/replay")).await.status == 200
    );
    let seen = delegate.get(&format!("{version}?bucket=ask")).await;
    assert!(
        seen.status == 200 && !seen.has("id=\"dry-run\"") && !seen.has("/admin/accounts/"),
        "{}",
        seen.body
    );
    assert_eq!(delegate.get(&format!("{version}/replay")).await.refusal(), "admin.forbidden");
    for page in ["/admin/policy/presets/authing_field", "/admin/policy/effective?provider=meridian"]
    {
        assert!(
            owner.get(page).await.has("Accounts it touches")
                && !delegate.get(page).await.has("Accounts it touches"),
            "{page}"
        );
    }
}

/// The document in force of the instance.
async fn instance(w: &World) -> Document {
    let ligature = w.ligature();
    let rows = storage::policy::documents::list_live_policies(
        &mut ligature.store.read().await.unwrap(),
        ligature.org,
    )
    .await
    .unwrap();
    Document::parse(
        &rows.iter().rfind(|r| r.scope == "instance" && r.state == "active").unwrap().document,
    )
    .unwrap()
}

/// Shows PL-01.
#[tokio::test(flavor = "multi_thread")]
async fn pl_01_the_switches_change_what_was_changed_and_show_it_first() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let mut text: serde_json::Value =
        serde_json::from_str(domain::policy::preset_text("goss").unwrap()).unwrap();
    text["permits"]["create"] = json!(true);
    text["permits"]["choose_new"] = json!(false);
    text["permits"]["email_code_sign_in"] = json!(true);
    text["floors"]["pin_tries"] = json!(1);
    text["choices"]["agreements"] =
        json!([{"id": "terms", "version": "1", "title": "Terms", "url": "https://ex.test/terms"}]);
    text["choices"]["rules"][0]["description"] = json!("written by hand");
    put_in_force(&owner, "instance", &text.to_string()).await;
    let before = instance(&w).await;
    let all_on = [
        ("preset", "goss"),
        ("link_on_login", "on"),
        ("account_management", "on"),
        ("create", "on"),
        ("mail_mode", "confirmationrequired"),
    ];
    let same = owner.post("/fn/admin/policy", &all_on).await;
    assert!(same.path() == "/admin/policy" && same.has("No difference"), "{}", same.body);
    let page = owner.post("/fn/admin/policy", &[all_on[0], all_on[1], all_on[2], all_on[4]]).await;
    assert!(
        page.path().starts_with("/admin/policy/versions/") && page.has("Nothing has changed yet"),
        "{}",
        page.body
    );
    let shown = page.body.replace("<!>", "");
    let table = shown.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap().to_owned();
    assert!(
        table.contains("<code>create</code>") && table.matches("<tr>").count() == 1,
        "one field, and no other: {table}"
    );
    assert_eq!(instance(&w).await, before, "shown is not saved");
    let saved = owner.switches(&[all_on[0], all_on[1], all_on[2], all_on[4]]).await;
    assert!(saved.has("Published."), "{}", saved.body);
    let mut expected = before.clone();
    expected.permits.create = Some(false);
    assert_eq!(instance(&w).await, expected);
    // What was shown is what is put in force: a difference that was looked at before another change is shown again.
    let (first, second) = (
        owner.post("/fn/admin/policy", &all_on).await,
        owner.post("/fn/admin/policy", &[all_on[0], all_on[1], all_on[4]]).await,
    );
    assert!(owner.activate(&first).await.has("Published."));
    let stale = owner.activate(&second).await;
    assert!(stale.has("has changed since you opened this page"), "{}", stale.body);
    assert_eq!(instance(&w).await, before);
}

/// The way on of the page that confirms.
fn leads_back(page: &Page) -> String {
    assert_eq!(page.path(), "/account/confirm", "{} {}", page.url, page.body);
    page.body
        .split("name=\"to\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&")
}

async fn confirm(b: &Browser, page: &Page) -> Page {
    b.post("/fn/account/confirm/password", &[("password", PASSWORD), ("to", &leads_back(page))])
        .await
}

async fn account_of(w: &World, email: &str) -> String {
    storage::accounts::find_owner(
        &mut w.ligature().store.read().await.unwrap(),
        w.ligature().org,
        email,
    )
    .await
    .unwrap()
    .unwrap()
    .to_string()
}

/// What administrators have done so far.
async fn acts(w: &World) -> i64 {
    w.rows("audit_event", "actor", "admin").await
}

/// Shows DL-06: a session that was left open, or its cookie in other hands, reads and does not act.
#[tokio::test(flavor = "multi_thread")]
async fn dl_06_every_act_of_the_console_asks_for_a_sign_in_of_the_last_ten_minutes() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    w.apply(json!({"applications": [{"client_id": "app", "name": "App", "secret": "a-secret-of-the-application", "redirect_uris": ["https://app.test/cb"]}]})).await;
    w.sign_up("target@example.test").await;
    w.sign_up("other@example.test").await;
    w.organisation("acme", "goss").await;
    let target = account_of(&w, "target@example.test").await;
    let draft = owner
        .post("/fn/admin/policy/draft", &[("scope", "provider:atlas"), ("document", "{}")])
        .await;
    let version = draft.path().rsplit('/').next().unwrap().to_owned();
    type Acts<'a> = Vec<(&'a str, Vec<(&'a str, &'a str)>)>;
    let account = target.as_str();
    let all: Acts = vec![
        (
            "/fn/admin/account/role",
            vec![("account", account), ("role", "support"), ("given", "yes")],
        ),
        (
            "/fn/admin/account/role",
            vec![("account", account), ("role", "support"), ("given", "no")],
        ),
        ("/fn/admin/account/state", vec![("account", account), ("enabled", "no")]),
        ("/fn/admin/account/state", vec![("account", account), ("enabled", "yes")]),
        (
            "/fn/admin/provider",
            vec![("form[key]", "pigeon"), ("form[association][verified_counts]", "true")],
        ),
        (
            "/fn/admin/policy",
            vec![
                ("preset", "goss"),
                ("link_on_login", "on"),
                ("create", "on"),
                ("mail_mode", "none"),
                ("accept_unproven_links", "on"),
            ],
        ),
        (
            "/fn/admin/policy/draft",
            vec![
                ("scope", "instance"),
                ("document", r#"{"permits":{"accept_unproven_links":true}}"#),
            ],
        ),
        ("/fn/admin/policy/dry-run", vec![("version", &version)]),
        ("/fn/admin/policy/version", vec![("version", &version), ("becomes", "active")]),
        ("/fn/admin/policy/roll-back", vec![("version", "1")]),
        (
            "/fn/admin/application",
            vec![
                ("fields[client_id]", "app"),
                ("fields[name]", "Renamed"),
                ("fields[redirect_uris]", "https://app.test/cb"),
                ("fields[application_kind]", "web"),
                ("fields[grant_code]", "on"),
                ("fields[token_seconds]", "600"),
                ("fields[refresh_seconds]", "7200"),
                ("fields[algorithm]", "RS256"),
                ("fields[active]", "on"),
            ],
        ),
        ("/fn/admin/application/secret", vec![("client_id", "app")]),
        ("/fn/admin/registration", vec![("label", "programs"), ("uses", "1"), ("days", "1")]),
        ("/fn/admin/group/create", vec![("form[key]", "staff")]),
        ("/fn/admin/group", vec![("form[key]", "staff"), ("form[name]", "Staff")]),
        ("/fn/admin/group/add", vec![("form[key]", "staff"), ("form[who]", account)]),
        ("/fn/admin/group/remove", vec![("form[key]", "staff"), ("form[who]", account)]),
        (
            "/fn/admin/provider/groups",
            vec![
                ("form[key]", "atlas"),
                ("form[rules][0][value]", "staff"),
                ("form[rules][0][group]", "staff"),
            ],
        ),
        (
            "/fn/admin/provider/profile",
            vec![
                ("form[key]", "atlas"),
                ("form[fields][0][field]", "family_name"),
                ("form[fields][0][on_login]", "true"),
            ],
        ),
        ("/fn/admin/group/delete", vec![("form[key]", "staff")]),
        ("/fn/admin/brand", vec![("name", "Renamed"), ("colour", "")]),
        ("/fn/admin/organisation", vec![("slug", "default"), ("name", "Renamed again")]),
    ];
    // These end something that the good way would have to make first; without presence they are not even looked up.
    let ends: Acts = vec![
        ("/fn/admin/account/merge", vec![("account", account), ("other", "other@example.test")]),
        ("/fn/admin/account/second-factor", vec![("account", account)]),
        ("/fn/admin/account/email", vec![("account", account), ("address", "target@example.test")]),
        ("/fn/admin/organisation/owner", vec![("slug", "acme")]),
        (
            "/fn/admin/provider/move",
            vec![("form[key]", "meridian"), ("form[to]", "atlas"), ("form[confirmed]", "0")],
        ),
        ("/fn/admin/provider/move/end", vec![("form[key]", "meridian"), ("form[to]", "atlas")]),
        // The good way leads to the provider.
        ("/fn/admin/provider/test-sign-in", vec![("form[key]", "meridian")]),
    ];
    let listed: Vec<&str> = all
        .iter()
        .chain(&ends)
        .map(|(path, _)| *path)
        .chain([
            "/fn/admin/provider/add",
            "/fn/admin/provider/test",
            "/fn/admin/provider/delete",
            "/fn/admin/registration/end",
            // With a file, below.
            "/fn/admin/brand/logo",
        ])
        .collect();
    for path in server::router::function_paths() {
        assert!(
            !path.starts_with("/fn/admin/") || listed.contains(&path),
            "{path} is not asked for presence here"
        );
    }
    for (path, form) in &all {
        let before = acts(&w).await;
        let page = owner.post(path, form).await;
        let told = *path == "/fn/admin/application" || acts(&w).await > before;
        assert!(
            !page.path().starts_with("/refused") && page.path() != "/account/confirm" && told,
            "{path}: {} {}",
            page.url,
            page.body
        );
    }
    assert_eq!(w.rows("application", "name", "Renamed").await, 1);
    // Two hours later.
    w.pass(2 * 3600);
    for page in [
        "/admin",
        "/admin/providers/pigeon",
        "/admin/policy",
        "/admin/policy/document",
        "/admin/accounts",
        "/admin/applications",
        "/admin/audit",
        "/admin/brand",
        "/admin/organisations",
    ] {
        assert_eq!(owner.get(page).await.status, 200, "{page}");
    }
    let before = (
        acts(&w).await,
        w.rows("policy", "state", "draft").await,
        w.rows("role", "name", "support").await,
    );
    let applications = owner.get("/admin/applications").await;
    let registration =
        applications.body.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let ended: Acts = vec![("/fn/admin/registration/end", vec![("id", registration)])];
    for (path, form) in all.iter().chain(&ends).chain(&ended) {
        let page = owner.post(path, form).await;
        assert!(leads_back(&page).starts_with("/admin"), "{path}: {}", page.url);
    }
    // The logo, which comes as a file.
    let file = "--x\r\nContent-Disposition: form-data; name=\"remove\"\r\n\r\nyes\r\n--x--\r\n";
    let logo = owner
        .request(reqwest::Method::POST, "/fn/admin/brand/logo")
        .header("origin", &owner.base)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "multipart/form-data; boundary=x")
        .body(file);
    let page = owner.send(logo).await;
    assert!(page.header("location").starts_with("/account/confirm"), "{}", page.header("location"));
    assert_eq!(
        (
            acts(&w).await,
            w.rows("policy", "state", "draft").await,
            w.rows("role", "name", "support").await
        ),
        before,
        "nothing happened"
    );
    // What was typed is there after the confirmation, and then it is saved.
    let renamed = with(
        oidc("pigeon", &w.pigeon),
        &[("create", "no"), ("name", "Typed Pigeon"), ("login_only", "on")],
    );
    let back = confirm(&owner, &save(&owner, &renamed).await).await;
    assert!(
        back.path() == "/admin/providers/pigeon"
            && back.has("value=\"Typed Pigeon\"")
            && back.has("name=\"form[association][login_only]\" value=\"true\" checked"),
        "{} {}",
        back.url,
        back.body
    );
    assert!(save(&owner, &renamed).await.has("Saved."));
    // A wrong password gives no presence, and nine minutes later the right one still counts.
    w.pass(11 * 60);
    let page =
        owner.post("/fn/admin/account/state", &[("account", account), ("enabled", "no")]).await;
    let wrong = owner
        .post(
            "/fn/account/confirm/password",
            &[("password", "another password"), ("to", &leads_back(&page))],
        )
        .await;
    assert_eq!(wrong.path(), "/account/confirm");
    assert_eq!(
        owner
            .post("/fn/admin/account/state", &[("account", account), ("enabled", "no")])
            .await
            .path(),
        "/account/confirm"
    );
    assert_eq!(confirm(&owner, &page).await.path(), format!("/admin/accounts/{target}"));
    w.pass(9 * 60);
    assert!(
        owner
            .post("/fn/admin/account/state", &[("account", account), ("enabled", "no")])
            .await
            .has("Switched off")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn id_11_a_delegates_provider_finds_no_administrator_by_an_address_and_the_trail_tells_of_it()
{
    let w = World::new("goss").await;
    let owner = w.owner().await;
    w.browser().sign_in("meridian", "m-vera").await;
    let delegate = with_role(&w, "provider@example.test", "provider-admin").await;
    let person = |sub: &str, email: &str| Person {
        sub: sub.into(),
        claims: json!({"name": "R", "email": email, "email_verified": true}),
    };
    let people = vec![
        person("r-vera", "vera@example.test"),
        person("r-owner", "owner@example.test"),
        person("r-delegate", "provider@example.test"),
    ];
    let at = Provider::serve(0, "Rogue", people).await.unwrap();
    let form = oidc("rogue", &at);
    assert!(save(&delegate, &form).await.has("Saved."));
    // Even where the owner says that its word counts.
    let believed = with(form, &[("create", "no"), ("verified_counts", "on"), ("secret", "")]);
    assert!(!save(&delegate, &believed).await.has("Saved."), "only an owner says so");
    let page = save(&owner, &believed).await;
    assert!(page.has("Saved."), "{}", page.body);
    let claimed = || w.rows("audit_event", "kind", "administrator.claimed");
    // The way without an attack: somebody without a role is found by their address.
    let found = w.browser().sign_in("rogue", "r-vera").await;
    assert_eq!((found.accounts().len(), claimed().await), (1, 0), "{}", found.body);
    // An owner is not, and neither is any other administrator; what the page shows is what strangers see.
    for (n, who) in [(1, "r-owner"), (2, "r-delegate")] {
        let b = w.browser();
        let page = b.sign_in("rogue", who).await;
        assert!(page.accounts().is_empty(), "{who}: {}", page.body);
        assert_eq!(claimed().await, n);
        assert_ne!(b.get("/admin").await.status, 200, "{who} opened the console");
    }
    let trail = owner.get("/admin/audit").await;
    assert!(trail.has("email and opened nothing"), "{}", trail.body);
}
