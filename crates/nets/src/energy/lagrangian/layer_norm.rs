//! Layer normalisation.

use burn::tensor::Tensor;

use super::numerics::total;
use super::{Evaluated, Lagrangian};
use crate::dense::standardised;
use crate::energy::{Draw, Misfit, Parameter};

/// At each position of width D `L = D gamma sqrt(var x + eps) + delta . x`, activation
/// `gamma (x - mean x) / sqrt(var x + eps) + delta`, with one gamma (1 at first) and a delta per neuron (0 at first),
/// both learned (Hoover et al. 2023). Convex while gamma is not negative.
///
/// ```
/// use attractor_nets::energy::{Lagrangian, LayerNorm};
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let state = Tensor::<3>::from_data([[[1.0, 3.0]]], &device);
/// let parameters = [Tensor::ones([1, 1], &device), Tensor::zeros([1, 2], &device)];
/// let normal = LayerNorm { eps: 1e-5 }.activation(state, &parameters).try_into_vec_as::<f32>().unwrap();
/// assert!((normal[0] + 1.0).abs() < 1e-4 && (normal[1] - 1.0).abs() < 1e-4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerNorm {
    /// Added to the variance, above 0; 1e-5 in the reference.
    pub eps: f64,
}

impl Lagrangian for LayerNorm {
    fn evaluate(&self, state: Tensor<3>, parameters: &[Tensor<2>]) -> Evaluated {
        let [gamma, delta] = [0, 1].map(|at| parameters[at].clone().unsqueeze::<3>());
        let width = state.dims()[2] as f64;
        let centred = state.clone() - state.clone().mean_dim(2);
        let deviation = (centred.clone().square().mean_dim(2) + self.eps).sqrt();
        let value = total(deviation.clone() * gamma.clone()) * width + total(state * delta.clone());
        Evaluated { value, activation: centred / deviation * gamma + delta }
    }

    fn activation(&self, state: Tensor<3>, parameters: &[Tensor<2>]) -> Tensor<3> {
        let [gamma, delta] = [0, 1].map(|at| parameters[at].clone().unsqueeze::<3>());
        standardised(state, self.eps) * gamma + delta
    }

    fn name(&self) -> &'static str {
        "layer norm"
    }

    fn parameters(&self, width: usize) -> Vec<Parameter> {
        scale_and_shift(width)
    }

    fn check(&self) -> Result<(), Misfit> {
        Misfit::positive("eps", self.eps)
    }
}

/// Gamma and delta.
pub(super) fn scale_and_shift(width: usize) -> Vec<Parameter> {
    vec![
        Parameter { name: "gamma", rows: 1, columns: 1, draw: Draw::Constant(1.0) },
        Parameter { name: "delta", rows: 1, columns: width, draw: Draw::Constant(0.0) },
    ]
}
