//! Associative memories.

pub mod binary;
pub mod capacity;
pub mod certificate;
pub mod classical;
mod error;
pub mod key_value;
mod lambert;
mod projection;
pub mod separation;
pub mod two_body;

pub use error::Error;
pub use projection::Projection;
pub use separation::{Reach, Rectification, Separate, Separation};
