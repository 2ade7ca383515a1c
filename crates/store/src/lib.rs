//! Memories that survive: immutable segments, a journal, a manifest.
//!
//! A store is a directory. One process writes, any number read; what was acknowledged survives a kill at any
//! instruction. `docs/store-format.md` specifies every byte.

pub mod codec;
pub mod episodes;
mod error;
pub mod ledger;
pub mod segment;
pub mod storage;
mod store;
pub mod wire;

pub use error::Error;
pub use store::{Builder, FORMAT, Snapshot, Store, VERSION};
