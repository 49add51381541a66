//! Profile fields that follow a provider: only what the policy lists, each with its source, never a role.
use crate::services::Accounts;
use std::sync::Arc;

use domain::{
    AccountId, Policy,
    policy::{Fold, ProfileAttribute},
};
use serde::{Deserialize, Serialize};
use storage::{
    Conn,
    accounts::{
        attributes::{
            Attribute as Field, BY_CODE, BY_PERSON, find_phone, list_attributes, remove_attribute,
            set_attribute,
        },
        find_account, set_account_name,
    },
};

use crate::{Error, policy::context::PolicyContext, sign_in::upstream_identity::UpstreamIdentity};

/// A field as it was before a provider filled it: value and source, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Before {
    pub field: ProfileAttribute,
    pub old: Option<(String, String)>,
}

/// How the source of a provider's fields is written.
fn source_of(key: &str) -> String {
    format!("provider:{key}")
}

impl Accounts {
    /// Copies the listed fields from the assertion. A field without a value stays; a user name that is taken stays too.
    /// Answers what was there before, of those that changed.
    pub(crate) async fn sync_profile(
        &self,
        c: &mut Conn,
        account: AccountId,
        identity: &UpstreamIdentity,
        policy: &Arc<Policy>,
        attributes: &[ProfileAttribute],
        config: &PolicyContext,
    ) -> Result<Vec<Before>, Error> {
        if attributes.is_empty() {
            return Ok(Vec::new());
        }
        let known = domain::linking::facts::Known {
            account,
            state: domain::linking::facts::AccountState::Active,
            link: None,
            second_factor: false,
        };
        let around =
            self.configuration().expression_context(c, policy, Some(known), config).await?;
        let values = self.values(identity, policy, &around)?;
        let found: Vec<(ProfileAttribute, String)> = attributes
            .iter()
            .filter_map(|a| values.profile(a).map(|v| (a.clone(), v.clone())))
            .collect();
        let there = list_attributes(c, account).await?;
        let name =
            find_account(c, self.org, account).await?.map(|a| a.name).filter(|n| !n.is_empty());
        let mut before = Vec::new();
        for (attribute, value) in found {
            let old = there.iter().find(|f| f.name == attribute.name());
            if self
                .set_profile_field(c, account, &attribute, &value, &source_of(&identity.key))
                .await?
                && old.is_none_or(|f| f.value != value)
            {
                let old = match old {
                    Some(field) => Some((field.value.clone(), field.source.clone())),
                    // A name is there from the beginning, before any field says where it comes from.
                    None if attribute == ProfileAttribute::Name => {
                        name.clone().map(|name| (name, BY_PERSON.to_owned()))
                    }
                    None => None,
                };
                before.push(Before { field: attribute, old });
            }
        }
        Ok(before)
    }

    /// Gives fields back that a provider changed, where nobody changed them since.
    pub(crate) async fn give_back(
        &self,
        c: &mut Conn,
        account: AccountId,
        provider: &str,
        before: &[Before],
    ) -> Result<(), Error> {
        let there = list_attributes(c, account).await?;
        for Before { field, old } in before {
            if there
                .iter()
                .find(|f| f.name == field.name())
                .is_none_or(|f| f.source != source_of(provider))
            {
                continue;
            }
            match old {
                Some((value, source)) => {
                    self.set_profile_field(c, account, field, value, source).await?;
                }
                None => remove_attribute(c, account, &field.name()).await?,
            }
        }
        Ok(())
    }

    /// Sets one field; what cannot be a value of its kind is left out.
    pub(crate) async fn set_profile_field(
        &self,
        c: &mut Conn,
        account: AccountId,
        attribute: &ProfileAttribute,
        value: &str,
        source: &str,
    ) -> Result<bool, Error> {
        let value: String = value.trim().chars().filter(|c| !c.is_control()).take(120).collect();
        let folded = match attribute {
            ProfileAttribute::Username | ProfileAttribute::Phone => {
                attribute.folded(&value, Fold::Case)
            }
            // Addresses are rows of their own.
            ProfileAttribute::Email => None,
            ProfileAttribute::Name
            | ProfileAttribute::GivenName
            | ProfileAttribute::FamilyName
            | ProfileAttribute::Locale
            | ProfileAttribute::Own(_) => Some(value.to_lowercase()).filter(|v| !v.is_empty()),
        };
        let Some(folded) = folded else { return Ok(false) };
        // A number that was proved gives way to nobody's word.
        if *attribute == ProfileAttribute::Phone
            && source != BY_CODE
            && find_phone(c, account).await?.is_some()
        {
            return Ok(false);
        }
        if *attribute == ProfileAttribute::Name {
            set_account_name(c, account, &value).await?;
        }
        Ok(set_attribute(
            c,
            self.org,
            account,
            &attribute.name(),
            &value,
            &folded,
            source,
            self.now(),
        )
        .await?)
    }

    /// The fields of an account with their sources.
    pub(crate) async fn profile(
        &self,
        c: &mut Conn,
        account: AccountId,
    ) -> Result<Vec<Field>, Error> {
        Ok(list_attributes(c, account).await?)
    }
}
