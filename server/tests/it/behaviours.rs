//! Behaviours of the five systems over HTTP that no journey walks by itself: direction flags, settings by application, what is
//! gathered and what is never sent, waiting times.
use crate::world::{Browser, PASSWORD, Page, World};
use domain::policy::{Document, preset_text};
use rehearsal::provider::Knobs;
use serde_json::{Value, json};

pub async fn policy(w: &World, scope: &str, document: Value) {
    w.ligature()
        .policy_admin()
        .use_document(scope, Document::parse(&document.to_string()).unwrap())
        .await
        .unwrap();
}

/// A preset with fields of the instance's own document changed.
async fn preset_with(w: &World, name: &str, change: impl FnOnce(&mut Value)) {
    let mut document: Value = serde_json::from_str(preset_text(name).unwrap()).unwrap();
    change(&mut document);
    policy(w, "instance", document).await;
}

async fn newest_code(w: &World, to: &str) -> String {
    let n = w.mails(to).await;
    w.mail(to, n).await.code.unwrap()
}

/// Types the code that went to the address last.
async fn prove(w: &World, b: &Browser, page: &Page, address: &str) -> Page {
    assert!(page.path().ends_with("/code"), "{} {}", page.url, page.body);
    b.code(page, &newest_code(w, address).await).await
}

async fn merge_with(b: &Browser, key: &str, who: &str) -> Page {
    let started = b.post_only("/fn/account/merge/provider", &[("provider", key)]).await;
    // Where it is clear before anybody goes to the provider, it is said here.
    if started.header("location").starts_with('/') {
        return b.follow(started).await;
    }
    let callback = b.at_provider(&started.header("location"), who).await;
    b.get(&callback).await
}

/// From and To of both providers, sixteen tables: the chooser, the list of My Account, and adding by force.
/// Shows LK-02, GO-16, GO-25, GO-26.
#[tokio::test(flavor = "multi_thread")]
async fn lk_02_go_16_go_25_go_26_sixteen_tables_of_flags_at_sign_in_and_in_my_account() {
    let w = World::new("goss").await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    b.add("harbour", "h-1").await;
    for key in ["pigeon", "harbour"] {
        w.provider(key, json!({"as_source": false})).await;
    }
    for bits in 0_u32..16 {
        let flag = |n: u32| bits & (1 << n) != 0;
        let (from, to, own_from, own_to) = (flag(0), flag(1), flag(2), flag(3));
        let place = format!("from {from}, to {to}, own from {own_from}, own to {own_to}");
        w.provider("atlas", json!({"as_source": from, "as_target": to})).await;
        w.provider("meridian", json!({"as_source": own_from, "as_target": own_to})).await;
        let may = from && to && own_to;
        let c = w.browser();
        let chooser = c.sign_in("atlas", "a-vera").await;
        assert!(
            chooser.has("value=\"use_existing\"") && chooser.has("value=\"create_new\""),
            "{place}: {}",
            chooser.body
        );
        assert_eq!(chooser.has("value=\"add_to_existing\""), may, "{place}");
        let picked = c.pick(&chooser, "add_to_existing").await;
        assert_eq!(picked.path().ends_with("/code"), may, "{place}: {}", picked.url);
        let account = b.get("/account").await;
        assert_eq!(account.offers("/fn/account/add", "atlas"), may, "{place}");
        // Where the account may not be linked to there is just a list; adding is one thing, removing the other.
        assert_eq!(account.has("/remove"), own_to, "{place}");
        assert_eq!(account.has("does not allow changes here"), !own_to, "{place}");
        if !may {
            assert_eq!(b.add("atlas", "a-vera").await.refusal(), "link.not_allowed", "{place}");
        }
    }
    assert_eq!(w.links("a-vera").await, 0);
    // The good way, after all of them.
    w.provider("atlas", json!({})).await;
    w.provider("meridian", json!({})).await;
    assert_eq!(b.add("atlas", "a-vera").await.path(), "/account");
    w.healthy().await;
}

