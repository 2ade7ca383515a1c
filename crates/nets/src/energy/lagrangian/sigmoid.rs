//! The logistic function.

use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;

use super::numerics::{log1p_exp_neg, total};
use super::{Evaluated, Lagrangian};
use crate::energy::Misfit;

/// `L = (scale / beta) sum ln(1 + exp(beta x))`, activation `scale sigmoid(beta x)`.
///
/// ```
/// use attractor_nets::energy::{Lagrangian, Sigmoid};
/// use burn::tensor::{Device, Tensor};
///
/// let zero = Tensor::<3>::zeros([1, 1, 1], &Device::flex());
/// let half = Sigmoid { beta: 3.0, scale: 2.0 }.activation(zero, &[]);
/// assert_eq!(half.into_scalar::<f32>(), 1.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sigmoid {
    /// Steepness, above 0.
    pub beta: f64,
    /// Largest activation, above 0.
    pub scale: f64,
}

impl Lagrangian for Sigmoid {
    fn evaluate(&self, state: Tensor<3>, parameters: &[Tensor<2>]) -> Evaluated {
        let activation = self.activation(state.clone(), parameters);
        let y = state * self.beta;
        let far = y.clone().abs();
        // Halves of y and |y| rather than max(y, 0): the derivative at 0 is then 1/2, not 0.
        let value = total((y + far.clone()) * 0.5 + log1p_exp_neg(far)) * (self.scale / self.beta);
        Evaluated { value, activation }
    }

    fn activation(&self, state: Tensor<3>, _parameters: &[Tensor<2>]) -> Tensor<3> {
        sigmoid(state * self.beta) * self.scale
    }

    fn name(&self) -> &'static str {
        "sigmoid"
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), Misfit> {
        Misfit::positive("beta", self.beta)?;
        Misfit::positive("scale", self.scale)
    }
}
