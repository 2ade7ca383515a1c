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

mod dropout;
mod dynamics;
mod energy;
mod mask;
mod plain;
mod separation;
mod sparse;

pub use dropout::Dropout;
pub use dynamics::{Dynamics, Gradient, Progress, Retrieved};
pub use energy::energies;
pub use mask::Mask;
pub use separation::Separation;

use burn::tensor::{Device, Tensor};

use crate::Error;
use crate::fused;

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

/// Associates. The one place that chooses how: softmax and softmax1 in f32 on the CPU are one operation
/// ([`crate::fused`]), which never holds the scores; everything else is composed of Burn's own operations, and so is
/// an added mask with a gradient.
///
/// # Errors
/// [`Error::Shape`] for patterns, betas, steps or masks whose sizes do not fit together, [`Error::Type`] for those of
/// different types; [`Error::Parameter`] where there is nothing along an axis, for top-k of none, for a tolerance that is not
/// above 0 or not finite, and on the CPU for a beta that is negative or not finite; [`Error::Options`] for the gradient of a fixed point where the operation
/// that has it does not serve; [`Error::Device`] when a tolerance is asked for and the device does not answer.
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
/// let dynamics = Dynamics::new(Separation::Softmax, vec![2]);
/// let read = associate(patterns, &dynamics)?.values.try_into_vec_as::<f32>();
/// assert!(read.is_ok_and(|read| read[0] > 0.999));
/// # Ok::<(), attractor_nets::Error>(())
/// ```
pub fn associate(patterns: Patterns, dynamics: &Dynamics) -> Result<Retrieved, Error> {
    patterns.check(dynamics)?;
    match fused::serves(&patterns, dynamics) {
        true => fused::associate(patterns, dynamics),
        false => plain::associate(patterns, dynamics),
    }
}

/// The same in Burn's own operations, whatever the device: what [`associate`] falls back to, and what it is checked
/// against. It holds the scores of all queries and patterns, of every step.
///
/// # Errors
/// As [`associate`].
pub fn composed(patterns: Patterns, dynamics: &Dynamics) -> Result<Retrieved, Error> {
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
            tolerance.iter().copied().try_for_each(fused::check_tolerance)?;
        }
        dynamics.gradient.check(&dynamics.steps, dynamics.tolerance.as_deref())?;
        dynamics.dropout.map_or(Ok(()), Dropout::check)?;
        dynamics.separation.check(heads, dtype)?;
        self.mask.check([batch, heads, states, stored], dtype)?;
        self.betas()?.into_iter().try_for_each(fused::check_beta)
    }

    /// On the CPU; none where a device would have to be waited for.
    fn betas(&self) -> Result<Vec<f64>, Error> {
        if self.beta.device() != Device::flex() {
            return Ok(Vec::new());
        }
        let betas = self.beta.clone().without_autodiff().try_into_vec_as::<f64>();
        betas.map_err(|error| Error::device("beta", &error))
    }
}
