//! Which word of a provider gives which group, and whether its groups are mirrored. Whoever says that says whose word
//! opens applications, so it is for owners, like everything that is believed of a provider (threat rule 16).
use std::collections::BTreeSet;

use crate::{
    Error, RequestContext,
    admin::save_problem::SaveProblem,
    policy::documents::{provider_scope, save},
    services::GroupAdmin,
    transaction::Transactions,
};
use domain::{
    EventKind, GroupId, ProviderId, Refusal, Right,
    audit_events::Target,
    groups::{ATTRIBUTE, GroupRule, folded},
    policy::Document,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::{
    Conn,
    accounts::groups::{Group, list_groups, list_mappings, remove_told, set_mappings},
    policy::providers::find_provider,
};

/// The most rules of a provider.
pub const MOST_RULES: usize = 200;

/// What a provider's groups are here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderGroups {
    /// Kept apart from every other provider, and its own names told on where no value is mapped.
    pub mirrors: bool,
    /// Where the provider keeps them; empty: `groups`.
    pub attribute: String,
    /// A value, or the beginning of one with `*`, and the key of the group that it gives.
    pub rules: Vec<(String, String)>,
}

impl ProviderGroups {
    /// The provider's document, saying so. What no field of the form names stays.
    #[must_use]
    pub fn document(&self, base: &Document) -> Document {
        let mut document = base.clone();
        document.choices.mirror_groups =
            (self.mirrors || base.choices.mirror_groups.is_some()).then_some(self.mirrors);
        let attribute = self.attribute.trim();
        document.choices.groups_attribute =
            (!attribute.is_empty() && attribute != ATTRIBUTE).then(|| attribute.to_owned());
        document
    }

    /// The rules, with the ids of the groups.
    fn rules(&self, groups: &[Group]) -> Result<Vec<GroupRule>, SaveProblem> {
        let problem = |text| SaveProblem::field("rules", text);
        if self.rules.len() > MOST_RULES {
            return Err(problem("field-group-rules-many"));
        }
        let mut rules = BTreeSet::new();
        for (value, key) in &self.rules {
            let group = groups
                .iter()
                .find(|group| folded(&group.key) == folded(key))
                .ok_or_else(|| problem("field-group-unknown"))?;
            rules.insert(
                GroupRule::typed(value, group.id).ok_or_else(|| problem("field-group-value"))?,
            );
        }
        Ok(rules.into_iter().collect())
    }
}

/// Groups whose members by this provider have to be told anew: those that a value gave which gives them no more, and all
/// of them where the values come from somewhere else now.
fn in_doubt(before: &[GroupRule], after: &[GroupRule], moved: bool) -> BTreeSet<GroupId> {
    before.iter().filter(|rule| moved || !after.contains(rule)).map(|rule| rule.group).collect()
}

impl GroupAdmin {
    /// What a provider's groups are here.
    ///
    /// # Errors
    /// Without the right to see providers; [`Refusal::NotFound`].
    pub async fn provider_groups(
        &self,
        ctx: &RequestContext,
        key: &str,
    ) -> Result<ProviderGroups, Error> {
        self.admin_rights().allowed(ctx, Right::SeeProviders).await?;
        let mut conn = self.store.read().await?;
        let c = &mut conn;
        let provider = find_provider(c, self.org, key).await?.ok_or(Refusal::NotFound)?;
        let groups = list_groups(c, self.org).await?;
        let policy = self.configuration().policies(c).await?.effective(Some(key), None);
        let rules = rules_of(c, self, provider.id).await?;
        Ok(ProviderGroups {
            mirrors: policy.choices.mirror_groups,
            attribute: policy.choices.groups_attribute,
            rules: rules
                .iter()
                .filter_map(|rule| {
                    let group = groups.iter().find(|group| group.id == rule.group)?;
                    Some((rule.shown(), group.key.clone()))
                })
                .collect(),
        })
    }

