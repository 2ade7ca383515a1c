//! Layer normalisation that can be off.

use burn::module::{Module, Param};
use burn::tensor::module::layer_norm;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Layer normalisation of one role (Ba et al. 2016): mean 0 and variance 1 over the depth of each pattern.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Normalise {
    /// Patterns stay as they are.
    Off,
    /// Normalised; the number is added to the variance.
    Plain(f64),
    /// Normalised, then scaled and shifted by trainable weights; the number is added to the variance.
    Affine(f64),
}

#[derive(Module, Debug)]
pub(super) struct Norm {
    pub(super) weight: Option<Param<Tensor<1>>>,
    pub(super) bias: Option<Param<Tensor<1>>>,
    epsilon: f64,
}

impl Norm {
    /// `None` when off.
    pub(super) fn new(
        option: Normalise,
        name: &'static str,
        depth: Option<usize>,
        device: &Device,
    ) -> Result<Option<Self>, Error> {
        let epsilon = match option {
            Normalise::Off => return Ok(None),
            Normalise::Plain(epsilon) | Normalise::Affine(epsilon) => epsilon,
        };
        if !(epsilon.is_finite() && epsilon > 0.0) {
            return Err(Error::Parameter { name, value: epsilon, limit: "finite and above 0" });
        }
        if option == Normalise::Plain(epsilon) {
            return Ok(Some(Self { weight: None, bias: None, epsilon }));
        }
        let reason = "trainable normalisation needs the depth: give input_size, or turn it off";
        let depth = depth.ok_or(Error::Options { option: name, reason })?;
        Ok(Some(Self {
            weight: Some(Param::from_tensor(Tensor::ones([depth], device))),
            bias: Some(Param::from_tensor(Tensor::zeros([depth], device))),
            epsilon,
        }))
    }

    pub(super) fn forward<const D: usize>(&self, patterns: Tensor<D>) -> Tensor<D> {
        let weight = match &self.weight {
            Some(weight) => weight.val(),
            None => Tensor::ones([patterns.dims()[D - 1]], (&patterns.device(), patterns.dtype())),
        };
        layer_norm(patterns, weight, self.bias.as_ref().map(Param::val), self.epsilon)
    }
}
