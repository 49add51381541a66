//! What the audit trail is filtered by, as the address of its page says it.
use crate::{
    account::activity::event_key,
    admin::audit::{actor_text, outcome_text},
    components::method_name,
    i18n::{Lang, t, ta},
    paths,
};
use domain::{
    AccountId, DAY, EventKind, Micros, Refusal,
    audit_events::{ActorKind, EventOutcome},
};
use serde::Deserialize;
use service::{
    admin::audit_trail::{AuditList, AuditQuestion},
    rows::{Onward, Place},
};

/// The parameters of the page, as they were sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// A support code, a name, an address or an id.
    pub q: String,
    /// Kind of event.
    pub kind: String,
    pub outcome: String,
    /// An account's id, or the part in which somebody acted.
    pub actor: String,
    /// The id of the account that it was done to.
    pub account: String,
    /// The name of the thing that it was done to.
    pub target: String,
    pub provider: String,
    pub application: String,
    /// Of a refusal.
    pub code: String,
    /// The first day, `2026-11-30`.
    pub from: String,
    /// The last day.
    pub until: String,
    /// The place that older events are asked from.
    pub before: String,
    /// The place that newer events are asked from.
    pub after: String,
    /// Of an export: `csv` or `jsonl`.
    pub format: String,
}

impl AuditQuery {
    /// What the service is asked.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for what the page's form cannot send (RL-13).
    pub fn question(&self) -> Result<AuditQuestion, Refusal> {
        let text = |value: &str| crate::form_input::bounded(value.trim(), 254);
        let known = |value: &str, is: bool| {
            if value.is_empty() || is { Ok(value.to_owned()) } else { Err(Refusal::BadRequest) }
        };
        let is_actor =
            ActorKind::parse(&self.actor).is_some() || self.actor.parse::<AccountId>().is_ok();
        let account = self.account.trim();
        Ok(AuditQuestion {
            text: text(&self.q),
            kind: match self.kind.as_str() {
                "" => None,
                name => Some(EventKind::parse(name).ok_or(Refusal::BadRequest)?),
            },
            outcome: known(&self.outcome, EventOutcome::parse(&self.outcome).is_some())?,
            actor: known(&self.actor, is_actor)?,
            account: match account {
                "" => None,
                id => Some(id.parse().map_err(|_| Refusal::BadRequest)?),
            },
            target: text(&self.target),
            provider: text(&self.provider),
            application: text(&self.application),
            code: text(&self.code),
            from: day(&self.from)?,
            until: day(&self.until)?.map(|at| at + DAY),
        })
    }

    /// Where the list goes on.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for a place that no list gave (RL-13).
    pub fn onward(&self) -> Result<Onward, Refusal> {
        match (self.before.as_str(), self.after.as_str()) {
            ("", "") => Ok(Onward::First),
            (before, "") => place(before).map(Onward::Older),
            ("", after) => place(after).map(Onward::Newer),
            _ => Err(Refusal::BadRequest),
        }
    }

    /// Something beside the text is filtered by.
    pub fn is_narrowed(&self) -> bool {
        self.pairs().iter().any(|(name, _)| *name != "q")
    }

    /// The filters that are on, by the names of their parameters.
    fn pairs(&self) -> Vec<(&'static str, &str)> {
        [
            ("q", &self.q),
            ("kind", &self.kind),
            ("outcome", &self.outcome),
            ("actor", &self.actor),
            ("account", &self.account),
            ("target", &self.target),
            ("provider", &self.provider),
            ("application", &self.application),
            ("code", &self.code),
            ("from", &self.from),
            ("until", &self.until),
        ]
        .into_iter()
        .map(|(name, value)| (name, value.trim()))
        .filter(|(_, value)| !value.is_empty())
        .collect()
    }

