//! Layers around the routes, one file each.
pub mod address;
pub mod cross_site;
pub mod headers;
pub mod host;
pub mod request_context;
pub mod text;
