//! Tests over HTTP, in one binary, since each binary holds the whole server; a module a topic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may panic"
)]

mod account;
mod admin;
mod application;
mod application_settings;
mod audit;
mod behaviours;
mod brand;
mod callback;
mod changes;
mod chaos;
mod cluster;
mod commands;
mod confirm;
mod confirmations;
mod conformance_op;
mod console;
mod database;
mod details;
mod directory;
mod docs;
mod floods;
mod flows;
mod forward;
mod gate;
mod groups;
mod inputs;
mod journeys;
mod limits;
mod lines;
mod linking;
mod live_sessions;
mod lives;
mod logged;
mod merge;
mod moving;
mod networks;
mod op;
mod operating;
mod organisations;
mod pages;
mod password;
mod phone;
mod policy;
mod provider_answers;
mod provider_health;
mod provider_logout;
mod registration;
mod restore;
mod rewind;
mod rotation;
mod saml;
mod second_factor;
mod secrets;
mod sign_in;
mod smtp;
mod tabs;
mod test_sign_in;
mod tokens;
mod world;
