//! The local account: sign-up, sign-in, reset; and that strangers learn nothing.
use crate::world::{PASSWORD, World};

/// Shows NE-06.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_is_pending_until_the_code_is_typed() {
    let w = World::new("recommended").await;
    let b = w.browser();
    let page = b
        .post(
            "/fn/signup",
            &[("email", "cleo@example.test"), ("name", "Cleo"), ("password", PASSWORD)],
        )
        .await;
    assert!(page.path().ends_with("/code"), "{}", page.body);
    assert!(!b.is_signed_in().await);
    let early = w.browser().password("cleo@example.test", PASSWORD).await;
    assert!(early.has("Wrong email or password"));
    let code = w.mail("cleo@example.test", 1).await.code.unwrap();
    let done = b.code(&page, &code).await;
    assert!(done.has("Hello Cleo") && done.has("Verified"), "{}", done.body);
    assert!(w.browser().password("CLEO@Example.test", PASSWORD).await.has("Hello Cleo"));
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn em_06_one_owner_whatever_the_case_and_mail_goes_to_the_stored_spelling() {
    let w = World::new("recommended").await;
    w.sign_up("V@Ex.test").await;
    let b = w.browser();
    let page = b
        .post("/fn/signup", &[("email", "v@ex.test"), ("name", "Other"), ("password", PASSWORD)])
        .await;
    assert!(page.path().ends_with("/code"));
    let notice = w.mail("v@ex.test", 2).await;
    assert_eq!(notice.to, ["v@ex.test"], "the spelling that was compared, and no other (EM-07)");
    assert!(notice.code.is_none(), "a notice, not a code");
    assert_eq!(w.accounts().await, 1);
}

