//! Timing, and the floors of the machine.

pub(crate) mod digits;
#[cfg(feature = "network")]
pub(crate) mod energy;
pub(crate) mod floor;
#[cfg(feature = "network")]
pub(crate) mod layers;
pub(crate) mod learning;
pub(crate) mod measure;
#[cfg(feature = "network")]
pub(crate) mod process;
pub(crate) mod workload;
