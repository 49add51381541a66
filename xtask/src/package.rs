//! Something to install: an archive, a Debian package and an OCI image layout, with checksums. Plain tools of a Debian machine make
//! them: tar, dpkg-deb, sha256sum; no daemon and no network.
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    sbom, setup,
    shell::{Result, cargo, found, output, root, run, target},
};

/// The commit of the checkout, in twelve digits.
fn commit() -> String {
    output(Command::new("git").current_dir(root()).args(["rev-parse", "--short=12", "HEAD"]))
        .map_or_else(|_| "unknown".into(), |c| c.trim().to_owned())
}

/// Prints the list of what the program is built of.
pub fn print_sbom() -> Result<bool> {
    let text = sbom::sbom(env!("CARGO_PKG_VERSION"), &commit())?;
    std::io::stdout().write_all(text.as_bytes()).map_err(|e| e.to_string())?;
    Ok(true)
}

/// Builds a release, or with `debug` what tests take, and says where it lies.
fn build(yes: bool, debug: bool, commit: &str) -> Result<PathBuf> {
    setup::site(yes)?;
    let profile = if debug { "dev" } else { "release" };
    run(cargo().env("LIGATURE_COMMIT", commit).args([
        "build",
        "--locked",
        "--package",
        "ligature-server",
        "--profile",
        profile,
    ]))?;
    Ok(target().join(if debug { "debug" } else { "release" }).join("ligature"))
}

/// Packs a given program, or one that it builds, into `dist` in the target folder; with `check` installs, upgrades, purges and
/// starts what was made, in root folders of their own.
pub fn package(yes: bool, debug: bool, check: bool, given: Option<&str>) -> Result<bool> {
    let commit = commit();
    let binary = match given {
        Some(file) => fs::canonicalize(file).map_err(|e| format!("{file}: {e}"))?,
        None => build(yes, debug, &commit)?,
    };
    let dist = target().join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist).map_err(|e| e.to_string())?;
    }
    fs::create_dir_all(&dist).map_err(|e| e.to_string())?;
    let made =
        Package { version: env!("CARGO_PKG_VERSION").to_owned(), binary, dist: dist.clone() };
    made.archive()?;
    if found("dpkg-deb") {
        made.debian()?;
    } else {
        eprintln!("SKIPPED: no Debian package, dpkg-deb is missing");
    }
    made.image()?;
    write(
        &dist.join(format!("ligature-{}.cdx.json", made.version)),
        &sbom::sbom(&made.version, &commit)?,
    )?;
    let files: Vec<_> = fs::read_dir(&dist)
        .map_err(|e| e.to_string())?
        .flatten()
        .filter(|f| f.path().is_file())
        .map(|f| f.file_name())
        .collect();
    let sums = output(Command::new("sha256sum").current_dir(&dist).args(&files))?;
    fs::write(dist.join("SHA256SUMS"), &sums).map_err(|e| e.to_string())?;
    eprintln!("{sums}in {}", dist.display());
    if check {
        crate::shell::ok(Command::new("sh").arg(root().join("packaging/check.sh")).arg(&dist))
    } else {
        Ok(true)
    }
}

/// Packs the program that the tests ran, without its debug information, and checks what was made; `None` says that this needs a
/// machine where root folders can be made.
pub fn check_tested() -> Result<Option<bool>> {
    let able = || {
        found("dpkg-deb")
            && found("unshare")
            && found("strip")
            && found("curl")
            && crate::shell::ok(Command::new("unshare").args(["-m", "true"]).stderr(Stdio::null()))
                .is_ok_and(|able| able)
    };
    if !able() {
        return Ok(None);
    }
    let small = target().join("ligature-to-pack");
    run(Command::new("strip").arg("-o").arg(&small).arg(target().join("debug/ligature")))?;
    let well = package(true, true, true, small.to_str());
    fs::remove_file(small).map_err(|e| e.to_string())?;
    well.map(Some)
}

struct Package {
    version: String,
    binary: PathBuf,
    dist: PathBuf,
}

/// Copies a file to a place in a tree, with its mode.
fn put(from: &Path, to: &Path, mode: &str) -> Result<()> {
    run(Command::new("install").args(["-D", "-m", mode]).arg(from).arg(to))
}

/// Grafana's dashboard, into a folder.
fn dashboard(to: &Path) -> Result<()> {
    let name = "grafana/ligature.json";
    put(&root().join("packaging").join(name), &to.join(name), "644")
}

fn write(to: &Path, text: &str) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|e| e.to_string())?;
    }
    fs::write(to, text).map_err(|e| format!("{}: {e}", to.display()))
}

