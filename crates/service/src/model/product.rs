//! The product under the model: a database of its own, a clock that only the test moves, mails that are read at once.
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use domain::{
    AccountId, CredentialId, HOUR, ProviderId, Refusal, linking::facts::AccountState,
    path::Continuation, policy::Document, roles::Role,
};
use serde_json::json;
use storage::{
    Store,
    accounts::{add_account, add_role, find_account},
    policy::providers::{Provider, add_provider},
};
use upstream::{Assertion, SafeHttpClient};

use crate::{
    Clock, Error, HashCost, Ligature, LoginOutcome, MasterKey, RequestContext, SessionInfo,
    Settings,
    crypto::random::token,
    sign_in::{
        sessions::Opening,
        start::{LoginPurpose, LoginState},
        upstream_identity::UpstreamIdentity,
    },
    transaction::Transactions as _,
};

use super::{
    fixtures::{ADDRESSES, CODES_A_DAY, DELEGATE, PROVIDERS},
    session_acts::Identity,
};

/// The product, with accounts in the order in which the model has them.
pub(super) struct Product {
    pub(super) runtime: Arc<tokio::runtime::Runtime>,
    pub(super) ligature: Ligature,
    pub(super) clock: Arc<AtomicI64>,
    pub(super) accounts: Vec<AccountId>,
    pub(super) codes: HashMap<String, String>,
    pub(super) key: String,
    pub(super) guard: SafeHttpClient,
    pub(super) folder: tempfile::TempDir,
}

impl Product {
    pub(super) fn new() -> Self {
        let runtime = Arc::new(
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap(),
        );
        let memory = std::path::Path::new("/dev/shm");
        let folder =
            if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }
                .unwrap();
        let clock = Arc::new(AtomicI64::new(1_800_000_000_000_000));
        let key = MasterKey::generate();
        let guard = SafeHttpClient::new(upstream::SafeHttpOptions {
            allow_private: true,
            timeout: Duration::from_secs(1),
            max_bytes: 1000,
        })
        .unwrap();
        let ligature = runtime.block_on(async {
            let ligature = Self::open(folder.path(), &key, &clock, &guard).await;
            let org = ligature.org;
            for (n, key) in PROVIDERS.iter().enumerate() {
                let row = Provider {
                    id: ProviderId([u8::try_from(n).unwrap() + 1; 16]),
                    organisation_id: org,
                    key: (*key).into(),
                    name: (*key).into(),
                    kind: "oidc".into(),
                    namespace: format!("oidc:https://{key}.test"),
                    config: json!({"kind": "oidc", "issuer": format!("https://{key}.test"), "client_id": "x"}).to_string(),
                    secret: None,
                    secret_set_at: None,
                    enabled: true,
                    position: 0,
                    rev: 1,
                    shared: false,
                };
                ligature.store.write::<_, Error, _>(move |c| Box::pin(async move { Ok(add_provider(c, org, &row, 1).await?) })).await.unwrap();
            }
            let counts = Document::parse(r#"{"choices":{"verified_counts":true}}"#).unwrap();
            ligature.policy_admin().use_document("provider:trusted", counts).await.unwrap();
            ligature
                .store
                .write::<_, Error, _>(move |c| {
                    Box::pin(async move {
                        add_account(c, org, DELEGATE, AccountState::Active, "Delegate", "en", "delegate", 1).await?;
                        storage::accounts::set_password(c, org, DELEGATE, CredentialId([9; 16]), "no hash of anything", 1).await?;
                        add_role(c, org, DELEGATE, Role::ProviderAdmin.name(), 1).await?;
                        Ok(())
                    })
                })
                .await
                .unwrap();
            ligature
        });
        Self {
            runtime,
            ligature,
            clock,
            accounts: Vec::new(),
            codes: HashMap::new(),
            key,
            guard,
            folder,
        }
    }

    /// One process on the database in a folder.
    pub(super) async fn open(
        folder: &std::path::Path,
        key: &str,
        clock: &Arc<AtomicI64>,
        guard: &SafeHttpClient,
    ) -> Ligature {
        let fresh = !folder.join("model.db").exists();
        let seen = Arc::clone(clock);
        let tick: Clock = Arc::new(move || seen.fetch_add(1, Ordering::SeqCst));
        let settings = Settings {
            public_url: "http://127.0.0.1:1".into(),
            session_idle: 1000 * HOUR,
            session_absolute: 1000 * HOUR,
            hash_cost: HashCost { kib: 8, passes: 1, lanes: 1 },
            hash_slots: 2,
            mails_an_hour: 1_000_000,
            codes_a_day: CODES_A_DAY,
            wrong_passwords: 1000,
            texts: false,
            text_prefixes: Vec::new(),
            texts_an_hour: 0,
            leaks: crate::account::leaked_passwords::Leaks::default(),
            synchronous_standby: false,
            audit_kept: None,
            plain_http: true,
        };
        let store = Store::open(
            &format!("sqlite://{}/model.db", folder.display()),
            2,
            Duration::from_secs(5),
        )
        .unwrap();
        // Another process finds the schema there; and migrating needs several threads.
        if fresh {
            store.migrate().await.unwrap();
        }
        Ligature::open(store, &MasterKey::parse(key).unwrap(), guard.clone(), tick, settings)
            .await
            .unwrap()
    }

