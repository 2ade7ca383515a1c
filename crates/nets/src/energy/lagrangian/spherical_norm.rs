//! Normalisation to a sphere.

use burn::tensor::Tensor;

use super::layer_norm::scale_and_shift;
use super::numerics::total;
use super::{Evaluated, Lagrangian};
use crate::energy::{Misfit, Parameter};

/// At each position `L = gamma sqrt(x . x + eps) + delta . x`, activation `gamma x / sqrt(x . x + eps) + delta`, with
/// one gamma (1 at first) and a delta per neuron (0 at first), both learned. Convex while gamma is not negative.
///
/// ```
/// use attractor_nets::energy::{Lagrangian, SphericalNorm};
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let state = Tensor::<3>::from_data([[[3.0, 4.0]]], &device);
/// let parameters = [Tensor::ones([1, 1], &device), Tensor::zeros([1, 2], &device)];
/// let unit = SphericalNorm { eps: 1e-5 }.activation(state, &parameters).try_into_vec_as::<f32>().unwrap();
/// assert!((unit[0] - 0.6).abs() < 1e-5 && (unit[1] - 0.8).abs() < 1e-5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SphericalNorm {
    /// Added to the square of the length, above 0.
    pub eps: f64,
}

impl Lagrangian for SphericalNorm {
    fn evaluate(&self, state: Tensor<3>, parameters: &[Tensor<2>]) -> Evaluated {
        let [gamma, delta] = [0, 1].map(|at| parameters[at].clone().unsqueeze::<3>());
        let length = (state.clone().square().sum_dim(2) + self.eps).sqrt();
        let value = total(length.clone() * gamma.clone()) + total(state.clone() * delta.clone());
        Evaluated { value, activation: state / length * gamma + delta }
    }

    fn name(&self) -> &'static str {
        "spherical norm"
    }

    fn parameters(&self, width: usize) -> Vec<Parameter> {
        scale_and_shift(width)
    }

    fn check(&self) -> Result<(), Misfit> {
        Misfit::positive("eps", self.eps)
    }
}
