//! Changing groups in the console: made, named, filled and deleted. They open applications, so only owners do.
use crate::{
    Authority, Error, RequestContext, admin::save_problem::SaveProblem, audit::Event,
    crypto::random::row_id, services::GroupAdmin, transaction::Transactions,
};
use domain::{
    AccountId, EventKind, GroupId, Refusal, Right, audit_events::Target, email_address::Canonical,
    groups::is_key, linking::facts::AccountState,
};
use serde_json::json;
use storage::{
    accounts::{
        find_account, find_owner,
        groups::{
            Group, add_group, add_member, count_members, find_group, remove_group, remove_member,
            set_group,
        },
        hold_account,
    },
    policy::config_version::change_config_version,
};

/// The longest description, in characters.
const LONGEST_TEXT: usize = 300;

/// What is typed of a group.
#[derive(Debug, Clone, Default)]
pub struct GroupForm {
    pub key: String,
    pub name: String,
    pub description: String,
}

impl GroupForm {
    fn problems(&self) -> Vec<(&'static str, &'static str)> {
        let plain = |text: &str, most: usize| {
            text.chars().count() <= most && !text.chars().any(char::is_control)
        };
        let mut found = Vec::new();
        if !is_key(&self.key) {
            found.push(("key", "field-group-key"));
        }
        if !plain(&self.name, 60) {
            found.push(("name", "field-group-name"));
        }
        if !plain(&self.description, LONGEST_TEXT) {
            found.push(("description", "field-group-description"));
        }
        found
    }

    /// A group without a name is called by its key.
    fn shown_name(&self) -> String {
        let name = self.name.trim();
        if name.is_empty() { self.key.clone() } else { name.to_owned() }
    }
}

impl GroupAdmin {
    /// Makes a group.
    ///
    /// # Errors
    /// [`SaveProblem`]: fields that cannot be, a key that is taken.
    pub async fn create_group(
        &self,
        ctx: &RequestContext,
        form: GroupForm,
    ) -> Result<(), SaveProblem> {
        self.admin_rights().allowed(ctx, Right::ChangeGroups).await?;
        let problems = form.problems();
        if !problems.is_empty() {
            return Err(SaveProblem::Fields(problems));
        }
        let added = self
            .administer::<_, Error, _>(ctx, Right::ChangeGroups, move |this, c, admin| {
                Box::pin(async move {
                    change_config_version(c, this.org).await?;
                    let group = Group {
                        id: GroupId(row_id(this.now())),
                        name: form.shown_name(),
                        description: form.description.trim().to_owned(),
                        key: form.key,
                        created_at: this.now(),
                    };
                    let added = add_group(c, this.org, &group).await?;
                    if added {
                        let event = about(admin.event(EventKind::GroupCreated, of(&group)), &group);
                        this.record(c, event).await?;
                    }
                    Ok(added)
                })
            })
            .await?;
        if added { Ok(()) } else { Err(SaveProblem::field("key", "field-group-taken")) }
    }

    /// Makes a group, or names and describes the one that has its key.
    ///
    /// # Errors
    /// [`SaveProblem`]: fields that cannot be.
    pub async fn put_group(
        &self,
        authority: &Authority,
        form: GroupForm,
    ) -> Result<(), SaveProblem> {
        let problems = form.problems();
        if !problems.is_empty() {
            return Err(SaveProblem::Fields(problems));
        }
        self.with_authority::<_, Error, _>(
            authority,
            Right::ChangeGroups,
            move |this, c, actor| {
                Box::pin(async move {
                    change_config_version(c, this.org).await?;
                    let group = Group {
                        id: GroupId(row_id(this.now())),
                        name: form.shown_name(),
                        description: form.description.trim().to_owned(),
                        key: form.key,
                        created_at: this.now(),
                    };
                    let (group, kind) = match find_group(c, this.org, &group.key).await? {
                        None => {
                            add_group(c, this.org, &group).await?;
                            (group, EventKind::GroupCreated)
                        }
                        Some(there) => {
                            set_group(c, there.id, &group.name, &group.description).await?;
                            (there, EventKind::GroupChanged)
                        }
                    };
                    this.record(c, about(actor.event(kind, of(&group)), &group)).await
                })
            },
        )
        .await?;
        Ok(())
    }

