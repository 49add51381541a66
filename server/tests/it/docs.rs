//! Pages of docs/reference that are made from the code: configuration and refusals. `UPDATE_DOCS=1` writes them.
use domain::Refusal;
use server::config::Config;

fn same(name: &str, text: &str) {
    let file = format!("{}/../docs/reference/{name}.md", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), text, "run the tests with UPDATE_DOCS=1");
}

#[test]
fn the_configuration_reference_is_made_from_the_structs() {
    let source = include_str!("../../src/config.rs");
    let defaults: toml::Table = toml::from_str(&toml::to_string(&Config::default()).unwrap()).unwrap();
    let mut page = String::from(
        "# Configuration\n\nGenerated from the code; do not edit. A TOML file (`ligature.toml`, or `--config FILE`), then the environment: `LIGATURE__SECTION__KEY`. Unknown keys are errors; `ligature check-config` tells all problems at once. What administrators change at run time is in the database.\n",
    );
    let mut known = 0;
    for block in source.split("\npub struct ").skip(1).take(9) {
        let (name, body) = block.split_once(" {").unwrap();
        let section = if name == "Config" {
            String::new()
        } else {
            name.chars().enumerate().map(|(i, c)| if c.is_uppercase() && i > 0 { format!("_{}", c.to_lowercase()) } else { c.to_lowercase().to_string() }).collect()
        };
        let table = if section.is_empty() { &defaults } else { defaults[&section].as_table().unwrap() };
        if !section.is_empty() {
            page.push_str(&format!("\n## `[{section}]`\n\n| key | default | meaning |\n|---|---|---|\n"));
        }
        let mut words = Vec::new();
        for line in body.split("\n}").next().unwrap().lines().map(str::trim) {
            if let Some(text) = line.strip_prefix("/// ") {
                words.push(text.to_owned());
            } else if let Some((key, _)) = line.strip_prefix("pub ").and_then(|l| l.split_once(':')) {
                if !section.is_empty() {
                    let value = table.get(key).map_or_else(|| "–".into(), |v| format!("`{v}`"));
                    page.push_str(&format!("| `{key}` | {value} | {} |\n", words.join(" ")));
                    known += 1;
                }
                words.clear();
            }
        }
    }
    page.push_str("\n`demo = true` marks every page as a demo and allows cheap password hashes.\n");
    assert!(known > 25, "{known}");
    same("configuration", &page);
}

#[test]
fn the_refusal_catalogue_is_made_from_the_table() {
    let mut page = String::from(
        "# Refusals\n\nGenerated from the code; do not edit. Every refusal has a stable code, a status and a next step; its page shows a support code that leads to the audit event.\n\n| code | status | when |\n|---|---|---|\n",
    );
    for refusal in Refusal::ALL {
        page.push_str(&format!("| `{}` | {} | {} |\n", refusal.code(), refusal.status(), refusal.when()));
    }
    same("refusals", &page);
}
