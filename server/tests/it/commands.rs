//! The commands of the binary, as operators use them.
use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

pub fn ligature(
    dir: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
    input: &str,
) -> Output {
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

pub fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Shows RB-18: `doctor` sees a copy that nobody has dealt with.
#[test]
fn from_init_to_a_backup_that_opens() {
    let dir = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], input: &str| ligature(dir.path(), arguments, &[], input);
    assert!(run(&["init"], "").status.success());
    let key = std::fs::metadata(dir.path().join("ligature.key")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o777, 0o600);
    let before = std::fs::read(dir.path().join("ligature.key")).unwrap();
    assert!(run(&["init"], "").status.success());
    assert_eq!(
        std::fs::read(dir.path().join("ligature.key")).unwrap(),
        before,
        "a key is never overwritten"
    );
    assert!(run(&["check-config"], "").status.success());
    assert!(text(&run(&["migrate"], "")).contains("up to date"));
    assert!(!run(&["create-admin", "--email", "owner@example.test"], "short\n").status.success());
    let made = run(&["create-admin", "--email", "owner@example.test"], "a long enough password\n");
    assert!(made.status.success(), "{}", text(&made));
    let well = run(&["doctor"], "");
    assert!(well.status.success() && text(&well).contains("Nothing found"), "{}", text(&well));
    let unsafe_network =
        ligature(dir.path(), &["doctor"], &[("LIGATURE__HTTP_CLIENT__ALLOW_PRIVATE", "true")], "");
    assert!(
        !unsafe_network.status.success() && text(&unsafe_network).contains("allow_private"),
        "ad_08: {}",
        text(&unsafe_network)
    );
    assert!(run(&["backup", "copy.db"], "").status.success());
    assert!(!run(&["backup", "copy.db"], "").status.success(), "an existing file stays");
    assert!(run(&["doctor"], "").status.success(), "the original is no copy");
    let copy = |command: &str| {
        ligature(dir.path(), &[command], &[("LIGATURE__DATABASE__URL", "sqlite://copy.db")], "")
    };
    let unsettled = copy("doctor");
    assert!(
        !unsettled.status.success()
            && text(&unsettled).contains("RB-18: this database is a restored copy"),
        "{}",
        text(&unsettled)
    );
    assert!(text(&copy("doctor")).contains("RB-18"), "looking changes nothing");
    let settled = copy("restored");
    assert!(
        settled.status.success() && text(&settled).contains("People sign in again"),
        "{}",
        text(&settled)
    );
    let well = copy("doctor");
    assert!(well.status.success(), "{}", text(&well));
    assert!(text(&copy("promoted")).contains("People sign in again"));
    let synchronous = [
        ("LIGATURE__DATABASE__URL", "sqlite://copy.db"),
        ("LIGATURE__DATABASE__SYNCHRONOUS_STANDBY", "true"),
    ];
    assert!(
        text(&ligature(dir.path(), &["promoted"], &synchronous, ""))
            .contains("Sessions and tokens stay")
    );
}

#[test]
fn op_07_a_missing_or_wrong_master_key_stops_everything_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| ligature(dir.path(), arguments, &[], "");
    let missing = run(&["serve"]);
    assert!(
        !missing.status.success() && text(&missing).contains("ligature init"),
        "{}",
        text(&missing)
    );
    assert!(!dir.path().join("ligature.db").exists());
    run(&["init"]);
    run(&["doctor"]);
    std::fs::remove_file(dir.path().join("ligature.key")).unwrap();
    run(&["init"]);
    let wrong = run(&["serve"]);
    assert!(
        !wrong.status.success() && text(&wrong).contains("does not open this database"),
        "{}",
        text(&wrong)
    );
}

