//! Keys change while people sign in, and nobody notices.
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use crate::{
    op::{Rp, register, register_in},
    world::{Browser, World},
};
use serde_json::json;
use service::{Ligature, MasterKey};
use storage::maintenance::data_keys::list_keys;
use tokio::sync::RwLock;

/// Everything that keys are used for: sealed starts and claims, provider secrets, codes, signed tokens, refresh tokens.
async fn round(b: &Browser, rp: &Rp) -> Result<(), String> {
    let page = b.sign_in("meridian", "m-vera").await;
    if page.path() != "/account" {
        return Err(format!("sign-in ended at {}", page.url));
    }
    let tokens = rp.token(&rp.code(b, &[("scope", "openid offline_access")]).await, &[]).await;
    if tokens.status != 200 {
        return Err(format!("token: {}", tokens.body));
    }
    rp.verified(&tokens.text("id_token")).await;
    let (again, known) = (
        rp.refresh(&tokens.text("refresh_token")).await,
        rp.userinfo(&tokens.text("access_token")).await,
    );
    if (again.status, known.status) != (200, 200) {
        return Err(format!("refresh: {} userinfo: {}", again.body, known.body));
    }
    b.post("/fn/signout", &[]).await;
    Ok(())
}

/// States of one kind of data keys.
async fn states(ligature: &Ligature, kind: &str) -> Vec<String> {
    list_keys(&mut ligature.store.read().await.unwrap())
        .await
        .unwrap()
        .into_iter()
        .filter(|k| k.kind == kind)
        .map(|k| k.state)
        .collect()
}

