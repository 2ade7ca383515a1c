//! What `attractor train` does, in the order in which it does it.

pub(crate) mod completion;
pub(crate) mod config;
mod identity;
pub(crate) mod page;
pub(crate) mod places;
pub(crate) mod repetitions;
pub(crate) mod results;
pub(crate) mod run;
pub(crate) mod table;
