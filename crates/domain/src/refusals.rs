//! Every refusal of the product in one table: code, status, what to do next. Texts are in the app's locales.
use serde::{Deserialize, Serialize};

crate::named! {
    /// What a person can do after a refusal; the text is `next-<name>` in the locales.
    pub enum NextStep {
        /// Go to the sign-in page and begin anew.
        SignInAgain = "sign-in-again",
        /// Pick another way to sign in.
        OtherMethod = "other-method",
        /// Go to My Account.
        MyAccount = "my-account",
        /// Sign in once more in this session.
        ConfirmItIsYou = "confirm",
        /// Set up a second factor.
        SetUpFactor = "set-up-factor",
        /// Wait a little.
        Wait = "wait",
        /// Ask the administrator, with the support code.
        AskAdministrator = "ask-administrator",
    }
}

macro_rules! refusals {
    ($($name:ident $code:literal $status:literal [$($step:ident),*] $doc:literal;)*) => {
        /// A reason not to go on. `area.reason`, stable for ever.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Refusal { $(#[doc = $doc] $name,)* }

        impl Refusal {
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable code.
            #[must_use]
            pub fn code(self) -> &'static str { match self { $(Self::$name => $code,)* } }

            /// The HTTP status of its page.
            #[must_use]
            pub fn status(self) -> u16 { match self { $(Self::$name => $status,)* } }

            /// What the page offers.
            #[must_use]
            pub fn next_steps(self) -> &'static [NextStep] { match self { $(Self::$name => &[$(NextStep::$step),*],)* } }

            /// When it happens, for the documentation.
            #[must_use]
            pub fn when(self) -> &'static str { match self { $(Self::$name => $doc,)* } }
        }
    };
}

