//! RB-17: random sequences of what people and administrators do, against a naive model of what should be there after
//! each step. The model knows nothing of the code: it is a list of accounts and the rules of the recommended policy in
//! plain words. After each step the database must say the same, and D1 to D8 must hold.
//!
//! 40,000 steps on fixed ways; `LIGATURE_MODEL_STEPS` sets another number, on new ways each time.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use domain::{
    AccountId, CredentialId, HOUR, MINUTE, ProviderId, Refusal,
    linking::facts::{AccountState, UserAction},
    path::Continuation,
    policy::Document,
    roles::Role,
};
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use serde_json::json;
use storage::{
    Store,
    accounts::{add_account, add_role, bump_rev, count_accounts, find_account, links::list_links, list_emails, set_account_state},
    policy::providers::{Provider, add_provider},
    sign_in::sessions::end_sessions,
};
use upstream::{Assertion, SafeHttpClient};

use crate::{
    Clock, Error, HashCost, Ligature, LoginOutcome, MasterKey, NewPerson, RequestContext, SessionInfo, Settings,
    admin::{ProviderForm, SaveProblem, association::Association},
    crypto::random::token,
    services::Transactions as _,
    sign_in::{
        sessions::Opening,
        start::{LoginPurpose, LoginState},
        upstream_identity::UpstreamIdentity,
    },
};

const ADDRESSES: [&str; 3] = ["e0@ex.test", "e1@ex.test", "e2@ex.test"];
const PROVIDERS: [&str; 2] = ["trusted", "plain"];
/// Few enough that it is reached, many enough that most attempts get their code.
const CODES_A_DAY: i64 = 30;
const PASSWORD: &str = "a long enough password";

/// What an intruder sets.
const ANOTHER: &str = "another one, as long as that";
/// Somebody with the provider role; nobody of the model.
const DELEGATE: AccountId = AccountId([9; 16]);

/// An identity: provider and subject, both by number.
type Identity = (usize, usize);

/// What somebody does on the pages after a provider's answer. For a known identity whose address changed the same
/// choices stand for update (right code), ignore (wrong code) and later (the others).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Create,
    UseExisting,
    AddRight,
    AddWrong,
    AddLate,
    Cancel,
}

/// What somebody does in a session of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Add(Identity),
    Unlink(usize),
    Password,
}

