//! What people and administrators do, one thing at a time, and which of it comes next.
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

use super::{
    session_acts::{Identity, SessionAct, Way},
    world::{Mail, Person, World},
};

#[derive(Debug, Clone)]
pub(super) enum Step {
    SignUp {
        address: usize,
        finish: bool,
    },
    SignIn {
        identity: Identity,
        address: Option<usize>,
        verified: bool,
        way: Way,
    },
    Add {
        account: usize,
        identity: Identity,
        address: Option<usize>,
    },
    Unlink {
        account: usize,
        method: usize,
    },
    Switch {
        account: usize,
    },
    /// The process dies somewhere in the middle of an `Add` and starts anew; the person tries again.
    Crash {
        account: usize,
        identity: Identity,
        address: Option<usize>,
        after: u16,
    },
    Pass {
        hours: i64,
    },
    /// An intruder does this one after another; then the owner takes back everything from the first of it on, with a
    /// credential from before (rule 18).
    Intrude {
        account: usize,
        acts: Vec<SessionAct>,
    },
    /// A page of a session is open, the session ends, and the page is sent (I14).
    Late {
        account: usize,
        act: SessionAct,
    },
    /// Somebody with the provider role moves where a provider is asked, or says that its flag counts (rules 15 and 16).
    Delegate {
        provider: usize,
        believe: bool,
    },
}

impl ReferenceStateMachine for World {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Step> {
        let identity = || (0_usize..2, 0_usize..4);
        let address = || prop_oneof![1 => Just(None), 4 => (0_usize..3).prop_map(Some)];
        let way = prop_oneof![3 => Just(Way::Create), 1 => Just(Way::UseExisting), 5 => Just(Way::AddRight), 2 => Just(Way::AddWrong), 1 => Just(Way::AddLate), 1 => Just(Way::Cancel)];
        let sign_up = (0_usize..3, any::<bool>())
            .prop_map(|(address, finish)| Step::SignUp { address, finish });
        let sign_in = (identity(), address(), any::<bool>(), way).prop_map(
            |(identity, address, verified, way)| Step::SignIn { identity, address, verified, way },
        );
        let pass = prop_oneof![Just(1_i64), Just(30), Just(80), Just(340)]
            .prop_map(|hours| Step::Pass { hours });
        if state.people.is_empty() {
            return prop_oneof![sign_up, sign_in].boxed();
        }
        let account = 0..state.people.len();
        let add = (account.clone(), identity(), address())
            .prop_map(|(account, identity, address)| Step::Add { account, identity, address });
        let crash = (account.clone(), identity(), address(), 0_u16..1500).prop_map(
            |(account, identity, address, after)| Step::Crash { account, identity, address, after },
        );
        let unlink = (account.clone(), 0_usize..4)
            .prop_map(|(account, method)| Step::Unlink { account, method });
        let switch = account.clone().prop_map(|account| Step::Switch { account });
        let act = || prop_oneof![3 => identity().prop_map(SessionAct::Add), 3 => (0_usize..4).prop_map(SessionAct::Unlink), 1 => Just(SessionAct::Password)];
        let intrude = (account.clone(), prop::collection::vec(act(), 1..5))
            .prop_map(|(account, acts)| Step::Intrude { account, acts });
        let late = (account, act()).prop_map(|(account, act)| Step::Late { account, act });
        let delegate = (0_usize..2, any::<bool>()).prop_map(|(provider, believe)| Step::Delegate {
            provider,
            believe: believe && provider != 0,
        });
        prop_oneof![2 => sign_up, 8 => sign_in, 2 => add, 4 => unlink, 2 => switch, 1 => pass, 1 => crash, 2 => intrude, 1 => late, 1 => delegate].boxed()
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        match step {
            Step::SignUp { address, finish } => {
                if !state.taken(*address, None) {
                    if *finish {
                        state.pending.retain(|p| p.0 != *address);
                        let mail = Mail {
                            address: *address,
                            proved: true,
                            owner: true,
                            primary: true,
                            former: None,
                        };
                        state.people.push(Person {
                            password: true,
                            mails: vec![mail],
                            ..Person::default()
                        });
                    } else {
                        state.pending.push((*address, state.hours));
                    }
                }
            }
            Step::SignIn { identity, address, verified, way } => {
                state.sign_in(*identity, *address, *verified, *way)
            }
            Step::Add { account, identity, .. } | Step::Crash { account, identity, .. } => {
                state.act(*account, SessionAct::Add(*identity))
            }
            Step::Unlink { account, method } => state.act(*account, SessionAct::Unlink(*method)),
            Step::Intrude { account, acts } => {
                if !state.people[*account].disabled {
                    state.intrude(*account, acts);
                }
            }
            // Whose session is over does nothing, and a delegate does not say who people are.
            Step::Late { .. } | Step::Delegate { .. } => {}
            Step::Switch { account } => {
                state.people[*account].disabled = !state.people[*account].disabled
            }
            Step::Pass { hours } => {
                state.hours += hours;
                let now = state.hours;
                state.pending.retain(|p| now - p.1 < 24);
            }
        }
        state
    }

    fn preconditions(state: &Self, step: &Step) -> bool {
        match step {
            Step::Add { account, identity, address }
            | Step::Crash { account, identity, address, .. } => {
                *account < state.people.len() && !state.contests(*identity, *address)
            }
            Step::Unlink { account, .. }
            | Step::Switch { account }
            | Step::Intrude { account, .. }
            | Step::Late { account, .. } => *account < state.people.len(),
            Step::SignIn { identity, address, .. } => !state.contests(*identity, *address),
            Step::SignUp { .. } | Step::Pass { .. } | Step::Delegate { .. } => true,
        }
    }
}