/// Everything of a folder as one archive: the same bytes each time, owned by root.
fn tar(folder: &Path, what: &str, to: &Path) -> Result<()> {
    run(Command::new("tar")
        .arg("-C")
        .arg(folder)
        .args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "-czf"])
        .arg(to)
        .arg(what))
}

impl Package {
    fn docs(&self, to: &Path) -> Result<()> {
        fs::create_dir_all(to).map_err(|e| e.to_string())?;
        for name in ["README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE-APACHE", "LICENSE-MIT"] {
            put(&root().join(name), &to.join(name), "644")?;
        }
        for name in ["how-to", "reference", "explanation"] {
            run(Command::new("cp").arg("-r").arg(root().join("docs").join(name)).arg(to))?;
        }
        Ok(())
    }

    /// `ligature-VERSION-ARCH-linux.tar.gz`: the program, the unit, an example of the settings, the docs.
    fn archive(&self) -> Result<()> {
        let name = format!("ligature-{}-{}-linux", self.version, std::env::consts::ARCH);
        let work = self.dist.join("work");
        let tree = work.join(&name);
        put(&self.binary, &tree.join("ligature"), "755")?;
        put(&root().join("packaging/ligature.service"), &tree.join("ligature.service"), "644")?;
        put(&root().join("packaging/ligature.toml"), &tree.join("ligature.toml"), "644")?;
        self.docs(&tree.join("doc"))?;
        dashboard(&tree)?;
        tar(&work, &name, &self.dist.join(format!("{name}.tar.gz")))?;
        fs::remove_dir_all(work).map_err(|e| e.to_string())
    }

    /// `ligature_VERSION_ARCH.deb`: user, service, settings and key; see packaging/debian.
    fn debian(&self) -> Result<()> {
        let tree = self.dist.join("work");
        put(&self.binary, &tree.join("usr/bin/ligature"), "755")?;
        put(
            &root().join("packaging/ligature.service"),
            &tree.join("usr/lib/systemd/system/ligature.service"),
            "644",
        )?;
        put(
            &root().join("packaging/ligature.toml"),
            &tree.join("etc/ligature/ligature.toml"),
            "640",
        )?;
        self.docs(&tree.join("usr/share/doc/ligature"))?;
        dashboard(&tree.join("usr/share/ligature"))?;
        put(&root().join("LICENSE-MIT"), &tree.join("usr/share/doc/ligature/copyright"), "644")?;
        for script in ["postinst", "prerm", "postrm"] {
            put(
                &root().join("packaging/debian").join(script),
                &tree.join("DEBIAN").join(script),
                "755",
            )?;
        }
        write(&tree.join("DEBIAN/conffiles"), "/etc/ligature/ligature.toml\n")?;
        let architecture =
            output(Command::new("dpkg").arg("--print-architecture"))?.trim().to_owned();
        let size: u64 = output(Command::new("du").arg("-ks").arg(&tree))?
            .split_whitespace()
            .next()
            .and_then(|n| n.parse().ok())
            .unwrap_or(0);
        let control = format!(
            "Package: ligature\nVersion: {}\nArchitecture: {architecture}\nMaintainer: The Ligature project <ligature@localhost.invalid>\nInstalled-Size: {size}\nDepends: libc6 (>= {}), libgcc-s1, adduser, ca-certificates\nSection: net\nPriority: optional\nDescription: sign-in server whose heart is account linking\n One account for every way to sign in: it stands between an organisation's\n applications, which see it as an OpenID Provider, and its identity providers.\n",
            self.version,
            self.libc()?
        );
        write(&tree.join("DEBIAN/control"), &control)?;
        run(Command::new("dpkg-deb")
            .args(["--build", "--root-owner-group", "-Zxz"])
            .arg(&tree)
            .arg(self.dist.join(format!("ligature_{}_{architecture}.deb", self.version)))
            .stdout(Stdio::null()))?;
        fs::remove_dir_all(tree).map_err(|e| e.to_string())
    }

    /// The newest version of the C library that the program asks for.
    fn libc(&self) -> Result<String> {
        let script = "grep -ao 'GLIBC_2\\.[0-9]*' \"$0\" | sort -uV | tail -n 1 | cut -d_ -f2";
        let found = output(Command::new("sh").args(["-c", script]).arg(&self.binary))?;
        if found.trim().is_empty() {
            Err("the program names no C library".into())
        } else {
            Ok(found.trim().to_owned())
        }
    }

