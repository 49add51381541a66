//! The same rules on both databases: schemas that are twins, unique indexes that judge, counters that are atomic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may panic"
)]

#[path = "conformance/groups.rs"]
mod groups;
#[path = "conformance/sign_in.rs"]
mod sign_in;

use std::time::Duration;

use domain::{AccountId, LinkId, OrgId, ProviderId, linking::facts::AccountState};
use ligature_storage::{
    self as storage, Error, Store,
    accounts::{self, access, links},
    maintenance::{outbox, recovery::Recovery, setup},
    policy::{organisations, providers},
    sign_in::{attempts, browsers, counters, sessions},
};

const ORG: OrgId = OrgId([1; 16]);

async fn store() -> (Store, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let url = match std::env::var("LIGATURE_TEST_POSTGRES") {
        Ok(base) if std::env::var("LIGATURE_TEST_DB").as_deref() == Ok("postgres") => {
            let name = format!(
                "s_{}",
                dir.path()
                    .file_name()
                    .unwrap()
                    .to_string_lossy()
                    .to_lowercase()
                    .replace(['.', '-'], "x")
            );
            assert!(
                std::process::Command::new("psql")
                    .args([&base, "-qc", &format!("CREATE DATABASE {name}")])
                    .status()
                    .unwrap()
                    .success()
            );
            format!("{}/{name}", base.rsplit_once('/').unwrap().0)
        }
        _ => format!("sqlite://{}/s.db", dir.path().display()),
    };
    let store = Store::open(&url, 8, Duration::from_secs(5)).unwrap();
    assert!(!store.migrate().await.unwrap().is_empty());
    assert!(store.migrate().await.unwrap().is_empty(), "migrating again does nothing");
    store
        .write::<_, Error, _>(|c| {
            Box::pin(
                async move { organisations::add_organisation(c, ORG, "default", "O", "", 1).await },
            )
        })
        .await
        .unwrap();
    (store, dir)
}

async fn account(store: &Store, n: u8) -> AccountId {
    let id = AccountId([n; 16]);
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                accounts::add_account(
                    c,
                    ORG,
                    id,
                    AccountState::Active,
                    "N",
                    "en",
                    &format!("sub{n}"),
                    1,
                )
                .await
            })
        })
        .await
        .unwrap();
    id
}

fn session(account: AccountId) -> sessions::NewSession {
    sessions::NewSession {
        hash: vec![1],
        public_id: "P".into(),
        account,
        method: "m".into(),
        link: None,
        provider: None,
        auth_at: 1,
        expires_at: 100,
        agent: String::new(),
        network: String::new(),
        factor: String::new(),
        sid: "sid".into(),
        opened_by: "sign_in",
        provider_sid: None,
    }
}

async fn provider(store: &Store) -> ProviderId {
    let id = ProviderId([9; 16]);
    let row = providers::Provider {
        id,
        organisation_id: ORG,
        key: "p".into(),
        name: "P".into(),
        kind: "oidc".into(),
        namespace: "oidc:x".into(),
        config: "{}".into(),
        secret: None,
        secret_set_at: None,
        enabled: true,
        position: 0,
        rev: 1,
        shared: false,
    };
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move { providers::add_provider(c, ORG, &row, 1).await })
        })
        .await
        .unwrap();
    id
}

fn email(canonical: &str) -> accounts::NewEmail {
    accounts::NewEmail {
        address: domain::email_address::Canonical::parse(canonical).unwrap(),
        proof: storage::accounts::EmailProof::Code,
        owner: true,
        primary: true,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn go_05_an_identity_has_one_account_and_the_second_insert_counts_nothing() {
    let (store, _dir) = store().await;
    let (a, b, p) = (account(&store, 1).await, account(&store, 2).await, provider(&store).await);
    let new = |id: u8, account| links::NewLink {
        id: LinkId([id; 16]),
        account,
        provider: p,
        namespace: "oidc:x".into(),
        subject: "S".into(),
        claims: vec![],
        evidence: "{}".into(),
        label: String::new(),
    };
    let (one, two, other_case) =
        (new(1, a), new(2, b), links::NewLink { subject: "s".into(), ..new(3, b) });
    let added = store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                Ok((
                    links::add_link(c, ORG, &one, 1).await?,
                    links::add_link(c, ORG, &two, 1).await?,
                    links::add_link(c, ORG, &other_case, 1).await?,
                ))
            })
        })
        .await
        .unwrap();
    assert_eq!(added, (true, false, true), "subjects are compared byte by byte");
    let again = new(4, b);
    let freed = store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                Ok((
                    links::release_link(c, a, LinkId([1; 16]), 2).await?,
                    links::add_link(c, ORG, &again, 3).await?,
                ))
            })
        })
        .await
        .unwrap();
    assert_eq!(freed, (true, true), "a released identity is free");
}

