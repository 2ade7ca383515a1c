//! The published results of associative memory, one file each.
//!
//! **What.** [`experiments`] lists them; [`Experiment::reproduce`] runs one and returns the [`Outcome`] with its
//! baselines and figures, and the machine-readable [`Record`]. [`page`] makes an HTML page of it.
//!
//! **When not.** The functions behind the experiments are protocols, not building blocks: take
//! `attractor-memory` to build something.
//!
//! **Cost.** A full run takes seconds to minutes on two cores; [`Effort::Smoke`] takes about a second and
//! proves nothing but that the code runs.
//!
//! ```
//! use attractor_lab::{Context, Effort, experiment};
//!
//! let mut quiet = |_share: f64, _doing: &str| {};
//! let mut context = Context::new(1, Effort::Smoke, None, &mut quiet);
//! let (outcome, record) = experiment("kv/hetero")?.reproduce(&mut context)?;
//! assert_eq!(record.id, "kv/hetero");
//! assert!(!outcome.baselines.is_empty());
//! # Ok::<(), attractor_lab::LabError>(())
//! ```

mod capacity;
mod cls;
#[cfg(feature = "network")]
pub mod continual;
mod experiment;
mod fixed_points;
#[cfg(feature = "network")]
mod ham;
pub mod kv;
mod learner;
pub mod mil;
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
    all.extend([cls::go_cls::EXPERIMENT, cls::remerge::EXPERIMENT, cls::interleaved::EXPERIMENT]);
    #[cfg(feature = "network")]
    all.extend(continual::ALL.into_iter().chain(ham::ALL));
    all.extend([
        learner::digits::EXPERIMENT,
        learner::early::EXPERIMENT,
        learner::newcomer::EXPERIMENT,
        learner::unknown::EXPERIMENT,
        learner::electricity::EXPERIMENT,
        mil::EXPERIMENT,
    ]);
    all
}

/// The experiment of this id.
///
/// # Errors
/// [`LabError::UnknownId`].
pub fn experiment(id: &str) -> Result<Experiment, LabError> {
    experiments().into_iter().find(|e| e.id == id).ok_or_else(|| LabError::UnknownId { id: id.to_owned() })
}
