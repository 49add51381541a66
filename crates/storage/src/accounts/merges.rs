//! Two accounts that became one: rows move to the account that stays, and can move back. What it has already stays
//! behind with the other account, which keeps its id and opens nothing.
use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, Micros, OrgId, linking::facts::AccountState};
use serde::{Deserialize, Serialize};

use crate::{
    Conn, Key, Result, key,
    schema::{
        account, account_attribute, account_email, agreement, credential, ignored_email, link,
        membership, merge, passkey, recovery_code,
    },
};

/// What moved, by row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub links: Vec<[u8; 16]>,
    pub emails: Vec<MovedEmail>,
    /// Addresses that both had and only the other owned: the owner's mark went over.
    pub owned: Vec<String>,
    pub attributes: Vec<String>,
    pub credentials: Vec<[u8; 16]>,
    pub agreements: Vec<String>,
    #[serde(default)]
    pub passkeys: Vec<Vec<u8>>,
    /// Groups that administrators put the other account into, by the rows; what providers say goes with their identities.
    #[serde(default)]
    pub memberships: Vec<[u8; 16]>,
}

/// An address that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedEmail {
    pub id: [u8; 16],
    pub canonical: String,
    /// It was the other account's primary one.
    pub primary: bool,
}

/// A merge's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = merge)]
pub struct Merge {
    pub id: Key,
    /// The account that stays.
    #[diesel(deserialize_as = Key)]
    pub account_id: AccountId,
    #[diesel(deserialize_as = Key)]
    pub other_id: AccountId,
    /// What moved, as JSON.
    pub moved: String,
    pub created_at: Micros,
}

/// Moves everything of `from` that `to` does not have already.
pub async fn move_over(conn: &mut Conn, from: AccountId, to: AccountId) -> Result<Moved> {
    let (from, to) = (key(from), key(to));
    let mut moved = on!(conn, |c| {
        let links: Vec<Key> =
            link::table.filter(link::account_id.eq(from)).select(link::id).load(c).await?;
        diesel::update(link::table.filter(link::account_id.eq(from)))
            .set(link::account_id.eq(to))
            .execute(c)
            .await?;
        let mut moved =
            Moved { links: links.into_iter().map(|k| k.0).collect(), ..Moved::default() };
        let columns = (
            account_email::id,
            account_email::canonical,
            account_email::owner,
            account_email::is_primary,
        );
        let here: Vec<(Key, String, bool, bool)> = account_email::table
            .filter(account_email::account_id.eq(to))
            .select(columns)
            .load(c)
            .await?;
        let there: Vec<(Key, String, bool, bool)> = account_email::table
            .filter(account_email::account_id.eq(from))
            .select(columns)
            .load(c)
            .await?;
        let has_primary = here.iter().any(|(.., primary)| *primary);
        for (id, canonical, owner, primary) in there {
            match here.iter().find(|(_, mine, ..)| *mine == canonical) {
                None => {
                    let next = (
                        account_email::account_id.eq(to),
                        account_email::is_primary.eq(primary && !has_primary),
                    );
                    diesel::update(account_email::table.find(id)).set(next).execute(c).await?;
                    moved.emails.push(MovedEmail { id: id.0, canonical, primary });
                }
                Some((mine, _, false, _)) if owner => {
                    diesel::update(account_email::table.find(id))
                        .set(account_email::owner.eq(false))
                        .execute(c)
                        .await?;
                    diesel::update(account_email::table.find(*mine))
                        .set(account_email::owner.eq(true))
                        .execute(c)
                        .await?;
                    moved.owned.push(canonical);
                }
                Some(_) => {}
            }
        }
        let names = |id: Key| {
            account_attribute::table
                .filter(account_attribute::account_id.eq(id))
                .select(account_attribute::name)
        };
        let mine: BTreeSet<String> = names(to).load::<String>(c).await?.into_iter().collect();
        moved.attributes = names(from)
            .load::<String>(c)
            .await?
            .into_iter()
            .filter(|n| !mine.contains(n))
            .collect();
        let going = account_attribute::table
            .filter(account_attribute::account_id.eq(from))
            .filter(account_attribute::name.eq_any(&moved.attributes));
        diesel::update(going).set(account_attribute::account_id.eq(to)).execute(c).await?;
        let passwords = |id: Key| {
            credential::table
                .filter(credential::account_id.eq(id))
                .filter(credential::kind.eq("password"))
                .select(credential::id)
        };
        if passwords(to).load::<Key>(c).await?.is_empty() {
            let theirs: Vec<Key> = passwords(from).load(c).await?;
            diesel::update(credential::table.filter(credential::id.eq_any(&theirs)))
                .set(credential::account_id.eq(to))
                .execute(c)
                .await?;
            moved.credentials = theirs.into_iter().map(|k| k.0).collect();
        }
        moved.passkeys =
            passkey::table.filter(passkey::account_id.eq(from)).select(passkey::id).load(c).await?;
        diesel::update(passkey::table.filter(passkey::account_id.eq(from)))
            .set(passkey::account_id.eq(to))
            .execute(c)
            .await?;
        let accepted =
            |id: Key| agreement::table.filter(agreement::account_id.eq(id)).select(agreement::what);
        let mine: BTreeSet<String> = accepted(to).load::<String>(c).await?.into_iter().collect();
        moved.agreements = accepted(from)
            .load::<String>(c)
            .await?
            .into_iter()
            .filter(|w| !mine.contains(w))
            .collect();
        let going = agreement::table
            .filter(agreement::account_id.eq(from))
            .filter(agreement::what.eq_any(&moved.agreements));
        diesel::update(going).set(agreement::account_id.eq(to)).execute(c).await?;
        Ok::<_, diesel::result::Error>(moved)
    })?;
    moved.memberships = move_memberships(conn, from, to).await?;
    Ok(moved)
}

