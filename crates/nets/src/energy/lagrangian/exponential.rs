//! The exponential.

use burn::tensor::Tensor;

use super::numerics::{exponential, total};
use super::{Evaluated, Lagrangian};
use crate::energy::Misfit;

/// `L = sum exp(beta x) / beta`, activation `exp(beta x)`. An activation stays at 1e28 once it reached that.
///
/// ```
/// use attractor_nets::energy::{Exponential, Lagrangian};
/// use burn::tensor::{Device, Tensor};
///
/// let zero = Tensor::<3>::zeros([1, 1, 4], &Device::flex());
/// assert_eq!(Exponential { beta: 2.0 }.evaluate(zero, &[]).value.into_scalar::<f32>(), 2.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exponential {
    /// Steepness, above 0.
    pub beta: f64,
}

impl Lagrangian for Exponential {
    fn evaluate(&self, state: Tensor<3>, _parameters: &[Tensor<2>]) -> Evaluated {
        let [activation, value] = exponential(state * self.beta);
        Evaluated { value: total(value) * self.beta.recip(), activation }
    }

    fn name(&self) -> &'static str {
        "exponential"
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), Misfit> {
        Misfit::positive("beta", self.beta)
    }
}
