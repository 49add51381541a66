//! Groups of an account: what a provider says of them at a sign-in, and which count in a session.
use crate::{
    Error, audit::Event, crypto::random::row_id, policy::context::PolicyContext, services::Groups,
    sign_in::upstream_identity::UpstreamIdentity,
};
use domain::{
    AccountId, EventKind, GroupId, LinkId,
    audit_events::Target,
    groups::{Membership, change, current_identity, given, in_force, values},
    linking::facts::Local,
};
use serde_json::json;
use storage::{
    Conn,
    accounts::{
        groups::{Group, list_groups, list_memberships, list_told, set_told},
        links::list_links,
    },
};

impl Groups {
    /// Takes over what a provider says of an identity's groups, in the transaction of the sign-in. Nothing is read for a
    /// provider whose words give no group, and nothing is written where nothing changed.
    pub(crate) async fn follow(
        &self,
        c: &mut Conn,
        account: AccountId,
        link: LinkId,
        identity: &UpstreamIdentity,
        config: &PolicyContext,
    ) -> Result<(), Error> {
        let rules = config.groups.rules_of(identity.provider);
        if rules.is_empty() {
            return Ok(());
        }
        // What one application says of the provider is no word about the groups of all of them.
        let policy = config.policies.effective(Some(&identity.key), None);
        let said = values(&identity.assertion.claims, &policy.choices.groups_attribute);
        let there = list_told(c, link).await?;
        let Some(change) = change(&there, &given(&rules, &said)) else { return Ok(()) };
        let now = self.now();
        let rows: Vec<[u8; 16]> = change.add.iter().map(|_| row_id(now)).collect();
        set_told(c, (account, link), &change, &rows, now).await?;
        let groups = list_groups(c, self.org).await?;
        let keys = |ids: &[GroupId]| -> Vec<&str> {
            groups.iter().filter(|g| ids.contains(&g.id)).map(|g| g.key.as_str()).collect()
        };
        let (added, removed) = (keys(&change.add), keys(&change.remove));
        let shown = added.iter().map(|key| format!("+{key}"));
        let shown = shown.chain(removed.iter().map(|key| format!("-{key}"))).take(8);
        let event = Event::provider(EventKind::GroupTold, Target::Account(account))
            .by_provider(identity.key.clone())
            .code(shown.collect::<Vec<_>>().join(" "))
            .detail(json!({"added": added, "removed": removed}));
        self.record(c, event).await
    }

    /// The groups that count in a session, each once. `method`: how it was opened, as
    /// [`Standing::method`](crate::oidc_provider::Standing::method).
    pub(crate) async fn in_force(
        &self,
        c: &mut Conn,
        account: AccountId,
        method: &str,
        config: &PolicyContext,
    ) -> Result<Vec<Group>, Error> {
        let held = list_memberships(c, account).await?;
        let provider = config
            .providers
            .iter()
            .find(|p| p.key == method && Local::named(method).is_none())
            .map(|p| p.id)
            .filter(|id| held.iter().any(|one| one.provider == Some(*id)));
        let current = match provider {
            Some(provider) => {
                let links = list_links(c, account).await?;
                let used = links.iter().map(|link| (link.id, link.provider_id, link.used_at));
                current_identity(used, provider)
            }
            None => None,
        };
        let all: Vec<Membership> =
            held.iter().map(|one| Membership { group: one.group.id, source: one.source }).collect();
        let counting = in_force(&all, current);
        let mut groups: Vec<Group> = held.into_iter().map(|one| one.group).collect();
        groups.dedup_by_key(|group| group.id);
        groups.retain(|group| counting.contains(&group.id));
        Ok(groups)
    }
}
