//! Policies to start from: the recommended one, and one for each system whose journeys Ligature knows.
use super::fields::Document;

macro_rules! presets {
    ($($name:literal [$($deviation:literal),* $(,)?];)*) => {
        /// Names of the presets, the recommended one first.
        pub const PRESETS: [&str; [$($name),*].len()] = [$($name),*];

        /// The text of a preset.
        #[must_use]
        pub fn preset_text(name: &str) -> Option<&'static str> {
            Some(match name {
                $($name => include_str!(concat!("../../presets/", $name, ".json")),)*
                _ => return None,
            })
        }

        /// Where a preset knowingly leaves the system that it is named after.
        #[must_use]
        pub fn deviations(name: &str) -> &'static [&'static str] {
            match name {
                $($name => &[$($deviation),*],)*
                _ => &[],
            }
        }
    };
}

// The name, which is also that of the document in `presets/`, and where it leaves its system (`deviation-<name>`).
presets! {
    "recommended" [];
    "goss" ["proved-target", "mail", "asserted-chooser", "changed-address"];
    "nevis" ["finish-behind-code", "sign-up-at-once", "password-by-reset"];
    "zitadel" ["unproven", "several", "no-prefill", "template-flags", "user-name"];
    "gravitee" ["unproven", "several", "steps"];
    "authing_field" ["unproven", "proved-target", "user-name"];
    "authing_ask" ["phone", "user-name"];
    "login_only" [];
}

/// A preset as a document.
#[must_use]
pub fn preset(name: &str) -> Option<Document> {
    preset_text(name).and_then(|text| Document::parse(text).ok())
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
