//! Groups of an organisation, who is in them and by whose word, and which value of a provider gives which group.
use std::collections::{BTreeMap, BTreeSet};

use diesel::{dsl::count, prelude::*};
use diesel_async::RunQueryDsl;
use domain::{
    AccountId, GroupId, LinkId, Micros, OrgId, ProviderId,
    groups::{Change, GroupRule, Source, folded},
};

use crate::{
    Conn, Key, Result, key,
    policy::config_version::change_config_version,
    schema::{account, account_group, group_mapping, link, membership},
};

/// A group's row.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = account_group)]
pub struct Group {
    #[diesel(deserialize_as = Key)]
    pub id: GroupId,
    /// What applications are told, and what settings name it by; it never changes.
    pub key: String,
    /// What people call it.
    pub name: String,
    pub description: String,
    pub created_at: Micros,
}

/// A group of somebody's, and by whose word.
#[derive(Debug, Clone)]
pub struct HeldGroup {
    pub group: Group,
    pub source: Source,
    /// Whose word it is, if not an administrator's.
    pub provider: Option<ProviderId>,
    pub since: Micros,
}

/// Somebody in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub account: AccountId,
    pub name: String,
    /// Since when an administrator's word puts them here.
    pub local: Option<Micros>,
    /// The providers that say so.
    pub providers: Vec<ProviderId>,
}

/// The groups of an organisation, by key.
pub async fn list_groups(conn: &mut Conn, org: OrgId) -> Result<Vec<Group>> {
    Ok(on!(conn, |c| account_group::table
        .filter(account_group::organisation_id.eq(key(org)))
        .order(account_group::folded.asc())
        .select(Group::as_select())
        .load(c)
        .await)?)
}

/// How many people are in each group; groups without anybody are left out.
pub async fn count_members(conn: &mut Conn, org: OrgId) -> Result<BTreeMap<GroupId, i64>> {
    let rows: Vec<(Key, i64)> = on!(conn, |c| membership::table
        .inner_join(account_group::table.on(account_group::id.eq(membership::group_id)))
        .left_join(link::table.on(link::id.nullable().eq(membership::link_id)))
        .filter(account_group::organisation_id.eq(key(org)))
        .filter(membership::link_id.is_null().or(link::active.nullable().eq(Some(true))))
        .group_by(membership::group_id)
        .select((membership::group_id, count(membership::account_id).aggregate_distinct()))
        .load(c)
        .await)?;
    Ok(rows.into_iter().map(|(group, count)| (group.into(), count)).collect())
}

/// A group by its key, in whatever case.
pub async fn find_group(conn: &mut Conn, org: OrgId, name: &str) -> Result<Option<Group>> {
    Ok(on!(conn, |c| account_group::table
        .filter(account_group::organisation_id.eq(key(org)))
        .filter(account_group::folded.eq(folded(name)))
        .select(Group::as_select())
        .first(c)
        .await
        .optional())?)
}

