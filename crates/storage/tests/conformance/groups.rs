//! Groups: who is in which by whose word, and what becomes of that when accounts, identities and groups come and go.
use std::collections::BTreeSet;

use domain::{
    AccountId, GroupId, LinkId, ProviderId,
    groups::{Change, GroupRule, Source},
};
use ligature_storage::{
    Error, Store,
    accounts::{
        self,
        groups::{self, Group},
        links, merges,
    },
    policy::{config_version::find_config_version, providers},
};

use crate::{ORG, account, provider, store};

const STAFF: GroupId = GroupId([1; 16]);
const ADMINS: GroupId = GroupId([2; 16]);

async fn group(store: &Store, id: GroupId, key: &str) -> bool {
    let new = Group {
        id,
        key: key.into(),
        name: key.to_uppercase(),
        description: String::new(),
        created_at: 1,
    };
    let add = async move |store: &Store| {
        store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { groups::add_group(c, ORG, &new).await })
            })
            .await
    };
    add(store).await.unwrap()
}

async fn link(store: &Store, n: u8, account: AccountId, provider: ProviderId) -> LinkId {
    let id = LinkId([n; 16]);
    let new = links::NewLink {
        id,
        account,
        provider,
        namespace: "oidc:x".into(),
        subject: format!("s{n}"),
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
    id
}

/// An administrator puts somebody into a group; a row's id is made of both.
async fn put(store: &Store, account: AccountId, group: GroupId) -> bool {
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                groups::add_member(c, [account.0[0] * 16 + group.0[0]; 16], account, group, 5).await
            })
        })
        .await
        .unwrap()
}

/// A provider says what an identity is in.
async fn tell(
    store: &Store,
    account: AccountId,
    link: LinkId,
    add: &[GroupId],
    remove: &[GroupId],
) {
    let change = Change { add: add.to_vec(), remove: remove.to_vec() };
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                let rows: Vec<[u8; 16]> =
                    change.add.iter().map(|g| [200 + link.0[0] * 4 + g.0[0]; 16]).collect();
                groups::set_told(c, (account, link), &change, &rows, 6).await
            })
        })
        .await
        .unwrap();
}

/// What somebody is in: the group and whether it is an administrator's word.
async fn held(store: &Store, account: AccountId) -> Vec<(GroupId, bool)> {
    let mut c = store.read().await.unwrap();
    let all = groups::list_memberships(&mut c, account).await.unwrap();
    all.into_iter().map(|one| (one.group.id, one.source == Source::Local)).collect()
}

