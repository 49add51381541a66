//! Finding people in the console.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, OrgId};

use super::Account;
use crate::{
    Conn, Key, Result, key,
    schema::{account, account_attribute, account_email, link},
};

diesel::define_sql_function! {
    /// In lower case; SQLite knows the letters of ASCII.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// Accounts whose address, user name, phone or subject fits are looked up first, at most this many of each.
const HOLDERS: i64 = 500;

/// A page of accounts, the newest first: those after one, or the first.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// In lower case. An id, the start of an address or all of it, `@` and a domain, a user name, a phone number, a
    /// provider's subject, or a part of a name; empty: everybody.
    pub text: String,
    /// The same in the letters that were typed: subjects are case sensitive.
    pub exact: String,
    pub after: Option<AccountId>,
    pub limit: i64,
}

/// The accounts that a search finds.
pub async fn search_accounts(conn: &mut Conn, org: OrgId, search: &Search) -> Result<Vec<Account>> {
    let after = search.after.map(key);
    if search.text.is_empty() {
        return Ok(on!(conn, |c| {
            let mut all = account::table
                .filter(account::organisation_id.eq(key(org)))
                .order(account::id.desc())
                .limit(search.limit)
                .select(Account::as_select())
                .into_boxed();
            if let Some(after) = after {
                all = all.filter(account::id.lt(after));
            }
            all.load(c).await
        })?);
    }
    let holders = holders(conn, org, search).await?;
    let part = |text: &str| format!("%{}%", literally(text));
    let (lowered, exact) = (part(&search.text), part(&search.exact));
    Ok(on!(conn, |c| {
        let mut found = account::table
            .filter(account::organisation_id.eq(key(org)))
            .filter(
                lower(account::name)
                    .like(lowered)
                    .escape('\\')
                    .or(account::name.like(exact).escape('\\'))
                    .or(account::id.eq_any(holders)),
            )
            .order(account::id.desc())
            .limit(search.limit)
            .select(Account::as_select())
            .into_boxed();
        if let Some(after) = after {
            found = found.filter(account::id.lt(after));
        }
        found.load(c).await
    })?)
}

/// A text of which no letter has a meaning in a pattern.
fn literally(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Accounts by what they have beside their name.
async fn holders(conn: &mut Conn, org: OrgId, search: &Search) -> Result<Vec<Key>> {
    let text = &search.text;
    let mut found: Vec<Key> = text.parse::<AccountId>().ok().map(key).into_iter().collect();
    let by_address: Vec<Key> = on!(conn, |c| {
        let mut all = account_email::table
            .filter(account_email::organisation_id.eq(key(org)))
            .select(account_email::account_id)
            .limit(HOLDERS)
            .into_boxed();
        all = if text.starts_with('@') {
            let domain = format!("%{}", literally(text));
            all.filter(account_email::canonical.like(domain).escape('\\'))
        } else {
            // All that begin with the text: the index of addresses is in this order.
            let beyond = format!("{text}\u{10ffff}");
            all.filter(account_email::canonical.ge(text))
                .filter(account_email::canonical.lt(beyond))
        };
        all.load(c).await
    })?;
    let by_attribute: Vec<Key> = on!(conn, |c| account_attribute::table
        .filter(account_attribute::organisation_id.eq(key(org)))
        .filter(account_attribute::folded.eq(text))
        .filter(account_attribute::name.eq_any(["username", "phone"]))
        .select(account_attribute::account_id)
        .limit(HOLDERS)
        .load(c)
        .await)?;
    let by_subject: Vec<Key> = on!(conn, |c| link::table
        .filter(link::organisation_id.eq(key(org)))
        .filter(link::subject.eq(&search.exact))
        .select(link::account_id)
        .limit(HOLDERS)
        .load(c)
        .await)?;
    found.extend(by_address);
    found.extend(by_attribute);
    found.extend(by_subject);
    Ok(found)
}

/// The names of accounts, by id; those that are gone are missing.
pub async fn account_names(
    conn: &mut Conn,
    org: OrgId,
    ids: &[AccountId],
) -> Result<Vec<(AccountId, String)>> {
    let keys: Vec<Key> = ids.iter().copied().map(key).collect();
    let mut named = Vec::with_capacity(keys.len());
    for part in keys.chunks(500) {
        let rows: Vec<(Key, String)> = on!(conn, |c| account::table
            .filter(account::organisation_id.eq(key(org)))
            .filter(account::id.eq_any(part))
            .select((account::id, account::name))
            .load(c)
            .await)?;
        named.extend(rows.into_iter().map(|(id, name)| (AccountId::from(id), name)));
    }
    Ok(named)
}
