//! What administrators configured, as a use case reads it: policies in force, providers, and values of expressions.
pub(crate) mod applications;
mod configuration;
pub(crate) mod context;
pub mod documents;
pub(crate) mod expression_context;
pub(crate) mod expression_values;
pub(crate) mod expressions;
pub mod known_health;
pub(crate) mod provider_health;
pub mod providers;
pub(crate) mod second_factor_demand;
pub(crate) mod switched_on;
