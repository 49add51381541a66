//! What a sign-in writes and reads.
use domain::{AccountId, DAY, LinkId, OrgId};
use ligature_storage::{
    Error, Key, Store,
    accounts::{self, NewEmail, links},
    maintenance::{
        audit::{AuditEvent, AuditFilter, list_audit_events},
        sealed::{Column, list_sealed, replace_sealed},
    },
    oauth::pending::{PendingRow, add_pending, change_pending, find_pending},
    policy::{
        config_version::find_config_version,
        providers::{Provider, find_provider, set_provider},
    },
    sign_in::{
        browsers, counters,
        sessions::{self, NewSession, WithSession},
    },
};

use crate::{ORG, account, email, provider, session, store};

fn event(n: u8) -> AuditEvent {
    AuditEvent {
        id: Key([n; 16]),
        at: 5,
        kind: "session.started".into(),
        account_id: None,
        actor: "person".into(),
        provider: String::new(),
        subject_hash: String::new(),
        code: String::new(),
        support_code: if n == 1 { "K7QF".into() } else { String::new() },
        detail: "{}".into(),
        actor_id: None,
        target_kind: "account".into(),
        target: String::new(),
        application: String::new(),
        network: String::new(),
        outcome: "done".into(),
        salt: None,
        withheld: None,
    }
}

fn limit() -> counters::Limit {
    counters::Limit { subject: vec![3], most: 9, window: DAY }
}

/// Opens a session with everything that can come with one.
async fn open(store: &Store, new: NewSession, n: u8) -> Result<(), Error> {
    store
        .write(move |c| {
            Box::pin(async move {
                let over = [limit()];
                let with =
                    WithSession { event: Some(event(n)), browser: Some(vec![n]), over: &over };
                sessions::add_session(c, ORG, &new, &with, 5).await
            })
        })
        .await
}

async fn count(store: &Store) {
    store
        .write::<_, Error, _>(|c| Box::pin(async move { limit().take(c, 4).await }))
        .await
        .unwrap();
}

