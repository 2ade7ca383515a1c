//! Images recalled from damaged cues: which separation, and which similarity, holds how many.

mod answers;
mod digits;
pub mod masked;
pub(crate) mod sweep;
pub mod universal;
