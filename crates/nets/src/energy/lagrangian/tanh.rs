//! The hyperbolic tangent.

use std::f64::consts::LN_2;

use burn::tensor::Tensor;

use super::numerics::{log1p_exp_neg, total};
use super::{Evaluated, Lagrangian};
use crate::energy::Misfit;

/// `L = sum ln cosh(beta x) / beta`, activation `tanh(beta x)`.
///
/// ```
/// use attractor_nets::energy::{Lagrangian, Tanh};
/// use burn::tensor::{Device, Tensor};
///
/// let far = Tensor::<3>::full([1, 1, 1], 1e4, &Device::flex());
/// assert_eq!(Tanh { beta: 1.0 }.activation(far, &[]).into_scalar::<f32>(), 1.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tanh {
    /// Steepness, above 0.
    pub beta: f64,
}

impl Lagrangian for Tanh {
    fn evaluate(&self, state: Tensor<3>, parameters: &[Tensor<2>]) -> Evaluated {
        let activation = self.activation(state.clone(), parameters);
        let far = (state * self.beta).abs();
        let value = total(far.clone() + log1p_exp_neg(far * 2.0) - LN_2) * self.beta.recip();
        Evaluated { value, activation }
    }

    fn activation(&self, state: Tensor<3>, _parameters: &[Tensor<2>]) -> Tensor<3> {
        (state * self.beta).tanh()
    }

    fn name(&self) -> &'static str {
        "tanh"
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), Misfit> {
        Misfit::positive("beta", self.beta)
    }
}