/// Counted answers, events, and browsers of an account.
async fn written(store: &Store, account: AccountId) -> (i64, usize, usize) {
    let mut c = store.read().await.unwrap();
    let events = list_audit_events(&mut c, ORG, &AuditFilter::default(), 100).await.unwrap();
    (
        limit().count(&mut c, 5).await.unwrap(),
        events.len(),
        browsers::list_browsers(&mut c, account, 0).await.unwrap().len(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_its_event_its_browser_and_its_counts_are_written_together_or_not_at_all() {
    let (store, _dir) = store().await;
    let a = account(&store, 1).await;
    count(&store).await;
    assert_eq!(written(&store, a).await, (1, 0, 0));
    open(&store, session(a), 1).await.unwrap();
    assert_eq!(written(&store, a).await, (0, 1, 1));
    let by_code = AuditFilter { support_code: Some("K7QF".into()), ..AuditFilter::default() };
    let mut c = store.read().await.unwrap();
    assert_eq!(list_audit_events(&mut c, ORG, &by_code, 9).await.unwrap().len(), 1);
    drop(c);
    count(&store).await;
    // The same session again, and one of nobody: on every connection, and each is of use afterwards.
    for round in 0..20_u8 {
        let again = open(&store, session(a), 2 + round).await;
        assert!(matches!(again, Err(Error::Duplicate)), "{again:?}");
        let nobody =
            NewSession { hash: vec![2], public_id: "Q".into(), ..session(AccountId([9; 16])) };
        let refused = open(&store, nobody, 100 + round).await;
        assert!(matches!(refused, Err(Error::Changed)), "{refused:?}");
        assert_eq!(written(&store, a).await, (1, 1, 1), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_a_link_opened_end_with_it_and_those_it_confirmed_or_added_stay() {
    let (store, _dir) = store().await;
    let a = account(&store, 1).await;
    let link = LinkId([4; 16]);
    for (n, opened_by) in [(1, "sign_in"), (2, "confirm"), (3, "add"), (4, "sign_in")] {
        let new = NewSession {
            hash: vec![n],
            public_id: n.to_string(),
            link: Some(if n == 4 { LinkId([5; 16]) } else { link }),
            opened_by,
            sid: n.to_string(),
            ..session(a)
        };
        open(&store, new, n).await.unwrap();
    }
    let ended = store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move { sessions::end_sessions_by_link(c, a, link, "").await })
        })
        .await
        .unwrap();
    assert_eq!(ended, 1);
    let left = sessions::list_sessions(&mut store.read().await.unwrap(), a, 6, 0).await.unwrap();
    let mut left: Vec<String> = left.into_iter().map(|s| s.public_id).collect();
    left.sort();
    assert_eq!(left, ["2", "3", "4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_an_account_gave_up_is_none_that_it_has() {
    let (store, _dir) = store().await;
    let (a, p) = (account(&store, 1).await, provider(&store).await);
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                let new = links::NewLink {
                    id: LinkId([4; 16]),
                    account: a,
                    provider: p,
                    namespace: "n".into(),
                    subject: "s".into(),
                    claims: vec![0],
                    evidence: "{}".into(),
                    label: String::new(),
                };
                assert!(links::add_link(c, ORG, &new, 1).await?);
                accounts::add_email(c, ORG, a, &email("b@x.test"), [2; 16], 1).await?;
                let next = NewEmail { primary: false, ..email("a@x.test") };
                accounts::add_email(c, ORG, a, &next, [1; 16], 1).await?;
                accounts::set_primary_email(c, a, "a@x.test", Some(90)).await
            })
        })
        .await
        .unwrap();
    for (asked, has) in [("a@x.test", true), ("b@x.test", false), ("c@x.test", false), ("", false)]
    {
        let mut c = store.read().await.unwrap();
        let found = links::find_link(&mut c, ORG, "n", "s", asked).await.unwrap().unwrap();
        assert_eq!((found.link.account_id, found.has_address), (a, has), "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn op_06_a_secret_that_is_sealed_anew_is_read_anew() {
    let (store, _dir) = store().await;
    provider(&store).await;
    let row = find_provider(&mut store.read().await.unwrap(), ORG, "p").await.unwrap().unwrap();
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                set_provider(c, ORG, &Provider { secret: Some(b"old".to_vec()), ..row }).await
            })
        })
        .await
        .unwrap();
    let before = find_config_version(&mut store.read().await.unwrap(), ORG).await.unwrap();
    store
        .write::<_, Error, _>(|c| {
            Box::pin(async move {
                let all = list_sealed(c, Column::ProviderSecret, Key([0; 16]), 9).await?;
                assert_eq!(all.len(), 1);
                replace_sealed(c, Column::ProviderSecret, &all[0], b"fresh").await
            })
        })
        .await
        .unwrap();
    let mut c = store.read().await.unwrap();
    assert_ne!(find_config_version(&mut c, ORG).await.unwrap(), before);
    let row = find_provider(&mut c, ORG, "p").await.unwrap().unwrap();
    assert_eq!(row.secret.as_deref(), Some(b"fresh".as_slice()));
}

/// FR-34: what strangers can fill stays small, and their flood takes nobody else's way.
#[tokio::test(flavor = "multi_thread")]
async fn of_one_network_the_oldest_waiting_requests_go_and_other_networks_keep_theirs() {
    let (store, _dir) = store().await;
    let row = |n: u8, network: u8, at: i64| PendingRow {
        hash: vec![n; 32],
        organisation: ORG,
        network: vec![network; 32],
        sealed: format!("request {n}"),
        at,
        expires_at: 1_000,
    };
    let add = async |row: PendingRow| {
        store
            .write::<_, Error, _>(move |c| Box::pin(async move { add_pending(c, &row, 3).await }))
            .await
            .unwrap();
    };
    let found = async |n: u8, now: i64| {
        find_pending(&mut store.read().await.unwrap(), ORG, &[n; 32], now).await.unwrap()
    };
    add(row(1, 7, 10)).await;
    for n in 2..=6 {
        add(row(n, 8, i64::from(n) * 10)).await;
    }
    for (n, there) in [(1, true), (2, false), (3, false), (4, true), (5, true), (6, true)] {
        assert_eq!(found(n, 100).await.is_some(), there, "{n}");
    }
    assert_eq!(found(6, 1_000).await, None, "over");
    let other = find_pending(&mut store.read().await.unwrap(), OrgId([9; 16]), &[6; 32], 100).await;
    assert_eq!(other.unwrap(), None, "another organisation's");
    // What became of a request stands in its place as long as it waits, and nowhere afterwards.
    for (now, there) in [(100, true), (1_000, false)] {
        let changed = store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { change_pending(c, ORG, &[6; 32], "changed", now).await })
            })
            .await;
        assert_eq!(changed.unwrap(), there);
    }
    assert_eq!(found(6, 100).await.as_deref(), Some("changed"));
}
