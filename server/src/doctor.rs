//! `ligature doctor`: what is wrong with the data, the settings and the files, for people and for programs.
use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use serde::Serialize;
use service::{Ligature, admin::organisations::Organisations};
use storage::{maintenance::outbox::list_unsent_mails, postgres::Encryption};

use crate::config::Config;

/// One thing that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A rule of the data (`D1`, `RB-18` …), or the setting or file that is meant.
    pub id: String,
    /// `error`: a rule of the data is broken. `warning`: a danger. `note`: good to know, and no reason to fail.
    pub level: &'static str,
    pub says: String,
}

impl Finding {
    fn warning(id: &str, says: impl Into<String>) -> Self {
        Self { id: id.to_owned(), level: "warning", says: says.into() }
    }

    /// The line for people.
    #[must_use]
    pub fn line(&self) -> String {
        match self.level {
            "error" => format!("{}: {}", self.id, self.says),
            level => format!("{level}: {}: {}", self.id, self.says),
        }
    }
}

/// Everything that can be found.
///
/// # Errors
/// No database.
pub async fn examine(
    config: &Config,
    file: Option<&Path>,
    ligature: &Ligature,
) -> anyhow::Result<Vec<Finding>> {
    let mut found: Vec<Finding> = Vec::new();
    for one in ligature.maintenance().examine().await? {
        found.push(Finding {
            id: one.id.to_owned(),
            level: "error",
            says: format!("{} ({} rows)", one.says, one.rows),
        });
    }
    for one in Organisations::new(ligature.clone()).all().await? {
        for warning in one.maintenance().warnings().await? {
            found.push(Finding::warning(&one.settings.public_url, warning.to_string()));
        }
    }
    if config.http_client.allow_private {
        found.push(Finding::warning(
            "http_client.allow_private",
            "lets providers be called inside the network",
        ));
    }
    if ligature
        .store
        .postgres()
        .is_some_and(|p| p.is_remote() && p.encryption() == Encryption::Clear)
    {
        found.push(Finding::warning("database.url", "the database on another machine is reached in clear; sslmode=require or verify-full prevents it"));
    }
    found.extend(files(config, file));
    let unsent = list_unsent_mails(&mut ligature.store.read().await?, 1000).await?;
    let waiting = unsent.iter().filter(|m| m.state == "waiting").count();
    if let Some(first) = unsent.iter().find(|m| m.state == "waiting") {
        found.push(Finding::warning(
            "mail",
            format!(
                "{waiting} mails or texts wait although they were tried; the oldest: {}",
                first.last_error
            ),
        ));
    }
    if unsent.len() > waiting {
        let says = format!(
            "{} mails or texts were given up; `ligature mails` lists them",
            unsent.len() - waiting
        );
        found.push(Finding { id: "mail".into(), level: "note", says });
    }
    Ok(found)
}

/// Files with secrets that others may read (FS-01).
fn files(config: &Config, file: Option<&Path>) -> Vec<Finding> {
    let mut all: Vec<(PathBuf, u32)> = vec![(config.keys.file.clone(), 0o077)];
    if let Some(path) = config.database.url.strip_prefix("sqlite://") {
        all.extend(["", "-wal"].map(|more| (format!("{path}{more}").into(), 0o077)));
    }
    // A group may administrate; everybody may not read passwords of mail servers and databases.
    all.push((file.unwrap_or(Path::new("ligature.toml")).to_owned(), 0o007));
    let open = |(path, bits): (PathBuf, u32)| {
        let mode = std::fs::metadata(&path).ok()?.permissions().mode();
        (mode & bits != 0).then(|| {
            Finding::warning(
                &path.display().to_string(),
                format!("others may read this file (mode {:o}): chmod 600", mode & 0o777),
            )
        })
    };
    all.into_iter().filter_map(open).collect()
}
