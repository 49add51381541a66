//! Profile fields that follow a provider: only what the policy lists, each with its source, never a role.
use domain::{
    AccountId, Policy,
    policy::{Attribute, Fold, Target},
};
use storage::{
    Conn,
    accounts::set_account_name,
    attributes::{Attribute as Field, list_attributes, set_attribute},
};

use crate::{
    Fault, Ligature,
    held::Held,
    values::{Surroundings, Values},
};

impl Ligature {
    /// Copies the listed fields from the assertion. A field without a value stays; a user name that is taken stays too.
    pub(crate) async fn sync_profile(&self, c: &mut Conn, account: AccountId, held: &Held, policy: &Policy, targets: &[Target], client: Option<&str>) -> Result<(), Fault> {
        if targets.is_empty() {
            return Ok(());
        }
        let asked = policy.choices.mapping.values().any(|text| text.contains("dentit"));
        let around = if asked {
            let ground = self.ground(c, client).await?;
            let known = domain::facts::Known { account, state: domain::facts::AccountState::Active, link: None, second_factor: false };
            self.surroundings(c, policy, Some(known), &ground).await?
        } else {
            Surroundings { client: client.map(str::to_owned), ..Surroundings::default() }
        };
        let found: Vec<(Target, String)> = {
            let mut values = Values::new(&self.expressions, held, &around);
            targets.iter().filter_map(|t| values.profile(policy, t).map(|v| (t.clone(), v))).collect()
        };
        for (target, value) in found {
            self.set_profile_field(c, account, &target, &value, &format!("provider:{}", held.key)).await?;
        }
        Ok(())
    }

    /// Sets one field; what cannot be a value of its kind is left out.
    pub(crate) async fn set_profile_field(&self, c: &mut Conn, account: AccountId, target: &Target, value: &str, source: &str) -> Result<bool, Fault> {
        let value: String = value.trim().chars().filter(|c| !c.is_control()).take(120).collect();
        let folded = match target {
            Target::Username => Attribute::Username.folded(&value, Fold::Case),
            Target::Phone => Attribute::Phone.folded(&value, Fold::Case),
            Target::Name | Target::GivenName | Target::FamilyName | Target::Locale | Target::Own(_) => Some(value.to_lowercase()).filter(|v| !v.is_empty()),
        };
        let Some(folded) = folded else { return Ok(false) };
        if *target == Target::Name {
            set_account_name(c, account, &value).await?;
        }
        Ok(set_attribute(c, self.org, account, &target.name(), &value, &folded, source, self.now()).await?)
    }

    /// The fields of an account with their sources.
    pub(crate) async fn profile(&self, c: &mut Conn, account: AccountId) -> Result<Vec<Field>, Fault> {
        Ok(list_attributes(c, account).await?)
    }
}