/// Shows GO-26: what is only listed cannot be removed by force either, until the flag is back.
#[tokio::test(flavor = "multi_thread")]
async fn go_26_a_fixed_list_is_fixed_for_every_method_in_it_and_opens_again() {
    let w = World::new("goss").await;
    let b = w.sign_up("vera@example.test").await;
    b.add("meridian", "m-ben").await;
    b.add("harbour", "h-1").await;
    let page = b.get("/account").await;
    let removes: Vec<String> = page
        .body
        .split("href=\"/account/methods/")
        .skip(1)
        .map(|r| r.split('/').next().unwrap().to_owned())
        .collect();
    assert_eq!(removes.len(), 3, "two providers and the password: {}", page.body);
    w.provider("harbour", json!({"as_target": false})).await;
    let fixed = b.get("/account").await;
    assert!(
        !fixed.has("/remove")
            && fixed.has("does not allow changes here")
            && !fixed.has("Add a way to sign in"),
        "{}",
        fixed.body
    );
    for link in &removes {
        assert_eq!(
            b.get(&format!("/account/methods/{link}/remove")).await.refusal(),
            "account.management_off",
            "{link}"
        );
        assert_eq!(
            b.post("/fn/account/remove", &[("link", link)]).await.refusal(),
            "account.management_off",
            "{link}"
        );
    }
    assert_eq!(b.methods().await.len(), 3);
    w.provider("harbour", json!({})).await;
    assert!(
        b.post("/fn/account/remove", &[("link", &removes[0])])
            .await
            .has("The sign-in method is removed.")
    );
    w.healthy().await;
}

/// Each provider of the two accounts may be what forbids it, whoever asks: the person or an administrator.
/// Shows MG-01, ZI-15.
#[tokio::test(flavor = "multi_thread")]
async fn mg_01_zi_15_a_merge_asks_the_flags_of_every_provider_that_moves_and_of_every_one_that_is_there()
 {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let v = w.sign_up("vera@example.test").await;
    v.add("meridian", "m-vera").await;
    let other = w.browser();
    other.pick(&other.sign_in("harbour", "h-1").await, "create_new").await;
    w.sign_up("ben@example.test").await;
    let id = |page: &Page| {
        page.body
            .split("href=\"/admin/accounts/")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    let vera = id(&owner.get("/admin/accounts?q=vera%40example.test").await);
    let by_admin = async |other: &str| {
        owner.post("/fn/admin/account/merge", &[("account", &vera), ("other", other)]).await
    };
    for (key, flags, says) in [
        ("harbour", json!({"as_source": false}), "link.not_allowed"),
        ("harbour", json!({"as_target": false}), "link.not_allowed"),
        ("meridian", json!({"as_target": false}), "link.not_allowed"),
    ] {
        w.provider(key, flags.clone()).await;
        assert_eq!(merge_with(&v, "harbour", "h-1").await.refusal(), says, "{key} {flags}");
        w.provider(key, json!({})).await;
    }
    // Nothing of a provider moves with a password account; the one that stays may still not be linked to.
    w.provider("meridian", json!({"as_target": false})).await;
    assert_eq!(
        v.post("/fn/account/merge", &[("email", "ben@example.test"), ("password", PASSWORD)])
            .await
            .refusal(),
        "link.not_allowed"
    );
    assert!(!v.get("/account").await.has("Merge another account into this one"));
    w.provider("meridian", json!({})).await;
    // A mirroring provider shares no account with a password, whichever account it is in.
    policy(&w, "provider:harbour", json!({"choices": {"mirror_groups": true}})).await;
    assert_eq!(merge_with(&v, "harbour", "h-1").await.refusal(), "link.isolated");
    policy(&w, "provider:harbour", json!({})).await;
    // The flag is switched while the preview is open: the word on it is decided anew.
    let preview = merge_with(&v, "harbour", "h-1").await;
    assert!(preview.path().ends_with("/merge"), "{}", preview.body);
    w.provider("harbour", json!({"as_source": false})).await;
    assert_eq!(
        v.post("/fn/attempt/merge", &[("attempt", &preview.attempt())]).await.refusal(),
        "link.not_allowed"
    );
    // Administrators, where the policy leaves it to them, meet the same.
    preset_with(&w, "recommended", |d| d["choices"]["merge"] = json!("admin")).await;
    w.provider("meridian", json!({"as_target": false})).await;
    assert_eq!(by_admin("ben@example.test").await.refusal(), "link.not_allowed");
    assert_eq!(w.rows("account", "state", "merged").await, 0);
    for key in ["harbour", "meridian"] {
        w.provider(key, json!({})).await;
    }
    assert!(by_admin("ben@example.test").await.has("The accounts are one now"), "the good way");
    assert_eq!(w.rows("account", "state", "merged").await, 1);
    w.healthy().await;
}

/// Shows GO-08, GO-09: a provider that mirrors groups is apart from all others, the password and those that mirror too
/// included, whatever isolation names say.
#[tokio::test(flavor = "multi_thread")]
async fn go_08_mirroring_providers_share_with_nobody() {
    let w = World::new("goss").await;
    let mirror = |isolation: &str| json!({"choices": {"verified_counts": true, "mirror_groups": true, "isolation": isolation}});
    policy(&w, "provider:atlas", mirror("")).await;
    let local = w.sign_up("local@example.test").await;
    assert!(!local.get("/account").await.offers("/fn/account/add", "atlas"));
    assert_eq!(local.add("atlas", "a-new").await.refusal(), "link.isolated");
    let b = w.browser();
    b.sign_in("atlas", "a-vera").await;
    let page = b.get("/account").await;
    assert!(
        !page.offers("/fn/account/add", "meridian") && !page.offers("/fn/account/add", "harbour"),
        "{}",
        page.body
    );
    assert_eq!(b.add("harbour", "h-1").await.refusal(), "link.isolated");
    // Two of them are apart from each other, too.
    for name in ["adfs", ""] {
        policy(&w, "provider:harbour", mirror(name)).await;
        assert!(!b.get("/account").await.offers("/fn/account/add", "harbour"));
        assert_eq!(b.add("harbour", "h-1").await.refusal(), "link.isolated", "{name}");
    }
    // Neither mirrors any more: both are of the common domain.
    for key in ["atlas", "harbour"] {
        policy(&w, &format!("provider:{key}"), json!({})).await;
    }
    assert_eq!(b.add("harbour", "h-1").await.path(), "/account", "the good way");
    w.healthy().await;
}

/// Shows GO-27: an account whose providers came to differ keeps working, takes nothing, and is whole again with the flag.
#[tokio::test(flavor = "multi_thread")]
async fn go_27_a_mixed_account_opens_by_every_method_and_takes_none_until_all_allow_it() {
    let w = World::new("goss").await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    b.add("harbour", "h-1").await;
    w.provider("harbour", json!({"as_target": false})).await;
    for (key, who) in [("meridian", "m-vera"), ("harbour", "h-1")] {
        assert_eq!(w.browser().sign_in(key, who).await.path(), "/account", "{key}");
    }
    let chooser = w.browser().sign_in("atlas", "a-vera").await;
    assert!(
        chooser.has("value=\"use_existing\"") && !chooser.has("value=\"add_to_existing\""),
        "{}",
        chooser.body
    );
    assert_eq!(b.add("atlas", "a-vera").await.refusal(), "link.not_allowed");
    w.provider("harbour", json!({})).await;
    assert_eq!(b.add("atlas", "a-vera").await.path(), "/account");
    w.healthy().await;
}

/// The fields of a page's form as a browser would send them, untouched: the form of an action that has a field.
fn untouched(page: &Page, action: &str, having: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        tag.split(&format!("{name}=\"")).nth(1).and_then(|r| r.split('"').next()).map(str::to_owned)
    };
    let form = page
        .body
        .split(&format!("action=\"{action}\""))
        .skip(1)
        .filter_map(|rest| rest.split("</form>").next())
        .find(|form| form.contains(&format!("name=\"{having}\"")))
        .unwrap();
    form.split("<input")
        .skip(1)
        .filter_map(|rest| {
            let tag = rest.split('>').next().unwrap();
            let chosen = !(tag.contains("type=\"checkbox\"") || tag.contains("type=\"radio\""))
                || tag.contains(" checked");
            chosen.then(|| {
                (attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap_or_default())
            })
        })
        .collect()
}