/// Shows UD-04: an identity that was removed can be put back, one that its owner barred by nothing.
#[tokio::test(flavor = "multi_thread")]
async fn ud_04_the_row_of_a_barred_identity_is_put_back_by_nothing() {
    let (store, _dir) = store().await;
    let (a, p) = (account(&store, 1).await, provider(&store).await);
    let new = links::NewLink {
        id: LinkId([1; 16]),
        account: a,
        provider: p,
        namespace: "oidc:x".into(),
        subject: "S".into(),
        claims: vec![],
        evidence: "{}".into(),
        label: String::new(),
    };
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move { links::add_link(c, ORG, &new, 1).await })
        })
        .await
        .unwrap();
    let put_back = async |barred: bool| {
        store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    let id = LinkId([1; 16]);
                    links::release_link(c, a, id, 2).await?;
                    if barred {
                        links::bar_link(c, a, id).await?;
                    }
                    access::restore_way(
                        c,
                        ORG,
                        a,
                        &access::AccessRow::Link { id },
                        true,
                        [2; 16],
                        3,
                    )
                    .await?;
                    Ok(links::list_links(c, a).await?.len())
                })
            })
            .await
            .unwrap()
    };
    assert_eq!((put_back(false).await, put_back(true).await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn em_06_an_address_has_one_owner_and_any_number_of_co_holders() {
    let (store, _dir) = store().await;
    let (a, b) = (account(&store, 1).await, account(&store, 2).await);
    let owned = store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                Ok((
                    accounts::add_email(c, ORG, a, &email("v@ex.test"), [1; 16], 1).await?,
                    accounts::add_email(c, ORG, b, &email("v@ex.test"), [2; 16], 1).await?,
                ))
            })
        })
        .await
        .unwrap();
    assert_eq!(owned, (true, false));
    let mut c = store.read().await.unwrap();
    assert_eq!(accounts::find_owner(&mut c, ORG, "v@ex.test").await.unwrap(), Some(a));
    assert_eq!(accounts::list_holders(&mut c, ORG, "v@ex.test").await.unwrap().len(), 2);
    drop(c);
    let taken = store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move { accounts::own_email(c, b, "v@ex.test").await })
        })
        .await;
    assert!(matches!(taken, Err(Error::Duplicate)), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_an_account_at_once_the_slower_one_starts_over() {
    let (store, _dir) = store().await;
    let a = account(&store, 1).await;
    let bump = |rev| {
        store.write::<_, Error, _>(move |c| {
            Box::pin(async move { accounts::bump_rev(c, a, rev).await })
        })
    };
    assert!(bump(1).await.is_ok());
    assert!(matches!(bump(1).await, Err(Error::Changed)));
    assert!(bump(2).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn d8_fifty_answers_at_once_get_three_tries() {
    let (store, _dir) = store().await;
    let row = attempts::Attempt {
        hash: vec![1],
        browser: vec![2],
        kind: "sign_in".into(),
        state: "{}".into(),
        rev: 1,
        assertion: Some(vec![3]),
        identity: Some(vec![4]),
        continuation: "{}".into(),
        support_code: String::new(),
        flash: String::new(),
        tries_left: 3,
        created_at: 1,
        expires_at: 9,
        provider_sid: None,
    };
    let add = row.clone();
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move { attempts::add_attempt(c, ORG, &add, &[]).await })
        })
        .await
        .unwrap();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .write::<_, Error, _>(|c| {
                        Box::pin(async move { attempts::take_try(c, &[1]).await })
                    })
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut taken = 0;
    for task in tasks {
        taken += usize::from(task.await.unwrap().is_some());
    }
    assert_eq!(taken, 3);
    let moved = |row: attempts::Attempt| {
        store.write::<_, Error, _>(move |c| {
            Box::pin(async move { attempts::set_attempt_state(c, &row, "{}", "", true, &[]).await })
        })
    };
    assert!(moved(row.clone()).await.unwrap());
    assert!(!moved(row).await.unwrap(), "an attempt moves on once");
    let mut c = store.read().await.unwrap();
    assert_eq!(
        attempts::find_attempt(&mut c, ORG, &[1], &[2]).await.unwrap().unwrap().assertion,
        None,
        "wiped"
    );
    assert!(
        attempts::find_attempt(&mut c, ORG, &[1], &[3]).await.unwrap().is_none(),
        "another browser finds nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn states_challenges_and_setup_tokens_are_spent_once() {
    let (store, _dir) = store().await;
    let twice = store
        .write::<_, Error, _>(|c| {
            Box::pin(async move {
                attempts::add_challenge(
                    c,
                    &attempts::NewChallenge {
                        id: [1; 16],
                        attempt: vec![1],
                        kind: "k".into(),
                        account: None,
                        mac: vec![],
                        sent_to: String::new(),
                        expires_at: 9,
                    },
                    1,
                )
                .await?;
                attempts::add_challenge(
                    c,
                    &attempts::NewChallenge {
                        id: [2; 16],
                        attempt: vec![1],
                        kind: "k".into(),
                        account: None,
                        mac: vec![],
                        sent_to: String::new(),
                        expires_at: 9,
                    },
                    2,
                )
                .await?;
                let open = attempts::find_challenge(c, &[1]).await?.unwrap();
                setup::set_setup_token(c, ORG, &[7], 100).await?;
                Ok([
                    attempts::consume_state(c, &[1], 9).await?,
                    attempts::consume_state(c, &[1], 9).await?,
                    open.id == storage::Key([2; 16]),
                    attempts::consume_challenge_row(c, open.id).await?,
                    attempts::consume_challenge_row(c, open.id).await?,
                    setup::take_setup_token(c, ORG, &[7], 101).await?,
                    setup::take_setup_token(c, ORG, &[7], 99).await?,
                    setup::take_setup_token(c, ORG, &[7], 99).await?,
                ])
            })
        })
        .await
        .unwrap();
    assert_eq!(twice, [true, false, true, true, false, false, true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_add_up_over_connections_and_begin_anew_after_their_window() {
    let (store, _dir) = store().await;
    let limit = |most| counters::Limit { subject: vec![1], most, window: 100 };
    let up = |now, most| {
        store.write::<_, Error, _>(move |c| Box::pin(async move { limit(most).take(c, now).await }))
    };
    let all = [
        up(1, 9).await.unwrap(),
        up(2, 9).await.unwrap(),
        up(3, 2).await.unwrap(),
        up(100, 9).await.unwrap(),
        up(101, 9).await.unwrap(),
        up(102, 0).await.unwrap(),
    ];
    assert_eq!(
        all,
        [Some(1), Some(2), None, Some(3), Some(1), None],
        "what is refused does not count"
    );
    let left = |c: counters::Limit| {
        store.write::<_, Error, _>(move |conn| {
            Box::pin(async move {
                c.give_back(conn).await?;
                c.give_back(conn).await?;
                c.count(conn, 102).await
            })
        })
    };
    assert_eq!(left(limit(9)).await.unwrap(), 0, "never below nothing");
}

/// Shows LO-01, RL-01: however many ask at once, over however many connections.
#[tokio::test(flavor = "multi_thread")]
async fn lo_01_of_forty_tries_at_once_exactly_as_many_are_counted_as_the_limit_lets() {
    let (store, _dir) = store().await;
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .write::<_, Error, _>(|c| {
                        Box::pin(async move {
                            counters::Limit { subject: vec![1], most: 10, window: 100 }
                                .take(c, 1)
                                .await
                        })
                    })
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut counted = Vec::new();
    for task in tasks {
        counted.extend(task.await.unwrap());
    }
    counted.sort_unstable();
    assert_eq!(counted, (1..=10).collect::<Vec<i64>>());
}

/// Shows LO-01, GD-03: a browser is known to one account, for its time, and goes with the account.
#[tokio::test(flavor = "multi_thread")]
async fn lo_01_a_browser_is_known_to_one_account_until_it_is_forgotten_too_old_or_the_account_gone()
{
    let (store, _dir) = store().await;
    let (a, b) = (account(&store, 1).await, account(&store, 2).await);
    let found = |id, since| {
        let store = store.clone();
        async move {
            browsers::find_browser(&mut store.read().await.unwrap(), id, &[7], since).await.unwrap()
        }
    };
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                browsers::set_browser(c, a, &[7], 5).await?;
                browsers::set_browser(c, a, &[7], 9).await?;
                browsers::set_browser(c, b, &[8], 9).await
            })
        })
        .await
        .unwrap();
    assert_eq!((found(a, 8).await, found(a, 9).await, found(b, 0).await), (Some(9), None, None));
    let tidied = |now| {
        store.write::<_, Error, _>(move |c| {
            Box::pin(async move { storage::maintenance::tidy::tidy(c, now).await })
        })
    };
    tidied(9 + domain::limits::KNOWN_FOR).await.unwrap();
    assert_eq!(found(a, 0).await, Some(9));
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move { browsers::forget_browsers(c, a).await })
        })
        .await
        .unwrap();
    assert_eq!(found(a, 0).await, None);
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move { browsers::set_browser(c, a, &[7], 9).await })
        })
        .await
        .unwrap();
    tidied(10 + domain::limits::KNOWN_FOR).await.unwrap();
    assert_eq!(found(a, 0).await, None, "ninety days");
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                browsers::set_browser(c, a, &[7], 9).await?;
                accounts::remove_account(c, a).await
            })
        })
        .await
        .unwrap();
    assert_eq!(found(a, 0).await, None, "it goes with the account");
}

