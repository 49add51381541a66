//! An identity that no account has: find, ask, prove, link, create or refuse.
use crate::{
    AccountId, Refusal,
    account_rules::still_proved,
    linking::{
        Basis, CandidateView, Choice, Deciding, Outcome, Trace,
        eligible::{Target, visible},
        facts::{AccountState, By, Candidate, RuleState},
    },
    policy::{
        CodeRecipient, Disclosure, MailEvent, NoMatch, Offer, OnMultipleMatches, OnSingleMatch,
        ProofMethod, Rule, UnverifiedTarget,
    },
    trust::{Proof, Trust},
};

type Found<'a> = (&'a Rule, &'a Candidate);

impl Deciding<'_> {
    /// The accounts that count: those of the first rule that finds anybody. For a rule that links without a question
    /// the other rules have a say too: two different accounts are several (I3).
    pub(super) fn matches(&self, trace: &mut Trace) -> Result<Vec<Found<'_>>, Refusal> {
        if !self.policy.permits.link_on_login {
            trace.say("linking-off");
            return Ok(Vec::new());
        }
        let mut matches: Vec<Found<'_>> = Vec::new();
        for rule in self.policy.choices.rules.iter().filter(|r| !r.entered_by_user) {
            match self.rule_state(rule) {
                RuleState::Looked => {}
                RuleState::Skipped => {
                    trace.rule("rule-skipped", &rule.id, None);
                    continue;
                }
                RuleState::Empty => {
                    trace.rule("rule-empty", &rule.id, None);
                    continue;
                }
                RuleState::Failed => {
                    trace.rule("rule-failed", &rule.id, None);
                    return Err(Refusal::ExpressionFailed);
                }
            }
            if matches.first().is_some_and(|(first, _)| first.one == OnSingleMatch::Offer) {
                continue;
            }
            let found: Vec<_> =
                self.facts.candidates.iter().filter(|c| c.rule == rule.id && visible(c)).collect();
            trace.rule("rule-found", &rule.id, Some(found.len()));
            for c in found {
                if !matches.iter().any(|(_, m)| m.account == c.account) {
                    matches.push((rule, c));
                }
            }
        }
        Ok(matches)
    }

    fn rule_state(&self, rule: &Rule) -> RuleState {
        self.facts.rules.iter().find(|r| r.rule == rule.id).map_or(RuleState::Empty, |r| r.state)
    }

    /// A rule had something to look for.
    fn can_match(&self) -> bool {
        self.policy.permits.link_on_login
            && self
                .policy
                .choices
                .rules
                .iter()
                .any(|r| !r.entered_by_user && self.rule_state(r) == RuleState::Looked)
    }

    pub(super) fn arrived(
        &self,
        matches: &[Found<'_>],
        trace: &mut Trace,
    ) -> Result<Outcome, Refusal> {
        if self.facts.pending.is_some()
            && self.policy.choices.unverified_target == UnverifiedTarget::Refuse
            && self.policy.permits.link_on_login
        {
            return Err(Refusal::UnfinishedSignUp);
        }
        if let [(rule, candidate)] = matches
            && rule.one == OnSingleMatch::Link
            && self.eligible(candidate)
            && let Some(pair) = self.accepted(rule, candidate, Proof::None)
        {
            trace.rule("links-silently", &rule.id, None);
            return Ok(self.link(candidate.account, rule, pair));
        }
        let disclosure = self.policy.choices.disclosure;
        trace.with("disclosure", disclosure.name());
        if self.may_branch() {
            return self.specific(matches, trace);
        }
        let asks = disclosure != Disclosure::Silent && !self.policy.choices.offers.is_empty();
        match (asks, self.can_match(), self.facts.trust) {
            (true, _, _) => self.generic(trace),
            (false, true, Some(_)) => {
                trace.say("confirm-first");
                Ok(Outcome::Confirm)
            }
            (false, _, _) => self.no_match(trace),
        }
    }

    /// Whether what follows may depend on who was found: after a proof of the address, for claims that the provider
    /// verified where the policy shows something (LK-21, PH-07), or where a rule wants no proof at all.
    fn may_branch(&self) -> bool {
        let Some(trust) = self.facts.trust else { return self.wants_no_proof() };
        let shows = matches!(self.policy.choices.disclosure, Disclosure::Masked | Disclosure::Open)
            && trust >= Trust::ClaimedVerified;
        trust == Trust::ProvenHere || shows || self.wants_no_proof()
    }

    /// With the policy's own pairs a find would link at once, and the page asks nothing: the outcome tells anyway.
    fn wants_no_proof(&self) -> bool {
        let quiet = self.policy.choices.disclosure == Disclosure::Silent
            || self.policy.choices.offers.is_empty();
        quiet
            && self.policy.choices.rules.iter().any(|rule| {
                let trust = self.trust(rule);
                self.rule_state(rule) == RuleState::Looked
                    && rule
                        .accept
                        .iter()
                        .map(|p| self.policy.pair(*p, trust, rule.on_claimed_address()))
                        .any(|p| trust >= p.trust && p.proof == Proof::None)
            })
    }

    /// The same page whether or not somebody matches: it depends on policy and claim only.
    fn generic(&self, trace: &mut Trace) -> Result<Outcome, Refusal> {
        let can_match = self.can_match();
        let offers = self.offers(can_match && self.policy.permits.linkable());
        let creates_anyway = !can_match && self.policy.choices.none == NoMatch::Create;
        if creates_anyway || offers == [Offer::CreateNew] {
            return self.create(trace);
        }
        if !can_match && self.policy.choices.none == NoMatch::Refuse {
            return Err(Refusal::NoAccount);
        }
        choose(offers, Vec::new(), Disclosure::AfterProof)
    }

    /// A page, or an outcome, that tells who was found.
    fn specific(&self, matches: &[Found<'_>], trace: &mut Trace) -> Result<Outcome, Refusal> {
        let Some((rule, first)) = matches.first() else {
            return match self.facts.pending {
                Some(pending) if self.can_match() && self.facts.trust.is_some() => {
                    self.unfinished(pending, trace)
                }
                Some(_) | None => self.no_match(trace),
            };
        };
        if matches.len() > 1 {
            trace.rule("several", &rule.id, Some(matches.len()));
            if rule.many == OnMultipleMatches::Refuse {
                return Err(Refusal::Several);
            }
        }
        let quiet = self.policy.choices.offers.is_empty()
            || self.policy.choices.disclosure == Disclosure::Silent;
        if matches.len() == 1 && (rule.one == OnSingleMatch::Link || quiet) {
            if let Err(refusal) = Target::from(*first).check(self.policy) {
                trace.with("not-eligible", refusal.code());
                let offers = self.offers(false);
                return if offers.is_empty() {
                    Err(refusal)
                } else {
                    choose(offers, Vec::new(), Disclosure::AfterProof)
                };
            }
            if rule.one == OnSingleMatch::Link {
                return self.ask_proof(rule, first, trace);
            }
        }
        let shown: Vec<_> = matches
            .iter()
            .map(|(_, c)| CandidateView { account: c.account, addable: self.eligible(c) })
            .collect();
        let addable = shown.iter().any(|s| s.addable);
        let mut offers = self.offers(addable);
        if quiet && addable && !offers.contains(&Offer::AddToExisting) {
            offers.insert(0, Offer::AddToExisting);
        }
        trace.rule("shows", &rule.id, Some(shown.len()));
        // Several after a proof: names are shown, but no more of the accounts than that.
        let disclosure = if self.policy.choices.disclosure == Disclosure::Open {
            Disclosure::Open
        } else {
            Disclosure::Masked
        };
        choose(offers, shown, disclosure)
    }

    fn no_match(&self, trace: &mut Trace) -> Result<Outcome, Refusal> {
        trace.say("nobody");
        match self.policy.choices.none {
            NoMatch::Create => self.create(trace),
            NoMatch::Refuse => Err(Refusal::NoAccount),
            NoMatch::Offer => {
                let offers = self.offers(false);
                if offers == [Offer::CreateNew] && self.facts.trust == Some(Trust::ProvenHere) {
                    self.create(trace)
                } else {
                    choose(offers, Vec::new(), Disclosure::AfterProof)
                }
            }
        }
    }

    /// An unfinished sign-up holds the address: our code first, then finish or reclaim; everything older goes (PH-01, NE-07).
    fn unfinished(&self, pending: AccountId, trace: &mut Trace) -> Result<Outcome, Refusal> {
        trace.say("pending-found");
        let proven = self.facts.trust == Some(Trust::ProvenHere);
        match self.policy.choices.unverified_target {
            UnverifiedTarget::Ignore => self.no_match(trace),
            UnverifiedTarget::Refuse => Err(Refusal::UnfinishedSignUp),
            UnverifiedTarget::FinishSignup | UnverifiedTarget::Reclaim
                if !self.policy.permits.linkable() =>
            {
                self.no_match(trace)
            }
            UnverifiedTarget::FinishSignup | UnverifiedTarget::Reclaim if !proven => {
                trace.say("confirm-first");
                Ok(Outcome::Confirm)
            }
            UnverifiedTarget::FinishSignup => Ok(Outcome::FinishSignup { account: pending }),
            UnverifiedTarget::Reclaim => Ok(Outcome::Reclaim { account: pending }),
        }
    }

    /// The password is chosen: the sign-up ends, if it may still be finished.
    pub(super) fn finished(&self, trace: &mut Trace) -> Result<Outcome, Refusal> {
        let permits = &self.policy.permits;
        match (self.facts.pending, self.facts.trust) {
            (Some(account), Some(Trust::ProvenHere))
                if self.policy.choices.unverified_target == UnverifiedTarget::FinishSignup
                    && permits.link_on_login
                    && permits.linkable() =>
            {
                trace.say("finishes");
                Ok(Outcome::Reclaim { account })
            }
            (Some(_) | None, _) => Err(Refusal::PolicyChanged),
        }
    }

    /// "Add to my account", with or without saying which.
    pub(super) fn add_to(
        &self,
        target: Option<AccountId>,
        matches: &[Found<'_>],
        trace: &mut Trace,
    ) -> Result<Outcome, Refusal> {
        if !self.policy.permits.link_on_login || !self.policy.permits.linkable() {
            return Err(Refusal::NotAllowed);
        }
        let shown = self.may_branch();
        if !(shown && self.policy.choices.offers.is_empty())
            && self.policy.choices.disclosure != Disclosure::Silent
        {
            self.offered(Offer::AddToExisting)?;
        }
        if let (Some(target), true) = (target, shown) {
            let (rule, candidate) =
                matches.iter().find(|(_, c)| c.account == target).ok_or(Refusal::AttemptStep)?;
            Target::from(*candidate).check(self.policy)?;
            if let Some(pair) = self.accepted(rule, candidate, Proof::None) {
                trace.rule("links-silently", &rule.id, None);
                return Ok(self.link(candidate.account, rule, pair));
            }
            return self.ask_proof(rule, candidate, trace);
        }
        if target.is_some() {
            return Err(Refusal::AttemptStep);
        }
        let unfinished = self.facts.pending.is_some()
            && self.can_match()
            && matches!(
                self.policy.choices.unverified_target,
                UnverifiedTarget::FinishSignup | UnverifiedTarget::Reclaim
            );
        // Several who have the claimed address: it is theirs that the code goes to. Of several who were found by anything
        // else the claimed mailbox learns nothing (rule 25).
        let several =
            matches.len() > 1 && matches.iter().all(|(rule, _)| rule.on_claimed_address());
        let to_claim = self.policy.choices.code_to == CodeRecipient::Claim
            || several
            || (matches.is_empty() && unfinished);
        if to_claim && self.facts.trust.is_some_and(|t| t < Trust::ProvenHere) {
            trace.say("confirm-first");
            return Ok(Outcome::Confirm);
        }
        match matches {
            [(rule, candidate)] if self.eligible(candidate) => {
                match self.accepted(rule, candidate, Proof::None) {
                    Some(pair) => {
                        trace.rule("links-silently", &rule.id, None);
                        Ok(self.link(candidate.account, rule, pair))
                    }
                    None => self.ask_proof(rule, candidate, trace),
                }
            }
            // Nobody, or nobody who may be linked to: the page tells nothing.
            _ => {
                trace.say("decoy");
                Ok(if self.code_would_do() {
                    Outcome::Challenge { target: None, by: By::Rule }
                } else {
                    Outcome::Bind { target: None }
                })
            }
        }
    }

    /// The page that somebody who is found would meet asks for a code.
    fn code_would_do(&self) -> bool {
        self.policy.choices.rules.iter().filter(|r| self.rule_state(r) == RuleState::Looked).any(
            |rule| {
                let trust = self.trust(rule);
                rule.accept
                    .iter()
                    .map(|p| self.policy.pair(*p, trust, false))
                    .any(|p| trust >= p.trust && p.proof <= Proof::Mailbox)
            },
        )
    }

    /// The cheapest proof that the rule accepts: a code if the account has a mailbox, else its credential. Before anything
    /// was proved the page is the one that nobody's account would have too.
    fn ask_proof(
        &self,
        rule: &Rule,
        candidate: &Candidate,
        trace: &mut Trace,
    ) -> Result<Outcome, Refusal> {
        trace.rule("needs-proof", &rule.id, None);
        // The mailbox was shown already, or there is nothing else to show: the page says what to do.
        if candidate.contested
            && self.may_branch()
            && (self.facts.trust == Some(Trust::ProvenHere)
                || self.policy.choices.bind_methods.is_empty())
        {
            trace.say("contested");
            return Err(Refusal::MailboxContested);
        }
        let by_code = if self.may_branch() {
            candidate.mailbox && self.accepts(rule, candidate, Proof::Mailbox).is_some()
        } else {
            self.code_would_do()
        };
        if by_code {
            trace.say("wants-code");
            return Ok(Outcome::Challenge { target: Some(candidate.account), by: By::Rule });
        }
        trace.say("wants-credential");
        Ok(Outcome::Bind { target: Some(candidate.account) })
    }

    /// The person named an account by its address or number and wants a code; without an owner the code is a decoy.
    pub(super) fn named(
        &self,
        target: Option<AccountId>,
        by: ProofMethod,
        trace: &mut Trace,
    ) -> Result<Outcome, Refusal> {
        self.offered(Offer::EnterAccount)?;
        if !self.policy.choices.bind_methods.contains(&by) {
            return Err(Refusal::NotAllowed);
        }
        // The same account may be there by other rules too: the one that it was named for counts (LK-25).
        let entered = |c: &&Candidate| {
            self.policy.choices.rules.iter().any(|r| {
                r.entered_by_user
                    && r.id == c.rule
                    && self.eligible(c)
                    && self.accepts(r, c, Proof::Mailbox).is_some()
            })
        };
        let asked = self
            .facts
            .candidates
            .iter()
            .filter(|c| target == Some(c.account) && visible(c))
            .find(entered);
        trace.say(if asked.is_some() { "wants-code" } else { "decoy" });
        Ok(Outcome::Challenge { target: asked.map(|c| c.account), by: By::Name })
    }

    /// A proof counts only if the decision, taken again on fresh facts, still asks for this account and this proof (I4).
    pub(super) fn proved(
        &self,
        target: AccountId,
        proof: Proof,
        by: By,
        trace: &mut Trace,
    ) -> Result<Outcome, Refusal> {
        if !self.policy.permits.link_on_login {
            return Err(Refusal::PolicyChanged);
        }
        still_proved(self.facts.proof_gone, trace)?;
        let mut refusal = Refusal::PolicyChanged;
        for candidate in self.facts.candidates.iter().filter(|c| c.account == target) {
            let Some(rule) = self
                .policy
                .choices
                .rules
                .iter()
                .find(|r| r.id == candidate.rule && r.entered_by_user == (by == By::Name))
            else {
                continue;
            };
            // I12: an administrator is never found by a rule; by their own credential they may still bind.
            let own_credential = rule.entered_by_user && proof >= Proof::Credential;
            if candidate.state != AccountState::Active
                || (candidate.administrator && !own_credential)
            {
                refusal = if candidate.state == AccountState::Disabled {
                    Refusal::AccountDisabled
                } else {
                    refusal
                };
                continue;
            }
            if !rule.entered_by_user && !candidate.verified {
                continue;
            }
            if let Err(why) = Target::from(candidate).check(self.policy) {
                trace.with("not-eligible", why.code());
                refusal = why;
                continue;
            }
            // Its second factor is asked for before the link in every case; with it the credential is worth both.
            let both = proof == Proof::Credential && candidate.second_factor;
            let proof = if both { Proof::CredentialMfa } else { proof };
            if let Some(pair) = self.accepted(rule, candidate, proof) {
                trace.rule("proved", &rule.id, None);
                return Ok(self.link(target, rule, pair));
            }
            if candidate.contested && self.accepts(rule, candidate, proof).is_some() {
                trace.say("contested");
                refusal = Refusal::MailboxContested;
            }
        }
        Err(refusal)
    }

    fn link(&self, account: AccountId, rule: &Rule, (trust, proof): (Trust, Proof)) -> Outcome {
        Outcome::Link {
            account,
            basis: Basis { rule: rule.id.clone(), trust, proof },
            notify: self.policy.notifies(MailEvent::LoginLink),
        }
    }

    /// Trust in what a rule compares: the claimed address has the provider's word, everything else is an assertion.
    fn trust(&self, rule: &Rule) -> Trust {
        let word = self.facts.trust.unwrap_or(Trust::Asserted);
        if rule.entered_by_user || rule.on_claimed_address() { word } else { Trust::Asserted }
    }

    /// The pair that this proof satisfies. A mailbox that is contested proves nothing, asked or not (I13).
    fn accepted(&self, rule: &Rule, candidate: &Candidate, proof: Proof) -> Option<(Trust, Proof)> {
        if candidate.contested && proof < Proof::Credential {
            None
        } else {
            self.accepts(rule, candidate, proof)
        }
    }

    /// The pair that the rule takes for it, after I11 and the floors. An identity that the account once released needs a
    /// proof; a code from the account's own mailbox, typed on the way here, is one (NE-19).
    fn accepts(&self, rule: &Rule, candidate: &Candidate, proof: Proof) -> Option<(Trust, Proof)> {
        let trust = self.trust(rule);
        let owned = candidate.owner && candidate.verified && rule.on_claimed_address();
        let shown = proof > Proof::None || owned && trust == Trust::ProvenHere;
        if candidate.released && !shown {
            return None;
        }
        rule.accept
            .iter()
            .map(|p| self.policy.pair(*p, trust, owned))
            .any(|p| trust >= p.trust && proof >= p.proof)
            .then_some((trust, proof))
    }

    fn eligible(&self, c: &Candidate) -> bool {
        Target::from(c).check(self.policy).is_ok()
    }

    /// The policy's offers that make sense here, in the policy's order.
    fn offers(&self, addable: bool) -> Vec<Offer> {
        self.policy
            .choices
            .offers
            .iter()
            .copied()
            .filter(|offer| {
                self.offered(*offer).is_ok() && (addable || *offer != Offer::AddToExisting)
            })
            .collect()
    }

    pub(super) fn offered(&self, offer: Offer) -> Result<(), Refusal> {
        let permits = &self.policy.permits;
        let named = self.policy.choices.rules.iter().any(|r| r.entered_by_user);
        let allowed = match offer {
            Offer::UseExisting => true,
            Offer::AddToExisting => permits.link_on_login && permits.linkable(),
            Offer::EnterAccount => permits.link_on_login && permits.linkable() && named,
            Offer::CreateNew if !permits.create => return Err(Refusal::CreationClosed),
            Offer::CreateNew => permits.choose_new,
        };
        if allowed && self.policy.choices.offers.contains(&offer) {
            Ok(())
        } else {
            Err(Refusal::NotAllowed)
        }
    }
}

fn choose(
    offers: Vec<Offer>,
    shown: Vec<CandidateView>,
    disclosure: Disclosure,
) -> Result<Outcome, Refusal> {
    if offers.is_empty() {
        Err(Refusal::NoAccount)
    } else {
        Ok(Outcome::Choose(Choice { offers, shown, disclosure }))
    }
}