    /// Names and describes a group. Its key stays: applications know it by that.
    ///
    /// # Errors
    /// [`SaveProblem`]; [`Refusal::NotFound`].
    pub async fn change_group(
        &self,
        ctx: &RequestContext,
        form: GroupForm,
    ) -> Result<(), SaveProblem> {
        self.admin_rights().allowed(ctx, Right::ChangeGroups).await?;
        let problems = form.problems();
        if !problems.is_empty() {
            return Err(SaveProblem::Fields(problems));
        }
        self.administer::<_, Error, _>(ctx, Right::ChangeGroups, move |this, c, admin| {
            Box::pin(async move {
                let group = find_group(c, this.org, &form.key).await?.ok_or(Refusal::NotFound)?;
                let (name, description) = (form.shown_name(), form.description.trim());
                set_group(c, group.id, &name, description).await?;
                this.record(c, about(admin.event(EventKind::GroupChanged, of(&group)), &group))
                    .await
            })
        })
        .await?;
        Ok(())
    }

    /// Deletes a group, with everybody's membership. Applications that are open to it stay closed to all others.
    ///
    /// # Errors
    /// [`Refusal::NotFound`]; as `administer`.
    pub async fn delete_group(&self, ctx: &RequestContext, key: &str) -> Result<(), Error> {
        let key = key.to_owned();
        self.administer(ctx, Right::ChangeGroups, move |this, c, admin| {
            Box::pin(async move {
                let group = find_group(c, this.org, &key).await?.ok_or(Refusal::NotFound)?;
                let members = count_members(c, this.org).await?;
                remove_group(c, this.org, group.id).await?;
                let count = members.get(&group.id).copied().unwrap_or_default();
                let detail = json!({"group": group.key, "members": count});
                this.record(c, admin.event(EventKind::GroupDeleted, of(&group)).detail(detail))
                    .await
            })
        })
        .await
    }

    /// Puts somebody into a group. `who`: an address that an account owns, or an account's id.
    ///
    /// # Errors
    /// [`SaveProblem`]: nobody has the address; they are in it already. [`Refusal::NotFound`].
    pub async fn add_group_member(
        &self,
        ctx: &RequestContext,
        key: &str,
        who: &str,
    ) -> Result<(), SaveProblem> {
        self.admin_rights().allowed(ctx, Right::ChangeGroups).await?;
        let account = match (who.trim().parse::<AccountId>(), Canonical::parse(who.trim())) {
            (Ok(id), _) => Some(id),
            (Err(_), Ok(address)) => {
                find_owner(&mut self.store.read().await?, self.org, address.as_str()).await?
            }
            (Err(_), Err(_)) => None,
        };
        let unknown = || SaveProblem::field("who", "field-account");
        let account = account.ok_or_else(unknown)?;
        let key = key.to_owned();
        let added = self
            .administer::<_, Error, _>(ctx, Right::ChangeGroups, move |this, c, admin| {
                Box::pin(async move {
                    let group = find_group(c, this.org, &key).await?.ok_or(Refusal::NotFound)?;
                    hold_account(c, account).await?;
                    let found = find_account(c, this.org, account).await?;
                    if found.is_none_or(|row| !may_belong(row.state())) {
                        return Ok(None);
                    }
                    let now = this.now();
                    let added = add_member(c, row_id(now), account, group.id, now).await?;
                    if added {
                        let event =
                            admin.event(EventKind::GroupMemberAdded, Target::Account(account));
                        this.record(c, about(event, &group)).await?;
                    }
                    Ok(Some(added))
                })
            })
            .await?;
        match added {
            Some(true) => Ok(()),
            Some(false) => Err(SaveProblem::field("who", "field-group-member")),
            None => Err(unknown()),
        }
    }

    /// Takes somebody out of a group, as far as an administrator put them there. What a provider says, only that takes
    /// back.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where no administrator did; as `administer`.
    pub async fn remove_group_member(
        &self,
        ctx: &RequestContext,
        key: &str,
        account: AccountId,
    ) -> Result<(), Error> {
        let key = key.to_owned();
        self.administer(ctx, Right::ChangeGroups, move |this, c, admin| {
            Box::pin(async move {
                let group = find_group(c, this.org, &key).await?.ok_or(Refusal::NotFound)?;
                if !remove_member(c, account, group.id).await? {
                    return Err(Refusal::NotFound.into());
                }
                let event = admin.event(EventKind::GroupMemberRemoved, Target::Account(account));
                this.record(c, about(event, &group)).await
            })
        })
        .await
    }
}

/// Nobody proved anything of an account that is pending, and one that is going or merged is nobody's any more.
fn may_belong(state: AccountState) -> bool {
    matches!(state, AccountState::Active | AccountState::Disabled)
}

/// A group as what something was done to.
fn of(group: &Group) -> Target {
    Target::Group(group.key.clone())
}

/// An event about a group, by its key.
fn about(event: Event, group: &Group) -> Event {
    event.code(group.key.clone()).detail(json!({"group": group.key, "name": group.name}))
}
