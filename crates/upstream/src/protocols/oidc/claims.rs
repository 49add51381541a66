//! Claims that nobody needs for getting in (OpenID Connect Core §5.1): of another type than they should be, they are left
//! out, and the rest stays (FR-01, FR-02). What userinfo adds never changes what the ID token said.
use domain::groups::is_told;
use serde_json::{Map, Value};

type Claims = Map<String, Value>;

const TEXTS: [&str; 17] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "acr",
    "azp",
];
const TRUTHS: [&str; 2] = ["email_verified", "phone_number_verified"];
const NUMBERS: [&str; 2] = ["auth_time", "updated_at"];

/// What speaks of the token or of how somebody signed in is the ID token's alone.
const NEVER_ADDED: [&str; 14] = [
    "iss",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "azp",
    "sub",
    "sid",
    "auth_time",
    "acr",
    "amr",
    "at_hash",
];

/// An address, and whether it was verified: one statement, never put together from two.
const PAIRS: [(&str, &str); 2] =
    [("email", "email_verified"), ("phone_number", "phone_number_verified")];

/// Leaves out what is of another type. `words`: the provider documents truths as the texts "true" and "false" (Apple, Cognito).
pub fn tidy(claims: &mut Claims, words: bool) {
    if words {
        for name in TRUTHS.into_iter().chain(["is_private_email"]) {
            if let Some(word) =
                claims.get(name).and_then(Value::as_str).and_then(|word| word.parse::<bool>().ok())
            {
                claims.insert(name.into(), word.into());
            }
        }
    }
    claims.retain(|name, value| match name.as_str() {
        text if TEXTS.contains(&text) => value.is_string(),
        truth if TRUTHS.contains(&truth) => value.is_boolean(),
        number if NUMBERS.contains(&number) => value.is_number(),
        "amr" => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
        "address" => value.is_object(),
        _ => true,
    });
}

/// What is asked for and not there (FR-28), or counted on and not there.
pub fn lacks(claims: &Claims, scopes: &[String], wanted: &[String], counts: &[String]) -> bool {
    let asked = |scope: &str| scopes.iter().any(|s| s == scope);
    let there = |name: &str| claims.contains_key(name);
    let email = asked("email") && !(there("email") && there("email_verified"));
    let name = asked("profile") && !there("name");
    let counts = counts.iter().any(|name| !is_told(claims, name));
    email || name || counts || wanted.iter().any(|name| !there(name))
}

/// Adds what userinfo says.
pub fn add(claims: &mut Claims, mut more: Claims) {
    more.retain(|name, _| !NEVER_ADDED.contains(&name.as_str()));
    for (value, verified) in PAIRS {
        let (word, truth) = (more.remove(value), more.remove(verified));
        match claims.get(value) {
            None => {
                // Whatever was said of no address is said of none.
                claims.remove(verified);
                claims.extend(word.map(|word| (value.to_owned(), word)));
                if claims.contains_key(value) {
                    claims.extend(truth.map(|truth| (verified.to_owned(), truth)));
                }
            }
            Some(_) if claims.contains_key(verified) => {}
            Some(known) if word.as_ref() == Some(known) => {
                claims.extend(truth.map(|truth| (verified.to_owned(), truth)))
            }
            Some(_) => {}
        }
    }
    for (name, value) in more {
        claims.entry(name).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Claims {
        value.as_object().unwrap().clone()
    }

    /// FR-01, FR-02.
    #[test]
    fn fr_02_claims_of_another_type_are_left_out_and_the_rest_stays() {
        let good = json!({"name": "Vera", "email": "v@ex.test", "email_verified": true, "acr": "mfa", "amr": ["pwd", "otp"], "auth_time": 7, "address": {"country": "DE"}, "x": [1]});
        let mut claims = object(good.clone());
        tidy(&mut claims, false);
        assert_eq!(Value::from(claims), good);
        let odd = [
            ("updated_at", json!("2026-01-02T03:04:05.678Z")),
            ("amr", json!("pwd")),
            ("amr", json!([1])),
            ("acr", json!(1)),
            ("acr", json!({"values": ["x"]})),
            ("address", json!("Main St 1")),
            ("phone_number_verified", json!("false")),
            ("email_verified", json!("true")),
            ("email_verified", json!(1)),
            ("preferred_username", json!(1234)),
            ("birthdate", json!(19_700_101)),
            ("picture", json!({"url": "x"})),
            ("website", json!(false)),
            ("azp", json!(["c"])),
            ("auth_time", json!("1767323045")),
            ("name", Value::Null),
        ];
        for (name, value) in odd {
            let mut claims = object(json!({"sub": "s1", "email#x": "y", name: value}));
            tidy(&mut claims, false);
            assert_eq!(Value::from(claims), json!({"sub": "s1", "email#x": "y"}), "{name}");
        }
    }

    /// ID-09: Apple documents texts; nobody else's text is a truth.
    #[test]
    fn id_09_truths_in_words_count_only_where_they_are_documented() {
        let mut claims = object(json!({"email_verified": "true", "is_private_email": "false"}));
        tidy(&mut claims, true);
        assert_eq!(Value::from(claims), json!({"email_verified": true, "is_private_email": false}));
        let mut claims = object(json!({"email_verified": "yes"}));
        tidy(&mut claims, true);
        assert!(claims.is_empty());
    }

    /// FR-28; an address and its being verified come from one statement.
    #[test]
    fn fr_28_userinfo_adds_what_is_missing_and_verifies_only_the_same_address() {
        let added = |token: Value, userinfo: Value| {
            let mut claims = object(token);
            add(&mut claims, object(userinfo));
            Value::from(claims)
        };
        let token = json!({"sub": "s1", "email": "v@ex.test", "acr": "pwd"});
        let all = added(
            token.clone(),
            json!({"sub": "s1", "email": "v@ex.test", "email_verified": true, "name": "Vera", "groups": ["a"]}),
        );
        assert_eq!(
            all,
            json!({"sub": "s1", "email": "v@ex.test", "email_verified": true, "acr": "pwd", "name": "Vera", "groups": ["a"]})
        );
        assert_eq!(
            added(token.clone(), json!({"email": "w@ex.test", "email_verified": true})),
            token,
            "another address"
        );
        assert_eq!(
            added(token.clone(), json!({"email_verified": true})),
            token,
            "no address at all"
        );
        assert_eq!(
            added(
                token.clone(),
                json!({"acr": "mfa", "amr": ["otp"], "auth_time": 9, "sub": "s2", "iss": "x"})
            ),
            token,
            "never assurance"
        );
        assert_eq!(
            added(json!({"email_verified": true}), json!({"email": "w@ex.test"})),
            json!({"email": "w@ex.test"})
        );
        assert_eq!(
            added(
                json!({"email": "v@ex.test", "email_verified": false}),
                json!({"email": "v@ex.test", "email_verified": true})
            ),
            json!({"email": "v@ex.test", "email_verified": false})
        );
    }
}
