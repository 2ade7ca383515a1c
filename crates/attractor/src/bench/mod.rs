//! Timing, and the floors of the machine.

pub(crate) mod digits;
pub(crate) mod floor;
pub(crate) mod learning;
pub(crate) mod measure;
pub(crate) mod workload;
