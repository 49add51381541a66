//! What an answer says, whatever it is labelled: JSON of any content type, a form, a script that calls back with JSON.
use http::StatusCode;
use serde_json::{Map, Value};

use super::json;
use crate::error::{Part, Trouble, UpstreamError, kind_of, plain};

/// The readings that are tried where a body is no JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Readings {
    /// `access_token=…&token_type=…` (RFC 6749 before draft 10; GitHub, Facebook, QQ).
    pub form: bool,
    /// `callback( {…} );` (QQ).
    pub script: bool,
}

/// Reads an object out of a body. The label is not asked: providers send JSON as `text/plain`, `text/javascript` and
/// `text/html` (FR-12).
///
/// # Errors
/// [`UpstreamError::Answer`] that says what the body looks like.
pub fn object(
    part: Part,
    body: &[u8],
    readings: Readings,
) -> Result<Map<String, Value>, UpstreamError> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let inner = if readings.script { script(text).unwrap_or(text) } else { text };
    match json::read(inner) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(other) => Err(UpstreamError::answer(
            part,
            format!("{} instead of an object", kind_of(Some(&other))),
        )),
        Err(malformed) if malformed.is_doubled() => {
            Err(UpstreamError::answer(part, malformed.to_string()))
        }
        Err(malformed) => {
            readings.form.then(|| form(inner)).flatten().ok_or_else(|| {
                UpstreamError::answer(part, looks_like(inner, &malformed.to_string()))
            })
        }
    }
}

/// The JSON inside `name( … );`.
fn script(body: &[u8]) -> Option<&[u8]> {
    let text = body.trim_ascii().strip_suffix(b";").unwrap_or(body.trim_ascii()).trim_ascii_end();
    let open = text.iter().position(|b| *b == b'(')?;
    let (name, rest) = text.split_at_checked(open)?;
    let named = !name.is_empty()
        && name.trim_ascii().iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'.');
    rest.strip_prefix(b"(")?.strip_suffix(b")").filter(|_| named)
}

/// A form, if the body is one; with a name twice it is none (ID-19).
fn form(body: &[u8]) -> Option<Map<String, Value>> {
    let text = std::str::from_utf8(body).ok()?.trim();
    if text.is_empty() || text.contains(['<', '{', '\n']) || !text.contains('=') {
        return None;
    }
    let mut fields = Map::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        if fields.insert(name.into_owned(), value.into_owned().into()).is_some() {
            return None;
        }
    }
    Some(fields)
}

fn looks_like(body: &[u8], otherwise: &str) -> String {
    let text = body.trim_ascii_start();
    if text.is_empty() {
        "an empty answer".into()
    } else if text.starts_with(b"<") {
        "a page instead of JSON".into()
    } else {
        otherwise.to_owned()
    }
}

/// An error that an answer tells, whatever its status: `error` as text, number or object (Facebook), `errcode` (WeChat),
/// `ok: false` (Slack), `ret` (QQ), `status` with `message` (Twitch).
#[must_use]
pub fn told_error(fields: &Map<String, Value>, never: &[&str]) -> Option<String> {
    let words = |value: Option<&Value>| match value {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let number = |name: &str| {
        fields.get(name).and_then(Value::as_i64).filter(|n| *n != 0).map(|n| n.to_string())
    };
    let code = match fields.get("error") {
        Some(Value::Object(error)) => words(error.get("code"))
            .or_else(|| words(error.get("type")))
            .or_else(|| Some("error".into())),
        other => words(other).filter(|code| code != "0"),
    };
    let refused = fields.get("ok") == Some(&Value::Bool(false));
    let code = code
        .or_else(|| number("errcode"))
        .or_else(|| number("ret"))
        .or_else(|| refused.then(|| "not ok".into()));
    let code = code.or_else(|| fields.get("message").and_then(|_| number("status")))?;
    let more = fields.get("error").and_then(|e| words(e.get("message")));
    let more = more.or_else(|| {
        ["error_description", "errmsg", "msg", "message"]
            .into_iter()
            .find_map(|name| words(fields.get(name)))
    });
    Some(plain(&more.map_or_else(|| code.clone(), |more| format!("{code} ({more})")), never))
}

/// The answer of an endpoint that tells errors: an object of a 2xx without one.
///
/// # Errors
/// [`UpstreamError::Refused`] with the provider's own code; [`UpstreamError::Answer`] where nothing can be read.
pub fn good(
    part: Part,
    status: StatusCode,
    body: &[u8],
    readings: Readings,
    never: &[&str],
) -> Result<Map<String, Value>, UpstreamError> {
    let read = object(part, body, readings);
    if let Some(error) = read.as_ref().ok().and_then(|fields| told_error(fields, never)) {
        return Err(UpstreamError::Refused(Trouble::new(part, error)));
    }
    if status.is_success() {
        return read;
    }
    Err(match read {
        Err(error) if error.trouble().what.contains("twice") => error,
        _ => UpstreamError::Refused(Trouble::new(part, format!("status {}", status.as_u16()))),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ALL: Readings = Readings { form: true, script: true };

    #[test]
    fn an_object_is_read_from_json_from_a_form_and_from_a_script() {
        for body in [
            r#"{"a":"b"}"#,
            "a=b",
            r#"callback( {"a":"b"} );"#,
            "\u{feff}{\"a\":\"b\"}",
            "  {\"a\":\"b\"}\n",
        ] {
            assert_eq!(
                Value::from(object(Part::Token, body.as_bytes(), ALL).unwrap()),
                json!({"a": "b"}),
                "{body}"
            );
        }
        for body in [
            "",
            "<html>",
            "[1]",
            "nothing",
            "a=b&a=c",
            "{\"a\":1,\"a\":2}",
            "alert(1)",
            "callback(",
        ] {
            assert!(object(Part::Token, body.as_bytes(), ALL).is_err(), "{body}");
        }
        assert!(
            object(Part::Token, b"a=b", Readings::default()).is_err(),
            "a form is read only where one is expected"
        );
    }

    #[test]
    fn errors_of_every_dialect_are_told_by_their_code() {
        assert_eq!(
            told_error(json!({"access_token": "t", "error": null}).as_object().unwrap(), &[]),
            None
        );
        assert_eq!(
            told_error(
                json!({"access_token": "t", "errcode": 0, "ok": true, "ret": 0})
                    .as_object()
                    .unwrap(),
                &[]
            ),
            None
        );
        for (body, said) in [
            (json!({"error": "invalid_grant"}), "invalid_grant"),
            (
                json!({"error": {"message": "used", "type": "OAuthException", "code": 100}}),
                "100 (used)",
            ),
            (json!({"errcode": 40029, "errmsg": "invalid code"}), "40029 (invalid code)"),
            (
                json!({"error": 100020, "error_description": "code is reused error"}),
                "100020 (code is reused error)",
            ),
            (json!({"ok": false}), "not ok"),
            (
                json!({"status": 400, "message": "Invalid authorization code"}),
                "400 (Invalid authorization code)",
            ),
            (
                json!({"error": "x", "error_description": "your secret hunter22"}),
                "x (your secret …)",
            ),
        ] {
            assert_eq!(
                told_error(body.as_object().unwrap(), &["hunter22"]).as_deref(),
                Some(said),
                "{body}"
            );
        }
    }
}
