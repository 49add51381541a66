//! Expressions of another server, in our spelling.

/// Translates the expressions of a linking step as Gravitee AM writes them: the `{#…}` around, the path to the person
/// in front, and the two names for identities. What is no such expression is a text and becomes a literal.
#[must_use]
pub fn import(written: &str) -> String {
    let Some(inner) = written.trim().strip_prefix("{#").and_then(|w| w.strip_suffix('}')) else {
        return format!("'{}'", written.replace('\\', "\\\\").replace('\'', "\\'"));
    };
    let mut text = inner.to_owned();
    for person in
        ["context.attributes['user'].", "context.attributes[\"user\"].", "user.", "profile."]
    {
        if let Some(rest) = text.strip_prefix(person) {
            text = rest.to_owned();
            break;
        }
    }
    for (old, new) in [
        ("lastIdentityInformation", "identity.last"),
        ("].additionalInformation", "]"),
        ("identitiesAsMap[", "identities["),
        ("additionalInformation", "claims"),
    ] {
        text = text.replace(old, new);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gv_12_expressions_of_a_linking_step_are_importable() {
        for (theirs, ours) in [
            (
                "{#context.attributes['user'].lastIdentityInformation['email']}",
                "identity.last['email']",
            ),
            (
                "{#user.identitiesAsMap['google'].additionalInformation['email']}",
                "identities['google']['email']",
            ),
            ("{#profile.additionalInformation['staff']}", "claims['staff']"),
            ("it's", "'it\\'s'"),
        ] {
            assert_eq!(import(theirs), ours);
            assert_eq!(crate::check(&import(theirs)), Ok(()), "{theirs}");
        }
    }
}
