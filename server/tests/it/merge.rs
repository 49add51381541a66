//! Two accounts of one person become one, and two again.
#![allow(clippy::as_conversions, reason = "tests may panic")]

use crate::world::{Browser, PASSWORD, Page, World};
use domain::{AccountId, CredentialId, LinkId, linking::facts::AccountState};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};
use service::{Ligature, RequestContext, SessionInfo};
use storage::{
    accounts::{
        NewEmail, add_account, add_email,
        agreements::{add_agreement, list_agreements},
        attributes::{BY_CODE, list_attributes, set_attribute},
        find_account, find_password,
        links::{NewLink, add_link, release_link},
        list_emails,
        passkeys::{Passkey, add_passkey, list_passkeys},
        set_password,
        snapshots::load_snapshots,
    },
    policy::providers::list_providers,
};

async fn enforce(owner: &Browser, document: Value) {
    let draft = owner
        .post(
            "/fn/admin/policy/draft",
            &[("scope", "organisation"), ("document", &document.to_string())],
        )
        .await;
    let version = draft.path().rsplit('/').next().unwrap().to_owned();
    let active = owner
        .post("/fn/admin/policy/version", &[("version", &version), ("becomes", "active")])
        .await;
    assert_eq!(active.status, 200, "{}", active.body);
}