/// Shows RL-08, RL-07.
#[tokio::test(flavor = "multi_thread")]
async fn rl_08_rl_07_sign_up_and_reset_look_alike_for_taken_and_free_addresses() {
    let w = World::new("recommended").await;
    w.sign_up("taken@example.test").await;
    for (path, fields) in
        [("/fn/signup", vec![("name", "X"), ("password", PASSWORD)]), ("/fn/reset/ask", vec![])]
    {
        let mut seen = Vec::new();
        for email in ["taken@example.test", "unknown@example.test"] {
            let b = w.browser();
            let mut form = fields.clone();
            form.push(("email", email));
            let page = b.post(path, &form).await;
            let cookies: Vec<_> = page
                .header("set-cookie")
                .lines()
                .map(|c| c.split('=').next().unwrap().to_owned())
                .collect();
            seen.push((
                page.status,
                page.body
                    .replace(&page.attempt(), "ATTEMPT")
                    .replace("t•••@e•••", "MASKED")
                    .replace("u•••@e•••", "MASKED"),
                cookies,
            ));
        }
        assert_eq!(seen[0], seen[1], "{path}");
    }
    let wrong = |email: &'static str| {
        let b = w.browser();
        async move {
            let page = b.password(email, "wrong wrong wrong").await;
            let flash = page.url.split("f=").nth(1).unwrap().to_owned();
            page.body.replace(email, "EMAIL").replace(&flash, "FLASH")
        }
    };
    assert_eq!(wrong("taken@example.test").await, wrong("unknown@example.test").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_sets_the_password_and_ends_every_other_session() {
    let w = World::new("recommended").await;
    let old = w.sign_up("cleo@example.test").await;
    let b = w.browser();
    let page = b.post("/fn/reset/ask", &[("email", "cleo@example.test")]).await;
    let code = w.mail("cleo@example.test", 2).await.code.unwrap();
    let short = b
        .post(
            "/fn/reset/set",
            &[("attempt", &page.attempt()), ("code", &code), ("password", "short")],
        )
        .await;
    assert!(
        short.path().ends_with("/reset") && short.has("at least 15 characters"),
        "{}",
        short.body
    );
    let done = b
        .post(
            "/fn/reset/set",
            &[("attempt", &page.attempt()), ("code", &code), ("password", "another long password")],
        )
        .await;
    assert_eq!(done.path(), "/account", "{}", done.body);
    assert!(!old.is_signed_in().await);
    assert!(
        w.browser().password("cleo@example.test", PASSWORD).await.has("Wrong email or password")
    );
    assert_eq!(
        w.browser().password("cleo@example.test", "another long password").await.path(),
        "/account"
    );
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ph_01_a_sign_up_that_nobody_finished_gets_nothing_of_the_owners_later_account() {
    let w = World::new("recommended").await;
    let attacker = w.browser();
    let page = attacker
        .post(
            "/fn/signup",
            &[("email", "vera@example.test"), ("name", "Mallory"), ("password", PASSWORD)],
        )
        .await;
    let victim = w.browser();
    let chooser = victim.sign_in("meridian", "m-vera").await;
    let done = victim.pick(&chooser, "create_new").await;
    assert!(done.has("Hello Vera"), "{}", done.body);
    for _ in 0..2 {
        attacker.code(&page, "ZZZZ-ZZZZ").await;
    }
    assert!(
        w.browser().password("vera@example.test", PASSWORD).await.has("Wrong email or password")
    );
    assert!(!attacker.is_signed_in().await);
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn field_problems_stand_beside_the_field_and_keep_what_was_typed_but_no_secret() {
    let w = World::new("recommended").await;
    let page = w
        .browser()
        .post(
            "/fn/signup",
            &[("email", "not an address"), ("name", "Cleo"), ("password", "shortsecret")],
        )
        .await;
    assert!(
        page.path() == "/signup"
            && page.has("value=\"not an address\"")
            && page.has("value=\"Cleo\""),
        "{}",
        page.body
    );
    assert!(
        page.has("id=\"email-problem\"")
            && page.has("id=\"password-problem\"")
            && page.has("aria-invalid=\"true\"")
    );
    assert!(!page.has("shortsecret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn gv_17_guessing_is_stopped_for_the_password_and_never_for_a_linked_provider() {
    let w = World::new("recommended").await;
    let b = w.sign_up("cleo@example.test").await;
    b.add("harbour", "h-1").await;
    let guesser = w.browser();
    let mut last = 0;
    for _ in 0..11 {
        last = guesser.password("cleo@example.test", "wrong wrong wrong").await.status;
    }
    assert_eq!(last, 429);
    assert_eq!(w.browser().password("cleo@example.test", PASSWORD).await.status, 429);
    assert_eq!(w.browser().sign_in("harbour", "h-1").await.path(), "/account");
    w.pass(901);
    assert_eq!(w.browser().password("cleo@example.test", PASSWORD).await.path(), "/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_05_no_more_than_the_budget_of_mails_goes_to_an_address_and_nothing_looks_different() {
    let w = World::with("recommended", |c| c.limits.mails_an_hour = 3).await;
    w.sign_up("cleo@example.test").await;
    let mut pages = Vec::new();
    for _ in 0..6 {
        let b = w.browser();
        let page = b.post("/fn/reset/ask", &[("email", "cleo@example.test")]).await;
        pages.push(page.body.replace(&page.attempt(), "ATTEMPT"));
    }
    assert!(pages.windows(2).all(|p| p[0] == p[1]));
    assert_eq!(w.mails("cleo@example.test").await, 3);
}

/// Shows RL-01. Waiting for what was typed grows, up to an hour, and is the same for an address without an account.
#[tokio::test(flavor = "multi_thread")]
async fn waiting_after_wrong_passwords_grows_to_an_hour_and_no_further_for_anybodys_address() {
    let w = World::new("recommended").await;
    w.sign_up("cleo@example.test").await;
    let mut all = Vec::new();
    for email in ["cleo@example.test", "nobody@example.test"] {
        let mut waits = Vec::new();
        for _ in 0..5 {
            for _ in 0..10 {
                assert_eq!(w.browser().password(email, "wrong wrong wrong").await.refusal(), "");
            }
            let mut quarters = 0;
            while w.browser().password(email, "wrong wrong wrong").await.status == 429 {
                w.pass(900);
                quarters += 1;
            }
            waits.push(quarters);
            // The one that ended the waiting is the first of its window.
            w.pass(3601);
        }
        all.push(waits);
    }
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], [1, 2, 4, 4, 4]);
}

/// Shows RL-02. One network, many accounts: counted together, with an event for the console; and one account from
/// everywhere is counted for the account, whoever asks.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_for_many_accounts_from_one_network_are_counted_together() {
    let w = World::with("recommended", |c| c.limits.wrong_passwords = 3).await;
    w.sign_up("cleo@example.test").await;
    let mut answers = Vec::new();
    for n in 0..62 {
        answers.push(
            w.browser()
                .password(&format!("person{n}@example.test"), "wrong wrong wrong")
                .await
                .refusal(),
        );
    }
    assert!(
        answers[..60].iter().all(String::is_empty)
            && answers[60..].iter().all(|r| r == "rate.limited"),
        "{answers:?}"
    );
    assert_eq!(w.rows("audit_event", "kind", "signin.stuffing").await, 1);
    assert_eq!(w.browser().password("cleo@example.test", PASSWORD).await.refusal(), "rate.limited");
    assert_eq!(w.browser().sign_in("meridian", "m-vera").await.status, 200, "providers go on");
    w.pass(901);
    assert_eq!(w.browser().password("cleo@example.test", PASSWORD).await.path(), "/account");
}

/// Shows RL-09; the other pages' time and the memory are in the bench.
#[tokio::test(flavor = "multi_thread")]
async fn more_passwords_at_once_than_there_are_places_are_told_to_wait_and_nothing_else_stops() {
    let w = World::with("recommended", |c| {
        c.limits.hash_slots = 1;
        c.limits.hash_kib = 46 * 1024;
        c.limits.wrong_passwords = 1000;
    })
    .await;
    let flood: Vec<_> = (0..120)
        .map(|n| {
            let b = w.browser();
            tokio::spawn(async move {
                b.password(&format!("person{n}@example.test"), "wrong wrong wrong").await
            })
        })
        .collect();
    assert_eq!(w.browser().get("/login").await.status, 200);
    let mut answers = Vec::new();
    for task in flood {
        answers.push(task.await.unwrap());
    }
    let busy: Vec<_> = answers.iter().filter(|p| p.refusal() == "server.busy").collect();
    assert!(!busy.is_empty() && busy.len() < 120, "{}", busy.len());
    assert!(busy.iter().all(|p| p.status == 503 && !p.header("retry-after").is_empty()));
    assert!(
        answers.iter().filter(|p| p.refusal().is_empty()).all(|p| p.has("Wrong email or password"))
    );
}

/// What leaked is refused wherever a password is set, by the list here or by a service that never sees the password.
#[tokio::test(flavor = "multi_thread")]
async fn leaked_passwords_are_refused_beside_the_field_and_what_was_typed_stays() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("leaked.txt");
    // SHA-1 of "correct zebra battery anvil" and of two others, sorted, as the download is.
    std::fs::write(&file, "000000005AD76BD555C1D6D771DE417A4B87E4B4:10\r\n4D1B3D1A8B9A2E65F1FA5B3D0C7C4D7E5E7C1A11:2\r\n").unwrap();
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = asked.clone();
    // The service answers with the rest of every hash that begins so: here, of one password.
    let service = axum::Router::new().route(
        "/range/{prefix}",
        axum::routing::get(move |axum::extract::Path(prefix): axum::extract::Path<String>| {
            seen.lock().unwrap().push(prefix);
            async {
                "0018A45C4D1DEF81644B54AB7F969B88D65:0\r\n5E4D6C9A5E2B3B0C1A3F7E1D2C4B6A8F0E1:3\r\n"
            }
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/range/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, service).await });
    let w = World::with("recommended", |c| {
        c.passwords.leaked_file = Some(file.clone());
        c.passwords.leaked_url = url.clone();
    })
    .await;
    let leaked = "correct zebra battery anvil";
    let hash: String = <sha1::Sha1 as sha1::Digest>::digest(leaked.as_bytes())
        .iter()
        .map(|b| format!("{b:02X}"))
        .collect();
    let mut lines = std::fs::read_to_string(&file).unwrap() + &format!("{hash}:7\r\n");
    let mut sorted: Vec<&str> = lines.lines().collect();
    sorted.sort_unstable();
    lines = sorted.join("\r\n");
    std::fs::write(&file, lines).unwrap();
    let b = w.browser();
    let page = b
        .post(
            "/fn/signup",
            &[("email", "vera@example.test"), ("name", "Vera"), ("password", leaked)],
        )
        .await;
    assert!(
        page.path() == "/signup"
            && page.has("in a list of leaked passwords")
            && page.has("value=\"vera@example.test\""),
        "{}",
        page.body
    );
    assert_eq!(w.accounts().await, 0);
    let v = w.sign_up("vera@example.test").await;
    let own = v.post("/fn/account/password", &[("password", leaked)]).await;
    assert!(
        own.path() == "/account/password" && own.has("in a list of leaked passwords"),
        "{}",
        own.body
    );
    let sent = w.mails("vera@example.test").await;
    let reset = b.post("/fn/reset/ask", &[("email", "vera@example.test")]).await;
    let code = w.mail("vera@example.test", sent + 1).await.code.unwrap();
    let again = b
        .post(
            "/fn/reset/set",
            &[("attempt", &reset.attempt()), ("code", &code), ("password", leaked)],
        )
        .await;
    assert!(
        again.path().ends_with("/reset")
            && again.has("in a list of leaked passwords")
            && again.has("Tries left: 3"),
        "no try is lost by it: {}",
        again.body
    );
    // The service is asked by five letters only, and only for what the list does not know.
    let prefixes = asked.lock().unwrap().clone();
    assert!(
        !prefixes.is_empty()
            && prefixes.iter().all(|p| p.len() == 5 && !hash.starts_with(p.as_str())),
        "{prefixes:?}"
    );
}

/// A raised cost reaches every password at its next use.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_hashed_anew_at_its_next_use_when_the_cost_changed() {
    let mut w = World::new("recommended").await;
    w.sign_up("vera@example.test").await;
    assert_eq!(w.rows("credential", "secret", "m=1024,t=1,p=1").await, 1);
    w.nodes[0].config.limits.hash_kib = 2048;
    w.add_node().await;
    let ctx = service::RequestContext {
        browser: vec![1; 32],
        locale: "en".into(),
        ..service::RequestContext::default()
    };
    let sign_in = async |password| {
        w.nodes[1]
            .ligature
            .sign_in()
            .sign_in_by_password(
                &ctx,
                "vera@example.test",
                password,
                domain::path::Continuation::Account,
            )
            .await
    };
    assert!(sign_in("not the password").await.is_err());
    assert_eq!(w.rows("credential", "secret", "m=1024").await, 1, "a wrong one changes nothing");
    assert!(sign_in(PASSWORD).await.is_ok());
    assert_eq!(
        (
            w.rows("credential", "secret", "m=1024").await,
            w.rows("credential", "secret", "m=2048,t=1,p=1").await
        ),
        (0, 1)
    );
    assert!(sign_in(PASSWORD).await.is_ok());
}

/// Puts a document of the organisation in force.
async fn enforce(owner: &crate::world::Browser, document: serde_json::Value) {
    let draft = owner
        .post(
            "/fn/admin/policy/draft",
            &[("scope", "organisation"), ("document", &document.to_string())],
        )
        .await;
    let version = draft.path().rsplit('/').next().unwrap().to_owned();
    assert_eq!(
        owner
            .post("/fn/admin/policy/version", &[("version", &version), ("becomes", "active")])
            .await
            .status,
        200
    );
}

/// Shows RL-08 for it: taken and free addresses look alike.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_to_the_own_mailbox_signs_in_where_the_policy_has_it_and_strangers_learn_nothing() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let v = w.sign_up("vera@example.test").await;
    let b = w.browser();
    assert_eq!(
        b.post("/fn/signin/code", &[("email", "vera@example.test")]).await.refusal(),
        "account.code_off"
    );
    assert!(!b.get("/login").await.has("/login/code"));
    // A permit is widened by the instance's own document only.
    let instance = owner.get("/admin/policy/document?scope=instance").await;
    let text = instance
        .body
        .split("<textarea")
        .nth(1)
        .unwrap()
        .split_once('>')
        .unwrap()
        .1
        .split("</textarea>")
        .next()
        .unwrap()
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
        .replace("<!>", "");
    let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
    document["permits"]["email_code_sign_in"] = true.into();
    let draft = owner
        .post(
            "/fn/admin/policy/draft",
            &[("scope", "instance"), ("document", &document.to_string())],
        )
        .await;
    let version = draft.path().rsplit('/').next().unwrap().to_owned();
    owner.post("/fn/admin/policy/version", &[("version", &version), ("becomes", "active")]).await;
    assert!(
        b.get("/login").await.has("/login/code")
            && b.get("/login/code").await.has("Sign in by a code")
    );
    let sent = w.mails("vera@example.test").await;
    let page = b.post("/fn/signin/code", &[("email", "Vera@Example.test")]).await;
    assert!(page.path().ends_with("/code"), "{}", page.body);
    let code = w.mail("vera@example.test", sent + 1).await.code.unwrap();
    let stranger = w.browser();
    let nobody = stranger.post("/fn/signin/code", &[("email", "dora@example.test")]).await;
    let plain = |p: &crate::world::Page| p.body.replace(&p.attempt(), "").replace("d•••", "v•••");
    assert_eq!(plain(&nobody), plain(&page));
    assert_eq!(w.mails("dora@example.test").await, 0);
    assert!(stranger.code(&nobody, "AAAA-AAAA").await.has("isn't right"));
    assert!(b.code(&page, "AAAA-AAAA").await.has("isn't right"));
    assert_eq!(b.code(&page, &code).await.path(), "/account");
    assert!(b.get("/account/sessions").await.has("Code to the mailbox"));
    assert!(
        b.post("/fn/account/sessions/end-others", &[]).await.status == 200
            && !v.is_signed_in().await
    );
    // Used once, and bad input stays beside its field.
    assert_eq!(b.code(&page, &code).await.refusal(), "attempt.expired");
    let bad = b.post("/fn/signin/code", &[("email", "no address")]).await;
    assert!(
        bad.path() == "/login/code" && bad.has("value=\"no address\"") && bad.has("aria-invalid"),
        "{}",
        bad.body
    );
    // Switched off for a scope, the code that waits is worth nothing.
    let page = b.post("/fn/signin/code", &[("email", "vera@example.test")]).await;
    let code = w.mail("vera@example.test", sent + 2).await.code.unwrap();
    enforce(&owner, serde_json::json!({"permits": {"email_code_sign_in": false}})).await;
    assert_eq!(b.code(&page, &code).await.refusal(), "account.code_off");
    w.healthy().await;
}

