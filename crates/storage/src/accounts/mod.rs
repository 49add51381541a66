//! Accounts, their addresses, passwords and roles.
pub mod access;
pub mod agreements;
pub mod attributes;
mod email_proof;
pub mod groups;
pub mod journal;
pub mod links;
pub mod merges;
pub mod passkeys;
pub mod search;
pub mod second_factors;
pub mod snapshots;
pub mod stranded;

pub use email_proof::EmailProof;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    AccountId, CredentialId, Micros, OrgId, contact::Contact, email_address::Canonical,
    linking::facts::AccountState,
};

use crate::{
    Bytes, Conn, Error, Key, Result, key,
    schema::{account, account_email, account_subject, credential, link, role},
    sign_in::attempts::{Ending, end_attempts},
};

/// An account's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = account)]
pub struct Account {
    #[diesel(deserialize_as = Key)]
    pub id: AccountId,
    pub state: String,
    pub rev: i64,
    pub name: String,
    pub locale: String,
    pub created_at: Micros,
}

impl Account {
    /// The state; a name that this version does not know counts as disabled.
    #[must_use]
    pub fn state(&self) -> AccountState {
        AccountState::parse(&self.state).unwrap_or(AccountState::Disabled)
    }
}

/// An address of an account.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = account_email)]
pub struct Email {
    #[diesel(deserialize_as = Key)]
    pub account_id: AccountId,
    pub canonical: String,
    /// For pages: the same address as [`domain::email_address::Canonical::shown`] has it.
    pub typed: String,
    #[diesel(deserialize_as = String)]
    pub proof: EmailProof,
    pub owner: bool,
    pub is_primary: bool,
    pub created_at: Micros,
    /// Another subject of an issuer that has a link on the account came with it: it proves nothing for now (I13).
    pub contested: bool,
    /// That subject, by a keyed hash; it stays when the contest is settled.
    pub contested_by: Option<Bytes>,
}

impl Email {
    /// It was proved to be the account's own, in some way.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.proof != EmailProof::None
    }

    /// Where mail to it goes: the spelling that is compared, never the one that is shown.
    #[must_use]
    pub fn contact(&self) -> Option<Contact> {
        Canonical::parse(&self.canonical).ok().map(Contact::Mailbox)
    }
}

/// A new address.
#[derive(Debug, Clone)]
pub struct NewEmail {
    pub address: Canonical,
    pub proof: EmailProof,
    pub owner: bool,
    pub primary: bool,
}

pub async fn find_account(conn: &mut Conn, org: OrgId, id: AccountId) -> Result<Option<Account>> {
    Ok(on!(conn, |c| account::table
        .filter(account::organisation_id.eq(key(org)))
        .filter(account::id.eq(key(id)))
        .select(Account::as_select())
        .first(c)
        .await
        .optional())?)
}

/// Adds an account with its public subject.
#[expect(clippy::too_many_arguments, reason = "a row has this many values")]
pub async fn add_account(
    conn: &mut Conn,
    org: OrgId,
    id: AccountId,
    state: AccountState,
    name: &str,
    locale: &str,
    sub: &str,
    at: Micros,
) -> Result<()> {
    let values = (
        account::id.eq(key(id)),
        account::organisation_id.eq(key(org)),
        account::state.eq(state.name()),
        account::rev.eq(1),
        account::name.eq(name),
        account::locale.eq(locale),
        account::profile.eq("{}"),
        account::created_at.eq(at),
    );
    let subject = (
        account_subject::sub.eq(sub),
        account_subject::organisation_id.eq(key(org)),
        account_subject::account_id.eq(key(id)),
        account_subject::sector.eq(""),
    );
    on!(conn, |c| {
        diesel::insert_into(account::table).values(values).execute(c).await?;
        diesel::insert_into(account_subject::table).values(subject).execute(c).await
    })?;
    Ok(())
}

/// The subject that applications know the account by.
pub async fn find_subject(conn: &mut Conn, id: AccountId) -> Result<Option<String>> {
    Ok(on!(conn, |c| account_subject::table
        .filter(account_subject::account_id.eq(key(id)))
        .filter(account_subject::sector.eq(""))
        .select(account_subject::sub)
        .first(c)
        .await
        .optional())?)
}

