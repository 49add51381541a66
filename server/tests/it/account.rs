//! My Account: add, remove, sessions; and everything that must not be possible there.
use crate::world::{PASSWORD, Page, World};
use rehearsal::provider::Knobs;
use serde_json::json;

fn rows(page: &Page, what: &str) -> usize {
    page.body.matches(what).count()
}

/// Shows GO-02, GO-28, GO-32, GO-35.
#[tokio::test(flavor = "multi_thread")]
async fn go_02_go_28_go_32_go_35_adding_signs_in_there_and_the_session_stands_on_the_new_provider()
{
    let w = World::new("goss").await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    let before = b.session_cookie().unwrap();
    let page = b.add("harbour", "h-1").await;
    assert_eq!(page.path(), "/account", "{}", page.body);
    assert_eq!(b.methods().await, ["Meridian", "Harbour"]);
    assert_ne!(b.session_cookie().unwrap(), before, "the session's id changes");
    let current = page.body.split("<li>").find(|row| row.contains("In use now")).unwrap();
    assert!(current.contains("Harbour"), "{current}");
    assert_eq!(
        w.mails("vera@example.test").await,
        0,
        "account management sends no mail in this preset"
    );
    let sessions = b.get("/account/sessions").await;
    assert_eq!(rows(&sessions, "This browser"), 1, "{}", sessions.body);
    w.healthy().await;
}

