//! The published results of associative memory, one file each.

mod experiment;
pub mod kv;
mod outcome;
mod published;
pub mod recall;
mod statistics;

pub use experiment::{Context, Effort, Experiment, LabError};
pub use outcome::{Curve, Figure, Named, Outcome, Record, Scale};
pub use published::Published;
pub use statistics::{Summary, line, quantile};

/// Every experiment, in the order of the list.
pub fn experiments() -> Vec<Experiment> {
    let mut all = vec![recall::masked::EXPERIMENT, recall::universal::EXPERIMENT];
    all.extend(kv::experiments::ALL);
    all
}

/// The experiment of this id.
///
/// # Errors
/// [`LabError::UnknownId`].
pub fn experiment(id: &str) -> Result<Experiment, LabError> {
    experiments().into_iter().find(|e| e.id == id).ok_or_else(|| LabError::UnknownId { id: id.to_owned() })
}
