//! Smoke runs of the key-value experiments, and what they must show even when small.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use attractor_lab::{Context, Effort, Outcome, experiment, experiments};

fn smoke(id: &str, seed: u64) -> Outcome {
    let mut seen = vec![];
    let mut progress = |share: f64, _: &str| seen.push(share);
    let mut context = Context::new(seed, Effort::Smoke, None, &mut progress);
    let (outcome, record) = experiment(id).unwrap().reproduce(&mut context).unwrap();
    assert_eq!((record.id, record.seed), (id, seed));
    assert!(seen.windows(2).all(|w| w[0] <= w[1]) && seen.last() == Some(&1.0), "{id}: {seen:?}");
    outcome
}

fn mean(outcome: &Outcome, start: &str) -> f64 {
    let all = outcome.series.iter().chain(&outcome.baselines);
    all.clone().find(|n| n.name.starts_with(start)).unwrap_or_else(|| panic!("no {start}")).mean
}

#[test]
fn every_experiment_runs_small_without_data() {
    let ids: Vec<&str> = experiments().iter().map(|e| e.id).filter(|id| id.starts_with("kv/")).collect();
    assert_eq!(ids, ["kv/capacity", "kv/continual", "kv/correlated", "kv/hetero", "kv/sequence"]);
    for id in ids {
        let outcome = smoke(id, 3);
        assert_eq!(outcome.measured.runs, 2, "{id}");
        assert!(!outcome.baselines.is_empty() && !outcome.series.is_empty(), "{id}");
        assert!(outcome.figures.iter().flat_map(|f| &f.curves).all(|c| c.points.len() >= 2), "{id}");
        assert!(outcome.notes.iter().all(|note| !note.contains("  ")), "{id}");
        let again = smoke(id, 3);
        assert_eq!(outcome, again, "{id}: same seed, other numbers");
    }
}

#[test]
fn one_repetition_is_that_of_the_protocol_and_decides_nothing() {
    let run = |effort| {
        let mut quiet = |_: f64, _: &str| {};
        let mut context = Context::new(3, effort, None, &mut quiet);
        experiment("kv/hetero").unwrap().reproduce(&mut context).unwrap()
    };
    let ((quick, record), (full, whole)) = (run(Effort::Quick), run(Effort::Full));
    assert_eq!((quick.measured.runs, quick.measured.spread, full.measured.runs), (1, 0.0, 10));
    assert_eq!((record.pass, record.effort, whole.effort), (None, Effort::Quick, Effort::Full));
    assert!(full.pass.is_some() == whole.pass.is_some(), "a full run keeps its verdict");
    // The sizes are those of the full run.
    let names = |outcome: &Outcome| outcome.series.iter().map(|n| n.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&quick), names(&full));
}

#[test]
fn the_memory_with_a_slot_per_pattern_is_ahead() {
    let hetero = smoke("kv/hetero", 0);
    assert!(mean(&hetero, "sequential") > mean(&hetero, "bidirectional"), "{:?}", hetero.series);
    let continual = smoke("kv/continual", 0);
    assert!(mean(&continual, "nearest stored, R = 40") > mean(&continual, "sequential key-value, R = 40"));
    let sequence = smoke("kv/sequence", 0);
    assert_eq!(mean(&sequence, "nearest stored, right bits"), 1.0);
}
