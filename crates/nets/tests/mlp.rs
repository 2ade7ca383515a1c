//! The network against plain loops, and the promises about its bits.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use attractor_nets::{Draw, Loss, Mlp, Optimiser};
use ndarray::{Array2, array};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn random(rows: usize, columns: usize, seed: u64) -> Array2<f32> {
    let mut rng = rng(seed);
    Array2::from_shape_simple_fn((rows, columns), || rng.random_range(-1.0..1.0))
}

/// Forward pass in f64, straight from the layout of the flat vector.
fn naive(widths: &[usize], weights: &[f64], inputs: &Array2<f32>) -> Array2<f64> {
    let mut state = inputs.mapv(f64::from);
    let mut at = 0;
    for (layer, w) in widths.windows(2).enumerate() {
        if layer > 0 {
            state.mapv_inplace(|x| x.max(0.0));
        }
        let next = Array2::from_shape_fn((state.nrows(), w[1]), |(row, j)| {
            (0..w[0]).map(|i| state[[row, i]] * weights[at + i * w[1] + j]).sum::<f64>()
                + weights[at + w[0] * w[1] + j]
        });
        at += (w[0] + 1) * w[1];
        state = next;
    }
    state
}

#[test]
fn outputs_and_gradients_are_those_of_plain_loops() {
    let widths = [5, 7, 6, 3];
    let network = Mlp::new(&widths, &mut rng(3)).unwrap();
    let inputs = random(4, 5, 4);
    let exact: Vec<f64> = network.weights().iter().map(|&w| f64::from(w)).collect();
    let outputs = naive(&widths, &exact, &inputs);
    let ours = network.forward(inputs.view()).unwrap();
    assert!(ours.iter().zip(&outputs).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-5));

    // The loss 0.5 sum outputs^2 has the outputs as its slope; the constant below makes the same of squared errors.
    let count = outputs.len() as f64;
    let zeros = Array2::zeros((4, 3));
    let (value, gradient) =
        network.gradient(inputs.view(), |l| l.squared_error(0, zeros.view(), 0.5 * count)).unwrap();
    let energy = |weights: &[f64]| 0.5 * naive(&widths, weights, &inputs).mapv(|x| x * x).sum();
    assert!((value - energy(&exact)).abs() < 1e-5);
    let h = 1e-5;
    for i in 0..exact.len() {
        let mut moved = exact.clone();
        moved[i] += h;
        let up = energy(&moved);
        moved[i] -= 2.0 * h;
        let numeric = (up - energy(&moved)) / (2.0 * h);
        assert!((numeric - f64::from(gradient[i])).abs() < 1e-4, "{i}: {numeric} {}", gradient[i]);
    }
    // Negative control: the gradient is of this loss, not of another one.
    let (_, other) =
        network.gradient(inputs.view(), |l| l.mean_cross_entropy(0, &[0, 1, 2, 0], |_, _| true)).unwrap();
    assert!(gradient.iter().zip(&other).any(|(a, b)| (a - b).abs() > 1e-2));
}

#[test]
fn features_are_what_the_head_reads() {
    let network = Mlp::new(&[4, 6, 2], &mut rng(1)).unwrap();
    let inputs = random(3, 4, 2);
    let head = Mlp::from_weights(&[6, 2], network.weights()[4 * 6 + 6..].to_vec()).unwrap();
    let features = network.features(inputs.view()).unwrap();
    assert!(features.iter().all(|&x| x >= 0.0) && features.iter().any(|&x| x > 0.0));
    assert_eq!(head.forward(features.view()).unwrap(), network.forward(inputs.view()).unwrap());
    assert_eq!(head.features(features.view()).unwrap(), features);
}

#[test]
fn weights_are_drawn_within_the_bounds_of_their_layer() {
    let network = Mlp::new(&[100, 25, 10], &mut rng(5)).unwrap();
    let (first, second) = network.weights().split_at(101 * 25);
    let largest = |weights: &[f32]| weights.iter().fold(0.0f32, |m, w| m.max(w.abs()));
    assert!((0.095..=0.1).contains(&largest(first)) && (0.18..=0.2).contains(&largest(second)));
    assert_eq!(network.weights(), Mlp::new(&[100, 25, 10], &mut rng(5)).unwrap().weights());

    let glorot = Mlp::drawn(&[100, 50, 4], Draw::Glorot, &mut rng(5)).unwrap();
    let (first, second) = glorot.weights().split_at(101 * 50);
    assert!((0.19..=0.2).contains(&largest(first)) && first[5000..].iter().all(|&bias| bias == 0.0));
    assert!((0.3..=1.0 / 3.0).contains(&largest(second)));
}

