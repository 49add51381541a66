//! What breaks processes and connections on purpose: the tests of `server/tests/it/chaos/`, and what they printed.
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use crate::{
    setup,
    shell::{Result, cargo, found, output, root},
};

/// Runs every case, and keeps what was printed in docs/reference/chaos.md. False where one failed or could not run.
pub fn chaos(yes: bool) -> Result<bool> {
    let ready = setup::all(yes)?;
    for (there, what) in [
        (ready.postgres, "PostgreSQL"),
        (found("sqlite3"), "sqlite3"),
        (found("cargo-nextest"), "cargo-nextest"),
    ] {
        if !there {
            return Err(format!("{what} is missing: nothing was run"));
        }
    }
    let mut child = cargo()
        .args([
            "nextest",
            "run",
            "--locked",
            "--workspace",
            "--exclude",
            "ligature-frontend",
            "--profile",
            "chaos",
            "--no-fail-fast",
            "--color",
            "never",
            "--success-output",
            "immediate",
            "--failure-output",
            "immediate",
        ])
        .env("LIGATURE_TEST_DB", "postgres")
        .env("RUST_BACKTRACE", "0")
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cargo nextest: {e}"))?;
    let said = child.stderr.take().ok_or("no output")?;
    let mut kept: Vec<String> = Vec::new();
    for line in BufReader::new(said).lines() {
        let line = line.map_err(|e| e.to_string())?;
        eprintln!("{line}");
        kept.extend(told(&line));
    }
    let well = child.wait().map_err(|e| e.to_string())?.success();
    keep(&kept)?;
    Ok(well)
}

/// A line that is worth keeping: how a case ended, in how many seconds, and the figures that it printed.
fn told(line: &str) -> Option<String> {
    let line = line.trim();
    if let Some((_, figure)) = line.split_once("figure: ") {
        return Some(format!("           {figure}"));
    }
    let ended = ["PASS ", "FAIL ", "SIGKILL ", "TIMEOUT "].iter().any(|w| line.starts_with(w));
    let (state, case) = line.split_once(']')?;
    let (word, seconds) = state.split_once('[')?;
    let name = case.rsplit_once("chaos::")?.1.replace("::", ": ").replace('_', " ");
    ended.then(|| format!("{:<8} {name} ({})", word.trim(), seconds.trim()))
}

fn keep(lines: &[String]) -> Result<()> {
    let of = |program: &str, arguments: &[&str]| {
        output(Command::new(program).args(arguments).current_dir(root()))
            .map(|o| o.trim().to_owned())
    };
    let commit = of("git", &["log", "-1", "--format=%h"])?;
    let day = of("date", &["-u", "+%Y-%m-%d"])?;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let printed = lines.join("\n");
    let text = format!(
        "# What was broken on purpose\n\nWritten by `cargo xtask chaos`, on {day}, of commit {commit}, on {cores} cores, with a development build. The cases are tests in `server/tests/it/chaos/`; [the attack cases](threats.md) say what each must show.\n\n```\n{printed}\n```\n"
    );
    std::fs::write(root().join("docs/reference/chaos.md"), text).map_err(|e| e.to_string())
}
