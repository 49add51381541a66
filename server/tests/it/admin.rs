//! The first owner and the console.
use crate::world::{PASSWORD, World};

#[tokio::test(flavor = "multi_thread")]
async fn ad_04_two_claims_of_the_one_time_token_have_one_winner_and_there_are_no_defaults() {
    let w = World::new("goss").await;
    for (email, password) in
        [("admin@example.test", "admin"), ("admin", "password"), ("owner@example.test", PASSWORD)]
    {
        let page = w.browser().password(email, password).await;
        assert!(page.has("Wrong email or password"), "{}", page.body);
    }
    let token = w.ligature().setup().setup_token().await.unwrap().unwrap();
    let form = |email: &'static str| {
        vec![
            ("token", token.clone()),
            ("email", email.to_owned()),
            ("name", "Owner".to_owned()),
            ("password", PASSWORD.to_owned()),
        ]
    };
    let claim = |form: Vec<(&'static str, String)>| {
        let b = w.browser();
        async move {
            let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
            b.post("/fn/setup", &form).await
        }
    };
    let wrong = w
        .browser()
        .post(
            "/fn/setup",
            &[
                ("token", "guess"),
                ("email", "x@example.test"),
                ("name", "X"),
                ("password", PASSWORD),
            ],
        )
        .await;
    assert_eq!((wrong.status, wrong.refusal().as_str()), (403, "admin.setup_closed"));
    let (one, two) = tokio::join!(claim(form("one@example.test")), claim(form("two@example.test")));
    let mut results = [one.path(), two.path()];
    results.sort();
    assert_eq!(results, ["/admin", "/refused/admin.setup_closed"]);
    assert_eq!(w.rows("role", "name", "owner").await, 1);
    assert_eq!(w.ligature().setup().setup_token().await.unwrap(), None);
    assert_eq!(w.browser().get("/setup").await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn ad_04_a_token_older_than_an_hour_is_refused() {
    let w = World::new("goss").await;
    let token = w.ligature().setup().setup_token().await.unwrap().unwrap();
    w.pass(3601);
    let page = w
        .browser()
        .post(
            "/fn/setup",
            &[
                ("token", &token),
                ("email", "x@example.test"),
                ("name", "X"),
                ("password", PASSWORD),
            ],
        )
        .await;
    assert_eq!(page.refusal(), "admin.setup_closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn ad_01_the_console_is_for_owners_and_the_server_checks_it() {
    let w = World::new("goss").await;
    w.owner().await;
    let person = w.browser();
    person.sign_in("meridian", "m-vera").await;
    let nobody = w.browser();
    for path in [
        "/admin",
        "/admin/providers",
        "/admin/providers/meridian",
        "/admin/policy",
        "/admin/accounts",
        "/admin/applications",
        "/admin/audit",
    ] {
        assert_eq!(person.get(path).await.status, 403, "{path}");
        assert_eq!(nobody.get(path).await.status, 401, "{path}");
    }
    let forms: [(&str, &[(&str, &str)]); 6] = [
        (
            "/fn/admin/policy",
            &[("preset", "goss"), ("mail_mode", "none"), ("accept_unproven_links", "on")],
        ),
        ("/fn/admin/policy/roll-back", &[("version", "1")]),
        (
            "/fn/admin/account/state",
            &[("account", "00000000000000000000000000000000"), ("enabled", "no")],
        ),
        (
            "/fn/admin/application",
            &[
                ("create", "on"),
                ("fields[client_id]", "evil"),
                ("fields[name]", "Evil"),
                ("fields[redirect_uris]", "https://evil.test/cb"),
            ],
        ),
        ("/fn/admin/application/secret", &[("client_id", "evil")]),
        (
            "/fn/admin/provider/add",
            &[
                ("form[preset]", "oidc"),
                ("form[key]", "evil"),
                ("form[name]", "Evil"),
                ("form[settings][issuer]", "https://evil.test"),
                ("form[client_id]", "x"),
            ],
        ),
    ];
    for (path, form) in forms {
        assert_eq!(person.post(path, form).await.refusal(), "admin.forbidden", "{path}");
        assert_eq!(nobody.post(path, form).await.refusal(), "session.ended", "{path}");
    }
    assert_eq!(
        (w.rows("provider", "key", "evil").await, w.rows("application", "client_id", "evil").await),
        (0, 0)
    );
}

fn form<'a>(w: &'a World, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("create", "yes"),
        ("key", "fresh"),
        ("name", "Fresh"),
        ("kind", "oidc"),
        ("issuer", w.harbour.issuer.as_str()),
        ("client_id", "ligature"),
        ("secret", "rehearsal-secret"),
        ("enabled", "on"),
        ("association", "inherit"),
        ("as_source", "on"),
        ("as_target", "on"),
    ];
    for (name, value) in more {
        form.retain(|(n, _)| n != name);
        form.push((name, value));
    }
    form
}

