//! Smoke runs of the experiments on completing images.

#![cfg(feature = "network")]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use attractor_lab::{Context, Effort, Outcome, experiment};

/// What a run ends with; nothing where its data is absent.
fn outcome(id: &str) -> Option<Outcome> {
    let Some(data) = std::env::var_os("ATTRACTOR_DATA") else {
        eprintln!("skipped: ATTRACTOR_DATA is not set");
        return None;
    };
    let mut quiet = |_: f64, _: &str| {};
    let mut context = Context::new(3, Effort::Smoke, Some(data.into()), &mut quiet);
    Some(experiment(id).unwrap().reproduce(&mut context).unwrap().0)
}

/// Every contender has an error and a row of pictures of its own, and none completes what it did not see.
fn complete(outcome: &Outcome, contenders: &[&str], sets: usize) {
    let all = || outcome.series.iter().chain(&outcome.baselines);
    for name in contenders {
        let errors: Vec<f64> = all()
            .filter(|named| {
                named.name.starts_with(name) && named.name.ends_with("squared error of hidden pixels")
            })
            .map(|named| named.mean)
            .collect();
        assert_eq!(errors.len(), sets, "{name}");
        assert!(errors.iter().all(|error| (0.005..1.0).contains(error)), "{name}: {errors:?}");
    }
    for sheet in &outcome.sheets {
        let pictures = |name: &str| &sheet.rows.iter().find(|row| row.name == name).unwrap().pictures;
        for name in contenders {
            let apart = |(at, picture): (usize, &Vec<f32>)| *picture != pictures("whole")[at];
            assert!(pictures(name).iter().enumerate().all(apart), "{name} has the hidden half");
        }
    }
}

#[test]
fn halves_are_completed_by_every_contender() {
    let Some(outcome) = outcome("ham/completion") else { return };
    let contenders = [
        "mean image",
        "nearest stored image",
        "one-layer memory",
        "autoencoder",
        "two-layer",
        "three-layer",
        "convolutional",
    ];
    complete(&outcome, &contenders, 2);
    assert_eq!(outcome.sheets.len(), 2);
}

#[test]
fn patches_are_completed_by_every_contender() {
    let Some(outcome) = outcome("energy-transformer/completion") else { return };
    complete(&outcome, &["mean image", "nearest stored image", "autoencoder", "Energy Transformer"], 1);
}
