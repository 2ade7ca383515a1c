//! The catalogue: one immutable file per commit that says which episodes live, and where.

use xxhash_rust::xxh3::xxh3_64;

use super::episode::{Episode, LONGEST_META, Shape};
use crate::Error;
use crate::codec::Codec;
use crate::wire::{Reader, Writer};

const MAGIC: &[u8; 8] = b"ATTRCAT\0";
const VERSION: u32 = 1;
/// Bytes of an episode's record, without its meta bytes.
pub(super) const RECORD: usize = 56;
const NO_LABEL: u32 = u32::MAX;

/// What a catalogue says.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    /// Widths and codecs.
    pub shape: Shape,
    /// The id that the next episode gets.
    pub next_id: u64,
    /// The number that the next segment gets.
    pub next_segment: u32,
    /// Living episodes in the order of ids, each with the number of its segment and its row there.
    pub records: Vec<(Episode, u32, u32)>,
    /// Ids of removed episodes that keep their place in the memory of keys, ascending.
    pub vacant: Vec<u64>,
}

impl Catalogue {
    /// The bytes of a catalogue with these `records`, `count` of them.
    pub(super) fn write<'a>(
        shape: &Shape,
        (next_id, next_segment): (u64, u32),
        records: impl Iterator<Item = (&'a Episode, u32, u32)> + Clone,
        vacant: &[u64],
    ) -> Vec<u8> {
        let mut to = Writer::new();
        to.raw(MAGIC);
        to.u32(VERSION);
        to.u32(shape.key_width as u32);
        to.u32(shape.value_width as u32);
        to.u32(next_segment);
        to.u64(next_id);
        to.bytes(&shape.key_codec.to_bytes());
        to.bytes(&shape.value_codec.to_bytes());
        to.u64(records.clone().count() as u64);
        for (episode, segment, row) in records.clone() {
            to.u64(episode.id);
            to.u32(segment);
            to.u32(row);
            to.u32(episode.label.unwrap_or(NO_LABEL));
            to.u32(episode.namespace);
            to.u64(episode.time);
            to.f32(episode.priority);
            to.u32(episode.usage);
            to.u64(episode.last_used);
            to.u32(episode.encoder_version);
            to.u32(episode.meta.len() as u32);
        }
        for (episode, ..) in records {
            to.raw(&episode.meta);
        }
        to.u64s(vacant);
        let mut bytes = to.finish();
        bytes.extend(xxh3_64(&bytes).to_le_bytes());
        bytes
    }

    /// Reads a catalogue; errors call the file `place`.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Newer`].
    ///
    /// ```
    /// use attractor_store::episodes::Catalogue;
    /// assert!(Catalogue::parse(b"ATTRCAT\0", "example").is_err());
    /// ```
    pub fn parse(bytes: &[u8], place: &str) -> Result<Self, Error> {
        let mut from = Reader::new(bytes, place);
        if from.raw(8)? != MAGIC {
            return Err(Error::Damaged { place: place.to_owned(), at: 0, fault: "not a catalogue" });
        }
        let found = from.u32()?;
        if found > VERSION {
            return Err(Error::Newer { place: place.to_owned(), found, known: VERSION });
        }
        let (inside, sum) = bytes.split_at(bytes.len() - 8);
        if found == 0 || xxh3_64(inside).to_le_bytes() != sum {
            return Err(from.fault("the checksum of the catalogue does not fit"));
        }
        let mut from = Reader::new(inside, place);
        from.raw(12)?;
        let (key_width, value_width) = (from.u32()? as usize, from.u32()? as usize);
        let (next_segment, next_id) = (from.u32()?, from.u64()?);
        let key_codec = Codec::from_bytes(from.bytes()?, place)?;
        let value_codec = Codec::from_bytes(from.bytes()?, place)?;
        let shape = Shape { key_width, value_width, key_codec, value_codec };
        shape.check()?;
        let count = from.count(RECORD)?;
        let mut records = Vec::with_capacity(count);
        let mut lengths = Vec::with_capacity(count);
        let mut least = 0;
        for _ in 0..count {
            let (id, segment, row) = (from.u64()?, from.u32()?, from.u32()?);
            let (label, namespace, time) = (from.u32()?, from.u32()?, from.u64()?);
            let (priority, usage, last_used) = (from.f32()?, from.u32()?, from.u64()?);
            let (encoder_version, meta) = (from.u32()?, from.u32()? as usize);
            if id < least || id >= next_id {
                return Err(from.fault("ids that do not ascend"));
            }
            if segment >= next_segment || !priority.is_finite() || meta > LONGEST_META {
                return Err(from.fault("a record out of range"));
            }
            least = id + 1;
            lengths.push(meta);
            let label = (label != NO_LABEL).then_some(label);
            let meta = Box::default();
            let episode =
                Episode { id, label, namespace, time, priority, usage, last_used, encoder_version, meta };
            records.push((episode, segment, row));
        }
        for (record, length) in records.iter_mut().zip(lengths) {
            record.0.meta = from.raw(length)?.into();
        }
        let vacant = from.u64s()?;
        from.end()?;
        let ascending = vacant.is_sorted_by(|a, b| a < b) && vacant.last().is_none_or(|&id| id < next_id);
        let lives = |id: &u64| records.binary_search_by_key(id, |(episode, ..)| episode.id).is_ok();
        if !ascending || vacant.iter().any(lives) || vacant.len() > records.len() {
            return Err(from.fault("vacant places out of order"));
        }
        Ok(Self { shape, next_id, next_segment, records, vacant })
    }
}
