//! Everything of an account that matters for who gets into it, as rows that can be put back.
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    AccountId, CredentialId, LinkId, Micros, OrgId, account_rules::rewind::Way,
    linking::facts::AccountState, policy::ProfileAttribute,
};
use serde::{Deserialize, Serialize};

use crate::{
    Bytes, Conn, Key, Result,
    accounts::{
        attributes::{BY_CODE, set_attribute},
        second_factors::TOTP,
    },
    key,
    schema::{
        account, account_attribute, account_email, credential, link, merge, passkey, recovery_code,
    },
};

/// A row, with its secrets: it is kept sealed only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "row")]
pub enum AccessRow {
    Email {
        canonical: String,
        typed: String,
        proof: String,
        owner: bool,
        primary: bool,
        contested_by: Option<Bytes>,
    },
    Link {
        id: LinkId,
    },
    Credential {
        id: CredentialId,
        kind: String,
        secret: String,
        created_at: Micros,
        used_step: i64,
    },
    RecoveryCodes {
        hashes: Vec<Bytes>,
        created_at: Micros,
    },
    Passkey {
        id: Bytes,
        user_id: [u8; 16],
        name: String,
        data: String,
        created_at: Micros,
        used_at: Option<Micros>,
    },
    Phone {
        number: String,
        value: String,
    },
    Merge {
        id: [u8; 16],
    },
    Deletion,
}

impl AccessRow {
    /// What it is for the rewind; an address can be two things.
    #[must_use]
    pub fn ways(&self) -> Vec<Way> {
        match self {
            Self::Email { canonical, proof, owner, primary, .. } => {
                let address = Way::Address {
                    canonical: canonical.clone(),
                    proof: proof.clone(),
                    owner: *owner,
                };
                std::iter::once(address)
                    .chain(primary.then(|| Way::Primary { canonical: canonical.clone() }))
                    .collect()
            }
            Self::Link { id } => vec![Way::Identity { link: *id }],
            Self::Credential { id, kind, .. } if kind == TOTP => vec![Way::Factor { id: *id }],
            Self::Credential { id, .. } => vec![Way::Password { id: *id }],
            Self::RecoveryCodes { created_at, .. } => vec![Way::RecoveryCodes { at: *created_at }],
            Self::Passkey { id, .. } => vec![Way::Passkey { id: id.clone() }],
            Self::Phone { number, .. } => vec![Way::Phone { number: number.clone() }],
            Self::Merge { id } => vec![Way::Merged { merge: *id }],
            Self::Deletion => vec![Way::Deletion],
        }
    }
}

/// Canonical, typed, proof, owner, primary, contested and by whom.
type EmailRow = (String, String, String, bool, bool, bool, Option<Bytes>);