/// Shows PH-11: a thousand sign-ups that nobody finishes are in nobody's way, and gone after a day.
#[tokio::test(flavor = "multi_thread")]
async fn ph_11_a_thousand_pending_sign_ups_keep_nobody_out_and_are_gone_after_a_day() {
    let (store, _dir) = store().await;
    let v = account(&store, 1).await;
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                for n in 0..1000_u16 {
                    let mut id = [3; 16];
                    id[..2].copy_from_slice(&n.to_be_bytes());
                    // One in two is for the very address that the owner wants.
                    let address =
                        if n % 2 == 0 { "v@ex.test".to_owned() } else { format!("v{n}@ex.test") };
                    accounts::add_account(
                        c,
                        ORG,
                        AccountId(id),
                        AccountState::Pending,
                        "v@ex.test",
                        "en",
                        &format!("p{n}"),
                        10,
                    )
                    .await?;
                    let unproved = accounts::NewEmail {
                        address: domain::email_address::Canonical::parse(&address).unwrap(),
                        proof: storage::accounts::EmailProof::None,
                        owner: false,
                        primary: true,
                    };
                    accounts::add_email(c, ORG, AccountId(id), &unproved, id, 10).await?;
                }
                accounts::add_email(c, ORG, v, &email("v@ex.test"), [4; 16], 11).await
            })
        })
        .await
        .unwrap();
    let count =
        || async { accounts::count_accounts(&mut store.read().await.unwrap(), ORG).await.unwrap() };
    let owner = || async {
        accounts::find_owner(&mut store.read().await.unwrap(), ORG, "v@ex.test").await.unwrap()
    };
    assert_eq!((count().await, owner().await), (1001, Some(v)), "none of them is in the way");
    let tidied = |now| {
        store.write::<_, Error, _>(move |c| {
            Box::pin(async move { storage::maintenance::tidy::tidy(c, now).await })
        })
    };
    tidied(10 + domain::DAY).await.unwrap();
    assert_eq!(count().await, 1001, "not a moment early");
    tidied(11 + domain::DAY).await.unwrap();
    assert_eq!((count().await, owner().await), (1, Some(v)), "and nobody else");
}

