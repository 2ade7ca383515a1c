//! Synapses: energies of the activations of the layers that they join.

mod attention;
mod bias;
mod convolution;
mod dense;
mod hyperedge;
mod memory;
mod pooling;

pub use attention::{Attention, Diagonal};
pub use bias::Bias;
pub use convolution::Convolution;
pub use dense::Dense;
pub use hyperedge::Hyperedge;
pub use memory::{Memory, Profile};
pub use pooling::Pooling;

use burn::tensor::Tensor;

use super::{Misfit, Parameter, Shape};

/// What a synapse joins, at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Ends<'a> {
    /// Shapes of the layers at its ends.
    pub shapes: &'a [Shape],
    /// Their activations, `(batch, positions, width)` each.
    pub activations: &'a [Tensor<3>],
    /// The tensors of [`Synapse::parameters`], in their order.
    pub parameters: &'a [Tensor<2>],
}

impl Ends<'_> {
    pub(super) fn batch(&self) -> usize {
        self.activations[0].dims()[0]
    }

    /// Activations with all neurons in a row, `(batch, neurons)`.
    pub(super) fn flat(&self, end: usize) -> Tensor<2> {
        self.activations[end].clone().reshape([self.batch(), self.shapes[end].neurons()])
    }
}

/// How the energy of a synapse bends along the activation at one of its ends, the others held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curvature {
    /// Linear: the gradient at this end depends on the other ends only.
    Linear,
    /// Nowhere above its tangents.
    Concave,
    /// Neither is known.
    Any,
}

/// An energy between layers. Energy and gradient come from differentiable operations, so that training can follow
/// the gradient through the steps of a relaxation with automatic differentiation of first order.
///
/// ```
/// use attractor_nets::energy::{Curvature, Ends, Misfit, Shape, Synapse};
/// use burn::tensor::Tensor;
///
/// /// `|g_1 - g_2|^2 / 2`: draws two layers together.
/// #[derive(Debug)]
/// struct Spring;
///
/// impl Synapse for Spring {
///     fn name(&self) -> &'static str {
///         "spring"
///     }
///
///     fn check(&self, shapes: &[Shape]) -> Result<(), Misfit> {
///         Misfit::ends(2, shapes)?;
///         match shapes[0] == shapes[1] {
///             true => Ok(()),
///             false => Err(Misfit::Shape { end: 1, expected: shapes[0], found: shapes[1] }),
///         }
///     }
///
///     fn energy(&self, ends: Ends<'_>) -> Tensor<1> {
///         let [batch, ..] = ends.activations[0].dims();
///         let apart = ends.activations[0].clone() - ends.activations[1].clone();
///         (apart.square() / 2.0).sum_dim(2).sum_dim(1).reshape([batch])
///     }
///
///     fn gradient(&self, ends: Ends<'_>, end: usize) -> Tensor<3> {
///         ends.activations[end].clone() - ends.activations[1 - end].clone()
///     }
/// }
/// ```
pub trait Synapse: std::fmt::Debug + Send + Sync {
    /// Its kind, for reports.
    fn name(&self) -> &'static str;

    /// Whether it can join layers of these shapes, and whether its numbers are within their ranges.
    ///
    /// # Errors
    /// [`Misfit`].
    fn check(&self, shapes: &[Shape]) -> Result<(), Misfit>;

    /// What it learns, between layers that were checked. Nothing by default.
    fn parameters(&self, _shapes: &[Shape]) -> Vec<Parameter> {
        Vec::new()
    }

    /// How its energy bends along the activation at this end. A relaxation computes what is linear in a free layer
    /// and depends on clamped ones only once; and it takes fixed-point steps only where nothing is [`Curvature::Any`].
    fn curvature(&self, _end: usize) -> Curvature {
        Curvature::Any
    }

    /// Whether training may follow its gradient; where it may not, only local credit is assigned.
    fn is_differentiable(&self) -> bool {
        true
    }

    /// The energy of each sample, `(batch)`.
    fn energy(&self, ends: Ends<'_>) -> Tensor<1>;

    /// Its gradient with respect to the activation at this end, of the shape of that.
    fn gradient(&self, ends: Ends<'_>, end: usize) -> Tensor<3>;
}

/// The inner product of each sample, `(batch)`.
pub(super) fn inner(a: Tensor<3>, b: Tensor<3>) -> Tensor<1> {
    let [batch, ..] = a.dims();
    (a * b).sum_dim(2).sum_dim(1).reshape([batch])
}
