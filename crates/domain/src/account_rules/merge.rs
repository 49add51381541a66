//! Two accounts of one person become one.
use serde::Serialize;

use crate::{
    AccountId, Policy, Refusal,
    account_rules::{reauthenticated, still_proved, usable},
    decision::{Named, Ruling},
    linking::facts::{AccountState, Known},
    policy::Merge as MergePolicy,
};

/// The account that stays, and what of both matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Merge {
    pub account: AccountId,
    pub state: AccountState,
    /// Who asks: somebody who showed both accounts, or an administrator.
    pub by: MergeBy,
    /// The session's last authentication is recent enough (MA-09).
    pub reauthenticated: bool,
    /// Why one of the other account's methods may not become one of this account's, as [`crate::linking::fits`] answers
    /// under that method's own policy (MG-01); `None`: all may.
    pub misfit: Option<Refusal>,
    /// One of them has an administrative role: power is never gained by merging (I12).
    pub administrator: bool,
    /// The account that stays has a second factor.
    pub second_factor: bool,
    /// The account that becomes part of it.
    pub other: Known,
    /// The account whose second factor was shown for this.
    pub factor_shown: Option<AccountId>,
    /// What showed the other account to be the person's is no longer that account's (MG-02).
    pub proof_gone: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeBy {
    BothProofs,
    Admin,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeOutcome {
    /// The other account becomes part of this one.
    Merge,
    /// First the other account's second factor is shown (LK-15).
    SecondFactor { account: AccountId },
}

impl Named for MergeOutcome {
    fn name(&self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::SecondFactor { .. } => "second_factor",
        }
    }
}

/// One person's two accounts: each shown, or an administrator's word, as the policy says. Flags, isolation and limits
/// hold as for every link (MG-01), and roles are gained by nobody.
#[must_use]
pub fn merge(merge: Merge, policy: &Policy) -> Ruling<MergeOutcome> {
    Ruling::of(policy, |trace| {
        trace.say("merges");
        let other = merge.other;
        if other.account == merge.account {
            return Err(Refusal::SameAccount);
        }
        usable(merge.state)?;
        usable(other.state)?;
        let allowed = match merge.by {
            MergeBy::BothProofs => {
                policy.choices.merge == MergePolicy::BothProofs && policy.permits.account_management
            }
            MergeBy::Admin => policy.choices.merge == MergePolicy::Admin,
        };
        if !allowed || merge.administrator {
            return Err(Refusal::MergeOff);
        }
        if let Some(refusal) = merge.misfit {
            return Err(refusal);
        }
        if merge.by == MergeBy::BothProofs {
            still_proved(merge.proof_gone, trace)?;
        }
        // What a second factor protects never ends up with less.
        if other.second_factor && !merge.second_factor {
            return Err(Refusal::MergeFactor);
        }
        reauthenticated(merge.reauthenticated, trace)?;
        if merge.by == MergeBy::BothProofs && other.second_factor {
            if merge.factor_shown != Some(other.account) {
                trace.say("wants-second-factor");
                return Ok(MergeOutcome::SecondFactor { account: other.account });
            }
            trace.say("second-factor-shown");
        }
        Ok(MergeOutcome::Merge)
    })
}
