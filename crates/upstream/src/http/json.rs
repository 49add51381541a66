//! The only reader of JSON that comes from outside. A key that stands twice in an object, at any depth, makes the whole
//! text malformed: two readers of it could believe different things (ID-19, RFC 8259 §4). A number that cannot be read
//! exactly is no value: two people's numbers must not become one (ID-17).
//!
//! `serde_json`'s own readers are disallowed in this crate (clippy.toml); everything else goes by [`Value`]s from here.
use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Whole numbers up to here are exact as floating point too.
const EXACT: f64 = 9_007_199_254_740_992.0;

const TWICE: &str = "a key stands twice";

/// The text is no JSON, or has a key twice.
#[derive(Debug, thiserror::Error)]
#[error("malformed JSON: {0}")]
pub struct Malformed(serde_json::Error);

impl Malformed {
    /// A key stands twice in it: no other reading of the text is tried (ID-19).
    #[must_use]
    pub fn is_doubled(&self) -> bool {
        self.0.to_string().starts_with(TWICE)
    }
}

/// Reads a text.
///
/// # Errors
/// [`Malformed`].
pub fn read(bytes: &[u8]) -> Result<Value, Malformed> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads")]
    serde_json::from_slice::<Once>(bytes).map(|once| once.0).map_err(Malformed)
}

/// Reads a text as a type.
///
/// # Errors
/// [`Malformed`], also for another shape.
pub fn read_as<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Malformed> {
    serde_json::from_value(read(bytes)?).map_err(Malformed)
}

/// A JSON object.
pub type Object = Map<String, Value>;

/// Header and claims of a compact JWS (RFC 7515 §3.1), without any check of its signature.
///
/// # Errors
/// [`Malformed`] where one of them is no JSON object.
pub fn parts(token: &str) -> Result<(Object, Object), Malformed> {
    let mut parts = token.split('.');
    let mut next = || {
        read_as(
            &URL_SAFE_NO_PAD
                .decode(parts.next().unwrap_or_default())
                .map_err(|_| Malformed(de::Error::custom("no base64url")))?,
        )
    };
    Ok((next()?, next()?))
}

/// A value whose objects have each key once.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        let rounded = value.fract() == 0.0 && value.abs() >= EXACT;
        Ok(if rounded {
            Value::Null
        } else {
            Number::from_f64(value).map_or(Value::Null, Value::Number)
        })
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Once(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        // The key is compared as it reads, not as it is spelt: `\u0061` is `a`.
        while let Some(key) = fields.next_key::<String>()? {
            if all.contains_key(&key) {
                return Err(de::Error::custom(TWICE));
            }
            let Once(value) = fields.next_value()?;
            all.insert(key, value);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Also a key that is spelt in two ways, one in a list of lists, and one whose values are equal.
    #[test]
    fn id_19_a_key_that_stands_twice_makes_the_text_malformed_at_any_depth() {
        assert_eq!(
            read(br#"{"a":{"b":1},"b":[{"a":2}]}"#).unwrap(),
            json!({"a": {"b": 1}, "b": [{"a": 2}]}),
            "the same key in different objects"
        );
        for twice in [
            r#"{"email_verified":false,"email_verified":true}"#,
            r#"{"email_verified":true,"email_verified":true}"#,
            r#"{"email":"a@ex.test","em\u0061il":"v@ex.test"}"#,
            r#"{"user":{"id":1,"id":2}}"#,
            r#"[[{"verified":true,"verified":false}]]"#,
            r#"{"keys":[{"kid":"k1","kid":"k2"}]}"#,
        ] {
            assert!(read(twice.as_bytes()).is_err(), "{twice}");
        }
    }

    #[test]
    fn id_19_header_and_claims_of_a_token_are_read_the_same_way() {
        let token = |header: &str, claims: &str| {
            format!("{}.{}.sig", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
        };
        assert_eq!(
            parts(&token(r#"{"alg":"RS256"}"#, r#"{"sub":"7"}"#)).unwrap().1,
            *json!({"sub": "7"}).as_object().unwrap()
        );
        assert!(parts(&token(r#"{"alg":"RS256","alg":"none"}"#, r#"{"sub":"7"}"#)).is_err());
        assert!(parts(&token(r#"{"alg":"RS256"}"#, r#"{"sub":"7","sub":"8"}"#)).is_err());
        assert!(parts("no token").is_err() && parts(&token("[]", "{}")).is_err());
    }

    #[test]
    fn id_17_a_number_that_cannot_be_read_exactly_is_no_value() {
        let number = |text: &str| read(text.as_bytes()).unwrap();
        for exact in ["7", "-7", "18446744073709551615", "-9223372036854775808", "0.5"] {
            assert_eq!(number(exact).to_string(), exact);
        }
        for rounded in [
            "18446744073709551616",
            "18446744073709551617",
            "-9223372036854775809",
            "1e300",
            "9007199254740993.0",
        ] {
            assert_eq!(number(rounded), Value::Null, "{rounded}");
        }
        assert!(read(b"007").is_err() && read(b"1e999").is_err() && read(b"7 7").is_err());
    }
}