/// Shows NE-16, GO-53: nothing but the connection is filled in, and people with accounts come in by it.
#[tokio::test(flavor = "multi_thread")]
async fn ne_16_go_53_a_provider_with_nothing_but_its_connection_links_and_creates() {
    let w = World::new("nevis").await;
    let owner = w.owner().await;
    w.sign_up("vera@example.test").await;
    let mut form = untouched(
        &owner.get("/admin/providers/new?preset=oidc").await,
        "/fn/admin/provider/add",
        "form[key]",
    );
    for (name, value) in [
        ("form[name]", "Fresh"),
        ("form[key]", "fresh"),
        ("form[client_id]", "ligature"),
        ("form[secret]", "rehearsal-secret"),
        ("form[settings][issuer]", w.atlas.issuer.as_str()),
    ] {
        let field = form.iter_mut().find(|(n, _)| n == name).unwrap();
        value.clone_into(&mut field.1);
    }
    w.provider("atlas", json!({"enabled": false})).await;
    let fields: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let saved = owner.post("/fn/admin/provider/add", &fields).await;
    assert!(saved.has("Saved, turned off"), "{}", saved.body);
    for flag in ["as_source", "as_target"] {
        let on = format!("name=\"form[association][{flag}]\" value=\"true\" checked");
        assert!(saved.has(&on), "{flag} is on until somebody says otherwise");
    }
    let switch = [("form[key]", "fresh"), ("form[enabled]", "true")];
    assert!(owner.post("/fn/admin/provider", &switch).await.has("Saved."));
    let b = w.browser();
    let done = prove(&w, &b, &b.sign_in("fresh", "a-vera").await, "vera@example.test").await;
    assert_eq!(
        (done.path().as_str(), b.methods().await),
        ("/account", vec!["Fresh".to_owned(), "Password".to_owned()])
    );
    let new = w.browser();
    assert_eq!(
        prove(&w, &new, &new.sign_in("fresh", "a-new").await, "new@example.test").await.path(),
        "/account"
    );
    // Next time nothing is asked at all.
    assert!(
        !w.browser().sign_in("fresh", "a-vera").await.way.iter().any(|u| u.contains("/attempt/"))
    );
    w.healthy().await;
}

