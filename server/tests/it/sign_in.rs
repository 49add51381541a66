//! Signing in: known and unknown identities, chooser, code, new accounts.
use crate::world::{PASSWORD, World};
use rehearsal::provider::Knobs;
use serde_json::json;

/// Shows ZI-10, AU-05, AU-12, AU-14.
#[tokio::test(flavor = "multi_thread")]
async fn zi_10_au_05_au_12_au_14_an_unknown_identity_gets_an_account_and_is_known_the_next_time() {
    let w = World::new("goss").await;
    let b = w.browser();
    let page = b.sign_in("meridian", "m-vera").await;
    assert_eq!((page.path().as_str(), page.status), ("/account", 200), "{}", page.body);
    assert!(page.has("Vera") && page.has("vera@example.test") && page.has("Meridian"));
    assert_eq!((w.accounts().await, w.links("m-vera").await), (1, 1));
    let again = w.browser().sign_in("meridian", "m-vera").await;
    assert_eq!(again.path(), "/account");
    assert!(!again.way.iter().any(|u| u.contains("/attempt/")), "no question the second time");
    assert_eq!(w.accounts().await, 1);
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn id_08_identities_without_an_address_get_accounts_of_their_own() {
    let w = World::new("goss").await;
    for who in ["h-1", "h-2", "h-3"] {
        let page = w.browser().sign_in("harbour", who).await;
        assert_eq!(page.path(), "/account", "{who}: {}", page.body);
    }
    assert_eq!(w.accounts().await, 3);
    w.healthy().await;
}

/// GOSS's journey with both providers verifying, step by step.
/// Shows LK-01, GO-01, GO-11, GO-12, GO-16, GO-18, GO-19, GO-36.
#[tokio::test(flavor = "multi_thread")]
async fn lk_01_go_01_go_11_go_12_go_16_go_18_go_19_go_36_adding_asks_for_the_code_from_the_accounts_own_mailbox()
 {
    let w = World::new("goss").await;
    let first = w.browser();
    first.sign_in("meridian", "m-vera").await;
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    assert!(chooser.path().ends_with("/choose"), "{} {}", chooser.url, chooser.body);
    for offer in ["use_existing", "add_to_existing", "create_new"] {
        assert!(chooser.has(&format!("value=\"{offer}\"")), "{offer}");
    }
    assert!(!b.is_signed_in().await, "no session before all steps");
    let code_page = b.pick(&chooser, "add_to_existing").await;
    assert!(code_page.path().ends_with("/code"), "{}", code_page.body);
    let mail = w.mail("vera@example.test", 1).await;
    let code = mail.code.clone().unwrap();
    assert!(mail.subject.contains("Atlas") && code.len() == 9, "{mail:?}");
    let done = b.code(&code_page, &code).await;
    assert_eq!(done.path(), "/account", "{}", done.body);
    assert_eq!(b.methods().await, ["Meridian", "Atlas"]);
    assert_eq!(
        (w.accounts().await, w.links("a-vera").await, w.mails("vera@example.test").await),
        (1, 1, 1)
    );
    assert_eq!(w.rows("audit_event", "kind", "link.added").await, 1);
    for (key, who) in [("meridian", "m-vera"), ("atlas", "a-vera")] {
        let later = w.browser();
        assert_eq!(later.sign_in(key, who).await.path(), "/account");
        assert_eq!(later.methods().await, ["Meridian", "Atlas"], "{key}");
    }
    w.healthy().await;
}

/// Shows GO-15, GO-13.
#[tokio::test(flavor = "multi_thread")]
async fn go_15_go_13_the_chooser_names_the_provider_to_sign_in_with() {
    let w = World::new("goss").await;
    w.browser().sign_in("meridian", "m-vera").await;
    let chooser = w.browser().sign_in("atlas", "a-vera").await;
    assert!(chooser.has("Sign in with Meridian"), "{}", chooser.body);
}

/// Shows LK-03, GO-14.
#[tokio::test(flavor = "multi_thread")]
async fn lk_03_go_14_using_the_existing_sign_in_leaves_no_record_of_the_new_identity() {
    let w = World::new("goss").await;
    w.browser().sign_in("meridian", "m-vera").await;
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    let login = b.pick(&chooser, "use_existing").await;
    assert_eq!(login.path(), "/login");
    let page = b.sign_in("meridian", "m-vera").await;
    assert_eq!(page.path(), "/account");
    for (table, column) in [
        ("link", "subject"),
        ("link", "label"),
        ("audit_event", "detail"),
        ("audit_event", "subject_hash"),
        ("attempt", "state"),
        ("attempt", "continuation"),
        ("flash", "body"),
    ] {
        assert_eq!(w.rows(table, column, "a-vera").await, 0, "{table}.{column}");
    }
    assert_eq!(w.accounts().await, 1);
    assert_eq!(w.rows("audit_event", "kind", "attempt.abandoned").await, 1);
    // The attempt is over: its buttons do nothing any more.
    let late = b.pick(&chooser, "add_to_existing").await;
    assert_eq!((late.status, late.refusal().as_str()), (410, "attempt.expired"));
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn go_55_signing_in_to_another_account_after_use_existing_links_nothing() {
    let w = World::new("goss").await;
    w.browser().sign_in("meridian", "m-vera").await;
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    b.pick(&chooser, "use_existing").await;
    let page = b.sign_in("meridian", "m-ben").await;
    assert!(page.has("Ben"));
    assert_eq!(b.methods().await, ["Meridian"]);
    assert_eq!((w.accounts().await, w.links("a-vera").await), (2, 0));
}

/// Shows LK-04, GO-20.
#[tokio::test(flavor = "multi_thread")]
async fn lk_04_go_20_create_new_makes_a_separate_account_that_is_never_asked_again() {
    let w = World::new("goss").await;
    w.browser().sign_in("meridian", "m-vera").await;
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    let page = b.pick(&chooser, "create_new").await;
    assert_eq!(page.path(), "/account");
    assert_eq!(w.accounts().await, 2);
    for (key, who) in [("meridian", "m-vera"), ("atlas", "a-vera")] {
        let later = w.browser();
        let page = later.sign_in(key, who).await;
        assert!(!page.way.iter().any(|u| u.contains("/attempt/")));
        assert_eq!(later.methods().await.len(), 1);
    }
    let owners = w.rows("account_email", "proof", "code").await;
    assert_eq!(owners, 0, "neither account owns the address by a provider's word");
    w.healthy().await;
}

/// Shows GO-56, GO-16.
#[tokio::test(flavor = "multi_thread")]
async fn go_56_go_16_without_to_on_the_accounts_provider_adding_is_not_offered() {
    let w = World::new("goss").await;
    w.provider("meridian", json!({"as_target": false})).await;
    w.browser().sign_in("meridian", "m-vera").await;
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    assert!(
        chooser.has("value=\"use_existing\"")
            && chooser.has("value=\"create_new\"")
            && !chooser.has("value=\"add_to_existing\""),
        "{}",
        chooser.body
    );
    let forced = b
        .post("/fn/attempt/pick", &[("attempt", &chooser.attempt()), ("pick", "add_to_existing")])
        .await;
    assert_eq!(forced.refusal(), "attempt.step");
    assert_eq!(w.links("a-vera").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn go_10_without_link_on_login_nobody_is_asked_and_a_new_account_opens() {
    let w = World::new("goss").await;
    w.browser().sign_in("meridian", "m-vera").await;
    w.ligature()
        .policy_admin()
        .use_document(
            "instance",
            domain::policy::Document::parse(
                &domain::policy::preset_text("goss").unwrap().replacen(
                    '{',
                    r#"{"permits":{"link_on_login":false},"#,
                    1,
                ),
            )
            .unwrap(),
        )
        .await
        .unwrap();
    let page = w.browser().sign_in("atlas", "a-vera").await;
    assert_eq!((page.path().as_str(), w.accounts().await), ("/account", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn au_06_login_only_refuses_first_timers_and_lets_linked_ones_in() {
    let w = World::new("goss").await;
    w.browser().sign_in("atlas", "a-new").await;
    w.provider("atlas", json!({"login_only": true})).await;
    let refused = w.browser().sign_in("atlas", "a-vera").await;
    assert_eq!((refused.status, refused.refusal().as_str()), (403, "link.login_only"));
    assert_eq!(w.browser().sign_in("atlas", "a-new").await.path(), "/account");
    assert_eq!(w.accounts().await, 1);
}

/// Shows AU-11, AU-13.
#[tokio::test(flavor = "multi_thread")]
async fn au_11_au_13_ask_binding_offers_new_or_bind_and_binds_by_password() {
    let w = World::new("recommended").await;
    w.provider("harbour", json!({"association": "ask_binding"})).await;
    w.sign_up("cleo@example.test").await;
    let b = w.browser();
    let chooser = b.sign_in("harbour", "h-1").await;
    assert!(
        chooser.has("value=\"enter_account\"")
            && chooser.has("value=\"create_new\"")
            && !chooser.has("value=\"use_existing\""),
        "{}",
        chooser.body
    );
    let bind = b.pick(&chooser, "enter_account").await;
    assert!(bind.path().ends_with("/bind"));
    let wrong = b
        .post(
            "/fn/attempt/password",
            &[
                ("attempt", &bind.attempt()),
                ("email", "cleo@example.test"),
                ("password", "not the right one"),
            ],
        )
        .await;
    assert!(
        wrong.path().ends_with("/bind") && wrong.has("Wrong email or password"),
        "{}",
        wrong.body
    );
    let done = b
        .post(
            "/fn/attempt/password",
            &[("attempt", &bind.attempt()), ("email", "cleo@example.test"), ("password", PASSWORD)],
        )
        .await;
    assert_eq!(done.path(), "/account", "{}", done.body);
    assert_eq!(b.methods().await, ["Harbour", "Password"]);
    let later = w.browser();
    later.sign_in("harbour", "h-1").await;
    assert_eq!(later.methods().await, ["Harbour", "Password"]);
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_password_works_instead_of_the_code() {
    let w = World::new("goss").await;
    w.sign_up("vera@example.test").await;
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    let code_page = b.pick(&chooser, "add_to_existing").await;
    let done = b
        .post("/fn/attempt/password", &[("attempt", &code_page.attempt()), ("password", PASSWORD)])
        .await;
    assert_eq!(done.path(), "/account", "{}", done.body);
    assert_eq!(b.methods().await, ["Atlas", "Password"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ne_05_an_asserted_address_never_opens_an_account_and_meets_the_same_page_as_a_stranger() {
    let w = World::new("recommended").await;
    w.sign_up("vera@example.test").await;
    let known = w.browser().sign_in("pigeon", "p-vera").await;
    let stranger = w.browser().sign_in("pigeon", "p-new").await;
    assert!(known.path().ends_with("/choose") && stranger.path().ends_with("/choose"));
    let neutral = |page: &crate::world::Page, who: &str| {
        page.body.replace(&page.attempt(), "ATTEMPT").replace(who, "WHO")
    };
    assert_eq!(neutral(&known, "Vera@Example.test"), neutral(&stranger, "new@example.test"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decoy_challenge_is_never_right_and_sends_no_mail() {
    let w = World::new("recommended").await;
    let b = w.browser();
    let chooser = b.sign_in("pigeon", "p-new").await;
    let code_page = b.pick(&chooser, "add_to_existing").await;
    assert!(code_page.path().ends_with("/code"));
    for n in 1..=3 {
        let page = b.code(&code_page, "0000-0000").await;
        if n < 3 {
            assert!(
                page.path().ends_with("/code") && page.has(&format!("Tries left: {}", 3 - n)),
                "{}",
                page.body
            );
        } else {
            assert_eq!((page.status, page.refusal().as_str()), (403, "code.exhausted"));
        }
    }
    assert_eq!((w.mails("new@example.test").await, w.accounts().await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_owns_the_mailbox_links_without_a_question_to_the_owned_address() {
    let w = World::new("recommended").await;
    w.sign_up("vera@example.test").await;
    w.provider("atlas", json!({"domains": ["example.test"], "own_directory": true})).await;
    let b = w.browser();
    let page = b.sign_in("atlas", "a-vera").await;
    assert_eq!(page.path(), "/account", "{}", page.body);
    assert_eq!(b.methods().await, ["Atlas", "Password"]);
    assert_eq!(w.mail("vera@example.test", 2).await.subject, "Atlas was added to your account");
    w.healthy().await;
}

/// Shows GO-38, GO-39, LK-17: exactly no mail, one notice, or one code; and what is unsafe needs its permit and is told.
#[tokio::test(flavor = "multi_thread")]
async fn lk_17_go_38_go_39_each_mode_of_mail_sends_what_it_says_and_the_unsafe_ones_need_the_permit()
 {
    for (mode, by_code, notices) in
        [("none", false, 0), ("notification", false, 1), ("confirmationrequired", true, 0)]
    {
        let w = World::new("goss").await;
        w.browser().sign_in("meridian", "m-vera").await;
        let owner = w.owner().await;
        let mut form = vec![
            ("preset", "goss"),
            ("link_on_login", "on"),
            ("account_management", "on"),
            ("create", "on"),
            ("mail_mode", mode),
        ];
        let told = async |w: &World| {
            (
                owner.get("/admin/policy").await.has("Unsafe: the policy accepts unproven links"),
                w.ligature()
                    .maintenance()
                    .warnings()
                    .await
                    .unwrap()
                    .iter()
                    .any(|w| w.starts_with("UNSAFE")),
            )
        };
        // Without the permit no mode adds anything without a code, and nothing has to be told.
        owner.switches(&form).await;
        assert_eq!(told(&w).await, (false, false), "{mode}");
        let asked = w.browser();
        let chooser = asked.sign_in("atlas", "a-vera").await;
        assert!(asked.pick(&chooser, "add_to_existing").await.path().ends_with("/code"), "{mode}");
        let before = w.mails("vera@example.test").await;
        assert_eq!((w.links("a-vera").await, before), (0, 1), "{mode}");
        form.push(("accept_unproven_links", "on"));
        let saved = owner.switches(&form).await;
        assert!(saved.has("Published."), "{}", saved.body);
        assert_eq!(told(&w).await, (true, true), "{mode}: the console and doctor");
        let b = w.browser();
        let chooser = b.sign_in("atlas", "a-vera").await;
        let page = b.pick(&chooser, "add_to_existing").await;
        if by_code {
            assert!(
                page.path().ends_with("/code") && w.links("a-vera").await == 0,
                "{mode}: {}",
                page.body
            );
            let code = w.mail("vera@example.test", before + 1).await.code.unwrap();
            assert_eq!(b.code(&page, &code).await.path(), "/account");
        } else {
            assert_eq!(page.path(), "/account", "{mode}: {}", page.body);
        }
        let mails = w.mails("vera@example.test").await - before;
        let codes = w
            .mailbox
            .to("vera@example.test")
            .iter()
            .skip(before)
            .filter(|m| m.code.is_some())
            .count();
        assert_eq!(
            (w.links("a-vera").await, mails - codes, codes),
            (1, notices, usize::from(by_code)),
            "{mode}"
        );
        w.healthy().await;
    }
}

/// Shows GO-38, GO-39, GO-33.
#[tokio::test(flavor = "multi_thread")]
async fn go_38_go_39_go_33_without_the_permit_every_mode_asks_for_the_code() {
    for mode in ["none", "notification", "confirmationrequired"] {
        let w = World::new("goss").await;
        w.browser().sign_in("meridian", "m-vera").await;
        let owner = w.owner().await;
        owner
            .switches(&[
                ("preset", "goss"),
                ("link_on_login", "on"),
                ("account_management", "on"),
                ("create", "on"),
                ("mail_mode", mode),
            ])
            .await;
        let b = w.browser();
        let chooser = b.sign_in("atlas", "a-vera").await;
        let page = b.pick(&chooser, "add_to_existing").await;
        assert!(page.path().ends_with("/code"), "{mode}");
        assert_eq!(w.links("a-vera").await, 0);
        let code = w.mail("vera@example.test", 1).await.code.unwrap();
        assert_eq!(b.code(&page, &code).await.path(), "/account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn go_06_a_linked_identity_signs_in_to_its_account_whatever_address_it_says_today() {
    let w = World::new("goss").await;
    w.browser().sign_in("meridian", "m-vera").await;
    w.browser().sign_in("meridian", "m-ben").await;
    w.meridian.set(Knobs { id_token: json!({"email": "ben@example.test"}), ..Knobs::default() });
    let b = w.browser();
    // GO-47: the address is another one today. That is a question, and never somebody else's account (ID-05).
    let question = b.sign_in("meridian", "m-vera").await;
    assert!(question.path().ends_with("/email"), "{}", question.url);
    let page =
        b.post("/fn/attempt/email", &[("attempt", &question.attempt()), ("pick", "later")]).await;
    assert!(page.has("Hello Vera") && page.has("vera@example.test"), "{}", page.body);
    assert_eq!(w.accounts().await, 2);
}

/// Shows GD-04.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_provider_said_is_gone_when_the_person_cancels_or_walks_away() {
    let w = World::new("goss").await;
    w.browser().sign_in("meridian", "m-vera").await;
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    b.post("/fn/attempt/cancel", &[("attempt", &chooser.attempt())]).await;
    // Another one is left open: its hour passes, and the next tidying wipes it.
    let left = w.browser().sign_in("atlas", "a-vera").await;
    assert!(left.path().ends_with("/choose"));
    w.pass(3600 + 601);
    assert!(!w.ligature().maintenance().examine().await.unwrap().is_empty(), "doctor would notice");
    w.ligature().maintenance().tidy().await.unwrap();
    w.healthy().await;
    for (table, column) in [
        ("link", "subject"),
        ("audit_event", "detail"),
        ("attempt", "state"),
        ("attempt", "continuation"),
        ("flash", "body"),
    ] {
        assert_eq!(w.rows(table, column, "a-vera").await, 0, "{table}.{column}");
    }
}
