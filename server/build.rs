//! The folder of the built site must exist, or nothing can be embedded; without a bundle pages work without islands.
//! The commit that a release is of, for `ligature --version`: a packager without git says it in LIGATURE_COMMIT; a build for
//! development names none, or each commit would build the server anew.
use std::process::Command;

fn main() {
    let site = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../site");
    if let Err(error) = std::fs::create_dir_all(&site) {
        println!("cargo::warning=the site folder cannot be made: {error}");
    }
    println!("cargo::rerun-if-changed=../site");
    println!("cargo::rerun-if-changed=../style/main.css");
    println!("cargo::rerun-if-env-changed=LIGATURE_COMMIT");
    println!(
        "cargo::rustc-env=LIGATURE_COMMIT={}",
        commit().unwrap_or_else(|| "development".into())
    );
}

fn commit() -> Option<String> {
    let told = std::env::var("LIGATURE_COMMIT").ok().filter(|c| !c.is_empty());
    if told.is_some() || std::env::var("PROFILE").is_ok_and(|p| p != "release") {
        return told;
    }
    let git = |arguments: &[&str]| {
        let done =
            Command::new("git").args(arguments).output().ok().filter(|o| o.status.success())?;
        Some(String::from_utf8_lossy(&done.stdout).trim().to_owned())
    };
    if let Some(path) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={path}");
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}
