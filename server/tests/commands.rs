//! The commands of the binary, as operators use them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may panic")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

fn ligature(dir: &Path, arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ligature"))
        .args(arguments)
        .current_dir(dir)
        .env_remove("LIGATURE_CONFIG")
        .envs(environment.iter().copied())
        .env("LIGATURE__LOG__LEVEL", "error")
        .env("LIGATURE__DEMO", "true")
        .env("LIGATURE__LIMITS__HASH_KIB", "1024")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn from_init_to_a_backup_that_opens() {
    let dir = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], input: &str| ligature(dir.path(), arguments, &[], input);
    assert!(run(&["init"], "").status.success());
    let key = std::fs::metadata(dir.path().join("ligature.key")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o777, 0o600);
    let before = std::fs::read(dir.path().join("ligature.key")).unwrap();
    assert!(run(&["init"], "").status.success());
    assert_eq!(std::fs::read(dir.path().join("ligature.key")).unwrap(), before, "a key is never overwritten");
    assert!(run(&["check-config"], "").status.success());
    assert!(text(&run(&["migrate"], "")).contains("up to date"));
    assert!(!run(&["create-admin", "--email", "owner@example.test"], "short\n").status.success());
    let made = run(&["create-admin", "--email", "owner@example.test"], "a long enough password\n");
    assert!(made.status.success(), "{}", text(&made));
    let well = run(&["doctor"], "");
    assert!(well.status.success() && text(&well).contains("Nothing found"), "{}", text(&well));
    let unsafe_network = ligature(dir.path(), &["doctor"], &[("LIGATURE__HTTP_CLIENT__ALLOW_PRIVATE", "true")], "");
    assert!(!unsafe_network.status.success() && text(&unsafe_network).contains("allow_private"), "ad_08: {}", text(&unsafe_network));
    assert!(run(&["backup", "copy.db"], "").status.success());
    assert!(!run(&["backup", "copy.db"], "").status.success(), "an existing file stays");
    let restored = ligature(dir.path(), &["doctor"], &[("LIGATURE__DATABASE__URL", "sqlite://copy.db")], "");
    assert!(restored.status.success(), "{}", text(&restored));
}

#[test]
fn op_07_a_missing_or_wrong_master_key_stops_everything_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| ligature(dir.path(), arguments, &[], "");
    let missing = run(&["serve"]);
    assert!(!missing.status.success() && text(&missing).contains("ligature init"), "{}", text(&missing));
    assert!(!dir.path().join("ligature.db").exists());
    run(&["init"]);
    run(&["doctor"]);
    std::fs::remove_file(dir.path().join("ligature.key")).unwrap();
    run(&["init"]);
    let wrong = run(&["serve"]);
    assert!(!wrong.status.success() && text(&wrong).contains("does not open this database"), "{}", text(&wrong));
}

/// Shows GO-03, AD-08.
#[test]
fn go_03_ad_08_dangerous_and_broken_settings_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let output = ligature(dir.path(), &["serve"], &[("LIGATURE__SERVER__PUBLIC_URL", "http://login.example.com"), ("LIGATURE__DATABASE__URL", "mysql://x")], "");
    assert!(!output.status.success());
    for path in ["server.public_url", "database.url"] {
        assert!(text(&output).contains(path), "{}", text(&output));
    }
    let unknown = ligature(dir.path(), &["check-config"], &[("LIGATURE__SERVER__PUBLIC_ULR", "x")], "");
    assert!(!unknown.status.success() && text(&unknown).contains("public_ulr"), "{}", text(&unknown));
}