    fn address<'a>(
        &'a self,
        page: &str,
        without: &str,
        more: impl IntoIterator<Item = (&'static str, &'a str)>,
    ) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(self.pairs().into_iter().filter(|(name, _)| *name != without))
            .extend_pairs(more)
            .finish();
        if query.is_empty() { page.to_owned() } else { format!("{page}?{query}") }
    }

    /// The page of older events.
    pub fn older(&self, from: Place) -> String {
        self.address(paths::ADMIN_AUDIT, "", [("before", place_text(from).as_str())])
    }

    /// The page of newer events.
    pub fn newer(&self, from: Place) -> String {
        self.address(paths::ADMIN_AUDIT, "", [("after", place_text(from).as_str())])
    }

    /// The file with what is filtered.
    pub fn export(&self, format: &'static str) -> String {
        self.address(paths::ADMIN_AUDIT_EXPORT, "", [("format", format)])
    }
}

/// Each filter that is on: what it says, and the address without it.
pub fn chips(l: Lang, query: &AuditQuery, list: &AuditList) -> Vec<(String, String)> {
    let named = |all: &[(String, String)], key: &str| {
        all.iter()
            .find(|(own, _)| own == key)
            .map_or_else(|| method_name(l, key), |(_, n)| n.clone())
    };
    query
        .pairs()
        .into_iter()
        .map(|(name, value)| {
            let (label, text) = match name {
                "kind" => ("audit-what", t(l, &event_key(value))),
                "outcome" => ("audit-outcome", outcome_text(l, value)),
                "actor" => (
                    "audit-who",
                    ActorKind::parse(value).map_or_else(|| value.to_owned(), |a| actor_text(l, a)),
                ),
                "account" => ("audit-person-id", value.to_owned()),
                "target" => ("audit-thing", value.to_owned()),
                "provider" => ("audit-provider", named(&list.providers, value)),
                "application" => ("admin-application", named(&list.applications, value)),
                "code" => ("audit-code", value.to_owned()),
                "from" => ("audit-from-day", value.to_owned()),
                "until" => ("audit-until-day", value.to_owned()),
                _ => ("search", value.to_owned()),
            };
            let said = ta(l, "audit-chip", &[("filter", &t(l, label)), ("value", &text)]);
            (said, query.address(paths::ADMIN_AUDIT, name, []))
        })
        .collect()
}

/// The beginning of a day in UTC.
fn day(text: &str) -> Result<Option<Micros>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let day =
        chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| Refusal::BadRequest)?;
    Ok(Some(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros()))
}

fn place_text(place: Place) -> String {
    format!("{}.{}", place.at, AccountId(place.id.0))
}

/// A place as [`place_text`] wrote it, and nothing else.
fn place(text: &str) -> Result<Place, Refusal> {
    let read = || {
        let (at, id) = text.split_once('.')?;
        let place =
            Place { at: at.parse().ok()?, id: service::rows::key(id.parse::<AccountId>().ok()?) };
        (place.at >= 0 && place_text(place) == text).then_some(place)
    };
    read().ok_or(Refusal::BadRequest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows RL-13: what a list gave leads on, and nothing that only looks like it does.
    #[test]
    fn rl_13_a_place_is_read_as_it_was_written_and_in_no_other_way() {
        let given =
            Place { at: 1_900_000_000_000_000, id: service::rows::key(AccountId([0xab; 16])) };
        let text = place_text(given);
        assert_eq!(place(&text).map(|p| (p.at, p.id)), Ok((given.at, given.id)));
        for forged in [
            "",
            ".",
            "0",
            "-1",
            "9223372036854775808.00000000000000000000000000000000",
            &format!("-{text}"),
            &format!("+{text}"),
            &format!("0{text}"),
            &text.to_uppercase(),
            &format!("{text}0"),
            &format!("{text}' OR 1=1--"),
        ] {
            assert!(place(forged).is_err(), "{forged}");
        }
    }

    #[test]
    fn a_day_is_a_day_of_the_calendar() {
        assert_eq!(day("1970-01-02"), Ok(Some(DAY)));
        assert_eq!(day(""), Ok(None));
        for wrong in ["2026-02-30", "today", "2026-1", "1' OR 1"] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
    }
}
