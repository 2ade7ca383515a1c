//! The choices for a store.

use std::path::Path;
use std::sync::Arc;

use attractor_memory::{Memory, Separation, Similarity};

use super::{FORMAT, Store, VERSION};
use crate::Error;
use crate::codec::Codec;
use crate::episodes::{Episodes, NewEpisode, Shape};
use crate::ledger::{Durability, Ledger};
use crate::storage::{Disk, Storage};

/// Journals longer than this are committed.
const JOURNAL_BYTES: u64 = 16 << 20;
/// Episodes that answer by default.
const NEAREST: usize = 10;

/// What a store may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) disk: u64,
    pub(super) memory: u64,
    pub(super) journal: u64,
}

/// Collects the choices for a [`Store`]; see [`Store::builder`].
#[derive(Debug, Clone)]
pub struct Builder {
    shape: Shape,
    durability: Durability,
    limits: Limits,
    memory: Option<Memory>,
}

impl Builder {
    pub(super) fn new(key_width: usize, value_width: usize) -> Self {
        let limits = Limits { disk: u64::MAX, memory: u64::MAX, journal: JOURNAL_BYTES };
        Self {
            shape: Shape::new(key_width, value_width),
            durability: Durability::default(),
            limits,
            memory: None,
        }
    }

    /// How keys and values are coded. Default: as they are, [`Codec::F32`].
    #[must_use]
    pub fn codecs(mut self, keys: Codec, values: Codec) -> Self {
        (self.shape.key_codec, self.shape.value_codec) = (keys, values);
        self
    }

    /// When what happens becomes durable. Default: [`Durability::Always`].
    #[must_use]
    pub fn durability(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    /// Most bytes on disk, everything counted, also while a commit has old and new files. Default: no bound.
    #[must_use]
    pub fn disk_bytes(mut self, bound: u64) -> Self {
        self.limits.disk = bound;
        self
    }

    /// Most bytes on the heap, as [`Episodes::bytes_in_memory`] counts them; what is mapped is left to the
    /// system, and what a commit works with is not counted. Default: no bound.
    #[must_use]
    pub fn memory_bytes(mut self, bound: u64) -> Self {
        self.limits.memory = bound;
        self
    }

    /// The journal may grow to so many bytes before the next call commits. Default: 16 MiB.
    #[must_use]
    pub fn journal_bytes(mut self, bytes: u64) -> Self {
        self.limits.journal = bytes;
        self
    }

    /// The empty memory of keys, and by that how cues are compared and which episodes answer. Default: the 10
    /// nearest by Euclidean distance.
    #[must_use]
    pub fn memory(self, memory: Memory) -> Self {
        Self { memory: Some(memory), ..self }
    }

    /// Opens the store in the directory `path`, and creates it where there is none.
    ///
    /// # Errors
    /// [`Error::Width`] and [`Error::Parameter`] for a shape that cannot be or that is not the stored one;
    /// [`Error::Bound`] for bounds that leave no room for one episode; as [`Ledger::open`] and
    /// [`Episodes::restore`].
    pub fn open(self, path: impl AsRef<Path>) -> Result<Store, Error> {
        self.open_in(Disk::open(path)?)
    }

    /// Opens the store in any storage.
    ///
    /// # Errors
    /// As [`Builder::open`].
    pub fn open_in(self, storage: impl Storage + 'static) -> Result<Store, Error> {
        self.shape.check()?;
        let memory = match self.memory {
            Some(memory) => memory,
            None => nearest(self.shape.key_width)?,
        };
        self.limits.check(&self.shape, &memory)?;
        let (ledger, mut found) = Ledger::open(Arc::new(storage), FORMAT, VERSION, self.durability)?;
        let empty = memory.clone();
        let restored = Episodes::restore(&mut found.files, |_| Ok(memory))?;
        let new = restored.is_none();
        let (mut episodes, mut damage) = match restored {
            Some(restored) => restored,
            None => (Episodes::new(self.shape.clone(), empty)?, Vec::new()),
        };
        check_same(&self.shape, episodes.shape())?;
        super::snapshot::replay(&mut episodes, &found.events, &mut damage)?;
        let mut store = Store { ledger, episodes, limits: self.limits, damage, broken: false };
        if new {
            // From now on the shape is on disk, and readers find it.
            store.commit()?;
        }
        Ok(store)
    }
}

impl Limits {
    /// Whether one episode has room in an empty store.
    fn check(&self, shape: &Shape, memory: &Memory) -> Result<(), Error> {
        if self.disk == u64::MAX && self.memory == u64::MAX {
            return Ok(());
        }
        let episodes = Episodes::new(shape.clone(), memory.clone())?;
        let (key, value) = (vec![0.0; shape.key_width], vec![0.0; shape.value_width]);
        let coded = episodes.encode(&NewEpisode::new(&key, &value))?;
        let needed = episodes.bytes_in_memory() + episodes.growth(&coded);
        if needed > self.memory {
            return Err(Error::Bound { needed, bound: self.memory, place: "in memory" });
        }
        let empty = episodes.commit_bytes(0, 0) + super::COMMIT_OVERHEAD;
        let commit = episodes.commit_bytes(1, 0) + super::COMMIT_OVERHEAD;
        let needed = empty + coded.bytes() + super::RECORD_OVERHEAD + commit;
        if needed > self.disk {
            return Err(Error::Bound { needed, bound: self.disk, place: "on disk" });
        }
        Ok(())
    }
}

/// A memory that names the nearest keys.
pub(super) fn nearest(width: usize) -> Result<Memory, Error> {
    let separation = Separation::topk_renormalised(NEAREST, 1.0)?;
    Ok(Memory::builder(width).similarity(Similarity::SquaredEuclidean).separation(separation).build()?)
}

/// Whether a store has the shape that was asked for.
fn check_same(asked: &Shape, found: &Shape) -> Result<(), Error> {
    let widths = [(asked.key_width, found.key_width, "key"), (asked.value_width, found.value_width, "value")];
    for (found, expected, place) in widths {
        if expected != found {
            return Err(Error::Width { expected, found, place });
        }
    }
    let kinds = [(&asked.key_codec, &found.key_codec), (&asked.value_codec, &found.value_codec)];
    for (asked, found) in kinds {
        if asked != found {
            let limit = "the one that the store was created with";
            return Err(Error::Parameter { name: "codec", value: f64::from(asked.tag()), limit });
        }
    }
    Ok(())
}