#[derive(Debug, Clone)]
enum Step {
    SignUp {
        address: usize,
        finish: bool,
    },
    SignIn {
        identity: Identity,
        address: Option<usize>,
        verified: bool,
        way: Way,
    },
    Add {
        account: usize,
        identity: Identity,
        address: Option<usize>,
    },
    Unlink {
        account: usize,
        method: usize,
    },
    Switch {
        account: usize,
    },
    /// The process dies somewhere in the middle of an `Add` and starts anew; the person tries again.
    Crash {
        account: usize,
        identity: Identity,
        address: Option<usize>,
        after: u16,
    },
    Pass {
        hours: i64,
    },
    /// An intruder does this one after another; then the owner takes back everything from the first of it on, with a
    /// credential from before (rule 18).
    Intrude {
        account: usize,
        deeds: Vec<Deed>,
    },
    /// A page of a session is open, the session ends, and the page is sent (I14).
    Late {
        account: usize,
        deed: Deed,
    },
    /// Somebody with the provider role moves where a provider is asked, or says that its flag counts (rules 15 and 16).
    Delegate {
        provider: usize,
        believe: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Mail {
    address: usize,
    proved: bool,
    owner: bool,
    primary: bool,
    /// Given up; reserved until this hour.
    former: Option<i64>,
}

#[derive(Debug, Clone, Default)]
struct Person {
    disabled: bool,
    password: bool,
    links: BTreeSet<Identity>,
    released: BTreeSet<Identity>,
    /// Its owner said of these: this wasn't me.
    barred: BTreeSet<Identity>,
    mails: Vec<Mail>,
    ignored: BTreeSet<usize>,
}

/// The naive model.
#[derive(Debug, Clone, Default)]
struct World {
    people: Vec<Person>,
    /// Addresses of sign-ups that nobody finished, with the hour of their beginning.
    pending: Vec<(usize, i64)>,
    /// Codes for each account by strangers and in its own session, in the day that began at an hour (D8, RL-15).
    codes: BTreeMap<(usize, bool), (i64, i64)>,
    hours: i64,
}

impl World {
    fn holder(&self, identity: Identity) -> Option<usize> {
        self.people.iter().position(|p| p.links.contains(&identity))
    }

    /// An identity that puts a mailbox in doubt (I13): another one of a provider, for an account that has one of it and the
    /// address. The model leaves those out; they have properties and walks of their own.
    fn contests(&self, identity: Identity, address: Option<usize>) -> bool {
        let rival = |p: &Person, a: usize| p.mails.iter().any(|m| m.address == a && m.proved && m.former.is_none()) && p.links.iter().any(|l| l.0 == identity.0);
        self.holder(identity).is_none() && address.is_some_and(|a| self.people.iter().any(|p| rival(p, a)))
    }

    /// Somebody else owns the address or has just given it up.
    fn taken(&self, address: usize, by_others_than: Option<usize>) -> bool {
        self.people.iter().enumerate().filter(|(n, _)| Some(*n) != by_others_than).any(|(_, p)| p.mails.iter().any(|m| m.address == address && (m.owner || m.former.is_some_and(|f| f > self.hours))))
    }

    /// Active accounts with the proved address.
    fn candidates(&self, address: usize) -> Vec<usize> {
        let has = |p: &Person| !p.disabled && p.mails.iter().any(|m| m.address == address && m.proved && m.former.is_none());
        self.people.iter().enumerate().filter(|(_, p)| has(p)).map(|(n, _)| n).collect()
    }

    /// A code goes out, unless the account that it stands in front of has had its share of the day.
    fn begin_code(&mut self, person: Option<usize>, own: bool) -> bool {
        let Some(person) = person else { return true };
        let day = self.codes.entry((person, own)).or_insert((0, self.hours));
        if self.hours - day.1 >= 24 {
            *day = (0, self.hours);
        }
        // What is refused is not counted.
        let may = day.0 < CODES_A_DAY;
        day.0 += i64::from(may);
        may
    }

    fn sign_in(&mut self, identity: Identity, address: Option<usize>, verified: bool, way: Way) {
        let believed = verified && identity.0 == 0;
        if let Some(n) = self.holder(identity) {
            self.changed_address(n, address.filter(|_| believed), way);
            return;
        }
        match (way, address) {
            (Way::Create, _) => {
                let mails = address.map(|address| Mail { address, proved: believed, owner: false, primary: true, former: None });
                self.people.push(Person { links: BTreeSet::from([identity]), mails: mails.into_iter().collect(), ..Person::default() });
            }
            (Way::AddRight | Way::AddWrong | Way::AddLate, Some(address)) if self.begin_code(self.guarded(identity, address), false) && way == Way::AddRight => self.add_by_code(identity, address),
            _ => {}
        }
    }

    /// Whom a code to an address stands in front of: the one candidate that may have the identity, else whoever owns the
    /// address.
    fn guarded(&self, identity: Identity, address: usize) -> Option<usize> {
        match self.candidates(address)[..] {
            [one] if !self.people[one].barred.contains(&identity) => Some(one),
            _ => self.people.iter().position(|p| p.mails.iter().any(|m| m.address == address && m.owner)),
        }
    }

    fn add_by_code(&mut self, identity: Identity, address: usize) {
        let found = self.candidates(address);
        // One: its code. Several: the claimed mailbox's code, then the one that owns it, which the code has proved.
        let owner = found.iter().copied().find(|n| self.people[*n].mails.iter().any(|m| m.address == address && m.owner));
        let target = if found.len() == 1 { found.first().copied() } else { owner };
        match target {
            // Only in My Account.
            Some(n) if self.people[n].barred.contains(&identity) => {}
            // Behind the claimed mailbox's code, an identity that the account had once asks for one more code.
            Some(n) if found.len() > 1 && self.people[n].released.contains(&identity) && !self.begin_code(Some(n), false) => {}
            Some(n) => {
                self.people[n].links.insert(identity);
            }
            // Several, and nobody owns it: the test stops at the chooser.
            None if found.len() > 1 => {}
            None if self.pending.iter().any(|p| p.0 == address) && !self.taken(address, None) => {
                self.pending.retain(|p| p.0 != address);
                let mail = Mail { address, proved: true, owner: true, primary: true, former: None };
                self.people.push(Person { links: BTreeSet::from([identity]), mails: vec![mail], ..Person::default() });
            }
            None => {}
        }
    }

    fn deed(&mut self, account: usize, deed: Deed) {
        if self.people[account].disabled {
            return;
        }
        let held_by = if let Deed::Add(identity) = deed { self.holder(identity) } else { None };
        let person = &mut self.people[account];
        let last = person.links.len() + usize::from(person.password) == 1;
        match deed {
            Deed::Add(identity) => {
                if held_by.is_none() {
                    person.links.insert(identity);
                }
            }
            Deed::Unlink(_) if last => {}
            Deed::Unlink(method) => match person.links.iter().nth(method).copied() {
                Some(identity) => {
                    person.links.remove(&identity);
                    person.released.insert(identity);
                }
                None if method == person.links.len() => person.password = false,
                None => {}
            },
            // The recommended policy lets a first one be set in a session.
            Deed::Password => person.password = true,
        }
    }

    /// Whatever was done, the account is as it was; what was added meanwhile never comes back at a sign-in.
    fn intrude(&mut self, account: usize, deeds: &[Deed]) {
        let before = self.people[account].clone();
        let mut barred = before.barred.clone();
        for deed in deeds {
            let links = self.people[account].links.clone();
            self.deed(account, *deed);
            barred.extend(self.people[account].links.difference(&links));
        }
        let after = &self.people[account];
        let released = after.released.union(&after.links).copied().collect();
        self.people[account] = Person { released, barred, ..before };
    }

    /// Whether a delegate's change of a provider is saved: none gains belief, and none moves what is believed or spoken for.
    fn delegate_may(&self, provider: usize, believe: bool) -> bool {
        !believe && provider != 0 && self.people.iter().all(|p| p.links.iter().all(|l| l.0 != provider))
    }

    fn changed_address(&mut self, n: usize, address: Option<usize>, way: Way) {
        let Some(address) = address else { return };
        let taken = self.taken(address, Some(n));
        let hours = self.hours;
        let person = &self.people[n];
        if person.disabled || person.ignored.contains(&address) || person.mails.iter().any(|m| m.address == address && m.former.is_none()) {
            return;
        }
        let may = way == Way::AddRight && self.begin_code(Some(n), true);
        let person = &mut self.people[n];
        match way {
            Way::AddWrong => {
                person.ignored.insert(address);
            }
            // The code is asked for, and counted, before anybody looks whose the address is.
            Way::AddRight if may && !taken => {
                person.mails.retain(|m| m.address != address);
                for mail in person.mails.iter_mut().filter(|m| m.primary) {
                    *mail = Mail { proved: false, owner: false, primary: false, former: Some(hours + 14 * 24), ..mail.clone() };
                }
                person.mails.push(Mail { address, proved: true, owner: true, primary: true, former: None });
            }
            _ => {}
        }
    }
}

impl ReferenceStateMachine for World {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Step> {
        let identity = || (0_usize..2, 0_usize..4);
        let address = || prop_oneof![1 => Just(None), 4 => (0_usize..3).prop_map(Some)];
        let way = prop_oneof![3 => Just(Way::Create), 1 => Just(Way::UseExisting), 5 => Just(Way::AddRight), 2 => Just(Way::AddWrong), 1 => Just(Way::AddLate), 1 => Just(Way::Cancel)];
        let sign_up = (0_usize..3, any::<bool>()).prop_map(|(address, finish)| Step::SignUp { address, finish });
        let sign_in = (identity(), address(), any::<bool>(), way).prop_map(|(identity, address, verified, way)| Step::SignIn { identity, address, verified, way });
        let pass = prop_oneof![Just(1_i64), Just(30), Just(80), Just(340)].prop_map(|hours| Step::Pass { hours });
        if state.people.is_empty() {
            return prop_oneof![sign_up, sign_in].boxed();
        }
        let account = 0..state.people.len();
        let add = (account.clone(), identity(), address()).prop_map(|(account, identity, address)| Step::Add { account, identity, address });
        let crash = (account.clone(), identity(), address(), 0_u16..1500).prop_map(|(account, identity, address, after)| Step::Crash { account, identity, address, after });
        let unlink = (account.clone(), 0_usize..4).prop_map(|(account, method)| Step::Unlink { account, method });
        let switch = account.clone().prop_map(|account| Step::Switch { account });
        let deed = || prop_oneof![3 => identity().prop_map(Deed::Add), 3 => (0_usize..4).prop_map(Deed::Unlink), 1 => Just(Deed::Password)];
        let intrude = (account.clone(), prop::collection::vec(deed(), 1..5)).prop_map(|(account, deeds)| Step::Intrude { account, deeds });
        let late = (account, deed()).prop_map(|(account, deed)| Step::Late { account, deed });
        let delegate = (0_usize..2, any::<bool>()).prop_map(|(provider, believe)| Step::Delegate { provider, believe: believe && provider != 0 });
        prop_oneof![2 => sign_up, 8 => sign_in, 2 => add, 4 => unlink, 2 => switch, 1 => pass, 1 => crash, 2 => intrude, 1 => late, 1 => delegate].boxed()
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        match step {
            Step::SignUp { address, finish } => {
                if !state.taken(*address, None) {
                    if *finish {
                        state.pending.retain(|p| p.0 != *address);
                        let mail = Mail { address: *address, proved: true, owner: true, primary: true, former: None };
                        state.people.push(Person { password: true, mails: vec![mail], ..Person::default() });
                    } else {
                        state.pending.push((*address, state.hours));
                    }
                }
            }
            Step::SignIn { identity, address, verified, way } => state.sign_in(*identity, *address, *verified, *way),
            Step::Add { account, identity, .. } | Step::Crash { account, identity, .. } => state.deed(*account, Deed::Add(*identity)),
            Step::Unlink { account, method } => state.deed(*account, Deed::Unlink(*method)),
            Step::Intrude { account, deeds } => {
                if !state.people[*account].disabled {
                    state.intrude(*account, deeds);
                }
            }
            // Whose session is over does nothing, and a delegate does not say who people are.
            Step::Late { .. } | Step::Delegate { .. } => {}
            Step::Switch { account } => state.people[*account].disabled = !state.people[*account].disabled,
            Step::Pass { hours } => {
                state.hours += hours;
                let now = state.hours;
                state.pending.retain(|p| now - p.1 < 24);
            }
        }
        state
    }

    fn preconditions(state: &Self, step: &Step) -> bool {
        match step {
            Step::Add { account, identity, address } | Step::Crash { account, identity, address, .. } => *account < state.people.len() && !state.contests(*identity, *address),
            Step::Unlink { account, .. } | Step::Switch { account } | Step::Intrude { account, .. } | Step::Late { account, .. } => *account < state.people.len(),
            Step::SignIn { identity, address, .. } => !state.contests(*identity, *address),
            Step::SignUp { .. } | Step::Pass { .. } | Step::Delegate { .. } => true,
        }
    }
}

/// The product, with accounts in the order in which the model has them.
struct Product {
    runtime: Arc<tokio::runtime::Runtime>,
    ligature: Ligature,
    clock: Arc<AtomicI64>,
    accounts: Vec<AccountId>,
    codes: HashMap<String, String>,
    key: String,
    guard: SafeHttpClient,
    folder: tempfile::TempDir,
}

impl Product {
    fn new() -> Self {
        let runtime = Arc::new(tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());
        let memory = std::path::Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let clock = Arc::new(AtomicI64::new(1_800_000_000_000_000));
        let key = MasterKey::generate();
        let guard = SafeHttpClient::new(upstream::GuardOptions { allow_private: true, timeout: Duration::from_secs(1), max_bytes: 1000 }).unwrap();
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
        Self { runtime, ligature, clock, accounts: Vec::new(), codes: HashMap::new(), key, guard, folder }
    }

    /// One process on the database in a folder.
    async fn open(folder: &std::path::Path, key: &str, clock: &Arc<AtomicI64>, guard: &SafeHttpClient) -> Ligature {
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
            plain_http: true,
        };
        let store = Store::open(&format!("sqlite://{}/model.db", folder.display()), 2, Duration::from_secs(5)).unwrap();
        // Another process finds the schema there; and migrating needs several threads.
        if fresh {
            store.migrate().await.unwrap();
        }
        Ligature::open(store, &MasterKey::parse(key).unwrap(), guard.clone(), tick, settings).await.unwrap()
    }

    fn identity(identity: Identity, address: Option<usize>, verified: bool) -> UpstreamIdentity {
        let key = PROVIDERS[identity.0];
        let email = address.map(|a| ADDRESSES[a].to_owned());
        let assertion = Assertion { subject: format!("s{}", identity.1), email, email_verified: verified, name: Some("N".into()), auth_at: None, claims: serde_json::Map::new() };
        UpstreamIdentity {
            provider: ProviderId([u8::try_from(identity.0).unwrap() + 1; 16]),
            key: key.into(),
            provider_name: key.into(),
            namespace: format!("oidc:https://{key}.test"),
            source: Self::source_of_model(key),
            assertion,
        }
    }

    fn source_of_model(key: &str) -> String {
        let settings: upstream::Settings = serde_json::from_value(json!({"kind": "oidc", "issuer": format!("https://{key}.test"), "client_id": "x"})).unwrap();
        settings.source().fingerprint()
    }

    fn ctx(session: Option<SessionInfo>) -> RequestContext {
        RequestContext { browser: token().into_bytes(), agent: "model".into(), network: "n".into(), locale: "en".into(), session, requesting_client: None }
    }

    fn start(ligature: &Ligature, ctx: &RequestContext, held: &UpstreamIdentity) -> LoginState {
        LoginState {
            provider: held.provider,
            key: held.key.clone(),
            state: token(),
            nonce: String::new(),
            verifier: String::new(),
            browser: ctx.browser.clone(),
            purpose: ctx.session.as_ref().map_or(LoginPurpose::SignIn, |c| LoginPurpose::Add { session: c.hash.clone() }),
            continuation: Continuation::Account,
            at: ligature.now(),
        }
    }

    /// Reads the mails that are due, as their receivers would.
    async fn read_mails(&mut self) {
        while let Some((_, due)) = crate::admin::organisations::Organisations::new(self.ligature.clone()).next_letter(crate::notifications::messages::Channel::Mail).await.unwrap() {
            self.codes.insert(due.letter.to.as_str().to_owned(), due.letter.code.clone());
            self.ligature.notifications().finish_letter(&due.row, "sent", "").await.unwrap();
        }
    }

    /// A session means an account; one that was not there before is the next one of the model.
    async fn settle(&mut self, result: Result<LoginOutcome, Error>) -> Option<LoginOutcome> {
        if let Ok(LoginOutcome::SignedIn { secret, .. }) = &result {
            let caller = self.ligature.sessions().session(secret).await.unwrap().expect("the session is live");
            if !self.accounts.contains(&caller.account) {
                self.accounts.push(caller.account);
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

    async fn enter(&mut self, ctx: &RequestContext, id: &str, address: usize) -> Option<LoginOutcome> {
        self.read_mails().await;
        let code = self.codes.get(ADDRESSES[address]).cloned().unwrap_or_else(|| "ZZZZ-ZZZZ".into());
        let result = self.ligature.attempt_steps().enter_code(ctx, id, &code).await;
        self.settle(result).await
    }

    async fn sign_up(&mut self, address: usize, finish: bool) {
        let ctx = Self::ctx(None);
        let person = NewPerson { email: ADDRESSES[address].into(), name: "N".into(), password: PASSWORD.into() };
        self.codes.clear();
        let result = self.ligature.sign_in().sign_up(&ctx, person, Continuation::Account).await;
        if let (Some(LoginOutcome::Page { id, .. }), true) = (self.settle(result).await, finish) {
            self.enter(&ctx, &id, address).await;
        }
        self.read_mails().await;
    }

    async fn sign_in(&mut self, identity: Identity, address: Option<usize>, verified: bool, way: Way) {
        let (mut ctx, held) = (Self::ctx(None), Self::identity(identity, address, verified));
        let start = Self::start(&self.ligature, &ctx, &held);
        self.codes.clear();
        let result = self.ligature.sign_in().complete_login(&ctx, held, start).await;
        let Some(arrival) = self.settle(result).await else { return };
        if let LoginOutcome::SignedIn { secret, continuation: Continuation::Path(path), .. } = &arrival {
            let id = path.as_str().split('/').nth(2).unwrap().to_owned();
            ctx.session = self.ligature.sessions().session(secret).await.unwrap();
            self.answer(&ctx, &id, address.unwrap_or(0), way).await;
            return;
        }
        let LoginOutcome::Page { id, .. } = arrival else { return };
        let act = match way {
            Way::Create => UserAction::CreateNew,
            Way::UseExisting => UserAction::UseExisting,
            Way::AddRight | Way::AddWrong | Way::AddLate => UserAction::AddTo(None),
            Way::Cancel => {
                let result = self.ligature.attempt_steps().cancel(&ctx, &id).await;
                self.settle(result).await;
                return;
            }
        };
        let result = self.ligature.attempt_steps().pick(&ctx, &id, act).await;
        let (Some(LoginOutcome::Page { .. }), Some(address)) = (self.settle(result).await, address) else { return };
        match way {
            Way::AddWrong => {
                for _ in 0..4 {
                    let result = self.ligature.attempt_steps().enter_code(&ctx, &id, "ZZZZ-ZZZZ").await;
                    self.settle(result).await;
                }
                // The right one is worth nothing after three wrong ones.
                self.enter(&ctx, &id, address).await;
            }
            Way::AddLate => {
                self.read_mails().await;
                self.clock.fetch_add(11 * MINUTE, Ordering::SeqCst);
                let code = self.codes.get(ADDRESSES[address]).cloned().unwrap_or_default();
                let result = self.ligature.attempt_steps().enter_code(&ctx, &id, &code).await;
                self.settle(result).await;
                self.clock.fetch_sub(11 * MINUTE, Ordering::SeqCst);
            }
            _ => {
                if let Some(LoginOutcome::Page { page: "choose", .. }) = self.enter(&ctx, &id, address).await {
                    self.pick_owner(&ctx, &id, address).await;
                }
            }
        }
        self.read_mails().await;
    }

    /// Behind the code several accounts are shown: the person takes the one that owns the address, if one does.
    async fn pick_owner(&mut self, ctx: &RequestContext, id: &str, address: usize) {
        let owner = storage::accounts::find_owner(&mut self.ligature.store.read().await.unwrap(), self.ligature.org, ADDRESSES[address]).await.unwrap();
        let Some(owner) = owner else { return };
        let result = self.ligature.attempt_steps().pick(ctx, id, UserAction::AddTo(Some(owner))).await;
        // An identity that the account had once asks for the account's own code again.
        if let Some(LoginOutcome::Page { .. }) = self.settle(result).await {
            self.enter(ctx, id, address).await;
        }
    }

    async fn answer(&mut self, ctx: &RequestContext, id: &str, address: usize, way: Way) {
        let result = match way {
            Way::AddRight => {
                let asked = self.ligature.attempt_steps().ask_email_code(ctx, id).await;
                self.settle(asked).await;
                self.enter(ctx, id, address).await;
                return;
            }
            Way::AddWrong => self.ligature.attempt_steps().ignore_email(ctx, id).await,
            Way::Create | Way::UseExisting | Way::AddLate | Way::Cancel => self.ligature.attempt_steps().leave_email(ctx, id).await,
        };
        self.settle(result).await;
    }

    /// A session of an account, as if it had signed in a while ago.
    async fn session_of(this: &Ligature, account: AccountId) -> Option<SessionInfo> {
        let found = find_account(&mut this.store.read().await.unwrap(), this.org, account).await.unwrap().unwrap();
        if found.state() != AccountState::Active {
            return None;
        }
        let now = this.now();
        let opening = Opening::local(account, "password", now);
        let secret: String = this
            .retry_transaction(&Self::ctx(None), move |this, c, acting| {
                let opening = opening.clone();
                Box::pin(async move {
                    let config = this.configuration().policy_context(c, None).await?;
                    this.sessions().open_session(c, &acting, &config, &opening).await
                })
            })
            .await
            .unwrap();
        this.sessions().session(&secret).await.unwrap()
    }

    async fn add(&mut self, account: usize, identity: Identity, address: Option<usize>) {
        let Some(result) = Self::adding(&self.ligature, self.accounts[account], identity, address).await else { return };
        self.settle(result).await;
        self.read_mails().await;
    }

    async fn adding(ligature: &Ligature, account: AccountId, identity: Identity, address: Option<usize>) -> Option<Result<LoginOutcome, Error>> {
        let caller = Self::session_of(ligature, account).await?;
        let (ctx, held) = (Self::ctx(Some(caller)), Self::identity(identity, address, true));
        let start = Self::start(ligature, &ctx, &held);
        Some(ligature.sign_in().complete_login(&ctx, held, start).await)
    }

    /// Another process on the same database adds an identity and dies at one of its waits; then it starts anew.
    async fn crash(&mut self, account: usize, identity: Identity, address: Option<usize>, after: u16) {
        let (folder, key, clock, guard, id) = (self.folder.path().to_owned(), self.key.clone(), Arc::clone(&self.clock), self.guard.clone(), self.accounts[account]);
        let doomed = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let ligature = Self::open(&folder, &key, &clock, &guard).await;
                let death = async {
                    for _ in 0..after {
                        tokio::task::yield_now().await;
                    }
                };
                tokio::select! {
                    biased;
                    _ = Self::adding(&ligature, id, identity, address) => {}
                    () = death => {}
                }
            });
        });
        doomed.join().unwrap();
        self.ligature = Self::open(self.folder.path(), &self.key, &self.clock, &self.guard).await;
        self.add(account, identity, address).await;
    }

