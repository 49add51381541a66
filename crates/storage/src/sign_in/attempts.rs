//! Attempts (one passage through sign-in), their challenges, and provider answers that were used.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, Micros, OrgId, attempt::Concern};

use crate::{
    Bytes, Conn, Key, Result, key,
    schema::{attempt, attempt_account, challenge, consumed_state},
};

/// An attempt's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = attempt)]
pub struct Attempt {
    pub hash: Bytes,
    pub browser: Bytes,
    pub kind: String,
    /// `domain::attempt::State` as JSON.
    pub state: String,
    pub rev: i64,
    /// What the provider said, sealed; wiped at the end.
    pub assertion: Option<Bytes>,
    /// A keyed hash of the identity that arrived; wiped with the assertion.
    pub identity: Option<Bytes>,
    /// `domain::path::Continuation` as JSON.
    pub continuation: String,
    pub support_code: String,
    /// A message for the next page: a refusal's code, or empty.
    pub flash: String,
    pub tries_left: i32,
    pub created_at: Micros,
    pub expires_at: Micros,
    /// The provider's session that the identity arrived from, as a keyed hash.
    pub provider_sid: Option<Bytes>,
}

/// Adds an attempt, with the accounts that its state concerns.
pub async fn add_attempt(
    conn: &mut Conn,
    org: OrgId,
    row: &Attempt,
    concerns: &[Concern],
) -> Result<()> {
    let values = (
        attempt::hash.eq(&row.hash),
        attempt::organisation_id.eq(key(org)),
        attempt::browser.eq(&row.browser),
        attempt::kind.eq(&row.kind),
        attempt::state.eq(&row.state),
        attempt::rev.eq(row.rev),
        attempt::assertion.eq(&row.assertion),
        attempt::identity.eq(&row.identity),
        attempt::continuation.eq(&row.continuation),
        attempt::support_code.eq(&row.support_code),
        attempt::flash.eq(&row.flash),
        attempt::tries_left.eq(row.tries_left),
        attempt::created_at.eq(row.created_at),
        attempt::expires_at.eq(row.expires_at),
        attempt::provider_sid.eq(&row.provider_sid),
    );
    on!(conn, |c| diesel::insert_into(attempt::table).values(values).execute(c).await)?;
    add_concerns(conn, &row.hash, concerns).await
}

async fn add_concerns(conn: &mut Conn, hash: &[u8], concerns: &[Concern]) -> Result<()> {
    if concerns.is_empty() {
        return Ok(());
    }
    let row = |c: &Concern| {
        (
            attempt_account::attempt.eq(hash.to_vec()),
            attempt_account::account_id.eq(key(c.account)),
            attempt_account::role.eq(c.role.name()),
            attempt_account::address.eq(c.address.clone()),
        )
    };
    for concern in concerns {
        on!(conn, |c| diesel::insert_into(attempt_account::table)
            .values(row(concern))
            .execute(c)
            .await)?;
    }
    Ok(())
}

/// The attempt of an id, if it belongs to this browser.
pub async fn find_attempt(
    conn: &mut Conn,
    org: OrgId,
    hash: &[u8],
    browser: &[u8],
) -> Result<Option<Attempt>> {
    Ok(on!(conn, |c| attempt::table
        .filter(attempt::hash.eq(hash))
        .filter(attempt::organisation_id.eq(key(org)))
        .filter(attempt::browser.eq(browser))
        .select(Attempt::as_select())
        .first(c)
        .await
        .optional())?)
}

/// Moves an attempt on, if nobody else did since: to a state and the accounts that it concerns. At the end (`over`) the
/// assertion is wiped.
pub async fn set_attempt_state(
    conn: &mut Conn,
    row: &Attempt,
    state: &str,
    flash: &str,
    over: bool,
    concerns: &[Concern],
) -> Result<bool> {
    let target =
        attempt::table.filter(attempt::hash.eq(row.hash.clone())).filter(attempt::rev.eq(row.rev));
    let next = (
        attempt::state.eq(state.to_owned()),
        attempt::rev.eq(row.rev + 1),
        attempt::flash.eq(flash.to_owned()),
    );
    let rows = if over {
        on!(conn, |c| diesel::update(target)
            .set((next, attempt::assertion.eq(None::<Bytes>), attempt::identity.eq(None::<Bytes>)))
            .execute(c)
            .await)?
    } else {
        on!(conn, |c| diesel::update(target).set(next).execute(c).await)?
    };
    if rows == 1 && state != row.state {
        on!(conn, |c| diesel::delete(
            attempt_account::table.filter(attempt_account::attempt.eq(&row.hash))
        )
        .execute(c)
        .await)?;
        add_concerns(conn, &row.hash, concerns).await?;
    }
    Ok(rows == 1)
}

/// Takes one of the attempt's tries, before the answer is compared; `None` when there is none left.
pub async fn take_try(conn: &mut Conn, hash: &[u8]) -> Result<Option<i32>> {
    Ok(on!(conn, |c| diesel::update(
        attempt::table.filter(attempt::hash.eq(hash)).filter(attempt::tries_left.gt(0))
    )
    .set(attempt::tries_left.eq(attempt::tries_left - 1))
    .returning(attempt::tries_left)
    .get_result(c)
    .await
    .optional())?)
}

/// Leaves an attempt so many tries at most.
pub async fn cap_tries(conn: &mut Conn, hash: &[u8], most: i32) -> Result<()> {
    let more = attempt::table.filter(attempt::hash.eq(hash)).filter(attempt::tries_left.gt(most));
    on!(conn, |c| diesel::update(more).set(attempt::tries_left.eq(most)).execute(c).await)?;
    Ok(())
}

