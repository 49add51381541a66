//! Signing in by SAML: a request that this browser takes to the provider, a response that its page posts, and everything
//! that is no such response.
use std::sync::LazyLock;

use rehearsal::saml::{Idp, Says, attribute, posted, requested};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    op::{Rp, register},
    world::{Browser, Page, World},
};

static IDP: LazyLock<Idp> = LazyLock::new(|| Idp::new("https://idp.test/saml").unwrap());
static OTHER: LazyLock<Idp> = LazyLock::new(|| Idp::new("https://idp.test/saml").unwrap());

fn seed(key: &str, more: Value) -> Value {
    let mut settings =
        json!({"kind": "saml", "metadata": IDP.metadata("https://idp.test/sso", &[])});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"key": key, "name": "Acme", "secret": "", "settings": settings})
}

async fn world(preset: &str, more: Value) -> World {
    let w = World::new(preset).await;
    w.apply(json!({"providers": [seed("acme", more)]})).await;
    w
}

/// A start of a browser, as the provider gets it.
#[derive(Clone)]
struct Asked {
    key: &'static str,
    request: String,
    id: String,
    state: String,
}

fn asked(key: &'static str, location: &str) -> Asked {
    let url = url::Url::parse(location).unwrap();
    assert_eq!((url.host_str(), url.path()), (Some("idp.test"), "/sso"), "{location}");
    let get = |name| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    let request = requested(&get("SAMLRequest")).unwrap();
    let id = attribute(&request, "ID").unwrap();
    Asked { key, request, id, state: get("RelayState") }
}

async fn start_at(key: &'static str, b: &Browser) -> Asked {
    asked(key, &b.start(key).await)
}

async fn start(b: &Browser) -> Asked {
    start_at("acme", b).await
}

/// What the provider says of Vera.
fn says(w: &World, asked: &Asked, who: &str) -> Says {
    let now = w.ligature().now() / 1_000_000;
    let acs = attribute(&asked.request, "AssertionConsumerServiceURL").unwrap();
    let (_, rest) = asked.request.split_once("<saml:Issuer>").unwrap();
    let audience = rest.split_once('<').unwrap().0;
    Says { name_id: who.into(), ..Says::good(&IDP, &asked.id, &acs, audience, now) }
        .with("mail", "", &[&format!("{who}@example.test")])
        .with("displayName", "", &["Vera Lind"])
}

/// The provider's page posts it, from its own site and with none of our cookies; the browser goes on with them.
async fn post(w: &World, b: &Browser, asked: &Asked, xml: &str) -> Page {
    let elsewhere = w.browser();
    let form = [("SAMLResponse", posted(xml)), ("RelayState", asked.state.clone())];
    let request = elsewhere
        .request(Method::POST, &format!("/callback/{}", asked.key))
        .header("origin", "https://idp.test")
        .header("sec-fetch-site", "cross-site")
        .form(&form);
    let page = elsewhere.send(request).await;
    assert_eq!(page.status, 303, "{}", page.body);
    for cookie in page.headers.get_all("set-cookie") {
        b.set_cookie(cookie.to_str().unwrap().split(';').next().unwrap());
    }
    b.get(&page.header("location")).await
}

async fn sign_in(w: &World, b: &Browser, who: &str) -> Page {
    let asked = start(b).await;
    let xml = IDP.response(&says(w, &asked, who));
    post(w, b, &asked, &xml).await
}

