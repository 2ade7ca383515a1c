//! Softmax with a phantom neuron.

use burn::tensor::Tensor;

use super::numerics::total;
use super::{Evaluated, Lagrangian};
use crate::energy::Misfit;

/// `L = (1/beta) ln(1 + sum exp(beta x))` over the width, summed over the positions; activation
/// `exp(beta x) / (1 + sum exp(beta x))`: softmax with one more neuron that rests at 0, so that all may be silent.
///
/// ```
/// use attractor_nets::energy::{GhostSoftmax, Lagrangian};
/// use burn::tensor::{Device, Tensor};
///
/// let zero = Tensor::<3>::zeros([1, 1, 1], &Device::flex());
/// assert_eq!(GhostSoftmax { beta: 1.0 }.activation(zero, &[]).into_scalar::<f32>(), 0.5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GhostSoftmax {
    /// Inverse temperature, above 0.
    pub beta: f64,
}

impl Lagrangian for GhostSoftmax {
    fn evaluate(&self, state: Tensor<3>, _parameters: &[Tensor<2>]) -> Evaluated {
        let largest = state.clone().detach().max_dim(2).clamp_min(0.0);
        let terms = ((state - largest.clone()) * self.beta).exp();
        let ghost = (largest.clone() * -self.beta).exp();
        let sum = terms.clone().sum_dim(2) + ghost;
        Evaluated { value: total(largest + sum.clone().log() * self.beta.recip()), activation: terms / sum }
    }

    fn name(&self) -> &'static str {
        "ghost softmax"
    }

    fn check(&self) -> Result<(), Misfit> {
        Misfit::positive("beta", self.beta)
    }
}
