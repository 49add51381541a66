//! The list of what the program is built of (CycloneDX 1.5, JSON): from the tree that cargo resolves for the server, and the
//! checksums of `Cargo.lock`. Written without a library, since xtask has none.
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
};

use crate::shell::{Result, cargo, output, root};

/// One crate of the tree.
#[derive(Debug, Default, PartialEq, Eq)]
struct Component {
    name: String,
    version: String,
    /// An SPDX expression, or nothing where the crate names none.
    licence: String,
    /// Package URLs of what it uses itself.
    uses: BTreeSet<String>,
    /// Whether it lies in this workspace, so that no registry has it.
    ours: bool,
}

/// The document for what `ligature` is built of now: code that is linked, and neither build tools nor tests.
pub fn sbom(version: &str, commit: &str) -> Result<String> {
    let tree = output(cargo().args([
        "tree",
        "--locked",
        "--package",
        "ligature-server",
        "--edges",
        "normal",
        "--prefix",
        "depth",
        "--format",
        "|{p}|{l}",
    ]))?;
    let lock = fs::read_to_string(root().join("Cargo.lock")).map_err(|e| e.to_string())?;
    document(&components(&tree)?, &checksums(&lock), version, commit)
}

/// The package URL of a crate (purl-spec, type `cargo`); `+` of build metadata is escaped.
fn purl(name: &str, version: &str) -> String {
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

/// Reads lines `DEPTH|NAME vVERSION (FOLDER)|LICENCE`; ` (*)` behind one says that what it uses stood above.
fn components(tree: &str) -> Result<BTreeMap<String, Component>> {
    let mut all: BTreeMap<String, Component> = BTreeMap::new();
    let mut above: Vec<String> = Vec::new();
    for line in tree.lines().filter(|l| !l.trim().is_empty()) {
        let unknown = || format!("cargo tree: {line}");
        let mut parts = line.splitn(3, '|');
        let depth: usize = parts.next().and_then(|d| d.parse().ok()).ok_or_else(unknown)?;
        let mut words = parts.next().ok_or_else(unknown)?.split_whitespace();
        let name = words.next().ok_or_else(unknown)?;
        let version = words.next().and_then(|v| v.strip_prefix('v')).ok_or_else(unknown)?;
        let licence = parts.next().ok_or_else(unknown)?.trim_end_matches("(*)").trim();
        let id = purl(name, version);
        above.truncate(depth);
        if let Some(user) = above.last().and_then(|user| all.get_mut(user)) {
            user.uses.insert(id.clone());
        }
        let ours = words.any(|w| w.starts_with("(/"));
        let one = all.entry(id.clone()).or_default();
        one.name = name.into();
        one.version = version.into();
        one.licence = licence.replace('/', " OR ");
        one.ours |= ours;
        above.push(id);
    }
    Ok(all)
}

/// SHA-256 of the archives in the registry, by package URL.
fn checksums(lock: &str) -> BTreeMap<String, String> {
    let field = |package: &str, name: &str| {
        package
            .lines()
            .find_map(|l| l.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"'))
            .map(str::to_owned)
    };
    lock.split("[[package]]")
        .filter_map(|p| {
            Some((purl(&field(p, "name")?, &field(p, "version")?), field(p, "checksum")?))
        })
        .collect()
}

/// Text as JSON.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                // Writing to a String does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Fails for a crate of the registry without checksum: the list would vouch for what nobody can compare.
fn document(
    all: &BTreeMap<String, Component>,
    sums: &BTreeMap<String, String>,
    version: &str,
    commit: &str,
) -> Result<String> {
    let (mut parts, mut uses) = (Vec::new(), Vec::new());
    let server = all
        .iter()
        .find(|(_, one)| one.name == "ligature-server")
        .map(|(id, _)| quoted(id))
        .ok_or("cargo tree names no ligature-server")?;
    for (id, one) in all {
        let list: Vec<_> = one.uses.iter().map(|u| quoted(u)).collect();
        uses.push(format!(r#"{{"ref":{},"dependsOn":[{}]}}"#, quoted(id), list.join(",")));
        if one.name == "ligature-server" {
            continue;
        }
        let mut part = format!(
            r#"{{"type":"library","bom-ref":{0},"name":{1},"version":{2},"purl":{0}"#,
            quoted(id),
            quoted(&one.name),
            quoted(&one.version)
        );
        if !one.licence.is_empty() {
            part += &format!(r#","licenses":[{{"expression":{}}}]"#, quoted(&one.licence));
        }
        match sums.get(id) {
            Some(sum) => {
                part += &format!(r#","hashes":[{{"alg":"SHA-256","content":{}}}]"#, quoted(sum));
            }
            None if one.ours => {}
            None => return Err(format!("{id} has no checksum in Cargo.lock")),
        }
        parts.push(part + "}");
    }
    Ok(format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"metadata":{{"component":{{"type":"application","bom-ref":{server},"name":"ligature","version":{},"properties":[{{"name":"commit","value":{}}}]}}}},
"components":[
{}
],"dependencies":[
{}
]}}
"#,
        quoted(version),
        quoted(commit),
        parts.join(",\n"),
        uses.join(",\n")
    ))
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "tests may panic")]
mod tests {
    use super::*;

    const TREE: &str = "0|ligature-server v0.1.0 (/some/where)|MIT OR Apache-2.0\n1|aes v0.9.4|MIT/Apache-2.0\n2|cipher v0.5.0+x|MIT\n1|cipher v0.5.0+x|MIT (*)\n";
    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"aes\"\nversion = \"0.9.4\"\nchecksum = \"aa\"\n\n[[package]]\nname = \"cipher\"\nversion = \"0.5.0+x\"\nchecksum = \"bb\"\n\n[[package]]\nname = \"ligature-server\"\nversion = \"0.1.0\"\n";

    #[test]
    fn a_crate_is_listed_once_with_its_licence_and_all_that_uses_it() {
        let all = components(TREE).expect("a tree");
        assert_eq!(all.len(), 3);
        let server = all.get("pkg:cargo/ligature-server@0.1.0").expect("the server");
        let cipher = "pkg:cargo/cipher@0.5.0%2Bx";
        assert!(server.ours && server.uses.contains(cipher) && server.uses.len() == 2);
        let aes = all.get("pkg:cargo/aes@0.9.4").expect("aes");
        assert_eq!(aes.licence, "MIT OR Apache-2.0");
        assert!(!aes.ours && aes.uses.contains(cipher));
        assert_eq!(all.get(cipher).map(|c| c.licence.as_str()), Some("MIT"));
    }

    #[test]
    fn a_crate_of_the_registry_without_checksum_is_refused() {
        let all = components(TREE).expect("a tree");
        let whole = document(&all, &checksums(LOCK), "0.1.0", "c0ffee").expect("a document");
        assert!(whole.contains(r#""content":"bb""#) && whole.contains(r#""value":"c0ffee""#));
        let lock = LOCK.replace("checksum = \"bb\"\n", "");
        let refused = document(&all, &checksums(&lock), "0.1.0", "c0ffee");
        assert!(refused.is_err_and(|e| e.contains("cipher")));
    }

    #[test]
    fn text_in_the_list_cannot_end_its_quotes() {
        assert_eq!(quoted("a\"b\\c\nd"), r#""a\"b\\c\u000ad""#);
    }
}
