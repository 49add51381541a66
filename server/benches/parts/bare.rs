//! What is compared with: routes that do the statements and the signature of ours, and nothing else. A process of its own.
use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::HeaderMap,
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{AccountId, OrgId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use storage::{
    Store,
    accounts::{attributes::list_attributes, find_account, find_subject, list_emails},
    oauth::{
        applications::{find_application, find_application_by_id, list_secrets},
        tokens::{
            NewFamily, NewToken, add_token, begin_family, find_token, hold_family,
            take_refresh_token,
        },
    },
};

/// The variables that make the bench this process.
pub const DATABASE: &str = "LIGATURE_BENCH_BARE";

/// Makes tokens different; they have nothing to keep.
static NEXT: AtomicU64 = AtomicU64::new(0);

struct Bare {
    store: Store,
    org: OrgId,
    keys: issuer::Keyring,
}

type Fields = Vec<(String, String)>;

fn now() -> i64 {
    i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_micros()).unwrap()
}

fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

fn one(form: &Fields, name: &str) -> String {
    form.iter().find(|(k, _)| k == name).unwrap().1.clone()
}

/// The application behind Basic credentials, by the statements of ours.
async fn client(bare: &Bare, headers: &HeaderMap) -> storage::oauth::applications::Application {
    let text = headers["authorization"].to_str().unwrap().split_once(' ').unwrap().1.to_owned();
    let shown = String::from_utf8(STANDARD.decode(text).unwrap()).unwrap();
    let (id, secret) = shown.split_once(':').unwrap();
    let mut conn = bare.store.read().await.unwrap();
    let row = find_application(&mut conn, bare.org, id).await.unwrap().unwrap();
    let hex: String = hash(secret).iter().map(|b| format!("{b:02x}")).collect();
    assert!(
        list_secrets(&mut conn, row.id, now())
            .await
            .unwrap()
            .iter()
            .any(|(known, _)| *known == hex)
    );
    row
}

async fn claims(bare: &Bare, account: AccountId) -> Value {
    let mut conn = bare.store.read().await.unwrap();
    let row = find_account(&mut conn, bare.org, account).await.unwrap().unwrap();
    let sub = find_subject(&mut conn, account).await.unwrap();
    let fields = list_attributes(&mut conn, account).await.unwrap();
    let email = list_emails(&mut conn, account).await.unwrap().into_iter().next();
    json!({"sub": sub, "locale": row.locale, "fields": fields.len(), "email": email.map(|e| e.typed)})
}

async fn userinfo(State(bare): State<Arc<Bare>>, headers: HeaderMap) -> Json<Value> {
    let access = headers["authorization"].to_str().unwrap().split_once(' ').unwrap().1;
    let mut conn = bare.store.read().await.unwrap();
    let row =
        find_token(&mut conn, bare.org, "access", &hash(access), now()).await.unwrap().unwrap();
    find_application_by_id(&mut conn, bare.org, row.application_id).await.unwrap().unwrap();
    drop(conn);
    Json(claims(&bare, row.account_id.unwrap().into()).await)
}

async fn introspect(
    State(bare): State<Arc<Bare>>,
    headers: HeaderMap,
    Form(form): Form<Fields>,
) -> Json<Value> {
    client(&bare, &headers).await;
    let hashed = hash(&one(&form, "token"));
    let mut conn = bare.store.read().await.unwrap();
    let row = find_token(&mut conn, bare.org, "access", &hashed, now()).await.unwrap().unwrap();
    find_token(&mut conn, bare.org, "refresh", &hashed, now()).await.unwrap();
    let owner =
        find_application_by_id(&mut conn, bare.org, row.application_id).await.unwrap().unwrap();
    let sub = find_subject(&mut conn, row.account_id.unwrap().into()).await.unwrap();
    Json(
        json!({"active": true, "scope": row.scope, "client_id": owner.client_id, "sub": sub, "exp": row.expires_at}),
    )
}

/// A refresh, or a token of the application's own.
async fn token(
    State(bare): State<Arc<Bare>>,
    headers: HeaderMap,
    Form(form): Form<Fields>,
) -> Json<Value> {
    let client = client(&bare, &headers).await;
    let fresh = || {
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(format!(
            "{} {}",
            now(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        )))
    };
    let (access, refresh) = (fresh(), fresh());
    let row = |secret: &str, kind: &'static str, account: Option<AccountId>| NewToken {
        hash: hash(secret),
        kind,
        organisation_id: bare.org,
        application_id: client.id,
        account_id: account,
        sid: String::new(),
        scope: "openid email offline_access".into(),
        standing: "{}".into(),
        created_at: now(),
        expires_at: now() + 600_000_000,
    };
    if one(&form, "grant_type") == "client_credentials" {
        let only = row(&access, "access", None);
        let family = NewFamily {
            family: only.hash.clone(),
            organisation_id: bare.org,
            application_id: client.id,
            account_id: None,
            expires_at: only.expires_at,
        };
        bare.store
            .write::<_, storage::Error, _>(move |c| {
                Box::pin(async move {
                    let family = begin_family(c, &family, now()).await?.unwrap();
                    add_token(c, &family, &only).await
                })
            })
            .await
            .unwrap();
        return Json(json!({"access_token": access}));
    }
    let hashed = hash(&one(&form, "refresh_token"));
    let old =
        find_token(&mut bare.store.read().await.unwrap(), bare.org, "refresh", &hashed, now())
            .await
            .unwrap()
            .unwrap();
    let told = claims(&bare, old.account_id.unwrap().into()).await;
    let id_token = bare.keys.sign(issuer::Algorithm::Rs256, "JWT", &told).unwrap();
    let account = old.account_id.map(AccountId::from);
    let rows = [row(&access, "access", account), row(&refresh, "refresh", account)];
    bare.store
        .write::<_, storage::Error, _>(move |c| {
            Box::pin(async move {
                let family = hold_family(c, &old.family, now()).await?.unwrap();
                assert!(take_refresh_token(c, &hashed).await?);
                for row in &rows {
                    add_token(c, &family, row).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    Json(json!({"access_token": access, "refresh_token": refresh, "id_token": id_token}))
}

/// Serves until it is killed; says its address first.
pub async fn serve(url: &str) {
    let store = Store::open(url, 10, Duration::from_secs(5)).unwrap();
    let org = storage::policy::organisations::find_organisation(
        &mut store.read().await.unwrap(),
        "default",
    )
    .await
    .unwrap()
    .unwrap();
    let mut keys = issuer::Keyring::default();
    keys.add(
        issuer::Signer::from_pem(
            &issuer::generate(issuer::Algorithm::Rs256).unwrap(),
            issuer::Algorithm::Rs256,
        )
        .unwrap(),
        true,
    );
    let router = Router::new()
        .route("/userinfo", get(userinfo))
        .route("/introspect", post(introspect))
        .route("/token", post(token))
        .with_state(Arc::new(Bare { store, org, keys }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    std::io::stdout().flush().unwrap();
    axum::serve(listener, router).await.unwrap();
}
