//! The Hebbian baselines: matrix form against slots, energies, fixed points, bad input.

#![allow(clippy::unwrap_used)]

use attractor_memory::key_value::{Bam, Hebb, OnlineHopfield, Rest};
use ndarray::{Array1, Array2, array};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn signs(width: usize, rng: &mut ChaCha8Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(width, || if rng.random() { 1.0 } else { -1.0 })
}

#[test]
fn the_matrix_is_a_linear_slot_memory() {
    let half = Hebb { decay: 0.5, ..Hebb::plain() };
    let mut memory = Bam::new(2, 1, half).unwrap();
    memory.write(array![1.0, 0.0].view(), array![2.0].view(), 1.0).unwrap();
    memory.write(array![1.0, 1.0].view(), array![3.0].view(), 1.0).unwrap();
    assert_eq!(memory.field(array![1.0, 2.0].view()).unwrap(), array![10.0]);

    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..20 {
        let rule =
            Hebb { decay: rng.random_range(0.5..1.0), rate: rng.random_range(0.1..2.0), ..Hebb::plain() };
        let mut memory = Bam::new(6, 4, rule).unwrap();
        let mut slots: Vec<(f64, Array1<f64>, Array1<f64>)> = vec![];
        for _ in 0..25 {
            let k = Array1::from_shape_simple_fn(6, || rng.random_range(-1.0..1.0));
            let v = Array1::from_shape_simple_fn(4, || rng.random_range(-1.0..1.0));
            let q = rng.random_range(0.0..2.0);
            memory.write(k.view(), v.view(), q).unwrap();
            for slot in &mut slots {
                slot.0 *= rule.decay;
            }
            slots.push((q * rule.rate, k, v));
        }
        let x = Array1::from_shape_simple_fn(6, || rng.random_range(-1.0..1.0));
        let mut sum = Array1::<f64>::zeros(4);
        for (weight, k, v) in &slots {
            sum.scaled_add(weight * k.dot(&x), v);
        }
        let off = memory.field(x.view()).unwrap() - sum;
        assert!(off.iter().all(|d| d.abs() < 1e-10), "{off}");
    }
}

#[test]
fn hopfield_recall_lowers_the_energy_to_a_fixed_point() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut longest = 0;
    for load in [1, 3, 6, 12, 30] {
        let mut network = OnlineHopfield::new(40, Hebb::plain()).unwrap();
        let mut naive = Array2::<f64>::zeros((40, 40));
        for _ in 0..load {
            let x = signs(40, &mut rng);
            network.write(x.view(), 1.0).unwrap();
            naive += &Array2::from_shape_fn((40, 40), |(i, j)| x[i] * x[j]);
        }
        assert_eq!(network.weights(), naive);
        for _ in 0..30 {
            let cue = signs(40, &mut rng).mapv(|s| if rng.random_bool(0.6) { 0.0 } else { s });
            let run = network.recall(cue.view(), 1000).unwrap();
            assert_eq!(run.rest, Rest::FixedPoint);
            assert!(run.energies.windows(2).all(|e| e[1] <= e[0]), "{:?}", run.energies);
            let field = naive.dot(&run.state);
            assert!(run.state.iter().zip(&field).all(|(s, h)| *h == 0.0 || h.signum() == *s));
            let energy = network.energy(run.state.view()).unwrap();
            assert_eq!(energy, *run.energies.last().unwrap());
            longest = longest.max(run.energies.len());
        }
    }
    assert!(longest > 3);
}

#[test]
fn few_patterns_come_back_from_masked_cues() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut network = OnlineHopfield::new(100, Hebb::plain()).unwrap();
    let mut memory = Bam::new(100, 30, Hebb::plain()).unwrap();
    let pairs: Vec<_> = (0..3).map(|_| (signs(100, &mut rng), signs(30, &mut rng))).collect();
    for (x, y) in &pairs {
        network.write(x.view(), 1.0).unwrap();
        memory.write(x.view(), y.view(), 1.0).unwrap();
    }
    for (x, y) in &pairs {
        let mut cue = x.clone();
        cue.iter_mut().step_by(2).for_each(|c| *c = 0.0);
        assert_eq!(network.recall(cue.view(), 50).unwrap().state, x);
        let recall = memory.recall(cue.view(), 50).unwrap();
        assert_eq!((&recall.value, &recall.key, recall.rest), (y, x, Rest::FixedPoint));
    }
}

