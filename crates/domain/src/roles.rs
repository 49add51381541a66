//! Who may do what in the console: roles of an account in its organisation, and the rights of each (AD-01, ZI-20).

use crate::{Refusal, policy::Owes};

crate::named! {
    /// A role of an account. It counts in the account's own organisation only.
    pub enum Role {
        /// Everything. Owners of the home organisation also run the instance.
        Owner = "owner",
        /// Providers and how they are associated, but not whose word counts.
        ProviderAdmin = "provider-admin",
        /// Helps people: looks at accounts and the trail, switches accounts off and on.
        Support = "support",
        /// Sees everything, changes nothing.
        Auditor = "auditor",
    }
}

/// Something in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// The first page with its figures.
    Overview,
    SeeProviders,
    ChangeProviders,
    /// Whose mailboxes a provider runs, and whether its word counts: this can open accounts.
    ChangeTrust,
    /// Read policies and try them on made-up sign-ins.
    SeePolicy,
    ChangePolicy,
    SeeAccounts,
    /// Switch accounts off and on.
    SwitchAccounts,
    /// Take second factors off, merge accounts.
    GovernAccounts,
    /// Give and take roles.
    GiveRoles,
    /// Make groups and put people into them: this opens applications.
    ChangeGroups,
    SeeApplications,
    ChangeApplications,
    SeeTrail,
    /// Name, colour and logo.
    ChangeBrand,
    /// Make and change organisations, offer them providers. In the home organisation only.
    RunInstance,
}

impl Role {
    /// Whether the role has a right.
    #[must_use]
    pub fn may(self, right: Right) -> bool {
        match self {
            Self::Owner => true,
            Self::ProviderAdmin => matches!(
                right,
                Right::Overview | Right::SeeProviders | Right::ChangeProviders | Right::SeePolicy
            ),
            Self::Support => matches!(
                right,
                Right::Overview
                    | Right::SeePolicy
                    | Right::SeeAccounts
                    | Right::SwitchAccounts
                    | Right::SeeTrail
            ),
            Self::Auditor => matches!(
                right,
                Right::Overview
                    | Right::SeeProviders
                    | Right::SeePolicy
                    | Right::SeeAccounts
                    | Right::SeeApplications
                    | Right::SeeTrail
            ),
        }
    }
}

impl Right {
    /// Whether it changes something: such a right counts only with a recent sign-in, and with the second factor where the
    /// account has one (threat rule 26). The others only read.
    #[must_use]
    pub fn is_power(self) -> bool {
        match self {
            Self::Overview
            | Self::SeeProviders
            | Self::SeePolicy
            | Self::SeeAccounts
            | Self::SeeApplications
            | Self::SeeTrail => false,
            Self::ChangeProviders
            | Self::ChangeTrust
            | Self::ChangePolicy
            | Self::SwitchAccounts
            | Self::GovernAccounts
            | Self::GiveRoles
            | Self::ChangeGroups
            | Self::ChangeApplications
            | Self::ChangeBrand
            | Self::RunInstance => true,
        }
    }

    pub const ALL: [Self; 16] = [
        Self::Overview,
        Self::SeeProviders,
        Self::ChangeProviders,
        Self::ChangeTrust,
        Self::SeePolicy,
        Self::ChangePolicy,
        Self::SeeAccounts,
        Self::SwitchAccounts,
        Self::GovernAccounts,
        Self::GiveRoles,
        Self::ChangeGroups,
        Self::SeeApplications,
        Self::ChangeApplications,
        Self::SeeTrail,
        Self::ChangeBrand,
        Self::RunInstance,
    ];
}

/// Whether an account with these roles, by their stored names, has a right.
#[must_use]
pub fn may(roles: &[String], right: Right) -> bool {
    roles.iter().filter_map(|r| Role::parse(r)).any(|role| role.may(right))
}

/// What of a session shows that its person is there, and not only their cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// The last sign-in is recent enough for changes (MA-09).
    pub reauthenticated: bool,
    /// The account has a second factor, and the session's sign-in did not show it.
    pub unshown: bool,
    /// What the policy demands of this account.
    pub owes: Owes,
}

/// Whether somebody may use a right now.
///
/// # Errors
/// [`Refusal::Forbidden`] without the right; for power (rule 26) [`Refusal::NotRecent`] and [`Refusal::FactorWanted`].
pub fn may_use(roles: &[String], right: Right, presence: Presence) -> Result<(), Refusal> {
    if !may(roles, right) {
        return Err(Refusal::Forbidden);
    }
    if !right.is_power() {
        return Ok(());
    }
    match presence {
        Presence { owes: Owes::Now, .. } => Err(Refusal::FactorWanted),
        Presence { reauthenticated: false, .. }
        | Presence { unshown: true, .. }
        | Presence { owes: Owes::Show, .. } => Err(Refusal::NotRecent),
        Presence { owes: Owes::Nothing | Owes::Soon(_), .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ad_01_only_owners_change_what_could_open_other_peoples_accounts() {
        for right in [
            Right::ChangeTrust,
            Right::ChangePolicy,
            Right::GovernAccounts,
            Right::GiveRoles,
            Right::ChangeGroups,
            Right::ChangeApplications,
            Right::RunInstance,
        ] {
            let holders: Vec<Role> = Role::ALL.into_iter().filter(|r| r.may(right)).collect();
            assert_eq!(holders, [Role::Owner], "{right:?}");
        }
        assert!(Right::ALL.into_iter().all(|r| Role::Owner.may(r)));
    }

    #[test]
    fn dl_06_power_wants_a_recent_sign_in_that_shows_every_factor_that_there_is_or_should_be() {
        let owner = ["owner".to_owned()];
        let here = Presence { reauthenticated: true, unshown: false, owes: Owes::Nothing };
        for right in Right::ALL {
            let ask = |presence| may_use(&owner, right, presence);
            assert_eq!(
                (ask(here), ask(Presence { owes: Owes::Soon(1), ..here })),
                (Ok(()), Ok(()))
            );
            let without = [
                Presence { reauthenticated: false, ..here },
                Presence { unshown: true, ..here },
                Presence { owes: Owes::Show, ..here },
            ]
            .map(ask);
            let wanted = ask(Presence { owes: Owes::Now, ..here });
            let (late, owed) = if right.is_power() {
                (Err(Refusal::NotRecent), Err(Refusal::FactorWanted))
            } else {
                (Ok(()), Ok(()))
            };
            assert_eq!((without, wanted), ([late; 3], owed), "{right:?}");
            assert_eq!(may_use(&[], right, here), Err(Refusal::Forbidden));
        }
    }

    #[test]
    fn dl_06_whoever_only_reads_needs_no_presence_and_everything_else_is_power() {
        let auditors: Vec<Right> =
            Right::ALL.into_iter().filter(|r| Role::Auditor.may(*r)).collect();
        assert!(auditors.iter().all(|r| !r.is_power()), "auditors change nothing");
        assert_eq!(Right::ALL.into_iter().filter(|r| !r.is_power()).count(), auditors.len());
        assert!(Role::ALL.into_iter().all(|r| serde_json::to_value(r).unwrap() == r.name()));
    }

    #[test]
    fn ad_01_auditors_change_nothing_and_an_unknown_role_has_no_right() {
        for right in [Right::ChangeProviders, Right::SwitchAccounts, Right::ChangeBrand] {
            assert!(!Role::Auditor.may(right), "{right:?}");
        }
        assert!(Right::ALL.into_iter().all(|r| !may(&["admin".into(), String::new()], r)));
        assert!(Role::ALL.into_iter().all(|r| Role::parse(r.name()) == Some(r)));
    }
}