async fn counted(store: &Store, group: GroupId) -> i64 {
    let mut c = store.read().await.unwrap();
    groups::count_members(&mut c, ORG).await.unwrap().get(&group).copied().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_groups_key_is_one_in_its_organisation_whatever_its_case() {
    let (store, _dir) = store().await;
    assert!(group(&store, STAFF, "Staff").await);
    assert!(!group(&store, ADMINS, "staff").await);
    assert!(group(&store, ADMINS, "staff2").await);
    let mut c = store.read().await.unwrap();
    let found = groups::find_group(&mut c, ORG, "STAFF").await.unwrap().unwrap();
    assert_eq!((found.id, found.key.as_str(), found.name.as_str()), (STAFF, "Staff", "STAFF"));
    assert!(groups::find_group(&mut c, domain::OrgId([7; 16]), "staff").await.unwrap().is_none());
    assert_eq!(groups::list_groups(&mut c, ORG).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_counted_once_whoever_says_that_they_are_in_a_group() {
    let (store, _dir) = store().await;
    let (a, b, p) = (account(&store, 1).await, account(&store, 2).await, provider(&store).await);
    group(&store, STAFF, "staff").await;
    let (one, two) = (link(&store, 1, a, p).await, link(&store, 2, b, p).await);
    assert!(put(&store, a, STAFF).await && !put(&store, a, STAFF).await);
    tell(&store, a, one, &[STAFF], &[]).await;
    tell(&store, a, one, &[STAFF], &[]).await;
    tell(&store, b, two, &[STAFF], &[]).await;
    assert_eq!(counted(&store, STAFF).await, 2);
    assert_eq!(held(&store, a).await, [(STAFF, true), (STAFF, false)]);
    let mut c = store.read().await.unwrap();
    let page = groups::list_members(&mut c, STAFF, None, 10).await.unwrap();
    assert_eq!(
        page.iter().map(|m| (m.account, m.local, m.providers.as_slice())).collect::<Vec<_>>(),
        [(a, Some(5), &[p][..]), (b, None, &[p][..])]
    );
    let first = groups::list_members(&mut c, STAFF, None, 1).await.unwrap();
    let next = groups::list_members(&mut c, STAFF, Some(a), 1).await.unwrap();
    assert_eq!((first[0].account, next[0].account), (a, b));
    drop(c);
    // An administrator takes back what an administrator said.
    let taken = async |account| {
        store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { groups::remove_member(c, account, STAFF).await })
            })
            .await
            .unwrap()
    };
    assert_eq!((taken(a).await, taken(a).await, taken(b).await), (true, false, false));
    assert_eq!(held(&store, a).await, [(STAFF, false)]);
    tell(&store, a, one, &[], &[STAFF]).await;
    assert_eq!((held(&store, a).await.len(), counted(&store, STAFF).await), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_provider_said_counts_no_more_once_its_identity_is_released_and_again_once_it_is_back()
 {
    let (store, _dir) = store().await;
    let (a, p) = (account(&store, 1).await, provider(&store).await);
    group(&store, STAFF, "staff").await;
    let one = link(&store, 1, a, p).await;
    tell(&store, a, one, &[STAFF], &[]).await;
    assert_eq!(counted(&store, STAFF).await, 1);
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move { links::release_link(c, a, one, 9).await })
        })
        .await
        .unwrap();
    assert_eq!((held(&store, a).await.len(), counted(&store, STAFF).await), (0, 0));
    let mut c = store.read().await.unwrap();
    assert!(groups::list_members(&mut c, STAFF, None, 10).await.unwrap().is_empty());
    drop(c);
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move { links::restore_link(c, a, one).await })
        })
        .await
        .unwrap();
    assert_eq!(held(&store, a).await, [(STAFF, false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn memberships_go_with_their_account_their_identity_and_their_group_and_with_nothing_else() {
    let (store, _dir) = store().await;
    let (a, b, p) = (account(&store, 1).await, account(&store, 2).await, provider(&store).await);
    group(&store, STAFF, "staff").await;
    group(&store, ADMINS, "admins").await;
    let (one, two) = (link(&store, 1, a, p).await, link(&store, 2, b, p).await);
    for account in [a, b] {
        put(&store, account, STAFF).await;
    }
    tell(&store, a, one, &[ADMINS], &[]).await;
    tell(&store, b, two, &[STAFF, ADMINS], &[]).await;
    let rule = GroupRule { value: "ops".into(), prefix: true, group: ADMINS };
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                groups::set_mappings(c, ORG, p, &[rule]).await?;
                links::remove_links(c, b).await
            })
        })
        .await
        .unwrap();
    assert_eq!(held(&store, b).await, [(STAFF, true)], "with its identity");
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                groups::remove_group(c, ORG, ADMINS).await?;
                accounts::remove_account(c, b).await
            })
        })
        .await
        .unwrap();
    assert_eq!((held(&store, a).await, counted(&store, STAFF).await), (vec![(STAFF, true)], 1));
    let mut c = store.read().await.unwrap();
    assert!(groups::list_mappings(&mut c, ORG).await.unwrap().is_empty(), "with its group");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_a_provider_are_said_anew_and_a_deleted_provider_gives_nothing() {
    let (store, _dir) = store().await;
    let (a, p) = (account(&store, 1).await, provider(&store).await);
    group(&store, STAFF, "staff").await;
    group(&store, ADMINS, "admins").await;
    let one = link(&store, 1, a, p).await;
    tell(&store, a, one, &[STAFF, ADMINS], &[]).await;
    put(&store, a, ADMINS).await;
    let stamp = async || find_config_version(&mut store.read().await.unwrap(), ORG).await.unwrap();
    let before = stamp().await;
    let rule = |value: &str, group| GroupRule { value: value.into(), prefix: false, group };
    let (first, second) = ([rule("a", STAFF), rule("b", ADMINS)], [rule("a", STAFF)]);
    let kept = second.clone();
    let ended = store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                groups::set_mappings(c, ORG, p, &first).await?;
                groups::set_mappings(c, ORG, p, &second).await?;
                let elsewhere = domain::OrgId([7; 16]);
                let doubt = BTreeSet::from([ADMINS]);
                let foreign = groups::remove_told(c, elsewhere, p, &doubt).await?;
                Ok((foreign, groups::remove_told(c, ORG, p, &doubt).await?))
            })
        })
        .await
        .unwrap();
    assert_eq!(ended, (0, 1));
    assert_ne!(before, stamp().await, "what is cached is read anew");
    assert_eq!(held(&store, a).await, [(ADMINS, true), (STAFF, false)]);
    let all = groups::list_mappings(&mut store.read().await.unwrap(), ORG).await.unwrap();
    assert_eq!(all, kept.map(|rule| (p, rule)));
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move {
                links::remove_links(c, a).await?;
                let row = providers::find_provider(c, ORG, "p").await?.unwrap();
                providers::delete_provider(c, ORG, &row).await
            })
        })
        .await
        .unwrap();
    let mut c = store.read().await.unwrap();
    assert!(groups::list_mappings(&mut c, ORG).await.unwrap().is_empty());
}

/// Shows MG-01: what moved with a merge goes back with it, and what both had stays where it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_moves_memberships_and_taking_it_back_returns_them() {
    let (store, _dir) = store().await;
    let (a, b, p) = (account(&store, 1).await, account(&store, 2).await, provider(&store).await);
    group(&store, STAFF, "staff").await;
    group(&store, ADMINS, "admins").await;
    let two = link(&store, 2, b, p).await;
    put(&store, a, STAFF).await;
    put(&store, b, STAFF).await;
    put(&store, b, ADMINS).await;
    tell(&store, b, two, &[STAFF], &[]).await;
    let before = held(&store, b).await;
    let moved = store
        .write::<_, Error, _>(move |c| Box::pin(async move { merges::move_over(c, b, a).await }))
        .await
        .unwrap();
    assert_eq!(held(&store, a).await, [(ADMINS, true), (STAFF, true), (STAFF, false)]);
    assert_eq!(held(&store, b).await, [(STAFF, true)], "what both had stays behind");
    // A sign-in by the moved identity meanwhile.
    tell(&store, a, two, &[ADMINS], &[STAFF]).await;
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move { merges::move_back(c, a, b, &moved).await })
        })
        .await
        .unwrap();
    assert_eq!(held(&store, a).await, [(STAFF, true)]);
    assert_eq!(before, [(ADMINS, true), (STAFF, true), (STAFF, false)]);
    let after = held(&store, b).await;
    assert_eq!(after, [(ADMINS, true), (ADMINS, false), (STAFF, true)], "as it is now");
}
