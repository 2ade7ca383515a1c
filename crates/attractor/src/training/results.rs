//! What a run found, for machines.

use std::path::PathBuf;

use attractor_lab::Summary;
use attractor_lab::mil::Area;
use attractor_nets::training::History;
use serde::Serialize;

use super::config::Config;
use super::repetitions::Repetition;

/// A measure in per cent over repetitions.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Measured {
    /// Of one network.
    pub(crate) single: Summary,
    /// Of the mean answer of the members.
    pub(crate) together: Summary,
}

impl Measured {
    /// Of the shares of one network and of all members, by repetition.
    pub(crate) fn of(repetitions: &[(f64, f64)]) -> Option<Self> {
        let over = |which: fn(&(f64, f64)) -> f64| {
            Summary::of(&repetitions.iter().map(|shares| 100.0 * which(shares)).collect::<Vec<_>>())
        };
        (!repetitions.is_empty()).then(|| Self { single: over(|m| m.0), together: over(|m| m.1) })
    }
}

/// How much the instances of a bag count.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Attention {
    pub(crate) bag: String,
    pub(crate) positive: bool,
    pub(crate) logit: f64,
    /// Per instance; the sum is 1.
    pub(crate) weights: Vec<f64>,
}

/// The whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    pub(crate) schema: u32,
    pub(crate) command: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) config: Config,
    pub(crate) bags: usize,
    /// AUC of cross-validation; `None` without it.
    pub(crate) auc: Option<Measured>,
    pub(crate) repetitions: Vec<Repetition<Area>>,
    /// Which candidate the network that is kept was made from.
    pub(crate) candidate: usize,
    pub(crate) history: History,
    pub(crate) attention: Vec<Attention>,
    pub(crate) model: PathBuf,
    pub(crate) page: PathBuf,
    pub(crate) seconds: f64,
}
