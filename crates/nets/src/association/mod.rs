//! The association: state patterns look stored patterns up, and read their values.
//!
//! With state patterns `q`, stored patterns `k` and values `v`, all per head, and `separation` a function from
//! scores to weights,
//!
//! ```text
//! p = separation(beta q k^T + mask)      q <- p k      (once per update step)
//! o = p v                                              (after the last one)
//! ```
//!
//! With softmax this is the update of the modern Hopfield network, and with no update step it is the attention of
//! transformers (Ramsauer et al. 2021). The steps are unrolled, so that Burn's automatic differentiation follows
//! them; the energy of the states never rises over them.

mod energy;
mod mask;
mod plain;
mod separation;
mod sparse;

pub use energy::energies;
pub use mask::Mask;
pub use separation::Separation;

use burn::nn::Dropout;
use burn::tensor::{Bool, Int, Tensor};

use crate::Error;

/// What meets in an association, per head; all of one type, on one device. `N` batch, `H` heads, `L` state patterns, `S` stored patterns, `c` depth
/// of the association, `cv` depth of the values.
#[derive(Debug, Clone)]
pub struct Patterns {
    /// State patterns, `(N, H, L, c)`.
    pub state: Tensor<4>,
    /// Stored patterns, `(N, H, S, c)`.
    pub stored: Tensor<4>,
    /// Values of the stored patterns, `(N, H, S, cv)`.
    pub values: Tensor<4>,
    /// Inverse temperature of each head, `(H)`.
    pub beta: Tensor<1>,
    /// What may not be associated, and what is added to the scores.
    pub mask: Mask,
}

/// How the states move.
#[derive(Debug, Clone)]
pub struct Dynamics {
    /// From scores to weights.
    pub separation: Separation,
    /// Update steps of each head, `(H)`. 0 is one look, as in attention.
    pub steps: Vec<usize>,
    /// Of each head: a state rests after a step with `|q' - q| <= tolerance (1 + |q|)`. Each query for itself, so
    /// that no other decides when it stops. `None` takes exactly the number of steps, and never waits for the
    /// device.
    pub tolerance: Option<Vec<f64>>,
    /// Dropout of the weights that read the values; those of the updates are never dropped.
    pub dropout: Option<Dropout>,
}

/// What an association gives.
#[derive(Debug, Clone)]
pub struct Retrieved {
    /// The values read, `(N, H, L, cv)`. Zeros where every stored pattern is masked.
    pub values: Tensor<4>,
    /// The states that read them, `(N, H, L, c)`.
    pub states: Tensor<4>,
    /// When each query rested; `None` without a tolerance.
    pub progress: Option<Progress>,
}

/// When each query rested.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Update steps taken, `(N, H, L)`.
    pub steps: Tensor<3, Int>,
    /// Whether the last of them stayed within the tolerance, `(N, H, L)`; otherwise the step limit ended it.
    pub converged: Tensor<3, Bool>,
}

/// Associates. The one place that chooses how: everything else calls this.
///
/// # Errors
/// [`Error::Shape`] for patterns, betas, steps or masks whose sizes do not fit together, [`Error::Type`] for those of
/// different types; [`Error::Parameter`] where there is nothing along an axis, and for top-k of none; [`Error::Device`] when a tolerance is asked for and the
/// device does not answer.
///
/// ```
/// use attractor_nets::association::{Dynamics, Mask, Patterns, Separation, associate};
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let stored = Tensor::<4>::from_data([[[[1.0, 0.0], [0.0, 1.0]]]], &device);
/// let patterns = Patterns {
///     state: Tensor::from_data([[[[0.9, 0.2]]]], &device),
///     values: stored.clone(),
///     stored,
///     beta: Tensor::from_data([16.0], &device),
///     mask: Mask::none(),
/// };
/// let dynamics =
///     Dynamics { separation: Separation::Softmax, steps: vec![2], tolerance: None, dropout: None };
/// let read = associate(patterns, &dynamics)?.values.try_into_vec_as::<f32>();
/// assert!(read.is_ok_and(|read| read[0] > 0.999));
/// # Ok::<(), attractor_nets::Error>(())
/// ```
pub fn associate(patterns: Patterns, dynamics: &Dynamics) -> Result<Retrieved, Error> {
    patterns.check(dynamics)?;
    plain::associate(patterns, dynamics)
}

/// The weights `(N, H, L, S)` with which the states after the last update read the values, before dropout. Each
/// row sums to 1 (with softmax1: to less), or to 0 where every stored pattern is masked.
///
/// # Errors
/// As [`associate`].
pub fn weights(patterns: Patterns, dynamics: &Dynamics) -> Result<Tensor<4>, Error> {
    patterns.check(dynamics)?;
    plain::weights(patterns, dynamics)
}

impl Patterns {
    fn check(&self, dynamics: &Dynamics) -> Result<(), Error> {
        let [batch, heads, states, depth] = self.state.dims();
        let [_, _, stored, _] = self.stored.dims();
        let [.., value_depth] = self.values.dims();
        let sizes = [batch, heads, states, depth, stored, value_depth];
        let names = ["batch", "heads", "state patterns", "depth", "stored patterns", "depth of the values"];
        for (name, size) in names.into_iter().zip(sizes) {
            Error::at_least_one(name, size)?;
        }
        let dtype = self.state.dtype();
        Error::dtype("stored patterns", dtype, self.stored.dtype())?;
        Error::dtype("values", dtype, self.values.dtype())?;
        Error::dtype("beta", dtype, self.beta.dtype())?;
        Error::shape("stored patterns", &[batch, heads, stored, depth], &self.stored.dims())?;
        Error::shape("values", &[batch, heads, stored, value_depth], &self.values.dims())?;
        Error::shape("beta", &[heads], &self.beta.dims())?;
        Error::shape("update steps", &[heads], &[dynamics.steps.len()])?;
        if let Some(tolerance) = &dynamics.tolerance {
            Error::shape("tolerances", &[heads], &[tolerance.len()])?;
        }
        dynamics.separation.check(heads, dtype)?;
        self.mask.check([batch, heads, states, stored], dtype)
    }
}
