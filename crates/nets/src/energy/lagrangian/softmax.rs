//! Softmax.

use burn::tensor::Tensor;

use super::numerics::total;
use super::{Evaluated, Lagrangian};
use crate::energy::Misfit;

/// `L = (1/beta) ln sum exp(beta x)` over the width, summed over the positions; activation `softmax(beta x)`.
///
/// Adding a number to a whole position changes neither energy nor activation: compare activations, not states.
///
/// ```
/// use attractor_nets::energy::{Lagrangian, Softmax};
/// use burn::tensor::{Device, Tensor};
///
/// let zero = Tensor::<3>::zeros([1, 1, 9], &Device::flex());
/// let value = Softmax { beta: 1.0 }.evaluate(zero, &[]).value.into_scalar::<f32>();
/// assert!((value - 9_f32.ln()).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Softmax {
    /// Inverse temperature, above 0.
    pub beta: f64,
}

impl Lagrangian for Softmax {
    fn evaluate(&self, state: Tensor<3>, _parameters: &[Tensor<2>]) -> Evaluated {
        let largest = state.clone().detach().max_dim(2);
        let terms = ((state - largest.clone()) * self.beta).exp();
        let sum = terms.clone().sum_dim(2);
        Evaluated { value: total(largest + sum.clone().log() * self.beta.recip()), activation: terms / sum }
    }

    fn name(&self) -> &'static str {
        "softmax"
    }

    fn check(&self) -> Result<(), Misfit> {
        Misfit::positive("beta", self.beta)
    }
}