/// A challenge's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = challenge)]
pub struct Challenge {
    pub id: Key,
    /// `account_code`, `claim_code` or `decoy`.
    pub kind: String,
    pub account_id: Option<Key>,
    pub mac: Bytes,
    pub sent_to: String,
    pub state: String,
    pub expires_at: Micros,
}

/// A challenge to add. It replaces the open ones of its attempt.
#[derive(Debug, Clone)]
pub struct NewChallenge {
    pub id: [u8; 16],
    pub attempt: Bytes,
    pub kind: String,
    pub account: Option<AccountId>,
    pub mac: Bytes,
    pub sent_to: String,
    pub expires_at: Micros,
}

pub async fn add_challenge(conn: &mut Conn, new: &NewChallenge, at: Micros) -> Result<()> {
    on!(conn, |c| {
        diesel::update(
            challenge::table
                .filter(challenge::attempt.eq(&new.attempt))
                .filter(challenge::state.eq("open")),
        )
        .set(challenge::state.eq("replaced"))
        .execute(c)
        .await?;
        let values = (
            challenge::id.eq(Key(new.id)),
            challenge::attempt.eq(&new.attempt),
            challenge::kind.eq(&new.kind),
            challenge::account_id.eq(new.account.map(key)),
            challenge::mac.eq(&new.mac),
            challenge::sent_to.eq(&new.sent_to),
            challenge::state.eq("open"),
            challenge::created_at.eq(at),
            challenge::expires_at.eq(new.expires_at),
        );
        diesel::insert_into(challenge::table).values(values).execute(c).await
    })?;
    Ok(())
}

/// The open challenge of an attempt.
pub async fn find_challenge(conn: &mut Conn, attempt_hash: &[u8]) -> Result<Option<Challenge>> {
    Ok(on!(conn, |c| challenge::table
        .filter(challenge::attempt.eq(attempt_hash))
        .filter(challenge::state.eq("open"))
        .select(Challenge::as_select())
        .first(c)
        .await
        .optional())?)
}

/// Uses a challenge up; `false` when it was used already (LK-09).
pub async fn consume_challenge_row(conn: &mut Conn, id: Key) -> Result<bool> {
    Ok(on!(conn, |c| diesel::update(
        challenge::table.filter(challenge::id.eq(id)).filter(challenge::state.eq("open"))
    )
    .set(challenge::state.eq("spent"))
    .execute(c)
    .await)?
        == 1)
}

/// Marks a provider's answer as used; `false` when it was.
pub async fn consume_state(conn: &mut Conn, hash: &[u8], until: Micros) -> Result<bool> {
    Ok(on!(conn, |c| diesel::insert_into(consumed_state::table)
        .values((consumed_state::hash.eq(hash), consumed_state::until.eq(until)))
        .on_conflict_do_nothing()
        .execute(c)
        .await)?
        == 1)
}

pub async fn is_state_consumed(conn: &mut Conn, hash: &[u8]) -> Result<bool> {
    let n: i64 = on!(conn, |c| consumed_state::table
        .filter(consumed_state::hash.eq(hash))
        .count()
        .get_result(c)
        .await)?;
    Ok(n > 0)
}

/// Which attempts end.
#[derive(Debug, Clone, Copy)]
pub enum Ending<'a> {
    /// All that concern an account, in whatever role (threat rule 8, MG-02).
    Account(AccountId),
    /// All that an identity began, by its keyed hash: it has its account now, or has lost it (LK-24).
    Identity(&'a [u8]),
    /// All that began in a session of a provider, by its keyed hash.
    ProviderSession(&'a [u8]),
    /// All of a browser.
    Browser(&'a [u8]),
}

/// Ends open attempts and their challenges; answers how many. One that ended shows itself as over, and nothing moves it.
pub async fn end_attempts(conn: &mut Conn, which: Ending<'_>) -> Result<usize> {
    let open = attempt::table
        .filter(attempt::expires_at.gt(attempt::created_at))
        .select(attempt::hash)
        .order(attempt::hash.asc());
    let ended: Vec<Bytes> = match which {
        Ending::Account(account) => {
            let own = attempt_account::table
                .filter(attempt_account::account_id.eq(key(account)))
                .select(attempt_account::attempt);
            on!(conn, |c| open.filter(attempt::hash.eq_any(own)).load(c).await)?
        }
        Ending::Identity(identity) => {
            on!(conn, |c| open.filter(attempt::identity.eq(identity)).load(c).await)?
        }
        Ending::ProviderSession(sid) => {
            on!(conn, |c| open.filter(attempt::provider_sid.eq(sid)).load(c).await)?
        }
        Ending::Browser(browser) => {
            on!(conn, |c| open.filter(attempt::browser.eq(browser)).load(c).await)?
        }
    };
    if ended.is_empty() {
        return Ok(0);
    }
    Ok(on!(conn, |c| {
        diesel::update(
            challenge::table
                .filter(challenge::attempt.eq_any(&ended))
                .filter(challenge::state.eq("open")),
        )
        .set(challenge::state.eq("ended"))
        .execute(c)
        .await?;
        diesel::update(attempt::table.filter(attempt::hash.eq_any(&ended)))
            .set((
                attempt::assertion.eq(None::<Bytes>),
                attempt::identity.eq(None::<Bytes>),
                attempt::expires_at.eq(attempt::created_at),
                attempt::rev.eq(attempt::rev + 1),
            ))
            .execute(c)
            .await
    })?)
}
