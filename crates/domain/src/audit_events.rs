//! Every kind of event of the audit trail, in one table.

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
        /// A refresh token was used twice: its tokens ended.
        ApplicationTokenReused = "application.token_reused",
        /// Linking given up.
        AttemptAbandoned = "attempt.abandoned",
        /// Linking refused.
        AttemptRefused = "attempt.refused",
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
