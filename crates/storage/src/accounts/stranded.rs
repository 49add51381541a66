//! Accounts that a change of the configuration would leave without a way in.
use diesel::{
    dsl::{exists, not},
    prelude::*,
    sql_types::Bool,
};
use diesel_async::RunQueryDsl;
use domain::{AccountId, OrgId, ProviderId, linking::facts::AccountState};

use crate::{
    Conn, Key, Result, key,
    schema::{account, account_email, credential, link, passkey},
};

/// What opens accounts under a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaysIn {
    /// Providers that are switched on and may sign people in.
    pub providers: Vec<ProviderId>,
    pub password: bool,
    pub passkeys: bool,
    /// Codes to an address of one's own.
    pub email: bool,
}

impl WaysIn {
    /// Everything that is in the other is in this: nobody can lose by the change.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        other.providers.iter().all(|p| self.providers.contains(p))
            && (self.password || !other.password)
            && (self.passkeys || !other.passkeys)
            && (self.email || !other.email)
    }

    fn keys(&self) -> Vec<Key> {
        self.providers.iter().copied().map(key).collect()
    }
}

/// Whether something opens the account, as an expression: what `PolicyContext::count` counts as usable.
macro_rules! opens {
    ($ways:expr) => {
        exists(
            link::table
                .filter(link::account_id.eq(account::id))
                .filter(link::active)
                .filter(link::provider_id.eq_any($ways.keys())),
        )
        .or($ways.password.into_sql::<Bool>().and(exists(
            credential::table
                .filter(credential::account_id.eq(account::id))
                .filter(credential::kind.eq("password")),
        )))
        .or($ways
            .passkeys
            .into_sql::<Bool>()
            .and(exists(passkey::table.filter(passkey::account_id.eq(account::id)))))
        .or($ways.email.into_sql::<Bool>().and(exists(
            account_email::table
                .filter(account_email::account_id.eq(account::id))
                .filter(account_email::owner)
                .filter(not(account_email::contested))
                .filter(account_email::former_until.is_null()),
        )))
    };
}

/// Active accounts of the organisation that something opens now and nothing would open then.
macro_rules! stranded {
    ($org:expr, $now:expr, $then:expr) => {
        account::table
            .filter(account::organisation_id.eq(key($org)))
            .filter(account::state.eq(AccountState::Active.name()))
            .filter(opens!($now))
            .filter(not(opens!($then)))
    };
}

/// How many accounts lose their last way in.
pub async fn count_stranded(
    conn: &mut Conn,
    org: OrgId,
    now: &WaysIn,
    then: &WaysIn,
) -> Result<i64> {
    if then.holds(now) {
        return Ok(0);
    }
    Ok(on!(conn, |c| stranded!(org, now, then).count().get_result(c).await)?)
}

/// Some of them with their names, in the order in which they were made.
pub async fn list_stranded(
    conn: &mut Conn,
    org: OrgId,
    now: &WaysIn,
    then: &WaysIn,
    limit: i64,
) -> Result<Vec<(AccountId, String)>> {
    if then.holds(now) {
        return Ok(Vec::new());
    }
    let rows: Vec<(Key, String)> = on!(conn, |c| stranded!(org, now, then)
        .order(account::id.asc())
        .limit(limit)
        .select((account::id, account::name))
        .load(c)
        .await)?;
    Ok(rows.into_iter().map(|(id, name)| (AccountId::from(id), name)).collect())
}
