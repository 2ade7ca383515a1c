//! What happens to episodes.

use ndarray::aview1;

use super::coded::{Coded, decode_key, encode_key};
use super::episode::{Episode, LONGEST_META, NewEpisode, check_label, check_priority};
use super::event::Event;
use super::{Damage, Episodes, Place, Record, store_key};
use crate::Error;

impl Episodes {
    /// Stores an episode and returns its id.
    ///
    /// # Errors
    /// As [`Episodes::encode`]. Nothing is stored then.
    pub fn put(&mut self, new: &NewEpisode<'_>) -> Result<u64, Error> {
        let id = self.next_id;
        let event = Event::Put(id, self.encode(new)?);
        self.apply(event)?;
        Ok(id)
    }

    /// The episode as it would be stored.
    ///
    /// # Errors
    /// [`Error::Width`]; [`Error::NotFinite`]; [`Error::Parameter`] for a number that the codec does not take, a
    /// key beyond 1e18, the label `u32::MAX`, a priority that is not finite, and meta bytes beyond
    /// [`LONGEST_META`].
    pub fn encode(&self, new: &NewEpisode<'_>) -> Result<Coded, Error> {
        Coded::new(new, &self.shape)
    }

    /// Removes an episode.
    ///
    /// # Errors
    /// [`Error::UnknownId`].
    pub fn remove(&mut self, id: u64) -> Result<(), Error> {
        self.apply(Event::Delete(id))
    }

    /// Counts one more use of an episode, at `time`.
    ///
    /// # Errors
    /// [`Error::UnknownId`].
    pub fn touch(&mut self, id: u64, time: u64) -> Result<(), Error> {
        self.apply(Event::Touch(id, time))
    }

    /// Sets how much an episode matters.
    ///
    /// # Errors
    /// [`Error::UnknownId`]; [`Error::Parameter`] unless finite.
    pub fn set_priority(&mut self, id: u64, priority: f32) -> Result<(), Error> {
        self.apply(Event::Priority(id, priority))
    }

    /// Sets an episode's class, or that it has none.
    ///
    /// # Errors
    /// [`Error::UnknownId`]; [`Error::Parameter`] for `u32::MAX`.
    pub fn set_label(&mut self, id: u64, label: Option<u32>) -> Result<(), Error> {
        self.apply(Event::Label(id, label))
    }

    /// Gives an episode another key, made by this version of an encoder. Its id and its value stay.
    ///
    /// # Errors
    /// [`Error::UnknownId`]; as for the key in [`Episodes::encode`]; [`Error::Damaged`] when its value cannot be
    /// read any more, for it would have to be written again.
    pub fn replace_key(&mut self, id: u64, key: &[f32], encoder_version: u32) -> Result<(), Error> {
        let event = Event::Key(id, self.encode_key(key)?, encoder_version);
        self.check_readable(&event)?;
        self.apply(event)
    }

    /// Whether the value of an episode that gets another key can be read: it will have to be written again.
    pub(crate) fn check_readable(&self, event: &Event) -> Result<(), Error> {
        match event {
            Event::Key(id, ..) => self.value_bytes(self.record(*id)?.value).map(drop),
            _ => Ok(()),
        }
    }

    /// Makes an event of the journal happen again, after [`Episodes::restore`] found this `damage`: what happened
    /// to a lost episode is passed over, and an episode that cannot be written again is lost as well.
    ///
    /// # Errors
    /// As [`Episodes::apply`].
    pub fn replay(&mut self, event: Event, damage: &mut Vec<Damage>) -> Result<(), Error> {
        if let Some(id) = event.changes() {
            let lost = |damage: &Damage| damage.lost.binary_search(&id).is_ok();
            if damage.iter().any(lost) {
                return Ok(());
            }
            if let Err(error @ Error::Damaged { .. }) = self.check_readable(&event) {
                damage.push(Damage { error, lost: vec![id] });
                return self.apply(Event::Delete(id));
            }
        }
        self.apply(event)
    }

