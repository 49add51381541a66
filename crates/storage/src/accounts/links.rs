//! Links: which identity belongs to which account. The unique index is the judge (D1, I2).
use diesel::{dsl::exists, prelude::*};
use diesel_async::RunQueryDsl;
use domain::{AccountId, LinkId, Micros, OrgId, ProviderId, linking::facts::AccountState};

use crate::{
    Bytes, Conn, Key, Result,
    accounts::second_factors::TOTP,
    cached, key,
    schema::{account, account_email, credential, link, provider_choice},
};

// The same table once more, for questions about another link of the same account.
diesel::alias!(const TWINS: Alias<Twins> = link as twins);

/// A link's row without its sealed claims.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = link)]
pub struct Link {
    #[diesel(deserialize_as = Key)]
    pub id: LinkId,
    #[diesel(deserialize_as = Key)]
    pub account_id: AccountId,
    #[diesel(deserialize_as = Key)]
    pub provider_id: ProviderId,
    pub namespace: String,
    pub subject: String,
    pub evidence: String,
    pub label: String,
    pub created_at: Micros,
    pub used_at: Micros,
    /// What the person calls it; empty: nothing.
    pub nickname: String,
}

/// A link to add.
#[derive(Debug, Clone)]
pub struct NewLink {
    pub id: LinkId,
    pub account: AccountId,
    pub provider: ProviderId,
    pub namespace: String,
    pub subject: String,
    pub claims: Bytes,
    pub evidence: String,
    pub label: String,
}

/// An identity's link, and what a sign-in asks of its account.
#[derive(Debug, Clone)]
pub struct LinkedIdentity {
    pub link: Link,
    pub state: AccountState,
    pub second_factor: bool,
    /// The address that was asked about is one of the account's.
    pub has_address: bool,
}

/// The active link of an identity, with its account. `address`: canonical, that the identity comes with; empty: none.
pub async fn find_link(
    conn: &mut Conn,
    org: OrgId,
    namespace: &str,
    subject: &str,
    address: &str,
) -> Result<Option<LinkedIdentity>> {
    let row: Option<(Link, Option<String>, bool, bool)> = on!(conn, |c| link::table
        .left_join(account::table.on(account::id.eq(link::account_id)))
        .filter(link::organisation_id.eq(key(org)))
        .filter(link::namespace.eq(namespace))
        .filter(link::subject.eq(subject))
        .filter(link::active)
        .select((
            Link::as_select(),
            account::state.nullable(),
            exists(
                credential::table
                    .filter(credential::account_id.eq(link::account_id))
                    .filter(credential::kind.eq(TOTP))
            ),
            exists(
                account_email::table
                    .filter(account_email::account_id.eq(link::account_id))
                    .filter(account_email::canonical.eq(address))
                    .filter(account_email::former_until.is_null())
            ),
        ))
        .first(c)
        .await
        .optional())?;
    // A link without its account is a fault: it stays known, and opens nothing (ID-15).
    Ok(row.map(|(link, state, second_factor, has_address)| LinkedIdentity {
        link,
        state: state.as_deref().and_then(AccountState::parse).unwrap_or(AccountState::Disabled),
        second_factor,
        has_address,
    }))
}

