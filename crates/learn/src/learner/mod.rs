//! The complementary learner in its directory.

mod budget;
mod builder;
mod open;
mod reader;
mod sleeping;
mod stats;

use std::path::Path;
use std::sync::{Arc, OnceLock, RwLock};

use attractor_data::Shape;
use attractor_store::ledger::{Ledger, NewFile};
use attractor_store::wire::Writer;
use ndarray::ArrayView2;

pub use budget::Budget;
pub use builder::Builder;
pub use reader::{Reader, Snapshot};
pub use sleeping::{Ended, Progress, Slumber};
pub use stats::Stats;

use crate::answer::{Answer, Novelty};
use crate::config::Config;
use crate::event::{Event, Observation};
use crate::fast::Written;
use crate::mind::{AHEAD, Mind};
use crate::perception::{Percept, Perception};
use crate::view::{Completion, View};
use crate::{Error, check};

/// What the ledger calls a learner.
const FORMAT: &str = "attractor learner";
/// Version of its files.
const VERSION: u32 = 2;
/// Role of the file that holds everything but the episodes.
const MIND: &str = "mind";
/// Events between two checkpoints: they are replayed when a learner that was killed opens again.
const EVENTS: u64 = 4_096;
/// Bytes of the journal between two checkpoints.
const JOURNAL: u64 = 16 << 20;
/// Bytes that manifest and journal take with a checkpoint, at most.
const COMMIT: u64 = 4_096;

/// A fast memory and a slow learner on a durable store.
///
/// One process learns, any number reads ([`Learner::read`], [`Learner::reader`]). What `observe` returned for is
/// in the journal: a learner that was killed at any instruction opens with it, and continues with the same bits
/// as if it had not stopped. How much of that survives a loss of power is the choice of
/// [`Durability`](attractor_store::ledger::Durability).
///
/// ```
/// use attractor_learn::{Budget, Learner};
///
/// let directory = tempfile::tempdir()?;
/// let brain = directory.path().join("brain");
/// let mut learner = Learner::open(&brain)?;
/// for i in 0..40 {
///     let x = (i % 8) as f32 / 8.0;
///     learner.observe(&[x, 1.0 - x, 0.5], if x < 0.5 { "low" } else { "high" })?;
/// }
/// let answer = learner.predict(&[0.1, 0.9, 0.5])?;
/// assert_eq!(answer.label.as_deref(), Some("low"));
/// println!("{:?} says so, on episode {}", answer.system, answer.episodes[0].id);
///
/// learner.sleep(Budget::updates(64))?;
/// learner.close()?;
/// let again = Learner::open(&brain)?;
/// assert_eq!(again.stats().observations, 40);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Learner {
    ledger: Ledger,
    config: Config,
    mind: Option<Mind>,
    view: Shared,
    /// Events since the last checkpoint.
    events: u64,
    /// Why nothing more is taken: memory and disk may differ.
    broken: Option<&'static str>,
    damage: Vec<attractor_store::Error>,
    cut: Option<u64>,
}

/// What readers hold: nothing, until the shape of an observation is known.
type Shared = Arc<OnceLock<Arc<RwLock<View>>>>;

/// What became of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observed {
    /// It became an episode, with this id.
    Stored(u64),
    /// This episode says the same, and was strengthened.
    Merged(u64),
    /// The slow system learned it; the full memory had no room for one more of what is known.
    Passed,
}

/// What shall be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forget {
    /// One episode. The slow system takes it back where it can: ridge, class means and discriminant do,
    /// exactly, except for what replay added; a network does not.
    Episode(u64),
    /// A class with all its episodes. The slow system never answers with it again, unless it is observed anew;
    /// what its examples said about the features of all classes stays.
    Label(String),
    /// All episodes of a namespace, as if one by one; the empty name is that of the namespace without one. What was
    /// learned there and is no episode any more stays in the slow system.
    Namespace(String),
}

