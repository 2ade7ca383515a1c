//! Sleep: exact budgets, interruptions, no harm.

use std::ops::ControlFlow;

use attractor_learn::replay::Order;
use attractor_learn::{Budget, Config, Ended, Learner, Slow};
use attractor_store::storage::Ram;

use crate::streams::*;

const PRIORITISED: Order = Order::Prioritised { exponent: 0.5 };

fn taught(config: &Config, stream: &Stream) -> (Learner, Ram) {
    let ram = Ram::new();
    let mut learner = open(&ram, config);
    for (pattern, label) in stream {
        learner.observe(pattern, label).unwrap();
    }
    (learner, ram)
}

/// Classes that overlap: the slow system knows many episodes badly.
fn hard(count: usize, seed: u64) -> Stream {
    let (own, other) = (clusters(count, seed), clusters(count, seed + 100));
    let mix = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| 0.55 * a + 0.45 * b).collect();
    own.iter().zip(&other).map(|((a, label), (b, _))| (mix(a, b), label.clone())).collect()
}

#[test]
fn no_replay_exceeds_the_budget() {
    for slow in [Slow::Ridge, Slow::Mean, Slow::Discriminant] {
        for updates in [0, 1, 255, 256, 257, 700] {
            let (mut learner, _ram) = taught(&config(slow), &hard(300, 3));
            let slumber = learner.sleep(Budget::updates(updates)).unwrap();
            assert!(slumber.updates <= updates && learner.stats().replays == slumber.updates);
            match slumber.ended {
                Ended::Budget => assert_eq!(slumber.updates, updates),
                Ended::Generalised => assert!(slumber.updates > 0),
                other => panic!("{other:?}"),
            }
            assert!(slumber.learned <= slumber.updates);
        }
    }
    let (mut learner, _ram) = taught(&config(Slow::Ridge), &hard(100, 3));
    assert_eq!(learner.sleep(Budget::seconds(0.0)).unwrap().updates, 0);
    let (mut learner, _ram) = taught(&config(Slow::None), &hard(100, 3));
    assert_eq!(learner.sleep(Budget::updates(9)).unwrap().ended, Ended::Nothing);
}

#[test]
fn a_sleep_that_was_interrupted_goes_on_where_it_stopped() {
    for slow in [Slow::Ridge, Slow::Mean, Slow::Discriminant] {
        let stream = hard(300, 3);
        let sleep = |learner: &mut Learner, mut rounds: u32| {
            let progress = |_| {
                rounds -= 1;
                if rounds == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            learner.sleep_with(Budget::updates(3 * 256), PRIORITISED, progress).unwrap()
        };
        let (mut whole, whole_ram) = taught(&config(slow), &stream);
        let first = sleep(&mut whole, 1);
        assert_eq!((first.ended, first.updates), (Ended::Interrupted, 256));
        let (mut parted, ram) = taught(&config(slow), &stream);
        let again = sleep(&mut parted, 1);
        assert_eq!((again.updates, again.before, again.after), (256, first.before, first.after));
        let parted_ram = copy(&ram);
        drop(parted);
        let mut parted = open(&parted_ram, &config(slow));
        let (a, b) = (sleep(&mut whole, 9), sleep(&mut parted, 9));
        assert_eq!((a.updates, a.ended, a.before, a.after), (b.updates, b.ended, b.before, b.after));
        assert!(mind(&mut whole, &whole_ram) == mind(&mut parted, &parted_ram));
    }
}

#[test]
fn sleep_is_deterministic_in_every_order() {
    let orders =
        [Order::Uniform, PRIORITISED, Order::ClassBalanced, Order::GoalWeighted, Order::PrototypicalFirst];
    for slow in [Slow::Ridge, Slow::Mean, Slow::Discriminant] {
        for order in orders {
            let sleep = || {
                let (mut learner, ram) = taught(&config(slow), &hard(200, 3));
                learner.sleep_with(Budget::updates(400), order, |_| ControlFlow::Continue(())).unwrap();
                (mind(&mut learner, &ram), numbers(&learner))
            };
            assert!(sleep() == sleep(), "{slow:?} {order:?}");
        }
    }
}

#[test]
fn sleep_never_makes_what_is_held_out_worse() {
    for slow in [Slow::Ridge, Slow::Mean, Slow::Discriminant] {
        let mut learned = 0;
        for seed in 0..3 {
            for features in [20, 48] {
                let config = Config { features, ..config(slow) };
                let (mut learner, _ram) = taught(&config, &hard(260, seed));
                let mut last = None;
                for _ in 0..4 {
                    let slumber = learner.sleep(Budget::updates(512)).unwrap();
                    let (before, after) = (slumber.before.unwrap(), slumber.after.unwrap());
                    assert!(after <= before, "{slow:?} {seed} {features}: {before} {after}");
                    if let Some(last) = last {
                        // The next sleep finds what this one left: rounds that did harm left nothing.
                        assert_eq!(slumber.pruned, 0);
                        let step: f64 = before - last;
                        assert!(step.abs() < 1e-9, "{slow:?} {seed} {features}: {last} {before}");
                    }
                    last = Some(after);
                    learned += slumber.learned;
                }
            }
        }
        println!("{slow:?}: learned from {learned} replays");
    }
}

#[test]
fn pruning_keeps_exceptions_and_some_of_every_class() {
    let config = Config { fits: vec![16, 128], memory_bytes: 700_000, ..config(Slow::Ridge) };
    let ram = Ram::new();
    let mut learner = open(&ram, &config);
    let stream = clusters(2_000, 3);
    let mut exceptions = Vec::new();
    for (i, (pattern, label)) in stream.iter().enumerate() {
        learner.observe(pattern, label).unwrap();
        if i > 1_950 && i % 10 == 0 {
            // In the midst of one class, and called by the name of another.
            let wrong = if label == "class 3" { "class 4" } else { "class 3" };
            let shifted: Vec<f32> = pattern.iter().map(|x| x + 0.05).collect();
            if let attractor_learn::Observed::Stored(id) = learner.observe(&shifted, wrong).unwrap() {
                exceptions.push(id);
            }
        }
    }
    let before = learner.stats();
    assert!(before.episodes > before.room * 3 / 4, "{} of {}", before.episodes, before.room);
    let slumber = learner.sleep(Budget::updates(256)).unwrap();
    let after = learner.stats();
    assert!(slumber.pruned > 0, "{slumber:?}");
    assert_eq!(after.episodes as u64 + slumber.pruned, before.episodes as u64);
    assert!(
        after.episodes >= after.room - after.room / 4 - 1,
        "no more than a quarter of the room is made free"
    );
    for id in &exceptions {
        assert!(learner.forget(attractor_learn::Forget::Episode(*id)).is_ok(), "an exception was pruned");
    }
    let least = after.room / (2 * after.classes.len());
    for (before, after) in before.classes.iter().zip(&after.classes) {
        assert!(after.episodes >= least.min(before.episodes), "{before:?} {after:?}");
    }
    assert!(!exceptions.is_empty());
    // A memory with room enough is not pruned.
    let (mut roomy, _ram) = taught(&Config { memory_bytes: 8 << 20, ..config }, &clusters(200, 3));
    assert_eq!(roomy.sleep(Budget::updates(256)).unwrap().pruned, 0);
}
