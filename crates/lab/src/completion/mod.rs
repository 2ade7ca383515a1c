//! Completing images of which a part is known: networks as a task of the training loop, and what they have to beat.

mod task;

pub use task::{Assigning, CompletionTask, damaged, grid, hidden_error};