/// A whole life: first with a new account, then with the one that is there; and nobody needs to be told twice.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_by_saml_for_the_first_time_and_again() {
    let w = world("recommended", json!({})).await;
    let b = w.browser();
    let chooser = sign_in(&w, &b, "vera").await;
    assert!(chooser.path().ends_with("/choose"), "{} {}", chooser.path(), chooser.body);
    let mine = b.pick(&chooser, "create_new").await;
    assert_eq!(mine.path(), "/account", "{}", mine.body);
    for _ in 0..2 {
        let again = w.browser();
        assert_eq!(sign_in(&w, &again, "vera").await.path(), "/account");
        assert!(again.is_signed_in().await);
    }
    assert_eq!(w.accounts().await, 1);
    // Beside another way in, as any provider.
    let c = w.sign_up("cleo@example.test").await;
    let asked = asked("acme", &c.start_add("acme").await);
    assert!(asked.request.contains("ForceAuthn=\"true\""), "adding asks anew");
    assert_eq!(
        post(&w, &c, &asked, &IDP.response(&says(&w, &asked, "cleo"))).await.path(),
        "/account"
    );
    assert_eq!(sign_in(&w, &w.browser(), "cleo").await.path(), "/account");
    assert_eq!(w.accounts().await, 2);
}

/// Shows OC-01, OC-15, MA-01: of one browser, one start and one use. Each is refused after the same went well.
#[tokio::test(flavor = "multi_thread")]
async fn oc_01_a_response_counts_once_and_for_the_browser_that_asked() {
    let w = world("recommended", json!({})).await;
    let b = w.browser();
    let asked = start(&b).await;
    let xml = IDP.response(&says(&w, &asked, "vera"));
    assert!(post(&w, &b, &asked, &xml).await.path().ends_with("/choose"), "the good way");
    // Once more, with and without the start's cookie.
    assert_eq!(post(&w, &b, &asked, &xml).await.refusal(), "attempt.state_missing");
    let thief = w.browser();
    assert_eq!(post(&w, &thief, &asked, &xml).await.refusal(), "attempt.state_missing");
    // A response that another browser asked for, under a start of this one.
    let own = start(&thief).await;
    let to_other = Asked { id: asked.id.clone(), ..own.clone() };
    let refused = post(&w, &thief, &own, &IDP.response(&says(&w, &to_other, "vera"))).await;
    assert_eq!(refused.refusal(), "provider.answer");
    // A cookie that was seen, in another browser.
    let victim = w.browser();
    let asked = start(&victim).await;
    let thief = w.browser();
    thief.get("/login").await;
    for cookie in victim.cookies().split("; ").filter(|c| c.contains("lg_st_")) {
        thief.set_cookie(cookie);
    }
    let xml = IDP.response(&says(&w, &asked, "vera"));
    assert_eq!(post(&w, &thief, &asked, &xml).await.refusal(), "attempt.state_mismatch");
    assert!(!thief.is_signed_in().await && w.accounts().await == 0);
}

/// An assertion that was used comes in a new answer to a new request: its own name gives it away.
#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_that_was_used_is_not_taken_in_another_response() {
    let w = world("recommended", json!({})).await;
    let (b, c) = (w.browser(), w.browser());
    let first = start(&b).await;
    let used = says(&w, &first, "vera");
    assert!(post(&w, &b, &first, &IDP.response(&used)).await.path().ends_with("/choose"));
    let second = start(&c).await;
    let again = Says { id: used.id.clone(), ..says(&w, &second, "vera") };
    assert_eq!(
        post(&w, &c, &second, &IDP.response(&again)).await.refusal(),
        "attempt.state_replayed"
    );
    let third = start(&c).await;
    let fresh = says(&w, &third, "vera");
    assert!(post(&w, &c, &third, &IDP.response(&fresh)).await.path().ends_with("/choose"));
}