/// Whoever is just being linked keeps the provider: the deletion gives way, as if somebody else had been faster.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_by_which_somebody_is_linked_is_not_deleted() {
    let (store, _dir) = store().await;
    let (account, provider) = (account(&store, 1).await, provider(&store).await);
    let identity = links::NewLink {
        id: LinkId([1; 16]),
        account,
        provider,
        namespace: "oidc:x".into(),
        subject: "S".into(),
        claims: vec![],
        evidence: "{}".into(),
        label: String::new(),
    };
    let delete = async || {
        store
            .write::<_, Error, _>(|c| {
                Box::pin(async move {
                    let row = providers::find_provider(c, ORG, "p").await?.unwrap();
                    providers::delete_provider(c, ORG, &row).await
                })
            })
            .await
    };
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move { links::add_link(c, ORG, &identity, 1).await })
        })
        .await
        .unwrap();
    assert!(matches!(delete().await, Err(Error::Changed)));
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move { links::release_link(c, account, LinkId([1; 16]), 2).await })
        })
        .await
        .unwrap();
    assert!(matches!(delete().await, Err(Error::Changed)), "it can still be taken back");
    let c = &mut store.read().await.unwrap();
    assert_eq!(links::count_every_link(c, provider).await.unwrap(), 1);
    assert!(providers::find_provider(c, ORG, "p").await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_what_is_known_of_them_and_listed_page_by_page() {
    let (store, _dir) = store().await;
    let provider = provider(&store).await;
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                for n in 1..=7_u8 {
                    let id = AccountId([n; 16]);
                    let name = if n == 3 { "Örsted Anna" } else { "Bea" };
                    let sub = format!("s{n}");
                    accounts::add_account(c, ORG, id, AccountState::Active, name, "en", &sub, 1)
                        .await?;
                    let domain = if n % 2 == 0 { "even.test" } else { "odd.test" };
                    let address = email(&format!("p{n}@{domain}"));
                    accounts::add_email(c, ORG, id, &address, [n; 16], 1).await?;
                }
                let identity = links::NewLink {
                    id: LinkId([1; 16]),
                    account: AccountId([5; 16]),
                    provider,
                    namespace: "oidc:x".into(),
                    subject: "Sub-5".into(),
                    claims: vec![],
                    evidence: "{}".into(),
                    label: String::new(),
                };
                links::add_link(c, ORG, &identity, 1).await
            })
        })
        .await
        .unwrap();
    let find = async |text: &str, after: Option<u8>, limit: i64| {
        let search = accounts::search::Search {
            text: text.to_lowercase(),
            exact: text.to_owned(),
            after: after.map(|n| AccountId([n; 16])),
            limit,
        };
        let c = &mut store.read().await.unwrap();
        let found = accounts::search::search_accounts(c, ORG, &search).await.unwrap();
        found.into_iter().map(|account| account.id.0[0]).collect::<Vec<_>>()
    };
    // Everybody, the newest first, page by page.
    assert_eq!(find("", None, 3).await, [7, 6, 5]);
    assert_eq!(find("", Some(5), 3).await, [4, 3, 2]);
    assert_eq!(find("", Some(2), 3).await, [1]);
    // A domain, also page by page; the start of an address; all of one.
    assert_eq!(find("@even.test", None, 9).await, [6, 4, 2]);
    assert_eq!(find("@even.test", Some(4), 9).await, [2]);
    assert_eq!(find("@ven.test", None, 9).await, [0; 0]);
    assert_eq!(find("p4", None, 9).await, [4]);
    assert_eq!(find("P4@even.test", None, 9).await, [4]);
    // A part of a name in any case, an id, and a subject in its own letters only.
    assert_eq!(find("anna", None, 9).await, [3]);
    assert_eq!(find("Örs", None, 9).await, [3]);
    assert_eq!(find(&AccountId([6; 16]).to_string(), None, 9).await, [6]);
    assert_eq!(find("Sub-5", None, 9).await, [5]);
    assert_eq!(find("sub-5", None, 9).await, [0; 0]);
    // What has a meaning in a pattern has none here.
    assert_eq!(find("%", None, 9).await.len() + find("@%", None, 9).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_claimed_by_one_worker_at_a_time() {
    let (store, _dir) = store().await;
    store
        .write::<_, Error, _>(|c| {
            Box::pin(async move { outbox::add_mail(c, ORG, [1; 16], "k", &[1], 1, 1000).await })
        })
        .await
        .unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .write::<_, Error, _>(|c| {
                        Box::pin(async move { outbox::claim_mail(c, false, 5, 500).await })
                    })
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut claimed = 0;
    for task in tasks {
        claimed += usize::from(task.await.unwrap().is_some());
    }
    assert_eq!(claimed, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_or_panics_in_a_transaction_leaves_nothing_and_the_pool_works_on() {
    let (store, _dir) = store().await;
    for panics in [false, true] {
        let result = store
            .write::<(), Error, _>(move |c| {
                Box::pin(async move {
                    accounts::add_account(
                        c,
                        ORG,
                        AccountId([5; 16]),
                        AccountState::Active,
                        "N",
                        "en",
                        "sub",
                        1,
                    )
                    .await?;
                    assert!(!panics, "on purpose");
                    Err(Error::Changed)
                })
            })
            .await;
        assert!(result.is_err());
    }
    assert_eq!(accounts::count_accounts(&mut store.read().await.unwrap(), ORG).await.unwrap(), 0);
    account(&store, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d5_a_session_of_an_account_that_is_not_active_is_not_found() {
    let (store, _dir) = store().await;
    let a = account(&store, 1).await;
    let new = session(a);
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                sessions::add_session(c, ORG, &new, &sessions::WithSession::default(), 1).await
            })
        })
        .await
        .unwrap();
    let found = || async {
        sessions::find_session(&mut store.read().await.unwrap(), ORG, &[1], 50, 0)
            .await
            .unwrap()
            .is_some()
    };
    assert!(found().await);
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(
                async move { accounts::set_account_state(c, ORG, a, AccountState::Disabled).await },
            )
        })
        .await
        .unwrap();
    assert!(!found().await);
    assert!(
        sessions::find_session(&mut store.read().await.unwrap(), OrgId([2; 16]), &[1], 50, 0)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rb_12_a_backup_taken_while_people_write_is_whole() {
    let (store, dir) = store().await;
    if store.is_postgres() {
        assert!(store.backup_to("x".as_ref(), 7).await.is_err(), "PostgreSQL has its own tools");
        return;
    }
    let writers = tokio::spawn({
        let store = store.clone();
        async move {
            for n in 1..60 {
                account(&store, n).await;
            }
        }
    });
    let file = dir.path().join("copy.db");
    store.backup_to(&file, 7).await.unwrap();
    writers.await.unwrap();
    assert!(store.backup_to(&file, 7).await.is_err(), "an existing file is not overwritten");
    let copy =
        Store::open(&format!("sqlite://{}", file.display()), 1, Duration::from_secs(1)).unwrap();
    assert!(copy.migrate().await.unwrap().is_empty());
    let n = accounts::count_accounts(&mut copy.read().await.unwrap(), ORG).await.unwrap();
    let subjects = storage::maintenance::doctor::count_text(
        &mut copy.read().await.unwrap(),
        "account_subject",
        "sub",
        "sub",
    )
    .await
    .unwrap();
    assert_eq!(n, subjects, "an account never stands without its subject");
}

/// Shows RB-18: each table's rows stay or go in a recovered database, and somebody decided which.
#[test]
fn rb_18_the_fate_of_every_table_in_a_restored_copy_is_decided() {
    let schema =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/schema.rs")).unwrap();
    let mut tables: Vec<&str> =
        schema.split("table! {").skip(1).map(|t| t.split('(').next().unwrap().trim()).collect();
    tables.sort_unstable();
    assert_eq!(
        storage::maintenance::recovery::tables(),
        tables,
        "say in FATES of instance.rs what becomes of a new table"
    );
}

/// Shows RB-18 on both databases: once, whoever looks first.
#[tokio::test(flavor = "multi_thread")]
async fn rb_18_a_copy_is_known_as_one_until_what_it_revives_is_void() {
    let (store, dir) = store().await;
    let clock = || -> storage::maintenance::recovery::Clock { std::sync::Arc::new(|| 1_000_000) };
    assert_eq!(store.settle(clock(), false).await.unwrap(), None);
    let a = account(&store, 1).await;
    let new = session(a);
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                sessions::add_session(c, ORG, &new, &sessions::WithSession::default(), 1).await
            })
        })
        .await
        .unwrap();
    let alive = async |store: &Store| {
        sessions::find_session(&mut store.read().await.unwrap(), ORG, &[1], 50, 0)
            .await
            .unwrap()
            .is_some()
    };
    assert!(alive(&store).await);
    assert_eq!(
        (store.unsettled().await.unwrap(), store.settle(clock(), false).await.unwrap()),
        (None, None),
        "a restart is no restore"
    );
    assert!(alive(&store).await);
    for synchronous in [true, false] {
        store.recover(Recovery::Promoted { synchronous }, 5, "cli").await.unwrap();
        assert_eq!(alive(&store).await, synchronous);
    }
    if store.is_postgres() {
        return;
    }
    let new = session(a);
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                sessions::add_session(c, ORG, &new, &sessions::WithSession::default(), 1).await
            })
        })
        .await
        .unwrap();
    let file = dir.path().join("copy.db");
    store.backup_to(&file, 7).await.unwrap();
    let twice = dir.path().join("twice.db");
    let open = |file: &std::path::Path| {
        Store::open(&format!("sqlite://{}", file.display()), 2, Duration::from_secs(5)).unwrap()
    };
    open(&file).backup_to(&twice, 9).await.unwrap();
    assert_eq!(store.unsettled().await.unwrap(), None, "the original is no copy");
    for file in [file, twice] {
        let copy = open(&file);
        let restored = Some(Recovery::Restored { taken_at: Some(7) });
        assert!(alive(&copy).await);
        assert_eq!(
            (copy.unsettled().await.unwrap(), copy.unsettled().await.unwrap()),
            (restored, restored),
            "looking changes nothing"
        );
        assert_eq!(copy.settle(clock(), true).await.unwrap(), restored);
        assert!(!alive(&copy).await);
        assert_eq!(
            (copy.unsettled().await.unwrap(), copy.settle(clock(), true).await.unwrap()),
            (None, None),
            "once"
        );
        let loss = storage::maintenance::instance::find_loss(&mut copy.read().await.unwrap())
            .await
            .unwrap();
        assert_eq!(loss, Some((1_000_000, Some(7))));
    }
    assert!(alive(&store).await);
}