    async fn deed(&mut self, account: usize, deed: Deed) {
        let Some(caller) = Self::session_of(&self.ligature, self.accounts[account]).await else { return };
        let ctx = Self::ctx(Some(caller));
        let start = Self::start_of(&self.ligature, &ctx, deed);
        self.sent(account, &ctx, deed, start).await;
    }

    /// The start of an identity that is to be added.
    fn start_of(ligature: &Ligature, ctx: &RequestContext, deed: Deed) -> Option<(UpstreamIdentity, LoginState)> {
        let Deed::Add(identity) = deed else { return None };
        let held = Self::identity(identity, None, true);
        let start = Self::start(ligature, ctx, &held);
        Some((held, start))
    }

    /// The page is sent, or the provider answers. Whether it was done.
    async fn sent(&mut self, account: usize, ctx: &RequestContext, deed: Deed, start: Option<(UpstreamIdentity, LoginState)>) -> bool {
        let done = match (deed, start) {
            (Deed::Add(_), Some((held, start))) => {
                let result = self.ligature.sign_in().complete_login(ctx, held, start).await;
                return self.settle(result).await.is_some();
            }
            (Deed::Unlink(method), _) => {
                let mut links = list_links(&mut self.ligature.store.read().await.unwrap(), self.accounts[account]).await.unwrap();
                links.sort_by_key(|l| (PROVIDERS.iter().position(|p| l.namespace.contains(p)), l.subject.clone()));
                let target = match links.get(method) {
                    Some(link) => Some(link.id),
                    None if method == links.len() => None,
                    None => return false,
                };
                self.ligature.account_settings().remove_method(ctx, target).await
            }
            (Deed::Password, _) => self.ligature.account_settings().set_own_password(ctx, ANOTHER).await,
            (Deed::Add(_), None) => return false,
        };
        self.read_mails().await;
        match done {
            Ok(()) => true,
            Err(Error::Refused { .. }) => false,
            Err(error) => panic!("{error}"),
        }
    }

