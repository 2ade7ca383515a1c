//! What is held where.

use super::coded::Coded;
use super::tail::grown;
use super::{Episodes, Record, Stored};

impl Episodes {
    /// Bytes on the heap: records, keys, the tail, codebooks, and a merge that waits for a commit.
    pub fn bytes_in_memory(&self) -> u64 {
        let segments: u64 =
            self.segments.iter().map(|s| s.segment.heap_bytes() + s.name.capacity() as u64).sum();
        let codecs = self.shape.key_codec.heap_bytes() + self.shape.value_codec.heap_bytes();
        (self.memory.bytes() + self.records.capacity() * size_of::<Record>()) as u64
            + (self.segments.capacity() * size_of::<Stored>()) as u64
            + self.meta_bytes
            + self.tail.bytes()
            + self.merged.as_ref().map_or(0, super::Merged::bytes)
            + codecs
            + segments
    }

    /// Bytes of segments, which are mapped where the storage maps: the system keeps as much of them in memory as
    /// it sees fit.
    pub fn bytes_mapped(&self) -> u64 {
        self.segments.iter().map(|stored| stored.segment.bytes()).sum()
    }

    /// Bytes by which storing this episode lets [`Episodes::bytes_in_memory`] grow at most.
    pub fn growth(&self, coded: &Coded) -> u64 {
        let tail = self.tail.growth(self.kept(&coded.key).len(), coded.value.len());
        self.memory.growth() as u64 + grown(&self.records, 1) + tail + coded.meta.len() as u64
    }

    /// How many segments there are.
    pub fn segments(&self) -> usize {
        self.segments.len()
    }
}
