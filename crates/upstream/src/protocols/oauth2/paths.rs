//! Values at configured paths of an answer.
use serde_json::Value;

/// A value at a path; none at an empty one. A whole name counts before a path: `https://x.test/id` is one name if the answer
/// has it. Numbers count in lists, from 0.
pub fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if path.is_empty() {
        return None;
    }
    let step = |name: &str| match value {
        Value::Object(fields) => fields.get(name),
        Value::Array(items) => name.parse::<usize>().ok().and_then(|n| items.get(n)),
        _ => None,
    };
    step(path).or_else(|| {
        path.match_indices('.')
            .rev()
            .find_map(|(dot, _)| at(step(path.get(..dot)?)?, path.get(dot + 1..)?))
    })
}

/// Text to show, at a path.
pub fn text_at(value: &Value, path: &str) -> Option<String> {
    at(value, path)?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_whole_name_counts_before_a_path_and_numbers_index_lists() {
        let answer = json!({"user": {"id": 7, "emails": [{"value": "a@ex.test"}]}, "user.id": 8, "https://p.test/team.id": "t", "data": {"a.b": {"c": 1}}});
        assert_eq!(at(&answer, "user.id"), Some(&json!(8)));
        assert_eq!(at(&answer, "https://p.test/team.id"), Some(&json!("t")));
        assert_eq!(at(&answer, "data.a.b.c"), Some(&json!(1)));
        assert_eq!(text_at(&answer, "user.emails.0.value").as_deref(), Some("a@ex.test"));
        for nothing in
            ["", "user.emails.1.value", "user.emails.-1", "user.none", "user.id.more", "."]
        {
            assert_eq!(at(&answer, nothing), None, "{nothing}");
        }
    }
}