/// The mutex of an account's methods, addresses and state, taken by every transaction that changes them. What is open and
/// concerns the account ends with it, but for the attempt that makes the change: that one is over before (MG-02).
///
/// # Errors
/// [`Error::Changed`] when the account is no longer at `rev`.
pub async fn bump_rev(conn: &mut Conn, id: AccountId, rev: i64) -> Result<()> {
    let rows = on!(conn, |c| diesel::update(
        account::table.filter(account::id.eq(key(id))).filter(account::rev.eq(rev))
    )
    .set(account::rev.eq(rev + 1))
    .execute(c)
    .await)?;
    if rows != 1 {
        return Err(Error::Changed);
    }
    end_attempts(conn, Ending::Account(id)).await.map(drop)
}

/// Holds an account's row until the transaction ends: whoever else changes the account, ends its sessions or signs in to
/// it waits. SQLite has one writer, who holds everything already.
pub async fn hold_account(conn: &mut Conn, id: AccountId) -> Result<()> {
    if let Conn::Pg(c) = conn {
        account::table
            .filter(account::id.eq(key(id)))
            .select(account::rev)
            .for_no_key_update()
            .load::<i64>(&mut **c)
            .await?;
    }
    Ok(())
}

/// Holds the account that an identity is linked to, likewise.
pub async fn hold_account_of(
    conn: &mut Conn,
    org: OrgId,
    namespace: &str,
    subject: &str,
) -> Result<()> {
    if let Conn::Pg(c) = conn {
        let linked = link::table
            .filter(link::organisation_id.eq(key(org)))
            .filter(link::namespace.eq(namespace))
            .filter(link::subject.eq(subject))
            .filter(link::active)
            .select(link::account_id);
        account::table
            .filter(account::id.eq_any(linked))
            .select(account::rev)
            .for_no_key_update()
            .load::<i64>(&mut **c)
            .await?;
    }
    Ok(())
}

pub async fn set_account_state(
    conn: &mut Conn,
    org: OrgId,
    id: AccountId,
    state: AccountState,
) -> Result<()> {
    on!(conn, |c| diesel::update(
        account::table
            .filter(account::organisation_id.eq(key(org)))
            .filter(account::id.eq(key(id)))
    )
    .set(account::state.eq(state.name()))
    .execute(c)
    .await)?;
    Ok(())
}

/// The account goes at a moment, or stays after all; its state follows.
pub async fn set_closing(conn: &mut Conn, id: AccountId, at: Option<Micros>) -> Result<()> {
    let state = if at.is_some() { AccountState::Closing } else { AccountState::Active };
    on!(conn, |c| diesel::update(account::table.find(key(id)))
        .set((account::state.eq(state.name()), account::closes_at.eq(at)))
        .execute(c)
        .await)?;
    Ok(())
}

