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
pub mod completion;
#[cfg(feature = "network")]
pub mod continual;
#[cfg(feature = "network")]
mod dam;
mod experiment;
mod fixed_points;
#[cfg(feature = "network")]
mod ham;
#[cfg(feature = "network")]
mod krotov;
pub mod kv;
mod learner;
pub mod mil;
mod omniglot;
mod outcome;
pub mod page;
mod plot;
mod published;
pub mod ranks;
pub mod recall;
#[cfg(feature = "network")]
mod sequence;
mod statistics;
pub mod uci;

pub use experiment::{Context, Effort, Experiment, LabError};
pub use outcome::{Curve, Figure, Named, Outcome, Record, Row, Scale, Sheet};
pub use plot::{PlotError, plot};
pub use published::Published;
pub use statistics::{Summary, line, quantile};

/// Every experiment, in the order of the list, but for their [`members`].
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
    #[cfg(feature = "network")]
    all.push(recall::plain::EXPERIMENT);
    all.extend(kv::experiments::ALL);
    all.extend([cls::go_cls::EXPERIMENT, cls::remerge::EXPERIMENT, cls::interleaved::EXPERIMENT]);
    #[cfg(feature = "network")]
    all.extend(continual::ALL.into_iter().chain(ham::ALL).chain(completion::ALL));
    #[cfg(feature = "network")]
    all.extend([krotov::EXPERIMENT, dam::EXPERIMENT]);
    all.extend([
        learner::digits::EXPERIMENT,
        learner::early::EXPERIMENT,
        learner::newcomer::EXPERIMENT,
        learner::unknown::EXPERIMENT,
        learner::electricity::EXPERIMENT,
        mil::EXPERIMENT,
        uci::ALL,
    ]);
    #[cfg(feature = "network")]
    {
        all.extend(mil::ALL);
        all.push(mil::MNIST_BAGS);
        all.extend([sequence::bit_pattern::EXPERIMENT, sequence::latch::EXPERIMENT]);
    }
    all
}

/// Experiments on a part of what another one runs whole, such as `uci/iris` of `uci/all`: those whose data is found in the
/// folder of the data sets.
pub fn members() -> Vec<Experiment> {
    uci::tables()
}

/// The experiment of this id.
///
/// # Errors
/// [`LabError::UnknownId`].
pub fn experiment(id: &str) -> Result<Experiment, LabError> {
    experiments()
        .into_iter()
        .chain(members())
        .find(|e| e.id == id)
        .ok_or_else(|| LabError::UnknownId { id: id.to_owned() })
}
