//! What is open while somebody else acts: previews, codes and pages that concern an account end with what they rested on.
//! Each attack is walked first without the act that is to stop it.
use crate::world::{Browser, PASSWORD, Page, World};
use domain::{AccountId, CredentialId, policy::Document};
use serde_json::{Value, json};

const OTHER: &str = "another long enough password";

async fn newest_code(w: &World, to: &str) -> String {
    let n = w.mails(to).await;
    w.mail(to, n).await.code.unwrap()
}

async fn instance(w: &World, preset: &str, change: impl FnOnce(&mut Value)) {
    let mut document: Value =
        serde_json::from_str(domain::policy::preset_text(preset).unwrap()).unwrap();
    change(&mut document);
    w.ligature()
        .policy_admin()
        .use_document("instance", Document::parse(&document.to_string()).unwrap())
        .await
        .unwrap();
}

/// The owner's new password by a code to the mailbox; where it led.
async fn reset(w: &World, email: &str, password: &str) -> Page {
    let b = w.browser();
    let page = b.post("/fn/reset/ask", &[("email", email)]).await;
    let code = newest_code(w, email).await;
    b.post(
        "/fn/reset/set",
        &[("attempt", &page.attempt()), ("code", &code), ("password", password)],
    )
    .await
}

/// In My Account: the address becomes another one, with the code from there.
async fn move_to(w: &World, b: &Browser, email: &str) {
    let page = b.post("/fn/account/email", &[("email", email)]).await;
    let done = b.code(&page, &newest_code(w, email).await).await;
    assert_eq!(done.path(), "/account", "{}", done.body);
}

async fn account_of(w: &World, email: &str) -> AccountId {
    let ligature = w.ligature();
    storage::accounts::find_owner(&mut ligature.store.read().await.unwrap(), ligature.org, email)
        .await
        .unwrap()
        .unwrap()
}

/// The id of a method's link, as My Account has it in the address of its removal.
async fn link_of(b: &Browser, label: &str) -> String {
    let page = b.get("/account").await;
    let row = page
        .body
        .split("<li>")
        .find(|r| r.contains(label) && r.contains("/account/methods/"))
        .unwrap_or_else(|| panic!("{label} in {}", page.body));
    row.split("/account/methods/").nth(1).unwrap().split('/').next().unwrap().to_owned()
}

async fn merge_with(b: &Browser, key: &str, who: &str) -> Page {
    let started = b.post_only("/fn/account/merge/provider", &[("provider", key)]).await;
    b.get(&b.at_provider(&started.header("location"), who).await).await
}

