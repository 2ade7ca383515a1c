//! Episodes: what was seen, each with a key to find it by and a value to see it again.
//!
//! **What.** [`Episodes`] has a record and a key of every episode in memory, and values in mapped segments, or
//! in a tail until the next commit. It knows nothing of durability: [`Episodes::commit`] hands over the files to
//! write, and its owner keeps a journal of [`Event`]s in between.
//!
//! **What is promised.** Keys and values go through their codecs when they are put, so that what is in memory
//! equals what comes back from disk. After [`Episodes::restore`] the same calls give the same bits, and ids are
//! never given out twice.
//!
//! **What it costs.** Put and remove take `O(log n)` besides the work of the memory of keys. A commit writes what
//! is new, a record of 56 bytes for every episode, and now and then merges segments: there are at most 8, or
//! `log2 n + 2`, whichever is more.

mod bytes;
mod catalogue;
mod change;
mod coded;
mod commit;
mod compaction;
mod episode;
mod event;
mod rekey;
mod restore;
mod tail;

use std::sync::Arc;

use attractor_memory::Memory;
use ndarray::aview1;

pub use catalogue::Catalogue;
pub use coded::Coded;
pub use commit::Sealing;
pub use compaction::{Job, Merged};
pub use episode::{Episode, LONGEST_META, NewEpisode, Shape};
pub use event::Event;
pub use restore::Damage;

use crate::Error;
use crate::segment::Segment;
use tail::Tail;

/// Role of segments among the files of a ledger.
pub const SEGMENT: &str = "segment";
/// Role of the catalogue.
pub const CATALOGUE: &str = "catalogue";

/// The episodes of a store, or of a learner.
///
/// ```
/// use attractor_memory::{Memory, Separation, Similarity};
/// use attractor_store::episodes::{Episodes, NewEpisode, Shape};
/// use ndarray::array;
///
/// let keys = Memory::builder(2)
///     .similarity(Similarity::SquaredEuclidean)
///     .separation(Separation::topk_renormalised(1, 1.0)?)
///     .build()?;
/// let mut episodes = Episodes::new(Shape::new(2, 3), keys)?;
/// let id = episodes.put(&NewEpisode { label: Some(4), ..NewEpisode::new(&[1.0, 0.0], &[0.1, 0.2, 0.3]) })?;
/// episodes.put(&NewEpisode::new(&[0.0, 1.0], &[0.0; 3]))?;
///
/// let found = episodes.memory().associate(array![[0.9, 0.2]].view())?;
/// assert_eq!(found[0].answers[0].id, id);
/// let mut value = Vec::new();
/// episodes.value(id, &mut value)?;
/// assert_eq!((value, episodes.get(id).and_then(|e| e.label)), (vec![0.1, 0.2, 0.3], Some(4)));
/// # Ok::<(), attractor_store::Error>(())
/// ```
#[derive(Debug)]
pub struct Episodes {
    shape: Shape,
    memory: Memory,
    /// Ascending; removed ones keep their place until they are the majority.
    records: Vec<Record>,
    dead: usize,
    meta_bytes: u64,
    next_id: u64,
    /// Ids from here on were put since the last commit.
    sealed_to: u64,
    next_segment: u32,
    tail: Tail,
    segments: Vec<Stored>,
    /// Name of the catalogue of the last commit.
    catalogue: Option<String>,
    merged: Option<Merged>,
}

#[derive(Debug)]
struct Record {
    episode: Episode,
    key: Place,
    value: Place,
    live: bool,
}

/// Where coded bytes lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// Number of a segment, or [`Place::TAIL`].
    segment: u32,
    row: u32,
}

impl Place {
    const TAIL: u32 = u32::MAX;

    fn tail(row: u32) -> Self {
        Self { segment: Self::TAIL, row }
    }

    fn is_tail(self) -> bool {
        self.segment == Self::TAIL
    }
}

/// A segment and its file.
#[derive(Debug)]
struct Stored {
    segment: Arc<Segment>,
    name: String,
}

impl Stored {
    fn number(&self) -> u32 {
        self.segment.layout().number
    }
}

impl Episodes {
    /// No episodes yet. `memory` is to hold the keys: empty, of the width of a key, without values.
    ///
    /// # Errors
    /// As [`Shape::check`]; [`Error::Width`] for a memory of another width; [`Error::Parameter`] for one that is
    /// not empty or carries values.
    pub fn new(shape: Shape, memory: Memory) -> Result<Self, Error> {
        shape.check()?;
        check_memory(&memory, shape.key_width)?;
        Ok(Self {
            shape,
            memory,
            records: Vec::new(),
            dead: 0,
            meta_bytes: 0,
            next_id: 0,
            sealed_to: 0,
            next_segment: 0,
            tail: Tail::default(),
            segments: Vec::new(),
            catalogue: None,
            merged: None,
        })
    }