refusals! {
    AttemptUnknown "attempt.unknown" 404 [SignInAgain] "The attempt does not exist, or belongs to another browser.";
    AttemptExpired "attempt.expired" 410 [SignInAgain] "The attempt is over: finished, abandoned or too old.";
    AttemptStep "attempt.step" 409 [SignInAgain] "This step does not belong to the state of the attempt.";
    StateMissing "attempt.state_missing" 400 [SignInAgain] "A provider's answer came without a start from this browser.";
    StateMismatch "attempt.state_mismatch" 400 [SignInAgain] "A provider's answer does not fit the start that this browser made.";
    StateReplayed "attempt.state_replayed" 400 [SignInAgain, MyAccount] "A provider's answer was used already.";
    StartedElsewhere "attempt.started_elsewhere" 400 [SignInAgain] "A SAML provider sent somebody who had not begun here; nobody can tell who wanted that (IdP-initiated sign-in).";
    CodeWrong "code.wrong" 400 [SignInAgain] "The code is not the one that was sent.";
    CodeExhausted "code.exhausted" 403 [SignInAgain] "The last try was wrong, too; it has to begin again (GO-37).";
    CodeExpired "code.expired" 410 [SignInAgain] "The code is older than its lifetime.";
    LoginOnly "link.login_only" 403 [OtherMethod, AskAdministrator] "Only identities that are linked already may sign in here (AU-06).";
    NoAccount "link.no_account" 403 [OtherMethod, AskAdministrator] "No account matches and none may be opened (GV-10).";
    CreationClosed "link.creation_closed" 403 [OtherMethod, AskAdministrator] "New accounts are closed (AU-17).";
    NotAllowed "link.not_allowed" 403 [OtherMethod, MyAccount] "The policy does not let this provider be linked here.";
    Several "link.several" 403 [OtherMethod, AskAdministrator] "Several accounts match and the policy refuses to choose (GV-11).";
    AlreadyInUse "link.already_in_use" 409 [MyAccount] "The identity belongs to another account (GO-29).";
    Isolated "link.isolated" 403 [OtherMethod, MyAccount] "The provider mirrors groups or is kept apart; it shares no account with the others (GO-08).";
    SameEmail "link.same_email" 409 [MyAccount] "The account has an identity of this provider with the same address (GO-31).";
    UnfinishedSignUp "link.unfinished_sign_up" 409 [SignInAgain, AskAdministrator] "A sign-up with this address was begun and not finished, and the policy waits for it.";
    Filtered "link.filtered" 403 [OtherMethod, AskAdministrator] "The provider's claims do not pass the filter that the policy sets.";
    TooMany "link.too_many" 409 [MyAccount] "The account has as many identities of this provider as the policy allows.";
    Barred "link.barred" 403 [OtherMethod, MyAccount] "The account's owner said of this identity: this wasn't me.";
    LinkOnly "provider.link_only" 403 [OtherMethod] "The provider may be linked, but not be used to sign in (LK-18).";
    PolicyChanged "policy.changed" 409 [SignInAgain] "The policy, the provider or the account changed while the attempt was open (LK-20).";
    ExpressionFailed "policy.expression_failed" 500 [OtherMethod, AskAdministrator] "An expression of the policy failed on these claims; nobody is let in on a guess.";
    ProviderDisabled "provider.disabled" 403 [OtherMethod] "The provider is switched off.";
    ProviderUnknown "provider.unknown" 404 [OtherMethod] "No such provider.";
    ProviderDown "provider.down" 503 [OtherMethod, Wait] "The provider does not answer, or not in time.";
    ProviderRefused "provider.refused" 403 [OtherMethod, SignInAgain] "The provider said no, or the person cancelled there.";
    ProviderAnswer "provider.answer" 400 [OtherMethod, AskAdministrator] "The provider's answer failed a check: signature, issuer, audience, nonce, time, subject.";
    AccountDisabled "account.disabled" 403 [AskAdministrator] "The account is switched off.";
    AccountPending "account.pending" 403 [SignInAgain] "The sign-up was not finished.";
    AccountClosing "account.closing" 403 [AskAdministrator] "The account is being deleted.";
    PasswordOff "account.password_off" 403 [OtherMethod] "Signing in by password is switched off (ZI-12).";
    CodeOff "account.code_off" 403 [OtherMethod] "Signing in by a code from the mailbox is switched off.";
    PasskeyOff "account.passkey_off" 403 [OtherMethod] "Signing in by a passkey is switched off, or this address of the server cannot have one.";
    PasskeyWrong "account.passkey_wrong" 400 [SignInAgain, OtherMethod] "The passkey is not known here, or its answer failed a check.";
    PasswordLeaked "account.password_leaked" 400 [SignInAgain] "The password is in a list of passwords that leaked somewhere.";
    PasswordByReset "account.password_by_reset" 403 [MyAccount] "A first password is set by a code from the mailbox, or not at all, as the policy says (NE-20).";
    UndoOver "account.undo_over" 410 [MyAccount, AskAdministrator] "The link of the notice was used, or is too old, or the account was recovered since.";
    UndoCredential "account.undo_credential" 403 [MyAccount, AskAdministrator] "Nothing from before the change was shown: a password, a passkey or an identity that the account had then, with its second factor.";
    LastAddress "account.last_address" 409 [MyAccount] "The last proved address stays (UD-09).";
    SameAccount "account.same" 409 [MyAccount] "Both sign-ins are of one account; there is nothing to merge.";
    MergeOff "account.merge_off" 403 [MyAccount, AskAdministrator] "The policy lets nobody merge these accounts, or one of them has an administrative role.";
    MergeFactor "account.merge_factor" 409 [MyAccount] "The other account has a second factor and this one has none.";
    LastOwner "account.last_owner" 409 [MyAccount] "The last owner of the console cannot go.";
    MailboxContested "account.mailbox_contested" 403 [OtherMethod, AskAdministrator] "Somebody else of a provider that the account has came with the account's address: the mailbox alone proves nothing for it any more (I13, ID-18).";
    EmailTaken "account.email_taken" 409 [MyAccount] "Another account owns the address (MA-15).";
    LastMethod "account.last_method" 409 [MyAccount] "The last usable way to sign in stays (I7).";
    MethodUnknown "account.method_unknown" 404 [MyAccount] "No such method on this account.";
    ManagementOff "account.management_off" 403 [MyAccount] "Adding and removing sign-in methods is switched off (GO-24).";
    CredentialsWrong "account.credentials_wrong" 400 [SignInAgain, OtherMethod] "Address and password do not fit together.";
    SessionEnded "session.ended" 401 [SignInAgain] "There is no session, or it has ended.";
    NotRecent "session.not_recent" 403 [ConfirmItIsYou] "The last sign-in of the session is too long ago for this (MA-09).";
    FactorWanted "session.factor_wanted" 403 [SetUpFactor] "The policy asks for a second factor here, and the account has none.";
    OtherAccount "session.other_account" 403 [MyAccount] "Who signed in to confirm is not the account of the session (MA-10).";
    NotFresh "session.not_fresh" 403 [MyAccount] "The provider did not say that it asked the person anew.";
    RateLimited "rate.limited" 429 [OtherMethod] "Too many requests, or too many wrong answers for what was typed or from this network; known browsers are counted apart (rule 23).";
    Busy "server.busy" 503 [Wait] "More work than the server takes at once.";
    CrossSite "server.cross_site" 403 [SignInAgain] "The form was sent from another site.";
    BadRequest "server.bad_request" 400 [SignInAgain] "The request could not be read.";
    NotFound "server.not_found" 404 [SignInAgain] "There is no such page.";
    Internal "server.internal" 500 [Wait, AskAdministrator] "Something failed on our side.";
    Forbidden "admin.forbidden" 403 [MyAccount] "The page needs an administrative role.";
    SetupClosed "admin.setup_closed" 403 [SignInAgain] "The one-time token is wrong, used or too old (AD-04).";
    NotAMember "app.not_a_member" 403 [MyAccount, AskAdministrator] "The application is open to groups only, and the account is in none of them by the way that it signed in.";
    ApplicationUnknown "app.unknown" 400 [AskAdministrator] "The application is not registered, or its redirect address is not.";
}

impl Refusal {
    /// The refusal with this code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.code() == code)
    }

    /// The part of message keys: `refusal-<key>-title`.
    #[must_use]
    pub fn key(self) -> String {
        self.code().replace(['.', '_'], "-")
    }
}

impl Serialize for Refusal {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Refusal {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let code = String::deserialize(d)?;
        Self::parse(&code).ok_or_else(|| serde::de::Error::custom("unknown refusal code"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_own_code_a_status_and_a_next_step() {
        let codes: std::collections::BTreeSet<_> = Refusal::ALL.iter().map(|r| r.code()).collect();
        assert_eq!(codes.len(), Refusal::ALL.len());
        for refusal in Refusal::ALL {
            assert!(
                refusal.status() >= 400 && !refusal.next_steps().is_empty(),
                "{}",
                refusal.code()
            );
            assert_eq!(Refusal::parse(refusal.code()), Some(*refusal));
        }
    }
}
