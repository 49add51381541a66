//! Several organisations on one instance: what each has, what none sees of another, and who administrates what.
use crate::{
    op::{Rp, register, register_in},
    world::{Browser, PASSWORD, Page, World},
};
use reqwest::Method;
use serde_json::json;
use service::{NewPerson, admin::organisations::OrganisationForm};

/// The owner of an organisation, signed in there.
async fn owner_of(one: &service::Ligature) -> Browser {
    let email = "boss@example.test";
    one.setup()
        .create_owner(NewPerson {
            email: email.into(),
            name: "Boss".into(),
            password: PASSWORD.into(),
        })
        .await
        .unwrap();
    let browser = Browser::new(&one.settings.public_url);
    let page = browser.password(email, PASSWORD).await;
    assert_eq!(page.path(), "/account", "{}", page.body);
    browser
}

/// Somebody with a role.
async fn with_role(w: &World, email: &str, role: &str) -> Browser {
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
    let role = role.to_owned();
    let org = ligature.org;
    ligature
        .store
        .write::<_, storage::Error, _>(move |c| {
            Box::pin(async move { storage::accounts::add_role(c, org, id, &role, 1).await })
        })
        .await
        .unwrap();
    b
}

/// Somebody of another organisation with a role, by a password.
async fn role_in(one: &service::Ligature, email: &str, role: &'static str) -> Browser {
    one.setup()
        .create_owner(NewPerson {
            email: email.to_owned(),
            name: "Role".into(),
            password: PASSWORD.into(),
        })
        .await
        .unwrap();
    let id = storage::accounts::find_owner(&mut one.store.read().await.unwrap(), one.org, email)
        .await
        .unwrap()
        .unwrap();
    let org = one.org;
    one.store
        .write::<_, storage::Error, _>(move |c| {
            Box::pin(async move {
                storage::accounts::remove_role(c, org, id, "owner").await?;
                storage::accounts::add_role(c, org, id, role, 1).await
            })
        })
        .await
        .unwrap();
    let b = Browser::new(&one.settings.public_url);
    b.password(email, PASSWORD).await;
    b
}

async fn account_of(one: &service::Ligature, email: &str) -> String {
    storage::accounts::find_owner(&mut one.store.read().await.unwrap(), one.org, email)
        .await
        .unwrap()
        .unwrap()
        .to_string()
}

/// Shows ZI-20, ZI-09: the same person at the same provider is somebody else in each organisation.
#[tokio::test(flavor = "multi_thread")]
async fn zi_20_the_same_identity_has_an_account_of_its_own_in_each_organisation() {
    let w = World::new("goss").await;
    let (acme, beta) = (w.organisation("acme", "goss").await, w.organisation("beta", "goss").await);
    let mut subjects = Vec::new();
    for one in [w.ligature(), acme.clone(), beta.clone()] {
        let b = Browser::new(&one.settings.public_url);
        let page = b.sign_in("meridian", "m-vera").await;
        assert_eq!(
            (page.path().as_str(), page.url.starts_with(&one.settings.public_url)),
            ("/account", true),
            "{}",
            page.url
        );
        let rp = if one.is_home() {
            register(&w, "rp", json!({})).await
        } else {
            register_in(&one, "rp", json!({})).await
        };
        let tokens = rp.token(&rp.code(&b, &[]).await, &[]).await;
        let claims = rp.verified(&tokens.text("id_token")).await;
        assert_eq!(claims["iss"], json!(one.settings.public_url));
        subjects.push(claims["sub"].as_str().unwrap().to_owned());
        assert_eq!(
            storage::accounts::count_accounts(&mut one.store.read().await.unwrap(), one.org)
                .await
                .unwrap(),
            1
        );
    }
    assert_eq!(w.links("m-vera").await, 3);
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 3, "no application of two organisations can compare people");
    w.healthy().await;
}

