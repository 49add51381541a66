//! Every check, in the order of speed; one line each at the end. Some take longer than anybody waits between two edits:
//! those are for `verify`, and what it printed is kept beside the code.
use std::{fmt, process::Command, time::Instant};

use crate::{
    checks, package,
    postgres::Cluster,
    setup,
    shell::{Result, cache, cargo, found, ok, output, root, target},
};

enum Outcome {
    Passed,
    Failed,
    Skipped(&'static str),
}

/// A check that was made.
struct Line {
    name: &'static str,
    outcome: Outcome,
    seconds: u64,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, outcome, seconds } = self;
        match outcome {
            Outcome::Passed => write!(f, "passed   {name} ({seconds} s)"),
            Outcome::Failed => write!(f, "FAILED   {name} ({seconds} s)"),
            Outcome::Skipped(why) => write!(f, "SKIPPED  {name}: {why}"),
        }
    }
}

/// Journeys through real counterparts and a real browser that `test` walks.
const JOURNEYS: [&str; 2] = ["tests/journeys.test.js", "tests/hops.test.js"];

/// How much is run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What a change is judged by within ten minutes. The filters are nextest's, in `.config/nextest.toml`.
    Test,
    /// Everything there is.
    Verify,
}

impl Extent {
    /// The profile of `.config/nextest.toml` for a database.
    fn profile(self, database: &'static str) -> &'static str {
        match self {
            Self::Test => database,
            Self::Verify => "verify",
        }
    }
}

/// Sets up and runs the checks.
pub fn test(extent: Extent, yes: bool) -> Result<bool> {
    let ready = setup::all(yes)?;
    let begun = Instant::now();
    let mut report: Vec<Line> = Vec::new();
    let mut check = |name: &'static str, work: &mut dyn FnMut() -> Result<Outcome>| -> Result<()> {
        eprintln!("\n== {name}");
        let start = Instant::now();
        let outcome = work()?;
        report.push(Line { name, outcome, seconds: start.elapsed().as_secs() });
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
        Ok(judged(nextest(
            extent.profile("default"),
            &["--workspace", "--exclude", "ligature-frontend"],
            match extent {
                Extent::Test => &[],
                Extent::Verify => &[("LIGATURE_MODEL_STEPS", "100000")],
            },
        )?))
    })?;
    check("tests on PostgreSQL", &mut || {
        if !ready.postgres {
            return Ok(Outcome::Skipped("PostgreSQL is not installed"));
        }
        let cluster = Cluster::start()?;
        Ok(judged(nextest(
            extent.profile("postgres"),
            &["--package", "ligature-server", "--package", "ligature-storage"],
            &[("LIGATURE_TEST_POSTGRES", &cluster.url), ("LIGATURE_TEST_DB", "postgres")],
        )?))
    })?;
    check("real counterparts and browser", &mut || {
        if !ready.browser || !ready.peers {
            return Ok(Outcome::Skipped("chromium, node or python is missing"));
        }
        let cluster = if ready.postgres { Some(Cluster::start()?) } else { None };
        let files: &[&str] = match extent {
            Extent::Test => &JOURNEYS,
            Extent::Verify => &["tests/"],
        };
        Ok(judged(node(files, cluster.as_ref().map(|c| c.url.as_str()))?))
    })?;
    if extent == Extent::Verify {
        check("real applications and proxies", &mut || {
            if !ready.relying || !ready.peers {
                return Ok(Outcome::Skipped(
                    "Apache with mod_auth_openidc, nginx, Caddy, slapd, node or python is missing",
                ));
            }
            Ok(judged(node(&["relying/"], None)?))
        })?;
        check("packages: installed, upgraded, rolled back, purged, started", &mut || {
            let built =
                ok(cargo().args(["build", "--quiet", "--locked", "--package", "ligature-server"]))?;
            if !built {
                return Ok(Outcome::Failed);
            }
            Ok(package::check_tested()?.map_or(
                Outcome::Skipped(
                    "dpkg-deb, unshare, strip or curl is missing, or this is not root",
                ),
                judged,
            ))
        })?;
    }
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
    let lines: Vec<String> = report.iter().map(Line::to_string).collect();
    let of = |wanted: fn(&Outcome) -> bool| report.iter().filter(|l| wanted(&l.outcome)).count();
    let failed = of(|o| matches!(o, Outcome::Failed));
    let total = format!(
        "{} passed, {failed} failed, {} skipped; {} minutes",
        of(|o| matches!(o, Outcome::Passed)),
        of(|o| matches!(o, Outcome::Skipped(_))),
        begun.elapsed().as_secs().div_ceil(60)
    );
    let printed = format!("{}\n{total}\n", lines.join("\n"));
    eprint!("{printed}");
    if extent == Extent::Verify {
        keep(&printed)?;
    }
    Ok(failed == 0)
}

/// Keeps what was printed beside the code that it was printed of.
fn keep(printed: &str) -> Result<()> {
    let of = |program: &str, arguments: &[&str]| {
        output(Command::new(program).args(arguments).current_dir(root()))
            .map(|o| o.trim().to_owned())
    };
    let commit = of("git", &["log", "-1", "--format=%h"])?;
    let day = of("date", &["-u", "+%Y-%m-%d"])?;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let text = format!(
        "# The last whole run\n\nWritten by `cargo xtask verify`, on {day}, of commit {commit}, on {cores} cores. `cargo xtask test` runs a part of it: the filters are in `.config/nextest.toml`.\n\n```\n{printed}```\n"
    );
    std::fs::write(root().join("docs/reference/verified.md"), text).map_err(|e| e.to_string())
}

/// Tests of `end2end/`, with what they start.
fn node(files: &[&str], postgres: Option<&str>) -> Result<bool> {
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
    node.envs(postgres.map(|url| ("LIGATURE_TEST_POSTGRES", url)))
        .current_dir(root().join("end2end"))
        .args(["--test", "--test-concurrency=1"])
        .args(files)
        .env("LIGATURE_BIN", target().join("debug"))
        .env("LIGATURE_PROXIES", setup::proxy_folder())
        .env("LIGATURE_PYTHON", cache().join("python/bin/python"));
    Ok(built && ok(&mut node)?)
}

/// nextest where it is installed, else cargo's own runner.
fn nextest(profile: &str, packages: &[&str], environment: &[(&str, &str)]) -> Result<bool> {
    let mut command = cargo();
    command.envs(environment.iter().copied()).env("RUST_BACKTRACE", "0");
    if found("cargo-nextest") {
        command.args([
            "nextest",
            "run",
            "--locked",
            "--profile",
            profile,
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