/// Groups: what was said of identities goes with them; of what administrators gave, what the other side lacks.
async fn move_memberships(conn: &mut Conn, from: Key, to: Key) -> Result<Vec<[u8; 16]>> {
    Ok(on!(conn, |c| {
        let told = membership::table
            .filter(membership::account_id.eq(from))
            .filter(membership::link_id.is_not_null());
        diesel::update(told).set(membership::account_id.eq(to)).execute(c).await?;
        let given = |id: Key| {
            membership::table
                .filter(membership::account_id.eq(id))
                .filter(membership::link_id.is_null())
                .select((membership::id, membership::group_id))
        };
        let mine: Vec<(Key, Key)> = given(to).load(c).await?;
        let theirs: Vec<(Key, Key)> = given(from).load(c).await?;
        let going: Vec<Key> = theirs
            .into_iter()
            .filter(|(_, group)| mine.iter().all(|(_, own)| own != group))
            .map(|(row, _)| row)
            .collect();
        diesel::update(membership::table.filter(membership::id.eq_any(&going)))
            .set(membership::account_id.eq(to))
            .execute(c)
            .await?;
        Ok::<_, diesel::result::Error>(going.into_iter().map(|k| k.0).collect())
    })?)
}

/// Moves back what moved and is still there.
pub async fn move_back(
    conn: &mut Conn,
    from: AccountId,
    to: AccountId,
    moved: &Moved,
) -> Result<()> {
    let (from, to) = (key(from), key(to));
    let ids = |all: &[[u8; 16]]| all.iter().copied().map(Key).collect::<Vec<Key>>();
    let (links, credentials) = (ids(&moved.links), ids(&moved.credentials));
    on!(conn, |c| {
        diesel::update(
            link::table.filter(link::account_id.eq(from)).filter(link::id.eq_any(&links)),
        )
        .set(link::account_id.eq(to))
        .execute(c)
        .await?;
        for MovedEmail { id, primary, .. } in &moved.emails {
            let own = account_email::table
                .filter(account_email::id.eq(Key(*id)))
                .filter(account_email::account_id.eq(from));
            diesel::update(own)
                .set((account_email::account_id.eq(to), account_email::is_primary.eq(primary)))
                .execute(c)
                .await?;
        }
        for canonical in &moved.owned {
            let of = |id: Key| {
                account_email::table
                    .filter(account_email::account_id.eq(id))
                    .filter(account_email::canonical.eq(canonical))
            };
            let given_up = diesel::update(of(from).filter(account_email::owner))
                .set(account_email::owner.eq(false))
                .execute(c)
                .await?;
            if given_up == 1 {
                diesel::update(of(to)).set(account_email::owner.eq(true)).execute(c).await?;
            }
        }
        let going = account_attribute::table
            .filter(account_attribute::account_id.eq(from))
            .filter(account_attribute::name.eq_any(&moved.attributes));
        diesel::update(going).set(account_attribute::account_id.eq(to)).execute(c).await?;
        diesel::update(
            credential::table
                .filter(credential::account_id.eq(from))
                .filter(credential::id.eq_any(&credentials)),
        )
        .set(credential::account_id.eq(to))
        .execute(c)
        .await?;
        diesel::update(
            passkey::table
                .filter(passkey::account_id.eq(from))
                .filter(passkey::id.eq_any(&moved.passkeys)),
        )
        .set(passkey::account_id.eq(to))
        .execute(c)
        .await?;
        let going = agreement::table
            .filter(agreement::account_id.eq(from))
            .filter(agreement::what.eq_any(&moved.agreements));
        diesel::update(going).set(agreement::account_id.eq(to)).execute(c).await?;
        let (told, given) = (
            membership::link_id.eq_any(links.iter().copied().map(Some).collect::<Vec<_>>()),
            membership::id.eq_any(ids(&moved.memberships)),
        );
        let going =
            membership::table.filter(membership::account_id.eq(from)).filter(told.or(given));
        diesel::update(going).set(membership::account_id.eq(to)).execute(c).await
    })?;
    Ok(())
}

