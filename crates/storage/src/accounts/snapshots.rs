//! Accounts with everything that a decision counts, any number of them in three queries.
use std::collections::HashMap;

use diesel::{dsl::exists, prelude::*};
use diesel_async::RunQueryDsl;
use domain::{AccountId, LinkId, OrgId, ProviderId, linking::facts::AccountState};

use crate::{
    Conn, Key, Result,
    accounts::{Email, second_factors::TOTP},
    key,
    schema::{account, account_email, credential, link, passkey, role},
};

/// How many identifiers one query takes.
const PART: usize = 500;

/// An account as decisions see it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub account: AccountId,
    pub state: AccountState,
    pub name: String,
    pub emails: Vec<Email>,
    pub links: Vec<LinkFacts>,
    pub password: bool,
    pub second_factor: bool,
    pub passkeys: bool,
    pub administrator: bool,
}

/// A link, active or released.
#[derive(Debug, Clone)]
pub struct LinkFacts {
    pub id: LinkId,
    pub provider: ProviderId,
    pub namespace: String,
    pub subject: String,
    /// The address or name that the provider gave when it was linked.
    pub label: String,
    pub active: bool,
    pub barred: bool,
}

/// Snapshots by account. Accounts that do not exist are missing.
pub async fn load_snapshots(
    conn: &mut Conn,
    org: OrgId,
    ids: &[AccountId],
) -> Result<HashMap<AccountId, Snapshot>> {
    let mut all = HashMap::with_capacity(ids.len());
    for part in ids.chunks(PART) {
        let keys: Vec<Key> = part.iter().copied().map(key).collect();
        load_part(conn, org, &keys, &mut all).await?;
    }
    Ok(all)
}

/// The queries of one part. A single key is compared with `=`, which keeps the prepared statement; a list cannot.
macro_rules! part {
    ($conn:expr, $org:expr, $is:ident($keys:expr)) => {
        on!($conn, |c| {
            let password =
                credential::account_id.eq(account::id).and(credential::kind.eq("password"));
            let factor = credential::account_id.eq(account::id).and(credential::kind.eq(TOTP));
            let keys = passkey::account_id.eq(account::id);
            let own = role::account_id
                .eq(account::id)
                .and(role::organisation_id.eq(account::organisation_id));
            let accounts: Vec<AccountRow> = account::table
                .filter(account::organisation_id.eq($org))
                .filter(account::id.$is($keys))
                .select((
                    account::id,
                    account::state,
                    account::name,
                    exists(credential::table.filter(password)),
                    exists(credential::table.filter(factor)),
                    exists(passkey::table.filter(keys)),
                    exists(role::table.filter(own)),
                ))
                .load(c)
                .await?;
            let emails: Vec<Email> = account_email::table
                .filter(account_email::account_id.$is($keys))
                .filter(account_email::former_until.is_null())
                .select(Email::as_select())
                .load(c)
                .await?;
            let columns = (
                link::account_id,
                link::id,
                link::provider_id,
                link::namespace,
                link::subject,
                link::label,
                link::active,
                link::barred,
            );
            let links: Vec<LinkRow> =
                link::table.filter(link::account_id.$is($keys)).select(columns).load(c).await?;
            Ok::<_, diesel::result::Error>((accounts, emails, links))
        })
    };
}

type AccountRow = (Key, String, String, bool, bool, bool, bool);
type LinkRow = (Key, Key, Key, String, String, String, bool, bool);

async fn load_part(
    conn: &mut Conn,
    org: OrgId,
    keys: &[Key],
    all: &mut HashMap<AccountId, Snapshot>,
) -> Result<()> {
    let (accounts, emails, links) = match keys {
        [] => return Ok(()),
        [one] => part!(conn, key(org), eq(one))?,
        many => part!(conn, key(org), eq_any(many))?,
    };
    for (id, state, name, password, second_factor, passkeys, administrator) in accounts {
        let account = id.into();
        let state = AccountState::parse(&state).unwrap_or(AccountState::Disabled);
        all.insert(
            account,
            Snapshot {
                account,
                state,
                name,
                emails: Vec::new(),
                links: Vec::new(),
                password,
                second_factor,
                passkeys,
                administrator,
            },
        );
    }
    for email in emails {
        if let Some(found) = all.get_mut(&email.account_id) {
            found.emails.push(email);
        }
    }
    for (account, id, provider, namespace, subject, label, active, barred) in links {
        if let Some(found) = all.get_mut(&account.into()) {
            found.links.push(LinkFacts {
                id: id.into(),
                provider: provider.into(),
                namespace,
                subject,
                label,
                active,
                barred,
            });
        }
    }
    Ok(())
}