/// Shows NE-01: every way to begin, every other way afterwards, one account.
#[tokio::test(flavor = "multi_thread")]
async fn ne_01_whatever_the_first_way_was_every_other_one_leads_to_the_same_account() {
    const ADDRESS: &str = "vera@example.test";
    for first in ["password", "meridian", "atlas", "pigeon"] {
        let w = World::new("nevis").await;
        let come = async |way: &str| -> Browser {
            let b = w.browser();
            let page = match way {
                "password" => {
                    let signed_in = b.password(ADDRESS, PASSWORD).await;
                    if signed_in.path() == "/account" {
                        return b;
                    }
                    // No password yet: it is set by the mailbox, on the account that is there.
                    let asked = b.post("/fn/reset/ask", &[("email", ADDRESS)]).await;
                    let code = newest_code(&w, ADDRESS).await;
                    b.post(
                        "/fn/reset/set",
                        &[("attempt", &asked.attempt()), ("code", &code), ("password", PASSWORD)],
                    )
                    .await;
                    return b;
                }
                "meridian" => b.sign_in("meridian", "m-vera").await,
                "atlas" => b.sign_in("atlas", "a-vera").await,
                _ => b.sign_in("pigeon", "p-vera").await,
            };
            if page.path().ends_with("/code") {
                prove(&w, &b, &page, ADDRESS).await;
            }
            b
        };
        if first == "password" {
            w.sign_up(ADDRESS).await;
        } else {
            assert!(come(first).await.is_signed_in().await);
        }
        for way in ["password", "meridian", "atlas", "pigeon"] {
            let b = come(way).await;
            assert!(b.is_signed_in().await && w.accounts().await == 1, "first {first}, then {way}");
        }
        // And once more, without a code: each is linked by now.
        let sent = w.mails(ADDRESS).await;
        for way in ["password", "meridian", "atlas", "pigeon"] {
            assert!(come(way).await.is_signed_in().await);
        }
        assert_eq!((w.mails(ADDRESS).await, w.accounts().await), (sent, 1), "{first}");
        w.healthy().await;
    }
}

/// Shows NE-06: the account stands as pending from the moment the form is sent, and is nothing but that until the code.
#[tokio::test(flavor = "multi_thread")]
async fn ne_06_a_sign_up_is_a_pending_account_until_the_mailbox_answers() {
    let w = World::new("nevis").await;
    let b = w.browser();
    let page = b
        .post(
            "/fn/signup",
            &[("email", "vera@example.test"), ("name", "Vera"), ("password", PASSWORD)],
        )
        .await;
    assert!(page.path().ends_with("/code"), "{}", page.body);
    assert_eq!(
        (w.rows("account", "state", "pending").await, w.rows("account", "state", "active").await),
        (1, 0)
    );
    assert!(!b.is_signed_in().await);
    assert_ne!(w.browser().password("vera@example.test", PASSWORD).await.path(), "/account");
    assert_eq!(prove(&w, &b, &page, "vera@example.test").await.path(), "/account");
    assert_eq!(
        (w.rows("account", "state", "pending").await, w.rows("account", "state", "active").await),
        (0, 1)
    );
    assert_eq!(w.browser().password("vera@example.test", PASSWORD).await.path(), "/account");
    w.healthy().await;
}

