//! What comes from outside: evidence, subjects, doubled keys, addresses in other letters, places that answers lead to.
use crate::world::{Browser, PASSWORD, Page, World};
use rehearsal::provider::Knobs;
use reqwest::Method;
use serde_json::json;

/// Signs in by a provider; where a page asks, with a new account.
async fn enter(w: &World, key: &str, who: &str) -> Page {
    let b = w.browser();
    let page = b.sign_in(key, who).await;
    if page.has("value=\"create_new\"") { b.pick(&page, "create_new").await } else { page }
}

/// Shows ID-06, ID-16. Also evidence for another domain, and a list that grew without it.
#[tokio::test(flavor = "multi_thread")]
async fn id_16_a_provider_that_serves_many_links_silently_only_with_evidence_of_the_domain() {
    let w = World::new("recommended").await;
    for name in ["vera", "wim", "xenia", "yara"] {
        w.sign_up(&format!("{name}@example.test")).await;
        w.atlas.person(
            &format!("a-{name}"),
            json!({"email": format!("{name}@example.test"), "email_verified": true}),
        );
    }
    w.provider("atlas", json!({"domains": ["example.test"]})).await;
    let said = |hd: &str| Knobs { id_token: json!({ "hd": hd }), ..Knobs::default() };
    w.knobs(&w.atlas, said("example.test"));
    assert_eq!(w.browser().sign_in("atlas", "a-vera").await.path(), "/account");
    assert_eq!(w.links("a-vera").await, 1);
    for (who, knobs) in [
        ("a-wim", Knobs::default()),
        ("a-wim", said("")),
        ("a-wim", said("evil.test")),
        ("a-wim", said("mail.example.test")),
    ] {
        w.knobs(&w.atlas, knobs);
        let page = w.browser().sign_in("atlas", who).await;
        assert!(page.path().starts_with("/attempt/"), "{}", page.url);
    }
    assert_eq!(w.links("a-wim").await, 0, "claimed_verified at most");
    w.knobs(&w.atlas, Knobs::default());
    w.provider("atlas", json!({"domains": ["example.test", "corp.test"]})).await;
    assert!(w.browser().sign_in("atlas", "a-xenia").await.path().starts_with("/attempt/"));
    w.provider("atlas", json!({"domains": ["example.test"], "own_directory": true})).await;
    assert_eq!(
        w.browser().sign_in("atlas", "a-yara").await.path(),
        "/account",
        "as its owner said"
    );
    assert_eq!(w.links("a-yara").await, 1);
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn id_16_nobody_calls_google_the_own_directory_of_a_domain() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let form = |key: &'static str, issuer: &'static str| {
        let all = [
            ("create", "yes"),
            ("key", key),
            ("name", "Big"),
            ("kind", "oidc"),
            ("client_id", "x"),
            ("secret", "y"),
            ("enabled", "on"),
            ("association", "inherit"),
            ("as_source", "on"),
        ];
        all.into_iter()
            .chain([
                ("as_target", "on"),
                ("issuer", issuer),
                ("domains", "corp.test"),
                ("own_directory", "on"),
            ])
            .collect::<Vec<_>>()
    };
    for (key, issuer) in [
        ("google", "https://accounts.google.com"),
        ("microsoft", "https://login.microsoftonline.com/72f988bf/v2.0"),
    ] {
        let page = owner.save_provider(&form(key, issuer)).await;
        assert!(
            page.has("Google and Microsoft serve many organisations"),
            "{issuer}: {}",
            page.body
        );
    }
    let saved = owner.save_provider(&form("big", "https://id.corp.test")).await;
    assert!(saved.has("Saved."), "{}", saved.body);
    assert!(
        owner
            .get("/admin/providers/big")
            .await
            .has("This provider is the directory that assigns these addresses")
    );
}

