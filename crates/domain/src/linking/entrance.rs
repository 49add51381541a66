//! What the sign-in page does before anybody has said anything.
use crate::policy::{Policy, SoleProvider};

/// The page, or straight to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginRedirect {
    Page,
    /// The place in the list of usable providers.
    Provider(usize),
}

/// With exactly one provider and no password there is nothing to choose (ZI-12, GO-54). `stay`: the person has just
/// signed out or been refused, and is never sent away again by itself.
#[must_use]
pub fn entrance(policy: &Policy, usable_providers: usize, stay: bool) -> LoginRedirect {
    let p = &policy.permits;
    let sole = usable_providers == 1
        && !p.password_sign_in
        && !p.email_code_sign_in
        && !p.phone_code_sign_in
        && !p.passkey_sign_in;
    if sole && !stay && policy.choices.sole_provider == SoleProvider::Redirect {
        LoginRedirect::Provider(0)
    } else {
        LoginRedirect::Page
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Document;

    fn policy(json: &str) -> Policy {
        Policy::merge(1, &[&Document::parse(json).unwrap()])
    }

    /// Shows ZI-12, GO-54.
    #[test]
    fn zi_12_go_54_one_provider_and_no_password_is_no_question() {
        let sole = policy(
            r#"{"permits":{"password_sign_in":false},"choices":{"sole_provider":"redirect"}}"#,
        );
        assert_eq!(entrance(&sole, 1, false), LoginRedirect::Provider(0));
        assert_eq!(entrance(&sole, 1, true), LoginRedirect::Page, "nobody loops");
        assert_eq!(entrance(&sole, 2, false), LoginRedirect::Page);
        assert_eq!(entrance(&sole, 0, false), LoginRedirect::Page);
        assert_eq!(
            entrance(&policy("{}"), 1, false),
            LoginRedirect::Page,
            "the password is a choice"
        );
        assert_eq!(
            entrance(
                &policy(
                    r#"{"permits":{"password_sign_in":false},"choices":{"sole_provider":"page"}}"#
                ),
                1,
                false
            ),
            LoginRedirect::Page
        );
    }
}
