//! Whether a provider does its work: a circuit breaker, fed by what came of our own requests to it (OP-04). Nothing that a
//! browser brings counts by itself, so nobody opens it for others by made-up answers.
use crate::{MINUTE, Micros, SECOND};

/// Faults in a row that make a provider unavailable.
pub const FAULTS: u32 = 3;
/// A run of faults is over when so much time passes between two of them.
pub const WINDOW: Micros = 2 * MINUTE;
/// For so long an unavailable provider is not asked.
pub const COOL_DOWN: Micros = 30 * SECOND;
/// A trial whose end nobody tells counts for no longer.
pub const TRIAL: Micros = 10 * SECOND;
/// Waits of which the median is told.
const WAITS: usize = 20;

/// What came of asking a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It did what it is for.
    Worked,
    /// It said no in its own words, or its answer failed a check of ours: it is there, and the fault may be a person's.
    Answered,
    /// It did not do its work, for this reason, told to administrators.
    Faulty(String),
    /// It was not asked: what was needed was here, or the failure of somebody else's request was told again.
    Nothing,
}

/// A change that is worth an audit event: one for the provider, not one for each person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Opened,
    Closed,
}

/// How a provider stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Available,
    /// Nobody waits for it until then.
    Unavailable {
        until: Micros,
    },
    /// The next one who asks tries whether it is back.
    OnTrial,
}

/// What is known of a provider in this process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Faults since it last worked.
    pub faults: u32,
    pub last_success: Option<Micros>,
    /// The last fault and its reason.
    pub last_fault: Option<(Micros, String)>,
    /// Requests, and faults among them, since the process began.
    pub requests: u64,
    pub failures: u64,
    /// When a run of faults made it unavailable; it is until something works.
    opened: Option<Micros>,
    /// Not asked before this moment, while it is unavailable.
    closed_until: Micros,
    /// A trial runs, and blocks others until then at most.
    trial_until: Option<Micros>,
    waits: Vec<Micros>,
}

impl Health {
    /// How it stands.
    #[must_use]
    pub fn standing(&self, now: Micros) -> Standing {
        match self.opened {
            None => Standing::Available,
            // A clock that went back keeps nobody out for longer than a cool-down.
            Some(_) if now < self.closed_until && self.closed_until - now <= COOL_DOWN => {
                Standing::Unavailable { until: self.closed_until }
            }
            Some(_) => Standing::OnTrial,
        }
    }

    /// Since when it is unavailable, if it is.
    #[must_use]
    pub fn unavailable_since(&self) -> Option<Micros> {
        self.opened
    }

    /// Whether somebody may ask it now. While it is on trial one may at a time, and whoever may tells the end by [`Health::ended`].
    #[must_use]
    pub fn may_ask(&mut self, now: Micros) -> bool {
        match self.standing(now) {
            Standing::Available => true,
            Standing::Unavailable { .. } => false,
            Standing::OnTrial => {
                let runs =
                    self.trial_until.is_some_and(|until| now < until && until - now <= TRIAL);
                if !runs {
                    self.trial_until = Some(now.saturating_add(TRIAL));
                }
                !runs
            }
        }
    }

    /// What came of asking it, and how long that took.
    pub fn ended(&mut self, now: Micros, asked: Asked, waited: Micros) -> Option<Change> {
        // Who asked before it was unavailable and ends now is no trial.
        let on_trial = self.standing(now) == Standing::OnTrial;
        if on_trial {
            self.trial_until = None;
        }
        if asked != Asked::Nothing {
            self.requests = self.requests.saturating_add(1);
            self.waits.push(waited.max(0));
            if self.waits.len() > WAITS {
                self.waits.remove(0);
            }
        }
        match asked {
            Asked::Nothing => None,
            Asked::Worked => {
                self.faults = 0;
                self.last_success = Some(now);
                self.opened.take().map(|_| Change::Closed)
            }
            // It is back, but the run of faults of another part of it goes on.
            Asked::Answered if on_trial => self.opened.take().map(|_| {
                self.faults = 0;
                Change::Closed
            }),
            Asked::Answered => None,
            Asked::Faulty(why) => self.fault(now, why, on_trial),
        }
    }

    fn fault(&mut self, now: Micros, why: String, on_trial: bool) -> Option<Change> {
        self.failures = self.failures.saturating_add(1);
        let runs =
            self.last_fault.as_ref().is_some_and(|(at, _)| now.saturating_sub(*at) <= WINDOW);
        self.faults = if runs || self.opened.is_some() { self.faults.saturating_add(1) } else { 1 };
        self.last_fault = Some((now, why));
        if self.opened.is_some() {
            if on_trial {
                self.closed_until = now.saturating_add(COOL_DOWN);
            }
            return None;
        }
        (self.faults >= FAULTS).then(|| {
            self.opened = Some(now);
            self.closed_until = now.saturating_add(COOL_DOWN);
            self.trial_until = None;
            Change::Opened
        })
    }