pub async fn add_merge(conn: &mut Conn, org: OrgId, row: &Merge) -> Result<()> {
    let values = (
        merge::id.eq(row.id),
        merge::organisation_id.eq(key(org)),
        merge::account_id.eq(key(row.account_id)),
        merge::other_id.eq(key(row.other_id)),
        merge::moved.eq(&row.moved),
        merge::created_at.eq(row.created_at),
    );
    on!(conn, |c| diesel::insert_into(merge::table).values(values).execute(c).await)?;
    Ok(())
}

pub async fn find_merge(conn: &mut Conn, id: Key) -> Result<Option<Merge>> {
    Ok(on!(conn, |c| merge::table.find(id).select(Merge::as_select()).first(c).await.optional())?)
}

pub async fn remove_merge(conn: &mut Conn, id: Key) -> Result<()> {
    on!(conn, |c| diesel::delete(merge::table.find(id)).execute(c).await)?;
    Ok(())
}

/// The account that another became part of, at the end of the way.
pub async fn find_survivor(conn: &mut Conn, id: AccountId) -> Result<Option<AccountId>> {
    let (mut found, mut at) = (None, key(id));
    // A merged account opens nothing, so nobody merges into it: the way is short, and never a circle.
    for _ in 0..10 {
        let next: Option<Key> = on!(conn, |c| merge::table
            .filter(merge::other_id.eq(at))
            .select(merge::account_id)
            .first(c)
            .await
            .optional())?;
        let Some(next) = next else { break };
        (found, at) = (Some(next.into()), next);
    }
    Ok(found)
}

/// Accounts that became part of one, directly or on the way.
pub async fn list_merged_into(conn: &mut Conn, id: AccountId) -> Result<Vec<AccountId>> {
    let (mut all, mut at) = (Vec::new(), vec![key(id)]);
    while !at.is_empty() && all.len() < 1000 {
        let next: Vec<Key> = on!(conn, |c| merge::table
            .filter(merge::account_id.eq_any(&at))
            .select(merge::other_id)
            .load(c)
            .await)?;
        all.extend(next.iter().map(|k| AccountId::from(*k)));
        at = next;
    }
    Ok(all)
}

/// Removes what merged accounts left behind, when nobody can take the merge back any more; the ids stay. Answers how
/// many rows went.
pub async fn remove_leftovers(conn: &mut Conn, before: Micros) -> Result<usize> {
    Ok(on!(conn, |c| {
        let old = merge::table
            .inner_join(account::table.on(account::id.eq(merge::other_id)))
            .filter(merge::created_at.lt(before))
            .filter(account::state.eq(AccountState::Merged.name()))
            .filter(merge::moved.ne(""));
        let ids: Vec<Key> = old.select(merge::other_id).limit(100).load(c).await?;
        let mut rows =
            diesel::delete(credential::table.filter(credential::account_id.eq_any(&ids)))
                .execute(c)
                .await?;
        rows += diesel::delete(recovery_code::table.filter(recovery_code::account_id.eq_any(&ids)))
            .execute(c)
            .await?;
        rows += diesel::delete(account_email::table.filter(account_email::account_id.eq_any(&ids)))
            .execute(c)
            .await?;
        rows += diesel::delete(
            account_attribute::table.filter(account_attribute::account_id.eq_any(&ids)),
        )
        .execute(c)
        .await?;
        rows += diesel::delete(ignored_email::table.filter(ignored_email::account_id.eq_any(&ids)))
            .execute(c)
            .await?;
        rows += diesel::delete(agreement::table.filter(agreement::account_id.eq_any(&ids)))
            .execute(c)
            .await?;
        rows += diesel::delete(membership::table.filter(membership::account_id.eq_any(&ids)))
            .execute(c)
            .await?;
        diesel::update(account::table.filter(account::id.eq_any(&ids)))
            .set(account::name.eq(""))
            .execute(c)
            .await?;
        diesel::update(merge::table.filter(merge::other_id.eq_any(&ids)))
            .set(merge::moved.eq(""))
            .execute(c)
            .await?;
        Ok::<_, diesel::result::Error>(rows)
    })?)
}