/// Adds a group; `false` when its key is taken.
pub async fn add_group(conn: &mut Conn, org: OrgId, group: &Group) -> Result<bool> {
    let values = (
        account_group::id.eq(key(group.id)),
        account_group::organisation_id.eq(key(org)),
        account_group::key.eq(&group.key),
        account_group::folded.eq(folded(&group.key)),
        account_group::name.eq(&group.name),
        account_group::description.eq(&group.description),
        account_group::created_at.eq(group.created_at),
    );
    Ok(on!(conn, |c| diesel::insert_into(account_group::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?
        == 1)
}

/// Names and describes a group.
pub async fn set_group(conn: &mut Conn, id: GroupId, name: &str, description: &str) -> Result<()> {
    on!(conn, |c| diesel::update(account_group::table.find(key(id)))
        .set((account_group::name.eq(name), account_group::description.eq(description)))
        .execute(c)
        .await)?;
    Ok(())
}

/// Removes a group with its memberships and with what providers' values gave it.
pub async fn remove_group(conn: &mut Conn, org: OrgId, id: GroupId) -> Result<()> {
    change_config_version(conn, org).await?;
    on!(conn, |c| diesel::delete(account_group::table.find(key(id))).execute(c).await)?;
    Ok(())
}

/// Puts somebody into a group by an administrator's word; `false`: they were in it by that already.
pub async fn add_member(
    conn: &mut Conn,
    row: [u8; 16],
    id: AccountId,
    group: GroupId,
    at: Micros,
) -> Result<bool> {
    let values = (
        membership::id.eq(Key(row)),
        membership::account_id.eq(key(id)),
        membership::group_id.eq(key(group)),
        membership::link_id.eq(None::<Key>),
        membership::since.eq(at),
    );
    Ok(on!(conn, |c| diesel::insert_into(membership::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?
        == 1)
}

/// Takes an administrator's word back; `false`: there was none. What providers say stays.
pub async fn remove_member(conn: &mut Conn, id: AccountId, group: GroupId) -> Result<bool> {
    let own = membership::table
        .filter(membership::account_id.eq(key(id)))
        .filter(membership::group_id.eq(key(group)))
        .filter(membership::link_id.is_null());
    Ok(on!(conn, |c| diesel::delete(own).execute(c).await)? == 1)
}

/// The groups that were said of an identity.
pub async fn list_told(conn: &mut Conn, id: LinkId) -> Result<BTreeSet<GroupId>> {
    let rows: Vec<Key> = on!(conn, |c| membership::table
        .filter(membership::link_id.eq(key(id)))
        .select(membership::group_id)
        .load(c)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Writes what changed of that. `rows`: an id for each group to add.
pub async fn set_told(
    conn: &mut Conn,
    (id, link_id): (AccountId, LinkId),
    change: &Change,
    rows: &[[u8; 16]],
    at: Micros,
) -> Result<()> {
    let gone: Vec<Key> = change.remove.iter().copied().map(key).collect();
    let new: Vec<_> = change
        .add
        .iter()
        .zip(rows)
        .map(|(group, row)| {
            (
                membership::id.eq(Key(*row)),
                membership::account_id.eq(key(id)),
                membership::group_id.eq(key(*group)),
                membership::link_id.eq(Some(key(link_id))),
                membership::since.eq(at),
            )
        })
        .collect();
    on!(conn, |c| {
        if !gone.is_empty() {
            let of = membership::table
                .filter(membership::link_id.eq(key(link_id)))
                .filter(membership::group_id.eq_any(&gone));
            diesel::delete(of).execute(c).await?;
        }
        for row in new {
            diesel::insert_into(membership::table)
                .values(row)
                .on_conflict_do_nothing()
                .execute(c)
                .await?;
        }
        Ok::<_, diesel::result::Error>(())
    })?;
    Ok(())
}

/// Everything that somebody is in, by whatever word; of identities only those that are linked now.
pub async fn list_memberships(conn: &mut Conn, id: AccountId) -> Result<Vec<HeldGroup>> {
    type Row = (Group, Option<Key>, Option<Key>, Micros);
    let rows: Vec<Row> = on!(conn, |c| membership::table
        .inner_join(account_group::table.on(account_group::id.eq(membership::group_id)))
        .left_join(link::table.on(link::id.nullable().eq(membership::link_id)))
        .filter(membership::account_id.eq(key(id)))
        .filter(membership::link_id.is_null().or(link::active.nullable().eq(Some(true))))
        .order((account_group::folded.asc(), membership::since.asc()))
        .select((
            Group::as_select(),
            membership::link_id,
            link::provider_id.nullable(),
            membership::since,
        ))
        .load(c)
        .await)?;
    Ok(rows
        .into_iter()
        .map(|(group, link, provider, since)| HeldGroup {
            group,
            source: link.map_or(Source::Local, |link| Source::Identity(link.into())),
            provider: provider.map(Into::into),
            since,
        })
        .collect())
}

/// People of a group in the order of their ids, after one of them.
pub async fn list_members(
    conn: &mut Conn,
    group: GroupId,
    after: Option<AccountId>,
    limit: i64,
) -> Result<Vec<Member>> {
    let after = after.map_or(Key([0; 16]), key);
    let ids: Vec<Key> = on!(conn, |c| membership::table
        .left_join(link::table.on(link::id.nullable().eq(membership::link_id)))
        .filter(membership::group_id.eq(key(group)))
        .filter(membership::account_id.gt(after))
        .filter(membership::link_id.is_null().or(link::active.nullable().eq(Some(true))))
        .select(membership::account_id)
        .distinct()
        .order(membership::account_id.asc())
        .limit(limit)
        .load(c)
        .await)?;
    type Row = (Key, String, Micros, Option<Key>);
    let rows: Vec<Row> = on!(conn, |c| membership::table
        .inner_join(account::table.on(account::id.eq(membership::account_id)))
        .left_join(link::table.on(link::id.nullable().eq(membership::link_id)))
        .filter(membership::group_id.eq(key(group)))
        .filter(membership::account_id.eq_any(&ids))
        .filter(membership::link_id.is_null().or(link::active.nullable().eq(Some(true))))
        .order((membership::account_id.asc(), membership::since.asc()))
        .select((account::id, account::name, membership::since, link::provider_id.nullable()))
        .load(c)
        .await)?;
    let mut found: Vec<Member> = Vec::new();
    for (id, name, since, provider) in rows {
        let id = AccountId::from(id);
        if found.last().is_none_or(|member| member.account != id) {
            found.push(Member { account: id, name, local: None, providers: Vec::new() });
        }
        let Some(member) = found.last_mut() else { continue };
        match provider.map(ProviderId::from) {
            None => member.local = Some(since),
            Some(provider) if !member.providers.contains(&provider) => {
                member.providers.push(provider);
            }
            Some(_) => {}
        }
    }
    Ok(found)
}

/// Which value of which provider gives which group, in an organisation.
pub async fn list_mappings(conn: &mut Conn, org: OrgId) -> Result<Vec<(ProviderId, GroupRule)>> {
    let rows: Vec<(Key, String, bool, Key)> = on!(conn, |c| group_mapping::table
        .filter(group_mapping::organisation_id.eq(key(org)))
        .order((group_mapping::value.asc(), group_mapping::group_id.asc()))
        .select((
            group_mapping::provider_id,
            group_mapping::value,
            group_mapping::prefix,
            group_mapping::group_id,
        ))
        .load(c)
        .await)?;
    Ok(rows
        .into_iter()
        .map(|(provider, value, prefix, group)| {
            (provider.into(), GroupRule { value, prefix, group: group.into() })
        })
        .collect())
}

/// Says anew which value of a provider gives which group, in one organisation.
pub async fn set_mappings(
    conn: &mut Conn,
    org: OrgId,
    provider: ProviderId,
    rules: &[GroupRule],
) -> Result<()> {
    change_config_version(conn, org).await?;
    let of = group_mapping::table
        .filter(group_mapping::organisation_id.eq(key(org)))
        .filter(group_mapping::provider_id.eq(key(provider)));
    on!(conn, |c| {
        diesel::delete(of).execute(c).await?;
        for rule in rules {
            let values = (
                group_mapping::organisation_id.eq(key(org)),
                group_mapping::provider_id.eq(key(provider)),
                group_mapping::value.eq(&rule.value),
                group_mapping::prefix.eq(rule.prefix),
                group_mapping::group_id.eq(key(rule.group)),
            );
            diesel::insert_into(group_mapping::table)
                .values(values)
                .on_conflict_do_nothing()
                .execute(c)
                .await?;
        }
        Ok::<_, diesel::result::Error>(())
    })?;
    Ok(())
}

/// Ends what a provider said of people of one organisation about these groups; answers how many memberships went.
pub async fn remove_told(
    conn: &mut Conn,
    org: OrgId,
    provider: ProviderId,
    groups: &BTreeSet<GroupId>,
) -> Result<usize> {
    let groups: Vec<Key> = groups.iter().copied().map(key).collect();
    let links = link::table
        .filter(link::organisation_id.eq(key(org)))
        .filter(link::provider_id.eq(key(provider)))
        .select(link::id.nullable());
    let gone = membership::table
        .filter(membership::group_id.eq_any(&groups))
        .filter(membership::link_id.eq_any(links));
    Ok(on!(conn, |c| diesel::delete(gone).execute(c).await)?)
}
