//! What `attractor train` does, in the order in which it does it.

pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod page;
pub(crate) mod places;
pub(crate) mod results;
pub(crate) mod run;
