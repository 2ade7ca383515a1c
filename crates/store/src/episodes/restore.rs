//! From files to memory.

use std::sync::Arc;

use attractor_memory::Memory;
use ndarray::Array2;

use super::catalogue::Catalogue;
use super::coded::decode_key;
use super::tail::Tail;
use super::{CATALOGUE, Episode, Episodes, Place, Record, SEGMENT, Shape, Stored, check_memory};
use crate::Error;
use crate::ledger::StoredFile;
use crate::segment::{BLOCK_ROWS, Segment};

/// Something that could not be read, and what is lost by it.
#[derive(Debug)]
pub struct Damage {
    /// What is wrong, and where.
    pub error: Error,
    /// Ids of the episodes that lay there, ascending. What was restored goes on without them, and they are gone for
    /// good with the next commit, whose catalogue does not name them. Until then the files still have them: a reader
    /// that opens a repaired copy finds them. The damaged file is left as it is.
    pub lost: Vec<u64>,
}

/// A record, or a vacant place.
struct Slot {
    id: u64,
    /// Index among the records; none for a vacant place.
    record: Option<usize>,
}

impl Episodes {
    /// The episodes of the last commit, or `None` when the files hold none. Takes segments and catalogue out of
    /// `files`. `memory` makes the memory of keys, as in [`Episodes::new`].
    ///
    /// All keys and ids are compared with their checksums; values are when they are first read, or by
    /// [`Episodes::verify`]. Whatever is damaged is named, and the rest is served.
    ///
    /// # Errors
    /// [`Error::Damaged`] or [`Error::Newer`] for the catalogue; what `memory` fails with, and as
    /// [`Episodes::new`].
    pub fn restore(
        files: &mut Vec<StoredFile>,
        memory: impl FnOnce(&Shape) -> Result<Memory, Error>,
    ) -> Result<Option<(Self, Vec<Damage>)>, Error> {
        let ours = |file: &mut StoredFile| matches!(file.entry.role.as_str(), SEGMENT | CATALOGUE);
        let (found, mut segments): (Vec<_>, Vec<_>) =
            files.extract_if(.., ours).partition(|file| file.entry.role == CATALOGUE);
        let Some(file) = found.into_iter().next_back() else { return Ok(None) };
        let name = file.entry.name.clone();
        let catalogue = Catalogue::parse(&file.content?, &name)?;
        let memory = memory(&catalogue.shape)?;
        check_memory(&memory, catalogue.shape.key_width)?;
        let mut episodes = Self::new(catalogue.shape, memory)?;
        episodes.catalogue = Some(name);
        (episodes.next_id, episodes.sealed_to) = (catalogue.next_id, catalogue.next_id);
        episodes.next_segment = catalogue.next_segment;
        episodes.tail = Tail::default();
        let mut errors: Vec<(Option<(u32, usize)>, Error)> = Vec::new();
        for file in segments.drain(..) {
            match episodes.open(file) {
                Ok(stored) => {
                    let number = stored.number();
                    let blocks = 0..stored.segment.blocks();
                    let bad = blocks.filter_map(|b| Some((b, stored.segment.ids(b).err()?)));
                    errors.extend(bad.map(|(block, error)| (Some((number, block)), error)));
                    episodes.segments.push(stored);
                }
                Err(error) => errors.push((None, error)),
            }
        }
        episodes.take_records(catalogue.records);
        let lost = episodes.load(&catalogue.vacant)?;
        let damage = episodes.name_damage(errors, lost)?;
        Ok(Some((episodes, damage)))
    }

    fn open(&self, file: StoredFile) -> Result<Stored, Error> {
        let name = file.entry.name;
        let segment = Segment::parse(file.content?, name.clone())?;
        let found = *segment.layout();
        if found != self.layout(found.number, found.rows) {
            let fault = "coded in another way than the catalogue says";
            return Err(Error::Damaged { place: name, at: 0, fault });
        }
        Ok(Stored { segment: Arc::new(segment), name })
    }

    fn take_records(&mut self, records: Vec<(Episode, u32, u32)>) {
        self.records.reserve_exact(records.len());
        for (episode, segment, row) in records {
            self.meta_bytes += episode.meta.len() as u64;
            let place = Place { segment, row };
            self.records.push(Record { episode, key: place, value: place, live: true });
        }
    }