/// Also numbers too large to be exact, and a subject in other letters.
#[tokio::test(flavor = "multi_thread")]
async fn id_17_spellings_of_a_subject_are_different_people_or_nobody() {
    let w = World::new("recommended").await;
    let at = &w.harbour.issuer;
    let settings = json!({"kind": "oauth2", "client_id": "ligature", "authorization_url": format!("{at}/authorize"), "token_url": format!("{at}/token"), "userinfo_url": format!("{at}/userinfo"), "auth": "post", "subject_path": "who.id"});
    w.apply(json!({"providers": [{"key": "plain", "name": "Plain", "secret": "rehearsal-secret", "settings": settings}]})).await;
    let people = [
        json!(7),
        json!("7"),
        json!(" 7"),
        json!("7 "),
        json!("007"),
        json!("7.0"),
        json!("\"7\""),
        json!("９"),
        json!("9"),
        json!(u64::MAX),
    ];
    for (n, id) in people.iter().enumerate() {
        w.harbour.person(&format!("o-{n}"), json!({"who": {"id": id}}));
        for _ in 0..2 {
            let page = enter(&w, "plain", &format!("o-{n}")).await;
            assert_eq!(page.path(), "/account", "{id}: {}", page.body);
            assert_eq!(
                w.accounts().await,
                i64::try_from(n).unwrap() + 1,
                "{id} is somebody of their own, and the same one again"
            );
        }
    }
    let long = "x".repeat(256);
    for bad in [
        json!(7.0),
        json!(7.5),
        json!(1.8446744073709552e19),
        json!(""),
        json!(" "),
        json!("7\n"),
        json!("7\u{0}"),
        json!(null),
        json!([7]),
        json!(long),
    ] {
        w.harbour.person("o-bad", json!({"who": {"id": bad}}));
        assert_eq!(enter(&w, "plain", "o-bad").await.refusal(), "provider.answer", "{bad}");
    }
    assert_eq!(w.accounts().await, i64::try_from(people.len()).unwrap());
    w.healthy().await;
}

/// Saves the provider, so that its metadata and keys are read anew.
async fn again(w: &World, name: &str) {
    w.provider("meridian", json!({"name": format!("Meridian {name}")})).await;
}

/// Each answer of a provider, and both halves of its token.
#[tokio::test(flavor = "multi_thread")]
async fn id_19_an_answer_in_which_a_key_stands_twice_is_refused() {
    let w = World::new("recommended").await;
    // The address comes by userinfo, so that each answer is read.
    let good = Knobs { email_in_userinfo: true, ..Knobs::default() };
    w.knobs(&w.meridian, good.clone());
    assert_eq!(enter(&w, "meridian", "m-vera").await.path(), "/account");
    for twice in ["metadata", "jwks", "token", "userinfo", "id_token", "header"] {
        w.knobs(&w.meridian, good.clone());
        again(&w, twice).await;
        assert_eq!(
            w.browser().sign_in("meridian", "m-vera").await.path(),
            "/account",
            "{twice}: without it"
        );
        w.knobs(&w.meridian, Knobs { twice: twice.into(), ..good.clone() });
        again(&w, twice).await;
        let b = w.browser();
        let start = b.start("meridian").await;
        if start.starts_with(&w.meridian.issuer) {
            let page = b.get(&b.at_provider(&start, "m-vera").await).await;
            assert_eq!(page.refusal(), "provider.answer", "{twice}: {}", page.url);
        }
        assert!(!b.is_signed_in().await, "{twice}");
    }
    assert_eq!(w.accounts().await, 1);
}

/// The token, userinfo, key set and metadata addresses.
#[tokio::test(flavor = "multi_thread")]
async fn oc_11_an_answer_that_leads_elsewhere_is_not_followed() {
    let w = World::new("recommended").await;
    let good = Knobs { email_in_userinfo: true, ..Knobs::default() };
    w.knobs(&w.meridian, good.clone());
    assert_eq!(enter(&w, "meridian", "m-vera").await.path(), "/account");
    for redirect in ["metadata", "jwks", "token", "userinfo"] {
        w.knobs(&w.meridian, good.clone());
        again(&w, redirect).await;
        assert_eq!(
            w.browser().sign_in("meridian", "m-vera").await.path(),
            "/account",
            "{redirect}: without it"
        );
        w.knobs(&w.meridian, Knobs { redirect: redirect.into(), ..good.clone() });
        again(&w, redirect).await;
        let b = w.browser();
        let start = b.start("meridian").await;
        if start.starts_with(&w.meridian.issuer) {
            let page = b.get(&b.at_provider(&start, "m-vera").await).await;
            assert!(page.refusal().starts_with("provider."), "{redirect}: {}", page.url);
        }
        assert!(!b.is_signed_in().await, "{redirect}");
    }
    let seen = w.meridian.log();
    assert!(seen.iter().all(|s| s.what != "elsewhere") && w.meridian.jwks_reads() > 4);
}

/// An address whose first letter is the Kelvin sign, which normalising makes a K.
const KELVIN: &str = "\u{212a}im@example.test";

