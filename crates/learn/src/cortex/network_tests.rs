//! The network as a cortex.

use attractor_store::wire::{Reader, Writer};
use rand::RngExt;

use super::*;

fn settings() -> NetworkSettings {
    NetworkSettings { hidden: vec![12], rate: 0.01, batch: 8, keep: 0.9, seed: 3 }
}

/// Examples around one corner per class.
fn example(rng: &mut impl rand::Rng, class: u32) -> [f32; 3] {
    let mut features = [0.0; 3].map(|_: f32| rng.random_range(-0.2..0.2));
    features[class as usize % 3] += 1.0;
    features
}

fn trained(count: u32) -> Network {
    let mut cortex = Network::new(3, settings()).unwrap();
    let mut rng = stream(1, "test");
    for i in 0..count {
        cortex.learn(&example(&mut rng, i % 3), i % 3, 1.0).unwrap();
    }
    cortex
}

fn scores(cortex: &Network, features: &[f32]) -> Vec<f32> {
    let mut out = vec![9.0];
    cortex.readout().scores(features, &mut out);
    out
}

fn bytes(cortex: &Network) -> Vec<u8> {
    let mut to = Writer::new();
    cortex.save(&mut to);
    to.finish()
}

fn reloaded(bytes: &[u8]) -> Result<Network, Error> {
    let mut from = Reader::new(bytes, "a cortex");
    assert_eq!(from.str()?, Network::KIND);
    let cortex = Network::load(&mut from)?;
    from.end()?;
    Ok(cortex)
}

#[test]
fn interleaved_classes_are_learned() {
    let cortex = trained(1200);
    let mut rng = stream(2, "test");
    let right = (0..90u32).filter(|i| {
        let out = scores(&cortex, &example(&mut rng, i % 3));
        (0..3).all(|other| out[(i % 3) as usize] >= out[other])
    });
    assert!(right.count() >= 88);
    assert_eq!(cortex.steps(), 150);
}

#[test]
fn a_saved_cortex_goes_on_with_the_same_bits() {
    // In the middle of a batch.
    let mut one = trained(101);
    let mut two = reloaded(&bytes(&one)).unwrap();
    let mut rng = stream(5, "test");
    for class in [0, 7, 1, 2, 7, 0, 0, 1, 2, 7, 7, 1] {
        let features = example(&mut rng, class);
        one.learn(&features, class, 0.5).unwrap();
        two.learn(&features, class, 0.5).unwrap();
    }
    one.forget(1);
    two.forget(1);
    one.settle().unwrap();
    two.settle().unwrap();
    assert_eq!(bytes(&one), bytes(&two));
    let features = example(&mut rng, 0);
    assert_eq!(scores(&one, &features), scores(&two, &features));
    // Control: another example gives other bits.
    two.learn(&features, 0, 1.0).unwrap();
    two.settle().unwrap();
    assert_ne!(bytes(&one), bytes(&two));
}

#[test]
fn damaged_bytes_are_refused() {
    let whole = bytes(&trained(20));
    for cut in (0..whole.len()).step_by(97) {
        let mut from = Reader::new(&whole[..cut], "cut");
        assert!(from.str().is_err() || Network::load(&mut from).is_err(), "{cut}");
    }
    let never = bytes(&Network::new(3, settings()).unwrap());
    assert_eq!(reloaded(&never).unwrap().readout().classes(), 0);
}

#[test]
fn a_new_class_keeps_what_was_learned() {
    let mut cortex = trained(600);
    let features = [1.0, 0.0, 0.0];
    let before = scores(&cortex, &features);
    cortex.learn(&[0.5, 0.5, 0.5], 9, 1.0).unwrap();
    let after = scores(&cortex, &features);
    assert_eq!(after.len(), 10);
    for class in 0..3 {
        assert!((after[class] - before[class]).abs() < 1e-4);
    }
    assert!(after[3..9].iter().all(|&score| score == f32::NEG_INFINITY) && after[9].is_finite());
}

#[test]
fn a_forgotten_class_is_never_answered_until_it_is_learned_anew() {
    let mut cortex = trained(602);
    cortex.forget(0);
    cortex.forget(77);
    cortex.settle().unwrap();
    assert_eq!(scores(&cortex, &[1.0, 0.0, 0.0])[0], f32::NEG_INFINITY);
    cortex.learn(&[1.0, 0.0, 0.0], 0, 1.0).unwrap();
    assert!(scores(&cortex, &[1.0, 0.0, 0.0])[0].is_finite());
    assert!(!cortex.unlearn(&[1.0, 0.0, 0.0], 0, 1.0).unwrap());
}

#[test]
fn the_copy_that_answers_follows_in_every_number() {
    let mut cortex = Network::new(3, settings()).unwrap();
    let start = cortex.mlp.weights().to_vec();
    let mut rng = stream(1, "test");
    for i in 0..8 {
        cortex.learn(&example(&mut rng, 0), 0, 1.0 + i as f32).unwrap();
    }
    // One class: the softmax is 1 and nothing moves. Two classes: the first average is half and half.
    assert_eq!(cortex.mlp.weights(), start);
    let mut cortex = trained(8);
    let before = Network::new(3, settings()).unwrap();
    assert_eq!(cortex.steps(), 1);
    let hidden = 3 * 12 + 12;
    for at in 0..hidden {
        let mean = 0.5 * (before.mlp.weights()[at] + cortex.mlp.weights()[at]);
        assert!((cortex.stable.weights()[at] - mean).abs() < 1e-6);
    }
    let biases = cortex.mlp.weights().len() - 3;
    assert!(cortex.stable.weights()[biases..] != cortex.mlp.weights()[biases..]);
    cortex.settle().unwrap();
    assert_eq!(cortex.steps(), 1);
}

#[test]
fn wrong_input_changes_nothing() {
    let mut cortex = trained(11);
    let before = bytes(&cortex);
    assert!(cortex.learn(&[1.0], 0, 1.0).is_err());
    assert!(cortex.learn(&[1.0, f32::NAN, 0.0], 0, 1.0).is_err());
    assert!(cortex.learn(&[1.0, 1e13, 0.0], 0, 1.0).is_err());
    assert!(cortex.learn(&[1.0, 0.0, 0.0], CLASSES, 1.0).is_err());
    assert!(cortex.learn(&[1.0, 0.0, 0.0], 0, 0.0).is_err());
    assert_eq!(bytes(&cortex), before);
    assert!(Network::new(0, settings()).is_err());
    assert!(Network::new(3, NetworkSettings { batch: 0, ..settings() }).is_err());
    assert!(Network::new(3, NetworkSettings { keep: 1.0, ..settings() }).is_err());
    assert!(Network::new(3, NetworkSettings { rate: -1.0, ..settings() }).is_err());
}

#[test]
fn huge_features_and_a_constant_give_finite_scores() {
    let mut cortex = Network::new(2, settings()).unwrap();
    for i in 0..64u32 {
        cortex.learn(&[1e12, -1e12], i % 2, 1e6).unwrap();
    }
    let mut out = vec![];
    cortex.readout().scores(&[1e12, 1e12], &mut out);
    assert!(out.iter().all(|score| score.is_finite()), "{out:?}");
    assert!(cortex.bytes() > cortex.mlp.weights().len() * 4 * 6);
}
