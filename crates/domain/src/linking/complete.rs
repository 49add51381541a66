//! What is wanted before an account is opened or linked to, when everything else is settled: its second factor, then
//! the agreements and fields of a registration. The same for every way in, the binding page included (I5, LK-15, AU-15).
use crate::{
    AccountId,
    decision::Trace,
    linking::{
        Deciding, Outcome,
        facts::{Facts, Intent},
    },
    policy::Field,
};

impl Deciding<'_> {
    /// The outcome, or what it still wants.
    pub(super) fn complete(&self, outcome: Outcome, trace: &mut Trace) -> Outcome {
        let (account, registers) = match (&outcome, self.facts.intent) {
            (Outcome::SignIn { account, .. } | Outcome::Link { account, .. }, Intent::SignIn) => {
                (Some(*account), false)
            }
            (Outcome::Reclaim { account }, Intent::SignIn) => (Some(*account), true),
            (Outcome::Create, Intent::SignIn | Intent::SignUp) => (None, true),
            (Outcome::Restore { account }, Intent::SignIn) => {
                return self.second_factor(*account, true, trace).unwrap_or(outcome);
            }
            _ => return outcome,
        };
        // A provider speaks for its own sign-ins, and not for the account that it is being linked to.
        let speaks = matches!(outcome, Outcome::SignIn { .. });
        if let Some(wanted) = account.and_then(|account| self.second_factor(account, speaks, trace))
        {
            return wanted;
        }
        self.details(account, registers, trace).unwrap_or(outcome)
    }

    fn second_factor(
        &self,
        account: AccountId,
        provider_speaks: bool,
        trace: &mut Trace,
    ) -> Option<Outcome> {
        if !has_second_factor(self.facts, account) {
            return None;
        }
        if provider_speaks && self.facts.provider.is_some_and(|p| p.second_factor) {
            trace.say("second-factor-there");
            return None;
        }
        if self.facts.given.factor == Some(account) {
            trace.say("second-factor-shown");
            return None;
        }
        trace.say("wants-second-factor");
        Some(Outcome::SecondFactor { account })
    }

    /// Agreements that nobody accepted for this account yet, and the fields of a registration that are still empty.
    fn details(
        &self,
        account: Option<AccountId>,
        registers: bool,
        trace: &mut Trace,
    ) -> Option<Outcome> {
        let given = &self.facts.given;
        let accepted = |what: &str| {
            given
                .agreed
                .iter()
                .any(|a| a.what == what && (a.account.is_none() || a.account == account))
        };
        let agreements: Vec<String> = self
            .policy
            .choices
            .agreements
            .iter()
            .map(crate::policy::Agreement::what)
            .filter(|what| !accepted(what))
            .collect();
        let empty = |f: &&Field| !given.fields.contains(&f.field);
        let fields: Vec<Field> = self
            .policy
            .choices
            .registration
            .iter()
            .filter(|_| registers)
            .filter(empty)
            .cloned()
            .collect();
        let missing = fields.iter().any(|f| f.required || !given.answered);
        if agreements.is_empty() && !missing {
            return None;
        }
        trace.say("wants-details");
        Some(Outcome::Details { agreements, fields })
    }
}

/// Whether an account of these facts has a second factor.
pub(super) fn has_second_factor(facts: &Facts, account: AccountId) -> bool {
    let known = facts.known.is_some_and(|k| k.account == account && k.second_factor);
    known || facts.candidates.iter().any(|c| c.account == account && c.second_factor)
}
