//! Pages of docs/reference that are made from the code: configuration and refusals. `UPDATE_DOCS=1` writes them.
use domain::Refusal;
use server::config::Config;

fn same(name: &str, text: &str) {
    let file = format!("{}/../docs/reference/{name}.md", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&file).unwrap_or_default(),
        text,
        "run the tests with UPDATE_DOCS=1"
    );
}

#[test]
fn the_configuration_reference_is_made_from_the_structs() {
    let source = include_str!("../../src/config.rs");
    let defaults: toml::Table =
        toml::from_str(&toml::to_string(&Config::default()).unwrap()).unwrap();
    let mut page = String::from(
        "# Configuration\n\nGenerated from the code; do not edit. A TOML file (`ligature.toml`, or `--config FILE`), then the environment: `LIGATURE__SECTION__KEY`. Unknown keys are errors; `ligature check-config` tells all problems at once. What administrators change at run time is in the database.\n",
    );
    let mut missing: std::collections::BTreeSet<&str> = defaults
        .iter()
        .filter(|(_, value)| value.is_table())
        .map(|(key, _)| key.as_str())
        .collect();
    for block in source.split("\npub struct ").skip(1) {
        let (name, body) = block.split_once(" {").unwrap();
        let section: String = name
            .chars()
            .enumerate()
            .map(|(i, c)| {
                if c.is_uppercase() && i > 0 {
                    format!("_{}", c.to_lowercase())
                } else {
                    c.to_lowercase().to_string()
                }
            })
            .collect();
        // Structs that are no section are none of the file's.
        let Some(table) = defaults.get(&section).and_then(toml::Value::as_table) else { continue };
        missing.remove(section.as_str());
        page.push_str(&format!(
            "\n## `[{section}]`\n\n| key | default | meaning |\n|---|---|---|\n"
        ));
        let mut words = Vec::new();
        for line in body.split("\n}").next().unwrap().lines().map(str::trim) {
            if let Some(text) = line.strip_prefix("/// ") {
                words.push(text.to_owned());
            } else if let Some((key, _)) = line.strip_prefix("pub ").and_then(|l| l.split_once(':'))
            {
                let value = table.get(key).map_or_else(|| "–".into(), |v| format!("`{v}`"));
                page.push_str(&format!("| `{key}` | {value} | {} |\n", words.join(" ")));
                words.clear();
            }
        }
    }
    page.push_str("\n`demo = true` marks every page as a demo and allows cheap password hashes.\n");
    assert!(missing.is_empty(), "sections without a table: {missing:?}");
    same("configuration", &page);
}

#[test]
fn the_refusal_catalogue_is_made_from_the_table() {
    let mut page = String::from(
        "# Refusals\n\nGenerated from the code; do not edit. Every refusal has a stable code, a status and a next step; its page shows a support code that leads to the audit event.\n\n| code | status | when |\n|---|---|---|\n",
    );
    for refusal in Refusal::ALL {
        page.push_str(&format!(
            "| `{}` | {} | {} |\n",
            refusal.code(),
            refusal.status(),
            refusal.when()
        ));
    }
    same("refusals", &page);
}

/// Whether a text holds a name that is no part of a longer one.
fn names(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !inside(text[..at].chars().next_back()) && !inside(text[at + name.len()..].chars().next())
    })
}

/// In `code` a path from the root of the repository; behind it, in brackets or after a comma, names that its file holds.
#[test]
fn every_path_and_name_in_the_docs_for_contributors_exists() {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let folders: Vec<String> = std::fs::read_dir(root)
        .unwrap()
        .map(|e| e.unwrap())
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name().into_string().unwrap())
        .collect();
    for doc in [
        "docs/explanation/find-your-way.md",
        "docs/explanation/architecture.md",
        "CONTRIBUTING.md",
        "migrations/README.md",
    ] {
        let text = std::fs::read_to_string(root.join(doc)).unwrap();
        let parts: Vec<&str> = text.split('`').collect();
        let is_path = |code: &str| {
            code.split_once('/').is_some_and(|(first, _)| folders.iter().any(|f| f == first))
                && !code.contains([' ', '<', '\n'])
        };
        let (mut paths, mut found) = (0, 0);
        for (n, code) in parts.iter().enumerate().skip(1).step_by(2) {
            assert!(
                is_path(code) || !code.ends_with(".rs") || code.contains('<'),
                "{doc}: {code} is no path from the root"
            );
            if !is_path(code) {
                continue;
            }
            let file = root.join(code);
            assert!(file.exists(), "{doc}: there is no {code}");
            paths += 1;
            let content = std::fs::read_to_string(&file).unwrap_or_default();
            for (before, name) in parts[n + 1..].chunks_exact(2).map(|pair| (pair[0], pair[1])) {
                if ![" (", ", "].contains(&before) || is_path(name) {
                    break;
                }
                assert!(
                    names(&content, name.trim_end_matches('!')),
                    "{doc}: {code} holds no {name}"
                );
                found += 1;
            }
        }
        assert!(paths > 4, "{doc}: {paths} paths, {found} names");
    }
}

/// `(linking/unknown.rs)`: the end of the path of one of our files.
#[test]
fn every_file_in_the_list_of_mutations_exists() {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut waiting: Vec<_> =
        ["app/src", "crates", "server/src"].map(|folder| root.join(folder)).into();
    let mut files = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            files.push(path);
        }
    }
    let text = std::fs::read_to_string(root.join("docs/reference/mutations.md")).unwrap();
    let named: Vec<&str> = text
        .split('(')
        .filter_map(|rest| rest.split_once(".rs)"))
        .map(|(name, _)| name)
        .filter(|name| !name.contains(' '))
        .collect();
    assert!(named.len() > 100, "{}", named.len());
    for name in named {
        assert!(
            files.iter().any(|file| file.ends_with(format!("{name}.rs"))),
            "there is no {name}.rs"
        );
    }
}
