//! Installs what is missing: says what, asks where somebody can answer, and stays quiet when all is there.
use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    process::Command,
};

use crate::shell::{Result, cache, cargo, found, ok, output, root, run, target};

/// Packages of Debian for each part.
const WASM: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];
const APACHE: [&str; 2] = ["apache2-bin", "libapache2-mod-auth-openidc"];
const BROWSER: [&str; 3] = ["chromium", "fonts-liberation", "fonts-noto-cjk"];

/// Everything that the tests need. Each part answers whether it is there.
pub struct Ready {
    pub wasm: bool,
    pub browser: bool,
    pub postgres: bool,
    pub peers: bool,
    /// Apache with its OpenID Connect module, nginx, Caddy and slapd.
    pub relying: bool,
}

/// Sets everything up.
pub fn all(yes: bool) -> Result<Ready> {
    let mut packages: Vec<&str> = Vec::new();
    let debians = found("wasm-ld-22") && PathBuf::from("/usr/lib/rustlib/src").exists();
    if !has_wasm_target() && !debians {
        packages.extend(WASM);
    }
    if !found("chromium") {
        packages.extend(BROWSER);
    }
    if crate::postgres::binaries().is_none() {
        packages.push("postgresql");
    }
    // The certificates of the directory's test.
    if !found("openssl") {
        packages.push("openssl");
    }
    if !found("node") {
        packages.extend(["nodejs", "npm"]);
    }
    if !found("python3") {
        packages.extend(["python3", "python3-venv"]);
    }
    install(&packages, yes)?;
    // Only the check of real applications needs it: without it that one is skipped, and says so.
    if !has_apache()
        && let Err(why) = install(&APACHE, yes)
    {
        eprintln!("Apache could not be installed: {why}");
    }
    let browser = found("chromium") && found("npm") && npm()?;
    Ok(Ready {
        wasm: wasm_ready(yes)?,
        browser,
        postgres: crate::postgres::binaries().is_some(),
        peers: found("npm") && python()?,
        relying: has_apache() && proxies()?,
    })
}

fn has_apache() -> bool {
    PathBuf::from("/usr/lib/apache2/modules/mod_auth_openidc.so").exists()
}

/// Where nginx, Caddy and slapd lie.
pub fn proxy_folder() -> PathBuf {
    cache().join("proxies")
}

/// Unpacks nginx, Caddy and slapd into a folder of their own: installed, they would start their services.
fn proxies() -> Result<bool> {
    let folder = proxy_folder();
    let there = || {
        ["usr/sbin/nginx", "usr/bin/caddy", "usr/sbin/slapd"]
            .iter()
            .all(|file| folder.join(file).exists())
    };
    if there() {
        return Ok(true);
    }
    if !found("apt-get") || !found("dpkg") {
        return Ok(false);
    }
    eprintln!("Unpacking Debian's nginx, Caddy and slapd into {}.", folder.display());
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    if is_root() && !ok(Command::new("apt-get").args(["update", "-qq"]))? {
        return Ok(false);
    }
    if !ok(Command::new("apt-get")
        .args(["download", "-qq", "nginx", "caddy", "slapd", "libltdl7", "libwrap0", "libodbc2"])
        .current_dir(&folder))?
    {
        return Ok(false);
    }
    for file in std::fs::read_dir(&folder)
        .map_err(|e| e.to_string())?
        .flatten()
        .filter(|f| f.path().extension().is_some_and(|e| e == "deb"))
    {
        run(Command::new("dpkg").arg("-x").arg(file.path()).arg(&folder))?;
    }
    Ok(there())
}

fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Debian packages, if any are missing and can be installed here.
pub fn install(packages: &[&str], yes: bool) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    if !found("apt-get") || !is_root() {
        eprintln!(
            "Missing: {}. Install them with your system's tools; the checks that need them are skipped.",
            packages.join(" ")
        );
        return Ok(());
    }
    if !agreed(&format!("Debian packages will be installed: {}.", packages.join(" ")), yes) {
        return Ok(());
    }
    run(Command::new("apt-get").args(["update", "-qq"]))?;
    run(Command::new("apt-get")
        .args(["install", "-y", "-qq", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

fn agreed(what: &str, yes: bool) -> bool {
    eprintln!("{what}");
    if yes || !std::io::stdin().is_terminal() {
        return true;
    }
    eprint!("Go on? [Y/n] ");
    drop(std::io::stderr().flush());
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok() && !answer.trim().eq_ignore_ascii_case("n")
}

/// The browser tests' packages, by the lock file.
fn npm() -> Result<bool> {
    let folder = root().join("end2end");
    if folder.join("node_modules/.package-lock.json").exists() {
        return Ok(true);
    }
    eprintln!("Installing the browser tests' npm packages into end2end/node_modules.");
    ok(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--silent"]).current_dir(folder))
}

/// Python's packages for the test mail server and stand-ins, in a folder of their own.
fn python() -> Result<bool> {
    let (folder, wanted) = (cache().join("python"), root().join("end2end/peers/requirements.txt"));
    let list = std::fs::read_to_string(&wanted).map_err(|e| e.to_string())?;
    if std::fs::read_to_string(folder.join("ready")).is_ok_and(|there| there == list) {
        return Ok(true);
    }
    eprintln!("Installing the test peers' Python packages into {}.", folder.display());
    let made = ok(Command::new("python3").args(["-m", "venv"]).arg(&folder))?
        && ok(Command::new(folder.join("bin/pip"))
            .args(["install", "-q", "--disable-pip-version-check", "-r"])
            .arg(&wanted))?;
    if made {
        std::fs::write(folder.join("ready"), list).map_err(|e| e.to_string())?;
    }
    Ok(made)
}

fn has_wasm_target() -> bool {
    output(Command::new("rustc").args([
        "--print",
        "target-libdir",
        "--target",
        "wasm32-unknown-unknown",
    ]))
    .is_ok_and(|dir| {
        std::fs::read_dir(dir.trim()).is_ok_and(|mut d| {
            d.any(|f| f.is_ok_and(|f| f.file_name().to_string_lossy().starts_with("libstd")))
        })
    })
}

fn debian(program: &str) -> Command {
    let mut command = Command::new(format!("/usr/bin/{program}"));
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", std::env::var_os("HOME").unwrap_or_default())
        .env("RUSTC", "/usr/bin/rustc");
    command
}

fn debian_libdir() -> Option<PathBuf> {
    output(debian("rustc").args(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]))
        .ok()
        .map(|d| PathBuf::from(d.trim()))
}

/// A compiler for the browser: a target that is there, Debian's compiler with a standard library built once, or rustup.
fn wasm_ready(yes: bool) -> Result<bool> {
    if has_wasm_target() {
        return Ok(true);
    }
    if let Some(folder) = debian_libdir().filter(|_| found("wasm-ld-22")) {
        if folder.join("ready").exists()
            || std::fs::read_dir(&folder).is_ok_and(|mut d| {
                d.any(|f| f.is_ok_and(|f| f.file_name().to_string_lossy().starts_with("libstd")))
            })
        {
            return Ok(true);
        }
        if !is_root()
            || !agreed("The standard library for the browser will be built once (about 40 s).", yes)
        {
            return Ok(false);
        }
        let work = cache().join("wasm-std");
        std::fs::create_dir_all(work.join("src")).map_err(|e| e.to_string())?;
        std::fs::write(
            work.join("Cargo.toml"),
            "[package]\nname = \"nothing\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n",
        )
        .map_err(|e| e.to_string())?;
        std::fs::write(work.join("src/lib.rs"), "").map_err(|e| e.to_string())?;
        run(debian("cargo")
            .args([
                "build",
                "-Zbuild-std=std,panic_abort",
                "--target",
                "wasm32-unknown-unknown",
                "--release",
                "--quiet",
            ])
            .current_dir(&work)
            .env("RUSTC_BOOTSTRAP", "1"))?;
        std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
        for file in std::fs::read_dir(work.join("target/wasm32-unknown-unknown/release/deps"))
            .map_err(|e| e.to_string())?
            .flatten()
        {
            if file.path().extension().is_some_and(|e| e == "rlib") {
                std::fs::copy(file.path(), folder.join(file.file_name()))
                    .map_err(|e| e.to_string())?;
            }
        }
        return Ok(true);
    }
    if found("rustup") && agreed("rustup will add the target wasm32-unknown-unknown.", yes) {
        return ok(Command::new("rustup").args(["target", "add", "wasm32-unknown-unknown"]));
    }
    Ok(false)
}

/// Builds the browser bundle into site/. Without a compiler for it the pages work without islands, and this says so.
pub fn site(yes: bool) -> Result<bool> {
    if !wasm_ready(yes)? {
        eprintln!("SKIPPED: no compiler for the browser; pages work without their islands.");
        return Ok(false);
    }
    let folder = target().join("web");
    let mut build = if has_wasm_target() {
        cargo()
    } else {
        let mut debian = debian("cargo");
        debian.current_dir(root()).env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-22");
        debian
    };
    run(build.env("CARGO_TARGET_DIR", &folder).args([
        "build",
        "--quiet",
        "--locked",
        "--package",
        "ligature-frontend",
        "--lib",
        "--target",
        "wasm32-unknown-unknown",
        "--profile",
        "wasm-release",
    ]))?;
    let wasm = folder.join("wasm32-unknown-unknown/wasm-release/ligature_frontend.wasm");
    let made = folder.join("site");
    std::fs::create_dir_all(&made).map_err(|e| e.to_string())?;
    run(cargo()
        .args(["run", "--quiet", "--locked", "--manifest-path", "xtask/assets/Cargo.toml", "--"])
        .arg(wasm)
        .arg(&made))?;
    std::fs::copy(root().join("frontend/boot.js"), made.join("boot.js"))
        .and_then(|_| renew(&made, &root().join("site")))
        .map_err(|e| e.to_string())?;
    Ok(true)
}

/// Copies what differs: a file that is written again, though it is the same, has the server built anew.
fn renew(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for file in std::fs::read_dir(from)? {
        let file = file?;
        let (new, there) = (std::fs::read(file.path())?, to.join(file.file_name()));
        if std::fs::read(&there).ok().as_ref() != Some(&new) {
            std::fs::write(there, new)?;
        }
    }
    Ok(())
}
