//! What strangers can send, made up by a fuzzer: libFuzzer over the targets in `fuzz/`, one after the other.
use std::{
    fs::create_dir_all,
    process::{Command, Stdio},
};

use crate::shell::{Result, cargo, output, root, run, target};

/// In the order in which they run.
const TARGETS: [&str; 5] = ["token_answer", "metadata", "key_set", "saml_response", "directory"];
/// Seconds of one target, unless somebody says otherwise.
const SECONDS: u64 = 600;
/// The largest input, in bytes; what a provider can send is bounded elsewhere.
const LARGEST: usize = 16 << 10;
/// What libFuzzer wants of the compiler; the compiler that is pinned knows these without being a nightly one.
const FLAGS: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
];

/// Builds the targets and runs those that are named, or all; prints a row for each.
pub fn fuzz(named: &[String], seconds: Option<u64>) -> Result<bool> {
    let (seconds, triple) = (seconds.unwrap_or(SECONDS), host()?);
    let folder = target().join("fuzz");
    run(cargo()
        .current_dir(root().join("fuzz"))
        .env("CARGO_TARGET_DIR", &folder)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", FLAGS.join(" "))
        .args(["build", "--release", "--locked", "--bins", "--target", &triple]))?;
    let mut good = true;
    for name in TARGETS.iter().filter(|name| named.is_empty() || named.iter().any(|n| n == *name)) {
        let (corpus, artifacts) = (folder.join("corpus").join(name), folder.join("artifacts"));
        for made in [&corpus, &artifacts] {
            create_dir_all(made).map_err(|e| format!("{}: {e}", made.display()))?;
        }
        let mut command = Command::new(folder.join(&triple).join("release").join(name));
        command
            .arg(&corpus)
            .arg(root().join("fuzz/seeds").join(name))
            .arg(format!(
                "-dict={}",
                root().join(format!("fuzz/dictionaries/{name}.dict")).display()
            ))
            .arg(format!("-artifact_prefix={}/{name}-", artifacts.display()))
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-max_len={LARGEST}"))
            .args(["-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1"])
            // A library prints what it does not know.
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let child = command.spawn().map_err(|e| format!("{name}: {e}"))?;
        let out = child.wait_with_output().map_err(|e| format!("{name}: {e}"))?;
        let told = String::from_utf8_lossy(&out.stderr).into_owned();
        if out.status.success() {
            eprintln!("{}", row(name, &told));
        } else {
            let last: Vec<&str> = told.lines().rev().take(40).collect();
            eprintln!("{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
            eprintln!("| `{name}` | FOUND SOMETHING: the input is in {} |", artifacts.display());
            good = false;
        }
    }
    Ok(good)
}

/// A row of `docs/reference/fuzzing.md` out of what libFuzzer printed: executions, branches reached, features, seconds.
fn row(name: &str, told: &str) -> String {
    let stat = |key: &str| {
        told.lines().find_map(|line| line.strip_prefix(key)).map_or("?", str::trim).to_owned()
    };
    // "#4194304 pulse cov: 512 ft: 1300 corp: …": the last line that has them.
    let last = |key: &str| {
        let words: Vec<&str> = told.split_whitespace().collect();
        let at = words.iter().rposition(|word| *word == key);
        at.and_then(|at| words.get(at + 1)).copied().unwrap_or("?").to_owned()
    };
    let seconds = told
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("Done ")?.split(" in ").nth(1)?.split(' ').next())
        .unwrap_or("?");
    format!(
        "| `{name}` | {} | {} | {} | {seconds} |",
        stat("stat::number_of_executed_units:"),
        last("cov:"),
        last("ft:"),
    )
}

/// The machine that this compiler builds for: naming it keeps build scripts and macros out of what is watched.
fn host() -> Result<String> {
    let told = output(Command::new("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc names no host".into())
}