/// Sign-up, reset, sign-in code, bind, change. Also letters that nobody sees.
#[tokio::test(flavor = "multi_thread")]
async fn em_07_an_address_in_letters_that_stand_for_others_is_none_in_any_form() {
    let w = World::new("recommended").await;
    let kim = w.sign_up("Kim@Example.test").await;
    assert_eq!(w.mailbox.all().len(), 1);
    assert_eq!(
        w.mail("kim@example.test", 1).await.to,
        ["kim@example.test"],
        "mail goes to the one spelling"
    );
    assert!(kim.get("/account").await.has("Kim@example.test"), "the page keeps the case");
    w.pigeon.person("p-kim", json!({"email": "kim@example.test", "email_verified": true}));
    let odd = [
        KELVIN,
        "kim\u{ff20}example.test",
        "kim@example\u{ff0e}test",
        "ki\u{200b}m@example.test",
        "\u{ff4b}im@example.test",
    ];
    for odd in odd {
        let b = w.browser();
        let page = b
            .post(
                "/fn/signup",
                &[("email", odd), ("name", "Kim"), ("password", "the attacker's own password")],
            )
            .await;
        assert!(page.path() == "/signup" && page.has("class=\"problem\""), "{odd:?}: {}", page.url);
        let page = b.post("/fn/reset/ask", &[("email", odd)]).await;
        assert!(page.path() == "/reset" && page.has("class=\"problem\""), "{odd:?}: {}", page.url);
        let page = kim.post("/fn/account/email", &[("email", odd)]).await;
        assert!(
            page.path().ends_with("/email") && page.has("class=\"problem\""),
            "{odd:?}: {}",
            page.url
        );
        assert_eq!(w.browser().password(odd, PASSWORD).await.path(), "/login", "{odd:?}");
    }
    assert_eq!(w.mailbox.all().len(), 1, "nobody was written to");
    let b = w.browser();
    let page = b.post("/fn/reset/ask", &[("email", "KIM@example.test")]).await;
    assert!(page.path().starts_with("/attempt/"), "the plain one works: {}", page.url);
    w.mail("kim@example.test", 2).await;
    // The same where an arriving person names their account.
    w.provider(
        "harbour",
        json!({"association": "ask_binding", "bind_methods": ["password", "email_code"]}),
    )
    .await;
    let b = w.browser();
    let chooser = b.sign_in("harbour", "h-1").await;
    let bind = b.pick(&chooser, "enter_account").await;
    assert!(bind.path().ends_with("/bind"), "{}", bind.url);
    for odd in odd {
        let page =
            b.post("/fn/attempt/name", &[("attempt", &bind.attempt()), ("email", odd)]).await;
        assert!(
            page.path().ends_with("/bind") && page.has("class=\"problem\""),
            "{odd:?}: {}",
            page.url
        );
        let page = b
            .post(
                "/fn/attempt/password",
                &[("attempt", &bind.attempt()), ("email", odd), ("password", PASSWORD)],
            )
            .await;
        assert!(page.path().ends_with("/bind"), "{odd:?}: {}", page.url);
    }
    assert_eq!(w.mailbox.all().len(), 2);
    let page = b
        .post("/fn/attempt/name", &[("attempt", &bind.attempt()), ("email", "kim@example.test")])
        .await;
    assert!(page.path().ends_with("/code"), "{}", page.url);
    w.mail("kim@example.test", 3).await;
}

/// The provider asserts it, verified: it finds nobody, links nothing, owns nothing; nor does a letter with its accent apart.
#[tokio::test(flavor = "multi_thread")]
async fn em_07_a_claimed_address_in_letters_that_stand_for_others_finds_nobody() {
    let w = World::new("nevis").await;
    w.sign_up("kim@example.test").await;
    w.meridian.person(
        "m-kim",
        json!({"name": "Kim", "email": "kim@example.test", "email_verified": true}),
    );
    let plain = w.browser().sign_in("meridian", "m-kim").await;
    assert!(
        plain.path().ends_with("/confirm")
            || plain.path() == "/account"
            || plain.path().ends_with("/code"),
        "the plain one finds it: {}",
        plain.url
    );
    let mails = w.mails("kim@example.test").await;
    for (n, odd) in [
        KELVIN,
        "\u{ff4b}im@example.test",
        "kim@e\u{ff58}ample.test",
        "ki\u{ad}m@example.test",
        "kim\u{301}@example.test",
        "kim\u{ff20}example.test",
    ]
    .into_iter()
    .enumerate()
    {
        let sub = format!("m-odd-{n}");
        w.meridian.person(&sub, json!({"name": "Odd", "email": odd, "email_verified": true}));
        let page = enter(&w, "meridian", &sub).await;
        assert!(
            !page.path().ends_with("/confirm") && !page.path().ends_with("/code"),
            "{odd:?}: {}",
            page.url
        );
    }
    assert_eq!(w.mails("kim@example.test").await, mails);
    assert!(
        w.mailbox.all().iter().all(|m| m.to.iter().all(|to| to.is_ascii())),
        "nothing went to another spelling"
    );
    assert_eq!(w.rows("account_email", "canonical", "kim@example.test").await, 1);
    w.healthy().await;
}