/// Shows AU-07, AU-08, AU-11, AU-12, AU-13: the administrator's choice on the provider's form, and what each value does.
#[tokio::test(flavor = "multi_thread")]
async fn au_07_au_08_field_match_and_ask_binding_are_chosen_on_the_form_and_obeyed() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    for address in ["vera@example.test", "ben@example.test", "theo@example.test"] {
        w.sign_up(address).await;
    }
    let choose = async |mode: &str| {
        let page = owner.get("/admin/providers/atlas").await;
        let fields: Vec<(String, String)> =
            untouched(&page, "/fn/admin/provider", "form[association][mode]")
                .into_iter()
                .map(
                    |(n, v)| {
                        if n == "form[association][mode]" { (n, mode.to_owned()) } else { (n, v) }
                    },
                )
                .collect();
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let saved = owner.post("/fn/admin/provider", &fields).await;
        assert!(saved.has("Saved."), "{mode}: {}", saved.body);
        let checked = format!(
            "id=\"association-{mode}\" name=\"form[association][mode]\" value=\"{mode}\" checked"
        );
        assert!(owner.get("/admin/providers/atlas").await.has(&checked), "{mode}");
    };
    // Ask binding: a new account, or one that is named and shown.
    choose("ask_binding").await;
    let b = w.browser();
    let asked = b.sign_in("atlas", "a-vera").await;
    assert!(
        asked.has("value=\"enter_account\"")
            && asked.has("value=\"create_new\"")
            && !asked.has("value=\"add_to_existing\""),
        "{}",
        asked.body
    );
    let page = b.pick(&asked, "enter_account").await;
    let bound = b
        .post(
            "/fn/attempt/password",
            &[("attempt", &page.attempt()), ("email", "vera@example.test"), ("password", PASSWORD)],
        )
        .await;
    assert_eq!(
        (bound.path().as_str(), w.links("a-vera").await, w.accounts().await),
        ("/account", 1, 4),
        "{}",
        bound.body
    );
    let new = w.browser();
    let asked = new.sign_in("atlas", "a-new").await;
    assert_eq!(new.pick(&asked, "create_new").await.path(), "/account");
    assert_eq!(w.accounts().await, 5);
    // Field match: no question. By the address alone only with the unsafe permit; a code to the account's mailbox without.
    choose("field_match").await;
    w.atlas.person(
        "a-ben",
        json!({"name": "Ben", "email": "ben@example.test", "email_verified": true}),
    );
    let c = w.browser();
    let page = c.sign_in("atlas", "a-ben").await;
    assert!(!page.has("name=\"pick\""), "{}", page.body);
    assert_eq!(w.links("a-ben").await, 0);
    assert_eq!(prove(&w, &c, &page, "ben@example.test").await.path(), "/account");
    assert_eq!((w.links("a-ben").await, w.accounts().await), (1, 5));
    preset_with(&w, "goss", |d| d["permits"] = json!({"accept_unproven_links": true})).await;
    w.atlas.person(
        "a-theo",
        json!({"name": "Theo", "email": "theo@example.test", "email_verified": true}),
    );
    let direct = w.browser().sign_in("atlas", "a-theo").await;
    assert_eq!(
        (direct.path().as_str(), w.links("a-theo").await),
        ("/account", 1),
        "AU-08: {}",
        direct.body
    );
    assert!(!direct.way.iter().any(|u| u.contains("/attempt/")));
    assert_eq!(w.accounts().await, 5);
    w.healthy().await;
}

/// Shows ZI-08: everything that an account's identities did stands in one timeline, each event with its identity's provider.
#[tokio::test(flavor = "multi_thread")]
async fn zi_08_an_accounts_timeline_names_the_provider_of_each_event() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    b.add("harbour", "h-1").await;
    w.browser().sign_in("harbour", "h-1").await;
    w.browser().sign_in("meridian", "m-ben").await;
    let id = owner
        .get("/admin/accounts?q=vera%40example.test")
        .await
        .body
        .split("href=\"/admin/accounts/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let page = owner.get(&format!("/admin/accounts/{id}")).await;
    let timeline = page.body.split(">Activity<").last().unwrap().replace("<!>", "");
    // Opened by one, the other added, then signed in by the other: newest first.
    let at = |text: &str| timeline.find(text).unwrap_or_else(|| panic!("{text}: {timeline}"));
    assert!(
        timeline.matches("harbour").count() >= 2 && timeline.contains("meridian"),
        "{timeline}"
    );
    assert!(at("harbour") < timeline.rfind("meridian").unwrap(), "{timeline}");
    assert!(
        !timeline.contains("m-ben") && !timeline.contains("ben@example.test"),
        "only this account's"
    );
    // The person sees the same of their own.
    let own = b.get("/account/activity").await;
    assert!(own.has("Harbour") && own.has("Meridian"), "{}", own.body);
}

/// Shows ZI-11: both are on the page, and both lead in.
#[tokio::test(flavor = "multi_thread")]
async fn zi_11_the_password_and_every_provider_are_offered_and_each_of_them_works() {
    let w = World::new("zitadel").await;
    w.sign_up("local@example.test").await;
    let page = w.browser().get("/login").await;
    assert!(
        page.has("action=\"/fn/signin/password\"") && page.has("name=\"password\""),
        "{}",
        page.body
    );
    for (key, name) in
        [("meridian", "Meridian"), ("pigeon", "Pigeon"), ("atlas", "Atlas"), ("harbour", "Harbour")]
    {
        assert!(
            page.offers("/fn/signin/provider", key) && page.has(&format!("Continue with {name}")),
            "{name}: {}",
            page.body
        );
    }
    assert_eq!(w.browser().password("local@example.test", PASSWORD).await.path(), "/account");
    let external = w.browser();
    let chooser = external.sign_in("meridian", "m-vera").await;
    let done = if chooser.path() == "/account" {
        chooser
    } else {
        external.pick(&chooser, "create_new").await
    };
    assert_eq!(
        (done.path().as_str(), external.methods().await),
        ("/account", vec!["Meridian".to_owned()])
    );
}

