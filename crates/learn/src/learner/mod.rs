//! The complementary learner in its directory.

mod budget;
mod builder;
mod observing;
mod open;
mod reader;
mod sleeping;
mod stats;
mod writing;

use std::path::Path;
use std::sync::{Arc, OnceLock, RwLock};

use attractor_store::ledger::Ledger;

pub use budget::Budget;
pub use builder::Builder;
pub use observing::{Look, Observed};
pub use reader::{Reader, Snapshot};
pub use sleeping::{Ended, Progress, Slumber};
pub use stats::Stats;

use crate::Error;
use crate::answer::{Answer, Novelty};
use crate::config::Config;
use crate::event::Event;
use crate::mind::Mind;
use crate::view::{Completion, View};

/// What the ledger calls a learner.
const FORMAT: &str = "attractor learner";
/// Version of its files.
const VERSION: u32 = 2;
/// Role of the file that holds everything but the episodes.
const MIND: &str = "mind";

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

    fn adopt(&mut self, mind: Mind) {
        let _ = self.view.set(Arc::clone(&mind.view));
        self.mind = Some(mind);
    }

    /// A change that the journal has already: should it fail, memory and disk differ.
    fn change<T>(&mut self, change: impl FnOnce(&mut Mind) -> Result<T, Error>) -> Result<T, Error> {
        let Some(mind) = self.mind.as_mut() else {
            return Err(Error::TooFew { what: "this", needed: 1, found: 0 });
        };
        change(mind).inspect_err(|_| self.broken = Some("a change failed half way"))
    }
}
