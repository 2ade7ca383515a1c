//! Lagrangians: convex functions of a layer's state whose gradients are its activations.

mod exponential;
mod ghost_softmax;
mod identity;
mod layer_norm;
mod numerics;
mod rectified_exponential;
mod rectified_polynomial;
mod sigmoid;
mod softmax;
mod spherical_norm;
mod tanh;

pub use exponential::Exponential;
pub use ghost_softmax::GhostSoftmax;
pub use identity::Identity;
pub use layer_norm::LayerNorm;
pub use rectified_exponential::RectifiedExponential;
pub use rectified_polynomial::RectifiedPolynomial;
pub use sigmoid::Sigmoid;
pub use softmax::Softmax;
pub use spherical_norm::SphericalNorm;
pub use tanh::Tanh;

use burn::tensor::Tensor;

use super::{Misfit, Parameter};

/// A Lagrangian at a state.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// `L(x)` of each sample, `(batch)`.
    pub value: Tensor<1>,
    /// `g = dL/dx`, of the shape of the state.
    pub activation: Tensor<3>,
}

/// A convex function `L` of the state `x` of a layer. Its gradient `g = dL/dx` is the activation, and the energy of
/// the layer is `x . g - L(x)` (Krotov and Hopfield 2021).
///
/// One function is enough for a new one. In `f64`, multiply with `beta.recip()` rather than divide by a number: the
/// derivative of that division is rounded to `f32` in Burn 0.22. Both results come from differentiable operations, so that training can
/// follow the activation through the steps of a relaxation with automatic differentiation of first order.
///
/// ```
/// use attractor_nets::energy::{Evaluated, Lagrangian};
/// use burn::tensor::Tensor;
///
/// /// `sum (x^2 / 2 + x^4 / 4)`.
/// #[derive(Debug)]
/// struct Quartic;
///
/// impl Lagrangian for Quartic {
///     fn evaluate(&self, state: Tensor<3>, _parameters: &[Tensor<2>]) -> Evaluated {
///         let [batch, ..] = state.dims();
///         let square = state.clone().square();
///         let value = (square.clone() / 2.0 + square.clone().square() / 4.0).sum_dim(2).sum_dim(1);
///         Evaluated { value: value.reshape([batch]), activation: state.clone() + state * square }
///     }
/// }
/// ```
pub trait Lagrangian: std::fmt::Debug + Send + Sync {
    /// Value and activation at `state`, with the tensors of [`Lagrangian::parameters`] in their order.
    fn evaluate(&self, state: Tensor<3>, parameters: &[Tensor<2>]) -> Evaluated;

    /// The activation alone, for where the value costs something.
    fn activation(&self, state: Tensor<3>, parameters: &[Tensor<2>]) -> Tensor<3> {
        self.evaluate(state, parameters).activation
    }

    /// A name for reports.
    fn name(&self) -> &'static str {
        "own Lagrangian"
    }

    /// What it learns, in a layer with so many neurons at each position. Nothing by default.
    fn parameters(&self, _width: usize) -> Vec<Parameter> {
        Vec::new()
    }

    /// Whether the activation of a neuron depends on that neuron only. Where it does not, clamping some neurons of
    /// the layer voids the guarantee that the energy falls.
    fn is_elementwise(&self) -> bool {
        false
    }

    /// Whether its numbers are within their ranges.
    ///
    /// # Errors
    /// [`Misfit`].
    fn check(&self) -> Result<(), Misfit> {
        Ok(())
    }
}
