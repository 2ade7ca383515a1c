//! Dropping what a network must not rely on.

use burn::tensor::{Bool, Device, Tensor, TensorData};
use rand::{Rng, RngExt};

use crate::Error;
use crate::training::{Padded, keep};

/// The padding with further instances masked, each with probability `dropped`; one at least stays in every bag.
pub(super) fn thinned(bags: &Padded, dropped: f64, device: &Device, rng: &mut impl Rng) -> Tensor<2, Bool> {
    let longest = bags.lengths.iter().copied().max().unwrap_or(0);
    let mut padding = Vec::with_capacity(bags.lengths.len() * longest);
    for &length in &bags.lengths {
        let start = padding.len();
        padding.extend((0..longest).map(|row| row >= length || rng.random::<f64>() < dropped));
        if padding[start..].iter().all(|&masked| masked) {
            padding[start + rng.random_range(0..length)] = false;
        }
    }
    Tensor::from_data(TensorData::new(padding, [bags.lengths.len(), longest]), device)
}

/// The features with entries dropped, which are 0 then; the others grow, so that the mean stays.
pub(super) fn dropped<const D: usize>(features: Tensor<D>, share: f64, rng: &mut impl Rng) -> Tensor<D> {
    if share == 0.0 {
        return features;
    }
    let mask = keep(features.dims(), share, &features.device(), rng);
    features * mask
}

/// A share that can be dropped.
pub(super) fn check(name: &'static str, share: f64) -> Result<(), Error> {
    if (0.0..1.0).contains(&share) {
        return Ok(());
    }
    Err(Error::Parameter { name, value: share, limit: "at least 0 and below 1" })
}
