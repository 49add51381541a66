//! The one function that decides. Every path asks it: sign-in, My Account, the console, simulation.
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, Refusal,
    facts::{AccountState, Act, AddTo, Candidate, Facts, Intent, Known},
    policy::{Disclosure, Many, MatchField, NoMatch, Notify, Offer, One, Policy, Requires, Rule},
    trust::{Proof, Trust},
};

/// What happens, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub outcome: Outcome,
    /// The steps that led here, in order: stable codes for the trace.
    pub reasons: Vec<String>,
    /// The policy version that was used.
    pub policy_version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Sign in to the account that the method belongs to.
    SignIn {
        account: AccountId,
    },
    /// Open a new account and link the identity to it.
    Create,
    /// Attach the identity to the account.
    Link {
        account: AccountId,
        basis: Basis,
        notify: bool,
    },
    /// The signed-in account has the identity already (MA-06).
    AlreadyLinked,
    /// Ask the person.
    Choose(Choice),
    /// Ask for a code from the account's mailbox; `None` is a decoy that nothing answers.
    Challenge {
        target: Option<AccountId>,
    },
    /// Ask for the credential of the account that the person names; `None`: they say which.
    Bind {
        target: Option<AccountId>,
    },
    /// Drop the new identity and sign in by a method that exists (GO-14).
    Abandon,
    /// Remove the method.
    Remove {
        notify: bool,
    },
    Refuse {
        refusal: Refusal,
    },
}

/// Why a link is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    pub rule: String,
    pub trust: Trust,
    pub proof: Proof,
}

/// What the chooser shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub offers: Vec<Offer>,
    /// Accounts that the page may show; empty when nothing may be revealed.
    pub shown: Vec<Shown>,
    pub disclosure: Disclosure,
}

/// An account on the chooser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub account: AccountId,
    /// "Add to this account" may be offered (GO-56).
    pub addable: bool,
}

/// Decides. Total and pure: the same facts and policy give the same decision.
#[must_use]
pub fn decide(facts: &Facts, policy: &Policy) -> Decision {
    let mut trace = Trace::default();
    let outcome = Deciding { facts, policy }.run(&mut trace).unwrap_or_else(|refusal| Outcome::Refuse { refusal });
    if let Outcome::Refuse { refusal } = &outcome {
        trace.say(format!("refused: {}", refusal.code()));
    }
    Decision { outcome, reasons: trace.0, policy_version: policy.version }
}

#[derive(Default)]
struct Trace(Vec<String>);

impl Trace {
    fn say(&mut self, reason: impl Into<String>) {
        self.0.push(reason.into());
    }
}

struct Deciding<'a> {
    facts: &'a Facts,
    policy: &'a Policy,
}