    /// Says what a provider's groups are here. Members by a value that gives nothing any more lose the group at once; who
    /// has it by another value gets it back at the next sign-in.
    ///
    /// # Errors
    /// [`SaveProblem`]; [`Refusal::Forbidden`] for whoever may not say whose word counts.
    pub async fn save_provider_groups(
        &self,
        ctx: &RequestContext,
        key: &str,
        edit: ProviderGroups,
    ) -> Result<(), SaveProblem> {
        self.admin_rights().allowed(ctx, Right::ChangeTrust).await?;
        let key = key.to_owned();
        self.administer::<_, Error, _>(ctx, Right::ChangeTrust, move |this, c, admin| {
            Box::pin(async move {
                let provider = find_provider(c, this.org, &key).await?.ok_or(Refusal::NotFound)?;
                let rules = match edit.rules(&list_groups(c, this.org).await?) {
                    Ok(rules) => rules,
                    Err(problem) => return Ok(Err(problem)),
                };
                let policies = this.configuration().policies(c).await?;
                let scope = provider_scope(&key);
                let base = policies.document(&scope);
                let document = edit.document(&base);
                if let Err(problem) =
                    this.policy_admin().check_document(&policies, &scope, &document, &[])
                {
                    return Ok(Err(SaveProblem::Policy(problem)));
                }
                let moved = document.choices.groups_attribute != base.choices.groups_attribute;
                let before = rules_of(c, &this, provider.id).await?;
                if document != base {
                    save(c, this.org, &scope, &document, &admin.name(), this.now()).await?;
                }
                set_mappings(c, this.org, provider.id, &rules).await?;
                let doubt = in_doubt(&before, &rules, moved);
                let ended = remove_told(c, this.org, provider.id, &doubt).await?;
                let detail = json!({
                    "mirrors": edit.mirrors,
                    "attribute": edit.attribute,
                    "rules": edit.rules,
                    "ended": ended,
                });
                let event = admin.event(EventKind::GroupMapped, Target::Provider(key));
                this.record(c, event.detail(detail)).await?;
                Ok(Ok(()))
            })
        })
        .await?
    }
}

async fn rules_of(
    c: &mut Conn,
    this: &GroupAdmin,
    provider: ProviderId,
) -> Result<Vec<GroupRule>, Error> {
    let all = list_mappings(c, this.org).await?;
    Ok(all.into_iter().filter(|(of, _)| *of == provider).map(|(_, rule)| rule).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(value: &str, group: u8) -> GroupRule {
        GroupRule::typed(value, GroupId([group; 16])).unwrap()
    }

    /// Shows GO-09: what one form says of mirroring leaves the rest of the document alone.
    #[test]
    fn go_09_the_form_says_whether_groups_are_mirrored_and_where_they_are_and_nothing_else() {
        let base = Document::parse(r#"{"choices":{"login_only":true,"verified_counts":true}}"#);
        let base = base.unwrap();
        let plain = ProviderGroups::default();
        assert_eq!(plain.document(&base), base);
        let edit = ProviderGroups { mirrors: true, attribute: " roles ".into(), ..plain.clone() };
        let there = edit.document(&base);
        assert_eq!(
            (there.choices.mirror_groups, there.choices.groups_attribute.as_deref()),
            (Some(true), Some("roles"))
        );
        let back = plain.document(&there);
        assert_eq!(back.choices.mirror_groups, Some(false), "said again, for whoever reads it");
        assert_eq!((back.choices.groups_attribute, back.choices.login_only), (None, Some(true)));
    }

    #[test]
    fn a_group_is_in_doubt_when_a_value_that_gave_it_gives_it_no_more() {
        let before = [rule("staff", 1), rule("ops-*", 2)];
        assert!(in_doubt(&before, &before, false).is_empty());
        let fewer = [rule("staff", 1), rule("ops", 2)];
        assert_eq!(in_doubt(&before, &fewer, false), BTreeSet::from([GroupId([2; 16])]));
        let more = [rule("staff", 1), rule("ops-*", 2), rule("new", 3)];
        assert!(in_doubt(&before, &more, false).is_empty());
        assert_eq!(in_doubt(&before, &before, true).len(), 2, "the values come from elsewhere");
    }
}
