//! What is applied to the output.

use burn::tensor::Tensor;
use burn::tensor::activation::{leaky_relu, relu, sigmoid, tanh};
use serde::{Deserialize, Serialize};

use crate::selu::selu;

/// A function of every entry of the output, after the output projection.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x` above 0, and this much of it below.
    LeakyRelu(f64),
    /// Klambauer et al. 2017.
    Selu,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
}

impl Activation {
    pub(super) fn forward(self, output: Tensor<3>) -> Tensor<3> {
        match self {
            Self::Relu => relu(output),
            Self::LeakyRelu(slope) => leaky_relu(output, slope),
            Self::Selu => selu(output),
            Self::Sigmoid => sigmoid(output),
            Self::Tanh => tanh(output),
        }
    }
}
