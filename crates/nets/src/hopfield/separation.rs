//! Which separation a layer has.

use burn::module::{Module, Param};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::association::Separation;

/// How scores become weights; see [`Separation`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SeparationConfig {
    /// Softmax.
    Softmax,
    /// Softmax with one phantom pattern of score and value zero.
    Softmax1,
    /// Sparsemax.
    Sparsemax,
    /// Entmax with this alpha, above 1 and at most 2.
    Entmax(f64),
    /// Entmax with an alpha per head that is learned, from this one on. It stays between 1.05 and 2.
    EntmaxTrainable(f64),
    /// Softmax over so many of the largest scores.
    TopK(usize),
}

const LEAST_ALPHA: f64 = 1.05;

/// The separation with what it learns.
#[derive(Module, Debug)]
pub(super) struct Separating {
    #[module(skip)]
    config: SeparationConfig,
    /// `alpha = 1.05 + 0.95 sigmoid(.)`, `(H)`.
    pub(super) alpha: Option<Param<Tensor<1>>>,
}

impl Separating {
    pub(super) fn new(config: SeparationConfig, heads: usize, device: &Device) -> Result<Self, Error> {
        let mut alpha = None;
        match config {
            SeparationConfig::Entmax(value) if !(value > 1.0 && value <= 2.0) => {
                return Err(Error::Parameter { name: "alpha", value, limit: "above 1 and at most 2" });
            }
            SeparationConfig::EntmaxTrainable(value) => {
                if !(value > LEAST_ALPHA && value < 2.0) {
                    return Err(Error::Parameter { name: "alpha", value, limit: "above 1.05 and below 2" });
                }
                let share = (value - LEAST_ALPHA) / (2.0 - LEAST_ALPHA);
                let raw = (share / (1.0 - share)).ln();
                alpha = Some(Param::from_tensor(Tensor::full([heads], raw, device)));
            }
            SeparationConfig::TopK(0) => {
                return Err(Error::Parameter { name: "k", value: 0.0, limit: "at least 1" });
            }
            _ => {}
        }
        Ok(Self { config, alpha })
    }

    /// For scores of the type and on the device of `like`.
    pub(super) fn at(&self, like: &Tensor<1>) -> Separation {
        match (self.config, &self.alpha) {
            (SeparationConfig::Softmax, _) => Separation::Softmax,
            (SeparationConfig::Softmax1, _) => Separation::Softmax1,
            (SeparationConfig::Sparsemax, _) => Separation::Sparsemax,
            (SeparationConfig::TopK(k), _) => Separation::TopK(k),
            (_, Some(raw)) => Separation::Entmax(sigmoid(raw.val()) * (2.0 - LEAST_ALPHA) + LEAST_ALPHA),
            (SeparationConfig::Entmax(alpha) | SeparationConfig::EntmaxTrainable(alpha), None) => {
                Separation::Entmax(Tensor::full([1], alpha, (&like.device(), like.dtype())))
            }
        }
    }
}
