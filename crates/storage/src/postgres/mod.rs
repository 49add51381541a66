//! PostgreSQL: how the server is reached, by TLS or in clear, and what its answers mean for whoever runs it.
mod address;
mod causes;
mod connector;
mod ssl_parameters;
mod url_problem;
mod writes;

pub use address::{Address, Encryption};
pub(crate) use causes::{explained, takes_no_writes};
pub use url_problem::UrlProblem;
pub(crate) use writes::is_read_only;
