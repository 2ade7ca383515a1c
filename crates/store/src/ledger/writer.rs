//! The journal of one generation, while it is written.

use std::io;
use std::sync::Arc;

use super::durability::{Durability, Syncer};
use super::journal::{self, HEADER, LONGEST_EVENT, Scan};
use super::manifest::journal_name;
use crate::Error;
use crate::storage::{Sink, Storage};

/// Appends records; on disk are always whole ones, up to one that is being written.
pub(super) struct JournalWriter {
    storage: Arc<dyn Storage>,
    generation: u64,
    name: String,
    sink: Box<dyn Sink>,
    length: u64,
    durability: Durability,
    syncer: Syncer,
    /// Whether the last record states that all before it is durable, or there is none.
    marked: bool,
    /// Whether another generation has taken over, so that this one is written no more.
    retired: bool,
}

impl JournalWriter {
    /// A new journal, whose header is durable; its name is not yet.
    pub(super) fn create(
        storage: &Arc<dyn Storage>,
        generation: u64,
        durability: Durability,
    ) -> Result<Self, Error> {
        let name = journal_name(generation);
        let create = || -> io::Result<(Box<dyn Sink>, Syncer)> {
            let mut sink = storage.create(&name)?;
            sink.write(&journal::header(generation))?;
            sink.sync()?;
            let syncer = Syncer::new(durability, sink.flusher(), HEADER as u64)?;
            Ok((sink, syncer))
        };
        let (sink, syncer) = create().map_err(Error::io(place(&**storage, &name)))?;
        Ok(Self {
            storage: storage.clone(),
            generation,
            name,
            sink,
            length: HEADER as u64,
            durability,
            syncer,
            marked: true,
            retired: false,
        })
    }

    /// Goes on after the last whole record; what is there becomes durable.
    pub(super) fn resume(
        storage: &Arc<dyn Storage>,
        generation: u64,
        scan: &Scan,
        durability: Durability,
    ) -> Result<Self, Error> {
        let name = journal_name(generation);
        let resume = || -> io::Result<(Box<dyn Sink>, Syncer)> {
            let sink = storage.append(&name, scan.end)?;
            // What an earlier process left to the system is about to be taken as known.
            sink.sync()?;
            let syncer = Syncer::new(durability, sink.flusher(), scan.end)?;
            Ok((sink, syncer))
        };
        let (sink, syncer) = resume().map_err(Error::io(place(&**storage, &name)))?;
        Ok(Self {
            storage: storage.clone(),
            generation,
            name,
            sink,
            length: scan.end,
            durability,
            syncer,
            marked: scan.marked || scan.events.is_empty(),
            retired: false,
        })
    }

    /// Bytes so far.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Refuses where a sync failed.
    pub(super) fn usable(&self) -> Result<(), Error> {
        match self.syncer.failed() {
            None => Ok(()),
            Some(cause) => Err(Error::Poisoned { place: self.place(), cause }),
        }
    }

    /// From now on nothing is written.
    pub(super) fn poison(&mut self, cause: String) {
        self.syncer.fail(cause);
    }

    /// One event, as durable as was asked for.
    pub(super) fn append(&mut self, event: &[u8]) -> Result<(), Error> {
        if event.len() > LONGEST_EVENT {
            return Err(Error::Parameter {
                name: "bytes of an event",
                value: event.len() as f64,
                limit: "at most 67108864 (64 MiB)",
            });
        }
        self.usable()?;
        self.write(&journal::record(self.generation, self.length, self.syncer.synced(), event))?;
        self.marked = false;
        if self.durability == Durability::Always {
            self.syncer.sync().map_err(Error::io(self.place()))?;
        }
        Ok(())
    }

    /// Makes all events durable, and says so in the journal.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        self.usable()?;
        if self.marked {
            return Ok(());
        }
        if self.syncer.synced() < self.length {
            self.syncer.sync().map_err(Error::io(self.place()))?;
        }
        // Unsynced itself: it only helps to tell damage from a torn end. One that finds no room is left out.
        let mark = journal::mark(self.generation, self.length, self.length);
        if self.write(&mark).is_ok() {
            self.marked = true;
        }
        self.usable()
    }

    /// Another journal has taken over.
    pub(super) fn retire(&mut self) {
        self.retired = true;
    }

    /// All of `record` or, after a failure, nothing.
    fn write(&mut self, record: &[u8]) -> Result<(), Error> {
        if let Err(source) = self.sink.write(record) {
            match self.storage.append(&self.name, self.length) {
                Ok(sink) => {
                    self.syncer.reopened(sink.flusher());
                    self.sink = sink;
                }
                Err(error) => self.poison(format!("{source}; and cutting off the part written: {error}")),
            }
            return Err(Error::Io { place: self.place(), source });
        }
        self.length += record.len() as u64;
        self.syncer.written(self.length);
        Ok(())
    }

    fn place(&self) -> String {
        place(&*self.storage, &self.name)
    }
}

impl Drop for JournalWriter {
    fn drop(&mut self) {
        if !self.retired && self.durability != Durability::System {
            // Nobody is left to be told: what is lost was never said to be durable.
            let _ = self.sync();
        }
    }
}

/// What messages call a file.
pub(super) fn place(storage: &dyn Storage, name: &str) -> String {
    format!("{}/{name}", storage.place())
}
