//! User names as rules compare them.
use ligature_domain::{
    email_address::Canonical,
    policy::{Fold, ProfileAttribute},
};

/// Shows EM-07 for user names: what stands for another character finds nobody, and no two spellings are one name.
#[test]
fn em_07_characters_that_stand_for_others_are_in_no_user_name() {
    let name = |text: &str| ProfileAttribute::Username.folded(text, Fold::Case);
    for (typed, compared) in [
        ("Kelvin", "kelvin"),
        ("åse", "åse"),
        ("ÅSE", "åse"),
        ("straße", "straße"),
        ("周小明", "周小明"),
        ("\u{3A9}-7", "\u{3C9}-7"),
    ] {
        assert_eq!(name(typed).as_deref(), Some(compared), "{typed}");
    }
    let others = [
        ("\u{212A}elvin", "the Kelvin sign is lower-cased to k"),
        ("\u{212B}se", "the Angstrom sign"),
        ("\u{2126}-7", "the Ohm sign"),
        ("bo\u{17F}s", "the long s"),
        ("\u{FF4B}elvin", "full width"),
        ("kelvin\u{FF20}ex.test", "the full-width at sign"),
        ("kelvin\u{FE6B}ex.test", "the small at sign"),
        ("kelvin\u{2460}", "a circled digit"),
        ("kelvin\u{FF11}", "a full-width digit"),
        ("kel\u{200B}vin", "what nobody sees"),
    ];
    for (typed, why) in others {
        assert_eq!(name(typed), None, "{why}: {typed:?}");
        // The same words in front of an address are refused by the same rule.
        assert!(Canonical::parse(&format!("{typed}@ex.test")).is_err(), "{why}");
    }
}