/// Shows ZI-13, ZI-14, ZI-18: who has the address, or the user name, is asked whether to link, and the other choice is a new
/// account. The look-ups run in the database; the pages are the preset's own.
#[tokio::test(flavor = "multi_thread")]
async fn zi_13_zi_14_zi_18_the_person_is_prompted_by_address_and_by_user_name() {
    let w = World::new("zitadel").await;
    w.meridian.set(Knobs { id_token: json!({"preferred_username": "vera.l"}), ..Knobs::default() });
    let first = w.browser();
    let page = first.sign_in("meridian", "m-vera").await;
    if page.path() != "/account" {
        first.pick(&page, "create_new").await;
    }
    assert!(first.get("/account").await.has("vera.l"), "the provider gave the user name");
    // By the address: another identity, no user name.
    let b = w.browser();
    let prompt = b.sign_in("atlas", "a-vera").await;
    assert!(
        prompt.path().ends_with("/choose")
            && prompt.has("value=\"add_to_existing\"")
            && prompt.has("value=\"create_new\"")
            && !prompt.has("value=\"use_existing\""),
        "{}",
        prompt.body
    );
    let asked = b.pick(&prompt, "add_to_existing").await;
    assert_eq!(prove(&w, &b, &asked, "vera@example.test").await.path(), "/account");
    assert_eq!((w.accounts().await, w.links("a-vera").await), (1, 1));
    // By the user name alone, whatever its case: the address is another, and the code goes to the account's own.
    w.atlas.set(Knobs { id_token: json!({"preferred_username": "Vera.L"}), ..Knobs::default() });
    let c = w.browser();
    let prompt = c.sign_in("atlas", "a-new").await;
    assert!(
        prompt.path().ends_with("/choose") && prompt.has("value=\"add_to_existing\""),
        "{} {}",
        prompt.url,
        prompt.body
    );
    let asked = c.pick(&prompt, "add_to_existing").await;
    assert_eq!(prove(&w, &c, &asked, "vera@example.test").await.path(), "/account");
    assert_eq!((w.accounts().await, w.links("a-new").await), (1, 1));
    // Neither fits: a new account, with what the provider gave.
    w.atlas.person(
        "a-else",
        json!({"name": "Else", "email": "else@example.test", "email_verified": true}),
    );
    w.atlas.set(Knobs { id_token: json!({"preferred_username": "somebody"}), ..Knobs::default() });
    let d = w.browser();
    let page = d.sign_in("atlas", "a-else").await;
    let done = if page.path() == "/account" { page } else { d.pick(&page, "create_new").await };
    assert_eq!((done.path().as_str(), w.accounts().await), ("/account", 2), "{}", done.body);
    w.healthy().await;
}

/// Shows ZI-17: creation or linking must be on, whichever scope takes the other away, unless login-only is spelt out.
#[tokio::test(flavor = "multi_thread")]
async fn zi_17_creation_and_linking_are_never_both_off_unless_login_only_is_spelt_out() {
    let w = World::new("zitadel").await;
    let owner = w.owner().await;
    let draft = async |document: Value| {
        owner
            .post(
                "/fn/admin/policy/draft",
                &[("scope", "provider:atlas"), ("document", &document.to_string())],
            )
            .await
    };
    for one in [json!({"permits": {"create": false}}), json!({"permits": {"link_on_login": false}})]
    {
        assert!(draft(one.clone()).await.path().starts_with("/admin/policy/versions/"), "{one}");
    }
    let both = json!({"permits": {"create": false, "link_on_login": false}});
    let refused = draft(both.clone()).await;
    assert!(
        refused.path() == "/admin/policy/document" && refused.has("login_only"),
        "{}",
        refused.body
    );
    let mut spelt = both;
    spelt["choices"] = json!({"login_only": true});
    let page = draft(spelt.clone()).await;
    assert!(page.path().starts_with("/admin/policy/versions/"), "{}", page.body);
    policy(&w, "provider:atlas", spelt).await;
    assert_eq!(w.browser().sign_in("atlas", "a-vera").await.refusal(), "link.login_only");
}

async fn applications(w: &World) {
    let one = |id: &str| json!({"client_id": id, "name": id, "secret": "a-secret-of-it-for-tests", "redirect_uris": ["http://127.0.0.1:9/back"]});
    w.apply(json!({"applications": [one("photos"), one("letters")]})).await;
}