#[tokio::test(flavor = "multi_thread")]
async fn au_01_a_provider_is_created_edited_and_switched_off_and_its_secret_is_never_shown() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let saved = owner.save_provider(&form(&w, &[("association", "ask_binding")])).await;
    assert!(saved.has("Saved.") && saved.has("Fresh"), "{}", saved.body);
    let page = owner.get("/admin/providers/fresh").await;
    assert!(
        page.has(
            "id=\"association-ask_binding\" name=\"form[association][mode]\" value=\"ask_binding\" checked"
        ),
        "{}",
        page.body
    );
    assert!(
        page.has(&format!("{}/callback/fresh", w.url()))
            && !page.has("rehearsal-secret")
            && page.has("A secret is stored")
    );
    assert_eq!(
        w.browser().start("fresh").await.split('?').next().unwrap(),
        format!("{}/authorize", w.harbour.issuer)
    );
    owner.save_provider(&form(&w, &[("create", "no"), ("enabled", ""), ("secret", "")])).await;
    assert!(!w.browser().get("/login").await.has("Continue with Fresh"));
    assert_eq!(
        w.browser().post("/fn/signin/provider", &[("provider", "fresh")]).await.refusal(),
        "provider.disabled"
    );
    owner.save_provider(&form(&w, &[("create", "no"), ("secret", "")])).await;
    assert!(
        !w.browser().sign_in("fresh", "h-1").await.path().contains("/refused"),
        "the stored secret still works"
    );
    for (table, column) in
        [("provider", "config"), ("audit_event", "detail"), ("policy", "document")]
    {
        assert_eq!(w.rows(table, column, "rehearsal-secret").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_providers_form_tells_problems_beside_the_field_and_keeps_what_was_typed() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let cases = [
        ("issuer", "not a url", "issuer-problem"),
        ("key", "Not A Key", "key-problem"),
        ("client_id", "", "client_id-problem"),
        ("key", "meridian", "key-problem"),
    ];
    for (field, value, problem) in cases {
        let page = owner.save_provider(&form(&w, &[(field, value)])).await;
        assert!(
            page.path() == "/admin/providers/new" && page.has(&format!("id=\"{problem}\"")),
            "{field}: {}",
            page.body
        );
    }
    w.browser().sign_in("meridian", "m-vera").await;
    let changed = owner.save_provider(&form(&w, &[("create", "no"), ("key", "meridian")])).await;
    assert!(changed.has("The issuer cannot be changed"), "{}", changed.body);
}

/// Shows GO-33.
#[tokio::test(flavor = "multi_thread")]
async fn go_33_the_policy_page_writes_versions_and_goes_back() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let saved = owner
        .switches(&[
            ("preset", "recommended"),
            ("link_on_login", "on"),
            ("create", "on"),
            ("mail_mode", "confirmationrequired"),
        ])
        .await;
    assert!(
        saved.has("Published.")
            && saved.has("id=\"preset-recommended\" name=\"preset\" value=\"recommended\" checked"),
        "{}",
        saved.body
    );
    assert!(!saved.has("name=\"account_management\" value=\"on\" checked"));
    let unsafe_on = owner
        .switches(&[
            ("preset", "recommended"),
            ("link_on_login", "on"),
            ("create", "on"),
            ("mail_mode", "none"),
            ("accept_unproven_links", "on"),
        ])
        .await;
    assert!(unsafe_on.has("Unsafe: the policy accepts unproven links"));
    assert!(owner.get("/admin").await.has("Unsafe: the policy accepts unproven links"));
    assert!(!w.ligature().maintenance().warnings().await.unwrap().is_empty(), "doctor warns too");
    let first = unsafe_on
        .body
        .split("name=\"version\" value=\"")
        .last()
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let back = owner.post("/fn/admin/policy/roll-back", &[("version", &first)]).await;
    assert!(back.has("Published.") && !back.has("Unsafe: the policy accepts"), "{}", back.body);
    assert_eq!(w.rows("audit_event", "kind", "policy.changed").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_found_by_address_or_name_and_switching_it_off_ends_its_sessions() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let b = w.browser();
    b.sign_in("meridian", "m-vera").await;
    for search in ["vera@example.test", "Ver", "vera@ex", "m-vera"] {
        let page = owner.get(&format!("/admin/accounts?q={search}")).await;
        assert!(page.has("Vera") && !page.has("Owner<"), "{search}: {}", page.body);
    }
    let domain = owner.get("/admin/accounts?q=@example.test").await;
    assert!(domain.has("Vera") && domain.has("owner@example.test"), "{}", domain.body);
    let none = owner.get("/admin/accounts?q=nobody").await;
    assert!(none.has("Nobody fits"));
    assert!(owner.get("/admin/accounts").await.has("Accounts: 2"));
    let list = owner.get("/admin/accounts?q=Vera").await;
    let id: String = list.body.split("/admin/accounts/").nth(1).unwrap().chars().take(32).collect();
    assert!(owner.get(&format!("/admin/accounts/{id}")).await.has("Meridian"));
    let off = owner.post("/fn/admin/account/state", &[("account", &id), ("enabled", "no")]).await;
    assert!(off.has("Switched off"), "{}", off.body);
    assert!(!b.is_signed_in().await);
    let refused = w.browser().sign_in("meridian", "m-vera").await;
    assert_eq!((refused.status, refused.refusal().as_str()), (403, "account.disabled"));
    let support = refused
        .body
        .split("Support code: <code>")
        .nth(1)
        .or_else(|| refused.body.split("<code>").nth(2))
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    let trail = owner.get(&format!("/admin/audit?q={support}")).await;
    assert!(
        trail.has("Sign-in refused")
            && trail.has("account.disabled")
            && trail.has("The identity has an account"),
        "{}",
        trail.body
    );
    owner.post("/fn/admin/account/state", &[("account", &id), ("enabled", "yes")]).await;
    assert_eq!(w.browser().sign_in("meridian", "m-vera").await.path(), "/account");
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gd_02_the_audit_trail_names_no_address_subject_or_code() {
    let w = World::new("goss").await;
    w.browser().sign_in("meridian", "m-vera").await;
    let b = w.browser();
    let chooser = b.sign_in("atlas", "a-vera").await;
    let page = b.pick(&chooser, "add_to_existing").await;
    let code = w.mail("vera@example.test", 1).await.code.unwrap();
    b.code(&page, &code).await;
    let (pin, half) = (code.replace('-', ""), &code[..4]);
    for text in ["vera@example.test", "m-vera", "a-vera", &pin, half] {
        for column in ["detail", "code", "subject_hash", "provider", "actor"] {
            assert_eq!(w.rows("audit_event", column, text).await, 0, "{column}: {text}");
        }
    }
    assert_eq!(w.rows("outbox", "kind", "link-code").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wanted_to_the_console_signs_in_and_is_back_there() {
    let w = World::new("goss").await;
    w.owner().await;
    let b = w.browser();
    let page = b.get("/admin").await;
    assert_eq!(page.status, 401);
    assert!(page.has("href=\"/login?stay=1&amp;entry=console\""), "{}", page.body);
    let form = b.get("/login?stay=1&entry=console").await;
    assert!(form.has("name=\"entry\" value=\"console\""), "{}", form.body);
    let typed = [
        ("entry", "console"),
        ("email", "owner@example.test"),
        ("password", crate::world::PASSWORD),
    ];
    assert_eq!(b.post("/fn/signin/password", &typed).await.path(), "/admin");
}

/// A first-time administrator: the gallery, the redirect address first, a test, then the switch.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_added_from_the_gallery_tested_and_turned_on() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let gallery = owner.get("/admin/providers/new").await;
    for vendor in ["Google", "GitHub", "Apple", "WeChat, QR code", "Keycloak"] {
        assert!(gallery.has(vendor), "{vendor}");
    }
    let found = owner.get("/admin/providers/new?q=cloak").await;
    assert!(found.has("preset=keycloak") && !found.has("preset=google"), "{}", found.body);
    assert!(owner.get("/admin/providers/new?q=nobody").await.has("preset=oidc"));
    assert_eq!(owner.get("/admin/providers/new?preset=nobody").await.status, 404);
    // The address to register stands there before anything is saved, and what only this vendor needs is asked.
    let google = owner.get("/admin/providers/new?preset=google").await;
    assert!(google.has(&format!("{}/callback/google", w.url())), "{}", google.body);
    assert!(!google.has("form[settings][issuer]") && google.has("form[client_id]"));
    assert!(owner.get("/admin/providers/new?preset=apple").await.has("form[settings][team_id]"));
    let add = |secret: &'static str, issuer: String| {
        [
            ("form[preset]", "oidc".to_owned()),
            ("form[key]", "house".to_owned()),
            ("form[name]", "House".to_owned()),
            ("form[settings][issuer]", issuer),
            ("form[client_id]", "ligature".to_owned()),
            ("form[secret]", secret.to_owned()),
        ]
    };
    let send = async |fields: &[(&'static str, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        owner.post("/fn/admin/provider/add", &fields).await
    };
    // Everything that is wrong is told at once, and what was typed stays; nothing is saved.
    let wrong = [("form[preset]", "oidc".to_owned()), ("form[key]", "A b".into())];
    let page = send(&wrong).await;
    for field in ["key", "name", "issuer", "client_id"] {
        assert!(page.has(&format!("id=\"{field}-problem\"")), "{field}: {}", page.body);
    }
    assert!(page.has("value=\"A b\""));
    assert_eq!(w.rows("provider", "key", "house").await, 0);
    // A slash too many: saved switched off, and the test says what the provider calls itself.
    let page = send(&add("rehearsal-secret", format!("{}/", w.harbour.issuer))).await;
    assert!(page.has("Saved, turned off") && page.has("tag bad"), "{}", page.body);
    assert_eq!(
        w.browser().post("/fn/signin/provider", &[("provider", "house")]).await.refusal(),
        "provider.disabled"
    );
    // Nothing is linked: the issuer can still be mended.
    let mended = [
        ("form[key]", "house"),
        ("form[settings][issuer]", w.harbour.issuer.as_str()),
        ("form[secret]", "rehearsal-secret"),
    ];
    assert!(owner.post("/fn/admin/provider", &mended).await.has("Saved."));
    let tested = owner.post("/fn/admin/provider/test", &[("form[key]", "house")]).await;
    assert!(!tested.has("tag bad"), "{}", tested.body);
    let on = [("form[key]", "house"), ("form[enabled]", "true")];
    assert!(owner.post("/fn/admin/provider", &on).await.has("Turned on"));
    let b = w.browser();
    let chooser = b.sign_in("house", "h-1").await;
    assert_eq!(b.pick(&chooser, "create_new").await.path(), "/account");
    // Now somebody depends on it: neither the issuer changes nor does it go.
    let moved = [
        ("form[key]", "house"),
        ("form[settings][issuer]", w.atlas.issuer.as_str()),
        ("form[secret]", "rehearsal-secret"),
    ];
    assert!(owner.post("/fn/admin/provider", &moved).await.has("The issuer cannot be changed"));
    let kept = owner.post("/fn/admin/provider/delete", &[("form[key]", "house")]).await;
    assert!(kept.has("Turn the provider off instead"), "{}", kept.body);
    assert_eq!(w.rows("provider", "key", "house").await, 1);
}

/// What a form does not show stays: the settings of a vendor, the association, the switch.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_form_changes_what_it_sends_and_nothing_else() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let added = [
        ("form[preset]", "wechat"),
        ("form[key]", "wechat"),
        ("form[name]", "WeChat"),
        ("form[client_id]", "wx1"),
        ("form[secret]", "s"),
        ("form[settings][platform_account]", "house"),
        ("form[enabled]", "true"),
    ];
    let page = owner.post("/fn/admin/provider/add", &added).await;
    assert!(page.has("Saved."), "{}", page.body);
    let row = async || {
        let ligature = w.ligature();
        let c = &mut ligature.store.read().await.unwrap();
        storage::policy::providers::find_provider(c, ligature.org, "wechat").await.unwrap()
    };
    let before = row().await.unwrap();
    assert_eq!(before.namespace, "wechat-union:house");
    // Nobody is linked: it may still speak for other people, and is another provider then. Its secret stays.
    let moved = [("form[key]", "wechat"), ("form[settings][platform_account]", "other")];
    assert!(owner.post("/fn/admin/provider", &moved).await.has("Saved."));
    let other = row().await.unwrap();
    assert_eq!(other.namespace, "wechat-union:other");
    assert!(other.id != before.id && other.secret == before.secret && other.enabled);
    let before = other;
    let ask = [
        ("form[key]", "wechat"),
        ("form[association][mode]", "ask_binding"),
        ("form[association][as_source]", "true"),
    ];
    assert!(owner.post("/fn/admin/provider", &ask).await.has("Saved."));
    let renamed = [("form[key]", "wechat"), ("form[name]", "微信"), ("form[position]", "4")];
    assert!(owner.post("/fn/admin/provider", &renamed).await.has("微信"));
    let after = row().await.unwrap();
    assert_eq!((after.name.as_str(), after.position), ("微信", 4));
    assert_eq!(
        (after.config, after.enabled, after.namespace, after.secret),
        (before.config, true, before.namespace, before.secret)
    );
    let page = owner.get("/admin/providers/wechat").await;
    assert!(
        page.has("value=\"ask_binding\" checked")
            && !page.has("id=\"as_target\" type=\"checkbox\" checked")
    );
    // Nothing hangs on it: it goes, and the next one under its key begins anew.
    assert!(owner.get("/admin/providers/wechat/delete").await.has("Delete 微信?"));
    let gone = owner.post("/fn/admin/provider/delete", &[("form[key]", "wechat")]).await;
    assert!(gone.has("The provider is deleted.") && !gone.has("微信"), "{}", gone.body);
    assert!(row().await.is_none());
    owner.post("/fn/admin/provider/add", &added).await;
    assert!(owner.get("/admin/providers/wechat").await.has("value=\"inherit\" checked"));
    // Two events say who did it.
    assert_eq!(w.rows("audit_event", "kind", "provider.deleted").await, 1);
}
