//! How weights are drawn: normal with deviation 0.02, so that the association starts nearly uniform.

use std::f64::consts::TAU;

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt};

const DEVIATION: f64 = 0.02;

pub(super) fn normal<const D: usize>(
    dims: [usize; D],
    device: &Device,
    rng: &mut impl Rng,
) -> Param<Tensor<D>> {
    let count = dims.iter().product();
    let numbers: Vec<f32> = (0..count).map(|_| (DEVIATION * gaussian(rng)) as f32).collect();
    Param::from_tensor(Tensor::from_data(TensorData::new(numbers, dims), device))
}

pub(super) fn zeros<const D: usize>(dims: [usize; D], device: &Device) -> Param<Tensor<D>> {
    Param::from_tensor(Tensor::zeros(dims, device))
}

/// Box and Muller 1958.
fn gaussian(rng: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (TAU * rng.random::<f64>()).cos()
}
