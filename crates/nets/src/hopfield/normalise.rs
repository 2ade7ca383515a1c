//! Layer normalisation that can be off.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::dense::{Affine, standardised};

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
        // In single precision, in which it is added.
        if !(epsilon.is_finite() && epsilon as f32 > 0.0) {
            return Err(Error::Parameter { name, value: epsilon, limit: "finite and at least 1e-45" });
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

    /// Normalised over the last axis.
    pub(super) fn forward<const D: usize>(&self, patterns: Tensor<D>) -> Tensor<D> {
        self.weighed(standardised(patterns, self.epsilon))
    }

    /// The same of standardised rows.
    pub(super) fn weighed<const D: usize>(&self, rows: Tensor<D>) -> Tensor<D> {
        let mut dims = [1; D];
        dims[D - 1] = rows.dims()[D - 1];
        let rows = match &self.weight {
            Some(weight) => rows * weight.val().reshape(dims),
            None => rows,
        };
        match &self.bias {
            Some(bias) => rows + bias.val().reshape(dims),
            None => rows,
        }
    }

    /// Mean 0 and variance 1: what [`Norm::folded`] takes.
    pub(super) fn standardised(&self, patterns: Tensor<3>) -> Tensor<3> {
        standardised(patterns, self.epsilon)
    }

    /// Whether both make the same of the same patterns, but for their weights.
    pub(super) fn like(&self, other: &Self) -> bool {
        self.epsilon == other.epsilon
    }

    /// The map that makes of standardised patterns what `linear` makes of normalised ones:
    /// `(x g + b) W + c = x (g W) + (b W + c)`. Matrices are small where patterns are many.
    pub(super) fn folded(&self, linear: &Linear) -> Affine {
        let mut map = Affine::of(linear);
        if let Some(bias) = &self.bias {
            let [inputs, outputs] = map.weight.dims();
            let moved = bias.val().reshape([1, inputs]).matmul(map.weight.clone()).reshape([outputs]);
            map.bias = Some(match map.bias {
                Some(bias) => bias + moved,
                None => moved,
            });
        }
        map.weight = self.scaled(linear);
        map
    }

    /// `g W` of [`Norm::folded`].
    pub(super) fn scaled(&self, linear: &Linear) -> Tensor<2> {
        let map = linear.weight.val();
        let [inputs, _] = map.dims();
        match &self.weight {
            Some(weight) => map * weight.val().reshape([inputs, 1]),
            None => map,
        }
    }
}