    /// Fills the memory of keys, place by place as it was, and returns the indices of records without a key.
    fn load(&mut self, vacant: &[u64]) -> Result<Vec<usize>, Error> {
        let mut slots: Vec<Slot> = Vec::with_capacity(self.records.len() + vacant.len());
        slots
            .extend(self.records.iter().enumerate().map(|(i, r)| Slot { id: r.episode.id, record: Some(i) }));
        slots.extend(vacant.iter().map(|&id| Slot { id, record: None }));
        slots.sort_by_key(|slot| slot.id);
        let mut lost = Vec::new();
        for slots in slots.chunks(BLOCK_ROWS) {
            let ids: Vec<u64> = slots.iter().map(|slot| slot.id).collect();
            let borrowed = match self.block_of(slots) {
                Some((segment, block)) => match segment.panels(block) {
                    Some(panels) => self.memory.adopt(&ids, Arc::new(panels)).is_ok(),
                    None => false,
                },
                None => false,
            };
            if borrowed {
                continue;
            }
            let mut keys = Array2::zeros((slots.len(), self.shape.key_width));
            let mut bytes = Vec::new();
            for (slot, mut to) in slots.iter().zip(keys.rows_mut()) {
                let Some(index) = slot.record else { continue };
                match self.stored_key(&self.records[index], &mut bytes) {
                    Ok(key) => to.iter_mut().zip(key).for_each(|(t, x)| *t = x),
                    Err(_) => lost.push(index),
                }
            }
            self.memory.store_as(&ids, keys.view())?;
        }
        for &id in vacant {
            self.memory.remove(id)?;
        }
        Ok(lost)
    }

    fn stored_key(&self, record: &Record, bytes: &mut Vec<u8>) -> Result<Vec<f32>, Error> {
        let (segment, row) = (self.segment(record.key.segment)?, record.key.row as usize);
        if segment.id(row)? != record.episode.id {
            let fault = "a row has another id than in the catalogue";
            return Err(Error::Damaged { place: segment.place().to_owned(), at: 0, fault });
        }
        bytes.clear();
        segment.key(row, bytes)?;
        decode_key(bytes, &self.shape, segment.place())
    }

    /// The block whose rows are these places, one for one.
    fn block_of(&self, slots: &[Slot]) -> Option<(Arc<Segment>, usize)> {
        let first = slots.iter().find_map(|slot| slot.record)?;
        let place = self.records[first].key;
        let segment = self.segment(place.segment).ok()?;
        let block = place.row as usize / BLOCK_ROWS;
        let same = |(i, slot): (usize, &Slot)| {
            let row = (block * BLOCK_ROWS + i) as u32;
            slot.record.is_none_or(|r| self.records[r].key == Place { segment: place.segment, row })
        };
        let fits = slots.len() == BLOCK_ROWS
            && (place.row as usize) < segment.rows()
            && slots.iter().enumerate().all(same)
            && segment.ids(block).ok()?.eq(slots.iter().map(|slot| slot.id));
        fits.then(|| (segment.clone(), block))
    }

    /// Removes lost episodes and says by which damage each was lost.
    fn name_damage(
        &mut self,
        errors: Vec<(Option<(u32, usize)>, Error)>,
        lost: Vec<usize>,
    ) -> Result<Vec<Damage>, Error> {
        let mut lost: Vec<(u64, Place)> =
            lost.into_iter().map(|i| (self.records[i].episode.id, self.records[i].key)).collect();
        for &(id, _) in &lost {
            let index = self.index(id)?;
            self.memory.remove(id)?;
            self.kill(index);
        }
        let present: Vec<u32> = self.segments.iter().map(Stored::number).collect();
        let unread = errors.iter().filter(|(at, _)| at.is_none()).count();
        let mut damage = Vec::new();
        for (at, error) in errors {
            let here = |place: &Place| match at {
                Some((number, block)) => place.segment == number && place.row as usize / BLOCK_ROWS == block,
                // Which number an unreadable segment had can only be told when there is one of them.
                _ => unread == 1 && !present.contains(&place.segment),
            };
            let ids = lost.extract_if(.., |(_, place)| here(place)).map(|(id, _)| id).collect();
            damage.push(Damage { error, lost: ids });
        }
        if !lost.is_empty() {
            let fault = "episodes whose keys cannot be read";
            let error = Error::Damaged { place: "segments".to_owned(), at: 0, fault };
            damage.push(Damage { error, lost: lost.into_iter().map(|(id, _)| id).collect() });
        }
        Ok(damage)
    }
}
