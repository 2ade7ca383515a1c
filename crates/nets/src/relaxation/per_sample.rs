//! Numbers per sample, from the device and to it.

use burn::tensor::{Tensor, TensorData};

use super::RelaxationError;

/// The numbers of a tensor.
pub(crate) fn numbers<const D: usize>(
    tensor: Tensor<D>,
    place: &'static str,
) -> Result<Vec<f64>, RelaxationError> {
    let tensor = tensor.without_autodiff();
    tensor
        .try_into_vec_as::<f64>()
        .map_err(|error| RelaxationError::Device { place, reason: error.to_string() })
}

/// One number for every sample, to multiply a block with.
pub(crate) fn spread(numbers: &[f64], like: &Tensor<3>) -> Tensor<3> {
    let data = TensorData::new(numbers.to_vec(), [numbers.len(), 1, 1]);
    Tensor::from_data(data, (&like.device(), like.dtype()))
}

/// The largest entry of every sample over all blocks, in magnitude.
pub(super) fn largest(blocks: &[Tensor<3>], place: &'static str) -> Result<Vec<f64>, RelaxationError> {
    let mut all: Vec<f64> = Vec::new();
    for block in blocks {
        let found = numbers(block.clone().abs().max_dim(2).max_dim(1), place)?;
        // A NaN that the maximum passed over shows in the sum.
        let sums = numbers(block.clone().sum_dim(2).sum_dim(1), place)?;
        let found = found.into_iter().zip(sums).map(|(x, sum)| if sum.is_nan() { f64::NAN } else { x });
        all = match all.is_empty() {
            true => found.collect(),
            false => all.iter().zip(found).map(|(&a, b)| larger(a, b)).collect(),
        };
    }
    Ok(all)
}

/// The larger, or NaN where one is.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}
