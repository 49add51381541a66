//! Statements that a connection prepares once. diesel prepares every UPDATE and every upsert anew, since their text may
//! depend on what is set; where it cannot, that is a round trip and a parse for nothing.
use diesel::{
    QueryResult,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};

/// A statement whose text is one of few, whatever values it carries.
#[derive(Debug, Clone)]
pub struct Cached<Q>(Q);

/// Has a statement kept. Only for those that are written the same each time: each text stays with the connection.
pub fn cached<Q>(statement: Q) -> Cached<Q> {
    Cached(statement)
}

impl<Q: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Cached<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Kept by its text.
impl<Q> QueryId for Cached<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Cached<Q> {
    type SqlType = Q::SqlType;
}