/// Adds a link; `false` when the identity has an account already.
pub async fn add_link(conn: &mut Conn, org: OrgId, new: &NewLink, at: Micros) -> Result<bool> {
    let values = (
        link::id.eq(key(new.id)),
        link::organisation_id.eq(key(org)),
        link::account_id.eq(key(new.account)),
        link::provider_id.eq(key(new.provider)),
        link::namespace.eq(&new.namespace),
        link::subject.eq(&new.subject),
        link::claims.eq(&new.claims),
        link::evidence.eq(&new.evidence),
        link::label.eq(&new.label),
        link::active.eq(true),
        link::barred.eq(false),
        link::created_at.eq(at),
        link::used_at.eq(at),
    );
    Ok(on!(conn, |c| diesel::insert_into(link::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?
        == 1)
}

pub async fn list_links(conn: &mut Conn, id: AccountId) -> Result<Vec<Link>> {
    Ok(on!(conn, |c| link::table
        .filter(link::account_id.eq(key(id)))
        .filter(link::active)
        .order(link::created_at.asc())
        .select(Link::as_select())
        .load(c)
        .await)?)
}

/// A sign-in by the link: when, and what the provider said this time.
pub async fn touch_link(conn: &mut Conn, id: LinkId, claims: &[u8], at: Micros) -> Result<usize> {
    let touched = diesel::update(link::table.filter(link::id.eq(key(id))).filter(link::active))
        .set((link::used_at.eq(at), link::claims.eq(claims)));
    Ok(on!(conn, |c| cached(touched).execute(c).await)?)
}

/// Releases a link of this account; `false` when there is none.
pub async fn release_link(
    conn: &mut Conn,
    account: AccountId,
    id: LinkId,
    at: Micros,
) -> Result<bool> {
    Ok(on!(conn, |c| diesel::update(
        link::table
            .filter(link::id.eq(key(id)))
            .filter(link::account_id.eq(key(account)))
            .filter(link::active)
    )
    .set((link::active.eq(false), link::released_at.eq(at)))
    .execute(c)
    .await)?
        == 1)
}

/// A released link of this account, with its identity.
pub async fn find_released(
    conn: &mut Conn,
    account: AccountId,
    id: LinkId,
) -> Result<Option<Link>> {
    Ok(on!(conn, |c| link::table
        .filter(link::id.eq(key(id)))
        .filter(link::account_id.eq(key(account)))
        .filter(link::active.eq(false))
        .select(Link::as_select())
        .first(c)
        .await
        .optional())?)
}

/// Takes a release back; the unique index judges whether the identity is free.
pub async fn restore_link(conn: &mut Conn, account: AccountId, id: LinkId) -> Result<bool> {
    Ok(on!(conn, |c| diesel::update(
        link::table
            .filter(link::id.eq(key(id)))
            .filter(link::account_id.eq(key(account)))
            .filter(link::active.eq(false))
    )
    .set((link::active.eq(true), link::barred.eq(false), link::released_at.eq(None::<Micros>)))
    .execute(c)
    .await)?
        == 1)
}

/// The owner said of an identity: this wasn't me. It will not be offered this account again.
pub async fn bar_link(conn: &mut Conn, account: AccountId, id: LinkId) -> Result<()> {
    on!(conn, |c| diesel::update(
        link::table.filter(link::id.eq(key(id))).filter(link::account_id.eq(key(account)))
    )
    .set(link::barred.eq(true))
    .execute(c)
    .await)?;
    Ok(())
}

/// Names an identity of the account; `false`: it has no such identity.
pub async fn set_nickname(
    conn: &mut Conn,
    account: AccountId,
    id: LinkId,
    nickname: &str,
) -> Result<bool> {
    let own = link::table
        .filter(link::id.eq(key(id)))
        .filter(link::account_id.eq(key(account)))
        .filter(link::active);
    Ok(on!(conn, |c| diesel::update(own).set(link::nickname.eq(nickname)).execute(c).await)? == 1)
}

/// Active identities of a provider in one organisation.
pub async fn count_links(conn: &mut Conn, org: OrgId, provider: ProviderId) -> Result<i64> {
    Ok(on!(conn, |c| link::table
        .filter(link::organisation_id.eq(key(org)))
        .filter(link::provider_id.eq(key(provider)))
        .filter(link::active)
        .count()
        .get_result(c)
        .await)?)
}

/// Everything that was ever linked by a provider and is still there, in every organisation: identities, and those that can be
/// taken back.
pub async fn count_every_link(conn: &mut Conn, provider: ProviderId) -> Result<i64> {
    Ok(on!(conn, |c| link::table
        .filter(link::provider_id.eq(key(provider)))
        .count()
        .get_result(c)
        .await)?)
}

/// Identities for which a provider speaks: those of its namespace in its own organisation, in those that take it, and
/// wherever it made the link itself.
pub async fn count_spoken_for(
    conn: &mut Conn,
    org: OrgId,
    provider: ProviderId,
    namespace: &str,
) -> Result<i64> {
    let adopters = provider_choice::table
        .filter(provider_choice::provider_id.eq(key(provider)))
        .filter(provider_choice::enabled)
        .select(provider_choice::organisation_id);
    Ok(on!(conn, |c| link::table
        .filter(link::active)
        .filter(link::namespace.eq(namespace))
        .filter(
            link::organisation_id
                .eq(key(org))
                .or(link::provider_id.eq(key(provider)))
                .or(link::organisation_id.eq_any(adopters))
        )
        .count()
        .get_result(c)
        .await)?)
}

/// Identities of a namespace in an organisation that other providers linked.
pub async fn count_links_beside(
    conn: &mut Conn,
    org: OrgId,
    provider: ProviderId,
    namespace: &str,
) -> Result<i64> {
    Ok(on!(conn, |c| link::table
        .filter(link::active)
        .filter(link::namespace.eq(namespace))
        .filter(link::organisation_id.eq(key(org)))
        .filter(link::provider_id.ne(key(provider)))
        .count()
        .get_result(c)
        .await)?)
}

/// Sealed claims of an account's active identities with their providers, the last used one last (GV-05, GV-06).
pub async fn list_claims(conn: &mut Conn, id: AccountId) -> Result<Vec<(ProviderId, Bytes)>> {
    let rows: Vec<(Key, Bytes)> = on!(conn, |c| link::table
        .filter(link::account_id.eq(key(id)))
        .filter(link::active)
        .order(link::used_at.asc())
        .select((link::provider_id, link::claims))
        .limit(50)
        .load(c)
        .await)?;
    Ok(rows.into_iter().map(|(provider, claims)| (provider.into(), claims)).collect())
}

/// The sealed claims of one link.
pub async fn find_claims(conn: &mut Conn, id: LinkId) -> Result<Option<Bytes>> {
    Ok(on!(conn, |c| link::table.find(key(id)).select(link::claims).first(c).await.optional())?)
}

/// Removes every link of an account: what was attached before its owner proved anything (I6).
pub async fn remove_links(conn: &mut Conn, id: AccountId) -> Result<()> {
    on!(conn, |c| diesel::delete(link::table.filter(link::account_id.eq(key(id))))
        .execute(c)
        .await)?;
    Ok(())
}

/// Active links that a provider made in an organisation, in the order of their ids; `after`: the last of the page before.
pub async fn list_links_of_provider(
    conn: &mut Conn,
    org: OrgId,
    provider: ProviderId,
    after: Option<LinkId>,
    limit: i64,
) -> Result<Vec<Link>> {
    Ok(on!(conn, |c| link::table
        .filter(link::organisation_id.eq(key(org)))
        .filter(link::provider_id.eq(key(provider)))
        .filter(link::active)
        .filter(link::id.gt(key(after.unwrap_or(LinkId([0; 16])))))
        .order(link::id.asc())
        .limit(limit)
        .select(Link::as_select())
        .load(c)
        .await)?)
}

/// Who has identities of a namespace: subject and account of each that has one.
pub async fn find_holders(
    conn: &mut Conn,
    org: OrgId,
    namespace: &str,
    subjects: &[&str],
) -> Result<Vec<(String, AccountId)>> {
    let rows: Vec<(String, Key)> = on!(conn, |c| link::table
        .filter(link::organisation_id.eq(key(org)))
        .filter(link::namespace.eq(namespace))
        .filter(link::subject.eq_any(subjects))
        .filter(link::active)
        .select((link::subject, link::account_id))
        .load(c)
        .await)?;
    Ok(rows.into_iter().map(|(subject, account)| (subject, account.into())).collect())
}

/// Links of a provider in an organisation whose account has one by another provider too, in the order of their ids, with the
/// evidence of the other; `after`: the last of the page before.
pub async fn list_twins(
    conn: &mut Conn,
    org: OrgId,
    provider: ProviderId,
    twin: ProviderId,
    after: Option<LinkId>,
    limit: i64,
) -> Result<Vec<(LinkId, AccountId, String)>> {
    let of_account = TWINS.on(TWINS
        .field(link::account_id)
        .eq(link::account_id)
        .and(TWINS.field(link::provider_id).eq(key(twin)))
        .and(TWINS.field(link::active)));
    let rows: Vec<(Key, Key, String)> = on!(conn, |c| link::table
        .inner_join(of_account)
        .filter(link::organisation_id.eq(key(org)))
        .filter(link::provider_id.eq(key(provider)))
        .filter(link::active)
        .filter(link::id.gt(key(after.unwrap_or(LinkId([0; 16])))))
        .filter(TWINS.field(link::evidence).like("%moved_from%"))
        .order(link::id.asc())
        .limit(limit)
        .select((link::id, link::account_id, TWINS.field(link::evidence)))
        .load(c)
        .await)?;
    Ok(rows
        .into_iter()
        .map(|(link, account, evidence)| (link.into(), account.into(), evidence))
        .collect())
}
