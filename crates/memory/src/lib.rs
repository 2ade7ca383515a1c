//! Associative memories.

mod error;
pub mod binary;
pub mod classical;
pub mod key_value;
pub mod separation;
pub mod two_body;

pub use error::Error;
pub use separation::{Reach, Separate, Separation};
