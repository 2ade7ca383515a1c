//! The microscopic theory of Krotov and Hopfield.

mod forms;
mod models_abc;

pub(crate) use models_abc::EXPERIMENT;
