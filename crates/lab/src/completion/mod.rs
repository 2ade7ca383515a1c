//! Completing images of which a part is known: networks as a task of the training loop, and what they have to beat.

mod hierarchy;
mod rivals;
mod sets;
mod task;
mod transformer;
mod trial;

use crate::experiment::Experiment;

pub use task::{Assigning, CompletionTask, damaged, grid, hidden_error};

/// Experiments on completion.
pub(crate) const ALL: [Experiment; 2] = [hierarchy::EXPERIMENT, transformer::EXPERIMENT];