    /// The median of the last waits.
    #[must_use]
    pub fn median_wait(&self) -> Option<Micros> {
        let mut waits = self.waits.clone();
        waits.sort_unstable();
        waits.get(waits.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(health: &mut Health, now: Micros) -> Option<Change> {
        health.ended(now, Asked::Faulty("no answer".into()), 5 * SECOND)
    }

    /// Unavailable since moment 2.
    fn open() -> Health {
        let mut health = Health::default();
        assert_eq!((fault(&mut health, 0), fault(&mut health, 1)), (None, None));
        assert!(health.may_ask(2), "two faults are none yet");
        assert_eq!(fault(&mut health, 2), Some(Change::Opened));
        health
    }

    /// Shows OP-04.
    #[test]
    fn op_04_after_three_faults_in_a_row_nobody_asks_until_the_cool_down_is_over() {
        let mut health = open();
        assert_eq!(health.standing(3), Standing::Unavailable { until: 2 + COOL_DOWN });
        assert!(!health.may_ask(3) && !health.may_ask(1 + COOL_DOWN));
        assert_eq!(fault(&mut health, 3), None, "told once");
        assert_eq!(health.standing(2 + COOL_DOWN), Standing::OnTrial, "and not prolonged by it");
        assert_eq!((health.faults, health.unavailable_since()), (4, Some(2)));
        // A refusal to somebody who asked before is no sign that it is back; something that worked is.
        let mut health = open();
        assert_eq!(health.ended(3, Asked::Answered, 1), None);
        assert!(!health.may_ask(4));
        assert_eq!(health.ended(5, Asked::Worked, 1), Some(Change::Closed));
        assert!(health.may_ask(6));
    }

    /// Shows OP-04.
    #[test]
    fn op_04_one_trial_at_a_time_closes_it_or_begins_the_cool_down_anew() {
        let mut health = open();
        let later = 2 + COOL_DOWN;
        assert!(health.may_ask(later) && !health.may_ask(later + 1), "one at a time");
        assert_eq!(fault(&mut health, later + 2), None);
        assert!(!health.may_ask(later + 3), "the cool-down begins anew");
        let again = later + 2 + COOL_DOWN;
        assert!(health.may_ask(again));
        assert_eq!(health.ended(again + 1, Asked::Worked, 1), Some(Change::Closed));
        assert_eq!((health.standing(again + 1), health.faults), (Standing::Available, 0));
        // A trial that nobody ends blocks for ten seconds.
        let mut lost = open();
        assert!(lost.may_ask(later) && !lost.may_ask(later + TRIAL - 1));
        assert!(lost.may_ask(later + TRIAL));
        // One that needed no request leaves the place to the next.
        let mut other = open();
        assert!(other.may_ask(later));
        assert_eq!(other.ended(later, Asked::Nothing, 0), None);
        assert!(other.may_ask(later) && other.unavailable_since().is_some());
    }

    /// Shows OP-04: what a person can bring about opens nothing, and hides no fault.
    #[test]
    fn op_04_refused_codes_neither_open_it_nor_end_a_run_of_faults() {
        let mut health = Health::default();
        for now in 0..100 {
            assert_eq!(health.ended(now, Asked::Answered, 1), None);
        }
        assert_eq!((health.standing(100), health.faults), (Standing::Available, 0));
        fault(&mut health, 101);
        fault(&mut health, 102);
        health.ended(103, Asked::Answered, 1);
        assert_eq!(fault(&mut health, 104), Some(Change::Opened));
        // On trial an answer of any kind shows that it is back.
        let later = 104 + COOL_DOWN;
        assert!(health.may_ask(later));
        assert_eq!(health.ended(later, Asked::Answered, 1), Some(Change::Closed));
    }

    #[test]
    fn faults_with_a_success_or_much_time_between_them_are_no_run() {
        let mut health = Health::default();
        fault(&mut health, 0);
        fault(&mut health, 1);
        assert_eq!(health.ended(2, Asked::Worked, 1), None);
        assert_eq!((fault(&mut health, 3), fault(&mut health, 4)), (None, None));
        assert_eq!(fault(&mut health, 5 + WINDOW), None);
        assert_eq!(health.faults, 1);
    }

    #[test]
    fn a_clock_that_goes_back_keeps_nobody_out() {
        let mut health = open();
        assert_eq!(health.standing(-COOL_DOWN), Standing::OnTrial);
        assert!(health.may_ask(-COOL_DOWN));
    }

    #[test]
    fn the_median_is_of_the_last_waits() {
        let mut health = Health::default();
        assert_eq!(health.median_wait(), None);
        for wait in [900, 1, 2, 3, 4] {
            health.ended(0, Asked::Worked, wait);
        }
        assert_eq!(health.median_wait(), Some(3));
        for _ in 0..30 {
            health.ended(0, Asked::Worked, 7);
        }
        assert_eq!((health.median_wait(), health.requests), (Some(7), 35));
    }
}