#[test]
fn migrations_of_both_databases_are_twins() {
    // Every migration, in order.
    let read = |kind: &str| {
        let folder = format!("{}/../../migrations/{kind}", env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        names.sort();
        // A trigger is written differently on each; what it does has a test on both.
        names.retain(|n| !n.ends_with("0008_session_end"));
        // Nor is a change of a document's text.
        let same = |line: &&str| !line.starts_with("UPDATE application SET settings");
        names
            .iter()
            .map(|n| {
                std::fs::read_to_string(n.join("up.sql"))
                    .unwrap()
                    .lines()
                    .filter(same)
                    .map(|l| format!("{l}\n"))
                    .collect::<String>()
            })
            .collect::<String>()
    };
    let (lite, pg) = (read("sqlite"), read("postgres"));
    // How SQLite keeps a table is its own matter.
    assert_eq!(
        lite.replace("BLOB", "BYTEA").replace(") WITHOUT ROWID;", ");"),
        pg.replace(" COLLATE \"C\"", "")
    );
    let schema =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/schema.rs")).unwrap();
    assert_eq!(
        lite.matches("CREATE TABLE").count() - lite.matches("DROP TABLE").count(),
        schema.matches("table! {").count()
    );
}

/// A database file that the first landing's own binary wrote (its keys and passwords were taken out afterwards).
#[tokio::test(flavor = "multi_thread")]
async fn the_database_of_the_first_landing_is_upgraded_and_its_policies_and_attempts_still_read() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("first.db");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/landings/first.sqlite"), &file)
        .unwrap();
    let store =
        Store::open(&format!("sqlite://{}", file.display()), 2, Duration::from_secs(5)).unwrap();
    assert!(!store.migrate().await.unwrap().is_empty(), "something was missing");
    let mut conn = store.read().await.unwrap();
    let org = organisations::find_organisation(&mut conn, "default").await.unwrap().unwrap();
    let owner = accounts::find_owner(&mut conn, org, "owner@example.test").await.unwrap().unwrap();
    assert!(
        storage::accounts::attributes::list_attributes(&mut conn, owner).await.unwrap().is_empty()
    );
    let live = storage::policy::documents::list_live_policies(&mut conn, org).await.unwrap();
    assert_eq!(live.len(), 3);
    for row in live {
        let document = domain::policy::Document::parse(&row.document).unwrap();
        assert!(
            document
                .choices
                .rules
                .iter()
                .flatten()
                .all(|r| r.entered_by_user || r.on_claimed_address()),
            "{}",
            row.scope
        );
    }
    let attempt = attempts::find_attempt(&mut conn, org, &[1], &[2]).await.unwrap().unwrap();
    let state: domain::attempt::State = serde_json::from_str(&attempt.state).unwrap();
    assert!(state.choice().is_some() && !state.proven());
}