/// Accounts that hold an address: owner first, twenty at most.
pub async fn list_holders(conn: &mut Conn, org: OrgId, canonical: &str) -> Result<Vec<AccountId>> {
    let rows: Vec<Key> = on!(conn, |c| account_email::table
        .filter(account_email::organisation_id.eq(key(org)))
        .filter(account_email::canonical.eq(canonical))
        .filter(account_email::former_until.is_null())
        .order((account_email::owner.desc(), account_email::created_at.asc()))
        .select(account_email::account_id)
        .limit(20)
        .load(c)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Accounts that hold one of these addresses, with the address: owner first.
pub async fn list_holders_of(
    conn: &mut Conn,
    org: OrgId,
    canonical: &[&str],
) -> Result<Vec<(String, AccountId)>> {
    let mut all = Vec::new();
    for part in canonical.chunks(PART) {
        let rows: Vec<(String, Key)> = on!(conn, |c| account_email::table
            .filter(account_email::organisation_id.eq(key(org)))
            .filter(account_email::canonical.eq_any(part))
            .filter(account_email::former_until.is_null())
            .order((account_email::owner.desc(), account_email::created_at.asc()))
            .select((account_email::canonical, account_email::account_id))
            .load(c)
            .await)?;
        all.extend(rows.into_iter().map(|(address, id)| (address, id.into())));
    }
    Ok(all)
}

/// The next accounts by id after one, for walking through all of them.
pub async fn list_account_ids(
    conn: &mut Conn,
    org: OrgId,
    after: AccountId,
    limit: i64,
) -> Result<Vec<AccountId>> {
    let rows: Vec<Key> = on!(conn, |c| account::table
        .filter(account::organisation_id.eq(key(org)))
        .filter(account::id.gt(key(after)))
        .order(account::id.asc())
        .select(account::id)
        .limit(limit)
        .load(c)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Active accounts with a proved address; active accounts; unfinished sign-ups: what dangers expose.
pub async fn count_exposed(conn: &mut Conn, org: OrgId) -> Result<(i64, i64, i64)> {
    Ok(on!(conn, |c| {
        let of = |state: AccountState| {
            account::table
                .filter(account::organisation_id.eq(key(org)))
                .filter(account::state.eq(state.name()))
        };
        let proved = account_email::table
            .inner_join(account::table.on(account::id.eq(account_email::account_id)))
            .filter(account_email::organisation_id.eq(key(org)))
            .filter(account_email::proof.ne("none"))
            .filter(account::state.eq(AccountState::Active.name()))
            .select(diesel::dsl::count(account_email::account_id).aggregate_distinct())
            .get_result(c)
            .await?;
        let active = of(AccountState::Active).count().get_result(c).await?;
        let pending = of(AccountState::Pending).count().get_result(c).await?;
        Ok::<_, diesel::result::Error>((proved, active, pending))
    })?)
}

/// Addresses that more than one active account holds: people who may be two accounts (NE-14).
pub async fn count_shared_addresses(conn: &mut Conn, org: OrgId) -> Result<i64> {
    let rows: Vec<String> = on!(conn, |c| account_email::table
        .inner_join(account::table.on(account::id.eq(account_email::account_id)))
        .filter(account_email::organisation_id.eq(key(org)))
        .filter(account_email::former_until.is_null())
        .filter(account::state.eq(AccountState::Active.name()))
        .group_by(account_email::canonical)
        .having(diesel::dsl::count_star().gt(1))
        .select(account_email::canonical)
        .limit(100_000)
        .load(c)
        .await)?;
    Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX))
}
