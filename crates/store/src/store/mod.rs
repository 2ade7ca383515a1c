//! The durable store of episodes.
//!
//! **What.** [`Store`] is a directory of [`Episodes`] behind a [`Ledger`]: every call that changes something is an
//! event in the journal before it returns, and now and then all of it is committed as files.
//!
//! **What is promised.** What a call has acknowledged survives, as the [`Durability`](crate::ledger::Durability)
//! says. A call that fails has changed nothing. One process writes; any number read, see [`Store::read`].
//!
//! **What it costs.** A put is one record in the journal. When the journal has grown past a limit, the next call
//! commits first.

mod builder;
mod snapshot;

use std::path::Path;

use attractor_memory::associative::Association;
use ndarray::ArrayView2;

pub use builder::Builder;
pub use snapshot::Snapshot;

use crate::Error;
use crate::episodes::{Coded, Episode, Episodes, Event, NewEpisode};
use crate::ledger::Ledger;
use crate::storage::{Disk, Storage};
use builder::Limits;

/// Name of the format of a store's files and events.
pub const FORMAT: &str = "attractor store";
/// Its version.
pub const VERSION: u32 = 1;

/// Bytes that a record of the journal takes besides its event, at most.
const RECORD_OVERHEAD: u64 = 64;
/// Bytes that manifest and new journal grow by with a commit, at most.
const COMMIT_OVERHEAD: u64 = 4096;

/// Episodes that survive.
///
/// ```
/// use attractor_store::Store;
/// use attractor_store::episodes::NewEpisode;
/// use attractor_store::storage::Ram;
/// use ndarray::array;
///
/// let ram = Ram::new();
/// let mut store = Store::builder(2, 3).open_in(ram.clone())?;
/// let id = store.put(&NewEpisode { label: Some(4), ..NewEpisode::new(&[1.0, 0.0], &[0.1, 0.2, 0.3]) })?;
/// store.put(&NewEpisode::new(&[0.0, 1.0], &[0.0; 3]))?;
/// store.close()?;
///
/// let store = Store::builder(2, 3).open_in(ram)?;
/// assert_eq!(store.get(id).and_then(|e| e.label), Some(4));
/// assert_eq!(store.value(id)?, [0.1, 0.2, 0.3]);
/// assert_eq!(store.nearest(array![[0.9, 0.2]].view())?[0].answers[0].id, id);
/// # Ok::<(), attractor_store::Error>(())
/// ```
#[derive(Debug)]
pub struct Store {
    ledger: Ledger,
    episodes: Episodes,
    limits: Limits,
    damage: Vec<crate::episodes::Damage>,
    /// What was committed could not be opened.
    broken: bool,
}

impl Store {
    /// Choices for a store of episodes with keys and values of these widths.
    pub fn builder(key_width: usize, value_width: usize) -> Builder {
        Builder::new(key_width, value_width)
    }

    /// What the store at `path` holds at this moment, beside a writer in another process or without one.
    ///
    /// # Errors
    /// [`Error::Damaged`] where there is no store; as [`Builder::open`], besides the lock.
    pub fn read(path: impl AsRef<Path>) -> Result<Snapshot, Error> {
        Self::read_in(&Disk::read_only(path)?)
    }

