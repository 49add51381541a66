//! Every kind of event of the audit trail, in one table; and who may have done it, to what, with which outcome.
use crate::AccountId;

crate::named! {
    /// What the audit trail can tell; the text is `event-<name>` in the locales, with dashes for dots and underscores. A
    /// name is stored, so it never changes.
    pub enum EventKind {
        /// Account created.
        AccountCreated = "account.created",
        /// Sign-up begun.
        AccountPending = "account.pending",
        /// Account switched on or off.
        AccountState = "account.state",
        /// Unfinished sign-up taken over.
        AccountReclaimed = "account.reclaimed",
        /// “This wasn't me” in an email: everyone signed out.
        AccountUndoBegun = "account.undo_begun",
        /// Changes that were on hold kept.
        AccountUndoKept = "account.undo_kept",
        /// “This wasn't me” about something already removed.
        AccountUndoGone = "account.undo_gone",
        /// Data downloaded.
        AccountExported = "account.exported",
        /// Deletion of the account begun.
        AccountClosing = "account.closing",
        /// Change undone.
        AccountUndone = "account.undone",
        /// Account deleted.
        AccountDeleted = "account.deleted",
        /// Accounts merged.
        AccountMerged = "account.merged",
        /// Merge refused.
        AccountNotMerged = "account.not_merged",
        /// Deletion of the account stopped.
        AccountRestored = "account.restored",
        /// A provider's sign-in came with an administrator's address; it opened nothing.
        AdministratorClaimed = "administrator.claimed",
        /// Application registered.
        ApplicationRegistered = "application.registered",
        /// Signed in to an application.
        ApplicationSignedIn = "application.signed_in",
        /// Application changed.
        ApplicationChanged = "application.changed",
        /// New secret for an application.
        ApplicationSecret = "application.secret",
        /// Access of an application removed.
        ApplicationRevoked = "application.revoked",
        /// Application allowed.
        ApplicationAllowed = "application.allowed",
        /// Device not allowed.
        ApplicationDenied = "application.denied",
        /// Not let into an application: in none of its groups.
        ApplicationNotAMember = "application.not_a_member",
        /// A refresh token was used twice: its tokens ended.
        ApplicationTokenReused = "application.token_reused",
        /// Linking given up.
        AttemptAbandoned = "attempt.abandoned",
        /// Linking refused.
        AttemptRefused = "attempt.refused",
        /// Audit trail exported.
        AuditExported = "audit.exported",
        /// Appearance changed.
        BrandChanged = "brand.changed",
        /// Many wrong codes in an hour: codes are longer for now.
        CodeSpray = "code.spray",
        /// Email address changed.
        EmailUpdated = "email.updated",
        /// Another address ignored.
        EmailIgnored = "email.ignored",
        /// Email address also used by somebody else.
        EmailContested = "email.contested",
        /// Email address confirmed.
        EmailKept = "email.kept",
        /// Change of address refused.
        EmailRefused = "email.refused",
        /// Address taken from the provider.
        EmailOverwritten = "email.overwritten",
        /// Email address removed.
        EmailRemoved = "email.removed",
        /// Email address marked as somebody else's.
        EmailDisowned = "email.disowned",
        /// Email address verified for an application.
        EmailProved = "email.proved",
        /// Group created.
        GroupCreated = "group.created",
        /// Group renamed or described.
        GroupChanged = "group.changed",
        /// Group deleted.
        GroupDeleted = "group.deleted",
        /// Somebody put into a group.
        GroupMemberAdded = "group.member_added",
        /// Somebody taken out of a group.
        GroupMemberRemoved = "group.member_removed",
        /// A provider said that somebody's groups are others.
        GroupTold = "group.told",
        /// Which groups a provider gives changed.
        GroupMapped = "group.mapped",
        /// Restored from a backup: sessions and codes of before are void.
        InstanceRestored = "instance.restored",
        /// A standby database took over: codes of before are void.
        InstancePromoted = "instance.promoted",
        /// New signing key in use.
        KeyRotated = "key.rotated",
        /// Stored keys sealed with a new master key.
        KeyRewrapped = "key.rewrapped",
        /// Stored secrets sealed with a new key.
        KeyResealed = "key.resealed",
        /// Provider added.
        LinkAdded = "link.added",
        /// Sign-in method removed.
        LinkRemoved = "link.removed",
        /// Organisation created.
        OrganisationCreated = "organisation.created",
        /// Organisation changed.
        OrganisationChanged = "organisation.changed",
        /// Link for a first owner made.
        OrganisationInvited = "organisation.invited",
        /// Passkey added.
        PasskeyAdded = "passkey.added",
        /// Passkey removed.
        PasskeyRemoved = "passkey.removed",
        /// New password set.
        PasswordReset = "password.reset",
        /// New password refused.
        PasswordNotReset = "password.not_reset",
        /// Password set.
        PasswordAdded = "password.added",
        /// Password changed.
        PasswordChanged = "password.changed",
        /// Phone number verified.
        PhoneProved = "phone.proved",
        /// Phone number removed.
        PhoneRemoved = "phone.removed",
        /// Phone number verified by somebody else.
        PhoneLost = "phone.lost",
        /// Policy changed.
        PolicyChanged = "policy.changed",
        /// Shadow policy would decide otherwise.
        PolicyShadow = "policy.shadow",
        /// Policy draft saved.
        PolicyDrafted = "policy.drafted",
        /// Dry run of a draft.
        PolicyDryRun = "policy.dry_run",
        /// Provider created.
        ProviderCreated = "provider.created",
        /// Provider changed.
        ProviderChanged = "provider.changed",
        /// Provider deleted.
        ProviderDeleted = "provider.deleted",
        /// Its people come along to another provider.
        ProviderMoved = "provider.moved",
        /// Test sign-in at a provider: it opened nothing.
        ProviderTested = "provider.tested",
        /// Offered provider switched.
        ProviderTaken = "provider.taken",
        /// A provider does not do its work: nobody waits for it.
        ProviderUnavailable = "provider.unavailable",
        /// A provider does its work again.
        ProviderAvailable = "provider.available",
        /// Recovery code used.
        RecoveryCodeUsed = "recovery_code.used",
        /// New recovery codes made.
        RecoveryCodesRenewed = "recovery_codes.renewed",
        /// Registration by programs opened.
        RegistrationOpened = "registration.opened",
        /// Registration by programs closed.
        RegistrationClosed = "registration.closed",
        /// Role given.
        RoleGiven = "role.given",
        /// Recovery emails offered to accounts without a sign-in method.
        RecoveryOffered = "recovery.offered",
        /// Role taken away.
        RoleTaken = "role.taken",
        /// Second factor added.
        SecondFactorAdded = "second_factor.added",
        /// Second factor removed.
        SecondFactorRemoved = "second_factor.removed",
        /// Signed in.
        SessionStarted = "session.started",
        /// Signed out.
        SessionEnded = "session.ended",
        /// Confirmed by signing in once more.
        SessionConfirmed = "session.confirmed",
        /// Confirmation refused.
        SessionNotConfirmed = "session.not_confirmed",
        /// Sign-in refused.
        SignInRefused = "signin.refused",
        /// Many wrong passwords from one network.
        SignInStuffing = "signin.stuffing",
        /// Texts stopped: more than the hour allows.
        TextsFlood = "texts.flood",
    }
}

