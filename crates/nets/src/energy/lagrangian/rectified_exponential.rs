//! The rectified exponential.

use burn::tensor::Tensor;

use super::numerics::{exponential, total};
use super::{Evaluated, Lagrangian};
use crate::energy::Misfit;

/// `L = sum (exp(beta max(x, 0)) / beta - max(x, 0))`, activation `exp(beta max(x, 0)) - 1`. An activation stays at
/// 1e28 once it reached that.
///
/// ```
/// use attractor_nets::energy::{Lagrangian, RectifiedExponential};
/// use burn::tensor::{Device, Tensor};
///
/// let state = Tensor::<3>::from_data([[[-3.0, 0.0]]], &Device::flex());
/// let silent = RectifiedExponential { beta: 1.0 }.activation(state, &[]);
/// assert_eq!(silent.try_into_vec_as::<f32>().unwrap(), [0.0, 0.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RectifiedExponential {
    /// Steepness, above 0.
    pub beta: f64,
}

impl Lagrangian for RectifiedExponential {
    fn evaluate(&self, state: Tensor<3>, _parameters: &[Tensor<2>]) -> Evaluated {
        let above = state.clamp_min(0.0);
        let [slope, value] = exponential(above.clone() * self.beta);
        Evaluated { value: total(value * self.beta.recip() - above), activation: slope - 1.0 }
    }

    fn name(&self) -> &'static str {
        "rectified exponential"
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), Misfit> {
        Misfit::positive("beta", self.beta)
    }
}
