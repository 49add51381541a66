//! Groups as the console shows them: the list, one with its members, and those of an account.
use crate::{Error, RequestContext, oidc_provider::registered::settings_of, services::GroupAdmin};
use domain::{AccountId, Micros, Refusal, Right, groups::folded};
use storage::{
    Conn,
    accounts::groups::{
        Member, count_members, find_group, list_groups, list_mappings, list_members,
        list_memberships,
    },
    oauth::applications::list_applications,
    policy::providers::list_providers,
};

/// Members on one page.
const MEMBERS_A_PAGE: i64 = 50;

/// A group in the list.
#[derive(Debug, Clone)]
pub struct GroupRow {
    pub key: String,
    pub name: String,
    pub description: String,
    pub members: i64,
    /// Applications that are open to it and perhaps to others.
    pub applications: usize,
}

/// A group with who is in it and what hangs on it.
#[derive(Debug, Clone)]
pub struct GroupView {
    pub key: String,
    pub name: String,
    pub description: String,
    pub count: i64,
    pub members: Vec<MemberView>,
    /// The last member of this page, if another one follows.
    pub next: Option<AccountId>,
    /// Client id and name of the applications that are open to it; `true`: to nobody else.
    pub applications: Vec<(String, String, bool)>,
    /// Key and name of the providers that give it, with the value.
    pub given_by: Vec<(String, String, String)>,
}

/// Somebody in a group.
#[derive(Debug, Clone)]
pub struct MemberView {
    pub account: AccountId,
    pub name: String,
    /// Since when by an administrator's word, which can be taken back here.
    pub local: Option<Micros>,
    /// Names of the providers that say so.
    pub providers: Vec<String>,
}

/// A group of one account, and by whose word.
#[derive(Debug, Clone)]
pub struct HeldView {
    pub key: String,
    pub name: String,
    /// The provider's name; none: an administrator's word.
    pub provider: Option<String>,
    pub since: Micros,
}

impl GroupAdmin {
    /// The groups of the organisation.
    ///
    /// # Errors
    /// Without the right to see accounts.
    pub async fn groups(&self, ctx: &RequestContext) -> Result<Vec<GroupRow>, Error> {
        self.admin_rights().allowed(ctx, Right::SeeAccounts).await?;
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let counts = count_members(c, self.org).await?;
        let applications = self.open_to(c).await?;
        Ok(list_groups(c, self.org)
            .await?
            .into_iter()
            .map(|group| GroupRow {
                members: counts.get(&group.id).copied().unwrap_or_default(),
                applications: applications
                    .iter()
                    .filter(|(.., keys)| keys.contains(&folded(&group.key)))
                    .count(),
                key: group.key,
                name: group.name,
                description: group.description,
            })
            .collect())
    }

    /// Keys and names of the groups, to pick from; none for whoever may not see them.
    ///
    /// # Errors
    /// Without a session.
    pub async fn group_names(&self, ctx: &RequestContext) -> Result<Vec<(String, String)>, Error> {
        ctx.signed_in()?;
        let groups = list_groups(&mut self.store.read().await?, self.org).await?;
        Ok(groups.into_iter().map(|group| (group.key, group.name)).collect())
    }

    /// One group. `after`: the last member of the page before.
    ///
    /// # Errors
    /// Without the right to see accounts; [`Refusal::NotFound`].
    pub async fn group(
        &self,
        ctx: &RequestContext,
        key: &str,
        after: Option<AccountId>,
    ) -> Result<GroupView, Error> {
        self.admin_rights().allowed(ctx, Right::SeeAccounts).await?;
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let group = find_group(c, self.org, key).await?.ok_or(Refusal::NotFound)?;
        let providers = list_providers(c, self.org).await?;
        let named = |id| providers.iter().find(|p| p.id == id);
        let mut members = list_members(c, group.id, after, MEMBERS_A_PAGE + 1).await?;
        let more = i64::try_from(members.len()).is_ok_and(|n| n > MEMBERS_A_PAGE);
        if more {
            members.pop();
        }
        let next = members.last().filter(|_| more).map(|member| member.account);
        let view = |Member { account, name, local, providers }: Member| MemberView {
            account,
            name,
            local,
            providers: providers.into_iter().filter_map(named).map(|p| p.name.clone()).collect(),
        };
        let own = folded(&group.key);
        Ok(GroupView {
            count: count_members(c, self.org).await?.get(&group.id).copied().unwrap_or_default(),
            members: members.into_iter().map(view).collect(),
            next,
            applications: self
                .open_to(c)
                .await?
                .into_iter()
                .filter(|(.., keys)| keys.contains(&own))
                .map(|(client, name, keys)| (client, name, keys.len() == 1))
                .collect(),
            given_by: list_mappings(c, self.org)
                .await?
                .into_iter()
                .filter(|(_, rule)| rule.group == group.id)
                .filter_map(|(id, rule)| {
                    named(id).map(|p| (p.key.clone(), p.name.clone(), rule.shown()))
                })
                .collect(),
            key: group.key,
            name: group.name,
            description: group.description,
        })
    }

    /// What an account is in, and by whose word.
    ///
    /// # Errors
    /// Without the right to see accounts.
    pub async fn groups_of(
        &self,
        ctx: &RequestContext,
        account: AccountId,
    ) -> Result<Vec<HeldView>, Error> {
        self.admin_rights().allowed(ctx, Right::SeeAccounts).await?;
        let mut conn = self.store.read().await?;
        let providers = list_providers(&mut conn, self.org).await?;
        Ok(list_memberships(&mut conn, account)
            .await?
            .into_iter()
            .map(|held| HeldView {
                key: held.group.key,
                name: held.group.name,
                provider: held.provider.map(|id| {
                    let found = providers.iter().find(|p| p.id == id);
                    found.map_or_else(String::new, |p| p.name.clone())
                }),
                since: held.since,
            })
            .collect())
    }

    /// Client id, name and folded group keys of the applications that are open to groups only.
    async fn open_to(&self, c: &mut Conn) -> Result<Vec<(String, String, Vec<String>)>, Error> {
        Ok(list_applications(c, self.org)
            .await?
            .into_iter()
            .map(|row| {
                let keys = settings_of(&row).groups.iter().map(|key| folded(key)).collect();
                (row.client_id, row.name, keys)
            })
            .collect())
    }
}
