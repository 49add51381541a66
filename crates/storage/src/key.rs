//! Sixteen bytes in a Binary column, and the domain's identifiers made from them.
use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    serialize::{self, Output, ToSql},
    sql_types::Binary,
};
use domain::ids::{AccountId, ApplicationId, CredentialId, GroupId, LinkId, OrgId, ProviderId};

/// A row's identifier as the database holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
pub struct Key(pub [u8; 16]);

/// Bytes of any length: hashes and sealed texts.
pub type Bytes = Vec<u8>;

/// The column value of an identifier.
pub fn key(id: impl Into<Key>) -> Key {
    id.into()
}

impl<DB: Backend> FromSql<Binary, DB> for Key
where
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(raw: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = Vec::<u8>::from_sql(raw)?;
        let id: [u8; 16] = bytes.try_into().map_err(|_| "an identifier is not 16 bytes long")?;
        Ok(Self(id))
    }
}

impl<DB: Backend> ToSql<Binary, DB> for Key
where
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <[u8] as ToSql<Binary, DB>>::to_sql(self.0.as_slice(), out)
    }
}

macro_rules! keys {
    ($($id:ident),*) => {$(
        impl From<$id> for Key { fn from(id: $id) -> Self { Self(id.0) } }
        impl From<Key> for $id { fn from(key: Key) -> Self { Self(key.0) } }
    )*};
}
keys!(OrgId, ApplicationId, AccountId, ProviderId, LinkId, CredentialId, GroupId);