impl Deciding<'_> {
    fn run(&self, trace: &mut Trace) -> Result<Outcome, Refusal> {
        if let Intent::Remove(remove) = self.facts.intent {
            return self.remove(remove.usable_left, trace);
        }
        self.gates(trace)?;
        match (self.facts.intent, self.facts.known) {
            (Intent::SignIn, Some(known)) => self.known(known, trace),
            (Intent::Add(add), known) => self.add(add, known, trace),
            (Intent::SignIn, None) => self.unknown(trace),
            (Intent::Remove(remove), _) => self.remove(remove.usable_left, trace),
        }
    }

    fn gates(&self, trace: &mut Trace) -> Result<(), Refusal> {
        if self.facts.provider.is_some_and(|p| !p.enabled) {
            return Err(Refusal::ProviderDisabled);
        }
        if self.facts.intent == Intent::SignIn && !self.policy.permits.sign_in {
            return Err(Refusal::LinkOnly);
        }
        trace.say("gates: open");
        Ok(())
    }

    /// I1: a known identity opens its own account and no other.
    fn known(&self, known: Known, trace: &mut Trace) -> Result<Outcome, Refusal> {
        trace.say("known identity");
        usable(known.state)?;
        Ok(Outcome::SignIn { account: known.account })
    }

    fn remove(&self, usable_left: u32, trace: &mut Trace) -> Result<Outcome, Refusal> {
        if !self.policy.permits.account_management || !self.policy.permits.unlink {
            return Err(Refusal::ManagementOff);
        }
        trace.say(format!("usable methods left: {usable_left}"));
        if usable_left == 0 {
            return Err(Refusal::LastMethod);
        }
        Ok(Outcome::Remove { notify: self.policy.choices.mail.unlink == Notify::Notify })
    }

    fn add(&self, add: AddTo, known: Option<Known>, trace: &mut Trace) -> Result<Outcome, Refusal> {
        let permits = &self.policy.permits;
        usable(add.state)?;
        if !permits.account_management {
            return Err(Refusal::ManagementOff);
        }
        if let Some(known) = known {
            trace.say("the identity is linked already");
            return if known.account == add.account { Ok(Outcome::AlreadyLinked) } else { Err(Refusal::AlreadyInUse) };
        }
        if !permits.link_in_account || !permits.as_source || !self.target_allowed(add.methods, add.target_methods) {
            return Err(Refusal::NotAllowed);
        }
        if add.of_this_provider >= self.policy.floors.max_per_provider {
            return Err(Refusal::TooMany);
        }
        trace.say("added by the account's own session");
        let trust = self.facts.trust.unwrap_or(Trust::Asserted);
        Ok(Outcome::Link { account: add.account, basis: Basis { rule: "my_account".into(), trust, proof: Proof::Credential }, notify: self.policy.choices.mail.account_link == Notify::Notify })
    }

    fn unknown(&self, trace: &mut Trace) -> Result<Outcome, Refusal> {
        trace.say("unknown identity");
        if self.policy.choices.login_only {
            return Err(Refusal::LoginOnly);
        }
        let matches = self.matches(trace);
        match self.facts.act {
            Act::CreateNew => self.create(trace),
            Act::UseExisting => self.offered(Offer::UseExisting).map(|()| Outcome::Abandon),
            Act::EnterAccount => self.offered(Offer::EnterAccount).map(|()| Outcome::Bind { target: None }),
            Act::AddTo(target) => self.add_to(target, &matches, trace),
            Act::Proved(target, proof) => self.proved(target, proof, trace),
            Act::Arrived => self.arrived(&matches, trace),
        }
    }

    fn create(&self, trace: &mut Trace) -> Result<Outcome, Refusal> {
        if !self.policy.permits.create {
            return Err(Refusal::CreationClosed);
        }
        trace.say("a new account");
        Ok(Outcome::Create)
    }

    /// The first rule that finds anybody, and those that it finds (policy evaluation, steps 5 to 7).
    fn matches(&self, trace: &mut Trace) -> Vec<(&Rule, &Candidate)> {
        if !self.policy.permits.link_on_login {
            trace.say("linking at sign-in is off");
            return Vec::new();
        }
        for rule in self.policy.choices.rules.iter().filter(|r| r.account != MatchField::EnteredByUser) {
            let found: Vec<_> = self.facts.candidates.iter().filter(|c| c.rule == rule.id && visible(c)).map(|c| (rule, c)).collect();
            trace.say(format!("rule {}: {} found", rule.id, found.len()));
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// Accounts that any rule finds, for a silent link: two different ones are "several".
    fn accounts_found(&self) -> usize {
        let mut all: Vec<_> = self.facts.candidates.iter().filter(|c| visible(c)).map(|c| c.account).collect();
        all.sort_unstable();
        all.dedup();
        all.len()
    }

    fn arrived(&self, matches: &[(&Rule, &Candidate)], trace: &mut Trace) -> Result<Outcome, Refusal> {
        if let [(rule, candidate)] = matches
            && rule.one == One::Link
            && self.accounts_found() == 1
            && self.eligible(candidate)
            && let Some(pair) = self.accepted(rule, candidate, Proof::None)
        {
            trace.say(format!("rule {}: links without a question", rule.id));
            return Ok(self.link(candidate.account, rule, pair));
        }
        let disclosure = self.disclosure();
        trace.say(format!("disclosure: {disclosure:?}"));
        match disclosure {
            Disclosure::AfterProof => self.generic(trace),
            Disclosure::Masked | Disclosure::Open => self.specific(matches, disclosure, trace),
        }
    }

    /// A page that may branch only for claims that the provider verified (LK-21, PH-07).
    fn disclosure(&self) -> Disclosure {
        if self.facts.trust.is_some_and(|t| t >= Trust::ClaimedVerified) { self.policy.choices.disclosure } else { Disclosure::AfterProof }
    }

    /// The same page whether or not somebody matches: it depends on policy and claim only.
    fn generic(&self, trace: &mut Trace) -> Result<Outcome, Refusal> {
        let can_match = self.facts.trust.is_some() && self.policy.permits.link_on_login;
        let offers = self.offers(can_match && self.policy.permits.as_source);
        let creates_anyway = !can_match && self.policy.choices.none == NoMatch::Create;
        if creates_anyway || offers == [Offer::CreateNew] {
            return self.create(trace);
        }
        if !can_match && self.policy.choices.none == NoMatch::Refuse {
            return Err(Refusal::NoAccount);
        }
        choose(offers, Vec::new(), Disclosure::AfterProof)
    }

    fn specific(&self, matches: &[(&Rule, &Candidate)], disclosure: Disclosure, trace: &mut Trace) -> Result<Outcome, Refusal> {
        let Some((rule, _)) = matches.first() else {
            return match self.policy.choices.none {
                NoMatch::Create => self.create(trace),
                NoMatch::Refuse => Err(Refusal::NoAccount),
                NoMatch::Offer => choose(self.offers(false), Vec::new(), disclosure),
            };
        };
        if matches.len() > 1 && rule.many == Many::Refuse {
            return Err(Refusal::Several);
        }
        let shown: Vec<_> = matches.iter().map(|(_, c)| Shown { account: c.account, addable: self.eligible(c) }).collect();
        let addable = shown.iter().any(|s| s.addable);
        choose(self.offers(addable), shown, disclosure)
    }

    fn add_to(&self, target: Option<AccountId>, matches: &[(&Rule, &Candidate)], trace: &mut Trace) -> Result<Outcome, Refusal> {
        self.offered(Offer::AddToExisting)?;
        let shown = self.disclosure() != Disclosure::AfterProof;
        let picked = match (target, matches) {
            (Some(target), _) if shown => matches.iter().find(|(_, c)| c.account == target).ok_or(Refusal::AttemptStep)?,
            (None, [only]) => only,
            // Nobody, or several that may not be shown: a decoy, so that the page tells nothing.
            _ => {
                trace.say("nobody to ask: decoy");
                return Ok(Outcome::Challenge { target: None });
            }
        };
        let (rule, candidate) = picked;
        if !self.eligible(candidate) {
            trace.say("the account may not be linked to");
            return if shown { Err(Refusal::NotAllowed) } else { Ok(Outcome::Challenge { target: None }) };
        }
        if let Some(pair) = self.accepted(rule, candidate, Proof::None) {
            trace.say(format!("rule {}: no further proof asked", rule.id));
            return Ok(self.link(candidate.account, rule, pair));
        }
        trace.say(format!("rule {}: asks for proof of control", rule.id));
        let by_mailbox = self.accepted(rule, candidate, Proof::Mailbox).is_some();
        Ok(if by_mailbox { Outcome::Challenge { target: Some(candidate.account) } } else { Outcome::Bind { target: Some(candidate.account) } })
    }

    /// A proof counts only if the decision, taken again on fresh facts, still asks for this account and this proof (I4).
    fn proved(&self, target: AccountId, proof: Proof, trace: &mut Trace) -> Result<Outcome, Refusal> {
        if !self.policy.permits.link_on_login {
            return Err(Refusal::PolicyChanged);
        }
        let candidate = self.facts.candidates.iter().filter(|c| c.account == target);
        let mut refusal = Refusal::PolicyChanged;
        for (candidate, rule) in candidate.filter_map(|c| self.policy.choices.rules.iter().find(|r| r.id == c.rule).map(|r| (c, r))) {
            let named = rule.account == MatchField::EnteredByUser;
            if candidate.administrator && !named || candidate.state != AccountState::Active {
                refusal = if candidate.state == AccountState::Disabled { Refusal::AccountDisabled } else { refusal };
                continue;
            }
            if !self.eligible(candidate) {
                refusal = if candidate.barred { Refusal::Barred } else { Refusal::NotAllowed };
                continue;
            }
            if let Some(pair) = self.accepted(rule, candidate, proof) {
                trace.say(format!("rule {}: proof {:?} shown", rule.id, proof));
                return Ok(self.link(target, rule, pair));
            }
        }
        Err(refusal)
    }

    fn link(&self, account: AccountId, rule: &Rule, (trust, proof): (Trust, Proof)) -> Outcome {
        Outcome::Link { account, basis: Basis { rule: rule.id.clone(), trust, proof }, notify: self.policy.choices.mail.login_link == Notify::Notify }
    }

    /// The pair that this proof satisfies, after I11 and the floors.
    fn accepted(&self, rule: &Rule, candidate: &Candidate, proof: Proof) -> Option<(Trust, Proof)> {
        let trust = self.facts.trust.unwrap_or(Trust::Asserted);
        let owned = candidate.owner && candidate.verified;
        rule.accept.iter().map(|p| self.policy.pair(*p, owned)).any(|p| trust >= p.trust && proof >= p.proof).then_some((trust, proof))
    }

    fn eligible(&self, c: &Candidate) -> bool {
        self.policy.permits.as_source && self.target_allowed(c.methods, c.target_methods) && c.of_this_provider < self.policy.floors.max_per_provider && !c.barred
    }

    fn target_allowed(&self, methods: u32, target_methods: u32) -> bool {
        match self.policy.choices.target_requires {
            Requires::All => methods == target_methods,
            Requires::Any => target_methods > 0,
        }
    }

    /// The policy's offers that make sense here, in the policy's order.
    fn offers(&self, addable: bool) -> Vec<Offer> {
        self.policy.choices.offers.iter().copied().filter(|offer| self.offered(*offer).is_ok() && (addable || *offer != Offer::AddToExisting)).collect()
    }

    fn offered(&self, offer: Offer) -> Result<(), Refusal> {
        let permits = &self.policy.permits;
        let allowed = match offer {
            Offer::UseExisting => true,
            Offer::AddToExisting | Offer::EnterAccount => permits.link_on_login && permits.as_source,
            Offer::CreateNew => permits.create && permits.choose_new,
        };
        if allowed && self.policy.choices.offers.contains(&offer) { Ok(()) } else { Err(Refusal::NotAllowed) }
    }
}

fn choose(offers: Vec<Offer>, shown: Vec<Shown>, disclosure: Disclosure) -> Result<Outcome, Refusal> {
    if offers.is_empty() { Err(Refusal::NoAccount) } else { Ok(Outcome::Choose(Choice { offers, shown, disclosure })) }
}

/// A candidate that a rule may find: active, its address proved (NE-05), no administrator (I12).
fn visible(c: &Candidate) -> bool {
    c.state == AccountState::Active && c.verified && !c.administrator
}

fn usable(state: AccountState) -> Result<(), Refusal> {
    match state {
        AccountState::Active => Ok(()),
        AccountState::Pending => Err(Refusal::AccountPending),
        AccountState::Disabled => Err(Refusal::AccountDisabled),
        AccountState::Closing => Err(Refusal::AccountClosing),
    }
}
