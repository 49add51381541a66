//! Columns that are sealed, to seal them anew when the keys changed (OP-06).
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::OrgId;

use crate::{
    Bytes, Conn, Key, Result,
    accounts::second_factors::{TOTP, TOTP_BEGUN},
    policy::config_version::change_all_config_versions,
    schema::{credential, link, provider},
};

/// Where something is sealed for longer than a few days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// What a provider said of an identity.
    Claims,
    /// A provider's secret.
    ProviderSecret,
    /// The secret of one-time passwords.
    OneTime,
}

impl Column {
    pub const ALL: [Self; 3] = [Self::Claims, Self::ProviderSecret, Self::OneTime];
}

/// A sealed value with what says how it was sealed.
#[derive(Debug, Clone)]
pub struct Sealed {
    pub id: Key,
    pub organisation: OrgId,
    /// The account, where it is part of the purpose.
    pub account: Option<Key>,
    /// As it stands in the row: bytes, or the bytes of a text.
    pub value: Bytes,
}

/// Values of a column by their rows' ids, from one on.
pub async fn list_sealed(
    conn: &mut Conn,
    column: Column,
    after: Key,
    limit: i64,
) -> Result<Vec<Sealed>> {
    match column {
        Column::Claims => {
            let rows: Vec<(Key, Key, Bytes)> = on!(conn, |c| link::table
                .filter(link::id.gt(after))
                .order(link::id.asc())
                .limit(limit)
                .select((link::id, link::organisation_id, link::claims))
                .load(c)
                .await)?;
            Ok(rows
                .into_iter()
                .map(|(id, org, value)| Sealed {
                    id,
                    organisation: org.into(),
                    account: None,
                    value,
                })
                .collect())
        }
        Column::ProviderSecret => {
            let rows: Vec<(Key, Key, Option<Bytes>)> = on!(conn, |c| provider::table
                .filter(provider::id.gt(after))
                .order(provider::id.asc())
                .limit(limit)
                .select((provider::id, provider::organisation_id, provider::secret))
                .load(c)
                .await)?;
            // One without a secret has nothing to seal, but counts as seen.
            Ok(rows
                .into_iter()
                .map(|(id, org, value)| Sealed {
                    id,
                    organisation: org.into(),
                    account: None,
                    value: value.unwrap_or_default(),
                })
                .collect())
        }
        Column::OneTime => {
            let rows: Vec<(Key, Key, Key, String)> = on!(conn, |c| credential::table
                .filter(credential::id.gt(after))
                .filter(credential::kind.eq_any([TOTP, TOTP_BEGUN]))
                .order(credential::id.asc())
                .limit(limit)
                .select((
                    credential::id,
                    credential::organisation_id,
                    credential::account_id,
                    credential::secret
                ))
                .load(c)
                .await)?;
            Ok(rows
                .into_iter()
                .map(|(id, org, account, text)| Sealed {
                    id,
                    organisation: org.into(),
                    account: Some(account),
                    value: text.into_bytes(),
                })
                .collect())
        }
    }
}

/// Puts another value in the place of one, unless somebody changed it meanwhile.
pub async fn replace_sealed(
    conn: &mut Conn,
    column: Column,
    old: &Sealed,
    fresh: &[u8],
) -> Result<()> {
    let id = old.id;
    match column {
        Column::Claims => {
            let own = link::table.find(id).filter(link::claims.eq(&old.value));
            on!(conn, |c| diesel::update(own).set(link::claims.eq(fresh)).execute(c).await)?;
        }
        Column::ProviderSecret => {
            let own = provider::table.find(id).filter(provider::secret.eq(Some(&old.value)));
            on!(conn, |c| diesel::update(own)
                .set(provider::secret.eq(Some(fresh)))
                .execute(c)
                .await)?;
            // Whoever keeps the row as it was keeps what the old key opens.
            change_all_config_versions(conn).await?;
        }
        Column::OneTime => {
            let (before, after) = (
                String::from_utf8_lossy(&old.value).into_owned(),
                String::from_utf8_lossy(fresh).into_owned(),
            );
            let own = credential::table.find(id).filter(credential::secret.eq(before));
            on!(conn, |c| diesel::update(own).set(credential::secret.eq(after)).execute(c).await)?;
        }
    }
    Ok(())
}
