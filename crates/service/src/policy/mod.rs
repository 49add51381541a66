//! TODO
pub mod documents;
pub mod providers;
pub(crate) mod context;
pub(crate) mod expressions;
pub(crate) mod second_factor_demand;

