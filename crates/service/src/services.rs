//! The services: one for each area, all over the same [`Core`]. What a service may call stands in its braces, and only
//! upwards in this list, so that there are no circles.
use std::ops::Deref;

use ref_cast::RefCast;
use storage::Store;
use upstream::SafeHttpClient;

use crate::{
    Error, MasterKey,
    core::{Clock, Core, Service, Settings},
};

macro_rules! services {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $used:ident),* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, RefCast)]
            #[repr(transparent)]
            pub struct $name(Core);

            impl Deref for $name {
                type Target = Core;
                fn deref(&self) -> &Core {
                    &self.0
                }
            }

            impl From<Core> for $name {
                fn from(core: Core) -> Self {
                    Self(core)
                }
            }

            impl Service for $name {}

            impl $name {
                $(
                    pub(crate) fn $field(&self) -> &$used {
                        $used::ref_cast(&self.0)
                    }
                )*
            }
        )*
    };
}

services! {
    /// What administrators configured: policies in force, providers, applications, and what is switched on.
    Configuration { }
    /// Mails and texts: queued in the transaction of what they tell.
    Notifications { configuration: Configuration }
    /// What the session of an administrator may do.
    AdminRights { configuration: Configuration }
    /// Codes that people type, and how often somebody may try.
    Codes { notifications: Notifications }
    /// Passwords: which may be set, hashing, and checking one within the limits.
    Passwords { codes: Codes }
    /// Opening, finding and ending sessions.
    Sessions { codes: Codes, configuration: Configuration }
    /// Groups: what a sign-in says of them, and which count in a session.
    Groups { }
    /// What happens to an account: opening it, linking to it, changing its addresses; with the journal of its changes.
    Accounts { notifications: Notifications, configuration: Configuration }
    /// Facts for the decision about an identity, gathered in the transaction that commits it.
    Decisions { accounts: Accounts, configuration: Configuration }
    /// Attempts as rows: beginning one, finding it again, moving it on, and ending a sign-in by a local method.
    Attempts { accounts: Accounts, codes: Codes, decisions: Decisions, notifications: Notifications, configuration: Configuration, sessions: Sessions }
    /// Passkeys: adding, removing and signing in by one.
    Passkeys { accounts: Accounts, attempts: Attempts, notifications: Notifications, configuration: Configuration }
    /// One-time passwords and recovery codes.
    SecondFactors { accounts: Accounts, admin_rights: AdminRights, codes: Codes, notifications: Notifications, sessions: Sessions }
    /// Two accounts of one person become one.
    Merges { accounts: Accounts, admin_rights: AdminRights, attempts: Attempts, decisions: Decisions, notifications: Notifications, passwords: Passwords, configuration: Configuration, sessions: Sessions }
    /// My Account: methods, addresses, phone, password, sessions, deletion.
    AccountSettings { accounts: Accounts, attempts: Attempts, codes: Codes, merges: Merges, notifications: Notifications, passkeys: Passkeys, passwords: Passwords, configuration: Configuration, sessions: Sessions }
    /// A recent proof of a session's person, asked before something that matters.
    Reauthentication { accounts: Accounts, attempts: Attempts, decisions: Decisions, groups: Groups, passkeys: Passkeys, passwords: Passwords, configuration: Configuration, sessions: Sessions }
    /// "This wasn't me": taking an account back to what it was before a change.
    Rewinds { accounts: Accounts, codes: Codes, merges: Merges, notifications: Notifications, passkeys: Passkeys, passwords: Passwords, configuration: Configuration, second_factors: SecondFactors, sessions: Sessions }
    /// Whether a session may open an application, and as which subject.
    ApplicationGate { decisions: Decisions, configuration: Configuration, groups: Groups }
    /// Requests of applications: asked for, consented to, granted.
    Authorization { account_settings: AccountSettings, accounts: Accounts, attempts: Attempts, application_gate: ApplicationGate, notifications: Notifications, configuration: Configuration }
    /// Tokens of applications: issued, renewed, looked up, revoked; the device grant.
    Tokens { codes: Codes, application_gate: ApplicationGate, configuration: Configuration, groups: Groups }
    /// Signing out of applications, and telling them.
    Logout { application_gate: ApplicationGate, configuration: Configuration, sessions: Sessions }
    /// Hosts behind a proxy that asks here who somebody is.
    ForwardAuth { application_gate: ApplicationGate, tokens: Tokens }
    /// Applications as administrators and programs register them.
    Applications { admin_rights: AdminRights }
    /// The pages of an attempt: what a click, a code or a credential does.
    AttemptSteps { account_settings: AccountSettings, accounts: Accounts, attempts: Attempts, authorization: Authorization, codes: Codes, decisions: Decisions, groups: Groups, merges: Merges, notifications: Notifications, passkeys: Passkeys, passwords: Passwords, configuration: Configuration, reauthentication: Reauthentication, second_factors: SecondFactors, sessions: Sessions }
    /// What a policy would decide about made-up, recorded or tested sign-ins.
    Simulations { admin_rights: AdminRights, decisions: Decisions, configuration: Configuration }
    /// What the next page is told.
    PageState { }
    /// The ways in: a provider's start and callback, password, code, sign-up, reset.
    SignIn { attempt_steps: AttemptSteps, attempts: Attempts, codes: Codes, decisions: Decisions, merges: Merges, passwords: Passwords, configuration: Configuration, page_state: PageState, reauthentication: Reauthentication, rewinds: Rewinds, simulations: Simulations }
    /// Changes that take something from people, and who agreed to them.
    Continuity { notifications: Notifications }
    /// Policy documents: drafts, versions, switches, presets.
    PolicyAdmin { admin_rights: AdminRights, configuration: Configuration, continuity: Continuity, simulations: Simulations }
    /// A draft tried on everybody who signed in lately.
    DryRuns { admin_rights: AdminRights, configuration: Configuration, policy_admin: PolicyAdmin, simulations: Simulations }
    /// Providers as administrators save them.
    ProviderAdmin { accounts: Accounts, admin_rights: AdminRights, notifications: Notifications, configuration: Configuration, continuity: Continuity, policy_admin: PolicyAdmin }
    /// Accounts and the audit trail, as administrators see them.
    AccountAdmin { account_settings: AccountSettings, admin_rights: AdminRights, merges: Merges, configuration: Configuration, sessions: Sessions }
    /// Groups as administrators make and fill them, and which word of a provider gives which.
    GroupAdmin { admin_rights: AdminRights, configuration: Configuration, policy_admin: PolicyAdmin }
    /// The organisations of the instance.
    OrganisationAdmin { admin_rights: AdminRights }
    /// Name, colour and picture of an organisation or an application.
    Branding { admin_rights: AdminRights, configuration: Configuration }
    /// The first owner.
    Setup { passwords: Passwords, configuration: Configuration, sessions: Sessions }
    /// Data keys and signing keys, renewed in time.
    KeyRotation { }
    /// What is done now and then: tidying, the doctor's questions, recovery of a restored copy.
    Maintenance { account_settings: AccountSettings, key_rotation: KeyRotation, configuration: Configuration, rewinds: Rewinds }
}