async fn merge_with(b: &Browser, key: &str, who: &str) -> Page {
    let started = b.post_only("/fn/account/merge/provider", &[("provider", key)]).await;
    let callback = b.at_provider(&started.header("location"), who).await;
    b.get(&callback).await
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sign_ins_a_preview_and_the_accounts_are_one() {
    let w = World::new("recommended").await;
    let v = w.sign_up("vera@example.test").await;
    let other = w.browser();
    let chooser = other.sign_in("harbour", "h-1").await;
    other.pick(&chooser, "create_new").await;
    assert_eq!(w.accounts().await, 2);
    assert!(v.get("/account").await.has("Merge another account into this one"));
    let preview = merge_with(&v, "harbour", "h-1").await;
    assert!(
        preview.path().ends_with("/merge") && preview.has("Harbour") && preview.has("Afterwards"),
        "{}",
        preview.body
    );
    assert!(other.is_signed_in().await, "nothing has happened yet");
    let before = v.session_cookie().unwrap();
    let done = v.post("/fn/attempt/merge", &[("attempt", &preview.attempt())]).await;
    assert!(done.has("The accounts are one now") && done.has("Harbour"), "{}", done.body);
    assert_ne!(v.session_cookie().unwrap(), before, "the session's id changes");
    assert!(!other.is_signed_in().await, "the other account is signed out everywhere");
    // Its identity opens the account that stayed.
    let b = w.browser();
    assert_eq!(b.sign_in("harbour", "h-1").await.path(), "/account");
    assert!(b.get("/account").await.has("vera@example.test"));
    // A word twice is not two words; and what is one already cannot be merged.
    assert_eq!(
        v.post("/fn/attempt/merge", &[("attempt", &preview.attempt())]).await.refusal(),
        "attempt.expired"
    );
    assert_eq!(merge_with(&v, "harbour", "h-1").await.refusal(), "account.same");
    // The mail's link makes them two again, and everybody starts anew.
    let n = w.mails("vera@example.test").await;
    let link = w
        .mail("vera@example.test", n)
        .await
        .text
        .split_whitespace()
        .find(|t| t.contains("/undo/"))
        .unwrap()
        .to_owned();
    let secret = link.rsplit('/').next().unwrap().to_owned();
    assert!(
        w.browser()
            .get(&format!("/undo/{secret}"))
            .await
            .has("Another account was merged into yours")
    );
    assert!(w.browser().take_back(&secret, PASSWORD).await.has("The change is undone"));
    assert!(!v.is_signed_in().await && !b.is_signed_in().await);
    let c = w.browser();
    assert_eq!(c.sign_in("harbour", "h-1").await.path(), "/account");
    assert!(!c.get("/account").await.has("vera@example.test"));
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_needs_a_recent_session_a_credential_of_the_other_and_its_second_factor() {
    let w = World::new("recommended").await;
    let v = w.sign_up("vera@example.test").await;
    let ben = w.sign_up("ben@example.test").await;
    let wrong = v
        .post(
            "/fn/account/merge",
            &[("email", "ben@example.test"), ("password", "not his password")],
        )
        .await;
    assert!(
        wrong.path() == "/account/merge"
            && wrong.has("Wrong email or password")
            && wrong.has("value=\"ben@example.test\""),
        "{}",
        wrong.body
    );
    w.pass(11 * 60);
    let stale =
        v.post("/fn/account/merge", &[("email", "ben@example.test"), ("password", PASSWORD)]).await;
    assert_eq!(stale.path(), "/account/confirm");
    v.post("/fn/account/confirm/password", &[("password", PASSWORD), ("to", "/account/merge")])
        .await;
    // Nobody's session merges by an attempt that another one began.
    let preview =
        v.post("/fn/account/merge", &[("email", "ben@example.test"), ("password", PASSWORD)]).await;
    assert!(preview.path().ends_with("/merge"), "{}", preview.body);
    assert_eq!(
        ben.post("/fn/attempt/merge", &[("attempt", &preview.attempt())]).await.refusal(),
        "attempt.unknown"
    );
    // An account with a second factor is not taken in by one without.
    ben.post("/fn/account/confirm/password", &[("password", PASSWORD), ("to", "/account")]).await;
    let page = ben.post("/fn/account/second-factor/begin", &[]).await;
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
    let code = |w: &World| {
        phone.generate(u64::try_from(w.ligature().now() / 1_000_000).unwrap()).to_string()
    };
    ben.post("/fn/account/second-factor/on", &[("code", &code(&w))]).await;
    // It was switched on while the preview waited: that is over, and the next one is decided anew.
    assert_eq!(
        v.post("/fn/attempt/merge", &[("attempt", &preview.attempt())]).await.refusal(),
        "attempt.expired"
    );
    let refused =
        v.post("/fn/account/merge", &[("email", "ben@example.test"), ("password", PASSWORD)]).await;
    assert_eq!(refused.refusal(), "account.merge_factor");
    assert_eq!(w.rows("account", "state", "merged").await, 0);
    // The other way around it may be: Ben's takes Vera's in.
    let preview = ben
        .post("/fn/account/merge", &[("email", "vera@example.test"), ("password", PASSWORD)])
        .await;
    let done = ben.post("/fn/attempt/merge", &[("attempt", &preview.attempt())]).await;
    assert!(done.has("The accounts are one now") && done.has("vera@example.test"), "{}", done.body);
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_says_who_merges_and_administrators_are_never_merged() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    let v = w.sign_up("vera@example.test").await;
    w.sign_up("ben@example.test").await;
    assert_eq!(
        v.post("/fn/account/merge", &[("email", "owner@example.test"), ("password", PASSWORD)])
            .await
            .refusal(),
        "account.merge_off",
        "power is not gained by merging"
    );
    assert!(!owner.get("/account").await.has("Merge another account"));
    enforce(&owner, json!({"choices": {"merge": "admin"}})).await;
    assert_eq!(v.get("/account/merge").await.refusal(), "account.merge_off");
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
    let ben = id(&owner.get("/admin/accounts?q=ben%40example.test").await);
    let form = [("account", vera.as_str()), ("other", "ben@example.test")];
    assert_eq!(v.post("/fn/admin/account/merge", &form).await.refusal(), "admin.forbidden");
    let unknown = owner
        .post("/fn/admin/account/merge", &[("account", &vera), ("other", "nobody@example.test")])
        .await;
    assert!(unknown.has("No account has this address or id"), "{}", unknown.body);
    assert!(owner.post("/fn/admin/account/merge", &form).await.has("The accounts are one now"));
    // The old id leads to the one that stayed.
    let page = owner.get(&format!("/admin/accounts/{ben}")).await;
    assert!(
        page.has("It became part of") && page.has(&vera) && page.has("Merged"),
        "{}",
        page.body
    );
    assert!(w.mails("ben@example.test").await >= 2, "both mailboxes hear of it");
    enforce(&owner, json!({"choices": {"merge": "never"}})).await;
    assert!(!owner.get(&format!("/admin/accounts/{vera}")).await.has("Merge another account"));
    w.healthy().await;
}

/// What one account of a generated pair has.
#[derive(Debug, Clone)]
struct Shape {
    /// Address, whether proved and owned.
    emails: Vec<(u8, bool)>,
    /// Provider, and whether it was released.
    links: Vec<(u8, bool)>,
    fields: Vec<(u8, u8)>,
    password: bool,
    agreed: Vec<u8>,
    passkeys: u8,
    /// A telephone number, proved.
    phone: bool,
}

fn shape() -> impl Strategy<Value = Shape> {
    let emails = prop::collection::vec((0_u8..4, any::<bool>()), 0..3);
    let links = prop::collection::vec((0_u8..3, prop::bool::weighted(0.2)), 0..4);
    let fields = prop::collection::vec((0_u8..4, 0_u8..3), 0..4);
    (
        emails,
        links,
        fields,
        any::<bool>(),
        prop::collection::vec(0_u8..3, 0..3),
        0_u8..3,
        any::<bool>(),
    )
        .prop_map(|(emails, links, fields, password, agreed, passkeys, phone)| Shape {
            emails,
            links,
            fields,
            password,
            agreed,
            passkeys,
            phone,
        })
}

/// Everything of an account, as text.
async fn picture(ligature: &Ligature, id: AccountId) -> Vec<String> {
    let mut c = ligature.store.read().await.unwrap();
    let account = find_account(&mut c, ligature.org, id).await.unwrap().unwrap();
    let mut all = vec![format!("{} {}", account.name, account.state)];
    all.extend(list_emails(&mut c, id).await.unwrap().into_iter().map(|e| {
        format!("email {} {} {} {} {}", e.canonical, e.typed, e.proof, e.owner, e.is_primary)
    }));
    let snapshot = load_snapshots(&mut c, ligature.org, &[id]).await.unwrap().remove(&id).unwrap();
    all.extend(
        snapshot.links.into_iter().map(|l| format!("link {} {} {}", l.subject, l.active, l.barred)),
    );
    all.extend(
        list_attributes(&mut c, id)
            .await
            .unwrap()
            .into_iter()
            .map(|f| format!("field {} {} {} {}", f.name, f.value, f.source, f.updated_at)),
    );
    all.extend(find_password(&mut c, id).await.unwrap().map(|p| format!("password {p}")));
    all.extend(
        list_agreements(&mut c, &[id])
            .await
            .unwrap()
            .into_iter()
            .map(|(_, what, at)| format!("agreed {what} {at}")),
    );
    all.extend(
        list_passkeys(&mut c, id)
            .await
            .unwrap()
            .into_iter()
            .map(|k| format!("passkey {:?} {:?}", k.id, k.user_id.0)),
    );
    all.sort();
    all
}

/// Makes an account of a shape; the n-th pair of the run keeps its names to itself.
async fn make(
    w: &World,
    n: usize,
    side: u8,
    shape: Shape,
    keys: &[domain::ProviderId],
) -> AccountId {
    let ligature = w.ligature();
    let id = AccountId((((n as u128) << 8) | u128::from(side) | (7 << 100)).to_be_bytes());
    let (org, at, keys) = (ligature.org, ligature.now(), keys.to_vec());
    let mut next = 0_u128;
    let mut row = move || {
        next += 1;
        (((n as u128) << 32) | (u128::from(side) << 24) | next | (9 << 100)).to_be_bytes()
    };
    ligature
        .store
        .write::<_, service::Error, _>(move |c| {
            Box::pin(async move {
                add_account(
                    c,
                    org,
                    id,
                    AccountState::Active,
                    &format!("Account {side}"),
                    "en",
                    &format!("sub-{n}-{side}"),
                    at,
                )
                .await?;
                let mut seen = std::collections::BTreeSet::new();
                for (name, owner) in shape
                    .emails
                    .into_iter()
                    .filter(|(name, _)| seen.insert(*name))
                    .collect::<Vec<_>>()
                {
                    let address = format!("p{n}-{name}@merge.test");
                    let owner =
                        owner && storage::accounts::find_owner(c, org, &address).await?.is_none();
                    let primary = list_emails(c, id).await?.is_empty();
                    let email = NewEmail {
                        address: domain::email_address::Canonical::parse(&address).unwrap(),
                        proof: if owner {
                            storage::accounts::EmailProof::Code
                        } else {
                            storage::accounts::EmailProof::Provider("x".into())
                        },
                        owner,
                        primary,
                    };
                    add_email(c, org, id, &email, row(), at).await?;
                }
                for (place, (provider, released)) in shape.links.into_iter().enumerate() {
                    let link = LinkId(row());
                    let new = NewLink {
                        id: link,
                        account: id,
                        provider: keys[provider as usize],
                        namespace: "n".into(),
                        subject: format!("s-{n}-{side}-{place}"),
                        claims: vec![0],
                        evidence: "{\"created\":true}".into(),
                        label: String::new(),
                    };
                    add_link(c, org, &new, at).await?;
                    if released {
                        release_link(c, id, link, at).await?;
                    }
                }
                for (name, value) in shape.fields {
                    let name =
                        ["given_name", "family_name", "attr.team", "username"][name as usize];
                    let value = format!("{value}-{n}");
                    set_attribute(c, org, id, name, &value, &value, "provider:meridian", at)
                        .await?;
                }
                if shape.password {
                    set_password(c, org, id, CredentialId(row()), &format!("phc-{n}-{side}"), at)
                        .await?;
                }
                for _ in 0..shape.passkeys {
                    let id_of = row().to_vec();
                    add_passkey(
                        c,
                        org,
                        &Passkey {
                            id: id_of,
                            account_id: id,
                            user_id: storage::key(id),
                            name: "Laptop".into(),
                            data: "{}".into(),
                            created_at: at,
                            used_at: None,
                        },
                    )
                    .await?;
                }
                if shape.phone {
                    let number = format!("+49301{n:04}{side}");
                    set_attribute(c, org, id, "phone", &number, &number, BY_CODE, at).await?;
                }
                for what in shape.agreed {
                    add_agreement(c, id, &format!("terms@{what}"), at).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    id
}

/// A request in a session of an account.
async fn of(w: &World, account: AccountId) -> RequestContext {
    let (ligature, now) = (w.ligature(), w.ligature().now());
    let session = storage::sign_in::sessions::NewSession {
        hash: account.0.to_vec(),
        public_id: account.to_string(),
        account,
        method: "password".into(),
        link: None,
        provider: None,
        auth_at: now,
        expires_at: now + domain::DAY,
        agent: String::new(),
        network: String::new(),
        factor: String::new(),
        sid: account.to_string(),
        opened_by: "sign_in",
        provider_sid: None,
    };
    let (org, caller) = (
        ligature.org,
        SessionInfo {
            account,
            name: String::new(),
            hash: session.hash.clone(),
            public_id: session.public_id.clone(),
            method: session.method.clone(),
            link: None,
            auth_at: now,
            factor: String::new(),
            sid: session.sid.clone(),
            network: String::new(),
            provider_sid: None,
        },
    );
    ligature
        .store
        .write::<_, storage::Error, _>(move |c| {
            Box::pin(async move {
                storage::sign_in::sessions::add_session(c, org, &session, &Default::default(), now)
                    .await
            })
        })
        .await
        .unwrap();
    RequestContext {
        browser: vec![2; 32],
        locale: "en".into(),
        session: Some(caller),
        ..RequestContext::default()
    }
}

/// A merge loses nothing, doubles nothing, leaves the other account with no way in; taking it back gives both accounts
/// every row and value that they had.
#[tokio::test(flavor = "multi_thread")]
async fn generated_accounts_lose_nothing_by_a_merge_and_are_field_equal_after_taking_it_back() {
    let w = World::with("recommended", |_| {}).await;
    let owner = w.owner().await;
    enforce(&owner, json!({"choices": {"merge": "admin"}, "floors": {"max_per_provider": 100}}))
        .await;
    let ligature = w.ligature();
    let roles = storage::accounts::list_holders_of_role(
        &mut ligature.store.read().await.unwrap(),
        ligature.org,
        "owner",
    )
    .await
    .unwrap();
    let admin = of(&w, roles[0]).await;
    let keys: Vec<_> = list_providers(&mut ligature.store.read().await.unwrap(), ligature.org)
        .await
        .unwrap()
        .into_iter()
        .map(|p| p.id)
        .collect();
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, &[11; 32]),
    );
    let mut merged = 0;
    for n in 0..80 {
        let (first, second) = (shape(), shape()).new_tree(&mut runner).unwrap().current();
        let (a, b) = (
            make(&w, n, 1, first.clone(), &keys).await,
            make(&w, n, 2, second.clone(), &keys).await,
        );
        let before = (picture(&ligature, a).await, picture(&ligature, b).await);
        match ligature.merges().admin_merge(&admin, a, &b.to_string()).await {
            Ok(()) => merged += 1,
            // Too many identities of one provider: then nothing moved.
            Err(fault) => {
                assert_eq!(fault.refusal(), domain::Refusal::TooMany, "{first:?} {second:?}");
                assert_eq!((picture(&ligature, a).await, picture(&ligature, b).await), before);
                continue;
            }
        }
        let (one, rest) = (picture(&ligature, a).await, picture(&ligature, b).await);
        let kinds = |all: &[String], kind: &str| all.iter().filter(|l| l.starts_with(kind)).count();
        assert_eq!(
            kinds(&one, "link "),
            kinds(&before.0, "link ") + kinds(&before.1, "link "),
            "{first:?} {second:?}"
        );
        assert_eq!(kinds(&rest, "link "), 0);
        assert_eq!(kinds(&one, "password"), usize::from(first.password || second.password));
        assert_eq!(
            (kinds(&one, "passkey"), kinds(&rest, "passkey")),
            (usize::from(first.passkeys + second.passkeys), 0)
        );
        assert_eq!(
            kinds(&one, "field phone"),
            usize::from(first.phone || second.phone),
            "one number of an account"
        );
        assert_eq!(
            one.iter().filter(|l| l.starts_with("email") && l.ends_with(" true")).count(),
            usize::from(kinds(&one, "email") > 0),
            "one primary address: {one:?}"
        );
        let addresses = |all: &[String]| {
            all.iter()
                .filter(|l| l.starts_with("email"))
                .map(|l| l.split(' ').nth(1).unwrap().to_owned())
                .collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(
            addresses(&one),
            addresses(&before.0).union(&addresses(&before.1)).cloned().collect()
        );
        let owned = |all: &[String]| {
            all.iter()
                .filter(|l| l.starts_with("email") && l.split(' ').nth(4) == Some("true"))
                .map(|l| l.split(' ').nth(1).unwrap().to_owned())
                .collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(
            owned(&one),
            owned(&before.0).union(&owned(&before.1)).cloned().collect(),
            "who owned an address still does"
        );
        assert!(owned(&rest).is_empty());
        // Everything that the account that stays had, it still has.
        assert!(
            before.0.iter().filter(|l| !l.starts_with("email")).all(|l| one.contains(l)),
            "{:?} {one:?}",
            before.0
        );
        let (undos, _) = ligature.rewinds().own_undos(&of(&w, a).await).await.unwrap();
        assert_eq!(undos[0].what, domain::account_rules::rewind::Changed::Merge);
        // A rewind that waited for its time.
        let (org, row) = (
            ligature.org,
            storage::accounts::journal::Waiting { first: undos[0].rev, last: i64::MAX, due_at: 0 },
        );
        ligature
            .store
            .write::<_, service::Error, _>(move |c| {
                Box::pin(async move {
                    Ok(storage::accounts::journal::set_rewind(c, org, a, row).await?)
                })
            })
            .await
            .unwrap();
        ligature.rewinds().finish_due_undos().await.unwrap();
        if picture(&ligature, b).await == rest {
            // The account that stays would be left with nothing of its own.
            assert!(
                !first.password
                    && first.passkeys == 0
                    && !first.links.iter().any(|(_, released)| !released),
                "{first:?}"
            );
            continue;
        }
        assert_eq!(
            (picture(&ligature, a).await, picture(&ligature, b).await),
            before,
            "{first:?} {second:?}"
        );
    }
    assert!(merged > 50, "{merged}");
}

/// What merged accounts leave behind goes after two weeks; with the account that stays, all of it goes.
#[tokio::test(flavor = "multi_thread")]
async fn after_two_weeks_a_merge_stays_and_its_leftovers_are_gone() {
    let w = World::new("recommended").await;
    let v = w.sign_up("vera@example.test").await;
    w.sign_up("ben@example.test").await;
    let preview =
        v.post("/fn/account/merge", &[("email", "ben@example.test"), ("password", PASSWORD)]).await;
    v.post("/fn/attempt/merge", &[("attempt", &preview.attempt())]).await;
    assert!(v.get("/account/activity").await.has("Another account was merged into yours"));
    assert_eq!(
        w.rows("credential", "kind", "password").await,
        2,
        "Ben's password waits for a change of mind"
    );
    // A code goes to the address that was typed, and to no other of the account.
    let sent = (w.mails("vera@example.test").await, w.mails("ben@example.test").await);
    let page = w.browser().post("/fn/reset/ask", &[("email", "ben@example.test")]).await;
    assert!(page.has("b•••@e•••.test") && !page.has("v•••"), "{}", page.body);
    assert_eq!(
        (w.mails("vera@example.test").await, w.mails("ben@example.test").await),
        (sent.0, sent.1 + 1)
    );
    w.pass(15 * 24 * 3600);
    w.ligature().maintenance().tidy().await.unwrap();
    assert_eq!(w.rows("credential", "kind", "password").await, 1);
    let b = w.browser();
    assert_eq!(
        b.password("ben@example.test", PASSWORD).await.path(),
        "/account",
        "by the password of the account that stayed"
    );
    assert!(!b.get("/account/activity").await.has("Separate them again"));
    b.post("/fn/account/delete", &[]).await;
    w.pass(15 * 24 * 3600);
    w.ligature().maintenance().tidy().await.unwrap();
    assert_eq!((w.accounts().await, w.rows("account", "state", "merged").await), (0, 0));
    w.healthy().await;
}

/// Shows GD-05: a sign-in during the two weeks asks whether the account stays.
#[tokio::test(flavor = "multi_thread")]
async fn gd_05_who_signs_in_while_the_account_is_being_deleted_can_keep_it() {
    let w = World::new("recommended").await;
    let v = w.sign_up("vera@example.test").await;
    v.add("harbour", "h-1").await;
    v.post("/fn/account/delete", &[]).await;
    let b = w.browser();
    let asked = b.sign_in("harbour", "h-1").await;
    assert!(
        asked.path().ends_with("/restore")
            && asked.has("This account is being deleted")
            && !b.is_signed_in().await,
        "{}",
        asked.body
    );
    let c = w.browser();
    let by_password = c.password("vera@example.test", PASSWORD).await;
    assert!(by_password.path().ends_with("/restore"), "{}", by_password.path());
    let sent = w.mails("vera@example.test").await;
    let kept = c.post("/fn/attempt/restore", &[("attempt", &by_password.attempt())]).await;
    assert_eq!(kept.path(), "/account", "{}", kept.body);
    assert!(w.mail("vera@example.test", sent + 1).await.subject.contains("stays"));
    assert_eq!(w.rows("account", "state", "closing").await, 0);
    assert_eq!(w.browser().sign_in("harbour", "h-1").await.path(), "/account");
    w.pass(20 * 24 * 3600);
    w.ligature().maintenance().tidy().await.unwrap();
    assert_eq!(w.accounts().await, 1);
    w.healthy().await;
}
