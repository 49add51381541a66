//! The OpenID Provider's rows: applications, their registrations, tokens, and who is signed in where.
pub mod applications;
pub mod logins;
pub mod pending;
pub mod registrations;
pub mod tokens;
