//! Attempts (one passage through sign-in), their challenges, and provider answers that were used.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{AccountId, Micros, OrgId};

use crate::{
    Bytes, Conn, Key, Result, key,
    schema::{attempt, challenge, spent_state},
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
    /// `domain::path::Continuation` as JSON.
    pub continuation: String,
    pub support_code: String,
    /// A message for the next page: a refusal's code, or empty.
    pub flash: String,
    pub tries_left: i32,
    pub created_at: Micros,
    pub expires_at: Micros,
}

pub async fn add_attempt(conn: &mut Conn, org: OrgId, row: &Attempt) -> Result<()> {
    let values = (
        attempt::hash.eq(&row.hash),
        attempt::organisation_id.eq(key(org)),
        attempt::browser.eq(&row.browser),
        attempt::kind.eq(&row.kind),
        attempt::state.eq(&row.state),
        attempt::rev.eq(row.rev),
        attempt::assertion.eq(&row.assertion),
        attempt::continuation.eq(&row.continuation),
        attempt::support_code.eq(&row.support_code),
        attempt::flash.eq(&row.flash),
        attempt::tries_left.eq(row.tries_left),
        attempt::created_at.eq(row.created_at),
        attempt::expires_at.eq(row.expires_at),
    );
    on!(conn, |c| diesel::insert_into(attempt::table).values(values).execute(c).await)?;
    Ok(())
}

/// The attempt of an id, if it belongs to this browser.
pub async fn find_attempt(conn: &mut Conn, org: OrgId, hash: &[u8], browser: &[u8]) -> Result<Option<Attempt>> {
    Ok(on!(conn, |c| attempt::table
        .filter(attempt::hash.eq(hash))
        .filter(attempt::organisation_id.eq(key(org)))
        .filter(attempt::browser.eq(browser))
        .select(Attempt::as_select())
        .first(c)
        .await
        .optional())?)
}

/// Moves an attempt on, if nobody else did since; the assertion is wiped when `wipe`.
pub async fn set_attempt_state(conn: &mut Conn, row: &Attempt, state: &str, flash: &str, wipe: bool) -> Result<bool> {
    let target = attempt::table.filter(attempt::hash.eq(row.hash.clone())).filter(attempt::rev.eq(row.rev));
    let next = (attempt::state.eq(state.to_owned()), attempt::rev.eq(row.rev + 1), attempt::flash.eq(flash.to_owned()));
    let rows = if wipe {
        on!(conn, |c| diesel::update(target).set((next, attempt::assertion.eq(None::<Bytes>))).execute(c).await)?
    } else {
        on!(conn, |c| diesel::update(target).set(next).execute(c).await)?
    };
    Ok(rows == 1)
}

/// Takes one of the attempt's tries, before the answer is compared; `None` when there is none left.
pub async fn take_try(conn: &mut Conn, hash: &[u8]) -> Result<Option<i32>> {
    Ok(on!(conn, |c| diesel::update(attempt::table.filter(attempt::hash.eq(hash)).filter(attempt::tries_left.gt(0)))
        .set(attempt::tries_left.eq(attempt::tries_left - 1))
        .returning(attempt::tries_left)
        .get_result(c)
        .await
        .optional())?)
}

/// Leaves an attempt so many tries at most.
pub async fn keep_tries(conn: &mut Conn, hash: &[u8], most: i32) -> Result<()> {
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
        diesel::update(challenge::table.filter(challenge::attempt.eq(&new.attempt)).filter(challenge::state.eq("open"))).set(challenge::state.eq("replaced")).execute(c).await?;
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
    Ok(on!(conn, |c| challenge::table.filter(challenge::attempt.eq(attempt_hash)).filter(challenge::state.eq("open")).select(Challenge::as_select()).first(c).await.optional())?)
}

/// Uses a challenge up; `false` when it was used already (LK-09).
pub async fn spend_challenge(conn: &mut Conn, id: Key) -> Result<bool> {
    Ok(on!(conn, |c| diesel::update(challenge::table.filter(challenge::id.eq(id)).filter(challenge::state.eq("open"))).set(challenge::state.eq("spent")).execute(c).await)? == 1)
}

/// Marks a provider's answer as used; `false` when it was.
pub async fn spend_state(conn: &mut Conn, hash: &[u8], until: Micros) -> Result<bool> {
    Ok(on!(conn, |c| diesel::insert_into(spent_state::table).values((spent_state::hash.eq(hash), spent_state::until.eq(until))).on_conflict_do_nothing().execute(c).await)? == 1)
}

pub async fn is_spent(conn: &mut Conn, hash: &[u8]) -> Result<bool> {
    let n: i64 = on!(conn, |c| spent_state::table.filter(spent_state::hash.eq(hash)).count().get_result(c).await)?;
    Ok(n > 0)
}

/// Ends the open attempts of a browser that were for adding to an account, or all that target an account.
/// Ends the open attempts whose code goes to an account (threat rule 8).
pub async fn end_attempts_of_account(conn: &mut Conn, account: AccountId) -> Result<usize> {
    let own = challenge::table.filter(challenge::account_id.eq(key(account))).select(challenge::attempt);
    Ok(on!(conn, |c| diesel::delete(attempt::table.filter(attempt::hash.eq_any(own))).execute(c).await)?)
}

pub async fn end_attempts_of_browser(conn: &mut Conn, browser: &[u8]) -> Result<usize> {
    Ok(on!(conn, |c| diesel::update(attempt::table.filter(attempt::browser.eq(browser)))
        .set((attempt::assertion.eq(None::<Bytes>), attempt::expires_at.eq(0), attempt::rev.eq(attempt::rev + 1)))
        .execute(c)
        .await)?)
}
