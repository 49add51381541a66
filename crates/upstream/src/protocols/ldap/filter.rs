//! Search filters with places for what was typed. A filter is parsed before anything is put in its places, so nothing that
//! is typed can become a part of it (RFC 4515 §4 without any escaping of ours).
use ldap3_proto::{
    parse_ldap_filter_str,
    proto::{LdapFilter, LdapSubstringFilter},
};

/// A filter with places in braces.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template(LdapFilter);

impl Template {
    /// A filter that holds one of the places at least, and no other one.
    pub(crate) fn new(text: &str, places: &[&str]) -> Option<Self> {
        if text.len() > 2000 {
            return None;
        }
        let filter = parse_ldap_filter_str(text.trim()).ok()?;
        let (mut found, mut strange) = (false, false);
        each_value(&filter, &mut |value| {
            let held = places.iter().any(|place| value.contains(&format!("{{{place}}}")));
            found |= held;
            let rest = places
                .iter()
                .fold(value.to_owned(), |rest, place| rest.replace(&format!("{{{place}}}"), ""));
            strange |= rest.contains(['{', '}']);
        });
        (found && !strange).then_some(Self(filter))
    }

    pub(crate) fn parses(text: &str, places: &[&str]) -> bool {
        Self::new(text, places).is_some()
    }

    /// The filter with values in their places.
    pub(crate) fn filled(&self, values: &[(&str, &str)]) -> LdapFilter {
        // What one value holds is not looked at for the next: places are searched in the template alone.
        with_values(&self.0, &|text| {
            let mut out = String::new();
            let mut rest = text;
            while let Some((before, from)) = rest.split_once('{') {
                out.push_str(before);
                match from.split_once('}') {
                    Some((place, after)) => {
                        let value = values.iter().find(|(name, _)| *name == place);
                        out.push_str(value.map_or("", |(_, value)| value));
                        rest = after;
                    }
                    None => rest = from,
                }
            }
            out.push_str(rest);
            out
        })
    }
}

/// Every value of a filter, not the names of attributes.
fn each_value(filter: &LdapFilter, see: &mut dyn FnMut(&str)) {
    match filter {
        LdapFilter::And(all) | LdapFilter::Or(all) => {
            all.iter().for_each(|one| each_value(one, see));
        }
        LdapFilter::Not(one) => each_value(one, see),
        LdapFilter::Equality(_, value)
        | LdapFilter::GreaterOrEqual(_, value)
        | LdapFilter::LessOrEqual(_, value)
        | LdapFilter::Approx(_, value) => see(value),
        LdapFilter::Substring(_, parts) => {
            parts.initial.iter().chain(&parts.any).chain(&parts.final_).for_each(|value| see(value))
        }
        LdapFilter::Extensible(rule) => see(&rule.match_value),
        LdapFilter::Present(_) => {}
    }
}

fn with_values(filter: &LdapFilter, change: &dyn Fn(&str) -> String) -> LdapFilter {
    let all = |filters: &[LdapFilter]| {
        filters.iter().map(|one| with_values(one, change)).collect::<Vec<_>>()
    };
    match filter {
        LdapFilter::And(filters) => LdapFilter::And(all(filters)),
        LdapFilter::Or(filters) => LdapFilter::Or(all(filters)),
        LdapFilter::Not(one) => LdapFilter::Not(Box::new(with_values(one, change))),
        LdapFilter::Equality(name, value) => LdapFilter::Equality(name.clone(), change(value)),
        LdapFilter::GreaterOrEqual(name, value) => {
            LdapFilter::GreaterOrEqual(name.clone(), change(value))
        }
        LdapFilter::LessOrEqual(name, value) => {
            LdapFilter::LessOrEqual(name.clone(), change(value))
        }
        LdapFilter::Approx(name, value) => LdapFilter::Approx(name.clone(), change(value)),
        LdapFilter::Substring(name, parts) => LdapFilter::Substring(
            name.clone(),
            LdapSubstringFilter {
                initial: parts.initial.as_deref().map(change),
                any: parts.any.iter().map(|value| change(value)).collect(),
                final_: parts.final_.as_deref().map(change),
            },
        ),
        LdapFilter::Extensible(rule) => {
            let mut rule = rule.clone();
            rule.match_value = change(&rule.match_value);
            LdapFilter::Extensible(rule)
        }
        LdapFilter::Present(name) => LdapFilter::Present(name.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_stays_a_value_whatever_it_holds() {
        let template =
            Template::new("(&(objectClass=person)(|(uid={login})(mail={login})))", &["login"])
                .unwrap();
        for typed in ["*", "anna)(uid=*", "a*b", "\\2a", "{login}", "zoë (ops), jr", "\0", "&(|"] {
            let LdapFilter::And(parts) = template.filled(&[("login", typed)]) else { panic!() };
            let LdapFilter::Or(either) = &parts[1] else { panic!() };
            assert_eq!(
                *either,
                [
                    LdapFilter::Equality("uid".into(), typed.into()),
                    LdapFilter::Equality("mail".into(), typed.into())
                ]
            );
        }
    }

    #[test]
    fn a_filter_without_its_place_or_with_a_strange_one_is_none() {
        for (text, places) in [
            ("(uid=*)", &["login"][..]),
            ("(uid={who})", &["login"]),
            ("(uid={login})({login})", &["login"]),
            ("uid={login}", &["login"]),
            ("(uid={login}", &["login"]),
            ("(&(uid={login})(cn={dn}))", &["login"]),
            ("", &["login"]),
        ] {
            assert!(!Template::parses(text, places), "{text}");
        }
        let nested = "(member:1.2.840.113556.1.4.1941:={dn})";
        let filled =
            Template::new(nested, &["dn", "username"]).unwrap().filled(&[("dn", "cn=a*b")]);
        let LdapFilter::Extensible(rule) = filled else { panic!() };
        assert_eq!(rule.match_value, "cn=a*b");
        assert_eq!(rule.matching_rule.as_deref(), Some("1.2.840.113556.1.4.1941"));
    }
}