/// Unsigned, wrapped, changed, by somebody else, too old, or for somebody else; and administrators hear why.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_did_not_sign_for_us_signs_nobody_in() {
    let w = world("recommended", json!({})).await;
    let (b, owner) = (w.browser(), w.owner().await);
    type Made = fn(&Says) -> String;
    let good: Made = |says| IDP.response(says);
    let cases: [(Made, &str); 6] = [
        (|says| says.response(&says.assertion()), "Signature: missing"),
        (|says| OTHER.response(says), "none of the configured certificates"),
        (
            |says| IDP.response(says).replace(">vera<", ">ben<"),
            "it was changed after it was signed",
        ),
        (
            |says| {
                let evil = Says { name_id: "ben".into(), id: "_evil".into(), ..says.clone() };
                let signed = IDP.sign(&says.assertion());
                says.response(&format!("{}{signed}", evil.assertion()))
            },
            "there are several",
        ),
        (
            |says| IDP.response(&Says { now: says.now - 600, ..says.clone() }),
            "NotOnOrAfter: is over",
        ),
        (
            |says| IDP.response(&Says { audience: "https://b.test".into(), ..says.clone() }),
            "Audience: is not",
        ),
    ];
    for (made, why) in cases {
        let asked = start(&b).await;
        let says_now = says(&w, &asked, "vera");
        let page = post(&w, &b, &asked, &made(&says_now)).await;
        assert_eq!(page.refusal(), "provider.answer", "{why}");
        let asked = start(&b).await;
        assert!(
            post(&w, &b, &asked, &good(&says(&w, &asked, "vera")))
                .await
                .path()
                .ends_with("/choose"),
            "{why}: the good way"
        );
        let audit = owner.get("/admin/audit").await;
        assert!(audit.has(why), "{why}: {}", audit.body);
    }
    assert_eq!(w.accounts().await, 1, "the owner");
}

