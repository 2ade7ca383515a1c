//! Smoke runs of the recall experiments on the real digits.

use attractor_data::{Part, catalogue, split_set};
use attractor_lab::{Context, Effort, experiment};

#[test]
fn smoke_runs_say_how_baselines_compare() {
    if split_set(&catalogue::root(), "mnist", Part::Test).is_err() {
        println!("skipped: MNIST is not at hand (set ATTRACTOR_DATA)");
        return;
    }
    for id in ["recall/masked", "recall/universal"] {
        let mut seen = vec![];
        let mut progress = |share: f64, _: &str| seen.push(share);
        let mut context = Context::new(0, Effort::Smoke, Some(catalogue::root()), &mut progress);
        let (outcome, record) = experiment(id).unwrap().reproduce(&mut context).unwrap();
        assert_eq!((outcome.measured.runs, record.published), (2, None), "{id}");
        assert!(outcome.pass.is_some(), "{id}");
        for named in outcome.series.iter().chain(&outcome.baselines) {
            assert!((0.0..=1.0).contains(&named.mean), "{id}: {named:?}");
        }
        // A handful of digits is recalled by the nearest neighbour, and not by their mean.
        let find = |start: &str| outcome.baselines.iter().find(|b| b.name.starts_with(start)).unwrap().mean;
        assert!(find("nearest by distance") > find("mean image"), "{id}: {:?}", outcome.baselines);
        assert!(seen.windows(2).all(|w| w[0] <= w[1]), "{id}: progress {seen:?}");
        assert_eq!(seen.last(), Some(&1.0));
        assert!(outcome.figures.iter().all(|f| f.curves.iter().all(|c| c.points.len() >= 2)), "{id}");
    }
}

#[test]
fn without_data_the_error_says_what_to_do() {
    for id in ["recall/masked", "recall/universal"] {
        let nowhere = std::env::temp_dir().join("attractor-no-such-folder");
        let mut progress = |_: f64, _: &str| {};
        let mut context = Context::new(0, Effort::Smoke, Some(nowhere), &mut progress);
        let error = experiment(id).unwrap().reproduce(&mut context).unwrap_err().to_string();
        assert!(error.contains("attractor data fetch mnist"), "{error}");
    }
}

#[test]
fn half_an_image_is_enough_for_a_layer_and_a_memory_alike() {
    if split_set(&catalogue::root(), "mnist", Part::Test).is_err() {
        println!("skipped: MNIST is not at hand (set ATTRACTOR_DATA)");
        return;
    }
    let mut quiet = |_: f64, _: &str| {};
    let mut context = Context::new(0, Effort::Smoke, Some(catalogue::root()), &mut quiet);
    let (outcome, _) = experiment("retrieval/simpsons-like").unwrap().reproduce(&mut context).unwrap();
    // Layer and memory agree to the last digits that matter, and lose nothing against the nearest neighbour.
    assert_eq!(outcome.pass, Some(true), "{:?}", outcome.notes);
    let find = |name: &str| outcome.series.iter().find(|n| n.name == name).unwrap().mean;
    assert!(find("digits, 24 stored, beta 8") > 0.5);
    // An average of 24 glyphs is none of them.
    assert_eq!(find("glyphs, 24 stored, beta 0.01"), 0.0);
}
