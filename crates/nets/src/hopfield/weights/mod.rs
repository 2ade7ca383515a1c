//! Weights by the names of the reference.

mod dict;
mod exchange;
mod names;
mod options;

pub use dict::StateDict;
pub use exchange::Exchange;
pub use options::LayerOptions;