/// Shows ZI-20, AD-04: organisations and their owners by the command line.
#[test]
fn zi_20_an_organisation_is_made_and_administrated_by_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], input: &str| ligature(dir.path(), arguments, &[], input);
    run(&["init"], "");
    let add = |slug: &str, address: &str| {
        run(&["organisation", "add", slug, "--name", "Acme", "--address", address], "")
    };
    let made = add("acme", "https://acme.example.com");
    assert!(
        made.status.success() && text(&made).contains("https://acme.example.com/setup?token="),
        "{}",
        text(&made)
    );
    for (slug, address, says) in [
        ("acme", "https://other.example.com", "slug cannot be used: it is taken"),
        ("other", "https://acme.example.com", "address cannot be used: it is taken"),
        ("other", "http://127.0.0.1:8080", "address cannot be used: it is taken"),
        ("other", "http://acme.example.com", "address cannot be used: see"),
        ("Other!", "https://other.example.com", "slug cannot be used: see"),
    ] {
        let refused = add(slug, address);
        assert!(
            !refused.status.success() && text(&refused).contains(says),
            "{slug} {address}: {}",
            text(&refused)
        );
    }
    let list = text(&run(&["organisation", "list"], ""));
    assert_eq!(
        list,
        "default\tLigature\thttp://127.0.0.1:8080\ton\nacme\tAcme\thttps://acme.example.com\ton\n"
    );
    let admin = ["create-admin", "--email", "boss@acme.example", "--organisation", "acme"];
    assert!(run(&admin, "a long enough password\n").status.success());
    std::fs::write(dir.path().join("seed.json"), r#"{"preset": "goss"}"#).unwrap();
    assert!(run(&["seed", "seed.json", "--organisation", "acme"], "").status.success());
    std::fs::write(
        dir.path().join("unsafe.json"),
        r#"{"policies": {"instance": {"permits": {"accept_unproven_links": true}}}}"#,
    )
    .unwrap();
    let refused = run(&["seed", "unsafe.json", "--organisation", "acme"], "");
    assert!(
        !refused.status.success() && text(&refused).contains("accept_unproven_links"),
        "I11: {}",
        text(&refused)
    );
    let nowhere = run(&["seed", "seed.json", "--organisation", "nowhere"], "");
    assert!(
        !nowhere.status.success() && text(&nowhere).contains("there is no organisation nowhere"),
        "{}",
        text(&nowhere)
    );
    assert!(run(&["doctor"], "").status.success());
}

/// Shows OP-06 and OP-07: the master key is changed by two commands, and the old one opens nothing afterwards.
#[test]
fn op_06_the_master_key_is_changed_by_two_commands() {
    let dir = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| ligature(dir.path(), arguments, &[], "");
    let file = dir.path().join("ligature.key");
    run(&["init"]);
    assert!(run(&["doctor"]).status.success());
    let old = std::fs::read_to_string(&file).unwrap();
    assert!(run(&["master-key", "add"]).status.success());
    let both = std::fs::read_to_string(&file).unwrap();
    assert!(
        both.ends_with(&old) && both.lines().count() == 2,
        "the old one stays until everything is wrapped anew"
    );
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions())
            & 0o777,
        0o600
    );
    assert!(run(&["doctor"]).status.success());
    let finished = run(&["master-key", "finish"]);
    assert!(finished.status.success(), "{}", text(&finished));
    let new = std::fs::read_to_string(&file).unwrap();
    assert!(new.lines().count() == 1 && both.starts_with(&new));
    assert!(run(&["doctor"]).status.success());
    let data = [run(&["rotate-data-keys"]), run(&["rotate-data-keys"])];
    assert!(
        text(&data[0]).contains("New keys are made")
            && text(&data[1]).contains("under way already"),
        "{}{}",
        text(&data[0]),
        text(&data[1])
    );
    std::fs::write(&file, &old).unwrap();
    assert!(text(&run(&["doctor"])).contains("does not open this database"));
    assert!(
        !run(&["master-key", "add"]).status.success(),
        "whoever has no key of this database changes nothing"
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), old);
}

/// Shows GO-03, AD-08.
#[test]
fn go_03_ad_08_dangerous_and_broken_settings_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let output = ligature(
        dir.path(),
        &["serve"],
        &[
            ("LIGATURE__SERVER__PUBLIC_URL", "http://login.example.com"),
            ("LIGATURE__DATABASE__URL", "mysql://x"),
        ],
        "",
    );
    assert!(!output.status.success());
    for path in ["server.public_url", "database.url"] {
        assert!(text(&output).contains(path), "{}", text(&output));
    }
    // The way without a danger, then one at a time: proxies, hashes that cost nothing, mail that anybody reads.
    assert!(ligature(dir.path(), &["check-config"], &[], "").status.success());
    for (path, value) in [
        ("server.trusted_proxies", r#"["0.0.0.0/0"]"#),
        ("server.trusted_proxies", r#"["10.0.0.0/8", "::/0"]"#),
        ("mail.smtp_url", r#""smtp://mail.example.com""#),
        ("sms.webhook_url", r#""http://sms.example.com""#),
        ("passwords.leaked_url", r#""http://leaks.example.com""#),
    ] {
        let config = dir.path().join("ligature.toml");
        let (section, key) = path.split_once('.').unwrap();
        std::fs::write(&config, format!("[{section}]\n{key} = {value}\n")).unwrap();
        let output = ligature(dir.path(), &["check-config"], &[], "");
        std::fs::remove_file(&config).unwrap();
        assert!(
            !output.status.success() && text(&output).contains(path),
            "{path} = {value}: {}",
            text(&output)
        );
    }
    let unknown =
        ligature(dir.path(), &["check-config"], &[("LIGATURE__SERVER__PUBLIC_ULR", "x")], "");
    assert!(
        !unknown.status.success() && text(&unknown).contains("public_ulr"),
        "{}",
        text(&unknown)
    );
}
