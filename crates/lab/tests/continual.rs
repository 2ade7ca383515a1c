//! Smoke runs of the continual-learning experiments on the real digits.

#![cfg(feature = "network")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use attractor_data::{Part, catalogue, split_set};
use attractor_lab::{Context, Effort, Outcome, experiment};

const IDS: [&str; 7] = [
    "split-mnist/class",
    "split-mnist/domain",
    "split-mnist/task",
    "split-mnist/class-2000",
    "seq-mnist/online",
    "permuted-mnist",
    "rotated-mnist",
];

fn smoke(id: &str) -> Outcome {
    let mut seen = vec![];
    let mut progress = |share: f64, _: &str| seen.push(share);
    let mut context = Context::new(1, Effort::Smoke, Some(catalogue::root()), &mut progress);
    let (outcome, _) = experiment(id).unwrap().reproduce(&mut context).unwrap();
    assert!(seen.windows(2).all(|w| w[0] <= w[1]) && seen.last() == Some(&1.0), "{id}: {seen:?}");
    outcome
}

#[test]
fn every_protocol_runs_small() {
    if split_set(&catalogue::root(), "mnist", Part::Test).is_err() {
        println!("skipped: MNIST is not at hand (set ATTRACTOR_DATA)");
        return;
    }
    for id in IDS {
        let outcome = smoke(id);
        assert_eq!(outcome.measured.runs, 2, "{id}");
        assert!(outcome.pass.is_some() && !outcome.baselines.is_empty(), "{id}");
        for named in outcome.series.iter().chain(&outcome.baselines) {
            assert!((0.0..=100.0).contains(&named.mean), "{id}: {named:?}");
        }
        assert!(outcome.figures.iter().all(|f| !f.curves.is_empty()), "{id}");
        assert!(outcome.figures.iter().flat_map(|f| &f.curves).all(|c| c.points.len() >= 2), "{id}");
        assert!(outcome.notes.iter().all(|note| !note.contains("  ")), "{id}: {:?}", outcome.notes);
        // The nearest neighbour does not forget.
        let nearest = outcome.baselines.iter().filter(|b| b.name.starts_with("nearest of"));
        assert!(nearest.map(|b| b.mean).fold(0.0, f64::max) > 50.0, "{id}: {:?}", outcome.baselines);
    }
    assert_eq!(smoke("seq-mnist/online"), smoke("seq-mnist/online"), "same seed, other numbers");
}

#[test]
fn without_data_the_error_says_what_to_do() {
    for id in IDS {
        let nowhere = std::env::temp_dir().join("attractor-no-such-folder");
        let mut progress = |_: f64, _: &str| {};
        let mut context = Context::new(0, Effort::Smoke, Some(nowhere), &mut progress);
        let error = experiment(id).unwrap().reproduce(&mut context).unwrap_err().to_string();
        assert!(error.contains("attractor data fetch mnist"), "{error}");
    }
}
