//! Separation: how scores become weights.
//!
//! A separation is the gradient of a convex function: with scores `theta = beta * similarity`,
//! weights `p = grad conjugate(theta)`. That single fact gives every memory its energy and the proof
//! that recall never raises it (Hopfield-Fenchel-Young: arXiv 2411.08590).
//!
//! Adding one means one file: implement [`Separate`], and hand it to the builder with
//! [`Separation::custom`].

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
    /// Only scores above `largest - margin` can carry weight.
    BelowMax {
        /// Width of the band below the largest score, in units of `theta`.
        margin: f64,
    },
    /// Only scores above `k-th largest - margin` can carry weight; ties at the edge are kept.
    BelowKth {
        /// Rank of the anchor, from 1.
        k: usize,
        /// Width of the band below it, in units of `theta`.
        margin: f64,
    },
    /// Only scores above a fixed level can carry weight.
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

    /// `Omega` at the uniform weights over `n` patterns: the constant of the energy.
    fn uniform(&self, n: usize) -> f64;

    /// The margin `m` such that a lead of `m` in `theta` over every other score puts all weight on
    /// one pattern; `None` when no finite lead does.
    fn margin(&self) -> Option<f64> {
        None
    }

    /// Whether `weights` is the gradient of a convex conjugate, so that recall cannot raise the energy.
    fn is_gradient(&self) -> bool {
        true
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
