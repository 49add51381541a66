//! Statements that a connection prepares once. diesel prepares every UPDATE and every upsert anew, since the text of
//! one may depend on what is set. Where it does not, that is a round trip and a parse for nothing.
use diesel::{
    QueryResult,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};

/// A statement that has a small, fixed number of texts, whatever values it carries.
#[derive(Debug, Clone)]
pub struct Cached<Q>(Q);

/// Has a statement kept with the connection. Only for those with a small, fixed number of texts, as every one stays.
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

/// No static id: diesel finds it by its text.
impl<Q> QueryId for Cached<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Cached<Q> {
    type SqlType = Q::SqlType;
}