macro_rules! ligature {
    ($($field:ident: $service:ident),* $(,)?) => {
        impl Ligature {
            $(
                #[doc = concat!("[`", stringify!($service), "`]")]
                #[must_use]
                pub fn $field(&self) -> &$service {
                    $service::ref_cast(&self.0)
                }
            )*
        }
    };
}

/// The product without its web server: its services. Cheap to clone.
#[derive(Clone)]
pub struct Ligature(Core);

impl Deref for Ligature {
    type Target = Core;
    fn deref(&self) -> &Core {
        &self.0
    }
}

impl From<Core> for Ligature {
    fn from(core: Core) -> Self {
        Self(core)
    }
}

impl Service for Ligature {}

impl Ligature {
    /// Opens the instance: reads or makes its data keys and its first organisation. The schema must be there.
    ///
    /// # Errors
    /// As [`Core::open`].
    pub async fn open(
        store: Store,
        master: &MasterKey,
        guard: SafeHttpClient,
        clock: Clock,
        settings: Settings,
    ) -> Result<Self, Error> {
        Ok(Self(Core::open(store, master, guard, clock, settings).await?))
    }
}

ligature! {
    configuration: Configuration,
    notifications: Notifications,
    admin_rights: AdminRights,
    codes: Codes,
    passwords: Passwords,
    sessions: Sessions,
    groups: Groups,
    accounts: Accounts,
    decisions: Decisions,
    attempts: Attempts,
    passkeys: Passkeys,
    second_factors: SecondFactors,
    merges: Merges,
    account_settings: AccountSettings,
    reauthentication: Reauthentication,
    rewinds: Rewinds,
    application_gate: ApplicationGate,
    authorization: Authorization,
    tokens: Tokens,
    logout: Logout,
    forward_auth: ForwardAuth,
    applications: Applications,
    attempt_steps: AttemptSteps,
    sign_in: SignIn,
    simulations: Simulations,
    continuity: Continuity,
    policy_admin: PolicyAdmin,
    dry_runs: DryRuns,
    provider_admin: ProviderAdmin,
    account_admin: AccountAdmin,
    group_admin: GroupAdmin,
    organisation_admin: OrganisationAdmin,
    branding: Branding,
    setup: Setup,
    key_rotation: KeyRotation,
    maintenance: Maintenance,
    page_state: PageState,
}

#[cfg(test)]
mod tests {
    /// What a service may call stands above it, so that there are no circles.
    #[test]
    fn services_call_only_upwards() {
        let (_, list) = include_str!("services.rs").split_once("\nservices! {\n").unwrap();
        let (list, _) = list.split_once("\n}\n").unwrap();
        let mut above: Vec<&str> = Vec::new();
        for (name, called) in list.lines().filter_map(|line| line.trim().split_once(" {")) {
            for (_, service) in
                called.trim_end_matches('}').split(',').filter_map(|field| field.split_once(": "))
            {
                assert!(
                    above.contains(&service.trim()),
                    "{name} calls {service}, which does not stand above it"
                );
            }
            above.push(name);
        }
        assert!(above.len() > 30, "{above:?}");
    }
}
