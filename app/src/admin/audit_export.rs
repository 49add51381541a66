//! The audit trail as a file: what the page is filtered by, as CSV or as lines of JSON.
use crate::{
    admin::audit_query::AuditQuery,
    page_request::{Answer, PageRequest},
};
use axum::{
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::IntoResponse,
};
use domain::Refusal;
use serde_json::{Value, json};
use service::{
    Error,
    admin::audit_trail::{AuditRow, EXPORTED},
};

/// The columns, in both formats.
const COLUMNS: [&str; 17] = [
    "at",
    "event",
    "outcome",
    "actor",
    "actor_id",
    "actor_name",
    "target",
    "target_id",
    "target_name",
    "provider",
    "application",
    "network",
    "code",
    "support_code",
    "subject_hash",
    "id",
    "detail",
];

pub async fn export(req: PageRequest<AuditQuery>) -> Answer {
    let question = req.query.question()?;
    let as_table = match req.query.format.as_str() {
        "csv" => true,
        "jsonl" => false,
        _ => return Err(Refusal::BadRequest.into()),
    };
    let admin = req.context.ligature.account_admin();
    let (rows, more) = admin.audit_export(&req.web.ctx, &question).await?;
    let (kind, name, text) = if as_table {
        ("text/csv; charset=utf-8", "audit.csv", csv(&rows, more))
    } else {
        ("application/jsonl", "audit.jsonl", lines(&rows, more)?)
    };
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, text).into_response())
}

/// The values of an event, in the order of the columns.
fn values(row: &AuditRow) -> [Value; 17] {
    let e = &row.event;
    let at = chrono::DateTime::from_timestamp_micros(e.at).unwrap_or_default();
    let person = row.person.as_ref();
    let target = if e.target_kind.is_empty() && person.is_some() {
        "account"
    } else {
        e.target_kind.as_str()
    };
    [
        json!(at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()),
        json!(e.kind),
        json!(e.outcome),
        json!(row.part.map_or(e.actor.as_str(), |part| part.name())),
        json!(row.actor.as_ref().map(|a| a.id.to_string()).unwrap_or_default()),
        json!(row.actor.as_ref().map(|a| a.name.as_str()).unwrap_or_default()),
        json!(target),
        json!(person.map_or_else(|| e.target.clone(), |p| p.id.to_string())),
        json!(person.map(|p| p.name.as_str()).unwrap_or_default()),
        json!(e.provider),
        json!(e.application),
        json!(e.network),
        json!(e.code),
        json!(e.support_code),
        json!(e.subject_hash),
        json!(domain::AccountId(e.id.0).to_string()),
        serde_json::from_str(&e.detail).unwrap_or_else(|_| json!({})),
    ]
}

/// One object a line; a last one says so where there was more than an export has.
fn lines(rows: &[AuditRow], more: bool) -> Result<String, Error> {
    let mut text = String::new();
    for row in rows {
        let fields: serde_json::Map<String, Value> =
            COLUMNS.map(str::to_owned).into_iter().zip(values(row)).collect();
        text += &serde_json::to_string(&fields)?;
        text.push('\n');
    }
    if more {
        text += &serde_json::to_string(&json!({ "cut_off_after": EXPORTED }))?;
        text.push('\n');
    }
    Ok(text)
}

/// RFC 4180, with a line of names.
fn csv(rows: &[AuditRow], more: bool) -> String {
    let mut text = COLUMNS.join(",") + "\r\n";
    for row in rows {
        let cells = values(row).map(|value| match value {
            Value::String(text) => cell(&text),
            other => cell(&other.to_string()),
        });
        text += &cells.join(",");
        text += "\r\n";
    }
    if more {
        text += &format!("cut off after {EXPORTED} events{}\r\n", ",".repeat(COLUMNS.len() - 1));
    }
    text
}

/// A cell that no spreadsheet takes for a formula: what begins like one begins with an apostrophe.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let safe = if formula { format!("'{text}") } else { text.to_owned() };
    if safe.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows AD-06: a name that is a formula for a spreadsheet arrives as text, and none breaks its line or its cell.
    #[test]
    fn ad_06_no_cell_is_a_formula_and_none_leaves_its_place() {
        assert_eq!(cell("Vera Klein"), "Vera Klein");
        assert_eq!(cell("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(cell("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(cell("+1"), "'+1");
        assert_eq!(cell("-1"), "'-1");
        assert_eq!(cell("\t=1"), "'\t=1");
        assert_eq!(cell("＝1"), "'＝1");
        assert_eq!(cell("a\r\n=b"), "\"a\r\n=b\"");
        assert_eq!(cell("=1,\"x\""), "\"'=1,\"\"x\"\"\"");
    }
}
