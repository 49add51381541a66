//! What makes a signed token one (OpenID Connect Core §3.1.3.7). Its claims are read after the signature was checked, by our
//! own reader: issuer, audience, times, nonce and subject byte for byte, and never in another type.
use domain::{Micros, SECOND};
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use crate::{
    error::{Part, UpstreamError, kind_of},
    http::json,
    protocols::{
        oidc::keys::{Keys, NoKey, algorithm},
        skew::SKEW,
    },
    subject::text_subject,
};

/// Why a token is not believed.
#[derive(Debug, PartialEq, Eq)]
pub enum NotSigned {
    /// Newer keys may help (OC-10, UP-01).
    Key(NoKey),
    Other(UpstreamError),
}

/// The claims of a compact JWS (RFC 7515 §3.1) that one of the keys signed with one of the algorithms.
///
/// # Errors
/// [`NotSigned`].
pub fn signed(
    part: Part,
    token: &str,
    keys: &Keys,
    algorithms: &[Algorithm],
) -> Result<Map<String, Value>, NotSigned> {
    let wrong = |what: String| NotSigned::Other(UpstreamError::answer(part, what));
    if token.split('.').count() == 5 {
        return Err(wrong("is encrypted; turn encryption off at the provider".into()));
    }
    let (message, signature) = token
        .rsplit_once('.')
        .filter(|(message, _)| message.split('.').count() == 2)
        .ok_or_else(|| wrong("is no signed token".into()))?;
    let (header, claims) = json::parts(token).map_err(|malformed| wrong(malformed.to_string()))?;
    let name = header.get("alg").and_then(Value::as_str).unwrap_or_default();
    let Some(algorithm) = algorithm(name).filter(|a| algorithms.contains(a)) else {
        let known =
            name.chars().all(|c| c.is_ascii_alphanumeric()) && (1..=10).contains(&name.len());
        return Err(wrong(if known {
            format!("is signed with {name}, which is not accepted from this provider")
        } else {
            "has no usable algorithm".into()
        }));
    };
    // Extensions that must be understood (RFC 7515 §4.1.11); none are.
    if header.contains_key("crit") {
        return Err(wrong("has a critical header".into()));
    }
    let kid = match header.get("kid") {
        None | Some(Value::Null) => None,
        Some(Value::String(kid)) => Some(kid.as_str()),
        other => return Err(wrong(format!("kid: {}", kind_of(other)))),
    };
    keys.check(algorithm, kid, message, signature).map_err(NotSigned::Key)?;
    Ok(claims)
}

/// Who must have said it, and to whom.
pub struct Expected<'a> {
    pub client_id: &'a str,
    /// Further audiences that a token may be for (FR-04).
    pub trusted: &'a [String],
    pub nonce: &'a str,
    pub now: Micros,
}

fn wrong(field: &'static str, what: impl Into<String>) -> UpstreamError {
    UpstreamError::field(Part::IdToken, field, what)
}

/// A moment: seconds since 1970, also with a fraction.
fn moment(claims: &Map<String, Value>, name: &'static str) -> Result<Micros, UpstreamError> {
    match claims.get(name) {
        Some(Value::Number(number)) => {
            seconds(number).ok_or_else(|| wrong(name, "a number that is no moment"))
        }
        other => Err(wrong(name, kind_of(other))),
    }
}

fn seconds(number: &serde_json::Number) -> Option<Micros> {
    let whole = number.as_i64().or_else(|| {
        number
            .as_f64()
            .filter(|f| f.is_finite())
            .and_then(|f| format!("{:.0}", f.floor()).parse().ok())
    })?;
    whole.checked_mul(SECOND).filter(|at| *at > 0)
}

/// The issuer, which is who the settings say.
///
/// # Errors
/// [`UpstreamError::Answer`], as of all that follow.
pub fn issuer(claims: &Map<String, Value>, expected: &str) -> Result<(), UpstreamError> {
    match claims.get("iss") {
        Some(Value::String(issuer)) if issuer == expected => Ok(()),
        Some(Value::String(_)) => Err(wrong("iss", "names another issuer")),
        other => Err(wrong("iss", kind_of(other))),
    }
}

/// The audience: us, and beside us only whom the settings trust, or else we are the party that asked (§3.1.3.7 no. 3 to 5).
pub fn audience(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), UpstreamError> {
    let all: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many
            .iter()
            .map(|one| {
                one.as_str()
                    .ok_or_else(|| wrong("aud", format!("has {} in its list", kind_of(Some(one)))))
            })
            .collect::<Result<_, _>>()?,
        other => return Err(wrong("aud", kind_of(other))),
    };
    if !all.contains(&expected.client_id) {
        return Err(wrong("aud", "is for another client"));
    }
    // A party of another type is none: then nobody is named.
    let party = claims.get("azp").and_then(Value::as_str);
    if party.is_some_and(|party| party != expected.client_id) {
        return Err(wrong("azp", "names another client"));
    }
    let foreign = all.iter().any(|one| {
        *one != expected.client_id && !expected.trusted.iter().any(|trusted| trusted == one)
    });
    if foreign && party.is_none() {
        return Err(wrong("aud", "has further audiences that are not trusted, and no azp"));
    }
    Ok(())
}

/// The times of a token: it has not expired, and it was issued before now, which it answers.
///
/// # Errors
/// [`UpstreamError::Answer`] that names the claim.
pub fn lifetime(claims: &Map<String, Value>, now: Micros) -> Result<Micros, UpstreamError> {
    if moment(claims, "exp")?.saturating_add(SKEW) <= now {
        return Err(wrong("exp", "has passed"));
    }
    let issued = moment(claims, "iat")?;
    if issued > now.saturating_add(SKEW) {
        return Err(wrong("iat", "lies in the future"));
    }
    if let Some(Value::Number(from)) = claims.get("nbf")
        && seconds(from).is_some_and(|from| from > now.saturating_add(SKEW))
    {
        return Err(wrong("nbf", "lies in the future"));
    }
    Ok(issued)
}

/// Everything that must hold of an ID token but its issuer; answers the subject.
///
/// # Errors
/// [`UpstreamError::Answer`] that names the claim.
pub fn id_token(
    claims: &Map<String, Value>,
    expected: &Expected<'_>,
) -> Result<String, UpstreamError> {
    audience(claims, expected)?;
    lifetime(claims, expected.now)?;
    match claims.get("nonce") {
        Some(Value::String(nonce)) if nonce == expected.nonce => {}
        Some(Value::String(_)) => return Err(wrong("nonce", "is of another request")),
        other => return Err(wrong("nonce", kind_of(other))),
    }
    claims.get("sub").and_then(text_subject).ok_or_else(|| wrong("sub", kind_of(claims.get("sub"))))
}
