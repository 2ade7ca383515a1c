//! How states are moved, and for how long.

use super::RelaxationError;

/// How one step is made.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Solver {
    /// `x += dt dx/dt`.
    Euler {
        /// Step of time.
        dt: f64,
    },
    /// Euler that takes a step back and halves `dt` where the energy of a sample would rise, and lengthens it by a
    /// quarter after each step that it kept. The energies that it reports never rise by more than rounding.
    Damped {
        /// Largest step of time.
        dt: f64,
    },
    /// The trapezoidal rule with a step of time that follows its own error, sample by sample (Heun). Where the energy
    /// should fall, a step that raises it is taken back too.
    Heun {
        /// First step of time.
        dt: f64,
        /// Largest error of a step, relative to `1 + |x|`.
        error: f64,
    },
    /// Euler with noise: `x += dt dx/dt + sqrt(2 T dt m) n`, with `m` the mobility of the system. Where the drift is
    /// minus m times the gradient of the energy by the state, as for identity Lagrangians, it samples `exp(-E / T)`
    /// for small `dt`. It takes all its steps.
    Langevin {
        /// Step of time.
        dt: f64,
        /// T, above 0.
        temperature: f64,
        /// Of the noise. Every sample has its own stream.
        seed: u64,
    },
    /// The system's own sweep of fixed-point steps.
    FixedPoint,
}

/// A solver and when it ends.
///
/// ```
/// use attractor_nets::relaxation::{Relaxation, Solver};
///
/// let how = Relaxation::of(Solver::Heun { dt: 0.1, error: 1e-4 });
/// assert_eq!((how.steps, how.tolerance), (1000, 1e-4));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relaxation {
    /// How a step is made.
    pub solver: Solver,
    /// Largest number of steps.
    pub steps: usize,
    /// A sample rests when its largest `|dx/dt|` is at most this times `1 + max |x|`. At 0 only one that does not
    /// move at all rests.
    pub tolerance: f64,
}

impl Relaxation {
    /// At most 1000 steps, tolerance 1e-4.
    pub fn of(solver: Solver) -> Self {
        Self { solver, steps: 1000, tolerance: 1e-4 }
    }

    /// The same with [`Solver::Euler`].
    pub fn euler(dt: f64) -> Self {
        Self::of(Solver::Euler { dt })
    }

    pub(super) fn check(&self) -> Result<(), RelaxationError> {
        if !(self.tolerance.is_finite() && self.tolerance >= 0.0) {
            let (name, value) = ("tolerance", self.tolerance);
            return Err(RelaxationError::Parameter { name, value, limit: "finite and not below 0" });
        }
        match self.solver {
            Solver::Euler { dt } | Solver::Damped { dt } => positive("dt", dt),
            Solver::Heun { dt, error } => positive("dt", dt).and(positive("error", error)),
            Solver::Langevin { dt, temperature, .. } => {
                positive("dt", dt).and(positive("temperature", temperature))
            }
            Solver::FixedPoint => Ok(()),
        }
    }

    /// The step of time of the first step.
    pub(super) fn dt(&self) -> f64 {
        match self.solver {
            Solver::Euler { dt }
            | Solver::Damped { dt }
            | Solver::Heun { dt, .. }
            | Solver::Langevin { dt, .. } => dt,
            Solver::FixedPoint => 1.0,
        }
    }
}

pub(super) fn positive(name: &'static str, value: f64) -> Result<(), RelaxationError> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(RelaxationError::Parameter { name, value, limit: "finite and above 0" })
}
