//! Removes what is over: states, attempts, codes, sessions, pending accounts, sent mails.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    DAY, EventKind, Micros, account_rules::rewind::KEPT, limits::KNOWN_FOR,
    linking::facts::AccountState,
};

use crate::{
    Conn, Result,
    schema::{
        account, account_change, account_email, application_secret, attempt, audit_event,
        auth_code, challenge, consumed_state, counter, device, flash, known_browser, outbox,
        pending_authorization, pushed_request, registration_token, session, token, token_family,
        undo_link,
    },
};

/// One pass; answers how many rows went.
pub async fn tidy(conn: &mut Conn, now: Micros) -> Result<usize> {
    Ok(on!(conn, |c| {
        let mut rows = diesel::delete(consumed_state::table.filter(consumed_state::until.lt(now)))
            .execute(c)
            .await?;
        rows += diesel::delete(attempt::table.filter(attempt::expires_at.lt(now - DAY)))
            .execute(c)
            .await?;
        rows += diesel::delete(challenge::table.filter(challenge::created_at.lt(now - DAY)))
            .execute(c)
            .await?;
        rows += diesel::delete(flash::table.filter(flash::expires_at.lt(now))).execute(c).await?;
        rows += diesel::delete(undo_link::table.filter(undo_link::expires_at.lt(now)))
            .execute(c)
            .await?;
        rows += diesel::delete(account_change::table.filter(account_change::at.lt(now - KEPT)))
            .execute(c)
            .await?;
        rows += diesel::delete(account_email::table.filter(account_email::former_until.lt(now)))
            .execute(c)
            .await?;
        rows += diesel::delete(counter::table.filter(counter::until.lt(now))).execute(c).await?;
        rows +=
            diesel::delete(known_browser::table.filter(known_browser::seen_at.lt(now - KNOWN_FOR)))
                .execute(c)
                .await?;
        rows +=
            diesel::delete(session::table.filter(session::expires_at.lt(now))).execute(c).await?;
        rows += diesel::delete(auth_code::table.filter(auth_code::expires_at.lt(now - DAY)))
            .execute(c)
            .await?;
        rows += diesel::delete(token::table.filter(token::expires_at.lt(now))).execute(c).await?;
        rows += diesel::delete(token_family::table.filter(token_family::expires_at.lt(now)))
            .execute(c)
            .await?;
        rows += diesel::delete(device::table.filter(device::expires_at.lt(now))).execute(c).await?;
        rows += diesel::delete(registration_token::table.filter(
            registration_token::expires_at.lt(now).or(registration_token::uses_left.le(0)),
        ))
        .execute(c)
        .await?;
        rows += diesel::delete(
            pending_authorization::table.filter(pending_authorization::expires_at.lt(now)),
        )
        .execute(c)
        .await?;
        rows += diesel::delete(pushed_request::table.filter(pushed_request::expires_at.lt(now)))
            .execute(c)
            .await?;
        rows += diesel::delete(
            application_secret::table.filter(application_secret::expires_at.lt(now - DAY)),
        )
        .execute(c)
        .await?;
        // A network in the audit trail is a person's address for thirty days, and nothing after that (GD-03).
        let networks = audit_event::table
            .filter(audit_event::kind.eq(EventKind::SignInStuffing.name()))
            .filter(audit_event::at.lt(now - 30 * DAY))
            .filter(audit_event::detail.ne("{}"));
        rows += diesel::update(networks).set(audit_event::detail.eq("{}")).execute(c).await?;
        rows += diesel::delete(
            outbox::table
                .filter(outbox::state.ne("waiting"))
                .filter(outbox::created_at.lt(now - 30 * DAY)),
        )
        .execute(c)
        .await?;
        let pending = account::table
            .filter(account::state.eq(AccountState::Pending.name()))
            .filter(account::created_at.lt(now - DAY));
        diesel::delete(pending).execute(c).await.map(|n| rows + n)
    })?)
}

/// Wipes what providers said in attempts that are over but were never finished (GD-04).
pub async fn wipe_expired_assertions(conn: &mut Conn, now: Micros) -> Result<usize> {
    Ok(on!(conn, |c| diesel::update(
        attempt::table.filter(attempt::expires_at.lt(now)).filter(attempt::assertion.is_not_null())
    )
    .set((attempt::assertion.eq(None::<Vec<u8>>), attempt::identity.eq(None::<Vec<u8>>)))
    .execute(c)
    .await)?)
}