    async fn late(&mut self, account: usize, deed: Deed) {
        let id = self.accounts[account];
        let Some(caller) = Self::session_of(&self.ligature, id).await else { return };
        let ctx = Self::ctx(Some(caller));
        let start = Self::start_of(&self.ligature, &ctx, deed);
        self.ligature.store.write::<_, Error, _>(move |c| Box::pin(async move { Ok(end_sessions(c, id, None).await?) })).await.unwrap();
        assert!(!self.sent(account, &ctx, deed, start).await, "{deed:?} for a session that is over");
    }

    async fn intrude(&mut self, account: usize, deeds: &[Deed]) {
        let id = self.accounts[account];
        if Self::session_of(&self.ligature, id).await.is_none() {
            return;
        }
        let (before, password, identity) = {
            let c = &mut self.ligature.store.read().await.unwrap();
            let link = list_links(c, id).await.unwrap().into_iter().next();
            let identity = link.map(|l| (PROVIDERS.iter().position(|p| l.namespace.contains(p)).unwrap(), l.subject[1..].parse().unwrap()));
            (find_account(c, self.ligature.org, id).await.unwrap().unwrap().rev, storage::accounts::find_password(c, id).await.unwrap().is_some(), identity)
        };
        for deed in deeds {
            self.deed(account, *deed).await;
        }
        let journal = self.ligature.accounts().journal(&mut self.ligature.store.read().await.unwrap(), id).await.unwrap();
        let Some(first) = journal.iter().map(|e| &e.change).filter(|c| c.rev > before && !c.rewound).map(|c| c.rev).min() else { return };
        let ctx = Self::ctx(Self::session_of(&self.ligature, id).await);
        let (shown, _) = self.ligature.rewinds().own_undos(&ctx).await.unwrap();
        // The page of what was added and is gone again is not offered; the one of its removal is.
        let asked = shown.iter().map(|c| c.rev).filter(|rev| *rev > before).min().unwrap();
        let secret = self.ligature.rewinds().ask_own_undo(&ctx, asked).await.unwrap();
        match identity {
            _ if password => self.ligature.rewinds().undo_by_password(&ctx, &secret, PASSWORD).await.unwrap(),
            Some(identity) => {
                let mut held = Self::identity(identity, None, true);
                held.assertion.auth_at = Some(self.ligature.now());
                let start = LoginState { purpose: LoginPurpose::Undo { secret: secret.clone() }, ..Self::start(&self.ligature, &ctx, &held) };
                self.ligature.sign_in().complete_login(&ctx, held, start).await.unwrap();
            }
            None => panic!("an account that nothing opens"),
        }
        self.ligature.rewinds().finish_undo(&ctx, &secret, Some(first), "").await.unwrap();
        self.read_mails().await;
    }

