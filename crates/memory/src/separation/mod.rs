//! Separation: how scores become weights.
//!
//! A separation is the gradient of a convex function: with scores `theta = beta * similarity`,
//! weights `p = grad conjugate(theta)`. That single fact gives every memory its energy and the proof
//! that recall never raises it (Hopfield-Fenchel-Young: arXiv 2411.08590).
//!
//! Adding one means one file: implement [`Separate`], and hand it to the builder with
//! [`Separation::custom`]. A file of this folder also adds its constructor to [`Separation`], and one
//! line to the list in `parse.rs` makes it known by name.
//!
//! | name | weights | conjugate | paper |
//! | --- | --- | --- | --- |
//! | `identity` | `theta` | `sum theta^2 / 2` | Hopfield 1982 |
//! | `polynomial(n)`, `rectified(n)` | `n theta^(n-1)` | `sum theta^n` | Krotov and Hopfield 2016 |
//! | `exponential` | `exp theta` | `sum exp theta` | Demircigil et al. 2017 |
//! | `softmax` | `exp theta / sum exp theta` | `ln sum exp theta` | Ramsauer et al. 2021 |
//! | `softmax1` | `exp theta / (1 + sum exp theta)` | `ln (1 + sum exp theta)` | Hu et al. 2024 |
//! | `sparsemax`, `entmax(alpha)`, `normmax(gamma)` | sparse, on the simplex | Fenchel-Young | Santos et al. 2024 |
//! | `budget(k)` | `clip(theta - tau, 0, 1)`, sum `k` | Fenchel-Young | Santos et al. 2024 |
//! | `topk(k)` | softmax over the `k` best | `ln sum exp` over the `k` best | |
//! | `topk-keep(k)` | the `k` largest weights of softmax | that of softmax | |
//! | `argmax` | all on the largest | `max theta` | |
//! | `epanechnikov` | uniform over `theta > -2` | `ln sum relu(1 + theta / 2)` | arXiv 2506.10801 |
//!
//! # Edge cases
//! A score of minus infinity is a masked pattern: it gets weight zero. When every pattern is masked, or
//! there is none, all weights are zero. A score of plus infinity counts as `f64::MAX`.

mod argmax;
mod budget;
mod entmax;
mod epanechnikov;
mod exponential;
mod identity;
mod normmax;
mod parse;
mod polynomial;
mod power;
mod scores;
mod softmax;
mod softmax1;
mod sparsemax;
mod topk;

pub use polynomial::Rectification;

use std::fmt;
use std::sync::Arc;

use crate::Error;

/// Which scores a separation has to see at once; this decides how the memory is streamed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reach {
    /// The exponential family: one streaming pass, weights merge by their running maximum.
    /// `null` adds that many phantom patterns of score zero and value zero (softmax1: one).
    Exponential {
        /// Number of phantom patterns.
        null: u32,
    },
    /// Each weight depends on its own score only: one streaming pass, weights add.
    Pointwise,
    /// Only scores at or above `largest - margin` can carry weight.
    BelowMax {
        /// Width of the band below the largest score, in units of `theta`.
        margin: f64,
    },
    /// Only scores at or above `k-th largest - margin` can carry weight; with fewer than `k` patterns,
    /// all can.
    BelowKth {
        /// Rank of the anchor, from 1.
        k: usize,
        /// Width of the band below it, in units of `theta`.
        margin: f64,
    },
    /// Only scores at or above a fixed level can carry weight.
    Above {
        /// The level, in units of `theta`.
        level: f64,
    },
}

/// A separation function. All numbers are `f64`; `theta` is `beta * similarity`.
///
/// For [`Reach::Exponential`] the engine computes weights and conjugate itself while streaming, and
/// [`Separate::weights`] serves small problems and tests. For [`Reach::Pointwise`] it is called on
/// pieces. For the other reaches it is called once per cue with the scores that can carry weight,
/// in storage order.
pub trait Separate: fmt::Debug + Send + Sync {
    /// Name with parameters, such as `entmax(1.5)`; it is written to files and reports.
    fn name(&self) -> String;

    /// The scores that must be seen at once among `n` patterns.
    fn reach(&self, n: usize) -> Reach;