    /// As [`Store::read`], of any storage.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_in(storage: &dyn Storage) -> Result<Snapshot, Error> {
        snapshot::read(storage)
    }

    /// Stores an episode and returns its id.
    ///
    /// # Errors
    /// As [`Episodes::encode`]; [`Error::Bound`]; what the ledger says. Nothing is stored then.
    pub fn put(&mut self, new: &NewEpisode<'_>) -> Result<u64, Error> {
        let coded = self.episodes.encode(new)?;
        self.commit_if_due()?;
        self.check_room(&coded)?;
        let id = self.episodes.next_id();
        self.happen(Event::Put(id, coded))?;
        Ok(id)
    }

    /// Removes an episode. Its bytes are given back by commits, once enough of their file is dead.
    ///
    /// # Errors
    /// [`Error::UnknownId`]; what the ledger says.
    pub fn delete(&mut self, id: u64) -> Result<(), Error> {
        self.change(Event::Delete(id))
    }

    /// Counts one more use of an episode, at `time`.
    ///
    /// # Errors
    /// [`Error::UnknownId`]; what the ledger says.
    pub fn touch(&mut self, id: u64, time: u64) -> Result<(), Error> {
        self.change(Event::Touch(id, time))
    }

    /// Sets how much an episode matters.
    ///
    /// # Errors
    /// [`Error::UnknownId`]; [`Error::Parameter`] unless finite; what the ledger says.
    pub fn set_priority(&mut self, id: u64, priority: f32) -> Result<(), Error> {
        self.change(Event::Priority(id, priority))
    }

    /// Sets an episode's class, or that it has none.
    ///
    /// # Errors
    /// [`Error::UnknownId`]; [`Error::Parameter`] for `u32::MAX`; what the ledger says.
    pub fn set_label(&mut self, id: u64, label: Option<u32>) -> Result<(), Error> {
        self.change(Event::Label(id, label))
    }

    /// Gives an episode another key, made by this version of an encoder.
    ///
    /// # Errors
    /// As [`Episodes::replace_key`]; what the ledger says.
    pub fn replace_key(&mut self, id: u64, key: &[f32], encoder_version: u32) -> Result<(), Error> {
        let bytes = self.episodes.encode_key(key)?;
        self.change(Event::Key(id, bytes, encoder_version))
    }

    /// The episode with this id, if it lives.
    pub fn get(&self, id: u64) -> Option<&Episode> {
        self.episodes.get(id)
    }

    /// Its key, as the codec left it.
    ///
    /// # Errors
    /// [`Error::UnknownId`].
    pub fn key(&self, id: u64) -> Result<Vec<f32>, Error> {
        self.episodes.key(id)
    }

    /// Its value, as the codec left it.
    ///
    /// # Errors
    /// [`Error::UnknownId`]; [`Error::Damaged`].
    pub fn value(&self, id: u64) -> Result<Vec<f32>, Error> {
        let mut value = Vec::new();
        self.episodes.value(id, &mut value)?;
        Ok(value)
    }

    /// All episodes, in the order of ids.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Episode> {
        self.episodes.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.episodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.episodes.is_empty()
    }

    /// The episodes that answer each row of `cues`, `(n, key width)`, as the [`Builder::memory`] says; by default
    /// the 10 nearest by Euclidean distance, with equal weights.
    ///
    /// # Errors
    /// As [`attractor_memory::Memory::associate`].
    pub fn nearest(&self, cues: ArrayView2<'_, f32>) -> Result<Vec<Association>, Error> {
        Ok(self.episodes.memory().associate(cues)?)
    }

    /// All of it, to read.
    pub fn episodes(&self) -> &Episodes {
        &self.episodes
    }

    /// What could not be read when the store was opened. The first commit makes the loss final.
    pub fn damage(&self) -> &[crate::episodes::Damage] {
        &self.damage
    }

    /// Bytes on disk: everything.
    pub fn bytes_on_disk(&self) -> u64 {
        self.ledger.bytes()
    }

    /// Makes durable what happened so far.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn sync(&mut self) -> Result<(), Error> {
        self.usable()?;
        self.ledger.sync()
    }

    /// Writes what is in the journal as files, and merges files where that is worth it and the bound on disk
    /// leaves room to have both for a while.
    ///
    /// # Errors
    /// What the ledger says: nothing changes then. [`Error::Damaged`] and [`Error::Io`] ever after when what was
    /// written cannot be opened: open the store again.
    pub fn commit(&mut self) -> Result<(), Error> {
        self.usable()?;
        if let Some(job) = self.episodes.prepare_compaction() {
            let peak = self.ledger.bytes() + self.episodes.commit_bytes(0, 0) + job.bytes() + COMMIT_OVERHEAD;
            if peak <= self.limits.disk {
                match job.run() {
                    Ok(merged) => self.episodes.apply_compaction(merged),
                    // Known as damaged from now on, and left as it is.
                    Err(Error::Damaged { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let mut written = false;
        let ledger = &mut self.ledger;
        let result = self.episodes.seal(|change| {
            let files = ledger.commit(change)?;
            written = true;
            Ok(files)
        });
        self.broken = result.is_err() && written;
        result
    }

    /// Makes everything durable and gives the directory back.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn close(mut self) -> Result<(), Error> {
        self.sync()
    }

    fn change(&mut self, event: Event) -> Result<(), Error> {
        self.episodes.check(&event)?;
        self.commit_if_due()?;
        self.episodes.check_readable(&event)?;
        if let Err(full) = self.check_disk(event.bytes(), 1, 0) {
            // Events of the journal may be what takes the room; and to forget is always possible.
            self.commit()?;
            let still = self.check_disk(event.bytes(), 1, 0).is_err();
            if still && !matches!(event, Event::Delete(_)) {
                return Err(full);
            }
        }
        self.happen(event)
    }

    /// To the journal first, and then to memory.
    fn happen(&mut self, event: Event) -> Result<(), Error> {
        self.usable()?;
        self.episodes.check(&event)?;
        self.ledger.append(&event.to_bytes())?;
        self.episodes.apply(event)
    }

    /// Before anything else happens, so that a failure leaves everything as it was.
    fn commit_if_due(&mut self) -> Result<(), Error> {
        if self.ledger.journal_bytes() > self.limits.journal { self.commit() } else { Ok(()) }
    }

    fn check_room(&self, coded: &Coded) -> Result<(), Error> {
        let needed = self.episodes.bytes_in_memory() + self.episodes.growth(coded);
        if needed > self.limits.memory {
            return Err(Error::Bound { needed, bound: self.limits.memory, place: "in memory" });
        }
        self.check_disk(coded.bytes(), 1, coded.meta_bytes())
    }

    /// Room for an event, and after it for a commit beside what is there.
    fn check_disk(&self, event: u64, rows: usize, meta: usize) -> Result<(), Error> {
        let commit = self.episodes.commit_bytes(rows, meta) + COMMIT_OVERHEAD;
        let needed = self.ledger.bytes() + event + RECORD_OVERHEAD + commit;
        match needed <= self.limits.disk {
            true => Ok(()),
            false => Err(Error::Bound { needed, bound: self.limits.disk, place: "on disk" }),
        }
    }

    fn usable(&self) -> Result<(), Error> {
        match self.broken {
            true => Err(Error::Damaged {
                place: "store".to_owned(),
                at: 0,
                fault: "what was committed could not be opened: open the store again",
            }),
            false => Ok(()),
        }
    }
}
