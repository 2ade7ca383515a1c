//! Immutable files of rows: keys, ids and values in blocks.
//!
//! Keys that are not compressed lie in the kernel's panels, so that a mapped segment is searched where it lies.
//! Each block has two checksums, one for keys and ids and one for values: a damaged block is named, and the
//! others are served. `docs/store-format.md` has every byte.

mod layout;
mod read;
mod write;

pub use read::Segment;

pub(crate) use write::SegmentWriter;

pub(crate) use layout::{BLOCK_ROWS, Layout, WIDEST};