/// The account's rows of now.
pub async fn list_ways(conn: &mut Conn, id: AccountId) -> Result<Vec<AccessRow>> {
    let own = key(id);
    Ok(on!(conn, |c| {
        let columns = (
            account_email::canonical,
            account_email::typed,
            account_email::proof,
            account_email::owner,
            account_email::is_primary,
            account_email::contested,
            account_email::contested_by,
        );
        let emails: Vec<EmailRow> = account_email::table
            .filter(account_email::account_id.eq(own))
            .filter(account_email::former_until.is_null())
            .select(columns)
            .load(c)
            .await?;
        let mut all: Vec<AccessRow> = emails
            .into_iter()
            .map(|(canonical, typed, proof, owner, primary, contested, by)| AccessRow::Email {
                canonical,
                typed,
                proof,
                owner,
                primary,
                contested_by: by.filter(|_| contested),
            })
            .collect();
        let links: Vec<Key> = link::table
            .filter(link::account_id.eq(own))
            .filter(link::active)
            .select(link::id)
            .load(c)
            .await?;
        all.extend(links.into_iter().map(|id| AccessRow::Link { id: id.into() }));
        let columns = (
            credential::id,
            credential::kind,
            credential::secret,
            credential::created_at,
            credential::used_step,
        );
        let credentials: Vec<(Key, String, String, Micros, i64)> = credential::table
            .filter(credential::account_id.eq(own))
            .filter(credential::kind.eq_any(["password", TOTP]))
            .select(columns)
            .load(c)
            .await?;
        all.extend(credentials.into_iter().map(|(id, kind, secret, created_at, used_step)| {
            AccessRow::Credential { id: id.into(), kind, secret, created_at, used_step }
        }));
        let codes: Vec<(Bytes, Micros)> = recovery_code::table
            .filter(recovery_code::account_id.eq(own))
            .select((recovery_code::hash, recovery_code::created_at))
            .load(c)
            .await?;
        if let [(_, created_at), ..] = codes.as_slice() {
            let created_at = *created_at;
            all.push(AccessRow::RecoveryCodes {
                created_at,
                hashes: codes.into_iter().map(|(hash, _)| hash).collect(),
            });
        }
        let columns = (
            passkey::id,
            passkey::user_id,
            passkey::name,
            passkey::data,
            passkey::created_at,
            passkey::used_at,
        );
        let passkeys: Vec<(Bytes, Key, String, String, Micros, Option<Micros>)> =
            passkey::table.filter(passkey::account_id.eq(own)).select(columns).load(c).await?;
        all.extend(passkeys.into_iter().map(|(id, user_id, name, data, created_at, used_at)| {
            AccessRow::Passkey { id, user_id: user_id.0, name, data, created_at, used_at }
        }));
        let phone = account_attribute::table
            .filter(account_attribute::account_id.eq(own))
            .filter(account_attribute::name.eq(ProfileAttribute::Phone.name()))
            .filter(account_attribute::source.eq(BY_CODE));
        let phones: Vec<(String, String)> =
            phone.select((account_attribute::folded, account_attribute::value)).load(c).await?;
        all.extend(phones.into_iter().map(|(number, value)| AccessRow::Phone { number, value }));
        let merges: Vec<Key> =
            merge::table.filter(merge::account_id.eq(own)).select(merge::id).load(c).await?;
        all.extend(merges.into_iter().map(|id| AccessRow::Merge { id: id.0 }));
        let state: Option<String> =
            account::table.find(own).select(account::state).first(c).await.optional()?;
        if state.as_deref() == Some(AccountState::Closing.name()) {
            all.push(AccessRow::Deletion);
        }
        Ok::<_, diesel::result::Error>(all)
    })?)
}

/// Takes a row away. An address is given up until a moment, or, with `None`, forgotten.
pub async fn remove_way(
    conn: &mut Conn,
    id: AccountId,
    way: &Way,
    at: Micros,
    reserved_until: Option<Micros>,
) -> Result<()> {
    let own = key(id);
    on!(conn, |c| match way {
        Way::Address { canonical, .. } => {
            let row = account_email::table
                .filter(account_email::account_id.eq(own))
                .filter(account_email::canonical.eq(canonical));
            match reserved_until {
                Some(until) => {
                    diesel::update(row)
                        .set((
                            account_email::is_primary.eq(false),
                            account_email::owner.eq(false),
                            account_email::former_until.eq(until),
                        ))
                        .execute(c)
                        .await
                }
                None => diesel::delete(row).execute(c).await,
            }
        }
        Way::Identity { link: id } => {
            let row = link::table
                .filter(link::id.eq(key(*id)))
                .filter(link::account_id.eq(own))
                .filter(link::active);
            diesel::update(row)
                .set((link::active.eq(false), link::released_at.eq(at)))
                .execute(c)
                .await
        }
        Way::Password { id } | Way::Factor { id } =>
            diesel::delete(
                credential::table
                    .filter(credential::id.eq(key(*id)))
                    .filter(credential::account_id.eq(own))
            )
            .execute(c)
            .await,
        Way::RecoveryCodes { .. } =>
            diesel::delete(recovery_code::table.filter(recovery_code::account_id.eq(own)))
                .execute(c)
                .await,
        Way::Passkey { id } =>
            diesel::delete(
                passkey::table.filter(passkey::id.eq(id)).filter(passkey::account_id.eq(own))
            )
            .execute(c)
            .await,
        Way::Phone { number } => {
            let row = account_attribute::table
                .filter(account_attribute::account_id.eq(own))
                .filter(account_attribute::name.eq(ProfileAttribute::Phone.name()))
                .filter(account_attribute::folded.eq(number));
            diesel::delete(row.filter(account_attribute::source.eq(BY_CODE))).execute(c).await
        }
        Way::Deletion => {
            let row = account::table
                .filter(account::id.eq(own))
                .filter(account::state.eq(AccountState::Closing.name()));
            diesel::update(row)
                .set((
                    account::state.eq(AccountState::Active.name()),
                    account::closes_at.eq(None::<Micros>),
                ))
                .execute(c)
                .await
        }
        Way::Primary { .. } | Way::Merged { .. } => Ok(0),
    })?;
    Ok(())
}