/// One look, with what else is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// The observation.
    pub pattern: &'a [f32],
    /// Its class.
    pub label: &'a str,
    /// Where its episode belongs, at most 256 bytes; empty for the namespace without a name. It is compared with the
    /// episodes there, and read there ([`Reader::within`]); classes and the slow system are common to all.
    pub namespace: &'a str,
    /// What it is worth, 0 to 1,000,000; 1 in [`Learner::observe`]. Goal-weighted replay and the order in which
    /// episodes give way follow it.
    pub utility: f32,
    /// Anything, at most 1,000 bytes; it comes back with the episode.
    pub meta: &'a [u8],
}

impl<'a> Look<'a> {
    /// A look without a namespace, of utility 1, with nothing else known of it.
    pub fn new(pattern: &'a [f32], label: &'a str) -> Self {
        Self { pattern, label, namespace: "", utility: 1.0, meta: &[] }
    }
}

impl Learner {
    /// Opens the learner in this directory, or makes one with the default [`Config`].
    ///
    /// # Errors
    /// Another process learns here; files that are damaged or of a newer version; a directory that cannot be
    /// written.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, Error> {
        Builder::default().open_any(directory.as_ref())
    }

    /// A learner with another [`Config`].
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// One look at an observation of this class.
    ///
    /// # Errors
    /// Another width than that of the first observation, an entry that is not finite, a label that is empty or
    /// longer than 256 bytes: nothing changed. A disk that refuses: nothing changed either, unless the message
    /// says that the learner must be opened again.
    pub fn observe(&mut self, pattern: &[f32], label: &str) -> Result<Observed, Error> {
        self.observe_with(Look::new(pattern, label))
    }

    /// As [`Learner::observe`], with a namespace, a utility and data that travel with the episode.
    ///
    /// # Errors
    /// As [`Learner::observe`]; a namespace longer than 256 bytes, a utility outside 0 to 1,000,000, more than 1,000
    /// bytes of data.
    ///
    /// ```
    /// use attractor_learn::{Learner, Look};
    ///
    /// let mut learner = Learner::builder().ephemeral()?;
    /// learner.observe_with(Look { namespace: "kitchen", ..Look::new(&[1.0, 0.0], "cup") })?;
    /// learner.observe_with(Look { namespace: "office", ..Look::new(&[1.0, 0.1], "pen") })?;
    /// let there = learner.reader().within("office");
    /// assert_eq!(there.predict(&[1.0, 0.0])?.episodes[0].label.as_deref(), Some("pen"));
    /// # Ok::<(), attractor_learn::Error>(())
    /// ```
    pub fn observe_with(&mut self, look: Look<'_>) -> Result<Observed, Error> {
        let event = event(&look);
        let mut first = self.admit(std::slice::from_ref(&event), look.pattern.len())?;
        let percept = self.mind_or(first.as_ref())?.view().perception.see(look.pattern)?;
        self.take(&event, percept, &mut first)
    }

    /// Every row of `patterns`, `(n, width)`, with the label in the same place, in this order. As a loop over
    /// [`Learner::observe`], to the bit, and faster: rows are encoded ahead by all threads.
    ///
    /// # Errors
    /// As [`Learner::observe`], for the first bad row, before anything changed; as many labels as rows. When the
    /// disk refuses, the rows before the refused one were taken.
    pub fn observe_many(
        &mut self,
        patterns: ArrayView2<'_, f32>,
        labels: &[&str],
    ) -> Result<Vec<Observed>, Error> {
        check::width(labels.len(), patterns.nrows(), "labels")?;
        let rows = patterns.rows().into_iter().zip(labels);
        self.observe_events(
            &rows.map(|(row, label)| event(&Look::new(&row.to_vec(), label))).collect::<Vec<_>>(),
        )
    }

    /// Every look, in this order: as a loop over [`Learner::observe_with`], to the bit, and faster.
    ///
    /// # Errors
    /// As [`Learner::observe_with`], for the first bad look, before anything changed. When the disk refuses, the looks
    /// before the refused one were taken.
    pub fn observe_looks(&mut self, looks: &[Look<'_>]) -> Result<Vec<Observed>, Error> {
        self.observe_events(&looks.iter().map(event).collect::<Vec<_>>())
    }

    fn observe_events(&mut self, events: &[Event]) -> Result<Vec<Observed>, Error> {
        let Some(width) = events.first().map(|event| pattern_of(event).len()) else { return Ok(Vec::new()) };
        let mut first = self.admit(events, width)?;
        let mut observed = Vec::with_capacity(events.len());
        let mut ahead: Option<Ahead> = None;
        let mut rest = events;
        while !rest.is_empty() {
            let mind = self.mind_or(first.as_ref())?;
            let (now, later) = rest.split_at(block(rest.len(), mind.until_fit()));
            let perception = Arc::clone(&mind.view().perception);
            let percepts = match ahead.take().filter(|ahead| Arc::ptr_eq(&ahead.perception, &perception)) {
                Some(ahead) => ahead.percepts?,
                None => see(&perception, now)?,
            };
            // The next block is encoded while this one is learned; in vain, where this one changes the encoders.
            let next = block(later.len(), mind.until_fit() - now.len() as u64);
            let see_next = || (next > 0).then(|| see(&perception, &later[..next]));
            let take = || -> Result<(), Error> {
                for (event, percept) in now.iter().zip(percepts) {
                    observed.push(self.take(event, percept, &mut first)?);
                }
                Ok(())
            };
            let (taken, percepts) = rayon::join(take, see_next);
            taken?;
            ahead = percepts.map(|percepts| Ahead { perception, percepts });
            rest = later;
        }
        Ok(observed)
    }

    /// The class of an observation, by both systems, with what it rests on.
    ///
    /// # Errors
    /// A wrong width, an entry that is not finite.
    pub fn predict(&self, pattern: &[f32]) -> Result<Answer, Error> {
        self.reader().predict(pattern)
    }

    /// How familiar an observation is.
    ///
    /// # Errors
    /// As [`Learner::predict`].
    pub fn novelty(&self, pattern: &[f32]) -> Result<Novelty, Error> {
        self.reader().novelty(pattern)
    }

    /// Completes an observation: components for which `known` is false are recalled from the episodes that agree
    /// best with the others.
    ///
    /// # Errors
    /// As [`Learner::predict`]; [`Error::TooFew`] without episodes.
    pub fn recall(&self, pattern: &[f32], known: &[bool]) -> Result<Completion, Error> {
        self.reader().recall(pattern, known)
    }

    /// Forgets.
    ///
    /// # Errors
    /// No such episode, class or namespace; a disk that refuses.
    pub fn forget(&mut self, what: Forget) -> Result<(), Error> {
        let event = match what {
            Forget::Episode(id) => Event::ForgetEpisode(id),
            Forget::Label(label) => Event::ForgetLabel(label),
            Forget::Namespace(namespace) => Event::ForgetNamespace(namespace),
        };
        self.usable()?;
        self.mind()?.check(&event)?;
        self.maybe_checkpoint()?;
        self.journal(&event)?;
        self.change(|mind| mind.apply(&event))
    }

    /// A handle that predicts while this learner learns on, for any number of threads.
    pub fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.view))
    }

    /// What the directory says at this moment, for reading: no lock is taken, a learner may be at work there.
    ///
    /// # Errors
    /// No learner there; files that are damaged or of a newer version.
    pub fn read(directory: impl AsRef<Path>) -> Result<Snapshot, Error> {
        open::read(directory.as_ref())
    }

    /// The recipe.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Numbers about the learner.
    pub fn stats(&self) -> Stats {
        Stats::of(self.mind.as_ref(), Some(&self.ledger))
    }

    /// What was found damaged when the learner was opened, each with file and place; the rest is served.
    pub fn damage(&self) -> &[attractor_store::Error] {
        &self.damage
    }

    /// Bytes of a record that was not finished when the writer before this one was killed; they were cut off.
    pub fn cut(&self) -> Option<u64> {
        self.cut
    }

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

    fn usable(&self) -> Result<(), Error> {
        match self.broken {
            Some(why) => Err(Error::Broken { why }),
            None => Ok(()),
        }
    }

    fn mind(&self) -> Result<&Mind, Error> {
        self.mind.as_ref().ok_or(Error::TooFew { what: "this", needed: 1, found: 0 })
    }

    /// The mind, or the one that the first observation makes.
    fn mind_or<'a>(&'a self, first: Option<&'a Mind>) -> Result<&'a Mind, Error> {
        first.map_or_else(|| self.mind(), Ok)
    }

    /// Refuses what cannot be taken. The first observation decides on the width: it is taken by the mind that is
    /// returned then.
    fn admit(&self, events: &[Event], width: usize) -> Result<Option<Mind>, Error> {
        self.usable()?;
        let first = match &self.mind {
            Some(_) => None,
            None => {
                let shape = self.config.shape.unwrap_or(Shape::Vector(width.max(1)));
                Some(Mind::new(self.config.clone(), shape)?)
            }
        };
        let mind = self.mind_or(first.as_ref())?;
        events.iter().try_for_each(|event| mind.check(event))?;
        Ok(first)
    }

    fn adopt(&mut self, mind: Mind) {
        let _ = self.view.set(Arc::clone(&mind.view));
        self.mind = Some(mind);
    }

    /// Into the journal first, then into the mind.
    fn take(&mut self, event: &Event, percept: Percept, first: &mut Option<Mind>) -> Result<Observed, Error> {
        let Event::Observe(look) = event else { unreachable!("only looks are taken here") };
        // Before anything else happens: should it fail, nothing has changed.
        self.maybe_checkpoint()?;
        self.journal(event)?;
        if let Some(mind) = first.take() {
            self.adopt(mind);
        }
        let written = self.change(|mind| mind.observe(look, percept))?;
        Ok(match written {
            Written::Stored(id) => Observed::Stored(id),
            Written::Merged(id) => Observed::Merged(id),
            Written::Passed => Observed::Passed,
        })
    }

    fn journal(&mut self, event: &Event) -> Result<(), Error> {
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

    /// A change that the journal has already: should it fail, memory and disk differ.
    fn change<T>(&mut self, change: impl FnOnce(&mut Mind) -> Result<T, Error>) -> Result<T, Error> {
        let Some(mind) = self.mind.as_mut() else {
            return Err(Error::TooFew { what: "this", needed: 1, found: 0 });
        };
        change(mind).inspect_err(|_| self.broken = Some("a change failed half way"))
    }

    fn maybe_checkpoint(&mut self) -> Result<(), Error> {
        if self.events >= EVENTS || self.ledger.journal_bytes() >= JOURNAL.min(self.config.disk_bytes / 4) {
            self.checkpoint()?;
        }
        Ok(())
    }
}

/// Observations that were encoded before their turn.
struct Ahead {
    /// What encoded them: worth nothing once it has changed.
    perception: Arc<Perception>,
    percepts: Result<Vec<Percept>, Error>,
}

/// How many of `left` observations are encoded together, when the encoders change after `until_fit` of them.
fn block(left: usize, until_fit: u64) -> usize {
    left.min(AHEAD).min(usize::try_from(until_fit).unwrap_or(usize::MAX))
}

fn see(perception: &Perception, events: &[Event]) -> Result<Vec<Percept>, Error> {
    let rows: Vec<&[f32]> = events.iter().map(pattern_of).collect();
    perception.see_all(&rows)
}

fn event(look: &Look<'_>) -> Event {
    Event::Observe(Observation {
        pattern: look.pattern.to_vec(),
        label: look.label.to_owned(),
        namespace: look.namespace.to_owned(),
        utility: look.utility,
        meta: look.meta.to_vec(),
    })
}

fn pattern_of(event: &Event) -> &[f32] {
    match event {
        Event::Observe(look) => &look.pattern,
        _ => &[],
    }
}
