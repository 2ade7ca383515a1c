//! Merging segments, on any thread.

use std::sync::Arc;

use super::{Episodes, Stored};
use crate::Error;
use crate::segment::{Layout, Segment, SegmentWriter};

/// So many segments are never merged for their number alone.
const MANY: usize = 8;

/// The work of writing several segments, or one that is mostly dead, as one.
#[derive(Debug)]
pub struct Job {
    layout: Layout,
    sources: Vec<Arc<Segment>>,
    /// Id, index among the sources, row there; a vacant place has no row.
    rows: Vec<(u64, u32, Option<u32>)>,
}

/// What a [`Job`] made.
#[derive(Debug)]
pub struct Merged {
    pub(super) layout: Layout,
    pub(super) sources: Vec<u32>,
    pub(super) ids: Vec<u64>,
    pub(super) parts: Vec<Vec<u8>>,
}

impl Job {
    /// Bytes of the segment that it will write.
    pub fn bytes(&self) -> u64 {
        self.layout.file_bytes()
    }

    /// Does the work. It reads immutable files only, and the result does not depend on when it is done.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a row cannot be read.
    pub fn run(self) -> Result<Merged, Error> {
        let mut writer = SegmentWriter::new(self.layout);
        let mut key = Vec::new();
        for &(id, source, row) in &self.rows {
            let Some(row) = row else {
                writer.push_vacant(id);
                continue;
            };
            let segment = &self.sources[source as usize];
            key.clear();
            segment.key(row as usize, &mut key)?;
            writer.push(id, &key, segment.value(row as usize)?);
        }
        Ok(Merged {
            layout: self.layout,
            sources: self.sources.iter().map(|segment| segment.layout().number).collect(),
            ids: self.rows.iter().map(|row| row.0).collect(),
            parts: writer.finish(),
        })
    }
}

impl Merged {
    pub(super) fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.capacity() as u64).sum::<u64>() + self.ids.capacity() as u64 * 8
    }
}

impl Episodes {
    /// The merge that is most worth doing, if any is: of a segment more than half of whose rows are dead, else,
    /// of more than 8 segments, the newer ones that together are as large as the one before them.
    ///
    /// What is removed while the job runs stays removed. A result that comes too late, because its segments are
    /// gone, is dropped.
    pub fn prepare_compaction(&mut self) -> Option<Job> {
        let layout = self.layout(self.next_segment, 0);
        let current = |stored: &Stored| {
            let found = stored.segment.layout();
            found.key_codec == layout.key_codec
                && found.key_width == layout.key_width
                && found.value_codec == layout.value_codec
        };
        if self.merged.is_some() || !self.segments.iter().all(current) {
            return None;
        }
        let live = self.live_rows();
        let worth = |index: usize| live[index] > 0 && !self.segments[index].segment.is_damaged();
        let mostly_dead =
            (0..live.len()).find(|&i| worth(i) && 2 * live[i] < self.segments[i].segment.rows());
        let sources: Vec<usize> = match mostly_dead {
            Some(index) => vec![index],
            None if live.len() > MANY => {
                let first = (0..live.len()).find(|&i| live[i + 1..].iter().sum::<usize>() >= live[i]);
                (first.unwrap_or(live.len())..live.len()).filter(|&i| worth(i)).collect()
            }
            None => Vec::new(),
        };
        if sources.len() < 2 && mostly_dead.is_none() {
            return None;
        }
        let numbers: Vec<u32> = sources.iter().map(|&i| self.segments[i].number()).collect();
        let sources: Vec<Arc<Segment>> = sources.iter().map(|&i| self.segments[i].segment.clone()).collect();
        let position = |number| numbers.iter().position(|&n| n == number);
        let mut rows: Vec<(u64, u32, Option<u32>)> = self
            .records
            .iter()
            .filter(|record| record.live && !record.key.is_tail())
            .filter_map(|r| Some((r.episode.id, position(r.key.segment)? as u32, Some(r.key.row))))
            .collect();
        let vacant = self.vacant_in(&sources);
        // Room for places that the memory of keys still counts, so that it can borrow the blocks.
        if 4 * vacant.len() <= rows.len() {
            rows.extend(vacant.into_iter().map(|id| (id, 0, None)));
            rows.sort_unstable_by_key(|row| row.0);
        }
        let layout = self.layout(self.next_segment, rows.len());
        self.next_segment += 1;
        Some(Job { layout, sources, rows })
    }

    /// Takes the result of a job, for the next commit.
    pub fn apply_compaction(&mut self, merged: Merged) {
        let here = |number: &u32| self.segments.iter().any(|stored| stored.number() == *number);
        let shape = self.layout(merged.layout.number, merged.layout.rows);
        if self.merged.is_none() && merged.sources.iter().all(here) && shape == merged.layout {
            self.merged = Some(merged);
        }
    }

    /// Living rows of each segment.
    fn live_rows(&self) -> Vec<usize> {
        let mut live = vec![0; self.segments.len()];
        for record in self.records.iter().filter(|record| record.live && !record.key.is_tail()) {
            if let Some(i) = self.segments.iter().position(|s| s.number() == record.key.segment) {
                live[i] += 1;
            }
        }
        live
    }

    /// Vacant places of the memory of keys whose dead rows lie in these segments, ascending.
    fn vacant_in(&self, sources: &[Arc<Segment>]) -> Vec<u64> {
        let vacant = self.memory.vacant();
        let mut found = Vec::new();
        for source in sources.iter().filter(|_| !vacant.is_empty()) {
            for ids in (0..source.blocks()).filter_map(|block| source.ids(block).ok()) {
                found.extend(ids.filter(|id| vacant.binary_search(id).is_ok()));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    pub(super) fn layout(&self, number: u32, rows: usize) -> Layout {
        let shape = &self.shape;
        let keys = (&shape.key_codec, shape.key_width);
        Layout::new(number, keys, (&shape.value_codec, shape.value_width), rows)
    }
}
