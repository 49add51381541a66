//! Policies to start from: the recommended one, and one for each system whose journeys Ligature knows.
use super::Document;

/// Names of the presets, the recommended one first.
pub const PRESETS: [&str; 8] = [
    "recommended",
    "goss",
    "nevis",
    "zitadel",
    "gravitee",
    "authing_field",
    "authing_ask",
    "login_only",
];

/// The text of a preset.
#[must_use]
pub fn preset_text(name: &str) -> Option<&'static str> {
    Some(match name {
        "recommended" => include_str!("../../presets/recommended.json"),
        "goss" => include_str!("../../presets/goss.json"),
        "nevis" => include_str!("../../presets/nevis.json"),
        "zitadel" => include_str!("../../presets/zitadel.json"),
        "gravitee" => include_str!("../../presets/gravitee.json"),
        "authing_field" => include_str!("../../presets/authing_field.json"),
        "authing_ask" => include_str!("../../presets/authing_ask.json"),
        "login_only" => include_str!("../../presets/login_only.json"),
        _ => return None,
    })
}

/// A preset as a document.
#[must_use]
pub fn preset(name: &str) -> Option<Document> {
    preset_text(name).and_then(|text| Document::parse(text).ok())
}

/// Where a preset knowingly leaves the system that it is named after.
#[must_use]
pub fn deviations(name: &str) -> &'static [&'static str] {
    match name {
        "goss" => &["proved-target", "mail", "asserted-chooser", "changed-address", "mirroring"],
        "nevis" => &["finish-behind-code", "sign-up-at-once", "password-by-reset"],
        "zitadel" => &["unproven", "several", "no-prefill", "template-flags", "user-name"],
        "gravitee" => &["unproven", "several", "steps"],
        "authing_field" => &["unproven", "proved-target", "user-name"],
        "authing_ask" => &["phone", "user-name"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;

    #[test]
    fn every_preset_parses_and_passes_its_own_checks() {
        for name in PRESETS {
            let document = Document::parse(preset_text(name).unwrap())
                .unwrap_or_else(|e| panic!("{name}: {e:?}"));
            assert_eq!(document.preset.as_deref(), Some(name));
            Policy::merge(1, &[&document]).check().unwrap_or_else(|e| panic!("{name}: {e:?}"));
        }
    }
}