    /// Whether it was saved. What was moved is moved back.
    async fn delegate(&mut self, provider: usize, believe: bool) -> bool {
        let key = PROVIDERS[provider];
        let caller = Self::session_of(&self.ligature, DELEGATE).await.unwrap();
        let ctx = Self::ctx(Some(caller));
        let (config, document) = {
            let c = &mut self.ligature.store.read().await.unwrap();
            (self.ligature.configuration().provider(c, key).await.unwrap().config, self.ligature.configuration().policies(c).await.unwrap().document(&crate::policy::documents::provider_scope(key)))
        };
        let association = Association::read(&document);
        let form = |config: &str, association: Association| ProviderForm {
            key: key.into(),
            name: key.into(),
            settings: serde_json::from_str(config).unwrap(),
            secret: String::new(),
            enabled: true,
            position: 0,
            shared: false,
            association,
            confirmed: None,
        };
        let changed = if believe { form(&config, Association { verified_counts: true, ..association.clone() }) } else { form(&config.replace("\"x\"", "\"y\""), association.clone()) };
        match self.ligature.provider_admin().save_provider(&ctx, changed, false).await {
            Ok(()) => {
                self.ligature.provider_admin().save_provider(&ctx, form(&config, association), false).await.unwrap();
                true
            }
            Err(SaveProblem::Field("verified_counts" | "client_id", _)) => false,
            Err(other) => panic!("{other:?}"),
        }
    }

