//! A smoke run of the dense associative memory on the real digits.

use attractor_data::{Part, catalogue, split_set};
use attractor_lab::{Context, Effort, experiment};

#[test]
fn a_smoke_run_learns_digits_and_shows_memories() {
    if split_set(&catalogue::root(), "mnist", Part::Test).is_err() {
        println!("skipped: MNIST is not at hand (set ATTRACTOR_DATA)");
        return;
    }
    let mut quiet = |_: f64, _: &str| {};
    let mut context = Context::new(1, Effort::Smoke, Some(catalogue::root()), &mut quiet);
    let (outcome, _) = experiment("dam/mnist").unwrap().reproduce(&mut context).unwrap();
    // Guessing is wrong for nine of ten.
    assert!(outcome.measured.mean < 60.0, "{:?}", outcome.measured);
    assert_eq!((outcome.pass, outcome.series.len(), outcome.baselines.len()), (None, 24, 4));
    for named in outcome.baselines {
        assert!(named.mean > 0.0 && named.mean < 60.0, "{named:?}");
    }
    assert_eq!(outcome.sheets[0].rows.len(), 6);
    assert!(outcome.sheets[0].rows.iter().all(|row| row.size == [28, 28] && row.pictures.len() == 40));
}
