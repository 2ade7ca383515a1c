//! Weights by the names of the reference.

mod dict;
mod exchange;
mod names;

pub use dict::StateDict;
pub use exchange::Exchange;
