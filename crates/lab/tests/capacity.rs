//! Every capacity experiment runs end to end at small sizes, and repeats itself.

use attractor_lab::{Context, Effort, Outcome, Record, experiment};

const IDS: [&str; 5] = [
    "capacity/classical",
    "capacity/polynomial",
    "capacity/exponential",
    "capacity/continuous",
    "fixed-points",
];

fn smoke(id: &str, seed: u64) -> (Outcome, Record) {
    let mut last = 0.0;
    let mut progress = |share: f64, _: &str| {
        assert!((last..=1.0).contains(&share), "progress goes from {last} to {share}");
        last = share;
    };
    let mut context = Context::new(seed, Effort::Smoke, None, &mut progress);
    let experiment = experiment(id).expect("it is registered");
    experiment.reproduce(&mut context).expect("no data is needed")
}

#[test]
fn each_gives_numbers_curves_and_a_verdict() {
    for id in IDS {
        let (outcome, record) = smoke(id, 1);
        assert!(outcome.pass.is_some() && outcome.measured.runs > 1, "{id}");
        assert!(!outcome.baselines.is_empty() && !outcome.notes.is_empty(), "{id}");
        for named in outcome.series.iter().chain(&outcome.baselines) {
            assert!(named.mean.is_finite() && named.spread.is_finite(), "{id}: {}", named.name);
        }
        assert!(!outcome.figures.is_empty(), "{id}");
        for figure in &outcome.figures {
            for curve in &figure.curves {
                assert!(!curve.points.is_empty(), "{id}: {} has no points", curve.name);
                assert!(
                    curve.points.windows(2).all(|p| p[0].0 < p[1].0),
                    "{id}: {} is not in order",
                    curve.name
                );
                assert!(
                    curve.points.iter().all(|p| p.0.is_finite() && p.1.is_finite()),
                    "{id}: {}",
                    curve.name
                );
            }
        }
        assert_eq!((record.id, record.seed), (id, 1));
    }
}

#[test]
fn the_seed_alone_decides() {
    for id in IDS {
        assert_eq!(smoke(id, 7).0, smoke(id, 7).0, "{id}");
    }
    for id in ["capacity/classical", "capacity/polynomial", "capacity/exponential"] {
        assert_ne!(smoke(id, 7).0.measured, smoke(id, 8).0.measured, "{id}");
    }
}

#[test]
fn theorems_hold_and_half_a_bound_does_not() {
    let (outcome, _) = smoke("capacity/continuous", 3);
    assert_eq!((outcome.measured.mean, outcome.pass), (0.0, Some(true)));
    let control = |what: &str| outcome.baselines.iter().find(|named| named.name.contains(what)).unwrap().mean;
    assert!(control("a priori") > 0.0 && control("a posteriori") > 0.0);
    assert_eq!(smoke("fixed-points", 3).0.pass, Some(true));
}