    async fn switch(&mut self, account: usize) {
        let (this, id) = (self.ligature.clone(), self.accounts[account]);
        let org = this.org;
        this.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    let row = find_account(c, org, id).await?.ok_or(Refusal::NotFound)?;
                    bump_rev(c, id, row.rev).await?;
                    let next = if row.state() == AccountState::Active { AccountState::Disabled } else { AccountState::Active };
                    set_account_state(c, org, id, next).await?;
                    end_sessions(c, id, None).await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
    }

    /// What the server does in the background.
    async fn tidy(&self) {
        let now = self.ligature.now();
        self.ligature
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    storage::maintenance::tidy::wipe_expired_assertions(c, now).await?;
                    storage::maintenance::tidy::tidy(c, now).await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
    }

    /// The database says what the model says, and the invariants hold.
    async fn compare(&self, world: &World) {
        let mut conn = self.ligature.store.read().await.unwrap();
        let c = &mut conn;
        let all = usize::try_from(count_accounts(c, self.ligature.org).await.unwrap()).unwrap();
        assert_eq!(all, world.people.len() + world.pending.len() + 1, "accounts, with the delegate");
        assert_eq!(self.accounts.len(), world.people.len(), "accounts with a session");
        for (n, (id, person)) in self.accounts.iter().zip(&world.people).enumerate() {
            let row = find_account(c, self.ligature.org, *id).await.unwrap().unwrap();
            assert_eq!(row.state() == AccountState::Disabled, person.disabled, "state of {n}");
            let links: BTreeSet<Identity> =
                list_links(c, *id).await.unwrap().iter().map(|l| (PROVIDERS.iter().position(|p| l.namespace.contains(p)).unwrap(), l.subject[1..].parse().unwrap())).collect();
            assert_eq!(links, person.links, "links of {n}");
            assert_eq!(storage::accounts::find_password(c, *id).await.unwrap().is_some(), person.password, "password of {n}");
            let of = |address: &str, proved: bool, owner: bool, primary: bool| (address.to_owned(), (proved, owner, primary));
            let mails: BTreeMap<_, _> = list_emails(c, *id).await.unwrap().iter().map(|m| of(&m.canonical, m.is_proved(), m.owner, m.is_primary)).collect();
            let expected: BTreeMap<_, _> = person.mails.iter().filter(|m| m.former.is_none()).map(|m| of(ADDRESSES[m.address], m.proved, m.owner, m.primary)).collect();
            assert_eq!(mails, expected, "addresses of {n}");
        }
        drop(conn);
        let found = self.ligature.maintenance().examine().await.unwrap();
        assert!(found.is_empty(), "{found:?}");
    }
}