/// Shows ZI-20: nothing that one organisation gave out is worth anything in another, not even under the same names and secrets.
#[tokio::test(flavor = "multi_thread")]
async fn zi_20_sessions_attempts_codes_and_tokens_of_one_organisation_open_nothing_in_another() {
    let w = World::new("goss").await;
    let (acme, beta) = (w.organisation("acme", "goss").await, w.organisation("beta", "goss").await);
    let (here, there): (Rp, Rp) =
        (register_in(&acme, "rp", json!({})).await, register_in(&beta, "rp", json!({})).await);
    let b = Browser::new(&acme.settings.public_url);
    b.sign_in("meridian", "m-vera").await;
    // The session, carried over under the other organisation's name of it.
    let other = Browser::new(&beta.settings.public_url);
    let secret = b.session_cookie().unwrap().split_once('=').unwrap().1.to_owned();
    other.sign_in("meridian", "m-ben").await;
    let own = other.session_cookie().unwrap();
    let name = own.split_once('=').unwrap().0.to_owned();
    other.set_cookie(&format!("{name}={secret}"));
    assert!(!other.is_signed_in().await, "a session of acme opened beta");
    // Codes and tokens.
    let code = here.code(&b, &[("scope", "openid offline_access")]).await;
    assert_eq!(there.token(&code, &[]).await.error(), (400, "invalid_grant"));
    let tokens = here.token(&code, &[]).await;
    assert_eq!(tokens.status, 200, "the other organisation used nothing up: {}", tokens.body);
    assert_eq!(there.userinfo(&tokens.text("access_token")).await.status, 401);
    assert_eq!(there.refresh(&tokens.text("refresh_token")).await.error(), (400, "invalid_grant"));
    let told = there.post("/introspect", &[("token", &tokens.text("access_token"))]).await;
    assert_eq!(told.body, json!({"active": false}));
    there.post("/revoke", &[("token", &tokens.text("access_token"))]).await;
    assert_eq!(here.userinfo(&tokens.text("access_token")).await.status, 200);
    // A pushed request, and a device's code.
    let pushed = here
        .post(
            "/par",
            &here.request(&[]).iter().map(|(k, v)| (k.as_str(), v.as_str())).collect::<Vec<_>>(),
        )
        .await
        .text("request_uri");
    let page = other
        .send(
            other
                .request(Method::GET, "/authorize")
                .query(&[("client_id", "rp"), ("request_uri", &pushed)]),
        )
        .await;
    assert!(!page.header("location").contains("code="), "{}", page.header("location"));
    // A hint with the other's token is none: it is not of this issuer.
    let out = other.get(&format!("/logout?id_token_hint={}", tokens.text("id_token"))).await;
    assert!(!out.has("Signed out"), "it ends nothing: {}", out.body);
    // A page of an attempt, with everything that its browser has.
    let began = Browser::new(&acme.settings.public_url);
    let page = began
        .post(
            "/fn/signup",
            &[("email", "new@example.test"), ("name", "New"), ("password", PASSWORD)],
        )
        .await;
    let carried = Browser::new(&beta.settings.public_url);
    for cookie in began.cookies().split("; ") {
        carried.set_cookie(cookie);
    }
    assert_eq!(carried.get(&page.path()).await.refusal(), "attempt.unknown");
    assert_eq!(began.get(&page.path()).await.status, 200);
    // A sign-in that began here ends nowhere else.
    let at = began.at_provider(&began.start("meridian").await, "m-ben").await;
    let moved = at.replace(&acme.settings.public_url, &beta.settings.public_url);
    for cookie in began.cookies().split("; ") {
        carried.set_cookie(cookie);
    }
    assert!(carried.get(&moved).await.path().starts_with("/refused"), "a callback crossed over");
    assert!(!carried.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn zi_09_linking_is_on_in_one_organisation_and_off_in_another_and_by_provider() {
    let w = World::new("goss").await;
    let (on, off) = (w.organisation("on", "goss").await, w.organisation("off", "goss").await);
    let switched = |provider: &World, association: &str| {
        json!({"providers": [
            {"key": "meridian", "name": "Meridian", "secret": "rehearsal-secret", "verified_counts": true, "association": association, "settings": {"kind": "oidc", "issuer": provider.meridian.issuer, "client_id": "ligature"}},
            {"key": "atlas", "name": "Atlas", "secret": "rehearsal-secret", "verified_counts": true, "association": association, "settings": {"kind": "oidc", "issuer": provider.atlas.issuer, "client_id": "ligature"}},
        ]})
    };
    server::seed::apply(&on, serde_json::from_value(switched(&w, "field_match")).unwrap())
        .await
        .unwrap();
    server::seed::apply(&off, serde_json::from_value(switched(&w, "off")).unwrap()).await.unwrap();
    for (one, accounts) in [(&on, 1), (&off, 2)] {
        let first = Browser::new(&one.settings.public_url).sign_in("meridian", "m-vera").await;
        assert_eq!(first.path(), "/account", "{}", first.body);
        let second = Browser::new(&one.settings.public_url);
        let page = second.sign_in("atlas", "a-vera").await;
        assert!(!page.path().starts_with("/refused"), "{}", page.body);
        let there =
            storage::accounts::count_accounts(&mut one.store.read().await.unwrap(), one.org)
                .await
                .unwrap();
        assert_eq!(there, accounts, "{}: {}", one.settings.public_url, page.url);
    }
}

/// Shows ZI-20: an organisation's administrators see and change their own only; the instance is run from the home one.
#[tokio::test(flavor = "multi_thread")]
async fn zi_20_an_organisations_owner_sees_only_their_own_organisation() {
    let w = World::new("goss").await;
    let acme = w.organisation("acme", "goss").await;
    let (home, boss) = (w.owner().await, owner_of(&acme).await);
    w.browser().sign_in("meridian", "m-vera").await;
    let stranger = account_of(&w.ligature(), "owner@example.test").await;
    register(&w, "secret-app", json!({})).await;
    // Accounts, applications, the trail: acme's own.
    let accounts = boss.get("/admin/accounts").await;
    assert!(
        accounts.has("boss@example.test")
            && !accounts.has("owner@example.test")
            && !accounts.has("vera@example.test")
    );
    assert!(!boss.get("/admin/applications").await.has("secret-app"));
    assert_eq!(boss.get("/admin/applications/secret-app").await.refusal(), "server.not_found");
    assert_eq!(boss.get(&format!("/admin/accounts/{stranger}")).await.status, 404);
    for (path, form) in [
        ("/fn/admin/account/state", vec![("account", stranger.as_str()), ("enabled", "no")]),
        (
            "/fn/admin/account/role",
            vec![("account", stranger.as_str()), ("role", "owner"), ("given", "no")],
        ),
        ("/fn/admin/account/second-factor", vec![("account", stranger.as_str())]),
        ("/fn/admin/application/secret", vec![("client_id", "secret-app")]),
    ] {
        let page = boss.post(path, &form).await;
        assert_eq!(page.status, 404, "{path}: {}", page.url);
    }
    // Merging reaches nobody outside either.
    let own = account_of(&acme, "boss@example.test").await;
    for other in [stranger.as_str(), "owner@example.test"] {
        boss.post("/fn/admin/account/merge", &[("account", &own), ("other", other)]).await;
        boss.post("/fn/admin/account/merge", &[("account", other), ("other", &own)]).await;
    }
    assert_eq!(w.rows("account", "state", "merged").await, 0);
    assert!(home.is_signed_in().await);
    // The instance is not theirs.
    let page = boss.get("/admin").await;
    assert!(page.has("/admin/accounts") && !page.has("/admin/organisations"), "{}", page.body);
    assert_eq!(boss.get("/admin/organisations").await.status, 403);
    for (path, form) in [
        (
            "/fn/admin/organisation",
            vec![
                ("create", "on"),
                ("slug", "evil"),
                ("name", "Evil"),
                ("address", "https://evil.example"),
            ],
        ),
        ("/fn/admin/organisation/owner", vec![("slug", "default")]),
    ] {
        assert_eq!(boss.post(path, &form).await.refusal(), "admin.forbidden", "{path}");
    }
    let unsafe_ = boss
        .post(
            "/fn/admin/policy",
            &[("preset", "goss"), ("mail_mode", "none"), ("accept_unproven_links", "on")],
        )
        .await;
    assert!(unsafe_.has("Only the home organisation"), "I11: {}", unsafe_.body);
    // And the home organisation's owner is nobody in acme.
    let ctx = Browser::new(&acme.settings.public_url);
    assert_eq!(ctx.get("/admin").await.status, 401);
    assert_eq!(ctx.password("owner@example.test", PASSWORD).await.path(), "/login");
    assert!(home.get("/admin/organisations").await.has("The acme"));
}

/// Shows ZI-20: settings of a provider at the level of the instance, taken or left by each organisation.
#[tokio::test(flavor = "multi_thread")]
async fn zi_20_a_provider_of_the_instance_is_offered_and_each_organisation_takes_it_or_not() {
    let w = World::new("goss").await;
    let (acme, beta) = (w.organisation("acme", "goss").await, w.organisation("beta", "goss").await);
    let boss = owner_of(&acme).await;
    let at_acme = || Browser::new(&acme.settings.public_url);
    assert!(!boss.get("/admin/providers").await.has("Atlas"), "not offered, not seen");
    w.provider("atlas", json!({"shared": true})).await;
    let list = boss.get("/admin/providers").await;
    assert!(list.has("Atlas") && list.has("Offered to you"), "{}", list.body);
    assert!(!at_acme().get("/login").await.has("Atlas"), "offered is not taken");
    let page = boss.get("/admin/providers/atlas").await;
    assert!(
        !page.has(&w.atlas.issuer) && !page.has("name=\"client_id\""),
        "its settings stay with whoever runs the instance"
    );
    assert!(page.has(&format!("{}/callback/atlas", acme.settings.public_url)));
    // Its settings cannot be replaced through the offer.
    boss.save_provider(&[
        ("create", "no"),
        ("key", "atlas"),
        ("name", "Evil"),
        ("kind", "oidc"),
        ("issuer", &w.pigeon.issuer),
        ("client_id", "evil"),
        ("enabled", ""),
        ("as_source", "on"),
        ("as_target", "on"),
    ])
    .await;
    assert_eq!(
        (w.rows("provider", "name", "Evil").await, w.rows("provider", "config", "evil").await),
        (0, 0)
    );
    let taken = boss
        .save_provider(&[
            ("key", "atlas"),
            ("enabled", "on"),
            ("association", "inherit"),
            ("as_source", "on"),
            ("as_target", "on"),
        ])
        .await;
    assert!(taken.has("Saved."), "{}", taken.body);
    assert!(
        at_acme().get("/login").await.has("Atlas")
            && !Browser::new(&beta.settings.public_url).get("/login").await.has("Atlas")
    );
    let signed_in = at_acme().sign_in("atlas", "a-new").await;
    assert!(
        !signed_in.path().starts_with("/refused"),
        "sealed with the home organisation's key, used in another: {}",
        signed_in.body
    );
    // Left again, or switched off for everybody: at once.
    boss.save_provider(&[
        ("key", "atlas"),
        ("association", "inherit"),
        ("as_source", "on"),
        ("as_target", "on"),
    ])
    .await;
    assert_eq!(
        at_acme().post("/fn/signin/provider", &[("provider", "atlas")]).await.refusal(),
        "provider.disabled"
    );
    boss.save_provider(&[
        ("key", "atlas"),
        ("enabled", "on"),
        ("association", "inherit"),
        ("as_source", "on"),
        ("as_target", "on"),
    ])
    .await;
    w.provider("atlas", json!({"shared": true, "enabled": false})).await;
    assert_eq!(
        at_acme().post("/fn/signin/provider", &[("provider", "atlas")]).await.refusal(),
        "provider.disabled"
    );
    // One of their own with the same key stands in front.
    w.provider("atlas", json!({"shared": true})).await;
    let own = json!({"providers": [{"key": "harbour", "name": "Own Harbour", "secret": "rehearsal-secret", "settings": {"kind": "oidc", "issuer": w.harbour.issuer, "client_id": "ligature"}}]});
    server::seed::apply(&acme, serde_json::from_value(own).unwrap()).await.unwrap();
    w.provider("harbour", json!({"shared": true})).await;
    let list = boss.get("/admin/providers").await;
    assert!(list.has("Own Harbour") && !list.has("<strong>Harbour"), "{}", list.body);
    // Nobody but the home organisation's owners offers one, or takes an offer back, whatever their form says.
    let save = async |b: &Browser, client: &str, shared: &str| {
        let form = [
            ("create", "no"),
            ("key", "harbour"),
            ("name", "Harbour"),
            ("kind", "oidc"),
            ("issuer", w.harbour.issuer.as_str()),
            ("client_id", client),
            ("enabled", "on"),
            ("as_source", "on"),
            ("as_target", "on"),
            ("shared", shared),
        ];
        b.save_provider(&form).await
    };
    save(&boss, "ligature", "on").await;
    let offered = async || {
        storage::policy::providers::list_providers(&mut beta.store.read().await.unwrap(), beta.org)
            .await
            .unwrap()
            .iter()
            .filter(|p| p.key == "harbour")
            .count()
    };
    assert_eq!(offered().await, 1, "the home organisation's, not acme's");
    let delegate = with_role(&w, "delegate@example.test", "provider-admin").await;
    assert!(save(&delegate, "ligature", "").await.has("Saved."));
    assert_eq!(offered().await, 1, "it is offered still");
    assert!(
        save(&delegate, "another", "").await.has("only an owner can change its issuer"),
        "others may trust what is offered"
    );
}

/// Shows AD-01: every page and function of the console, asked by everybody.
#[tokio::test(flavor = "multi_thread")]
async fn ad_01_the_console_equals_the_reviewed_matrix() {
    // It takes a form with a file.
    const LOGO: &str = "/fn/admin/brand/logo";
    let w = World::new("goss").await;
    w.apply(json!({"applications": [{"client_id": "app", "name": "App", "secret": "a-secret-of-the-application", "redirect_uris": ["https://app.test/cb"]}]})).await;
    let owner = w.owner().await;
    let people = [
        ("nobody", w.browser()),
        ("user", w.sign_up("user@example.test").await),
        ("provider-admin", with_role(&w, "provider@example.test", "provider-admin").await),
        ("support", with_role(&w, "support@example.test", "support").await),
        ("auditor", with_role(&w, "auditor@example.test", "auditor").await),
        ("owner", owner),
    ];
    w.sign_up("target@example.test").await;
    let target = account_of(&w.ligature(), "target@example.test").await;
    // Who may, of provider-admin, support and auditor; the owner may everything, nobody and users nothing.
    let pages = [
        ("/admin", "psa"),
        ("/admin/providers", "pa"),
        ("/admin/providers/meridian", "pa"),
        ("/admin/providers/meridian/test", "p"),
        ("/admin/policy", "psa"),
        ("/admin/policy/document", "psa"),
        ("/admin/policy/effective", "psa"),
        ("/admin/policy/try", "psa"),
        ("/admin/policy/presets/goss", "psa"),
        ("/admin/policy/versions/1", "psa"),
        ("/admin/policy/versions/1/replay", "sa"),
        ("/admin/accounts", "sa"),
        (&format!("/admin/accounts/{target}"), "sa"),
        ("/admin/applications", "a"),
        ("/admin/applications/app", "a"),
        ("/admin/audit", "sa"),
        ("/admin/brand", ""),
        ("/admin/organisations", ""),
        ("/admin/organisations/default", ""),
    ];
    let account = target.as_str();
    type Form<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>);
    let forms: Vec<Form> = vec![
        (
            "/fn/admin/provider/add",
            "p",
            vec![
                ("form[preset]", "oidc"),
                ("form[key]", "second"),
                ("form[name]", "Second"),
                ("form[settings][issuer]", &w.pigeon.issuer),
                ("form[client_id]", "another"),
                ("form[enabled]", "true"),
            ],
        ),
        ("/fn/admin/provider", "p", vec![("form[key]", "harbour"), ("form[name]", "Harbour")]),
        ("/fn/admin/provider/test", "p", vec![("form[key]", "harbour")]),
        ("/fn/admin/provider/test-sign-in", "p", vec![("form[key]", "harbour")]),
        ("/fn/admin/provider/delete", "p", vec![("form[key]", "nothing-here")]),
        (
            "/fn/admin/policy",
            "",
            vec![
                ("preset", "goss"),
                ("mail_mode", "notification"),
                ("link_on_login", "on"),
                ("account_management", "on"),
                ("create", "on"),
            ],
        ),
        ("/fn/admin/policy/draft", "", vec![("scope", "instance"), ("document", "{}")]),
        ("/fn/admin/policy/version", "", vec![("version", "1"), ("becomes", "active")]),
        ("/fn/admin/policy/roll-back", "", vec![("version", "1")]),
        ("/fn/admin/policy/dry-run", "", vec![("version", "1")]),
        ("/fn/admin/account/state", "s", vec![("account", account), ("enabled", "no")]),
        ("/fn/admin/account/state", "s", vec![("account", account), ("enabled", "yes")]),
        ("/fn/admin/account/merge", "", vec![("account", account), ("other", "user@example.test")]),
        ("/fn/admin/account/second-factor", "", vec![("account", account)]),
        (
            "/fn/admin/account/email",
            "",
            vec![("account", account), ("address", "user@example.test")],
        ),
        (
            "/fn/admin/account/role",
            "",
            vec![("account", account), ("role", "support"), ("given", "no")],
        ),
        (
            "/fn/admin/application",
            "",
            vec![
                ("fields[client_id]", "app"),
                ("fields[name]", "App"),
                ("fields[redirect_uris]", "https://app.test/cb"),
            ],
        ),
        ("/fn/admin/application/secret", "", vec![("client_id", "app")]),
        ("/fn/admin/registration", "", vec![("label", "x"), ("uses", "1"), ("days", "1")]),
        ("/fn/admin/registration/end", "", vec![("id", "x")]),
        ("/fn/admin/brand", "", vec![("name", "Ligature"), ("colour", "")]),
        ("/fn/admin/organisation", "", vec![("slug", "default"), ("name", "Ligature")]),
        ("/fn/admin/organisation/owner", "", vec![("slug", "default")]),
        ("/fn/admin/group/create", "", vec![("form[key]", "staff")]),
        ("/fn/admin/group", "", vec![("form[key]", "staff"), ("form[name]", "Staff")]),
        ("/fn/admin/group/add", "", vec![("form[key]", "staff"), ("form[who]", account)]),
        ("/fn/admin/group/remove", "", vec![("form[key]", "staff"), ("form[who]", account)]),
        ("/fn/admin/group/delete", "", vec![("form[key]", "staff")]),
        ("/fn/admin/provider/groups", "", vec![("form[key]", "harbour")]),
        ("/fn/admin/provider/profile", "", vec![("form[key]", "harbour")]),
        ("/fn/admin/provider/move", "", vec![("form[key]", "harbour"), ("form[to]", "atlas")]),
        ("/fn/admin/provider/move/end", "", vec![("form[key]", "harbour"), ("form[to]", "atlas")]),
    ];
    let may = |who: &str, letters: &str| match who {
        "owner" => true,
        "nobody" | "user" => false,
        _ => letters.contains(&who[..1]),
    };
    let refused =
        |page: &Page| ["admin.forbidden", "session.ended"].contains(&page.refusal().as_str());
    for (who, b) in &people {
        for (path, letters) in pages {
            let page = b.get(path).await;
            assert_eq!(!refused(&page), may(who, letters), "{who} {path}: {}", page.status);
        }
        for (path, letters, form) in &forms {
            let page = b.post(path, form).await;
            assert_eq!(!refused(&page), may(who, letters), "{who} {path}: {}", page.url);
        }
        let logo = b
            .request(reqwest::Method::POST, LOGO)
            .header("origin", &b.base)
            .multipart(reqwest::multipart::Form::new().text("remove", "yes"));
        let page = b.follow(b.send(logo).await).await;
        assert_eq!(!refused(&page), may(who, ""), "{who} {LOGO}: {}", page.url);
    }
    // The list above is whole: a function that is not in it fails here.
    let listed: Vec<&str> = forms.iter().map(|(path, _, _)| *path).chain([LOGO]).collect();
    for path in server::router::function_paths() {
        assert!(
            !path.starts_with("/fn/admin/") || listed.contains(&path),
            "{path} is in no matrix"
        );
    }
}

/// Shows AD-05: nobody but owners raises whom a provider's word opens, or reaches an account that has a role.
#[tokio::test(flavor = "multi_thread")]
async fn ad_05_delegated_administrators_do_not_reach_beyond_their_role() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let (provider, support) = (
        with_role(&w, "provider@example.test", "provider-admin").await,
        with_role(&w, "support@example.test", "support").await,
    );
    let form = |more: &[(&'static str, &'static str)]| {
        let mut all = vec![
            ("create", "no"),
            ("key", "pigeon"),
            ("name", "Pigeon"),
            ("kind", "oidc"),
            ("client_id", "ligature"),
            ("enabled", "on"),
            ("as_source", "on"),
            ("as_target", "on"),
        ];
        all.extend_from_slice(more);
        all
    };
    for more in
        [[("verified_counts", "on")], [("domains", "example.test")], [("own_directory", "on")]]
    {
        let mut all = form(&more);
        all.push(("issuer", &w.pigeon.issuer));
        let page = provider.save_provider(&all).await;
        assert!(page.has("Only an owner may say"), "{more:?} {}", page.body);
    }
    // Meridian's word counts already: only an owner says where it is asked.
    let elsewhere = [
        ("key", "meridian"),
        ("name", "Meridian"),
        ("issuer", w.meridian.issuer.as_str()),
        ("client_id", "another"),
        ("create", "no"),
        ("kind", "oidc"),
        ("enabled", "on"),
        ("verified_counts", "on"),
        ("as_source", "on"),
        ("as_target", "on"),
    ];
    assert!(provider.save_provider(&elsewhere).await.has("so only an owner can change its issuer"));
    // Nor comes a new one under the key of a provider whose word counts where it is offered.
    let acme = w.organisation("acme", "goss").await;
    w.provider("atlas", json!({"shared": true})).await;
    let boss = owner_of(&acme).await;
    boss.save_provider(&[
        ("key", "atlas"),
        ("enabled", "on"),
        ("association", "inherit"),
        ("as_source", "on"),
        ("as_target", "on"),
        ("verified_counts", "on"),
    ])
    .await;
    let delegate = role_in(&acme, "delegate@example.test", "provider-admin").await;
    let evil = [
        ("create", "yes"),
        ("key", "atlas"),
        ("name", "Evil"),
        ("kind", "oidc"),
        ("issuer", w.pigeon.issuer.as_str()),
        ("client_id", "x"),
        ("enabled", "on"),
        ("verified_counts", "on"),
        ("as_source", "on"),
        ("as_target", "on"),
    ];
    assert!(delegate.save_provider(&evil).await.has("so only an owner can change its issuer"));
    let left = delegate
        .save_provider(&[
            ("key", "atlas"),
            ("association", "inherit"),
            ("as_source", "on"),
            ("as_target", "on"),
        ])
        .await;
    assert!(left.has("Saved."), "taking and leaving is theirs: {}", left.body);
    let mut same = elsewhere;
    same[3].1 = "ligature";
    same[1].1 = "Meridian Harbour";
    assert!(provider.save_provider(&same).await.has("Meridian Harbour"));
    let owners = account_of(&w.ligature(), "owner@example.test").await;
    for (b, path, form) in [
        (
            &support,
            "/fn/admin/account/state",
            vec![("account", owners.as_str()), ("enabled", "no")],
        ),
        (&owner, "/fn/admin/account/state", vec![("account", owners.as_str()), ("enabled", "no")]),
        (
            &owner,
            "/fn/admin/account/role",
            vec![("account", owners.as_str()), ("role", "owner"), ("given", "no")],
        ),
    ] {
        assert_eq!(b.post(path, &form).await.refusal(), "link.not_allowed", "{path}");
    }
    // A role is given and taken in the console, and counts at the next request.
    let helper = w.sign_up("helper@example.test").await;
    let id = account_of(&w.ligature(), "helper@example.test").await;
    assert_eq!(helper.get("/admin").await.status, 403);
    let given = owner
        .post("/fn/admin/account/role", &[("account", &id), ("role", "support"), ("given", "yes")])
        .await;
    assert!(given.has("Saved.") && given.has("Take away: Support"), "{}", given.body);
    assert!(
        helper.get("/account").await.has("/admin")
            && helper.get("/admin/accounts").await.status == 200
    );
    owner
        .post("/fn/admin/account/role", &[("account", &id), ("role", "support"), ("given", "no")])
        .await;
    assert_eq!(helper.get("/admin/accounts").await.status, 403);
    assert_eq!(
        (
            w.rows("audit_event", "kind", "role.given").await,
            w.rows("audit_event", "kind", "role.taken").await
        ),
        (1, 1)
    );
}

