//! Images recalled from damaged cues: which separation, and which similarity, holds how many.

mod answers;
mod digits;
pub mod masked;
#[cfg(feature = "network")]
pub mod plain;
pub(crate) mod sweep;
pub mod universal;