/// Shows ID-15: a link whose account is gone opens nothing and falls back to nothing.
#[tokio::test(flavor = "multi_thread")]
async fn id_15_an_orphaned_identity_is_known_disabled_and_found_by_doctor() {
    let (store, _dir) = store().await;
    if store.is_postgres() {
        return; // The foreign key cannot be switched off there without a superuser.
    }
    let (a, p) = (account(&store, 1).await, provider(&store).await);
    let new = links::NewLink {
        id: LinkId([3; 16]),
        account: a,
        provider: p,
        namespace: "n".into(),
        subject: "s".into(),
        claims: vec![1],
        evidence: "{}".into(),
        label: String::new(),
    };
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move { links::add_link(c, ORG, &new, 1).await })
        })
        .await
        .unwrap();
    storage::maintenance::doctor::lose_account(&store, a).await.unwrap();
    let links::LinkedIdentity { link, state, .. } =
        links::find_link(&mut store.read().await.unwrap(), ORG, "n", "s", "")
            .await
            .unwrap()
            .expect("still known");
    assert_eq!((link.account_id, state), (a, AccountState::Disabled));
    let found =
        storage::maintenance::doctor::examine(&mut store.read().await.unwrap(), 10).await.unwrap();
    assert!(found.iter().any(|f| f.id == "orphans"), "{found:?}");
}