/// Shows PX-03, SB-03, SB-04: a host is one organisation's, and sibling hosts are strangers to each other.
#[tokio::test(flavor = "multi_thread")]
async fn px_03_hosts_belong_to_one_organisation_and_siblings_are_other_sites() {
    let w = World::new("goss").await;
    let acme = w.organisation("acme", "goss").await;
    let address = acme.settings.public_url.clone();
    let b = Browser::new(&address);
    assert_eq!(b.get("/login").await.status, 200);
    let found = b.get("/.well-known/openid-configuration").await;
    assert!(found.has(&format!("\"issuer\":\"{address}\"")), "{}", found.body);
    // A form of a sibling host, even one of this instance.
    b.sign_in("meridian", "m-vera").await;
    for origin in [w.url(), address.replace("acme", "evil")] {
        let request = b
            .request(Method::POST, "/fn/account/name")
            .header("origin", &origin)
            .header("sec-fetch-site", "same-site")
            .form(&[("name", "Evil")]);
        assert_eq!(b.send(request).await.status, 403, "{origin}");
    }
    let nowhere = Browser::new(&address.replace("acme", "nowhere"));
    assert_eq!(nowhere.get("/login").await.status, 421);
    // Switched off, moved, switched on: within a second.
    let form = |address: &str, active: bool| OrganisationForm {
        slug: "acme".into(),
        name: "Acme".into(),
        address: address.into(),
        active,
    };
    let put = |form: OrganisationForm| {
        let w = &w;
        async move {
            let saved = w
                .ligature()
                .organisation_admin()
                .put_organisation(&service::Authority::Operator("test"), form, false)
                .await
                .unwrap();
            w.pass(2);
            saved
        }
    };
    put(form(&address, false)).await.unwrap();
    assert_eq!(b.get("/login").await.status, 421);
    let moved = address.replace("acme", "moved");
    put(form(&moved, true)).await.unwrap();
    assert_eq!(
        (b.get("/login").await.status, Browser::new(&moved).get("/login").await.status),
        (421, 200)
    );
    // Addresses are one organisation's.
    w.organisation("beta", "goss").await;
    assert_eq!(
        put(form(&moved.replace("moved", "beta"), true)).await.unwrap_err(),
        ("address", "field-taken")
    );
    assert_eq!(put(form(&w.url(), true)).await.unwrap_err(), ("address", "field-taken"));
}

