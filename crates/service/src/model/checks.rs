//! What is looked at after each step.
use std::collections::{BTreeMap, BTreeSet};

use domain::linking::facts::AccountState;
use storage::accounts::{count_accounts, find_account, links::list_links, list_emails};

use crate::Error;

use super::{
    fixtures::{ADDRESSES, PROVIDERS},
    product::Product,
    session_acts::Identity,
    world::World,
};

impl Product {
    /// What the server does in the background.
    pub(super) async fn tidy(&self) {
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
    pub(super) async fn compare(&self, world: &World) {
        let mut conn = self.ligature.store.read().await.unwrap();
        let c = &mut conn;
        let all = usize::try_from(count_accounts(c, self.ligature.org).await.unwrap()).unwrap();
        assert_eq!(
            all,
            world.people.len() + world.pending.len() + 1,
            "accounts, with the delegate"
        );
        assert_eq!(self.accounts.len(), world.people.len(), "accounts with a session");
        for (n, (id, person)) in self.accounts.iter().zip(&world.people).enumerate() {
            let row = find_account(c, self.ligature.org, *id).await.unwrap().unwrap();
            assert_eq!(row.state() == AccountState::Disabled, person.disabled, "state of {n}");
            let links: BTreeSet<Identity> = list_links(c, *id)
                .await
                .unwrap()
                .iter()
                .map(|l| {
                    (
                        PROVIDERS.iter().position(|p| l.namespace.contains(p)).unwrap(),
                        l.subject[1..].parse().unwrap(),
                    )
                })
                .collect();
            assert_eq!(links, person.links, "links of {n}");
            assert_eq!(
                storage::accounts::find_password(c, *id).await.unwrap().is_some(),
                person.password,
                "password of {n}"
            );
            let of = |address: &str, proved: bool, owner: bool, primary: bool| {
                (address.to_owned(), (proved, owner, primary))
            };
            let mails: BTreeMap<_, _> = list_emails(c, *id)
                .await
                .unwrap()
                .iter()
                .map(|m| of(&m.canonical, m.is_proved(), m.owner, m.is_primary))
                .collect();
            let expected: BTreeMap<_, _> = person
                .mails
                .iter()
                .filter(|m| m.former.is_none())
                .map(|m| of(ADDRESSES[m.address], m.proved, m.owner, m.primary))
                .collect();
            assert_eq!(mails, expected, "addresses of {n}");
        }
        drop(conn);
        let found = self.ligature.maintenance().examine().await.unwrap();
        assert!(found.is_empty(), "{found:?}");
    }
}