crate::named! {
    /// What came of what an event tells. A name is stored, so it never changes.
    pub enum EventOutcome {
        /// Something is another way than before.
        Done = "done",
        /// It was asked for and is as it was.
        Refused = "refused",
        /// Somebody began and went no further; nothing is another way.
        GivenUp = "given_up",
        /// The server saw something that somebody should look at.
        Noticed = "noticed",
    }
}

impl EventKind {
    /// What came of it: a kind has one outcome.
    #[must_use]
    pub const fn outcome(self) -> EventOutcome {
        match self {
            Self::AccountNotMerged
            | Self::ApplicationDenied
            | Self::ApplicationNotAMember
            | Self::AttemptRefused
            | Self::EmailRefused
            | Self::PasswordNotReset
            | Self::SessionNotConfirmed
            | Self::SignInRefused => EventOutcome::Refused,
            Self::AttemptAbandoned | Self::EmailIgnored => EventOutcome::GivenUp,
            Self::AdministratorClaimed
            | Self::ApplicationTokenReused
            | Self::CodeSpray
            | Self::EmailContested
            | Self::PolicyDryRun
            | Self::PolicyShadow
            | Self::ProviderTested
            | Self::SignInStuffing
            | Self::TextsFlood => EventOutcome::Noticed,
            _ => EventOutcome::Done,
        }
    }
}

crate::named! {
    /// In which part somebody acted. A name is stored, so it never changes.
    pub enum ActorKind {
        /// A person, on what is theirs.
        Person = "person",
        /// Somebody whose account is not known, or not yet.
        Visitor = "visitor",
        /// An administrator in the console.
        Administrator = "admin",
        /// A provider, by what it said at a sign-in.
        Provider = "provider",
        /// A program: an application, or one that registers itself.
        Program = "program",
        /// The server by itself.
        System = "system",
        /// The operator, by the command line.
        Operator = "cli",
    }
}

