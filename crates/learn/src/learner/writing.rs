//! What a learner writes: a journal of events, and checkpoints.

use attractor_store::ledger::NewFile;
use attractor_store::wire::Writer;

use super::{Learner, MIND};
use crate::Error;
use crate::event::Event;

/// Events between two checkpoints: they are replayed when a learner that was killed opens again.
const EVENTS: u64 = 4_096;
/// Bytes of the journal between two checkpoints.
const JOURNAL: u64 = 16 << 20;
/// Bytes that manifest and journal take with a checkpoint, at most.
const COMMIT: u64 = 4_096;

impl Learner {
    /// Everything observed so far is on the disk when this returns.
    ///
    /// # Errors
    /// A disk that refuses.
    pub fn sync(&mut self) -> Result<(), Error> {
        Ok(self.ledger.sync()?)
    }

    /// Writes the state, so that opening need not replay what was observed since the last checkpoint. This happens
    /// by itself every 4,096 events.
    ///
    /// # Errors
    /// A disk that refuses, or a bound on disk that has no room for old and new files side by side: nothing changed,
    /// the journal still has everything.
    pub fn checkpoint(&mut self) -> Result<(), Error> {
        self.usable()?;
        let Some(mind) = self.mind.as_ref() else { return Ok(()) };
        let mut to = Writer::new();
        to.u8(2);
        mind.save(&mut to);
        let state = to.finish();
        let bound = self.config.disk_bytes;
        let files = mind.view().fast.episodes().commit_bytes(0, 0);
        let needed = self.ledger.bytes() + state.len() as u64 + files + COMMIT;
        if needed > bound {
            return Err(attractor_store::Error::Bound { needed, bound, place: "bytes on disk" }.into());
        }
        let job = mind.view_mut().fast.episodes_mut().prepare_compaction();
        if let Some(job) = job.filter(|job| needed + job.bytes() <= bound) {
            match job.run() {
                Ok(merged) => mind.view_mut().fast.episodes_mut().apply_compaction(merged),
                // Known as damaged from now on, and left as it is.
                Err(attractor_store::Error::Damaged { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let state = NewFile { role: MIND.to_owned(), parts: vec![state] };
        let old = self.ledger.files().iter().filter(|file| file.role == MIND).map(|file| file.name.clone());
        let drop: Vec<String> = old.collect();
        // Readers go on while the files are written.
        let (mut change, sealing) = mind.view().fast.episodes().prepare()?;
        change.add.push(state);
        change.drop.extend(drop);
        let written = self.ledger.commit(change)?;
        let installed = mind.view_mut().fast.episodes_mut().install(sealing, written);
        if installed.is_err() {
            self.broken = Some("what was written cannot be opened");
        }
        installed?;
        self.events = 0;
        Ok(())
    }

    /// Checkpoints and lets go of the directory.
    ///
    /// # Errors
    /// As [`Learner::checkpoint`]. Dropping a learner loses nothing either; only opening takes longer then.
    pub fn close(mut self) -> Result<(), Error> {
        self.checkpoint()
    }

    pub(super) fn journal(&mut self, event: &Event) -> Result<(), Error> {
        let bytes = event.encode();
        let needed = self.ledger.bytes() + bytes.len() as u64;
        let bound = self.config.disk_bytes;
        if needed > bound {
            return Err(attractor_store::Error::Bound { needed, bound, place: "bytes on disk" }.into());
        }
        self.ledger.append(&bytes)?;
        self.events += 1;
        Ok(())
    }

    pub(super) fn maybe_checkpoint(&mut self) -> Result<(), Error> {
        if self.events >= EVENTS || self.ledger.journal_bytes() >= JOURNAL.min(self.config.disk_bytes / 4) {
            self.checkpoint()?;
        }
        Ok(())
    }
}
