//! What `attractor learn` is made of.

pub(crate) mod lines;
pub(crate) mod making;
pub(crate) mod ordering;
pub(crate) mod trial;