async fn sign_in_for(b: &Browser, client: &str, key: &str, who: &str) -> Page {
    let login = b.get(&format!("/authorize?response_type=code&client_id={client}&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fback&scope=openid&state=st&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256")).await;
    let entry =
        login.url.split("entry=").nth(1).unwrap_or_default().split('&').next().unwrap().to_owned();
    let start = b
        .post_only("/fn/signin/provider", &[("provider", key), ("entry", &entry)])
        .await
        .header("location");
    let answer = b.send(b.request(reqwest::Method::GET, &b.at_provider(&start, who).await)).await;
    if answer.header("location").contains("/attempt/") { b.follow(answer).await } else { answer }
}

/// Shows GV-07, GV-01: the linking step is active for one application and not for the other, then for the whole domain.
#[tokio::test(flavor = "multi_thread")]
async fn gv_07_a_linking_step_acts_in_its_application_only_or_in_the_whole_domain() {
    let w = World::new("gravitee").await;
    applications(&w).await;
    w.sign_up("vera@example.test").await;
    let step = json!({"choices": {"rules": [{"id": "mail", "description": "Same address", "account": "email", "accept": [{"trust": "asserted", "proof": "none"}, {"trust": "asserted", "proof": "mailbox"}], "one": "link"}]}});
    preset_with(&w, "gravitee", |d| d["choices"]["rules"] = json!([])).await;
    policy(&w, "application:letters", step.clone()).await;
    // Letters has a step: a code, and the account that was there.
    let b = w.browser();
    let page = sign_in_for(&b, "letters", "atlas", "a-vera").await;
    assert!(page.path().ends_with("/code"), "{} {}", page.url, page.body);
    b.post_only(
        "/fn/attempt/code",
        &[("attempt", &page.attempt()), ("code", &newest_code(&w, "vera@example.test").await)],
    )
    .await;
    assert_eq!(
        (w.accounts().await, w.links("a-vera").await, b.methods().await.len()),
        (1, 1, 2),
        "with the step"
    );
    // Photos has none: the same person is a second user there.
    let c = w.browser();
    sign_in_for(&c, "photos", "meridian", "m-vera").await;
    assert_eq!(
        (w.accounts().await, c.methods().await),
        (2, vec!["Meridian".to_owned()]),
        "without a step"
    );
    // The same step for everybody.
    policy(&w, "application:letters", json!({})).await;
    preset_with(&w, "gravitee", |d| d["choices"]["rules"] = step["choices"]["rules"].clone()).await;
    let d = w.browser();
    assert!(sign_in_for(&d, "photos", "pigeon", "p-vera").await.path().ends_with("/code"));
}

/// Shows GV-08: the administrator reads the step's own description where the step is in force, and in the preset's page.
#[tokio::test(flavor = "multi_thread")]
async fn gv_08_a_linking_steps_description_is_shown_where_the_step_is() {
    let w = World::new("gravitee").await;
    let owner = w.owner().await;
    applications(&w).await;
    let step = json!({"choices": {"rules": [{"id": "mail", "description": "Staff by their own number", "account": "email", "accept": [{"trust": "asserted", "proof": "mailbox"}], "one": "link"}]}});
    assert!(
        !owner
            .get("/admin/policy/effective?application=photos")
            .await
            .has("Staff by their own number")
    );
    policy(&w, "application:photos", step.clone()).await;
    assert!(
        owner
            .get("/admin/policy/effective?application=photos")
            .await
            .has("Staff by their own number")
    );
    assert!(
        !owner
            .get("/admin/policy/effective?application=letters")
            .await
            .has("Staff by their own number")
    );
    let draft = owner
        .post("/fn/admin/policy/draft", &[("scope", "instance"), ("document", &step.to_string())])
        .await;
    assert!(draft.has("Staff by their own number"), "{}", draft.body);
}