/// EM-01: what the database takes for equal is exactly what is equal byte by byte.
#[tokio::test(flavor = "multi_thread")]
async fn em_01_the_database_compares_addresses_byte_by_byte() {
    let (store, _dir) = store().await;
    let parts = [
        "a", "A", "\u{e4}", "a\u{308}", "\u{430}", "\u{df}", "ss", "\u{131}", "i", "\u{17f}", "s",
        "k", "\u{212a}", "a.b", "a+b", "ab", "\u{1c6}", "d\u{17e}",
    ];
    let all: std::collections::BTreeSet<String> = parts
        .iter()
        .flat_map(|x| parts.iter().map(move |y| format!("{x}{y}@ex.test")))
        .filter_map(|typed| domain::email_address::Canonical::parse(&typed).ok())
        .map(|c| c.as_str().to_owned())
        .collect();
    assert!(all.len() > 150, "{}", all.len());
    let id = account(&store, 1).await;
    let rows: Vec<String> = all.iter().cloned().collect();
    let writing = rows.clone();
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                for (n, canonical) in writing.iter().enumerate() {
                    let mut row = [7_u8; 16];
                    row[..8].copy_from_slice(&u64::try_from(n).unwrap().to_be_bytes());
                    accounts::add_email(c, ORG, id, &email(canonical), row, 1).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    let mut conn = store.read().await.unwrap();
    for canonical in &rows {
        assert_eq!(
            storage::accounts::snapshots::list_holders(&mut conn, ORG, canonical)
                .await
                .unwrap()
                .len(),
            1,
            "{canonical:?}"
        );
    }
}

/// Of two conditions, one may fit any number of accounts: the other one still finds the right one.
#[tokio::test(flavor = "multi_thread")]
async fn gv_13_conditions_are_joined_by_the_database_however_many_accounts_fit_one() {
    use domain::{linking::Condition, policy::ProfileAttribute};
    let (store, _dir) = store().await;
    for n in 1..=60 {
        let id = account(&store, n).await;
        store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    storage::accounts::attributes::set_attribute(
                        c,
                        ORG,
                        id,
                        "attr.team",
                        "Sales",
                        "sales",
                        "admin",
                        1,
                    )
                    .await?;
                    storage::accounts::attributes::set_attribute(
                        c,
                        ORG,
                        id,
                        "attr.no",
                        &format!("N{n}"),
                        &format!("n{n}"),
                        "admin",
                        1,
                    )
                    .await
                })
            })
            .await
            .unwrap();
    }
    let own = |name: &str, folded: &str, exact| Condition {
        attribute: ProfileAttribute::Own(name.into()),
        folded: folded.into(),
        exact,
    };
    let mut conn = store.read().await.unwrap();
    for number in [1, 30, 60] {
        let found = storage::accounts::attributes::list_matching(
            &mut conn,
            ORG,
            &[own("team", "sales", false), own("no", &format!("n{number}"), false)],
        )
        .await
        .unwrap();
        assert_eq!(found, [AccountId([number; 16])]);
    }
    assert_eq!(
        storage::accounts::attributes::list_matching(
            &mut conn,
            ORG,
            &[own("team", "sales", false)]
        )
        .await
        .unwrap()
        .len(),
        20
    );
    assert_eq!(
        storage::accounts::attributes::list_matching(&mut conn, ORG, &[own("no", "N7", true)])
            .await
            .unwrap(),
        [AccountId([7; 16])]
    );
    assert!(
        storage::accounts::attributes::list_matching(&mut conn, ORG, &[own("no", "n7", true)])
            .await
            .unwrap()
            .is_empty()
    );
    let other = Condition {
        attribute: ProfileAttribute::Email,
        folded: "nobody@ex.test".into(),
        exact: false,
    };
    assert!(
        storage::accounts::attributes::list_matching(
            &mut conn,
            ORG,
            &[own("team", "sales", false), other]
        )
        .await
        .unwrap()
        .is_empty()
    );
}