    /// A key as its codec leaves it, for [`Event::Key`].
    ///
    /// # Errors
    /// As for the key in [`Episodes::encode`].
    pub fn encode_key(&self, key: &[f32]) -> Result<Vec<u8>, Error> {
        encode_key(key, &self.shape)
    }

    /// Whether [`Episodes::apply`] would succeed.
    ///
    /// # Errors
    /// What it would fail with.
    pub fn check(&self, event: &Event) -> Result<(), Error> {
        match event {
            Event::Put(id, coded) => {
                self.tail.check()?;
                let value_bytes = self.shape.value_codec.row_bytes(self.shape.value_width);
                let fits = coded.value.len() == value_bytes && coded.meta.len() <= LONGEST_META;
                if *id != self.next_id || *id >= 1 << 62 || !fits {
                    let fault = "an episode that does not follow the last one";
                    return Err(Error::Damaged { place: "event".to_owned(), at: 0, fault });
                }
                check_label(coded.label)?;
                check_priority(coded.priority)?;
                decode_key(&coded.key, &self.shape, "event").map(drop)
            }
            Event::Delete(id) | Event::Touch(id, _) => self.record(*id).map(drop),
            Event::Priority(id, priority) => {
                check_priority(*priority)?;
                self.record(*id).map(drop)
            }
            Event::Label(id, label) => {
                check_label(*label)?;
                self.record(*id).map(drop)
            }
            Event::Key(id, key, _) => {
                self.tail.check()?;
                self.record(*id)?;
                decode_key(key, &self.shape, "event").map(drop)
            }
        }
    }

    /// Makes a change happen: at once, or when a journal is replayed.
    ///
    /// # Errors
    /// [`Error::UnknownId`]; [`Error::Damaged`] for an event that does not fit these episodes; else as the call
    /// that it stands for. Nothing changes then.
    pub fn apply(&mut self, event: Event) -> Result<(), Error> {
        self.check(&event)?;
        match event {
            Event::Put(id, coded) => self.insert(id, coded)?,
            Event::Delete(id) => {
                let index = self.index(id)?;
                self.memory.remove(id)?;
                self.kill(index);
            }
            Event::Touch(id, time) => {
                let episode = self.episode_mut(id)?;
                episode.usage = episode.usage.saturating_add(1);
                episode.last_used = time;
            }
            Event::Priority(id, priority) => self.episode_mut(id)?.priority = priority,
            Event::Label(id, label) => self.episode_mut(id)?.label = label,
            Event::Key(id, key, encoder_version) => {
                let index = self.index(id)?;
                self.memory.replace(id, aview1(&decode_key(&key, &self.shape, "event")?))?;
                let row = self.tail.push_key(self.kept(&key));
                let record = &mut self.records[index];
                record.key = Place::tail(row);
                record.episode.encoder_version = encoder_version;
            }
        }
        Ok(())
    }

    fn episode_mut(&mut self, id: u64) -> Result<&mut Episode, Error> {
        let index = self.index(id)?;
        Ok(&mut self.records[index].episode)
    }

    fn insert(&mut self, id: u64, coded: Coded) -> Result<(), Error> {
        let key = decode_key(&coded.key, &self.shape, "event")?;
        store_key(&mut self.memory, id, &key)?;
        let key = Place::tail(self.tail.push_key(self.kept(&coded.key)));
        let value = Place::tail(self.tail.push_value(&coded.value));
        self.meta_bytes += coded.meta.len() as u64;
        let episode = Episode {
            id,
            label: coded.label,
            namespace: coded.namespace,
            time: coded.time,
            priority: coded.priority,
            usage: 0,
            last_used: coded.time,
            encoder_version: coded.encoder_version,
            meta: coded.meta,
        };
        self.records.push(Record { episode, key, value, live: true });
        self.next_id = id + 1;
        Ok(())
    }

    /// The part of a coded key that the tail keeps: none where the memory of keys has all of it.
    pub(super) fn kept<'k>(&self, key: &'k [u8]) -> &'k [u8] {
        match self.shape.key_codec {
            crate::codec::Codec::F32 => &[],
            _ => key,
        }
    }
}
