//! The file of the master key (`keys.file`): whoever has it can open the database.
use std::{io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use anyhow::Context;
use service::MasterKey;

use crate::config::Config;

/// The master keys of the file.
///
/// # Errors
/// No file, or none in it.
pub fn read_master(config: &Config) -> anyhow::Result<MasterKey> {
    let text = std::fs::read_to_string(&config.keys.file).with_context(|| {
        format!(
            "the master key {} cannot be read; `ligature init` makes one",
            config.keys.file.display()
        )
    })?;
    Ok(MasterKey::parse(&text)?)
}

/// Writes a key file beside the old one and moves it there: never half of one.
///
/// # Errors
/// A folder that cannot be written to.
pub fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    let beside = file.with_extension("new");
    let mut made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .with_context(|| format!("{} cannot be made", beside.display()))?;
    made.write_all(text.as_bytes())?;
    made.sync_all()?;
    std::fs::rename(&beside, file).with_context(|| format!("{} cannot be replaced", file.display()))
}