struct Run;

impl StateMachineTest for Run {
    type SystemUnderTest = Product;
    type Reference = World;

    fn init_test(_: &World) -> Product {
        Product::new()
    }

    fn apply(mut product: Product, world: &World, step: Step) -> Product {
        Arc::clone(&product.runtime).block_on(async {
            match step {
                Step::SignUp { address, finish } => product.sign_up(address, finish).await,
                Step::SignIn { identity, address, verified, way } => product.sign_in(identity, address, verified, way).await,
                Step::Add { account, identity, address } => product.add(account, identity, address).await,
                Step::Unlink { account, method } => product.deed(account, Deed::Unlink(method)).await,
                Step::Intrude { account, deeds } => product.intrude(account, &deeds).await,
                Step::Late { account, deed } => product.late(account, deed).await,
                Step::Delegate { provider, believe } => assert_eq!(product.delegate(provider, believe).await, world.delegate_may(provider, believe), "a delegate's word about {provider}"),
                Step::Switch { account } => product.switch(account).await,
                Step::Crash { account, identity, address, after } => product.crash(account, identity, address, after).await,
                Step::Pass { hours } => {
                    product.clock.fetch_add(hours * HOUR, Ordering::SeqCst);
                    product.tidy().await;
                }
            }
        });
        product
    }