    /// `ligature-VERSION-oci.tar`: an image layout (OCI image-spec 1.1) of one layer: the program, the libraries that it loads,
    /// authorities for TLS, a user and a place for data. `skopeo copy oci-archive:…` or `podman load` take it.
    fn image(&self) -> Result<()> {
        let work = self.dist.join("work");
        let (layer, layout) = (work.join("layer"), work.join("oci"));
        put(&self.binary, &layer.join("usr/bin/ligature"), "755")?;
        for library in output(Command::new("ldd").arg(&self.binary))?
            .lines()
            .filter_map(|l| l.split_whitespace().find(|w| w.starts_with('/')))
        {
            put(
                &fs::canonicalize(library).map_err(|e| e.to_string())?,
                &layer.join(library.trim_start_matches('/')),
                "755",
            )?;
        }
        put(
            Path::new("/etc/ssl/certs/ca-certificates.crt"),
            &layer.join("etc/ssl/certs/ca-certificates.crt"),
            "644",
        )?;
        write(&layer.join("etc/passwd"), "ligature:x:65532:65532::/data:/sbin/nologin\n")?;
        write(&layer.join("etc/group"), "ligature:x:65532:\n")?;
        fs::create_dir_all(layer.join("data")).map_err(|e| e.to_string())?;
        fs::create_dir_all(layer.join("tmp")).map_err(|e| e.to_string())?;
        run(Command::new("chmod").arg("1777").arg(layer.join("tmp")))?;
        let blobs = layout.join("blobs/sha256");
        fs::create_dir_all(&blobs).map_err(|e| e.to_string())?;
        // The data folder is the user's; everything else is root's.
        let plain = work.join("layer.tar");
        run(Command::new("tar")
            .arg("-C")
            .arg(&layer)
            .args([
                "--sort=name",
                "--owner=0",
                "--group=0",
                "--numeric-owner",
                "--mtime=@0",
                "--exclude=./data",
                "-cf",
            ])
            .arg(&plain)
            .arg("."))?;
        run(Command::new("tar")
            .arg("-C")
            .arg(&layer)
            .args([
                "--owner=65532",
                "--group=65532",
                "--numeric-owner",
                "--mtime=@0",
                "--mode=700",
                "-rf",
            ])
            .arg(&plain)
            .arg("./data"))?;
        let diff = sum(&plain)?;
        run(Command::new("gzip").arg("-n").arg(&plain))?;
        let layer_blob = blob(&blobs, &work.join("layer.tar.gz"))?;
        let architecture = if std::env::consts::ARCH == "x86_64" { "amd64" } else { "arm64" };
        let config = format!(
            r#"{{"architecture":"{architecture}","os":"linux","config":{{"User":"65532:65532","Entrypoint":["/usr/bin/ligature"],"Cmd":["serve"],"WorkingDir":"/data","Volumes":{{"/data":{{}}}},"ExposedPorts":{{"8080/tcp":{{}}}},"Env":["PATH=/usr/bin","SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt","LIGATURE__SERVER__LISTEN=0.0.0.0:8080"],"Labels":{{"org.opencontainers.image.version":"{}"}}}},"rootfs":{{"type":"layers","diff_ids":["sha256:{diff}"]}}}}"#,
            self.version
        );
        write(&work.join("config.json"), &config)?;
        let config_blob = blob(&blobs, &work.join("config.json"))?;
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{},"layers":[{}]}}"#,
            config_blob.described("application/vnd.oci.image.config.v1+json"),
            layer_blob.described("application/vnd.oci.image.layer.v1.tar+gzip")
        );
        write(&work.join("manifest.json"), &manifest)?;
        let manifest_blob = blob(&blobs, &work.join("manifest.json"))?;
        write(&layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
        let index = format!(
            r#"{{"schemaVersion":2,"manifests":[{}]}}"#,
            manifest_blob.described("application/vnd.oci.image.manifest.v1+json")
        );
        write(&layout.join("index.json"), &index)?;
        run(Command::new("tar")
            .arg("-C")
            .arg(&layout)
            .args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "-cf"])
            .arg(self.dist.join(format!("ligature-{}-oci.tar", self.version)))
            .arg("."))?;
        fs::remove_dir_all(work).map_err(|e| e.to_string())
    }
}

/// A file under the name of its own checksum.
struct Blob {
    digest: String,
    size: u64,
}

impl Blob {
    fn described(&self, media: &str) -> String {
        format!(
            r#"{{"mediaType":"{media}","digest":"sha256:{}","size":{}}}"#,
            self.digest, self.size
        )
    }
}

fn sum(file: &Path) -> Result<String> {
    let line = output(Command::new("sha256sum").arg(file))?;
    line.split_whitespace().next().map(str::to_owned).ok_or_else(|| "no checksum".into())
}

fn blob(blobs: &Path, file: &Path) -> Result<Blob> {
    let (digest, size) = (sum(file)?, fs::metadata(file).map_err(|e| e.to_string())?.len());
    fs::rename(file, blobs.join(&digest)).map_err(|e| e.to_string())?;
    Ok(Blob { digest, size })
}
