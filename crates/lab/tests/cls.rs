//! Smoke runs of the complementary-learning experiments, and what they must show even when small.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use attractor_lab::{Context, Effort, Outcome, experiment};

const IDS: [&str; 3] = ["cls/go-cls", "cls/remerge", "cls/interleaved"];

fn smoke(id: &str, seed: u64) -> Outcome {
    let mut seen = vec![];
    let mut progress = |share: f64, _: &str| seen.push(share);
    let mut context = Context::new(seed, Effort::Smoke, None, &mut progress);
    let (outcome, record) = experiment(id).unwrap().reproduce(&mut context).unwrap();
    assert!(record.published.is_none() && record.id == id);
    assert!(seen.windows(2).all(|w| w[0] <= w[1]) && seen.last() == Some(&1.0), "{id}: {seen:?}");
    outcome
}

fn mean(outcome: &Outcome, start: &str) -> f64 {
    let all = outcome.series.iter().chain(&outcome.baselines);
    all.clone().find(|n| n.name.starts_with(start)).unwrap_or_else(|| panic!("no {start}")).mean
}

#[test]
fn each_gives_numbers_curves_and_a_verdict_and_repeats_itself() {
    for id in IDS {
        let outcome = smoke(id, 3);
        assert!(outcome.pass.is_some() && outcome.measured.runs == 2, "{id}");
        assert!(!outcome.baselines.is_empty() && !outcome.notes.is_empty(), "{id}");
        for named in outcome.series.iter().chain(&outcome.baselines) {
            assert!(named.mean.is_finite() && named.spread.is_finite(), "{id}: {}", named.name);
        }
        for curve in outcome.figures.iter().flat_map(|f| &f.curves) {
            assert!(curve.points.len() >= 2, "{id}: {}", curve.name);
            assert!(curve.points.windows(2).all(|p| p[0].0 < p[1].0), "{id}: {}", curve.name);
            assert!(curve.points.iter().all(|p| p.0.is_finite() && p.1.is_finite()), "{id}: {}", curve.name);
        }
        assert!(outcome.notes.iter().all(|note| !note.contains("  ")), "{id}");
        assert_eq!(outcome, smoke(id, 3), "{id}: same seed, other numbers");
    }
}

#[test]
fn recurrence_infers_and_one_pass_does_not() {
    let outcome = smoke("cls/remerge", 1);
    let often = mean(&outcome, "transitive inference, 10 passes");
    let once = mean(&outcome, "transitive inference, one pass");
    assert!(often > once + 0.1, "{once} {often}");
}

#[test]
fn replay_protects_what_was_known() {
    let outcome = smoke("cls/interleaved", 1);
    assert_eq!(mean(&outcome, "properties right by recall after one look"), 1.0);
    let focused = mean(&outcome, "old error without any replay (focused)");
    assert!(mean(&outcome, "old error, interleaved") < focused);
}