/// Shows OP-06: under load on two nodes and in two organisations, not one request fails; what was sealed before opens after
/// the old keys are gone; nobody is signed out.
#[tokio::test(flavor = "multi_thread")]
async fn op_06_master_data_and_signing_keys_change_under_load_without_one_error() {
    let mut w = World::new("goss").await;
    w.add_node().await;
    let acme = w.organisation("acme", "goss").await;
    let (home_rp, acme_rp) = (
        register(&w, "rp", json!({"identities": true})).await,
        register_in(&acme, "rp", json!({"identities": true})).await,
    );
    // Things from before: sessions, and a sign-up whose code is on its way.
    let early = w.browser();
    early.sign_in("meridian", "m-ben").await;
    let early_at_acme = Browser::new(&acme.settings.public_url);
    early_at_acme.sign_in("meridian", "m-ben").await;
    let atlas = json!({"providers": [{"key": "atlas", "name": "Atlas", "secret": "rehearsal-secret", "verified_counts": true, "settings": {"kind": "oidc", "issuer": w.atlas.issuer, "client_id": "ligature"}}]});
    server::seed::apply(&acme, serde_json::from_value(atlas).unwrap()).await.unwrap();
    for b in [&early, &early_at_acme] {
        let added = b.add("atlas", "a-new").await;
        assert_eq!(b.methods().await.len(), 2, "{}", added.body);
    }
    // The load: a jump of the clock waits for a round to end, a change of keys does not.
    let (stop, rounds, errors, clock) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
        Arc::new(Mutex::new(Vec::new())),
        Arc::new(RwLock::new(())),
    );
    let places =
        [(w.url(), &home_rp), (acme.settings.public_url.clone(), &acme_rp), (w.url(), &home_rp)];
    let load: Vec<_> = places
        .into_iter()
        .map(|(url, rp)| {
            let (stop, rounds, errors, clock, rp) =
                (stop.clone(), rounds.clone(), errors.clone(), clock.clone(), rp.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let still = clock.read().await;
                    if let Err(error) = round(&Browser::new(&url), &rp).await {
                        errors.lock().unwrap().push(error);
                    }
                    drop(still);
                    rounds.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    let more = |n: usize| {
        let rounds = rounds.clone();
        async move {
            let goal = rounds.load(Ordering::SeqCst) + n;
            for _ in 0..2000 {
                if rounds.load(Ordering::SeqCst) >= goal {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            panic!("the load stands still");
        }
    };
    let (one, two) = (w.nodes[0].organisations.clone(), w.nodes[1].organisations.clone());
    let tidy = || async {
        let (a, b) = tokio::join!(one.tidy(), two.tidy());
        a.unwrap();
        b.unwrap();
    };
    let jump = async |seconds: i64| {
        let _still = clock.write().await;
        w.pass(seconds);
    };
    let ligature = w.ligature();
    assert!(ligature.key_rotation().rotate_data_keys().await.unwrap());
    assert!(!ligature.key_rotation().rotate_data_keys().await.unwrap(), "one change at a time");
    tidy().await;
    assert_eq!(states(&ligature, "seal").await, ["active", "next"]);
    let during = w
        .browser()
        .post(
            "/fn/signup",
            &[("email", "new@example.test"), ("name", "New"), ("password", crate::world::PASSWORD)],
        )
        .await;
    assert!(during.path().starts_with("/attempt/"), "{}", during.url);
    let waiting = w.browser();
    let asked = waiting
        .post(
            "/fn/signup",
            &[
                ("email", "wait@example.test"),
                ("name", "Wait"),
                ("password", crate::world::PASSWORD),
            ],
        )
        .await;
    let sent = w.mail("wait@example.test", 1).await.code.unwrap();
    more(3).await;
    jump(150).await;
    tidy().await;
    assert_eq!(states(&ligature, "seal").await, ["retiring", "active"]);
    assert_eq!(
        waiting.code(&asked, &sent).await.path(),
        "/account",
        "a code that was sent before the change is right after it"
    );
    more(3).await;
    ligature.key_rotation().rotate_due_keys(true).await.unwrap();
    more(3).await;
    jump(150).await;
    tidy().await;
    assert_eq!(states(&ligature, "seal").await, ["resealed", "active"]);
    assert_eq!(w.rows("audit_event", "kind", "key.resealed").await.min(1), 1);
    // The master key: a second one in front, everything wrapped with it, the first one gone.
    let both = MasterKey::generate_before(&w.key);
    let (both_keys, new) =
        (MasterKey::parse(&both).unwrap(), MasterKey::parse(&MasterKey::first_of(&both)).unwrap());
    assert!(
        ligature.key_rotation().adopt_master(&new).await.is_err(),
        "a key that opens nothing yet is not taken"
    );
    for node in &w.nodes {
        node.ligature.key_rotation().adopt_master(&both_keys).await.unwrap();
    }
    more(3).await;
    assert!(ligature.key_rotation().rewrap_data_keys().await.unwrap() >= 7);
    for node in &w.nodes {
        node.ligature.key_rotation().adopt_master(&new).await.unwrap();
    }
    tidy().await;
    more(3).await;
    stop.store(true, Ordering::SeqCst);
    for task in load {
        task.await.unwrap();
    }
    assert_eq!(*errors.lock().unwrap(), Vec::<String>::new());
    assert!(rounds.load(Ordering::SeqCst) >= 15);
    assert!(
        early.is_signed_in().await && early_at_acme.is_signed_in().await,
        "nobody is signed out by it"
    );
    // The oldest is dropped when nothing short-lived can need it.
    w.pass(16 * 86_400);
    tidy().await;
    assert_eq!(
        (states(&ligature, "seal").await, states(&ligature, "mac").await),
        (vec!["active".to_owned()], vec!["active".to_owned()])
    );
    assert_eq!(states(&ligature, "lookup").await, ["active"]);
    // The providers' clocks did not come along.
    w.pass(-16 * 86_400);
    for (url, rp) in [(w.url(), &home_rp), (acme.settings.public_url.clone(), &acme_rp)] {
        let b = Browser::new(&url);
        round(&b, rp).await.unwrap();
        // What the other provider said of Ben, sealed before all of this and not touched since.
        b.sign_in("atlas", "a-new").await;
        let tokens = rp.token(&rp.code(&b, &[("scope", "openid profile")]).await, &[]).await;
        let claims = rp.userinfo(&tokens.text("access_token")).await.body;
        assert_eq!(
            claims["identities"]["meridian"]["claims"]["email"],
            json!("ben@example.test"),
            "{claims}"
        );
    }
    // A node that starts now needs the new master key, and has no use for the old one.
    let config = &w.nodes[0].config;
    assert!(server::serve::ligature(config, &new, server::serve::system_clock()).await.is_ok());
    let old = MasterKey::parse(&w.key).unwrap();
    assert!(
        server::serve::ligature(config, &old, server::serve::system_clock()).await.is_err(),
        "the old master key opens nothing"
    );
}
