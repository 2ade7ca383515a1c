//! Sets and sequences with one label: which reader finds the instance that counts?

pub(crate) mod bit_pattern;
pub(crate) mod latch;
mod reader;
mod report;
mod task;
