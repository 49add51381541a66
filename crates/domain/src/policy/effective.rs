//! The policy in force with the scope that each value comes from.
use serde::Serialize;
use serde_json::Value;

use super::fields::{Document, Policy};

/// Which merge law a field follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// AND over the scopes.
    Permit,
    /// The strictest.
    Floor,
    /// The nearest, unless `final` further out.
    Choice,
}

/// A field's value in force and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effective {
    pub kind: Kind,
    pub field: String,
    pub value: Value,
    /// The scope that settled it; empty: built in.
    pub origin: String,
    /// A wider scope pinned it.
    pub pinned: bool,
}

/// Every field of the policy that these scopes, widest first, come to.
#[must_use]
pub fn explain(scopes: &[(String, Document)]) -> Vec<Effective> {
    let documents: Vec<&Document> = scopes.iter().map(|(_, d)| d).collect();
    let steps: Vec<Policy> = (0..=documents.len())
        .map(|n| Policy::merge(0, documents.get(..n).unwrap_or_default()))
        .collect();
    let mut all = Vec::new();
    all.extend(fields(
        Kind::Permit,
        scopes,
        &steps,
        |p| to_value(&p.permits),
        |d| to_value(&d.permits),
    ));
    all.extend(fields(
        Kind::Floor,
        scopes,
        &steps,
        |p| to_value(&p.floors),
        |d| to_value(&d.floors),
    ));
    all.extend(fields(
        Kind::Choice,
        scopes,
        &steps,
        |p| to_value(&p.choices),
        |d| to_value(&d.choices),
    ));
    all
}

fn to_value<T: Serialize>(part: &T) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

fn fields(
    kind: Kind,
    scopes: &[(String, Document)],
    steps: &[Policy],
    of_policy: impl Fn(&Policy) -> Value,
    of_document: impl Fn(&Document) -> Value,
) -> Vec<Effective> {
    let values: Vec<Value> = steps.iter().map(of_policy).collect();
    let Some(Value::Object(last)) = values.last() else { return Vec::new() };
    let origin = |field: &str| {
        let mut origin = String::new();
        for (n, (scope, document)) in scopes.iter().enumerate() {
            let (before, after) = (
                values.get(n).and_then(|v| v.get(field)),
                values.get(n + 1).and_then(|v| v.get(field)),
            );
            let states = of_document(document).get(field).is_some();
            if before != after || (states && n == 0) {
                origin.clone_from(scope);
            }
        }
        origin
    };
    let pinned =
        |field: &str| kind == Kind::Choice && scopes.iter().any(|(_, d)| d.pinned.contains(field));
    last.iter()
        .map(|(field, value)| Effective {
            kind,
            field: field.clone(),
            value: value.clone(),
            origin: origin(field),
            pinned: pinned(field),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(name: &str, json: &str) -> (String, Document) {
        (name.into(), Document::parse(json).unwrap())
    }

    /// Shows GV-15.
    #[test]
    fn gv_15_each_value_tells_which_scope_it_comes_from() {
        let scopes = [
            scope(
                "instance",
                r#"{"permits":{"create":true},"choices":{"none":"offer","disclosure":"open"},"final":["disclosure"]}"#,
            ),
            scope(
                "application:photos",
                r#"{"permits":{"create":false},"floors":{"pin_tries":2},"choices":{"none":"refuse","disclosure":"masked"}}"#,
            ),
        ];
        let all = explain(&scopes);
        let one = |field: &str| {
            all.iter()
                .find(|e| e.field == field)
                .map(|e| (e.value.clone(), e.origin.clone(), e.pinned))
                .unwrap()
        };
        assert_eq!(one("create"), (Value::Bool(false), "application:photos".into(), false));
        assert_eq!(one("none"), ("refuse".into(), "application:photos".into(), false));
        assert_eq!(one("disclosure"), ("open".into(), "instance".into(), true));
        assert_eq!(one("pin_tries").1, "application:photos");
        assert_eq!(one("unlink"), (Value::Bool(true), String::new(), false));
    }
}