/// Where passwords do not sign in, none can be set by a code: nothing is mailed, and no page waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_reset_is_decided_before_a_code_is_mailed() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    w.sign_up("vera@example.test").await;
    enforce(&owner, serde_json::json!({"permits": {"password_sign_in": false}})).await;
    let sent = w.mails("vera@example.test").await;
    for address in ["vera@example.test", "nobody@example.test"] {
        assert_eq!(
            w.browser().post("/fn/reset/ask", &[("email", address)]).await.refusal(),
            "account.password_off",
            "{address}"
        );
    }
    assert_eq!(w.mails("vera@example.test").await, sent);
}

/// The bar beside a new password: judged here, of no use to anybody else, and never in the way.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_is_measured_while_it_is_typed_and_nothing_is_kept_of_it() {
    let w = World::new("recommended").await;
    let b = w.browser();
    let measure = async |password: &str, known: &str| {
        let request = b
            .request(http::Method::POST, "/fn/ask/password")
            .header("accept", "application/json")
            .form(&[("password", password), ("known", known)]);
        let page = b.send(request).await;
        assert_eq!(page.status, 200, "{}", page.body);
        serde_json::from_str::<serde_json::Value>(&page.body).unwrap()
    };
    assert_eq!(measure("short", "").await["text"], "Too short: at least 15 characters.");
    let weak = measure("aaaaaaaaaaaaaaaaaaaa", "").await;
    assert!(
        weak["score"].as_i64().unwrap() < 3 && weak["text"].as_str().unwrap().contains("guess"),
        "{weak}"
    );
    let good = measure("correct horse battery staple lamp", "").await;
    assert_eq!((good["score"].as_i64(), good["text"].as_str()), (Some(4), Some("Very good.")));
    let own =
        measure("veraveraveravera", "vera@example.test Vera").await["score"].as_i64().unwrap();
    assert!(own < 3, "what the form says of the person counts: {own}");
    assert!(
        measure(&"x9".repeat(5000), "").await["score"].as_i64().unwrap() <= 4,
        "long ones are bounded"
    );
    for page in [b.get("/signup").await, b.get("/login").await] {
        assert_eq!(
            page.has("data-meter=") && page.has("/meter.js"),
            page.path() == "/signup",
            "only where one is chosen"
        );
    }
}
