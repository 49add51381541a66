//! RB-17: random sequences of what people and administrators do, against a naive model of what should be there after
//! each step. The model knows nothing of the code: it is a list of accounts and the rules of the recommended policy in
//! plain words. After each step the database must say the same, and D1 to D8 must hold.
//!
//! 20,000 steps on fixed ways; `LIGATURE_MODEL_STEPS` sets another number, on new ways each time.
mod checks;
mod expressions;
mod fixtures;
mod people;
mod product;
mod second_lines;
mod session_acts;
mod sessions;
mod steps;
mod world;

use std::sync::{Arc, atomic::Ordering};

use domain::HOUR;
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use product::Product;
use session_acts::{SessionAct, Way};
use steps::Step;
use world::World;

struct Run;

impl StateMachineTest for Run {
    type SystemUnderTest = Product;
    type Reference = World;

    fn init_test(_: &World) -> Product {
        Product::new()
    }

    fn apply(mut product: Product, world: &World, step: Step) -> Product {
        Arc::clone(&product.runtime).block_on(async {
            match step {
                Step::SignUp { address, finish } => product.sign_up(address, finish).await,
                Step::SignIn { identity, address, verified, way } => {
                    product.sign_in(identity, address, verified, way).await
                }
                Step::Add { account, identity, address } => {
                    product.add(account, identity, address).await
                }
                Step::Unlink { account, method } => {
                    product.act(account, SessionAct::Unlink(method)).await
                }
                Step::Intrude { account, acts } => product.intrude(account, &acts).await,
                Step::Late { account, act } => product.late(account, act).await,
                Step::Delegate { provider, believe } => assert_eq!(
                    product.delegate(provider, believe).await,
                    world.delegate_may(provider, believe),
                    "a delegate's word about {provider}"
                ),
                Step::Switch { account } => product.switch(account).await,
                Step::Crash { account, identity, address, after } => {
                    product.crash(account, identity, address, after).await
                }
                Step::Pass { hours } => {
                    product.clock.fetch_add(hours * HOUR, Ordering::SeqCst);
                    product.tidy().await;
                }
            }
        });
        product
    }

    fn check_invariants(product: &Product, world: &World) {
        product.runtime.block_on(product.compare(world));
    }
}

/// Steps of one sequence.
const LENGTH: u32 = 250;

fn share(of: u32) -> ProptestConfig {
    let steps: u32 =
        std::env::var("LIGATURE_MODEL_STEPS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    ProptestConfig {
        cases: (steps / of / LENGTH).max(1),
        max_shrink_iters: 1000,
        max_shrink_time: 60_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// One of four parts, so that they run beside each other. The test command walks the same ways each time, so that a
/// change is judged by itself; with `LIGATURE_MODEL_STEPS` the ways are new ones.
fn walk(part: u8) {
    let rng = if std::env::var("LIGATURE_MODEL_STEPS").is_ok() {
        TestRng::from_seed(RngAlgorithm::ChaCha, &crate::crypto::random::random_bytes::<32>())
    } else {
        TestRng::from_seed(RngAlgorithm::ChaCha, &[part; 32])
    };
    let mut runner = TestRunner::new_with_rng(share(4), rng);
    let steps = usize::try_from(LENGTH).unwrap();
    let result = runner.run(&World::sequential_strategy(steps..=steps), |(state, steps, seen)| {
        Run::test_sequential(
            ProptestConfig { verbose: 0, ..ProptestConfig::default() },
            state,
            steps,
            seen,
        );
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// What RB-17 found once: a notice that nobody had read in time held up the code behind it.
#[test]
fn an_expired_letter_does_not_hold_up_the_next_one() {
    let (mut product, mut world) = (Product::new(), World::default());
    let answer =
        Step::SignIn { identity: (0, 0), address: Some(1), verified: true, way: Way::AddRight };
    let steps = [
        Step::SignUp { address: 0, finish: true },
        Step::Add { account: 0, identity: (0, 0), address: None },
        answer,
        Step::Pass { hours: 80 },
        Step::SignUp { address: 2, finish: true },
    ];
    for step in steps {
        world = World::apply(world, &step);
        product = Run::apply(product, &world, step);
        Run::check_invariants(&product, &world);
    }
}

#[test]
fn rb_17_the_model_and_the_database_agree_after_each_step_part_1() {
    walk(1);
}

#[test]
fn rb_17_the_model_and_the_database_agree_after_each_step_part_2() {
    walk(2);
}

#[test]
fn rb_17_the_model_and_the_database_agree_after_each_step_part_3() {
    walk(3);
}

#[test]
fn rb_17_the_model_and_the_database_agree_after_each_step_part_4() {
    walk(4);
}