/// Shows MA-05, GO-29.
#[tokio::test(flavor = "multi_thread")]
async fn ma_05_go_29_an_identity_of_another_account_is_already_in_use() {
    let w = World::new("goss").await;
    w.browser().sign_in("harbour", "h-1").await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    let before = b.session_cookie();
    let page = b.add("harbour", "h-1").await;
    assert_eq!((page.status, page.refusal().as_str()), (409, "link.already_in_use"));
    assert!(!page.has("周小明"), "no hint at the owner");
    assert_eq!(b.session_cookie(), before);
    assert!(b.get("/account").await.has("Hello Vera"));
    assert_eq!(w.links("h-1").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ma_06_adding_the_same_identity_again_changes_nothing() {
    let w = World::new("goss").await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    b.add("harbour", "h-1").await;
    let again = b.add("harbour", "h-1").await;
    assert_eq!((again.path().as_str(), again.status), ("/account", 200));
    assert_eq!(w.links("h-1").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ma_08_the_last_way_to_sign_in_cannot_be_removed() {
    let w = World::new("goss").await;
    let b = w.browser();
    let page = b.sign_in("meridian", "m-vera").await;
    assert!(!page.has("/remove"), "nothing to remove is offered");
    let link = link_id(&w, "vera@example.test").await;
    let forced = b.post("/fn/account/remove", &[("link", &link)]).await;
    assert_eq!((forced.status, forced.refusal().as_str()), (409, "account.last_method"));
    assert_eq!(w.browser().sign_in("meridian", "m-vera").await.path(), "/account");
}

async fn link_id(w: &World, email: &str) -> String {
    let ligature = w.ligature();
    let mut conn = ligature.store.read().await.unwrap();
    let account =
        storage::accounts::list_holders(&mut conn, ligature.org, email).await.unwrap()[0].0.id;
    storage::accounts::links::list_links(&mut conn, account).await.unwrap()[0].id.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn ma_08_a_method_of_a_switched_off_provider_does_not_count_as_a_way_in() {
    let w = World::new("goss").await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    b.add("harbour", "h-1").await;
    w.provider("harbour", json!({"enabled": false})).await;
    let forced =
        b.post("/fn/account/remove", &[("link", &link_id(&w, "vera@example.test").await)]).await;
    assert_eq!(forced.refusal(), "account.last_method");
}

/// Shows MA-11, AU-20.
#[tokio::test(flavor = "multi_thread")]
async fn go_22_a_removed_provider_opens_the_account_no_more_and_can_be_linked_again() {
    let w = World::new("goss").await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    b.add("harbour", "h-1").await;
    let other = w.browser();
    other.sign_in("harbour", "h-1").await;
    assert!(other.is_signed_in().await);
    let page = b.get("/account").await;
    let harbour = page.body.split("<li>").find(|r| r.contains("<strong>Harbour")).unwrap();
    let remove = harbour.split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let question = b.get(&remove).await;
    assert!(question.has("Remove Harbour?"), "{}", question.body);
    let link = remove.split('/').nth(3).unwrap().to_owned();
    let done = b.post("/fn/account/remove", &[("link", &link)]).await;
    assert!(done.has("The sign-in method is removed."), "{}", done.body);
    assert_eq!(b.methods().await, ["Meridian"]);
    assert!(!other.is_signed_in().await, "sessions that it opened end");
    assert!(b.is_signed_in().await);
    let stranger = w.browser();
    stranger.sign_in("harbour", "h-1").await;
    assert_eq!((w.accounts().await, stranger.methods().await), (2, vec!["Harbour".to_owned()]));
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ma_12_foreign_and_unknown_ids_answer_alike() {
    let w = World::new("goss").await;
    w.browser().sign_in("meridian", "m-vera").await;
    let veras = link_id(&w, "vera@example.test").await;
    let b = w.browser();
    b.sign_in("meridian", "m-ben").await;
    let pages = [
        b.post("/fn/account/remove", &[("link", &veras)]).await,
        b.post("/fn/account/remove", &[("link", &"0".repeat(32))]).await,
        b.post("/fn/account/remove", &[("link", "nonsense")]).await,
    ];
    for page in pages {
        assert_eq!((page.status, page.refusal().as_str()), (404, "account.method_unknown"));
    }
    assert_eq!(w.links("m-vera").await, 1);
}

/// Foreign, unknown and nonsensical ids in every act of My Account that takes one; each act is first done with one's own.
/// Shows MA-12.
#[tokio::test(flavor = "multi_thread")]
async fn ma_12_no_act_of_my_account_reaches_what_is_somebody_elses() {
    let w = World::new("recommended").await;
    let v = w.sign_up("vera@example.test").await;
    for who in ["h-1", "h-2"] {
        v.add("harbour", who).await;
    }
    let (ligature, account) = (
        w.ligature(),
        storage::accounts::find_owner(
            &mut w.ligature().store.read().await.unwrap(),
            w.ligature().org,
            "vera@example.test",
        )
        .await
        .unwrap()
        .unwrap(),
    );
    let org = ligature.org;
    ligature
        .store
        .write::<_, service::Error, _>(move |c| {
            Box::pin(async move {
                for n in [7_u8, 8] {
                    let passkey = storage::accounts::passkeys::Passkey {
                        id: vec![n; 16],
                        account_id: account,
                        user_id: storage::key(account),
                        name: format!("Key {n}"),
                        data: "{}".into(),
                        created_at: 1,
                        used_at: None,
                    };
                    storage::accounts::passkeys::add_passkey(c, org, &passkey).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    let others = [w.browser(), w.browser(), w.browser()];
    for b in &others {
        b.password("vera@example.test", PASSWORD).await;
    }
    let rp = crate::op::register(&w, "rp", json!({"first_party": false})).await;
    let asked = v.follow(rp.authorize(&v, &[("scope", "openid offline_access")]).await).await;
    v.post_only(
        "/fn/consent",
        &[("entry", asked.url.split("entry=").nth(1).unwrap()), ("answer", "allow")],
    )
    .await;
    let list = |page: &Page, before: &str, after: char| {
        page.body
            .split(before)
            .skip(1)
            .map(|r| r.split(after).next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let links: Vec<String> = list(&v.get("/account").await, "href=\"/account/methods/", '/')
        .into_iter()
        .filter(|l| l.len() == 32)
        .collect();
    let sessions = list(&v.get("/account/sessions").await, "name=\"session\" value=\"", '"');
    let keys = ["07".repeat(16), "08".repeat(16)];
    assert_eq!((links.len(), sessions.len()), (2, 3));
    let a = w.sign_up("theo@example.test").await;
    let hers_now = async || {
        (
            v.methods().await,
            list(&v.get("/account/sessions").await, "name=\"session\" value=\"", '"'),
            w.rows("passkey", "name", "Key").await,
        )
    };
    // Acts with the field that takes the id, the person's own first, then hers by somebody else.
    for (act, field, own, hers) in [
        ("/fn/account/remove", "link", &links[0], &links[1]),
        ("/fn/account/name", "link", &links[1], &links[1]),
        ("/fn/account/sessions/end", "session", &sessions[0], &sessions[1]),
        ("/fn/account/passkey/remove", "id", &keys[0], &keys[1]),
    ] {
        let form = |id| [(field, id), ("nickname", "Mine")];
        let (had, done) = (hers_now().await, v.post(act, &form(own.as_str())).await);
        // Without https the page of passkeys is not there; what was done shows below.
        assert!(!done.path().contains("refused"), "{act}: {}", done.body);
        assert!(had != hers_now().await || act.ends_with("/name"), "{act}: one's own is one's own");
        let before = hers_now().await;
        let (unknown, stolen) =
            ("0".repeat(hers.len()), [(field, hers.as_str()), ("nickname", "Stolen")]);
        let mut answers = vec![a.post(act, &stolen).await];
        for id in [unknown.as_str(), "nonsense", ""] {
            answers.push(a.post(act, &form(id)).await);
        }
        for answer in answers {
            assert_eq!(
                (answer.status, answer.refusal().as_str()),
                (404, "account.method_unknown"),
                "{act}: {}",
                answer.body
            );
        }
        assert_eq!(before, hers_now().await, "{act}");
    }
    assert!(v.get("/account").await.has("· Mine") && !v.get("/account").await.has("Stolen"));
    // Pages that name an id; the first is one's own.
    assert!(v.get(&format!("/account/methods/{}/remove", links[1])).await.has("Remove Harbour?"));
    for id in [links[1].as_str(), &"0".repeat(32), "nonsense", "%00"] {
        let page = a.get(&format!("/account/methods/{id}/remove")).await;
        assert_eq!((page.status, page.refusal().as_str()), (404, "account.method_unknown"), "{id}");
    }
    // An application's id is no secret, but what it may do is each person's own.
    assert_eq!(
        a.post("/fn/account/application/revoke", &[("client_id", "rp")]).await.refusal(),
        "account.method_unknown"
    );
    assert!(v.get("/account/applications").await.has("The rp"));
    assert!(
        v.post("/fn/account/application/revoke", &[("client_id", "rp")])
            .await
            .has("The access is removed")
    );
    // What is taken along is one's own, whatever is asked for.
    let theirs = a.post("/fn/account/export", &[("account", &account.to_string())]).await;
    assert!(
        theirs.has("theo@example.test") && !theirs.has("vera@example.test") && !theirs.has("h-2"),
        "{}",
        theirs.body
    );
    w.healthy().await;
}

/// Shows MA-16, GO-32: the session goes on under a new id, by the new method, and is as sure and as old as it was, even if
/// the provider says that it asked for two factors.
#[tokio::test(flavor = "multi_thread")]
async fn ma_16_an_add_moves_the_method_in_use_and_raises_nothing() {
    let w = World::new("goss").await;
    w.ligature()
        .policy_admin()
        .use_document(
            "provider:harbour",
            domain::policy::Document::parse(r#"{"choices":{"second_factor_acr":["mfa"]}}"#)
                .unwrap(),
        )
        .await
        .unwrap();
    let both = || {
        let now = w.ligature().now() / 1_000_000;
        Knobs {
            id_token: json!({"acr": "mfa", "amr": ["mfa"], "iat": now, "exp": now + 300}),
            ..Knobs::default()
        }
    };
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
        let all =
            storage::sign_in::sessions::list_sessions(&mut c, link.account_id, ligature.now(), 0)
                .await
                .unwrap();
        assert_eq!(all.len(), 1);
        let one = all.into_iter().next().unwrap();
        (one.method, one.auth_at, one.factor, one.sid)
    };
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    let (before, cookie) = (session().await, b.session_cookie());
    assert_eq!((before.0.as_str(), before.2.as_str()), ("meridian", ""));
    w.pass(9 * 60);
    w.harbour.set(both());
    let page = b.add("harbour", "h-1").await;
    assert!(
        page.body.split("<li>").any(|row| row.contains("In use now") && row.contains("Harbour")),
        "{}",
        page.body
    );
    let after = session().await;
    assert_ne!(b.session_cookie(), cookie);
    assert_eq!(
        (after.0.as_str(), after.1, after.2.as_str(), &after.3),
        ("harbour", before.1, "", &before.3),
        "the method moves, nothing else"
    );
    // Ten minutes after the sign-in, two after the add: the session is not recent, and says so before anything changes.
    w.pass(2 * 60);
    let link = page
        .body
        .split("href=\"/account/methods/")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(b.post("/fn/account/remove", &[("link", &link)]).await.path(), "/account/confirm");
    assert_eq!(b.methods().await.len(), 2);
    // The good way: the same word counts where the identity signs in by itself.
    let c = w.browser();
    w.harbour.set(both());
    c.sign_in("harbour", "h-1").await;
    b.post("/fn/signout", &[]).await;
    let signed_in = session().await;
    assert_eq!((signed_in.0.as_str(), signed_in.1 > before.1), ("harbour", true));
    assert!(c.post("/fn/account/remove", &[("link", &link)]).await.has("removed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ma_01_a_strangers_answer_in_the_victims_browser_links_nothing() {
    let w = World::new("goss").await;
    let attacker = w.browser();
    attacker.sign_in("atlas", "a-new").await;
    let stolen = attacker.at_provider(&attacker.start_add("harbour").await, "h-1").await;
    let victim = w.browser();
    victim.sign_in("meridian", "m-vera").await;
    let page = victim.get(&stolen).await;
    assert_eq!((page.status, page.refusal().as_str()), (400, "attempt.state_missing"));
    assert_eq!(victim.methods().await, ["Meridian"]);
    assert_eq!(w.links("h-1").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ma_01_an_add_ends_only_in_the_session_that_began_it() {
    let w = World::new("goss").await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    let callback = b.at_provider(&b.start_add("harbour").await, "h-1").await;
    b.post("/fn/signout", &[]).await;
    b.sign_in("meridian", "m-ben").await;
    let page = b.get(&callback).await;
    assert_eq!((page.status, page.refusal().as_str()), (401, "session.ended"));
    assert_eq!(w.links("h-1").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ma_02_other_sites_cannot_start_adding_a_provider() {
    let w = World::new("goss").await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    let path = "/fn/account/add";
    let by_get = b.get(path).await;
    assert_eq!(by_get.status, 404);
    for (name, value) in [
        ("origin", "https://evil.test"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let page = b.send(b.request(reqwest::Method::POST, path).header(name, value)).await;
        assert_eq!((page.status, page.header("location").as_str()), (403, ""), "{name}: {value}");
        assert!(!page.header("set-cookie").contains("lg_st_"));
    }
    let silent = b.send(b.request(reqwest::Method::POST, path)).await;
    assert_eq!(silent.status, 403, "our session without any word on where it comes from");
}

#[tokio::test(flavor = "multi_thread")]
async fn ma_04_no_address_carries_a_session_or_an_attempt_into_a_browser() {
    let w = World::new("goss").await;
    let attacker = w.browser();
    attacker.sign_in("meridian", "m-ben").await;
    let cookie = attacker.session_cookie().unwrap();
    let (name, value) = cookie.split_once('=').unwrap();
    let victim = w.browser();
    for path in ["/account", "/login", "/attempt/x/choose", "/refused/session.ended", "/"] {
        let page = victim
            .get(&format!("{path}?session={value}&{name}={value}&flow={value}&attempt={value}"))
            .await;
        assert!(!page.has("Ben"));
        assert_eq!(victim.session_cookie(), None, "{path}");
    }
}

/// Shows GO-24, GO-26.
#[tokio::test(flavor = "multi_thread")]
async fn go_24_go_26_with_account_management_off_the_page_only_lists() {
    let w = World::new("goss").await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    b.add("harbour", "h-1").await;
    let text = domain::policy::preset_text("goss").unwrap().replacen(
        '{',
        r#"{"permits":{"account_management":false},"#,
        1,
    );
    w.ligature()
        .policy_admin()
        .use_document("instance", domain::policy::Document::parse(&text).unwrap())
        .await
        .unwrap();
    let page = b.get("/account").await;
    assert!(
        page.has("does not allow changes here")
            && !page.has("/remove")
            && !page.has("/fn/account/add"),
        "{}",
        page.body
    );
    assert_eq!(
        b.post("/fn/account/remove", &[("link", &link_id(&w, "vera@example.test").await)])
            .await
            .refusal(),
        "account.management_off"
    );
    assert_eq!(b.add("atlas", "a-new").await.refusal(), "account.management_off");
}

/// Shows GO-16, GO-25.
#[tokio::test(flavor = "multi_thread")]
async fn go_16_go_25_flags_decide_what_may_be_added_in_my_account() {
    let w = World::new("goss").await;
    w.provider("harbour", json!({"as_source": false})).await;
    let b = w.browser();
    let page = b.sign_in("meridian", "m-vera").await;
    assert!(page.offers("/fn/account/add", "atlas") && !page.offers("/fn/account/add", "harbour"));
    assert_eq!(b.add("harbour", "h-1").await.refusal(), "link.not_allowed");
    w.provider("meridian", json!({"as_target": false})).await;
    let page = b.get("/account").await;
    assert!(!page.has("/fn/account/add"), "all methods must allow it");
    assert_eq!(b.add("atlas", "a-new").await.refusal(), "link.not_allowed");
}

/// Shows GO-04, GO-07.
#[tokio::test(flavor = "multi_thread")]
async fn go_04_go_07_linking_never_joins_accounts_and_leaves_no_identity_without_one() {
    let w = World::new("goss").await;
    let (a, b) = (w.browser(), w.browser());
    a.sign_in("meridian", "m-vera").await;
    b.sign_in("meridian", "m-ben").await;
    assert_eq!(a.add("meridian", "m-ben").await.refusal(), "link.already_in_use");
    assert_eq!(w.accounts().await, 2);
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sb_12_sessions_end_one_by_one_and_all_at_once_on_every_node() {
    let mut w = World::new("goss").await;
    w.add_node().await;
    let browsers = [w.browser(), w.browser(), w.browser()];
    for b in &browsers {
        b.sign_in("meridian", "m-vera").await;
    }
    let page = browsers[0].get("/account/sessions").await;
    assert_eq!(rows(&page, "name=\"session\""), 2);
    let id = page
        .body
        .split("name=\"session\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    browsers[0].post("/fn/account/sessions/end", &[("session", &id)]).await;
    let mut alive = 0;
    for b in &browsers {
        alive += usize::from(b.is_signed_in().await);
    }
    assert_eq!(alive, 2);
    browsers[0].post("/fn/account/sessions/end-all", &[]).await;
    for b in &browsers {
        assert!(!b.is_signed_in().await);
        let other = w.moved(b, 1);
        assert_eq!(
            other.send(other.request(reqwest::Method::GET, "/account")).await.header("location"),
            "/login?stay=1"
        );
    }
    assert!(w.nodes[1].served() >= 3);
    // The other way around: what a node let in, the other one ends.
    let b = w.browser_of(1);
    b.sign_in("meridian", "m-vera").await;
    assert!(b.is_signed_in().await && w.moved(&b, 0).is_signed_in().await);
    w.moved(&b, 0).post("/fn/account/sessions/end-all", &[]).await;
    assert!(!b.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sb_11_idle_and_absolute_limits_are_judged_by_the_server() {
    let w = World::new("goss").await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    for _ in 0..3 {
        w.pass(11 * 3600);
        assert!(b.is_signed_in().await);
    }
    w.pass(12 * 3600 + 301);
    assert!(!b.is_signed_in().await, "twelve idle hours");
    b.sign_in("meridian", "m-vera").await;
    for _ in 0..66 {
        w.pass(11 * 3600);
        b.get("/account").await;
    }
    assert!(!b.is_signed_in().await, "thirty days in all");
}