/// Shows AD-04 for each organisation: its first owner comes by a link that works once, there.
#[tokio::test(flavor = "multi_thread")]
async fn ad_04_an_organisation_is_made_in_the_console_and_its_first_owner_comes_by_a_link() {
    let w = World::new("goss").await;
    let owner = w.owner().await;
    let port = w.url().rsplit_once(':').unwrap().1.to_owned();
    let address = format!("http://gamma.localhost:{port}");
    let bad = owner
        .post(
            "/fn/admin/organisation",
            &[("create", "on"), ("slug", "Gamma!"), ("name", "Gamma"), ("address", &address)],
        )
        .await;
    assert!(bad.has("Use small letters") && bad.has("value=\"Gamma!\""), "{}", bad.body);
    let bad = owner
        .post(
            "/fn/admin/organisation",
            &[
                ("create", "on"),
                ("slug", "gamma"),
                ("name", "Gamma"),
                ("address", "http://gamma.example.com"),
            ],
        )
        .await;
    assert!(bad.has("Give https"), "{}", bad.body);
    let made = owner
        .post(
            "/fn/admin/organisation",
            &[("create", "on"), ("slug", "gamma"), ("name", "Gamma"), ("address", &address)],
        )
        .await;
    assert!(
        made.path() == "/admin/organisations/gamma"
            && made.has("Saved.")
            && made.has("First owner"),
        "{}",
        made.body
    );
    w.organisation("delta", "goss").await;
    let invited = owner.post("/fn/admin/organisation/owner", &[("slug", "gamma")]).await;
    let link = invited
        .body
        .split(&format!("{address}/setup?token="))
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    // Not in another organisation.
    let elsewhere = Browser::new(&address.replace("gamma", "delta"));
    let fields = |token: &str| {
        [
            ("token".to_owned(), token.to_owned()),
            ("email".into(), "g@example.test".into()),
            ("name".into(), "G".into()),
            ("password".into(), PASSWORD.into()),
        ]
    };
    let claim = |b: Browser, token: String| async move {
        let all = fields(&token);
        let form: Vec<(&str, &str)> = all.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        b.post("/fn/setup", &form).await
    };
    assert_eq!(claim(elsewhere, link.clone()).await.refusal(), "admin.setup_closed");
    assert_eq!(claim(w.browser(), link.clone()).await.refusal(), "admin.setup_closed");
    let first = claim(Browser::new(&address), link.clone()).await;
    assert_eq!(
        (first.path().as_str(), first.url.starts_with(&address)),
        ("/admin", true),
        "{}",
        first.body
    );
    assert_eq!(claim(Browser::new(&address), link).await.refusal(), "admin.setup_closed");
    let again = owner.get("/admin/organisations/gamma").await;
    assert!(!again.has("First owner"), "it has one now");
    assert!(
        owner
            .post("/fn/admin/organisation/owner", &[("slug", "gamma")])
            .await
            .has("has an owner already")
    );
}