/// Every request on the way to a mail carries the headers, as an attacker on the way would send them.
async fn forged(w: &World, b: &Browser, path: &str, form: &[(&str, &str)]) -> Page {
    let request = b
        .request(Method::POST, path)
        .header("origin", w.url())
        .header("sec-fetch-site", "same-origin");
    let names = [
        "x-forwarded-host",
        "x-host",
        "x-forwarded-server",
        "x-original-host",
        "x-http-host-override",
    ];
    let request =
        names.into_iter().fold(request, |request, name| request.header(name, "evil.test"));
    let request = request
        .header("forwarded", "host=evil.test;proto=https")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-port", "444")
        .header("x-forwarded-prefix", "/evil");
    let page = b.send(request.form(form)).await;
    assert!(
        !page.header("location").contains("evil") && !page.header("set-cookie").contains("evil"),
        "{path}"
    );
    b.follow(page).await
}

#[tokio::test(flavor = "multi_thread")]
async fn px_01_links_in_mails_use_the_configured_address_whatever_the_headers_say() {
    let w = World::new("recommended").await;
    w.sign_up("vera@example.test").await;
    let new = "another long password of vera";
    let b = w.browser();
    let page = forged(&w, &b, "/fn/reset/ask", &[("email", "vera@example.test")]).await;
    let code = w.mail("vera@example.test", 2).await.code.unwrap();
    forged(
        &w,
        &b,
        "/fn/reset/set",
        &[("attempt", &page.attempt()), ("code", &code), ("password", new)],
    )
    .await;
    let notice = w.mail("vera@example.test", 3).await;
    assert!(
        notice.text.contains(&format!("{}/undo/", w.url())),
        "the link that undoes it: {}",
        notice.text
    );
    for mail in w.mailbox.to("vera@example.test") {
        assert!(
            !mail.raw.contains("evil")
                && !mail.text.contains("evil")
                && !mail.text.contains(":444"),
            "{}",
            mail.raw
        );
    }
    // Another host is not served at all, and nothing is mailed.
    let page = b
        .send(
            b.request(Method::POST, "/fn/reset/ask")
                .header("host", "evil.test")
                .header("origin", "http://evil.test")
                .form(&[("email", "vera@example.test")]),
        )
        .await;
    assert_eq!(page.status, 421);
    assert_eq!(w.mails("vera@example.test").await, 3);
}

/// Shows RL-13: a place in a list that no list gave is refused, and no list is longer than a page, whatever is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn rl_13_a_list_goes_on_only_where_a_list_ended() {
    let w = World::new("recommended").await;
    for n in 0..3 {
        w.sign_up(&format!("person-{n}@example.test")).await;
    }
    let owner = w.owner().await;
    let list = owner.get("/admin/accounts").await;
    assert!(list.has("person-2@example.test"), "the good way: {}", list.body);
    let last =
        list.body.rsplit("href=\"/admin/accounts/").next().unwrap().split('"').next().unwrap();
    let next = owner.get(&format!("/admin/accounts?after={last}")).await;
    assert!(next.status == 200 && !next.has("person-2@example.test"), "{}", next.body);
    let last = format!("9223372036854775807.{}", "f".repeat(32));
    let audit = owner.get(&format!("/admin/audit?before={last}")).await;
    assert!(audit.status == 200 && audit.has("Account created"));
    for forged in
        ["0", "-1", "9223372036854775808", "1e9", "'%20OR%201=1--", "%00", "..%2F", "null"]
    {
        let page = owner.get(&format!("/admin/accounts?after={forged}")).await;
        assert_eq!((page.status, page.refusal().as_str()), (400, "server.bad_request"), "{forged}");
        let page = owner.get(&format!("/admin/accounts?page_size={forged}&limit={forged}")).await;
        assert!(page.status == 200 && page.has("person-2@example.test"), "{forged}");
    }
    for forged in
        ["9223372036854775807", "9223372036854775808", "1e9", "'%20OR%201=1--", "%00", "null"]
    {
        let page = owner.get(&format!("/admin/audit?before={forged}")).await;
        assert_eq!((page.status, page.refusal().as_str()), (400, "server.bad_request"), "{forged}");
    }
}
