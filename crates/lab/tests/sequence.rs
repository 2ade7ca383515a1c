//! Smoke runs of the sequence problems: readers learn something, and the same seed learns the same.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use attractor_lab::{Context, Effort, Outcome, experiment};

fn smoke(id: &str, seed: u64) -> Outcome {
    let mut seen = vec![];
    let mut progress = |share: f64, _: &str| seen.push(share);
    let mut context = Context::new(seed, Effort::Smoke, None, &mut progress);
    let (outcome, record) = experiment(id).unwrap().reproduce(&mut context).unwrap();
    assert_eq!((record.published, outcome.measured.runs), (None, 1), "{id}");
    assert!(seen.windows(2).all(|w| w[0] <= w[1]) && seen.last() == Some(&1.0), "{id}: progress {seen:?}");
    outcome
}

#[test]
fn readers_stand_beside_each_other() {
    for (id, claimed, beside) in [("bit-pattern", 1, 5), ("latch", 3, 3)] {
        let outcome = smoke(id, 1);
        assert_eq!((outcome.series.len(), outcome.baselines.len()), (claimed, beside), "{id}");
        // Two epochs of two batches leave every reader near the share of the larger class, on 64 sequences or so.
        for named in outcome.series.iter().chain(&outcome.baselines) {
            assert!((20.0..=100.0).contains(&named.mean), "{id}: {named:?}");
        }
        assert_eq!(outcome.figures[0].curves.len(), claimed + beside, "{id}");
        assert_eq!(outcome, smoke(id, 1), "{id}: same seed, other numbers");
    }
}
