//! A private PostgreSQL cluster in a temporary folder, for one run.
use std::{path::PathBuf, process::Command};

use crate::shell::{Result, free_port, output, run};

/// The newest installed binaries.
pub fn binaries() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|d| d.path().join("bin"))
        .filter(|d| d.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}

/// A running cluster; it stops when dropped.
pub struct Cluster {
    folder: PathBuf,
    bin: PathBuf,
    as_postgres: bool,
    pub url: String,
}

impl Cluster {
    /// Starts a cluster on a free port, for tests: what it holds may be lost.
    pub fn start() -> Result<Self> {
        Self::with("-c fsync=off")
    }

    /// Starts a cluster that keeps what it was told to keep, for the bench.
    pub fn start_durable() -> Result<Self> {
        Self::with("")
    }

    /// The process id of the server.
    pub fn pid(&self) -> Result<String> {
        let text = output(Command::new("cat").arg(self.folder.join("data/postmaster.pid")))?;
        text.lines().next().map(str::to_owned).ok_or_else(|| "no pid".into())
    }

    fn with(more: &str) -> Result<Self> {
        let bin = binaries().ok_or("PostgreSQL is not installed")?;
        let folder = std::env::temp_dir().join(format!("ligature-pg-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
        let as_postgres = output(Command::new("id").arg("-u"))?.trim() == "0";
        if as_postgres {
            run(Command::new("chown").arg("postgres").arg(&folder))?;
        }
        let port = free_port()?;
        let cluster = Self {
            folder,
            bin,
            as_postgres,
            url: format!("postgres://ligature@127.0.0.1:{port}/postgres"),
        };
        let data = cluster.folder.join("data");
        run(cluster
            .command("initdb")
            .args(["-N", "-A", "trust", "-U", "ligature", "-E", "UTF8", "--locale=C", "-D"])
            .arg(&data)
            .stdout(std::process::Stdio::null()))?;
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c max_connections=400 -c unix_socket_directories={} {more}",
            cluster.folder.display()
        );
        run(cluster
            .command("pg_ctl")
            .args(["-w", "-o", &options, "-l"])
            .arg(cluster.folder.join("log"))
            .arg("-D")
            .arg(&data)
            .arg("start")
            .stdout(std::process::Stdio::null()))?;
        Ok(cluster)
    }

    fn command(&self, program: &str) -> Command {
        let path = self.bin.join(program);
        let mut command = if self.as_postgres {
            let mut c = Command::new("setpriv");
            c.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(path);
            c
        } else {
            Command::new(path)
        };
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(
            self.command("pg_ctl")
                .args(["-w", "-m", "immediate", "-D"])
                .arg(self.folder.join("data"))
                .arg("stop")
                .stdout(std::process::Stdio::null())
                .status(),
        );
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
