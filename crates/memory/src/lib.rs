//! Associative memories.

pub mod associative;
pub mod binary;
pub mod capacity;
pub mod certificate;
pub mod classical;
mod error;
pub mod file;
pub mod key_value;
mod lambert;
mod projection;
pub mod separation;
mod similarity;
mod status;
pub mod two_body;

pub use associative::{
    Builder, Clamp, Detail, Dynamics, Energy, FixedPoint, Leading, Memory, Recall, Report,
};
pub use error::Error;
pub use projection::Projection;
pub use separation::{Reach, Rectification, Separate, Separation};
pub use similarity::Similarity;
pub use status::Status;