/// Accounts whose time is over.
pub async fn list_closed(
    conn: &mut Conn,
    org: OrgId,
    now: Micros,
    limit: i64,
) -> Result<Vec<AccountId>> {
    let rows: Vec<Key> = on!(conn, |c| account::table
        .filter(account::organisation_id.eq(key(org)))
        .filter(account::state.eq(AccountState::Closing.name()))
        .filter(account::closes_at.le(now))
        .select(account::id)
        .limit(limit)
        .load(c)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Removes an account and everything that hangs on it.
pub async fn remove_account(conn: &mut Conn, id: AccountId) -> Result<()> {
    on!(conn, |c| diesel::delete(account::table.find(key(id))).execute(c).await)?;
    Ok(())
}

pub async fn set_account_name(conn: &mut Conn, id: AccountId, name: &str) -> Result<()> {
    on!(conn, |c| diesel::update(account::table.find(key(id)))
        .set(account::name.eq(name))
        .execute(c)
        .await)?;
    Ok(())
}

/// Pending accounts that hold an address, the purge list of a proof.
pub async fn remove_pending_accounts(
    conn: &mut Conn,
    org: OrgId,
    canonical: &str,
    except: AccountId,
) -> Result<()> {
    on!(conn, |c| {
        let ids: Vec<Key> = account_email::table
            .inner_join(account::table.on(account::id.eq(account_email::account_id)))
            .filter(account_email::organisation_id.eq(key(org)))
            .filter(account_email::canonical.eq(canonical))
            .filter(account::state.eq(AccountState::Pending.name()))
            .filter(account::id.ne(key(except)))
            .select(account::id)
            .load(c)
            .await?;
        diesel::delete(account::table.filter(account::id.eq_any(ids))).execute(c).await
    })?;
    Ok(())
}

pub async fn list_emails(conn: &mut Conn, id: AccountId) -> Result<Vec<Email>> {
    Ok(on!(conn, |c| account_email::table
        .filter(account_email::account_id.eq(key(id)))
        .filter(account_email::former_until.is_null())
        .order((account_email::is_primary.desc(), account_email::created_at.asc()))
        .select(Email::as_select())
        .load(c)
        .await)?)
}

/// Adds an address. `owner` is dropped when another account owns the address already: the row becomes a co-holder.
pub async fn add_email(
    conn: &mut Conn,
    org: OrgId,
    id: AccountId,
    email: &NewEmail,
    row: [u8; 16],
    at: Micros,
) -> Result<bool> {
    let taken = email.owner && find_owner(conn, org, email.address.as_str()).await?.is_some();
    let owner = email.owner && !taken;
    let values = (
        account_email::id.eq(Key(row)),
        account_email::organisation_id.eq(key(org)),
        account_email::account_id.eq(key(id)),
        account_email::canonical.eq(email.address.as_str()),
        account_email::typed.eq(email.address.shown()),
        account_email::proof.eq(email.proof.to_string()),
        account_email::owner.eq(owner),
        account_email::is_primary.eq(email.primary),
        account_email::created_at.eq(at),
    );
    on!(conn, |c| diesel::insert_into(account_email::table).values(values).execute(c).await)?;
    Ok(owner)
}

/// Whether another account owns an address, or gave it up so lately that it stays reserved for it.
pub async fn is_email_taken(
    conn: &mut Conn,
    org: OrgId,
    canonical: &str,
    by_others_than: AccountId,
    now: Micros,
) -> Result<bool> {
    let n: i64 = on!(conn, |c| account_email::table
        .filter(account_email::organisation_id.eq(key(org)))
        .filter(account_email::canonical.eq(canonical))
        .filter(account_email::account_id.ne(key(by_others_than)))
        .filter(account_email::owner.or(account_email::former_until.gt(now).assume_not_null()))
        .count()
        .get_result(c)
        .await)?;
    Ok(n > 0)
}

/// The accounts' unfinished sign-up that holds an address, the oldest one.
pub async fn find_pending(
    conn: &mut Conn,
    org: OrgId,
    canonical: &str,
) -> Result<Option<AccountId>> {
    let row: Option<Key> = on!(conn, |c| account_email::table
        .inner_join(account::table.on(account::id.eq(account_email::account_id)))
        .filter(account_email::organisation_id.eq(key(org)))
        .filter(account_email::canonical.eq(canonical))
        .filter(account::state.eq(AccountState::Pending.name()))
        .order(account::created_at.asc())
        .select(account::id)
        .first(c)
        .await
        .optional())?;
    Ok(row.map(Into::into))
}

/// Makes an address the primary one; the one before it stays, or is given up and reserved until a moment.
pub async fn set_primary_email(
    conn: &mut Conn,
    id: AccountId,
    canonical: &str,
    give_up_until: Option<Micros>,
) -> Result<()> {
    let others = account_email::table
        .filter(account_email::account_id.eq(key(id)))
        .filter(account_email::is_primary)
        .filter(account_email::canonical.ne(canonical.to_owned()));
    let own = account_email::table
        .filter(account_email::account_id.eq(key(id)))
        .filter(account_email::canonical.eq(canonical.to_owned()));
    on!(conn, |c| {
        if let Some(until) = give_up_until {
            diesel::update(others)
                .set((
                    account_email::is_primary.eq(false),
                    account_email::owner.eq(false),
                    account_email::former_until.eq(until),
                ))
                .execute(c)
                .await?;
        } else {
            diesel::update(others).set(account_email::is_primary.eq(false)).execute(c).await?;
        }
        diesel::update(own)
            .set((
                account_email::is_primary.eq(true),
                account_email::former_until.eq(None::<Micros>),
            ))
            .execute(c)
            .await
    })?;
    Ok(())
}

/// Addresses that an account gave up and that are still reserved for it.
pub async fn list_former_emails(conn: &mut Conn, id: AccountId, now: Micros) -> Result<Vec<Email>> {
    Ok(on!(conn, |c| account_email::table
        .filter(account_email::account_id.eq(key(id)))
        .filter(account_email::former_until.gt(now))
        .select(Email::as_select())
        .load(c)
        .await)?)
}

/// Removes one address of an account, also one that was given up.
pub async fn remove_email(conn: &mut Conn, id: AccountId, canonical: &str) -> Result<()> {
    on!(conn, |c| diesel::delete(
        account_email::table
            .filter(account_email::account_id.eq(key(id)))
            .filter(account_email::canonical.eq(canonical))
    )
    .execute(c)
    .await)?;
    Ok(())
}

/// Addresses of an account other than one: what was entered before that one was proved goes (I6).
pub async fn remove_other_emails(conn: &mut Conn, id: AccountId, canonical: &str) -> Result<()> {
    on!(conn, |c| diesel::delete(
        account_email::table
            .filter(account_email::account_id.eq(key(id)))
            .filter(account_email::canonical.ne(canonical))
    )
    .execute(c)
    .await)?;
    Ok(())
}

/// Makes an account the owner of an address that it proved by our code.
pub async fn own_email(conn: &mut Conn, id: AccountId, canonical: &str) -> Result<()> {
    on!(conn, |c| diesel::update(
        account_email::table
            .filter(account_email::account_id.eq(key(id)))
            .filter(account_email::canonical.eq(canonical))
    )
    .set((account_email::owner.eq(true), account_email::proof.eq("code")))
    .execute(c)
    .await)?;
    Ok(())
}

/// Marks an address as contested by an identity that is no account's: for each account that has it proved, and an active
/// link to another subject of the namespace. Answers the accounts for which that is new; an identity for which it was
/// settled contests it no more (I13).
pub async fn contest_email(
    conn: &mut Conn,
    org: OrgId,
    canonical: &str,
    namespace: &str,
    subject: &str,
    identity: &[u8],
) -> Result<Vec<AccountId>> {
    let rivals = link::table
        .filter(link::organisation_id.eq(key(org)))
        .filter(link::namespace.eq(namespace.to_owned()))
        .filter(link::subject.ne(subject.to_owned()))
        .filter(link::active)
        .select(link::account_id);
    let rows: Vec<Key> = on!(conn, |c| diesel::update(
        account_email::table
            .filter(account_email::organisation_id.eq(key(org)))
            .filter(account_email::canonical.eq(canonical))
            .filter(account_email::former_until.is_null())
            .filter(account_email::proof.ne("none"))
            .filter(
                account_email::contested_by
                    .is_null()
                    .or(account_email::contested_by.assume_not_null().ne(identity))
            )
            .filter(account_email::account_id.eq_any(rivals))
    )
    .set((account_email::contested.eq(true), account_email::contested_by.eq(identity)))
    .returning(account_email::account_id)
    .get_results(c)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The mailbox is the account's after all, against everybody or against one identity; `false`: it was not contested so.
pub async fn settle_email(
    conn: &mut Conn,
    id: AccountId,
    canonical: &str,
    against: Option<&[u8]>,
) -> Result<bool> {
    let own = account_email::table
        .filter(account_email::account_id.eq(key(id)))
        .filter(account_email::canonical.eq(canonical))
        .filter(account_email::contested);
    let rows = match against {
        None => on!(conn, |c| diesel::update(own)
            .set(account_email::contested.eq(false))
            .execute(c)
            .await)?,
        Some(identity) => {
            on!(conn, |c| diesel::update(own.filter(account_email::contested_by.eq(identity)))
                .set(account_email::contested.eq(false))
                .execute(c)
                .await)?
        }
    };
    Ok(rows == 1)
}

/// The account that owns an address.
pub async fn find_owner(conn: &mut Conn, org: OrgId, canonical: &str) -> Result<Option<AccountId>> {
    let row: Option<Key> = on!(conn, |c| account_email::table
        .filter(account_email::organisation_id.eq(key(org)))
        .filter(account_email::canonical.eq(canonical))
        .filter(account_email::owner)
        .select(account_email::account_id)
        .first(c)
        .await
        .optional())?;
    Ok(row.map(Into::into))
}

/// Accounts of any state that hold an address, with the address: owner first.
pub async fn list_holders(
    conn: &mut Conn,
    org: OrgId,
    canonical: &str,
) -> Result<Vec<(Account, Email)>> {
    Ok(on!(conn, |c| account_email::table
        .inner_join(account::table.on(account::id.eq(account_email::account_id)))
        .filter(account_email::organisation_id.eq(key(org)))
        .filter(account_email::canonical.eq(canonical))
        .filter(account_email::former_until.is_null())
        .order((account_email::owner.desc(), account_email::created_at.asc()))
        .limit(20)
        .select((Account::as_select(), Email::as_select()))
        .load(c)
        .await)?)
}

/// A stored password hash (PHC string).
pub async fn find_password(conn: &mut Conn, id: AccountId) -> Result<Option<String>> {
    Ok(find_password_row(conn, id).await?.map(|(_, secret)| secret))
}

/// The same with its id: every password that is set has a new one.
pub async fn find_password_row(
    conn: &mut Conn,
    id: AccountId,
) -> Result<Option<(CredentialId, String)>> {
    let own = credential::table
        .filter(credential::account_id.eq(key(id)))
        .filter(credential::kind.eq("password"));
    let row: Option<(Key, String)> =
        on!(conn, |c| own.select((credential::id, credential::secret)).first(c).await.optional())?;
    Ok(row.map(|(id, secret)| (id.into(), secret)))
}

/// Sets or replaces the password hash.
pub async fn set_password(
    conn: &mut Conn,
    org: OrgId,
    id: AccountId,
    row: CredentialId,
    phc: &str,
    at: Micros,
) -> Result<()> {
    on!(conn, |c| {
        diesel::delete(
            credential::table
                .filter(credential::account_id.eq(key(id)))
                .filter(credential::kind.eq("password")),
        )
        .execute(c)
        .await?;
        let values = (
            credential::id.eq(key(row)),
            credential::organisation_id.eq(key(org)),
            credential::account_id.eq(key(id)),
            credential::kind.eq("password"),
            credential::secret.eq(phc),
            credential::created_at.eq(at),
        );
        diesel::insert_into(credential::table).values(values).execute(c).await
    })?;
    Ok(())
}

/// The same password hashed at another cost, if it is still the same.
pub async fn rehash_password(conn: &mut Conn, id: AccountId, old: &str, fresh: &str) -> Result<()> {
    let same = credential::table
        .filter(credential::account_id.eq(key(id)))
        .filter(credential::kind.eq("password"))
        .filter(credential::secret.eq(old));
    on!(conn, |c| diesel::update(same).set(credential::secret.eq(fresh)).execute(c).await)?;
    Ok(())
}

/// When the password was set.
pub async fn password_set_at(conn: &mut Conn, id: AccountId) -> Result<Option<Micros>> {
    Ok(on!(conn, |c| credential::table
        .filter(credential::account_id.eq(key(id)))
        .filter(credential::kind.eq("password"))
        .select(credential::created_at)
        .first(c)
        .await
        .optional())?)
}

pub async fn remove_password(conn: &mut Conn, id: AccountId) -> Result<usize> {
    Ok(on!(conn, |c| diesel::delete(
        credential::table
            .filter(credential::account_id.eq(key(id)))
            .filter(credential::kind.eq("password"))
    )
    .execute(c)
    .await)?)
}

pub async fn list_roles(conn: &mut Conn, org: OrgId, id: AccountId) -> Result<Vec<String>> {
    Ok(on!(conn, |c| role::table
        .filter(role::organisation_id.eq(key(org)))
        .filter(role::account_id.eq(key(id)))
        .select(role::name)
        .load(c)
        .await)?)
}

pub async fn add_role(
    conn: &mut Conn,
    org: OrgId,
    id: AccountId,
    name: &str,
    at: Micros,
) -> Result<()> {
    let values = (
        role::organisation_id.eq(key(org)),
        role::account_id.eq(key(id)),
        role::name.eq(name),
        role::created_at.eq(at),
    );
    on!(conn, |c| diesel::insert_into(role::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?;
    Ok(())
}

/// Takes a role away; `false` when the account did not have it.
pub async fn remove_role(conn: &mut Conn, org: OrgId, id: AccountId, name: &str) -> Result<bool> {
    Ok(on!(conn, |c| diesel::delete(role::table.find((key(org), key(id), name))).execute(c).await)?
        == 1)
}

/// Accounts of an organisation that have a role.
pub async fn list_holders_of_role(
    conn: &mut Conn,
    org: OrgId,
    name: &str,
) -> Result<Vec<AccountId>> {
    let rows: Vec<Key> = on!(conn, |c| role::table
        .filter(role::organisation_id.eq(key(org)))
        .filter(role::name.eq(name))
        .select(role::account_id)
        .limit(100)
        .load(c)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How many accounts there are.
pub async fn count_accounts(conn: &mut Conn, org: OrgId) -> Result<i64> {
    Ok(on!(conn, |c| account::table
        .filter(account::organisation_id.eq(key(org)))
        .count()
        .get_result(c)
        .await)?)
}
