//! Checks of the source itself: who imports whom, what may not be in, what docs are generated.
use std::collections::{BTreeMap, BTreeSet};

use crate::shell::{Result, cargo, output, root};

/// Who may depend on whom, directly.
const MAY: &[(&str, &[&str])] = &[
    ("ligature-domain", &[]),
    ("ligature-storage", &["ligature-domain"]),
    ("ligature-upstream", &["ligature-domain"]),
    ("ligature-issuer", &["ligature-domain"]),
    ("ligature-expr", &[]),
    (
        "ligature-service",
        &[
            "ligature-domain",
            "ligature-expr",
            "ligature-storage",
            "ligature-upstream",
            "ligature-issuer",
        ],
    ),
    ("ligature-app", &["ligature-domain", "ligature-service"]),
    ("ligature-frontend", &["ligature-app"]),
    (
        "ligature-server",
        &[
            "ligature-domain",
            "ligature-storage",
            "ligature-upstream",
            "ligature-issuer",
            "ligature-service",
            "ligature-app",
        ],
    ),
    ("ligature-rehearsal", &[]),
];

/// Libraries that stay in one crate.
const ONLY: &[(&str, &[&str])] = &[
    ("diesel", &["ligature-storage"]),
    ("diesel-async", &["ligature-storage"]),
    ("lettre", &["ligature-server"]),
    ("oauth2", &["ligature-upstream"]),
    // Its typed claims shut people out, and it brings `rsa` along (RUSTSEC-2023-0071).
    ("openidconnect", &[]),
    ("reqwest", &["ligature-upstream", "ligature-rehearsal"]),
    ("argon2", &["ligature-service"]),
    ("cel", &["ligature-expr"]),
];

/// Direct dependencies by crate, as cargo itself lists them (all features, no tests).
fn direct() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut found = BTreeMap::new();
    for (name, _) in MAY {
        let listed = output(cargo().args([
            "tree",
            "--locked",
            "--package",
            name,
            "--edges",
            "normal",
            "--depth",
            "1",
            "--prefix",
            "none",
            "--all-features",
        ]))?;
        let mut names: BTreeSet<String> =
            listed.lines().skip(1).filter_map(|l| l.split(' ').next()).map(str::to_owned).collect();
        names.remove(*name);
        // An empty list for a crate that has dependencies would make this check blind.
        if names.is_empty() {
            return Err(format!("no dependencies listed for {name}"));
        }
        found.insert((*name).to_owned(), names);
    }
    Ok(found)
}

/// The import fence.
pub fn fence() -> Result<bool> {
    let direct = direct()?;
    let mut good = true;
    for (name, allowed) in MAY {
        for dependency in direct.get(*name).into_iter().flatten() {
            let ours = dependency.starts_with("ligature-");
            let kept = ONLY.iter().find(|(library, _)| library == dependency);
            if ours && !allowed.contains(&dependency.as_str())
                || kept.is_some_and(|(_, homes)| !homes.contains(name))
            {
                eprintln!("{name} may not import {dependency}");
                good = false;
            }
        }
    }
    // The domain does no input or output: it must not reach a runtime, a socket or a clock.
    let tree = output(cargo().args([
        "tree",
        "--locked",
        "--package",
        "ligature-domain",
        "--edges",
        "normal",
        "--prefix",
        "none",
    ]))?;
    for line in tree.lines() {
        if ["tokio ", "reqwest ", "getrandom ", "chrono ", "time ", "rand "]
            .iter()
            .any(|n| line.starts_with(n))
        {
            eprintln!("ligature-domain reaches {line}");
            good = false;
        }
    }
    Ok(good)
}

/// Packages that must not be in the lock file.
pub fn bans() -> Result<bool> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).map_err(|e| e.to_string())?;
    let mut good = lock.contains("name = \"ligature-domain\"");
    for banned in ["openssl-sys", "native-tls", "pq-sys", "sqlx", "sqlx-core", "evalexpr"] {
        if lock.contains(&format!("name = \"{banned}\"\n")) {
            eprintln!("{banned} is in Cargo.lock");
            good = false;
        }
    }
    Ok(good)
}

/// Licences that we may ship; one of an `OR` is enough.
const LICENCES: [&str; 17] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "0BSD",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "Unlicense",
    "MPL-2.0",
    "CDLA-Permissive-2.0",
    "BSL-1.0",
    "OpenSSL",
    "MIT-0",
    "NCSA",
];

