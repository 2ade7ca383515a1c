//! What a relaxation refuses.

/// Why a relaxation stopped short. The states are those before the step that failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RelaxationError {
    /// A number outside its range.
    #[error("{name} = {value}: must be {limit}")]
    Parameter {
        /// What.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        limit: &'static str,
    },
    /// Nothing to relax.
    #[error("there are no states to relax")]
    Empty,
    /// The system does not give one energy per sample.
    #[error("{found} energies for {expected} samples")]
    Energies {
        /// Samples of the batch.
        expected: usize,
        /// Energies found.
        found: usize,
    },
    /// A state whose energy or drift is not finite at the start.
    #[error("sample {sample}: {what} at the start is not finite")]
    NotFinite {
        /// Which sample of the batch.
        sample: usize,
        /// Energy or drift.
        what: &'static str,
    },
    /// The energy left all bounds.
    #[error(
        "sample {sample}, step {step}: the energy went from {before} to {after}, it diverges; \
         the states are those before this step. Try dt = {suggestion}, or the damped solver"
    )]
    Diverged {
        /// Which sample of the batch.
        sample: usize,
        /// In which step, from 1.
        step: usize,
        /// Energy before the step.
        before: f64,
        /// Energy after it.
        after: f64,
        /// A step size to try.
        suggestion: f64,
    },
    /// A solver that the system has no steps for.
    #[error("the system has no fixed-point sweep; take another solver")]
    NoSweep,
    /// The device gave a result back that cannot be read.
    #[error("the device did not return {place}: {reason}")]
    Device {
        /// Which one.
        place: &'static str,
        /// What it said.
        reason: String,
    },
}
