//! The complementary learner: a fast memory for what was seen once, slow cortices for what is common to it,
//! and sleep, which replays the one into the other.

pub mod cortex;
pub mod encoder;
mod error;
pub mod metrics;
pub mod replay;
#[cfg(feature = "network")]
pub mod strategy;

pub use error::Error;
