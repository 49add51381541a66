//! The commit that a release is of, for `ligature --version`. A packager without git says it in LIGATURE_COMMIT; a build for
//! development names none, or each commit would build the server anew.
#![expect(clippy::print_stdout, reason = "this is how cargo is told")]
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=LIGATURE_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
    let git = |arguments: &[&str]| {
        let done = Command::new("git").args(arguments).output().ok().filter(|o| o.status.success())?;
        Some(String::from_utf8_lossy(&done.stdout).trim().to_owned())
    };
    let told = std::env::var("LIGATURE_COMMIT").ok().filter(|c| !c.is_empty());
    let commit = if std::env::var("PROFILE").is_ok_and(|p| p == "release") {
        if let Some(path) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
            println!("cargo::rerun-if-changed={path}");
        }
        told.or_else(|| git(&["rev-parse", "--short=12", "HEAD"]))
    } else {
        told
    };
    println!("cargo::rustc-env=LIGATURE_COMMIT={}", commit.unwrap_or_else(|| "development".into()));
}
