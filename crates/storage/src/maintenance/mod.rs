//! What keeps the instance alive: migrations, keys, outbox, audit trail, backups and the doctor's questions.
pub mod audit;
pub mod audit_batches;
pub mod backup;
pub mod data_keys;
pub mod doctor;
pub mod instance;
pub mod migrate;
pub mod outbox;
pub mod recovery;
pub mod sealed;
pub mod setup;
pub mod tidy;