/// Shows MG-02, and the events of it that no document lists: another address, a second factor, a passkey's and a phone's
/// way through the same lock, deletion.
#[tokio::test(flavor = "multi_thread")]
async fn mg_02_a_merge_preview_ends_with_whatever_the_owner_does_about_the_account() {
    for act in [
        "nothing",
        "reset",
        "sign out everywhere",
        "sign out others",
        "password",
        "identity",
        "address",
        "second factor",
        "deletion",
        "switched off",
    ] {
        let w = World::new("recommended").await;
        let a = w.sign_up("anna@example.test").await;
        let v = w.sign_up("vera@example.test").await;
        v.add("meridian", "m-vera").await;
        let preview = if act == "identity" {
            merge_with(&a, "meridian", "m-vera").await
        } else {
            a.post("/fn/account/merge", &[("email", "vera@example.test"), ("password", PASSWORD)])
                .await
        };
        assert!(preview.path().ends_with("/merge"), "{act}: {}", preview.body);
        match act {
            "nothing" => {}
            "reset" => {
                assert_eq!(reset(&w, "vera@example.test", OTHER).await.path(), "/account/recovered")
            }
            "sign out everywhere" => drop(v.post("/fn/account/sessions/end-all", &[]).await),
            "sign out others" => drop(v.post("/fn/account/sessions/end-others", &[]).await),
            "password" => assert_eq!(
                v.post("/fn/account/password", &[("password", OTHER)]).await.path(),
                "/account"
            ),
            "identity" => drop(
                v.post("/fn/account/remove", &[("link", &link_of(&v, "vera@example.test").await)])
                    .await,
            ),
            "address" => move_to(&w, &v, "zoe@other.test").await,
            "second factor" => {
                let page = v.post("/fn/account/second-factor/begin", &[]).await;
                let key: String = page
                    .body
                    .split("<code class=\"secret\">")
                    .nth(1)
                    .unwrap()
                    .split('<')
                    .next()
                    .unwrap()
                    .replace(' ', "");
                let phone = totp_rs::Builder::new()
                    .with_secret(totp_rs::Secret::try_from_base32(key).unwrap())
                    .build()
                    .unwrap();
                let code = phone
                    .generate(u64::try_from(w.ligature().now() / 1_000_000).unwrap())
                    .to_string();
                v.post("/fn/account/second-factor/on", &[("code", &code)]).await;
            }
            "deletion" => drop(v.post("/fn/account/delete", &[]).await),
            _ => {
                let id = account_of(&w, "vera@example.test").await.to_string();
                w.owner()
                    .await
                    .post("/fn/admin/account/state", &[("account", &id), ("enabled", "no")])
                    .await;
            }
        }
        let done = a.post("/fn/attempt/merge", &[("attempt", &preview.attempt())]).await;
        if act == "nothing" {
            assert!(done.has("The accounts are one now"), "{}", done.body);
            assert_eq!(w.rows("account", "state", "merged").await, 1);
            continue;
        }
        assert_eq!(
            (done.refusal().as_str(), w.rows("account", "state", "merged").await),
            ("attempt.expired", 0),
            "{act}: {}",
            done.body
        );
        assert_eq!(a.methods().await, ["Password"], "{act}: nothing of Vera's is Anna's");
        assert_eq!(
            a.get(&preview.path()).await.refusal(),
            "attempt.expired",
            "{act}: the preview shows nothing any more"
        );
        w.healthy().await;
    }
}

/// Shows MG-02: what the preview rested on is asked again when the word comes, also where nothing ended the preview.
#[tokio::test(flavor = "multi_thread")]
async fn mg_02_the_proof_of_a_merge_is_judged_when_it_is_confirmed() {
    for changed in [false, true] {
        let w = World::new("recommended").await;
        let a = w.sign_up("anna@example.test").await;
        w.sign_up("vera@example.test").await;
        let preview = a
            .post("/fn/account/merge", &[("email", "vera@example.test"), ("password", PASSWORD)])
            .await;
        let (ligature, vera) = (w.ligature(), account_of(&w, "vera@example.test").await);
        let (org, at) = (ligature.org, ligature.now());
        if changed {
            // The same words set anew are another password.
            let same =
                storage::accounts::find_password(&mut ligature.store.read().await.unwrap(), vera)
                    .await
                    .unwrap()
                    .unwrap();
            let set = ligature.store.write::<_, storage::Error, _>(move |c| {
                Box::pin(async move {
                    storage::accounts::set_password(c, org, vera, CredentialId([9; 16]), &same, at)
                        .await
                })
            });
            set.await.unwrap();
        }
        let done = a.post("/fn/attempt/merge", &[("attempt", &preview.attempt())]).await;
        assert_eq!(done.has("The accounts are one now"), !changed, "{}", done.body);
        if changed {
            assert_eq!(
                (done.refusal().as_str(), w.rows("account", "state", "merged").await),
                ("policy.changed", 0)
            );
            assert_eq!(
                a.post("/fn/attempt/merge", &[("attempt", &preview.attempt())]).await.refusal(),
                "attempt.expired",
                "the flow is closed"
            );
        }
    }
}