/// Every dependency's licence, from cargo's own listing.
pub fn licences() -> Result<bool> {
    let listed = output(cargo().args([
        "tree",
        "--locked",
        "--workspace",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}|{l}",
    ]))?;
    let mut bad: BTreeSet<&str> = BTreeSet::new();
    let mut seen = 0;
    for line in listed.lines() {
        let Some((_, licence)) = line.trim_end_matches(" (*)").split_once('|') else { continue };
        seen += 1;
        let fits = |part: &str| {
            part.replace(['(', ')'], " ")
                .split(" AND ")
                .all(|all| all.split(" OR ").any(|one| LICENCES.contains(&one.trim())))
        };
        let old_form = licence.replace('/', " OR ");
        if !old_form.split(" OR ").any(|one| LICENCES.contains(&one.trim())) && !fits(&old_form) {
            bad.insert(line);
        }
    }
    for line in &bad {
        eprintln!("licence not allowed: {line}");
    }
    Ok(bad.is_empty() && seen > 100)
}

/// Tests that cite an id (`lk_01`, `LK-01`), by id.
fn citations() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut folders = vec![
        root().join("crates"),
        root().join("server"),
        root().join("app/src"),
        root().join("end2end/tests"),
        root().join("end2end/relying"),
    ];
    while let Some(path) = folders.pop() {
        if path.is_dir() {
            folders.extend(
                std::fs::read_dir(&path).map_err(|e| e.to_string())?.flatten().map(|f| f.path()),
            );
            continue;
        }
        let name = path.to_string_lossy().into_owned();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let rust = name.ends_with(".rs")
            && (text.contains("test]")
                || text.contains("tokio::test(")
                || text.contains("proptest!"));
        // Ids in a test's name, and those that its comment says it shows.
        let mut said: Vec<String> = Vec::new();
        for line in text.lines().map(str::trim_start) {
            if let Some(comment) = line.strip_prefix("///") {
                if comment.trim_start().starts_with("Shows ") {
                    said = ids(comment);
                }
                continue;
            }
            let test = line
                .strip_prefix("async fn ")
                .or_else(|| line.strip_prefix("fn "))
                .filter(|_| rust);
            let script = line
                .strip_prefix("test('")
                .or_else(|| line.strip_prefix("test(`"))
                .filter(|_| name.ends_with(".test.js"));
            let Some(title) = test
                .and_then(|t| t.split('(').next())
                .or_else(|| script.and_then(|t| t.split(['\'', '`', '$']).next()))
            else {
                continue;
            };
            for id in ids(title).into_iter().chain(said.drain(..)) {
                found
                    .entry(id)
                    .or_default()
                    .insert(title.replace('_', " ").trim_end_matches([',', ' ']).to_owned());
            }
        }
    }
    Ok(found)
}

/// What looks like an id in a text: two letters and two digits with one sign between.
fn ids(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let pair = |pair: &[&str]| match pair {
        [a, b]
            if a.len() == 2
                && b.len() == 2
                && a.bytes().all(|c| c.is_ascii_alphabetic())
                && b.bytes().all(|c| c.is_ascii_digit()) =>
        {
            Some(format!("{}-{b}", a.to_ascii_uppercase()))
        }
        _ => None,
    };
    words.windows(2).filter_map(pair).collect()
}

/// Writes, or compares, the pages of docs/reference that are generated: requirement and threat tables with their tests.
pub fn tables(write: bool) -> Result<bool> {
    let cited = citations()?;
    let (mut good, mut missing): (bool, Vec<String>) = (true, Vec::new());
    for name in ["requirements", "threats"] {
        let source = std::fs::read_to_string(root().join(format!("docs/reference/{name}.tsv")))
            .map_err(|e| format!("docs/reference/{name}.tsv: {e}"))?;
        let mut page = format!(
            "# {}\n\nGenerated by `cargo xtask tables` from `{name}.tsv` and the tests that cite each id. Do not edit.\n\n| id | what | shown by |\n|---|---|---|\n",
            if name == "requirements" { "Behaviours" } else { "Attack cases" }
        );
        for line in source.lines().filter(|l| !l.is_empty()) {
            let (id, text) = line.split_once('\t').ok_or(format!("{name}.tsv: {line}"))?;
            if !cited.contains_key(id) {
                missing.push(id.to_owned());
            }
            let tests = cited
                .get(id)
                .map(|t| t.iter().cloned().collect::<Vec<_>>().join(" · "))
                .unwrap_or_else(|| "not yet".into());
            page.push_str(&format!("| {id} | {text} | {tests} |\n"));
        }
        let file = root().join(format!("docs/reference/{name}.md"));
        if write {
            std::fs::write(&file, page).map_err(|e| e.to_string())?;
        } else if std::fs::read_to_string(&file).unwrap_or_default() != page {
            eprintln!("docs/reference/{name}.md is not up to date: run cargo xtask tables");
            good = false;
        }
    }
    if write {
        eprintln!("{} rows and cases without a test: {}", missing.len(), missing.join(" "));
    }
    Ok(good)
}
