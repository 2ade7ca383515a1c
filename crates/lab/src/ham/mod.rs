//! Hierarchical associative memory: layers, synapses and one energy.

mod monotone;
mod networks;
mod oracles;

use crate::experiment::Experiment;

/// All of them.
pub(crate) const ALL: [Experiment; 2] = [oracles::EXPERIMENT, monotone::EXPERIMENT];
