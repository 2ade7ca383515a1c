//! From memory to files.

use std::sync::Arc;

use super::catalogue::Catalogue;
use super::{CATALOGUE, Episodes, Place, SEGMENT, Stored};
use crate::Error;
use crate::codec::Codec;
use crate::ledger::{Change, NewFile, StoredFile};
use crate::segment::{Segment, SegmentWriter};

/// What lies between [`Episodes::prepare`] and [`Episodes::install`].
#[derive(Debug)]
pub struct Sealing {
    number: u32,
    numbers: Vec<u32>,
    kept: Vec<u32>,
    merged: Option<(u32, Vec<u32>)>,
    places: Vec<(usize, Place)>,
}

impl Episodes {
    /// Merges segments where that is worth it, and then does as [`Episodes::seal`].
    ///
    /// # Errors
    /// As [`Episodes::seal`].
    ///
    /// ```
    /// use std::sync::Arc;
    /// use attractor_memory::Memory;
    /// use attractor_store::episodes::{Episodes, NewEpisode, Shape};
    /// use attractor_store::ledger::{Durability, Ledger};
    /// use attractor_store::storage::Ram;
    ///
    /// let ram = Arc::new(Ram::new());
    /// let (mut ledger, _) = Ledger::open(ram.clone(), "example", 1, Durability::Always)?;
    /// let mut episodes = Episodes::new(Shape::new(1, 1), Memory::builder(1).build()?)?;
    /// episodes.put(&NewEpisode::new(&[1.0], &[2.0]))?;
    /// episodes.commit(|change| ledger.commit(change))?;
    ///
    /// let mut found = Ledger::read(&*ram, "example", 1)?;
    /// let keys = |shape: &Shape| Ok(Memory::builder(shape.key_width).build()?);
    /// let (again, damage) = Episodes::restore(&mut found.files, keys)?.expect("it was committed");
    /// assert_eq!((again.key(0)?, damage.len()), (vec![1.0], 0));
    /// # Ok::<(), attractor_store::Error>(())
    /// ```
    pub fn commit(
        &mut self,
        write: impl FnOnce(Change) -> Result<Vec<StoredFile>, Error>,
    ) -> Result<(), Error> {
        if let Some(job) = self.prepare_compaction() {
            match job.run() {
                Ok(merged) => self.apply_compaction(merged),
                // The segment is known as damaged from now on, and left as it is.
                Err(Error::Damaged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        self.seal(write)
    }

    /// Makes a segment of the tail, takes up a merge that was applied, drops segments without a living row, and
    /// writes the catalogue. `write` gets the files to add and to drop, may add its own, hands them to
    /// [`Ledger::commit`](crate::ledger::Ledger::commit) and returns what that returns.
    ///
    /// # Errors
    /// What `write` fails with, and [`Error::Damaged`] for a value that cannot be read: nothing changes then.
    /// [`Error::Io`] and [`Error::Damaged`] when what was written cannot be opened: open the store again.
    pub fn seal(
        &mut self,
        write: impl FnOnce(Change) -> Result<Vec<StoredFile>, Error>,
    ) -> Result<(), Error> {
        let (change, sealing) = self.prepare()?;
        let written = write(change)?;
        self.install(sealing, written)
    }

    /// The first half of [`Episodes::seal`]: the files to add and to drop, and what [`Episodes::install`] needs once
    /// they are written. Between the two nothing may change, but everything may be read: writing takes long.
    ///
    /// # Errors
    /// [`Error::Damaged`] for a value that cannot be read.
    pub fn prepare(&self) -> Result<(Change, Sealing), Error> {
        let vacant = self.memory.vacant();
        let number = self.next_segment;
        let (tail, ids) = self.seal_tail(number, &vacant)?;
        let places = self.places(number, &ids);
        let mut living: Vec<u32> = places.iter().map(|&(_, place)| place.segment).collect();
        living.sort_unstable();
        living.dedup();
        let lives = |number| living.binary_search(&number).is_ok();
        let (kept, dropped): (Vec<_>, Vec<_>) = self.segments.iter().partition(|s| lives(s.number()));
        let mut drop: Vec<String> = dropped.iter().map(|stored| stored.name.clone()).collect();
        drop.extend(self.catalogue.clone());
        let mut numbers = Vec::new();
        let mut add = Vec::new();
        let merged = self.merged.as_ref().filter(|merged| lives(merged.layout.number));
        if let Some(merged) = merged {
            numbers.push(merged.layout.number);
            add.push(NewFile { role: SEGMENT.to_owned(), parts: merged.parts.clone() });
        }
        if let Some(parts) = tail {
            numbers.push(number);
            add.push(NewFile { role: SEGMENT.to_owned(), parts });
        }
        let counters = (self.next_id, number + 1);
        let records = places.iter().map(|&(i, place)| (&self.records[i].episode, place.segment, place.row));
        let parts = vec![Catalogue::write(&self.shape, counters, records, &vacant)];
        add.push(NewFile { role: CATALOGUE.to_owned(), parts });
        let kept = kept.iter().map(|stored| stored.number()).collect();
        let merged = self.merged.as_ref().map(|merged| (merged.layout.number, merged.sources.clone()));
        Ok((Change { add, drop }, Sealing { number, numbers, kept, merged, places }))
    }

    /// The second half of [`Episodes::seal`]: takes up the files that were written.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Damaged`] when they cannot be opened, or are others: open the store again.
    pub fn install(&mut self, sealing: Sealing, written: Vec<StoredFile>) -> Result<(), Error> {
        let Sealing { number, numbers, kept, merged, places } = sealing;
        self.take_up(written, &numbers, &kept, merged)?;
        self.merged = None;
        for (index, place) in places {
            let record = &mut self.records[index];
            (record.key, record.value) = (place, place);
        }
        self.tail = super::Tail::default();
        self.sealed_to = self.next_id;
        self.next_segment = number + 1;
        Ok(())
    }

    /// The parts of a segment of what is in the tail, and the ids of its rows.
    #[expect(clippy::type_complexity, reason = "parts of a file and ids, used once")]
    fn seal_tail(&self, number: u32, vacant: &[u64]) -> Result<(Option<Vec<Vec<u8>>>, Vec<u64>), Error> {
        let new = self.records.iter().filter(|r| r.live && (r.key.is_tail() || r.value.is_tail()));
        let mut ids: Vec<u64> = new.map(|record| record.episode.id).collect();
        if ids.is_empty() {
            return Ok((None, ids));
        }
        let vacant = &vacant[vacant.partition_point(|&id| id < self.sealed_to)..];
        // Room for places that the memory of keys still counts, so that it can borrow the blocks.
        if 4 * vacant.len() <= ids.len() {
            ids.extend_from_slice(vacant);
            ids.sort_unstable();
        }
        let layout = self.layout(number, ids.len());
        let mut writer = SegmentWriter::new(layout);
        let mut key = Vec::new();
        for &id in &ids {
            let Ok(record) = self.record(id) else {
                writer.push_vacant(id);
                continue;
            };
            key.clear();
            match self.shape.key_codec {
                Codec::F32 => Codec::F32.encode(&self.memory.pattern(id)?.to_vec(), &mut key)?,
                _ => key.extend_from_slice(self.tail.key(record.key.row, layout.key_bytes)),
            }
            writer.push(id, &key, self.value_bytes(record.value)?);
        }
        Ok((Some(writer.finish()), ids))
    }

    /// Where every living record will lie: its index and its place.
    fn places(&self, number: u32, tail: &[u64]) -> Vec<(usize, Place)> {
        let row = |ids: &[u64], id: u64| ids.partition_point(|&other| other < id) as u32;
        let place = |record: &super::Record| {
            let id = record.episode.id;
            if record.key.is_tail() || record.value.is_tail() {
                return Place { segment: number, row: row(tail, id) };
            }
            match &self.merged {
                Some(merged) if merged.sources.contains(&record.key.segment) => {
                    Place { segment: merged.layout.number, row: row(&merged.ids, id) }
                }
                _ => record.key,
            }
        };
        let live = self.records.iter().enumerate().filter(|(_, record)| record.live);
        live.map(|(index, record)| (index, place(record))).collect()
    }

    /// Opens what was written: segments with these `numbers`, in order, and a catalogue.
    fn take_up(
        &mut self,
        written: Vec<StoredFile>,
        numbers: &[u32],
        kept: &[u32],
        merged: Option<(u32, Vec<u32>)>,
    ) -> Result<(), Error> {
        let mut fresh = Vec::new();
        let mut catalogue = None;
        for file in written {
            let name = file.entry.name.clone();
            match file.entry.role.as_str() {
                SEGMENT => {
                    let segment = Arc::new(Segment::parse(file.content?, name.clone())?);
                    fresh.push(Stored { segment, name });
                }
                CATALOGUE => catalogue = Some(name),
                _ => {}
            }
        }
        if fresh.iter().map(Stored::number).ne(numbers.iter().copied()) || catalogue.is_none() {
            let place = "what was committed".to_owned();
            return Err(Error::Damaged { place, at: 0, fault: "other files than were handed over" });
        }
        // A merged segment takes the place of the first that went into it.
        let (merged, sources) = merged.unzip();
        let first = |stored: &Stored| sources.iter().flatten().any(|&number| number == stored.number());
        let mut at = self.segments.iter().position(first).unwrap_or(self.segments.len());
        at -= self.segments[..at].iter().filter(|stored| !kept.contains(&stored.number())).count();
        self.segments.retain(|stored| kept.contains(&stored.number()));
        for stored in fresh {
            match merged {
                Some(number) if stored.number() == number => self.segments.insert(at, stored),
                _ => self.segments.push(stored),
            }
        }
        self.catalogue = catalogue;
        Ok(())
    }

    /// Bytes of the files that [`Episodes::seal`] would add at most, after `more` more episodes, with meta bytes
    /// of this length each. Files that it drops are not taken off.
    pub fn commit_bytes(&self, more: usize, meta: usize) -> u64 {
        let rows = self.tail.rows() + more;
        let tail = self.layout(0, rows + rows / 4).file_bytes();
        let codecs = self.shape.key_codec.file_bytes() + self.shape.value_codec.file_bytes();
        let records = (self.len() + more) * (super::catalogue::RECORD + 8) + more * meta;
        let merged = self.merged.as_ref().map_or(0, |merged| merged.layout.file_bytes());
        tail + merged + (codecs + records) as u64 + self.meta_bytes + 128
    }
}