    fn check_invariants(product: &Product, world: &World) {
        product.runtime.block_on(product.compare(world));
    }
}

/// Steps of one sequence.
const LENGTH: u32 = 250;

fn share(of: u32) -> ProptestConfig {
    let steps: u32 = std::env::var("LIGATURE_MODEL_STEPS").ok().and_then(|n| n.parse().ok()).unwrap_or(40_000);
    ProptestConfig { cases: (steps / of / LENGTH).max(1), max_shrink_iters: 1000, max_shrink_time: 60_000, failure_persistence: None, ..ProptestConfig::default() }
}

/// One of four parts, so that they run beside each other. The test command walks the same ways each time, so that a
/// change is judged by itself; with `LIGATURE_MODEL_STEPS` the ways are new ones.
fn walk(part: u8) {
    let rng = if std::env::var("LIGATURE_MODEL_STEPS").is_ok() {
        TestRng::from_seed(RngAlgorithm::ChaCha, &crate::crypto::random::random_bytes::<32>())
    } else {
        TestRng::from_seed(RngAlgorithm::ChaCha, &[part; 32])
    };
    let mut runner = TestRunner::new_with_rng(share(4), rng);
    let steps = usize::try_from(LENGTH).unwrap();
    let result = runner.run(&World::sequential_strategy(steps..=steps), |(state, steps, seen)| {
        Run::test_sequential(ProptestConfig { verbose: 0, ..ProptestConfig::default() }, state, steps, seen);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// What RB-17 found once: a notice that nobody had read in time held up the code behind it.
#[test]
fn an_expired_letter_does_not_hold_up_the_next_one() {
    let (mut product, mut world) = (Product::new(), World::default());
    let answer = Step::SignIn { identity: (0, 0), address: Some(1), verified: true, way: Way::AddRight };
    let steps = [Step::SignUp { address: 0, finish: true }, Step::Add { account: 0, identity: (0, 0), address: None }, answer, Step::Pass { hours: 80 }, Step::SignUp { address: 2, finish: true }];
    for step in steps {
        world = World::apply(world, &step);
        product = Run::apply(product, &world, step);
        Run::check_invariants(&product, &world);
    }
}

#[test]
fn rb_17_the_model_and_the_database_agree_after_each_step_part_1() {
    walk(1);
}

#[test]
fn rb_17_the_model_and_the_database_agree_after_each_step_part_2() {
    walk(2);
}

#[test]
fn rb_17_the_model_and_the_database_agree_after_each_step_part_3() {
    walk(3);
}

#[test]
fn rb_17_the_model_and_the_database_agree_after_each_step_part_4() {
    walk(4);
}

/// Arrives by a provider with a subject; bounded, so that who waits for somebody else fails.
async fn arrives(ligature: &Ligature, provider: usize, subject: &str) -> Result<LoginOutcome, Error> {
    let held = Product::identity((provider, 0), None, false);
    let held = UpstreamIdentity { assertion: Assertion { subject: subject.into(), ..held.assertion.clone() }, ..held };
    let ctx = Product::ctx(None);
    let start = Product::start(ligature, &ctx, &held);
    tokio::time::timeout(Duration::from_secs(60), ligature.sign_in().complete_login(&ctx, held, start)).await.expect("nobody waits for an expression of somebody else")
}

async fn filters(ligature: &Ligature, filter: &str) {
    let document = Document::parse(&json!({"choices": {"claim_filter": filter}}).to_string()).unwrap();
    ligature.policy_admin().use_document("provider:trusted", document).await.unwrap();
}

/// One expression is held back; SQLite lets one write at a time, so whoever evaluated with the lock in hand would stop all.
/// Then the policy changes under it: what it gave is not believed, and the new one is asked.
#[test]
fn ex_02_others_sign_in_while_an_expression_runs_and_what_it_gave_counts_only_for_what_it_saw() {
    let product = Product::new();
    let ligature = product.ligature.clone();
    // Who is let in has a page or a session; who is not is refused.
    let signed_in = |result: &Result<LoginOutcome, Error>| matches!(result, Ok(LoginOutcome::SignedIn { .. } | LoginOutcome::Page { .. }));
    product.runtime.block_on(async {
        use crate::policy::expressions::gate;
        filters(&ligature, "provider.key == 'trusted'").await;
        assert!(signed_in(&arrives(&ligature, 0, "free").await), "the same way with nobody at the gate");
        gate::hold("slow");
        let waiting = ligature.clone();
        let slow = tokio::spawn(async move { arrives(&waiting, 0, "slow").await });
        tokio::task::spawn_blocking(gate::reached).await.unwrap();
        for n in 0..50 {
            assert!(signed_in(&arrives(&ligature, 1, &format!("other-{n}")).await), "{n}");
        }
        assert!(!slow.is_finished());
        gate::open();
        assert!(signed_in(&slow.await.unwrap()));

        gate::hold("late");
        let waiting = ligature.clone();
        let late = tokio::spawn(async move { arrives(&waiting, 0, "late").await });
        tokio::task::spawn_blocking(gate::reached).await.unwrap();
        filters(&ligature, "provider.key == 'another'").await;
        gate::open();
        assert!(matches!(late.await.unwrap(), Err(Error::Refused { .. })), "the filter of now keeps it out");
    });
}