/// Rounds of a race; `LIGATURE_ROUNDS=100` runs the long version.
fn rounds(usual: i32) -> i32 {
    std::env::var("LIGATURE_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// Shows MG-02: whoever is first, never both.
#[tokio::test(flavor = "multi_thread")]
async fn mg_02_a_reset_and_a_confirmed_merge_at_once_have_one_winner() {
    let w = World::new("recommended").await;
    for round in 0..rounds(6) {
        let (anna, vera) =
            (format!("anna-{round}@example.test"), format!("vera-{round}@example.test"));
        let a = w.sign_up(&anna).await;
        w.sign_up(&vera).await;
        let preview =
            a.post("/fn/account/merge", &[("email", &vera), ("password", PASSWORD)]).await;
        let b = w.browser();
        let asked = b.post("/fn/reset/ask", &[("email", &vera)]).await;
        let code = newest_code(&w, &vera).await;
        let before = w.rows("account", "state", "merged").await;
        let (id, reset) = (preview.attempt(), asked.attempt());
        let (word, set) = (
            [("attempt", id.as_str())],
            [("attempt", reset.as_str()), ("code", code.as_str()), ("password", OTHER)],
        );
        let (merged, set) =
            tokio::join!(a.post("/fn/attempt/merge", &word), b.post("/fn/reset/set", &set));
        let merged_now = w.rows("account", "state", "merged").await - before == 1;
        assert_eq!(merged.has("The accounts are one now"), merged_now, "{}", merged.body);
        assert_eq!(b.is_signed_in().await, !merged_now, "merged {merged_now}: {}", set.body);
    }
    w.healthy().await;
}

/// A flow of an identity at the page of the code that went to a named account's mailbox.
async fn named(w: &World, key: &str, who: &str, email: &str) -> (Browser, Page, String) {
    let b = w.browser();
    let page = b.pick(&b.sign_in(key, who).await, "enter_account").await;
    let page = b.post("/fn/attempt/name", &[("attempt", &page.attempt()), ("email", email)]).await;
    assert!(page.path().ends_with("/code"), "{} {}", page.url, page.body);
    let code = newest_code(w, email).await;
    (b, page, code)
}

/// The same where the claimed address found the account.
async fn found(w: &World, key: &str, who: &str, email: &str) -> (Browser, Page, String) {
    let b = w.browser();
    let page = b.pick(&b.sign_in(key, who).await, "add_to_existing").await;
    assert!(page.path().ends_with("/code"), "{} {}", page.url, page.body);
    let code = newest_code(w, email).await;
    (b, page, code)
}

/// Shows LK-23: named by the person, found by the claim; also for a reset that waits.
#[tokio::test(flavor = "multi_thread")]
async fn lk_23_a_code_is_worth_nothing_after_its_address_was_given_up() {
    for moved in [false, true] {
        let w = World::new("recommended").await;
        let v = w.sign_up("vera@example.test").await;
        let one = named(&w, "pigeon", "p-new", "vera@example.test").await;
        let two = found(&w, "atlas", "a-vera", "vera@example.test").await;
        let r = w.browser();
        let asked = r.post("/fn/reset/ask", &[("email", "vera@example.test")]).await;
        let code = newest_code(&w, "vera@example.test").await;
        if !moved {
            // Each works alone; the first that links ends the others, which is LK-24's rule for an account.
            assert_eq!(one.0.code(&one.1, &one.2).await.path(), "/account");
            assert_eq!(w.links("p-new").await, 1);
            continue;
        }
        move_to(&w, &v, "zoe@other.test").await;
        let own = w.mails("zoe@other.test").await;
        for (b, page, code) in [&one, &two] {
            let again = b.post("/fn/attempt/resend", &[("attempt", &page.attempt())]).await;
            assert_eq!(again.refusal(), "attempt.expired", "{}", again.body);
            assert!(!again.has("z•••") && !b.get(&page.path()).await.has("z•••"));
            assert_eq!(b.code(page, code).await.refusal(), "attempt.expired");
            assert!(!b.is_signed_in().await);
        }
        let set = r
            .post(
                "/fn/reset/set",
                &[("attempt", &asked.attempt()), ("code", &code), ("password", OTHER)],
            )
            .await;
        assert!(set.status >= 400 && !r.is_signed_in().await, "{}", set.url);
        assert_eq!((w.links("p-new").await, w.links("a-vera").await), (0, 0));
        assert_eq!(w.mails("zoe@other.test").await, own, "the new address hears of none of it");
        assert_eq!(w.browser().password("zoe@other.test", PASSWORD).await.path(), "/account");
        w.healthy().await;
    }
}

/// Shows LK-23: the code is judged by its own address also where the move ended nothing.
#[tokio::test(flavor = "multi_thread")]
async fn lk_23_a_code_proves_its_own_address_and_a_new_code_never_goes_to_another() {
    for moved in [false, true] {
        let w = World::new("recommended").await;
        w.sign_up("vera@example.test").await;
        let (b, page, code) = named(&w, "pigeon", "p-new", "vera@example.test").await;
        let (ligature, vera) = (w.ligature(), account_of(&w, "vera@example.test").await);
        let (org, at) = (ligature.org, ligature.now());
        if moved {
            let new = storage::accounts::NewEmail {
                address: domain::email_address::Canonical::parse("zoe@other.test").unwrap(),
                proof: storage::accounts::EmailProof::Code,
                owner: true,
                primary: false,
            };
            let change = ligature.store.write::<_, storage::Error, _>(move |c| {
                Box::pin(async move {
                    storage::accounts::add_email(c, org, vera, &new, [8; 16], at).await?;
                    storage::accounts::set_primary_email(
                        c,
                        vera,
                        "zoe@other.test",
                        Some(at + 1_000_000_000),
                    )
                    .await
                })
            });
            change.await.unwrap();
            let again = b.post("/fn/attempt/resend", &[("attempt", &page.attempt())]).await;
            assert_eq!(again.refusal(), "attempt.expired", "{}", again.body);
        }
        let done = b.code(&page, &code).await;
        assert_eq!(w.links("p-new").await, i64::from(!moved), "{}", done.url);
        assert_eq!((b.is_signed_in().await, w.mails("zoe@other.test").await), (!moved, 0));
        if moved {
            assert_eq!(done.refusal(), "policy.changed");
            assert_eq!(
                b.code(&page, &code).await.refusal(),
                "attempt.expired",
                "the flow is closed"
            );
        }
    }
}

/// Shows LK-24, also for a flow that had not named anybody yet.
#[tokio::test(flavor = "multi_thread")]
async fn lk_24_what_one_identity_has_open_ends_when_it_is_linked() {
    let w = World::new("goss").await;
    let v = w.browser();
    v.sign_in("meridian", "m-vera").await;
    let mut flows = Vec::new();
    for _ in 0..3 {
        flows.push(found(&w, "atlas", "a-vera", "vera@example.test").await);
    }
    let early = w.browser();
    let chooser = early.sign_in("atlas", "a-vera").await;
    let (f, page, code) = &flows[0];
    assert_eq!(f.code(page, code).await.path(), "/account", "one of them links");
    assert_eq!(v.methods().await, ["Meridian", "Atlas"]);
    let row = v
        .get("/account")
        .await
        .body
        .split("<li>")
        .find(|r| r.contains("<strong>Atlas"))
        .unwrap()
        .to_owned();
    let link = row.split("/account/methods/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    v.post("/fn/account/remove", &[("link", &link)]).await;
    assert_eq!(v.methods().await, ["Meridian"]);
    for (b, page, code) in &flows[1..] {
        assert_eq!(b.code(page, code).await.refusal(), "attempt.expired");
        assert!(!b.is_signed_in().await);
    }
    assert_eq!(early.pick(&chooser, "add_to_existing").await.refusal(), "attempt.expired");
    assert_eq!(v.methods().await, ["Meridian"]);
    // A new flow is a new question, and works.
    let (b, page, code) = found(&w, "atlas", "a-vera", "vera@example.test").await;
    assert_eq!(b.code(&page, &code).await.path(), "/account");
    w.healthy().await;
}

/// Shows LK-24: two of them at once.
#[tokio::test(flavor = "multi_thread")]
async fn lk_24_two_flows_of_one_identity_at_once_link_once() {
    let w = World::new("goss").await;
    for round in 0..rounds(6) {
        let (sub, mail) = (format!("a-race-{round}"), format!("race-{round}@example.test"));
        w.meridian
            .person(&format!("m-race-{round}"), json!({"email": mail, "email_verified": true}));
        w.atlas.person(&sub, json!({"email": mail, "email_verified": true}));
        w.browser().sign_in("meridian", &format!("m-race-{round}")).await;
        let (one, two) =
            (found(&w, "atlas", &sub, &mail).await, found(&w, "atlas", &sub, &mail).await);
        let (a, b) = tokio::join!(one.0.code(&one.1, &one.2), two.0.code(&two.1, &two.2));
        let inside = [&a, &b].iter().filter(|p| p.path() == "/account").count();
        assert_eq!((inside, w.links(&sub).await), (1, 1), "{} {}", a.url, b.url);
    }
    assert_eq!(w.rows("audit_event", "kind", "link.added").await, i64::from(rounds(6)));
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lk_25_naming_the_very_account_whose_address_the_provider_claims_sends_the_code() {
    for (key, who) in [("pigeon", "p-new"), ("pigeon", "p-vera"), ("atlas", "a-vera")] {
        let w = World::new("recommended").await;
        w.sign_up("vera@example.test").await;
        let sent = w.mails("vera@example.test").await;
        let b = w.browser();
        let page = b.pick(&b.sign_in(key, who).await, "enter_account").await;
        let page = b
            .post(
                "/fn/attempt/name",
                &[("attempt", &page.attempt()), ("email", "vera@example.test")],
            )
            .await;
        assert!(page.path().ends_with("/code"), "{}", page.body);
        assert_eq!(w.mails("vera@example.test").await, sent + 1, "{who}: a code, and no decoy");
        let done = b.code(&page, &newest_code(&w, "vera@example.test").await).await;
        assert_eq!(
            (done.path().as_str(), w.links(who).await),
            ("/account", 1),
            "{who}: {}",
            done.body
        );
        // Whoever has no account gets the same page and no mail.
        let c = w.browser();
        let page = c.pick(&c.sign_in("harbour", "h-1").await, "enter_account").await;
        let page = c
            .post(
                "/fn/attempt/name",
                &[("attempt", &page.attempt()), ("email", "nobody@example.test")],
            )
            .await;
        assert!(page.path().ends_with("/code"));
        assert_eq!(w.mails("nobody@example.test").await, 0);
    }
}

/// A person whose account has a password and Atlas's subject `a-vera`; the mailbox is known to Atlas under another
/// subject, too.
async fn rehired(w: &World) -> Browser {
    w.atlas.person(
        "a-vera-2",
        json!({"name": "Vera the second", "email": "vera@example.test", "email_verified": true}),
    );
    let v = w.sign_up("vera@example.test").await;
    v.add("atlas", "a-vera").await;
    assert_eq!(v.methods().await, ["Atlas", "Password"]);
    v
}

/// Shows ID-18, on every path that a mailbox opens.
#[tokio::test(flavor = "multi_thread")]
async fn id_18_a_mailbox_that_another_subject_came_with_proves_nothing_on_any_path() {
    for came in [false, true] {
        let w = World::new("recommended").await;
        instance(&w, "recommended", |d| d["permits"] = json!({"email_code_sign_in": true})).await;
        rehired(&w).await;
        let held = w.links("a-vera").await;
        if came {
            let (b, page, code) = found(&w, "atlas", "a-vera-2", "vera@example.test").await;
            let refused = b.code(&page, &code).await;
            assert_eq!(
                (refused.status, refused.refusal().as_str()),
                (403, "account.mailbox_contested"),
                "{}",
                refused.body
            );
            assert!(
                refused.has("My Account") && !b.is_signed_in().await,
                "the page says what to do: {}",
                refused.body
            );
            assert_eq!(w.links("a-vera-2").await, 0);
            assert_eq!(w.rows("audit_event", "kind", "email.contested").await, 1);
        }
        // Another provider with the address, found and named; a code; a new password.
        let (b, page, code) = found(&w, "meridian", "m-vera", "vera@example.test").await;
        assert_eq!(b.code(&page, &code).await.path() == "/account", !came);
        let (b, page, code) = named(&w, "pigeon", "p-new", "vera@example.test").await;
        assert_eq!(b.code(&page, &code).await.path() == "/account", !came);
        let b = w.browser();
        let page = b.post("/fn/signin/code", &[("email", "vera@example.test")]).await;
        let done = b.code(&page, &newest_code(&w, "vera@example.test").await).await;
        assert_eq!(
            (done.path() == "/account", b.is_signed_in().await),
            (!came, !came),
            "{}",
            done.url
        );
        let done = reset(&w, "vera@example.test", OTHER).await;
        assert_eq!(done.path() == "/account/recovered", !came, "{}", done.url);
        if came {
            assert_eq!(done.refusal(), "account.mailbox_contested");
            assert_eq!(
                w.browser().password("vera@example.test", PASSWORD).await.path(),
                "/account",
                "the password is what it was"
            );
            assert_eq!(
                w.browser().sign_in("atlas", "a-vera").await.path(),
                "/account",
                "and the identity"
            );
            assert_eq!((w.links("m-vera").await, w.links("p-new").await), (0, 0));
        }
        assert_eq!(held, w.links("a-vera").await - w.links("a-vera-2").await);
        w.healthy().await;
    }
}

/// Shows ID-18: the provider that owns the domain decides nothing either, and the owner's own credential does.
#[tokio::test(flavor = "multi_thread")]
async fn id_18_nothing_is_silent_and_a_credential_of_the_account_says_that_the_mailbox_is_still_its()
 {
    for preset in ["recommended", "nevis"] {
        let w = World::new(preset).await;
        w.provider("meridian", json!({"domains": ["example.test"], "own_directory": true})).await;
        w.provider("atlas", json!({"domains": ["example.test"], "own_directory": true})).await;
        rehired(&w).await;
        assert_eq!(
            w.browser().sign_in("meridian", "m-vera").await.path(),
            "/account",
            "{preset}: a first subject of an issuer is linked silently"
        );
        assert_eq!(w.links("m-vera").await, 1);
        let b = w.browser();
        let page = b.sign_in("atlas", "a-vera-2").await;
        assert_ne!(page.path(), "/account", "{preset}");
        assert_eq!((w.links("a-vera-2").await, b.is_signed_in().await), (0, false));
    }
    let w = World::new("recommended").await;
    rehired(&w).await;
    let (b, page, _) = found(&w, "atlas", "a-vera-2", "vera@example.test").await;
    assert_eq!(reset(&w, "vera@example.test", OTHER).await.refusal(), "account.mailbox_contested");
    // The password, on the very page that asked for the code.
    let done = b
        .post("/fn/attempt/password", &[("attempt", &page.attempt()), ("password", PASSWORD)])
        .await;
    assert_eq!((done.path().as_str(), w.links("a-vera-2").await), ("/account", 1), "{}", done.body);
    assert_eq!(reset(&w, "vera@example.test", OTHER).await.path(), "/account/recovered");
    w.healthy().await;
}

/// Shows I13: the owner says so in My Account, an administrator in the console; and the other may not say so.
#[tokio::test(flavor = "multi_thread")]
async fn i13_the_owner_or_an_administrator_says_that_the_mailbox_is_still_the_accounts() {
    for by in ["owner", "administrator"] {
        let w = World::new("recommended").await;
        let v = rehired(&w).await;
        let sign_in = async |who: &str| {
            let page = w.browser().sign_in("atlas", who).await;
            assert!(page.path().ends_with("/choose"), "{who}: {}", page.body);
        };
        assert!(!v.get("/account").await.has("It is still mine"));
        sign_in("a-vera-2").await;
        assert_eq!(
            reset(&w, "vera@example.test", OTHER).await.refusal(),
            "account.mailbox_contested"
        );
        assert!(v.get("/account").await.has("It is still mine"));
        // An account that has not this address says nothing about it.
        let ben = w.sign_up("ben@example.test").await;
        assert_eq!(
            ben.post("/fn/account/email/keep", &[("address", "vera@example.test")]).await.refusal(),
            "account.method_unknown"
        );
        if by == "owner" {
            w.pass(11 * 60);
            assert_eq!(
                v.post("/fn/account/email/keep", &[("address", "vera@example.test")]).await.path(),
                "/account/confirm",
                "an open screen does not say so"
            );
            assert!(
                !v.get("/account/confirm").await.has("/fn/account/confirm/code"),
                "nor does the mailbox"
            );
            v.post("/fn/account/confirm/password", &[("password", PASSWORD), ("to", "/account")])
                .await;
            let kept = v.post("/fn/account/email/keep", &[("address", "vera@example.test")]).await;
            assert!(
                kept.has("The address is confirmed") && !kept.has("It is still mine"),
                "{}",
                kept.body
            );
            // The provider's clock did not move.
            w.pass(-11 * 60);
        } else {
            let id = account_of(&w, "vera@example.test").await.to_string();
            let owner = w.owner().await;
            assert!(
                owner
                    .get(&format!("/admin/accounts/{id}"))
                    .await
                    .has("codes sent to it don't work")
            );
            assert_eq!(
                v.post(
                    "/fn/admin/account/email",
                    &[("account", &id), ("address", "vera@example.test")]
                )
                .await
                .refusal(),
                "admin.forbidden"
            );
            let kept = owner
                .post(
                    "/fn/admin/account/email",
                    &[("account", &id), ("address", "vera@example.test")],
                )
                .await;
            assert!(kept.has("The address is confirmed"), "{}", kept.body);
        }
        // It was said of this subject: it comes again, and the mailbox proves what it did before.
        sign_in("a-vera-2").await;
        assert_eq!(
            reset(&w, "vera@example.test", OTHER).await.path(),
            "/account/recovered",
            "{by}"
        );
        // A third subject is another question.
        w.atlas.person("a-vera-3", json!({"email": "vera@example.test", "email_verified": true}));
        sign_in("a-vera-3").await;
        let refused = reset(&w, "vera@example.test", PASSWORD).await;
        assert_eq!(
            refused.refusal(),
            "account.mailbox_contested",
            "{by}: {} {}",
            refused.url,
            refused.body
        );
        w.healthy().await;
    }
}

/// Shows I13: a word that counts for nothing takes nobody's mailbox away, and the last way in stays one that works (I7).
#[tokio::test(flavor = "multi_thread")]
async fn i13_only_a_word_that_counts_contests_a_mailbox_and_a_contested_one_is_no_way_in_that_is_left()
 {
    let w = World::new("recommended").await;
    w.pigeon.person("p-vera-2", json!({"email": "vera@example.test", "email_verified": true}));
    let v = w.sign_up("vera@example.test").await;
    v.add("pigeon", "p-vera").await;
    w.browser().sign_in("pigeon", "p-vera-2").await;
    assert_eq!(reset(&w, "vera@example.test", OTHER).await.path(), "/account/recovered");
    // With codes as a way in the last identity may go; with a contested mailbox it stays.
    for came in [false, true] {
        let w = World::new("recommended").await;
        instance(&w, "recommended", |d| d["permits"] = json!({"email_code_sign_in": true})).await;
        let v = rehired(&w).await;
        let link = link_of(&v, "vera@example.test").await;
        if came {
            w.browser().sign_in("atlas", "a-vera-2").await;
        }
        v.post("/fn/account/remove", &[("link", "password")]).await;
        assert_eq!(v.methods().await, ["Atlas"]);
        let removed = v.post("/fn/account/remove", &[("link", &link)]).await;
        assert_eq!(removed.refusal() == "account.last_method", came, "{}", removed.body);
    }
}

/// Shows DS-01, and two more of its kind: an account without a mailbox, and several accounts.
#[tokio::test(flavor = "multi_thread")]
async fn ds_01_the_code_page_is_the_same_for_a_user_name_that_somebody_has_and_for_nobodys() {
    let w = World::new("recommended").await;
    instance(&w, "recommended", |d| {
        let rule = |id: &str, what: &str| json!({"id": id, "all": [{"account": what}], "accept": [{"trust": "asserted", "proof": "credential"}, {"trust": "asserted", "proof": "mailbox"}], "one": "offer", "many": "choose"});
        d["choices"]["rules"] = json!([rule("username", "username"), rule("phone", "phone"), rule("team", "attr.team")]);
    })
    .await;
    w.sign_up("vera@example.test").await;
    w.sign_up("ben@example.test").await;
    let nameless = w.browser();
    nameless.pick(&nameless.sign_in("harbour", "h-1").await, "create_new").await;
    let (ligature, vera, ben) = (
        w.ligature(),
        account_of(&w, "vera@example.test").await,
        account_of(&w, "ben@example.test").await,
    );
    let (org, at) = (ligature.org, ligature.now());
    let first = storage::accounts::links::find_link(
        &mut ligature.store.read().await.unwrap(),
        org,
        &format!("oidc:{}", w.harbour.issuer),
        "h-1",
        "",
    )
    .await
    .unwrap();
    let nobody = first.map(|found| found.link.account_id).expect("an account without an address");
    let rows = [
        (vera, "username", "vera"),
        (nobody, "username", "quiet"),
        (vera, "phone", "+491700000001"),
        (vera, "attr.team", "blue"),
        (ben, "attr.team", "blue"),
    ];
    let set = ligature.store.write::<_, storage::Error, _>(move |c| {
        Box::pin(async move {
            for (account, name, value) in rows {
                storage::accounts::attributes::set_attribute(
                    c, org, account, name, value, value, "meridian", at,
                )
                .await?;
            }
            Ok(())
        })
    });
    set.await.unwrap();
    let claims = [
        ("has", json!({"preferred_username": "vera"})),
        ("nobody", json!({"preferred_username": "nemo"})),
        ("no mailbox", json!({"preferred_username": "quiet"})),
        ("phone", json!({"phone_number": "+491700000001"})),
        ("several", json!({"team": "blue"})),
    ];
    let mut pages = Vec::new();
    for (who, claims) in claims {
        let mut claims = claims;
        claims["email"] = json!("mallory@evil.test");
        w.pigeon.person(who, claims);
        let b = w.browser();
        let page = b.pick(&b.sign_in("pigeon", who).await, "add_to_existing").await;
        assert!(page.path().ends_with("/code"), "{who}: {} {}", page.url, page.body);
        assert!(
            !page.has("v•••") && !page.has("b•••"),
            "{who}: nothing of the owner's address: {}",
            page.body
        );
        pages.push((who, page.status, page.body.replace(&page.attempt(), "ID"), b, page));
    }
    for page in &pages {
        assert_eq!((page.1, &page.2), (pages[0].1, &pages[0].2), "{}", page.0);
    }
    assert_eq!(w.mails("mallory@evil.test").await, 0, "the claimed mailbox learns nothing either");
    // For who has the account the code came, and works.
    assert_eq!(w.mails("ben@example.test").await, 1);
    assert_eq!(w.mails("vera@example.test").await, 3, "a sign-up, a user name, a number");
    let code = w.mail("vera@example.test", 2).await.code.unwrap();
    let (_, _, _, b, page) = &pages[0];
    assert_eq!(b.code(page, &code).await.path(), "/account");
    assert_eq!(w.links("has").await, 1);
}
