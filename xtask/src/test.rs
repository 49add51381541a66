//! Every check, in the order of speed; one line each at the end.
use std::{process::Command, time::Instant};

use crate::{
    checks,
    postgres::Cluster,
    setup,
    shell::{Result, cache, cargo, found, ok, root, target},
};

enum Outcome {
    Passed,
    Failed,
    Skipped(&'static str),
}

/// Sets up and runs everything.
pub fn test(yes: bool) -> Result<bool> {
    let ready = setup::all(yes)?;
    let mut report: Vec<(&str, Outcome, u64)> = Vec::new();
    let mut check = |name: &'static str, work: &mut dyn FnMut() -> Result<Outcome>| -> Result<()> {
        eprintln!("\n== {name}");
        let start = Instant::now();
        let outcome = work()?;
        report.push((name, outcome, start.elapsed().as_secs()));
        Ok(())
    };
    let judged = |good: bool| if good { Outcome::Passed } else { Outcome::Failed };

    check("format", &mut || Ok(judged(ok(cargo().args(["fmt", "--all", "--check"]))?)))?;
    check("import fence", &mut || Ok(judged(checks::fence()?)))?;
    check("bans", &mut || Ok(judged(checks::bans()?)))?;
    check("licences", &mut || {
        if found("cargo-deny") {
            Ok(judged(ok(cargo().args(["deny", "--offline", "check", "licenses", "bans"]))?))
        } else {
            Ok(judged(checks::licences()?))
        }
    })?;
    check("clippy", &mut || {
        Ok(judged(ok(cargo().args([
            "clippy",
            "--quiet",
            "--locked",
            "--workspace",
            "--exclude",
            "ligature-frontend",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]))?))
    })?;
    check("browser bundle", &mut || {
        if ready.wasm {
            Ok(judged(setup::site(yes)?))
        } else {
            Ok(Outcome::Skipped("no compiler for wasm32"))
        }
    })?;
    check("generated docs", &mut || Ok(judged(checks::tables(false)?)))?;
    check("tests on SQLite", &mut || {
        Ok(judged(nextest(&["--workspace", "--exclude", "ligature-frontend"], &[])?))
    })?;
    check("tests on PostgreSQL", &mut || {
        if !ready.postgres {
            return Ok(Outcome::Skipped("PostgreSQL is not installed"));
        }
        let cluster = Cluster::start()?;
        Ok(judged(nextest(
            &["--package", "ligature-server", "--package", "ligature-storage"],
            &[("LIGATURE_TEST_POSTGRES", &cluster.url), ("LIGATURE_TEST_DB", "postgres")],
        )?))
    })?;
    check("real counterparts and browser", &mut || {
        if !ready.browser || !ready.peers {
            return Ok(Outcome::Skipped("chromium, node or python is missing"));
        }
        let built = ok(cargo().args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            "ligature-server",
            "--package",
            "ligature-rehearsal",
        ]))?;
        let cluster = if ready.postgres { Some(Cluster::start()?) } else { None };
        let mut node = Command::new("node");
        node.envs(cluster.as_ref().map(|c| ("LIGATURE_TEST_POSTGRES", c.url.clone())));
        node.current_dir(root().join("end2end"))
            .args(["--test", "--test-concurrency=1", "tests/"])
            .env("LIGATURE_BIN", target().join("debug"))
            .env("LIGATURE_PYTHON", cache().join("python/bin/python"));
        Ok(judged(built && ok(&mut node)?))
    })?;
    check("real applications and proxies", &mut || {
        if !ready.relying || !ready.peers {
            return Ok(Outcome::Skipped(
                "Apache with mod_auth_openidc, nginx, Caddy, slapd, node or python is missing",
            ));
        }
        let built = ok(cargo().args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            "ligature-server",
            "--package",
            "ligature-rehearsal",
        ]))?;
        let mut node = Command::new("node");
        node.current_dir(root().join("end2end"))
            .args(["--test", "--test-concurrency=1", "relying/"])
            .env("LIGATURE_BIN", target().join("debug"))
            .env("LIGATURE_PROXIES", setup::proxy_folder())
            .env("LIGATURE_PYTHON", cache().join("python/bin/python"));
        Ok(judged(built && ok(&mut node)?))
    })?;
    check("documentation builds", &mut || {
        Ok(judged(ok(cargo()
            .args([
                "doc",
                "--quiet",
                "--locked",
                "--no-deps",
                "--workspace",
                "--exclude",
                "ligature-frontend",
                "--exclude",
                "xtask",
            ])
            .env("RUSTDOCFLAGS", "-D warnings --cfg erase_components"))?))
    })?;

    eprintln!("\n== summary");
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (name, outcome, seconds) in &report {
        match outcome {
            Outcome::Passed => {
                passed += 1;
                eprintln!("passed   {name} ({seconds} s)");
            }
            Outcome::Failed => {
                failed += 1;
                eprintln!("FAILED   {name} ({seconds} s)");
            }
            Outcome::Skipped(why) => {
                skipped += 1;
                eprintln!("SKIPPED  {name}: {why}");
            }
        }
    }
    eprintln!("{passed} passed, {failed} failed, {skipped} skipped");
    Ok(failed == 0)
}

/// nextest where it is installed, else cargo's own runner.
fn nextest(packages: &[&str], environment: &[(&str, &str)]) -> Result<bool> {
    let mut command = cargo();
    command.envs(environment.iter().copied()).env("RUST_BACKTRACE", "0");
    if found("cargo-nextest") {
        command.args([
            "nextest",
            "run",
            "--locked",
            "--no-fail-fast",
            "--status-level",
            "fail",
            "--final-status-level",
            "flaky",
        ]);
    } else {
        command.args(["test", "--locked", "--no-fail-fast", "--quiet"]);
    }
    ok(command.args(packages))
}
