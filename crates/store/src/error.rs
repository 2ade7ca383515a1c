//! What can go wrong on the way to a disk and back.

use std::io;

/// Why a store refused, or could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("{place}: {source}")]
    Io {
        /// File, or what was done.
        place: String,
        /// What it said.
        source: io::Error,
    },
    /// Bytes that cannot have been written by us, or were damaged since.
    #[error("{place}: {fault} (at byte {at})")]
    Damaged {
        /// File.
        place: String,
        /// Offset in it.
        at: u64,
        /// What is wrong.
        fault: &'static str,
    },
    /// Written by a later version of this program.
    #[error("{place} is of format version {found}; this program reads up to {known}: use a newer one")]
    Newer {
        /// File.
        place: String,
        /// Its version.
        found: u32,
        /// The latest version known here.
        known: u32,
    },
    /// Another process writes here.
    #[error("{place} is in use by another writer{holder}: one process writes at a time, any number may read")]
    Locked {
        /// The directory.
        place: String,
        /// ` (process N)` where known, or empty.
        holder: String,
    },
    /// The files of another kind of owner.
    #[error("{place} holds the files of \"{found}\", not of \"{expected}\"")]
    Owner {
        /// File.
        place: String,
        /// The owner's format name in it.
        found: String,
        /// The one that was to be opened.
        expected: String,
    },
    /// A sync failed earlier, so that nobody knows what of the last appends is on disk.
    #[error(
        "{place}: an earlier sync failed ({cause}), so the last appends may not be on disk: \
         nothing more is written, open the store again"
    )]
    Poisoned {
        /// The file that could not be synced.
        place: String,
        /// What the system said.
        cause: String,
    },
    /// A name that cannot be one, or names nothing.
    #[error("\"{name}\": {limit}")]
    Name {
        /// The name.
        name: String,
        /// What it should have been.
        limit: &'static str,
    },
    /// A number outside its range.
    #[error("{name} = {value}: must be {limit}")]
    Parameter {
        /// What.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        limit: &'static str,
    },
    /// A vector of the wrong width.
    #[error("{place}: expected {expected} components, found {found}")]
    Width {
        /// Expected.
        expected: usize,
        /// Found.
        found: usize,
        /// Of what.
        place: &'static str,
    },
    /// An entry that is not finite.
    #[error("{place}: component {component} is {value}, which is not finite")]
    NotFinite {
        /// Which one.
        component: usize,
        /// Its value.
        value: f64,
        /// Of what.
        place: &'static str,
    },
    /// No episode has this id.
    #[error("no episode has id {id}")]
    UnknownId {
        /// The id.
        id: u64,
    },
    /// The byte bound leaves no room.
    #[error("{needed} bytes are needed, the bound is {bound} ({place})")]
    Bound {
        /// Bytes needed.
        needed: u64,
        /// The bound.
        bound: u64,
        /// In memory or on disk.
        place: &'static str,
    },
    /// A memory refused.
    #[error(transparent)]
    Memory(#[from] attractor_memory::Error),
}

impl Error {
    /// An [`Error::Io`] at `place`.
    pub fn io(place: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let place = place.into();
        move |source| Self::Io { place, source }
    }
}