    /// Widths and codecs.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The keys, under the ids of their episodes, as their codec left them.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// How many episodes live.
    pub fn len(&self) -> usize {
        self.records.len() - self.dead
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id that the next episode gets.
    pub fn next_id(&self) -> u64 {
        self.next_id
    }

    /// All episodes, in the order of ids.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Episode> {
        self.records.iter().filter(|record| record.live).map(|record| &record.episode)
    }

    /// The episodes with this id or a later one, in the order of ids.
    pub fn from(&self, id: u64) -> impl DoubleEndedIterator<Item = &Episode> {
        let first = self.records.partition_point(|record| record.episode.id < id);
        self.records[first..].iter().filter(|record| record.live).map(|record| &record.episode)
    }

    /// All ids, ascending.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = u64> {
        self.iter().map(|episode| episode.id)
    }

    /// The episode with this id, if it lives.
    pub fn get(&self, id: u64) -> Option<&Episode> {
        self.record(id).ok().map(|record| &record.episode)
    }

    /// Its key, as the codec left it.
    ///
    /// # Errors
    /// [`Error::UnknownId`].
    pub fn key(&self, id: u64) -> Result<Vec<f32>, Error> {
        self.record(id)?;
        Ok(self.memory.pattern(id)?.to_vec())
    }

    /// Puts its value, as the codec left it, in place of what `out` holds.
    ///
    /// # Errors
    /// [`Error::UnknownId`]; [`Error::Damaged`] when the value cannot be read any more. `out` is unchanged then.
    pub fn value(&self, id: u64, out: &mut Vec<f32>) -> Result<(), Error> {
        let bytes = self.value_bytes(self.record(id)?.value)?;
        out.clear();
        out.resize(self.shape.value_width, 0.0);
        self.shape.value_codec.decode(bytes, out);
        Ok(())
    }

    /// Compares all segments with their checksums: one error per damaged half of a block.
    pub fn verify(&self) -> Vec<Error> {
        self.segments.iter().flat_map(|stored| stored.segment.verify()).collect()
    }

    fn value_bytes(&self, place: Place) -> Result<&[u8], Error> {
        match place.is_tail() {
            true => Ok(self.tail.value(place.row, self.shape.value_codec.row_bytes(self.shape.value_width))),
            false => self.segment(place.segment)?.value(place.row as usize),
        }
    }

    fn segment(&self, number: u32) -> Result<&Arc<Segment>, Error> {
        let stored = self.segments.iter().find(|stored| stored.number() == number);
        stored.map(|stored| &stored.segment).ok_or_else(|| Error::Damaged {
            place: format!("segment {number}"),
            at: 0,
            fault: "an episode lies in a segment that is not there",
        })
    }

    fn index(&self, id: u64) -> Result<usize, Error> {
        let found = self.records.binary_search_by_key(&id, |record| record.episode.id).ok();
        found.filter(|&index| self.records[index].live).ok_or(Error::UnknownId { id })
    }

    fn record(&self, id: u64) -> Result<&Record, Error> {
        self.index(id).map(|index| &self.records[index])
    }

    /// Forgets a record, and now and then gives the room of forgotten ones back.
    fn kill(&mut self, index: usize) {
        let record = &mut self.records[index];
        record.live = false;
        self.meta_bytes -= record.episode.meta.len() as u64;
        record.episode.meta = Box::default();
        self.dead += 1;
        if self.dead > self.records.len() / 2 {
            self.records.retain(|record| record.live);
            self.dead = 0;
        }
    }
}

/// Whether a memory can hold keys of this width.
fn check_memory(memory: &Memory, width: usize) -> Result<(), Error> {
    if memory.width() != width {
        return Err(Error::Width { expected: width, found: memory.width(), place: "memory of keys" });
    }
    if !memory.is_empty() || memory.value_width().is_some() {
        let value = memory.len() as f64;
        return Err(Error::Parameter { name: "memory of keys", value, limit: "empty, and without values" });
    }
    Ok(())
}

/// Stores one key under an id.
fn store_key(memory: &mut Memory, id: u64, key: &[f32]) -> Result<(), Error> {
    Ok(memory.store_as(&[id], aview1(key).insert_axis(ndarray::Axis(0)))?)
}
