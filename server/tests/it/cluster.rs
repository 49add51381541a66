//! A PostgreSQL of a test's own, with its own rules for who may connect how; and certificates made for it.
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// An authority that signs certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "An authority of a company");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a host, or a client by its common name, and the key.
    pub fn sign(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }
}

/// A running cluster; it stops when dropped.
pub struct Cluster {
    pub folder: tempfile::TempDir,
    pub port: u16,
    bin: PathBuf,
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Cluster {
    /// With lines of `pg_hba.conf` and of `postgresql.conf`, and files beside them. `None` in a run without PostgreSQL.
    pub fn start(rules: &str, settings: &str, files: &[(&str, &str)]) -> Option<Self> {
        if std::env::var("LIGATURE_TEST_DB").as_deref() != Ok("postgres") {
            return None;
        }
        let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
            .unwrap()
            .flatten()
            .map(|d| d.path().join("bin"))
            .filter(|d| d.join("initdb").exists())
            .collect();
        found.sort();
        let cluster = Self {
            folder: tempfile::tempdir().unwrap(),
            port: free_port(),
            bin: found.pop().unwrap(),
        };
        if is_root() {
            assert!(
                Command::new("chown")
                    .arg("postgres")
                    .arg(cluster.folder.path())
                    .status()
                    .unwrap()
                    .success()
            );
        }
        let data = cluster.data();
        cluster.run(
            "initdb",
            &[
                "-N",
                "-A",
                "trust",
                "-U",
                "ligature",
                "-E",
                "UTF8",
                "--locale=C",
                "-D",
                &data.display().to_string(),
            ],
        );
        std::fs::write(data.join("pg_hba.conf"), rules).unwrap();
        let socket = cluster.folder.path().display();
        let all = format!(
            "port = {}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{socket}'\nfsync = off\n{settings}\n",
            cluster.port
        );
        std::fs::write(data.join("postgresql.auto.conf"), all).unwrap();
        for (name, text) in files {
            std::fs::write(data.join(name), text).unwrap();
            std::os::unix::fs::chown(
                data.join(name),
                Some(std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(&data).unwrap())),
                None,
            )
            .unwrap();
            std::fs::set_permissions(
                data.join(name),
                std::os::unix::fs::PermissionsExt::from_mode(0o600),
            )
            .unwrap();
        }
        cluster.run(
            "pg_ctl",
            &[
                "-w",
                "-l",
                &cluster.folder.path().join("log").display().to_string(),
                "-D",
                &data.display().to_string(),
                "start",
            ],
        );
        Some(cluster)
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program that refuses to run as root.
    pub fn command(&self, program: &Path) -> Command {
        if is_root() {
            let mut c = Command::new("setpriv");
            c.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
            c
        } else {
            Command::new(program)
        }
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let done = self
            .command(&self.bin.join(program))
            .args(arguments)
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// Asks by the socket, which no rule of these tests forbids.
    pub fn ask(&self, sql: &str) -> String {
        let url = format!(
            "host={} port={} user=ligature dbname=postgres",
            self.folder.path().display(),
            self.port
        );
        let done = Command::new("psql").args([&url, "-qtAc", sql]).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.run(
            "pg_ctl",
            &["-w", "-m", "immediate", "-D", &self.data().display().to_string(), "stop"],
        );
    }
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0
}

/// A file in a folder, by its path.
pub fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}