#[test]
fn growing_keeps_what_there_was() {
    let inputs = random(3, 4, 2);
    let mut once = Mlp::new(&[4, 6, 2], &mut rng(1)).unwrap();
    let mut optimiser = Optimiser::adam(0.01).unwrap();
    once.step(inputs.view(), |l| l.mean_cross_entropy(0, &[0, 1, 1], |_, _| true), &mut optimiser).unwrap();
    let before = once.forward(inputs.view()).unwrap();
    let (mut twice, mut other) = (once.clone(), optimiser.clone());
    once.grow(5, &mut rng(9), &mut [&mut optimiser]).unwrap();
    let mut draws = rng(9);
    twice.grow(3, &mut draws, &mut [&mut other]).unwrap();
    twice.grow(5, &mut draws, &mut [&mut other]).unwrap();
    assert_eq!((once.weights(), &optimiser), (twice.weights(), &other));
    let after = once.forward(inputs.view()).unwrap();
    assert_eq!(after.ncols(), 5);
    for (old, new) in before.indexed_iter() {
        assert!((after[old] - new).abs() < 1e-6);
    }
    once.step(inputs.view(), |l| l.mean_cross_entropy(0, &[4, 3, 2], |_, _| true), &mut optimiser).unwrap();
    assert!(once.grow(4, &mut rng(9), &mut []).is_err());
}

#[test]
fn a_redrawn_output_is_as_new_and_the_others_stay() {
    let inputs = random(3, 4, 2);
    let mut network = Mlp::new(&[4, 6, 3], &mut rng(1)).unwrap();
    let mut optimiser = Optimiser::adam(0.01).unwrap();
    network
        .step(inputs.view(), |l| l.mean_cross_entropy(0, &[0, 1, 2], |_, _| true), &mut optimiser)
        .unwrap();
    let before = network.forward(inputs.view()).unwrap();
    network.redraw(1, &mut rng(7), &mut [&mut optimiser]).unwrap();
    let after = network.forward(inputs.view()).unwrap();
    for ((row, output), old) in before.indexed_iter() {
        assert_eq!(output == 1, after[[row, output]] != *old);
    }
    let zeros = |moment: &Vec<f32>| moment[4 * 6 + 6..].iter().skip(1).step_by(3).all(|&m| m == 0.0);
    assert!(optimiser.moments().iter().all(zeros));
    assert!(network.redraw(3, &mut rng(7), &mut []).is_err());
}

fn trained(threads: usize) -> Vec<f32> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        // Large enough for products that are spread over the threads.
        let mut network = Mlp::new(&[784, 400, 400, 10], &mut rng(1)).unwrap();
        let mut optimiser = Optimiser::adam(1e-3).unwrap();
        let classes: Vec<u32> = (0..130).map(|i| i % 10).collect();
        for step in 0..3 {
            let inputs = random(130, 784, step);
            let loss = |l: &mut Loss<'_>| l.mean_cross_entropy(0, &classes, |_, _| true);
            network.step(inputs.view(), loss, &mut optimiser).unwrap();
        }
        network.weights().to_vec()
    })
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let one = trained(1);
    for threads in [2, 3, 8] {
        assert!(one == trained(threads), "{threads} threads");
    }
}

#[test]
fn wrong_input_is_an_error() {
    let mut network = Mlp::new(&[2, 3], &mut rng(1)).unwrap();
    assert!(network.forward(array![[1.0]].view()).is_err());
    assert!(network.forward(array![[1.0, f32::NAN]].view()).is_err());
    assert_eq!(network.forward(Array2::zeros((0, 2)).view()).unwrap().dim(), (0, 3));
    assert_eq!(network.gradient(Array2::zeros((0, 2)).view(), |_| ()).unwrap().1, vec![0.0; 9]);
    assert!(network.set_weights(&[0.0; 8]).is_err());
    assert!(Mlp::new(&[2], &mut rng(1)).is_err() && Mlp::new(&[2, 0, 1], &mut rng(1)).is_err());
    assert!(Mlp::new(&[usize::MAX, 2], &mut rng(1)).is_err());
    let other = Mlp::new(&[3, 2], &mut rng(1)).unwrap();
    assert!(network.follow(&other, 0.5).is_err());
}

#[test]
fn following_moves_every_number() {
    let mut copy = Mlp::new(&[3, 4, 2], &mut rng(1)).unwrap();
    let (before, other) = (copy.clone(), Mlp::new(&[3, 4, 2], &mut rng(2)).unwrap());
    copy.follow(&other, 0.25).unwrap();
    for ((after, w), o) in copy.weights().iter().zip(before.weights()).zip(other.weights()) {
        assert!((after - (0.25 * w + 0.75 * o)).abs() < 1e-7);
    }
    let inputs = random(2, 3, 1);
    let same = Mlp::from_weights(&[3, 4, 2], copy.weights().to_vec()).unwrap();
    assert_eq!(copy.forward(inputs.view()).unwrap(), same.forward(inputs.view()).unwrap());
}
