//! The published results of associative memory, one file each.

mod capacity;
mod experiment;
mod fixed_points;
pub mod kv;
mod outcome;
pub mod page;
mod plot;
mod published;
pub mod recall;
mod statistics;

pub use experiment::{Context, Effort, Experiment, LabError};
pub use outcome::{Curve, Figure, Named, Outcome, Record, Scale};
pub use plot::{PlotError, plot};
pub use published::Published;
pub use statistics::{Summary, line, quantile};

/// Every experiment, in the order of the list.
pub fn experiments() -> Vec<Experiment> {
    let mut all = vec![
        capacity::classical::EXPERIMENT,
        capacity::polynomial::EXPERIMENT,
        capacity::exponential::EXPERIMENT,
        capacity::continuous::EXPERIMENT,
        fixed_points::EXPERIMENT,
        recall::masked::EXPERIMENT,
        recall::universal::EXPERIMENT,
    ];
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
