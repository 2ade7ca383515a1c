//! Smoke runs of the experiments on energy networks.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use attractor_lab::{Context, Effort, Outcome, experiment};

fn outcome(id: &str, effort: Effort) -> Outcome {
    let mut quiet = |_: f64, _: &str| {};
    let mut context = Context::new(3, effort, None, &mut quiet);
    experiment(id).unwrap().reproduce(&mut context).unwrap().0
}

#[test]
fn closed_forms_are_met_and_would_be_missed_by_nothing() {
    let outcome = outcome("ham/oracles", Effort::Smoke);
    assert_eq!(outcome.pass, Some(true), "{:?}", outcome.series);
    assert!(outcome.series.len() > 20);
    assert!(outcome.baselines[0].mean > 0.5);
}

#[test]
fn the_energy_of_a_few_networks_falls() {
    let outcome = outcome("ham/monotone", Effort::Smoke);
    assert_eq!(outcome.pass, Some(true), "{:?}", outcome.series);
    assert_eq!(outcome.measured.mean, 0.0);
    // What tells a step too large from an energy that rises has to find the latter where it is.
    assert!(outcome.baselines.iter().all(|broken| broken.mean > 0.5), "{:?}", outcome.baselines);
}

#[test]
#[ignore = "the full protocol takes minutes"]
fn the_energy_of_ten_thousand_networks_falls() {
    let outcome = outcome("ham/monotone", Effort::Full);
    for named in outcome.series.iter().chain(&outcome.baselines) {
        println!("{}: {}", named.name, named.mean);
    }
    assert_eq!(outcome.measured.mean, 0.0);
}

#[test]
fn networks_of_two_layers_are_the_memories_with_one() {
    let outcome = outcome("krotov/models-abc", Effort::Smoke);
    assert_eq!(outcome.pass, Some(true), "{:?}", outcome.series);
    assert!(outcome.series.len() >= 18, "{:?}", outcome.series);
    assert!(outcome.baselines[0].mean > 0.1);
}