#[test]
fn an_alternation_is_called_a_cycle_and_zero_steps_return_the_cue() {
    // The clamp cuts the diagonal down, and with it the proof that recall comes to rest.
    let mut network = OnlineHopfield::new(3, Hebb { clamp: 0.5, ..Hebb::plain() }).unwrap();
    for x in [array![1.0, -1.0, 0.0], array![0.0, 1.0, -1.0], array![1.0, 0.0, -1.0]] {
        network.write(x.view(), 1.0).unwrap();
    }
    let cue = array![1.0, 1.0, 1.0];
    let run = network.recall(cue.view(), 20).unwrap();
    assert_eq!((run.rest, run.energies.len()), (Rest::TwoCycle, 3));
    assert_eq!(run.state, cue);
    let none = network.recall(cue.view(), 0).unwrap();
    assert_eq!((none.state, none.rest, none.energies.len()), (cue, Rest::StepLimit, 1));
}

#[test]
fn decay_and_clamp_bound_the_weights() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let rule = Hebb::palimpsest(30);
    let mut network = OnlineHopfield::new(30, rule).unwrap();
    let mut naive = Array2::<f64>::zeros((30, 30));
    for _ in 0..50 {
        let x = signs(30, &mut rng);
        network.write(x.view(), 1.0).unwrap();
        for ((i, j), w) in naive.indexed_iter_mut() {
            *w = (*w + x[i] * x[j] / f64::sqrt(30.0)).clamp(-0.35, 0.35);
        }
    }
    assert!((&network.weights() - &naive).iter().all(|d| d.abs() < 1e-12));
    assert!(network.weights().iter().any(|w| *w == 0.35));
}

#[test]
fn the_energy_of_the_bam_never_rises() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut rounds = 0;
    for load in [2, 8, 20] {
        let mut memory = Bam::new(40, 20, Hebb::plain()).unwrap();
        for _ in 0..load {
            memory.write(signs(40, &mut rng).view(), signs(20, &mut rng).view(), 1.0).unwrap();
        }
        for _ in 0..30 {
            let run = memory.recall(signs(40, &mut rng).view(), 100).unwrap();
            assert_eq!(run.rest, Rest::FixedPoint);
            assert!(run.energies.windows(2).all(|e| e[1] <= e[0]), "{:?}", run.energies);
            assert!(run.energies.last() < run.energies.first() || run.energies.len() <= 2);
            rounds = rounds.max(run.energies.len());
        }
    }
    assert!(rounds > 3);
}

#[test]
fn bad_input_is_refused_and_changes_nothing() {
    assert!(OnlineHopfield::new(0, Hebb::plain()).is_err());
    assert!(Bam::new(3, 0, Hebb::plain()).is_err());
    for rule in [
        Hebb { decay: 1.1, ..Hebb::plain() },
        Hebb { rate: f64::NAN, ..Hebb::plain() },
        Hebb { clamp: 0.0, ..Hebb::plain() },
    ] {
        assert!(OnlineHopfield::new(2, rule).is_err() && Bam::new(2, 2, rule).is_err(), "{rule:?}");
    }
    let mut network = OnlineHopfield::new(2, Hebb::plain()).unwrap();
    let mut memory = Bam::new(2, 1, Hebb::plain()).unwrap();
    let (hopfield, bam) = (network.clone(), memory.clone());
    for x in [array![1.0], array![1.0, f64::NAN]] {
        assert!(network.write(x.view(), 1.0).is_err() && network.recall(x.view(), 5).is_err());
        assert!(memory.write(x.view(), array![1.0].view(), 1.0).is_err());
        assert!(memory.recall(x.view(), 5).is_err() && memory.field(x.view()).is_err());
    }
    assert!(network.write(array![1.0, 1.0].view(), -1.0).is_err());
    assert!(memory.write(array![1.0, 1.0].view(), array![f64::NAN].view(), 1.0).is_err());
    assert_eq!((network, memory), (hopfield, bam));
}
