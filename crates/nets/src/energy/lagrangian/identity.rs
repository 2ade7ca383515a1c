//! The identity.

use burn::tensor::Tensor;

use super::numerics::total;
use super::{Evaluated, Lagrangian};

/// `L = sum x^2 / 2`, activation `x`.
///
/// ```
/// use attractor_nets::energy::{Identity, Lagrangian};
/// use burn::tensor::{Device, Tensor};
///
/// let state = Tensor::<3>::from_data([[[1.0, -2.0, 0.5]]], &Device::flex());
/// assert_eq!(Identity.evaluate(state, &[]).value.into_scalar::<f32>(), 2.625);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity;

impl Lagrangian for Identity {
    fn evaluate(&self, state: Tensor<3>, _parameters: &[Tensor<2>]) -> Evaluated {
        Evaluated { value: total(state.clone().square()) * 0.5, activation: state }
    }

    fn activation(&self, state: Tensor<3>, _parameters: &[Tensor<2>]) -> Tensor<3> {
        state
    }

    fn name(&self) -> &'static str {
        "identity"
    }

    fn is_elementwise(&self) -> bool {
        true
    }
}
