//! The dense associative memory as a classifier.

mod config;
mod energy;
mod model;

pub use config::DenseClassifierConfig;
pub use energy::Gradient;
pub use model::DenseClassifier;