/// The look-ups of the match rules use their indexes on both databases.
#[tokio::test(flavor = "multi_thread")]
async fn candidates_are_looked_up_by_index_and_never_by_scan() {
    let (store, _dir) = store().await;
    for (what, sql) in [
        (
            "account_email_find",
            "SELECT account_id FROM account_email WHERE organisation_id = $org AND canonical IN ('a@ex.test') AND former_until IS NULL",
        ),
        (
            "account_attribute_find",
            "SELECT account_id, value FROM account_attribute WHERE organisation_id = $org AND name = 'attr.staff' AND folded = 'a7' LIMIT 20",
        ),
        (
            "account_attribute_find",
            "SELECT id FROM account WHERE organisation_id = $org AND id IN (SELECT account_id FROM account_attribute WHERE organisation_id = $org AND name = 'attr.team' AND folded = 'a') AND id IN (SELECT account_id FROM account_email WHERE organisation_id = $org AND canonical = 'a@ex.test' AND former_until IS NULL) LIMIT 20",
        ),
        (
            "link_identity",
            "SELECT account_id FROM link WHERE organisation_id = $org AND namespace = 'n' AND subject = 's' AND active",
        ),
    ] {
        let plan = storage::maintenance::doctor::plan(&mut store.read().await.unwrap(), sql)
            .await
            .unwrap();
        assert!(plan.contains(what) && !plan.to_lowercase().contains("seq scan"), "{what}: {plan}");
    }
}