    /// Overwrites `theta` with the weights and returns the conjugate `Omega*(theta)`.
    /// `n` is the number of live patterns; `theta` may be shorter (see [`Separate::reach`]).
    /// `log_partition` is `ln sum exp(theta)` over all `n` scores, given when
    /// [`Separate::needs_partition`] asks for it, NaN otherwise.
    fn weights(&self, theta: &mut [f64], n: usize, log_partition: f64) -> f64;

    /// Whether [`Separate::weights`] wants the log-partition over all scores.
    fn needs_partition(&self) -> bool {
        false
    }

    /// The constant of the energy: `Omega` at the uniform weights over `n >= 1` patterns, which is its
    /// least value. Zero where weights are not normalised (identity, polynomial, exponential,
    /// Epanechnikov): their published energies have no constant.
    fn uniform(&self, n: usize) -> f64;

    /// The margin `m` such that a lead of `m` in `theta` over every other score puts all weight on
    /// one pattern; `None` when no finite lead does.
    fn margin(&self) -> Option<f64> {
        None
    }

    /// Whether `weights` is the gradient of a convex conjugate (a subgradient, at ties).
    fn is_gradient(&self) -> bool {
        true
    }

    /// Whether recall with these weights cannot raise the energy: every gradient, and the mean shift of
    /// the Epanechnikov memory, which is none.
    fn descends(&self) -> bool {
        self.is_gradient()
    }

    /// Whether the weights always add up to one, so that the weighted sum is an average of patterns.
    fn sums_to_one(&self) -> bool {
        true
    }

    /// Overwrites a direction `u` with `J u`, where `J` is the Jacobian of the weights by `theta` at the
    /// scores that gave `weights`. `J` is symmetric and positive semidefinite.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the weights do not determine the Jacobian.
    fn jvp(&self, weights: &[f64], direction: &mut [f64]) -> Result<(), Error> {
        let _ = (weights, direction);
        Err(Error::Unsupported {
            what: "the weights of this separation do not determine its Jacobian: use softmax, softmax1, \
                   sparsemax, entmax, normmax or budget",
        })
    }
}

/// A separation with its inverse temperature: the recipe that a memory is built with.
#[derive(Debug, Clone)]
pub struct Separation {
    kind: Arc<dyn Separate>,
    beta: f64,
}

impl Separation {
    /// Any implementation of [`Separate`] at inverse temperature `beta` (checked when a memory is built).
    ///
    /// ```
    /// use attractor_memory::{Memory, Reach, Separate, Separation};
    /// use ndarray::array;
    ///
    /// /// Equal weight for every pattern whose score is within 1 of the best.
    /// #[derive(Debug)]
    /// struct Band;
    ///
    /// impl Separate for Band {
    ///     fn name(&self) -> String {
    ///         "band".into()
    ///     }
    ///     fn reach(&self, _: usize) -> Reach {
    ///         Reach::BelowMax { margin: 1.0 }
    ///     }
    ///     fn weights(&self, theta: &mut [f64], _: usize, _: f64) -> f64 {
    ///         let top = theta.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    ///         let inside = theta.iter().filter(|&&t| t >= top - 1.0).count() as f64;
    ///         theta.iter_mut().for_each(|t| *t = f64::from(*t >= top - 1.0) / inside);
    ///         top
    ///     }
    ///     fn uniform(&self, _: usize) -> f64 {
    ///         0.0
    ///     }
    ///     fn is_gradient(&self) -> bool {
    ///         false // So recall makes no promise about the energy.
    ///     }
    /// }
    ///
    /// let mut memory = Memory::builder(2).separation(Separation::custom(Band, 4.0)).build()?;
    /// memory.store(array![[1.0, 0.0], [0.8, 0.2], [-1.0, 0.0]].view())?;
    /// let recall = memory.recall(array![[0.9, 0.0]].view())?;
    /// assert_eq!(recall.states, array![[0.9, 0.1]]);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn custom(kind: impl Separate + 'static, beta: f64) -> Self {
        Self { kind: Arc::new(kind), beta }
    }

    /// The function.
    pub fn kind(&self) -> &dyn Separate {
        &*self.kind
    }

    /// Inverse temperature: `theta = beta * similarity`.
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// Refuses a beta that is not finite and above zero.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn check(&self) -> Result<(), Error> {
        Error::positive("beta", self.beta).map(|_| ())
    }
}