/// Shows GO-41, GO-40: each provider fills the fields of its own mapping, the registration form asks for the rest.
#[tokio::test(flavor = "multi_thread")]
async fn go_41_what_is_gathered_depends_on_the_provider_and_on_the_registration_form() {
    let w = World::new("goss").await;
    let fields = |mapping: Value, on_create: Value| json!({"choices": {"verified_counts": true, "sync": {"on_create": on_create}, "mapping": mapping}});
    policy(
        &w,
        "provider:meridian",
        fields(json!({"attr.desk": "claims.office"}), json!(["name", "attr.desk"])),
    )
    .await;
    policy(
        &w,
        "provider:atlas",
        fields(json!({"attr.team": "claims.group"}), json!(["name", "attr.team"])),
    )
    .await;
    let claims = || Knobs {
        id_token: json!({"office": "B-12", "group": "red", "given_name": "Given"}),
        ..Knobs::default()
    };
    w.meridian.set(claims());
    w.atlas.set(claims());
    let by_meridian = w.browser().sign_in("meridian", "m-vera").await;
    assert!(
        by_meridian.has(">B-12<") && !by_meridian.has(">red<") && by_meridian.has("from Meridian"),
        "{}",
        by_meridian.body
    );
    let by_atlas = w.browser().sign_in("atlas", "a-new").await;
    assert!(
        by_atlas.has(">red<") && !by_atlas.has(">B-12<") && by_atlas.has("from Atlas"),
        "{}",
        by_atlas.body
    );
    // A provider that gives nothing, and a form that asks.
    policy(
        &w,
        "provider:harbour",
        json!({"choices": {"registration": [{"field": "given_name", "required": true}]}}),
    )
    .await;
    let c = w.browser();
    let asked = c.sign_in("harbour", "h-1").await;
    assert!(
        asked.path().ends_with("/details") && asked.has("given_name"),
        "{} {}",
        asked.url,
        asked.body
    );
    let name = asked
        .body
        .split("name=\"")
        .map(|r| r.split('"').next().unwrap_or_default())
        .find(|n| n.contains("given_name"))
        .unwrap()
        .to_owned();
    let done =
        c.post("/fn/attempt/details", &[("attempt", &asked.attempt()), (&name, "Ming")]).await;
    assert!(
        done.path() == "/account" && done.has(">Ming<") && done.has("entered by you"),
        "{} {}",
        done.url,
        done.body
    );
    w.healthy().await;
}

/// Shows GO-46: whatever happens to an account, its providers are asked to authenticate and for nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn go_46_nothing_is_ever_written_back_to_a_provider() {
    let w = World::new("goss").await;
    policy(&w, "provider:meridian", json!({"choices": {"verified_counts": true, "sync": {"on_create": ["name"], "on_login": ["name", "family_name"]}}})).await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    b.add("harbour", "h-1").await;
    // The profile follows, the address is taken over, a method goes, the account goes.
    w.meridian.set(Knobs {
        id_token: json!({"email": "vera.new@example.test", "family_name": "Wunderlich-Neu"}),
        ..Knobs::default()
    });
    let c = w.browser();
    let page = c.sign_in("meridian", "m-vera").await;
    let asked =
        c.post("/fn/attempt/email", &[("attempt", &page.attempt()), ("pick", "update")]).await;
    let done = c.code(&asked, &newest_code(&w, "vera.new@example.test").await).await;
    assert!(done.has("vera.new@example.test") && done.has("Wunderlich-Neu"), "{}", done.body);
    let link = done
        .body
        .split("href=\"/account/methods/")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    assert!(c.post("/fn/account/remove", &[("link", &link)]).await.has("removed"));
    let gone = c.post("/fn/account/delete", &[]).await;
    assert!(!c.is_signed_in().await, "{}", gone.body);
    for provider in [&w.meridian, &w.harbour] {
        let log = provider.log();
        assert!(log.iter().any(|s| s.what == "authorize") && log.iter().any(|s| s.what == "token"));
        for seen in log {
            let allowed: &[&str] = match seen.what {
                "authorize" => &[
                    "response_type",
                    "client_id",
                    "redirect_uri",
                    "scope",
                    "state",
                    "nonce",
                    "code_challenge",
                    "code_challenge_method",
                    "prompt",
                    "max_age",
                    "_who",
                ],
                "token" => &[
                    "grant_type",
                    "code",
                    "redirect_uri",
                    "code_verifier",
                    "client_id",
                    "client_secret",
                ],
                "userinfo" => &[],
                other => panic!("{other}: {seen:?}"),
            };
            assert!(seen.parameters.keys().all(|k| allowed.contains(&k.as_str())), "{seen:?}");
            assert!(
                seen.parameters
                    .values()
                    .all(|v| !v.contains("vera.new") && !v.contains("Wunderlich-Neu")),
                "{seen:?}"
            );
        }
    }
}

/// Shows GO-54: a choice that waits is good for an hour and not a second longer.
#[tokio::test(flavor = "multi_thread")]
async fn go_54_a_pending_sign_in_lives_for_an_hour() {
    for (seconds, works) in [(3590, true), (3601, false)] {
        let w = World::new("goss").await;
        w.browser().sign_in("meridian", "m-vera").await;
        let b = w.browser();
        let chooser = b.sign_in("atlas", "a-vera").await;
        assert!(chooser.path().ends_with("/choose"));
        w.pass(seconds);
        let done = b.pick(&chooser, "create_new").await;
        assert_eq!(done.path() == "/account", works, "{seconds}: {}", done.url);
        assert_eq!(w.links("a-vera").await, i64::from(works));
        if !works {
            assert_eq!(done.refusal(), "attempt.expired");
        }
    }
}