/// Puts a row back, where nobody else has it by now. An address gets its owner's mark only if `free`.
pub async fn restore_way(
    conn: &mut Conn,
    org: OrgId,
    id: AccountId,
    row: &AccessRow,
    free: bool,
    new_id: [u8; 16],
    at: Micros,
) -> Result<()> {
    let own = key(id);
    if let AccessRow::Phone { number, value } = row {
        if free {
            set_attribute(
                conn,
                org,
                id,
                &ProfileAttribute::Phone.name(),
                value,
                number,
                BY_CODE,
                at,
            )
            .await?;
        }
        return Ok(());
    }
    on!(conn, |c| match row {
        AccessRow::Email { canonical, typed, proof, owner, contested_by, .. } => {
            let there = account_email::table
                .filter(account_email::account_id.eq(own))
                .filter(account_email::canonical.eq(canonical));
            diesel::delete(there).execute(c).await?;
            let values = (
                account_email::id.eq(Key(new_id)),
                account_email::organisation_id.eq(key(org)),
                account_email::account_id.eq(own),
                account_email::canonical.eq(canonical),
                account_email::typed.eq(typed),
                account_email::proof.eq(proof),
                account_email::owner.eq(*owner && free),
                account_email::is_primary.eq(false),
                account_email::created_at.eq(at),
                account_email::contested.eq(contested_by.is_some()),
                account_email::contested_by.eq(contested_by),
            );
            diesel::insert_into(account_email::table).values(values).execute(c).await
        }
        AccessRow::Link { id } if free => {
            let row = link::table
                .filter(link::id.eq(key(*id)))
                .filter(link::account_id.eq(own))
                .filter(link::active.eq(false))
                .filter(link::barred.eq(false));
            diesel::update(row)
                .set((link::active.eq(true), link::released_at.eq(None::<Micros>)))
                .execute(c)
                .await
        }
        AccessRow::Credential { id, kind, secret, created_at, used_step } => {
            diesel::delete(
                credential::table
                    .filter(credential::account_id.eq(own))
                    .filter(credential::kind.eq(kind)),
            )
            .execute(c)
            .await?;
            let values = (
                credential::id.eq(key(*id)),
                credential::organisation_id.eq(key(org)),
                credential::account_id.eq(own),
                credential::kind.eq(kind),
                credential::secret.eq(secret),
                credential::created_at.eq(*created_at),
                credential::used_step.eq(*used_step),
            );
            diesel::insert_into(credential::table).values(values).execute(c).await
        }
        AccessRow::RecoveryCodes { hashes, created_at } => {
            diesel::delete(recovery_code::table.filter(recovery_code::account_id.eq(own)))
                .execute(c)
                .await?;
            for hash in hashes {
                let values = (
                    recovery_code::hash.eq(hash),
                    recovery_code::account_id.eq(own),
                    recovery_code::created_at.eq(*created_at),
                );
                diesel::insert_into(recovery_code::table).values(values).execute(c).await?;
            }
            Ok(hashes.len())
        }
        AccessRow::Passkey { id, user_id, name, data, created_at, used_at } => {
            let values = (
                passkey::id.eq(id),
                passkey::organisation_id.eq(key(org)),
                passkey::account_id.eq(own),
                passkey::user_id.eq(Key(*user_id)),
                passkey::name.eq(name),
                passkey::data.eq(data),
                passkey::created_at.eq(*created_at),
                passkey::used_at.eq(*used_at),
            );
            diesel::insert_into(passkey::table)
                .values(values)
                .on_conflict_do_nothing()
                .execute(c)
                .await
        }
        AccessRow::Link { .. }
        | AccessRow::Phone { .. }
        | AccessRow::Merge { .. }
        | AccessRow::Deletion => Ok(0),
    })?;
    Ok(())
}

/// Identities that the account's owner barred.
pub async fn list_barred(conn: &mut Conn, id: AccountId) -> Result<Vec<Way>> {
    let rows: Vec<Key> = on!(conn, |c| link::table
        .filter(link::account_id.eq(key(id)))
        .filter(link::barred)
        .select(link::id)
        .load(c)
        .await)?;
    Ok(rows.into_iter().map(|id| Way::Identity { link: id.into() }).collect())
}

/// A link of this account in any state, by its identity.
pub async fn find_own_link(
    conn: &mut Conn,
    id: AccountId,
    namespace: &str,
    subject: &str,
) -> Result<Vec<LinkId>> {
    let own = link::table
        .filter(link::account_id.eq(key(id)))
        .filter(link::namespace.eq(namespace))
        .filter(link::subject.eq(subject));
    let rows: Vec<Key> = on!(conn, |c| own.select(link::id).load(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