    pub(super) fn identity(
        identity: Identity,
        address: Option<usize>,
        verified: bool,
    ) -> UpstreamIdentity {
        let key = PROVIDERS[identity.0];
        let email = address.map(|a| ADDRESSES[a].to_owned());
        let assertion = Assertion {
            subject: format!("s{}", identity.1),
            email,
            email_verified: verified,
            name: Some("N".into()),
            auth_at: None,
            claims: serde_json::Map::new(),
            once: None,
        };
        UpstreamIdentity {
            provider: ProviderId([u8::try_from(identity.0).unwrap() + 1; 16]),
            key: key.into(),
            provider_name: key.into(),
            namespace: format!("oidc:https://{key}.test"),
            source: Self::source_of_model(key),
            assertion,
        }
    }

    pub(super) fn source_of_model(key: &str) -> String {
        let settings: upstream::Settings = serde_json::from_value(
            json!({"kind": "oidc", "issuer": format!("https://{key}.test"), "client_id": "x"}),
        )
        .unwrap();
        settings.source().fingerprint()
    }

    pub(super) fn ctx(session: Option<SessionInfo>) -> RequestContext {
        RequestContext {
            browser: token().into_bytes(),
            agent: "model".into(),
            network: "n".into(),
            locale: "en".into(),
            session,
            requesting_client: None,
        }
    }

    pub(super) fn start(
        ligature: &Ligature,
        ctx: &RequestContext,
        held: &UpstreamIdentity,
    ) -> LoginState {
        LoginState {
            provider: held.provider,
            key: held.key.clone(),
            state: token(),
            nonce: String::new(),
            verifier: String::new(),
            purpose: ctx
                .session
                .as_ref()
                .map_or(LoginPurpose::SignIn, |c| LoginPurpose::Add { session: c.hash.clone() }),
            continuation: Continuation::Account,
            at: ligature.now(),
        }
    }

    /// Reads the mails that are due, as their receivers would.
    pub(super) async fn read_mails(&mut self) {
        while let Some((_, due)) =
            crate::admin::organisations::Organisations::new(self.ligature.clone())
                .next_message(crate::notifications::messages::Channel::Mail)
                .await
                .unwrap()
        {
            self.codes.insert(due.message.to.as_str().to_owned(), due.message.code.clone());
            self.ligature.notifications().finish_message(&due.row, "sent", "").await.unwrap();
        }
    }

    /// A session means an account; one that was not there before is the next one of the model.
    pub(super) async fn settle(
        &mut self,
        result: Result<LoginOutcome, Error>,
    ) -> Option<LoginOutcome> {
        if let Ok(LoginOutcome::SignedIn { secret, .. }) = &result {
            let session = self
                .ligature
                .sessions()
                .session(secret)
                .await
                .unwrap()
                .expect("the session is live");
            if !self.accounts.contains(&session.account) {
                self.accounts.push(session.account);
            }
        }
        match result {
            Ok(arrival) => Some(arrival),
            Err(Error::Refused { refusal, .. }) => {
                assert!(refusal != Refusal::Internal, "an internal error");
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    pub(super) async fn enter(
        &mut self,
        ctx: &RequestContext,
        id: &str,
        address: usize,
    ) -> Option<LoginOutcome> {
        self.read_mails().await;
        let code =
            self.codes.get(ADDRESSES[address]).cloned().unwrap_or_else(|| "ZZZZ-ZZZZ".into());
        let result = self.ligature.attempt_steps().enter_code(ctx, id, &code).await;
        self.settle(result).await
    }
    /// A session of an account, as if it had signed in a while ago.
    pub(super) async fn session_of(this: &Ligature, account: AccountId) -> Option<SessionInfo> {
        let found = find_account(&mut this.store.read().await.unwrap(), this.org, account)
            .await
            .unwrap()
            .unwrap();
        if found.state() != AccountState::Active {
            return None;
        }
        let now = this.now();
        let opening = Opening::local(account, "password", now);
        let secret: String = this
            .retry_transaction(&Self::ctx(None), async move |this, c, acting| {
                let config = this.configuration().policy_context(c, None).await?;
                this.sessions().open_session(c, &acting, &config, &opening, None).await
            })
            .await
            .unwrap();
        this.sessions().session(&secret).await.unwrap()
    }
}
