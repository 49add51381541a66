//! Who somebody is at a provider: the part of the identity's key that the provider chooses (ID-17, OpenID Connect Core §2).
use serde_json::Value;

/// Longest subject, in bytes (OpenID Connect Core §2 allows 255 characters).
const LONGEST: usize = 255;

/// A `sub`: text, byte for byte. `None` for one that is empty, too long, or has control characters, and for what is no text.
pub fn text_subject(value: &Value) -> Option<String> {
    value.as_str().filter(|text| usable(text)).map(str::to_owned)
}

/// A subject of a server that may also number its people. Text stays as it is; a whole number is written in digits. Text that
/// reads like such a number is kept in quotes, and so is text that begins with one: the number 7 and the text "7" are two
/// people. Numbers with a fraction or an exponent are none, nor are those too large to be read exactly.
pub fn subject(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from))
            .map(|n| n.to_string()),
        Value::String(text) if usable(text) => {
            let like_number = text.parse::<i128>().is_ok_and(|n| n.to_string() == *text);
            Some(if like_number || text.starts_with('"') {
                format!("\"{text}\"")
            } else {
                text.clone()
            })
        }
        _ => None,
    }
}

fn usable(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn id_17_spellings_of_a_subject_are_different_people_and_numbers_are_not_texts() {
        assert_eq!(subject(&json!("abc")).as_deref(), Some("abc"), "text is kept byte for byte");
        let all = [
            json!(7),
            json!("7"),
            json!(" 7"),
            json!("7 "),
            json!("007"),
            json!("+7"),
            json!("7.0"),
            json!("\"7\""),
            json!("\"7"),
            json!("-7"),
            json!(-7),
            json!("٧"),
            json!("ａ"),
            json!("a"),
        ];
        let keys: BTreeSet<String> = all.iter().filter_map(subject).collect();
        assert_eq!(keys.len(), all.len(), "{keys:?}");
        assert_eq!(subject(&json!(u64::MAX)).as_deref(), Some("18446744073709551615"));
    }

    #[test]
    fn id_17_what_cannot_be_told_apart_is_no_subject() {
        let good = "x".repeat(LONGEST);
        assert!(subject(&json!(good)).is_some() && text_subject(&json!(good)).is_some());
        let long = "x".repeat(LONGEST + 1);
        for bad in [
            json!(7.0),
            json!(0.5),
            json!(null),
            json!(true),
            json!([7]),
            json!({"id": 7}),
            json!(""),
            json!(" "),
            json!("a\nb"),
            json!("a\u{0}b"),
            json!("a\u{85}b"),
            json!(long),
        ] {
            assert_eq!((subject(&bad), text_subject(&bad)), (None, None), "{bad}");
        }
        assert_eq!(
            text_subject(&json!(" AbC ")).as_deref(),
            Some(" AbC "),
            "what is one stays as it came"
        );
        assert_eq!(text_subject(&json!(7)), None, "a sub is text (OpenID Connect Core §2)");
    }

    #[test]
    fn id_17_no_two_subjects_share_a_key() {
        let letters = ["", "\"", "0", "7", ".", " ", "a", "+", "-", "e"];
        let longer = |texts: BTreeSet<String>| {
            texts
                .iter()
                .flat_map(|text| letters.map(|letter| format!("{text}{letter}")))
                .collect::<BTreeSet<_>>()
        };
        let texts = longer(longer(longer(BTreeSet::from([String::new()]))));
        let all: Vec<Value> = texts
            .into_iter()
            .map(Value::from)
            .chain((-80..1000).map(Value::from))
            .filter(|v| subject(v).is_some())
            .collect();
        let keys: BTreeSet<String> = all.iter().filter_map(subject).collect();
        assert!(all.len() > 1500 && keys.len() == all.len());
    }
}