/// Nobody can tell who wanted an answer that nobody asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_the_provider_began_is_refused_with_words_and_a_way_on() {
    let w = world("recommended", json!({})).await;
    let b = w.browser();
    let asked = start(&b).await;
    let xml = IDP.response(&says(&w, &asked, "vera"));
    for relay in ["", "https://here.test/deep/link", "default"] {
        let begun = Asked { state: relay.into(), ..asked.clone() };
        let page = post(&w, &b, &begun, &xml).await;
        assert_eq!(page.refusal(), "attempt.started_elsewhere", "{relay}");
        assert!(page.has("Please start here") && page.has("href=\"/login"), "{}", page.body);
    }
    // The start is still good.
    assert!(post(&w, &b, &asked, &xml).await.path().ends_with("/choose"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_lets_nobody_in_is_told_as_that() {
    let w = world("recommended", json!({})).await;
    let b = w.browser();
    let asked = start(&b).await;
    let no = says(&w, &asked, "vera").refusal("Responder", "AuthnFailed", "Cancelled");
    assert_eq!(post(&w, &b, &asked, &no).await.refusal(), "provider.refused");
    let asked = start(&b).await;
    let no = says(&w, &asked, "vera").refusal("Requester", "InvalidNameIDPolicy", "");
    assert_eq!(post(&w, &b, &asked, &no).await.refusal(), "provider.answer");
    assert!(w.owner().await.get("/admin/audit").await.has("Requester, InvalidNameIDPolicy"));
}

/// A response is larger than a cookie; nobody but the provider fills rows with one.
#[tokio::test(flavor = "multi_thread")]
async fn large_responses_wait_in_a_row_for_a_minute_and_once() {
    let w = world("recommended", json!({})).await;
    let b = w.browser();
    let large = |asked: &Asked| {
        let groups: Vec<String> =
            (0..300).map(|n| format!("CN=Group {n},OU=Groups,DC=corp,DC=test")).collect();
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        says(&w, asked, "vera").with("groups", "", &groups)
    };
    let asked = start(&b).await;
    let xml = IDP.response(&large(&asked));
    assert!(xml.len() > 20_000);
    assert!(post(&w, &b, &asked, &xml).await.path().ends_with("/choose"), "the good way");
    let asked = start(&b).await;
    let unsigned = says(&w, &asked, "vera").response(&large(&asked).assertion());
    assert_eq!(post(&w, &b, &asked, &unsigned).await.refusal(), "provider.answer");
    let asked = start(&b).await;
    let other = OTHER.response(&large(&asked));
    assert_eq!(post(&w, &b, &asked, &other).await.refusal(), "provider.answer");
    let asked = start(&b).await;
    let padded = format!("{}{}", IDP.response(&large(&asked)), " ".repeat(400_000));
    assert!(post(&w, &b, &asked, &padded).await.path().starts_with("/refused"));
    assert!(post(&w, &b, &asked, &IDP.response(&large(&asked))).await.path().ends_with("/choose"));
}

/// Shows MA-09: a provider that authenticated the person again, and says when.
#[tokio::test(flavor = "multi_thread")]
async fn ma_09_a_fresh_answer_of_saml_confirms_who_it_is_and_a_stale_one_does_not() {
    let w = world("recommended", json!({})).await;
    let b = w.sign_up("vera@example.test").await;
    let add = asked("acme", &b.start_add("acme").await);
    assert_eq!(post(&w, &b, &add, &IDP.response(&says(&w, &add, "vera"))).await.path(), "/account");
    w.pass(11 * 60);
    let confirm = async || {
        let form = [("provider", "acme"), ("to", "/account")];
        let started = b.post_only("/fn/account/confirm/provider", &form).await.header("location");
        asked("acme", &started)
    };
    let again = confirm().await;
    assert!(again.request.contains("ForceAuthn=\"true\""));
    let mut stale = says(&w, &again, "vera");
    stale.authenticated -= 3600;
    assert_eq!(post(&w, &b, &again, &IDP.response(&stale)).await.refusal(), "session.not_fresh");
    let again = confirm().await;
    assert_eq!(
        post(&w, &b, &again, &IDP.response(&says(&w, &again, "ben"))).await.refusal(),
        "session.other_account"
    );
    let again = confirm().await;
    assert_eq!(
        post(&w, &b, &again, &IDP.response(&says(&w, &again, "vera"))).await.path(),
        "/account"
    );
    assert!(b.start_add("meridian").await.contains("/authorize"), "nothing more is asked");
}

/// Shows GO-08, GV-18 for SAML: groups that are mirrored are told, and their provider links with nobody.
#[tokio::test(flavor = "multi_thread")]
async fn gv_18_groups_of_saml_are_mirrored_and_their_provider_links_with_nobody() {
    let w = world("goss", json!({})).await;
    let document = json!({"choices": {"mirror_groups": true}}).to_string();
    let document = domain::policy::Document::parse(&document).unwrap();
    w.ligature().policy_admin().use_document("provider:acme", document).await.unwrap();
    let rp = register(&w, "rp", json!({})).await;
    let with_groups = |asked: &Asked, groups: &[&str]| {
        IDP.response(&says(&w, asked, "vera").with("groups", "", groups))
    };
    let other = w.sign_up("vera@example.test").await;
    let add = asked("acme", &other.start_add("acme").await);
    let refused = post(&w, &other, &add, &with_groups(&add, &["staff"])).await;
    assert_eq!(refused.refusal(), "link.isolated");
    let b = w.browser();
    let begun = start(&b).await;
    let chooser = post(&w, &b, &begun, &with_groups(&begun, &["staff", "editors"])).await;
    assert_eq!(b.pick(&chooser, "create_new").await.path(), "/account");
    assert_eq!(groups(&rp, &b).await, json!(["staff", "editors"]));
}

/// The claim `groups` of an ID token.
async fn groups(rp: &Rp, b: &Browser) -> Value {
    let tokens = rp.token(&rp.code(b, &[("scope", "openid groups")]).await, &[]).await;
    rp.verified(&tokens.text("id_token")).await["groups"].clone()
}

/// What a provider has to be told of us is published, and holds the key that signs, which nobody typed.
#[tokio::test(flavor = "multi_thread")]
async fn our_metadata_are_published_for_providers_of_saml_and_for_no_others() {
    let w = world("recommended", json!({"sign_requests": true})).await;
    let page = w.browser().get("/saml/acme/metadata").await;
    assert_eq!(
        (page.status, page.header("content-type").as_str()),
        (200, "application/samlmetadata+xml")
    );
    let here = w.url();
    assert!(
        page.body.contains(&format!("entityID=\"{here}/saml/acme/metadata\"")),
        "{}",
        page.body
    );
    assert!(page.body.contains(&format!("Location=\"{here}/callback/acme\"")));
    assert!(
        page.body.contains("AuthnRequestsSigned=\"true\"") && page.body.contains("X509Certificate")
    );
    assert!(!page.body.contains("PRIVATE"));
    let location = w.browser().start("acme").await;
    assert!(location.contains("&SigAlg=") && location.contains("&Signature="), "{location}");
    // The same key after the settings were saved again.
    w.apply(json!({"providers": [seed("acme", json!({"sign_requests": true}))]})).await;
    assert_eq!(w.browser().get("/saml/acme/metadata").await.body, page.body);
    for key in ["meridian", "nobody"] {
        assert_eq!(w.browser().get(&format!("/saml/{key}/metadata")).await.status, 404, "{key}");
    }
}

/// The console: our addresses before anything is saved, metadata pasted, and what cannot work said at its field.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_adds_a_provider_of_saml_by_pasting_its_metadata() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let page = owner.get("/admin/providers/new?preset=saml").await;
    let here = w.url();
    for shown in [format!("{here}/callback/saml"), format!("{here}/saml/saml/metadata")] {
        assert!(page.body.contains(&shown), "{shown}: {}", page.body);
    }
    assert!(!page.has("form[client_id]") && !page.has("form[secret]"));
    let add = async |more: &[(&str, &str)]| {
        let mut form = vec![
            ("form[preset]", "saml"),
            ("form[key]", "corp"),
            ("form[name]", "Corp"),
            ("form[enabled]", "true"),
            ("form[confirmed]", "0"),
        ];
        form.extend_from_slice(more);
        owner.post("/fn/admin/provider/add", &form).await
    };
    assert!(add(&[]).await.has("Give the address of the metadata"));
    let unread = add(&[("form[settings][metadata]", "<html></html>")]).await;
    assert!(unread.has("This isn't metadata of exactly one"), "{}", unread.body);
    let metadata = IDP.metadata("https://idp.test/sso", &[]);
    let mutable = add(&[
        ("form[settings][metadata]", metadata.as_str()),
        (
            "form[settings][subject_claim]",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
        ),
    ])
    .await;
    assert!(mutable.has("This can change or be given to someone else"), "{}", mutable.body);
    // As large as those of AD FS.
    let padded = metadata.replacen("><", &format!("><!--{}--><", "x".repeat(90_000)), 1);
    let saved = add(&[("form[settings][metadata]", &padded)]).await;
    assert_eq!(saved.path(), "/admin/providers/corp", "{}", saved.body);
    assert!(
        saved.has("https://idp.test/saml")
            && saved.has("BEGIN CERTIFICATE")
            && saved.has("/saml/corp/metadata"),
        "{}",
        saved.body
    );
    let b = w.browser();
    let begun = start_at("corp", &b).await;
    assert!(
        post(&w, &b, &begun, &IDP.response(&says(&w, &begun, "vera")))
            .await
            .path()
            .ends_with("/choose")
    );
    // Another certificate is another word: it has to be meant, and then the old one signs nobody in.
    let next = metadata.replace(&IDP.certificate(), &OTHER.certificate());
    let next = [("form[key]", "corp"), ("form[settings][metadata]", next.as_str())];
    let page = owner.post("/fn/admin/provider", &next).await;
    assert_eq!(page.path(), "/admin/providers/corp", "{}", page.body);
    let begun = start_at("corp", &b).await;
    let page = post(&w, &b, &begun, &IDP.response(&says(&w, &begun, "vera"))).await;
    assert_eq!(page.refusal(), "provider.answer", "{}", page.body);
}