/// Who did what an event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The person of this account.
    Person(AccountId),
    /// Somebody whose account is not known, or not yet.
    Visitor,
    /// The administrator with this account.
    Administrator(AccountId),
    /// The provider that the event names.
    Provider,
    /// A program: the application that the event names.
    Program,
    /// The server by itself.
    System,
    /// The operator.
    Operator,
}

impl Actor {
    /// In which part they acted.
    #[must_use]
    pub const fn kind(self) -> ActorKind {
        match self {
            Self::Person(_) => ActorKind::Person,
            Self::Visitor => ActorKind::Visitor,
            Self::Administrator(_) => ActorKind::Administrator,
            Self::Provider => ActorKind::Provider,
            Self::Program => ActorKind::Program,
            Self::System => ActorKind::System,
            Self::Operator => ActorKind::Operator,
        }
    }

    /// Whose account acted, where one did.
    #[must_use]
    pub const fn account(self) -> Option<AccountId> {
        match self {
            Self::Person(id) | Self::Administrator(id) => Some(id),
            _ => None,
        }
    }
}

crate::named! {
    /// What an event can be about. A name is stored, so it never changes.
    pub enum TargetKind {
        /// An account.
        Account = "account",
        /// A sign-in that is nobody's yet.
        SignIn = "sign_in",
        /// A provider.
        Provider = "provider",
        /// An application.
        Application = "application",
        /// A group.
        Group = "group",
        /// The policy of a scope.
        Policy = "policy",
        /// An organisation.
        Organisation = "organisation",
        /// A key of the server.
        Key = "key",
        /// The registration of applications by programs.
        Registration = "registration",
        /// The whole instance.
        Instance = "instance",
    }
}

/// To what it was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An account.
    Account(AccountId),
    /// An account that is deleted, by the name under which its events stay.
    Gone(String),
    /// A sign-in that is nobody's yet: nothing of anybody's changed.
    SignIn,
    /// A provider, by its key.
    Provider(String),
    /// An application, by its client id.
    Application(String),
    /// A group, by its key.
    Group(String),
    /// The policy of a scope.
    Policy(String),
    /// An organisation, by its short name.
    Organisation(String),
    /// A key of the server, by its kind.
    Key(String),
    /// The registration of applications by programs, by the label of its token.
    Registration(String),
    /// The whole instance.
    Instance,
}

impl Target {
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> TargetKind {
        match self {
            Self::Account(_) | Self::Gone(_) => TargetKind::Account,
            Self::SignIn => TargetKind::SignIn,
            Self::Provider(_) => TargetKind::Provider,
            Self::Application(_) => TargetKind::Application,
            Self::Group(_) => TargetKind::Group,
            Self::Policy(_) => TargetKind::Policy,
            Self::Organisation(_) => TargetKind::Organisation,
            Self::Key(_) => TargetKind::Key,
            Self::Registration(_) => TargetKind::Registration,
            Self::Instance => TargetKind::Instance,
        }
    }

    /// Its name among those of its kind; an account has its id instead.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Account(_) | Self::SignIn | Self::Instance => "",
            Self::Gone(name)
            | Self::Provider(name)
            | Self::Application(name)
            | Self::Group(name)
            | Self::Policy(name)
            | Self::Organisation(name)
            | Self::Key(name)
            | Self::Registration(name) => name,
        }
    }
}

/// Whether an event says enough: what changes something has a target that is somebody's or the instance's (AD-06).
#[must_use]
pub fn says_enough(kind: EventKind, target: &Target) -> bool {
    kind.outcome() != EventOutcome::Done || *target != Target::SignIn
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows AD-06 for the kinds themselves: none that changes something may be nobody's, and every refusal may.
    #[test]
    fn ad_06_every_kind_that_changes_something_wants_a_target() {
        for kind in EventKind::ALL {
            assert!(says_enough(kind, &Target::Account(AccountId([1; 16]))), "{kind}");
            assert_eq!(
                says_enough(kind, &Target::SignIn),
                kind.outcome() != EventOutcome::Done,
                "{kind}"
            );
        }
        let refused =
            EventKind::ALL.into_iter().filter(|k| k.outcome() == EventOutcome::Refused).count();
        assert_eq!(refused, 8, "a new kind of refusal says its outcome");
    }
}
