//! An energy of any layers, given as a function.

use std::fmt;
use std::sync::Arc;

use burn::tensor::Tensor;

use super::{Ends, Synapse};
use crate::energy::{Misfit, Shape};

type Energy = dyn Fn(&[Tensor<3>]) -> Tensor<1> + Send + Sync;

/// Any energy of any number of layers. Its gradient comes from automatic differentiation, which is of first order:
/// relaxation follows it, but training through the steps cannot, and is refused. It has no parameters.
///
/// ```
/// use attractor_nets::energy::Hyperedge;
/// use burn::tensor::Tensor;
///
/// // Three layers of one shape, neuron by neuron.
/// let product = Hyperedge::new("product", |g: &[Tensor<3>]| {
///     let [batch, ..] = g[0].dims();
///     (g[0].clone() * g[1].clone() * g[2].clone()).neg().sum_dim(2).sum_dim(1).reshape([batch])
/// });
/// ```
#[derive(Clone)]
pub struct Hyperedge {
    name: &'static str,
    energy: Arc<Energy>,
}

impl Hyperedge {
    /// The energy `(batch)` of the activations `(batch, positions, width)` of the layers that it will join. Each
    /// sample's energy may depend on that sample only.
    pub fn new(
        name: &'static str,
        energy: impl Fn(&[Tensor<3>]) -> Tensor<1> + Send + Sync + 'static,
    ) -> Self {
        Self { name, energy: Arc::new(energy) }
    }
}

impl fmt::Debug for Hyperedge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hyperedge").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Synapse for Hyperedge {
    fn name(&self) -> &'static str {
        self.name
    }

    fn check(&self, shapes: &[Shape]) -> Result<(), Misfit> {
        Misfit::at_least_one("layers", shapes.len())
    }

    fn is_differentiable(&self) -> bool {
        false
    }

    fn energy(&self, ends: Ends<'_>) -> Tensor<1> {
        (self.energy)(ends.activations)
    }

    fn gradient(&self, ends: Ends<'_>, end: usize) -> Tensor<3> {
        let constant = |tensor: &Tensor<3>| tensor.clone().without_autodiff().autodiff();
        let mut leaves: Vec<Tensor<3>> = ends.activations.iter().map(constant).collect();
        leaves[end] = leaves[end].clone().require_grad();
        let energy = (self.energy)(&leaves);
        let still = || ends.activations[end].clone().without_autodiff().zeros_like();
        if !energy.is_tracked() {
            return still();
        }
        leaves[end].grad(&energy.sum().backward()).unwrap_or_else(still)
    }
}
