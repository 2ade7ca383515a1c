//! Numbers in f64, and gradients by differences.

#![allow(dead_code, reason = "each test file uses some of it")]

pub(crate) mod layer;

use burn::tensor::{DType, Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) fn device() -> Device {
    Device::flex()
}

pub(crate) fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// A tensor of f64 from numbers row by row.
pub(crate) fn tensor<const D: usize>(numbers: Vec<f64>, dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(numbers, dims), (&device(), DType::F64))
}

/// Uniform in [-1, 1).
pub(crate) fn random<const D: usize>(dims: [usize; D], seed: u64) -> Tensor<D> {
    let mut rng = rng(seed);
    tensor((0..dims.iter().product()).map(|_| rng.random_range(-1.0..1.0)).collect(), dims)
}

pub(crate) fn numbers<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor.clone().without_autodiff().try_into_vec_as::<f64>().unwrap()
}

#[track_caller]
pub(crate) fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= tolerance * (1.0 + expected.abs()), "{i}: {found} {expected}");
    }
}

/// The derivative of a weighted sum of what `output` gives by each of `leaves`: by automatic differentiation.
pub(crate) fn gradients<const D: usize>(
    leaves: &[Tensor<4>],
    output: &impl Fn(&[Tensor<4>]) -> Tensor<D>,
) -> Vec<Vec<f64>> {
    let tracked: Vec<Tensor<4>> = leaves.iter().map(|leaf| leaf.clone().autodiff().require_grad()).collect();
    let gradients = weighted(output(&tracked)).backward();
    let gradient = |leaf: &Tensor<4>| leaf.grad(&gradients).map(|gradient| numbers(&gradient));
    tracked
        .iter()
        .map(|leaf| gradient(leaf).unwrap_or_else(|| vec![0.0; leaf.dims().iter().product()]))
        .collect()
}

/// The same by central differences; checks that both agree, and that no gradient is all zeros.
#[track_caller]
pub(crate) fn check_gradients<const D: usize>(
    leaves: &[Tensor<4>],
    output: impl Fn(&[Tensor<4>]) -> Tensor<D>,
    tolerance: f64,
) {
    let analytic = gradients(leaves, &output);
    let h = 1e-6;
    for (which, leaf) in leaves.iter().enumerate() {
        let flat = numbers(leaf);
        assert!(analytic[which].iter().any(|g| g.abs() > 1e-9), "leaf {which} has no gradient");
        for entry in 0..flat.len() {
            let at = |by: f64| {
                let mut moved = flat.clone();
                moved[entry] += by;
                let mut leaves = leaves.to_vec();
                leaves[which] = tensor(moved, leaf.dims());
                numbers(&weighted(output(&leaves)))[0]
            };
            let numeric = (at(h) - at(-h)) / (2.0 * h);
            let analytic = analytic[which][entry];
            assert!(
                (numeric - analytic).abs() <= tolerance * (1.0 + numeric.abs()),
                "leaf {which}, entry {entry}: {numeric} by differences, {analytic} by the tape"
            );
        }
    }
}

/// A sum in which every entry counts differently.
pub(crate) fn weighted<const D: usize>(output: Tensor<D>) -> Tensor<1> {
    let dims = output.dims();
    let count = dims.iter().product();
    let weights: Vec<f64> = (0..count).map(|i| (1.0 + i as f64).sin()).collect();
    let weights = Tensor::<D>::from_data(TensorData::new(weights, dims), (&output.device(), DType::F64));
    (output * weights).sum()
}