/// Mails come from the organisation that the person is in, with its address; what one organisation counts, another does not.
#[tokio::test(flavor = "multi_thread")]
async fn zi_20_letters_and_the_ends_of_sessions_speak_for_their_own_organisation() {
    let w = World::new("goss").await;
    let acme = w.organisation("acme", "goss").await;
    let b = Browser::new(&acme.settings.public_url);
    let page = b
        .post(
            "/fn/signup",
            &[("email", "new@example.test"), ("name", "New"), ("password", PASSWORD)],
        )
        .await;
    let mail = w.mail("new@example.test", 1).await;
    assert!(
        mail.raw.contains(&acme.settings.public_url)
            && mail.raw.contains("From: \"The acme\" <")
            && !mail.raw.contains(&w.url()),
        "{}",
        mail.raw
    );
    assert_eq!(b.code(&page, &mail.code.unwrap()).await.path(), "/account");
    // An application of acme hears of the end from acme.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/end", listener.local_addr().unwrap());
    let (heard, mut hears) = tokio::sync::mpsc::channel::<String>(4);
    let router = axum::Router::new().route(
        "/end",
        axum::routing::post(move |axum::Form(form): axum::Form<std::collections::HashMap<String, String>>| async move {
            heard.send(form["logout_token"].clone()).await.unwrap();
        }),
    );
    tokio::spawn(async move { axum::serve(listener, router).await });
    let rp = register_in(&acme, "rp", json!({"backchannel_logout_uri": uri})).await;
    rp.token(&rp.code(&b, &[]).await, &[]).await;
    b.post("/fn/signout", &[]).await;
    let told = tokio::time::timeout(std::time::Duration::from_secs(10), hears.recv())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(rp.verified(&told).await["iss"], json!(acme.settings.public_url));
}
