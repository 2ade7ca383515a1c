//! What a run found, for machines.

use std::path::PathBuf;

use attractor_nets::training::History;
use serde::Serialize;

use super::Config;
use super::validation::Accuracy;
use crate::training::repetitions::Repetition;
use crate::training::results::Measured;

/// The whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    pub(crate) schema: u32,
    pub(crate) command: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) config: Config,
    pub(crate) rows: usize,
    /// Names of the classes by number.
    pub(crate) classes: Vec<String>,
    /// Accuracy of cross-validation; `None` without it.
    pub(crate) accuracy: Option<Measured>,
    /// Share of the rows that are of the commonest class.
    pub(crate) majority: f64,
    pub(crate) repetitions: Vec<Repetition<Accuracy>>,
    /// Which candidate the network that is kept was made from.
    pub(crate) candidate: usize,
    pub(crate) history: History,
    pub(crate) model: PathBuf,
    pub(crate) page: PathBuf,
    pub(crate) seconds: f64,
}
