//! Associative memories.

pub mod binary;
pub mod classical;
mod error;
pub mod key_value;
pub mod separation;
mod status;
pub mod two_body;

pub use error::Error;
pub use separation::{Reach, Separate, Separation};
pub use status::Status;
