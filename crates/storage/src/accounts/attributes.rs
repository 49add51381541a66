//! Profile fields of accounts, each with its source, and addresses that people said to ignore.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, Micros, OrgId, linking::Condition, policy::ProfileAttribute};

use crate::{
    Conn, Key, Result, key,
    schema::{account, account_attribute, account_email, ignored_email},
};

/// A profile field.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = account_attribute)]
pub struct Attribute {
    pub name: String,
    pub value: String,
    /// `person`, `admin` or `provider:<key>`.
    pub source: String,
    pub updated_at: Micros,
}

pub async fn list_attributes(conn: &mut Conn, id: AccountId) -> Result<Vec<Attribute>> {
    Ok(on!(conn, |c| account_attribute::table
        .filter(account_attribute::account_id.eq(key(id)))
        .order(account_attribute::name.asc())
        .select(Attribute::as_select())
        .load(c)
        .await)?)
}

/// The source of what people wrote about themselves.
pub const BY_PERSON: &str = "person";

/// The source of a telephone number that the account proved by a code to it.
pub const BY_CODE: &str = "code";

/// The number that an account proved, in its canonical form.
pub async fn find_phone(conn: &mut Conn, id: AccountId) -> Result<Option<String>> {
    let proved = account_attribute::table
        .filter(account_attribute::account_id.eq(key(id)))
        .filter(account_attribute::name.eq(ProfileAttribute::Phone.name()))
        .filter(account_attribute::source.eq(BY_CODE));
    Ok(on!(conn, |c| proved.select(account_attribute::folded).first(c).await.optional())?)
}

/// The account that proved a number; at most one at any time.
pub async fn find_phone_owner(
    conn: &mut Conn,
    org: OrgId,
    folded: &str,
) -> Result<Option<AccountId>> {
    let rows: Option<Key> = on!(conn, |c| account_attribute::table
        .filter(account_attribute::organisation_id.eq(key(org)))
        .filter(account_attribute::name.eq(ProfileAttribute::Phone.name()))
        .filter(account_attribute::folded.eq(folded))
        .filter(account_attribute::source.eq(BY_CODE))
        .select(account_attribute::account_id)
        .first(c)
        .await
        .optional())?;
    Ok(rows.map(Into::into))
}

/// Sets a field. `false`: the user name belongs to somebody else, and nothing changed.
#[expect(clippy::too_many_arguments, reason = "a row has this many values")]
pub async fn set_attribute(
    conn: &mut Conn,
    org: OrgId,
    id: AccountId,
    name: &str,
    value: &str,
    folded: &str,
    source: &str,
    at: Micros,
) -> Result<bool> {
    on!(conn, |c| {
        if name == ProfileAttribute::Username.name() {
            let holder: Option<Key> = account_attribute::table
                .filter(account_attribute::organisation_id.eq(key(org)))
                .filter(account_attribute::name.eq(name))
                .filter(account_attribute::folded.eq(folded))
                .select(account_attribute::account_id)
                .first(c)
                .await
                .optional()?;
            if holder.is_some_and(|h| h != key(id)) {
                return Ok(false);
            }
        }
        let values = (
            account_attribute::account_id.eq(key(id)),
            account_attribute::organisation_id.eq(key(org)),
            account_attribute::name.eq(name),
            account_attribute::value.eq(value),
            account_attribute::folded.eq(folded),
            account_attribute::source.eq(source),
            account_attribute::updated_at.eq(at),
        );
        let next = (
            account_attribute::value.eq(value),
            account_attribute::folded.eq(folded),
            account_attribute::source.eq(source),
            account_attribute::updated_at.eq(at),
        );
        diesel::insert_into(account_attribute::table)
            .values(values)
            .on_conflict((account_attribute::account_id, account_attribute::name))
            .do_update()
            .set(next)
            .execute(c)
            .await?;
        Ok(true)
    })
}

pub async fn remove_attribute(conn: &mut Conn, id: AccountId, name: &str) -> Result<()> {
    on!(conn, |c| diesel::delete(
        account_attribute::table
            .filter(account_attribute::account_id.eq(key(id)))
            .filter(account_attribute::name.eq(name))
    )
    .execute(c)
    .await)?;
    Ok(())
}

/// All fields of an account go: what somebody entered before its owner proved anything (I6).
pub async fn remove_attributes(conn: &mut Conn, id: AccountId) -> Result<()> {
    on!(conn, |c| diesel::delete(
        account_attribute::table.filter(account_attribute::account_id.eq(key(id)))
    )
    .execute(c)
    .await)?;
    Ok(())
}

/// Accounts that fulfil all conditions, compared by the database; twenty at most, which is "several" for every policy.
pub async fn list_matching(
    conn: &mut Conn,
    org: OrgId,
    conditions: &[Condition],
) -> Result<Vec<AccountId>> {
    let rows: Vec<Key> = on!(conn, |c| {
        let mut query = account::table
            .filter(account::organisation_id.eq(key(org)))
            .select(account::id)
            .into_boxed();
        for condition in conditions {
            if condition.attribute == ProfileAttribute::Email {
                let holders = account_email::table
                    .filter(account_email::organisation_id.eq(key(org)))
                    .filter(account_email::canonical.eq(condition.folded.clone()))
                    .filter(account_email::former_until.is_null())
                    .select(account_email::account_id);
                query = query.filter(account::id.eq_any(holders));
                continue;
            }
            let holders = account_attribute::table
                .filter(account_attribute::organisation_id.eq(key(org)))
                .filter(account_attribute::name.eq(condition.attribute.name()))
                .filter(account_attribute::folded.eq(condition.folded.to_lowercase()))
                // What people wrote about themselves finds nobody: else a stranger lays in wait for somebody's number.
                .filter(account_attribute::source.ne(BY_PERSON))
                .select(account_attribute::account_id);
            query =
                if condition.exact {
                    query.filter(account::id.eq_any(
                        holders.filter(account_attribute::value.eq(condition.folded.clone())),
                    ))
                } else {
                    query.filter(account::id.eq_any(holders))
                };
        }
        query.limit(20).load(c).await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How many active accounts have an attribute.
pub async fn count_with_attribute(conn: &mut Conn, org: OrgId, name: &str) -> Result<i64> {
    Ok(on!(conn, |c| account_attribute::table
        .filter(account_attribute::organisation_id.eq(key(org)))
        .filter(account_attribute::name.eq(name))
        .count()
        .get_result(c)
        .await)?)
}

/// Remembers an address to ignore, as a keyed hash (GO-49).
pub async fn ignore_email(conn: &mut Conn, id: AccountId, hash: &str, at: Micros) -> Result<()> {
    let values = (
        ignored_email::account_id.eq(key(id)),
        ignored_email::hash.eq(hash),
        ignored_email::created_at.eq(at),
    );
    on!(conn, |c| diesel::insert_into(ignored_email::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?;
    Ok(())
}

pub async fn is_email_ignored(conn: &mut Conn, id: AccountId, hash: &str) -> Result<bool> {
    let n: i64 = on!(conn, |c| ignored_email::table
        .filter(ignored_email::account_id.eq(key(id)))
        .filter(ignored_email::hash.eq(hash))
        .count()
        .get_result(c)
        .await)?;
    Ok(n > 0)
}
