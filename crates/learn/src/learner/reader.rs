//! Predictions without the right to learn.

use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use super::{Shared, Stats};
use crate::Error;
use crate::answer::{Answer, Novelty, System};
use crate::config::Config;
use crate::mind::Mind;
use crate::namespaces::Scope;
use crate::view::{Completion, View};

/// Predicts from a learner, also while it learns in another thread. Cheap to clone.
///
/// ```
/// use attractor_learn::Learner;
///
/// let mut learner = Learner::builder().ephemeral()?;
/// let reader = learner.reader();
/// assert_eq!(reader.predict(&[1.0, 2.0])?.label, None); // nothing known yet
/// learner.observe(&[1.0, 2.0], "seen")?;
/// let there = std::thread::spawn(move || reader.predict(&[1.0, 2.0]));
/// assert_eq!(there.join().unwrap()?.label.as_deref(), Some("seen"));
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reader {
    view: Shared,
    /// The namespace that it reads; `None` for all.
    namespace: Option<Arc<str>>,
}

impl Reader {
    pub(super) fn new(view: Shared) -> Self {
        Self { view, namespace: None }
    }

    /// A reader of the episodes of one namespace: predictions rest on them, novelty and completions come from them.
    /// The slow system and the classes are common to all namespaces, and so is the rank of a novelty. The empty name
    /// is that of the namespace without one; a reader that was not told reads all.
    ///
    /// Asking it fails with [`Error::UnknownNamespace`] until something was observed there.
    ///
    /// ```
    /// use attractor_learn::{Error, Learner, Look};
    ///
    /// let mut learner = Learner::builder().ephemeral()?;
    /// learner.observe_with(Look { namespace: "mine", ..Look::new(&[1.0, 0.0], "cup") })?;
    /// learner.observe_with(Look { namespace: "yours", ..Look::new(&[0.0, 1.0], "pen") })?;
    /// let reader = learner.reader();
    /// assert_eq!(reader.recall(&[0.0, 0.0], &[false, false])?.episodes.len(), 2);
    /// assert_eq!(reader.within("yours").recall(&[1.0, 0.0], &[true, false])?.pattern, [1.0, 1.0]);
    /// assert!(matches!(reader.within("his").novelty(&[0.0, 1.0]), Err(Error::UnknownNamespace { .. })));
    /// # Ok::<(), attractor_learn::Error>(())
    /// ```
    #[must_use]
    pub fn within(&self, namespace: &str) -> Self {
        Self { view: Arc::clone(&self.view), namespace: Some(namespace.into()) }
    }

    fn scope(&self, view: &View) -> Result<Scope, Error> {
        view.namespaces.scope(self.namespace.as_deref())
    }

    fn view(&self) -> Option<RwLockReadGuard<'_, View>> {
        let view: &Arc<RwLock<View>> = self.view.get()?;
        Some(view.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// As [`Learner::predict`](super::Learner::predict).
    ///
    /// # Errors
    /// A wrong width, an entry that is not finite; a namespace in which nothing was observed.
    pub fn predict(&self, pattern: &[f32]) -> Result<Answer, Error> {
        let Some(view) = self.view.get() else { return Ok(nothing()) };
        let read = || view.read().unwrap_or_else(PoisonError::into_inner);
        let mut perception = Arc::clone(&read().perception);
        loop {
            // Encoded without the lock, which a learner may want meanwhile; again, should its encoders have changed.
            let percept = perception.see(pattern)?;
            let view = read();
            if Arc::ptr_eq(&perception, &view.perception) {
                return view.answer(&percept, self.scope(&view)?);
            }
            perception = Arc::clone(&view.perception);
        }
    }

    /// As [`Learner::novelty`](super::Learner::novelty).
    ///
    /// # Errors
    /// As [`Reader::predict`].
    pub fn novelty(&self, pattern: &[f32]) -> Result<Novelty, Error> {
        self.view().map_or(Ok(UNKNOWN), |view| view.novelty(pattern, self.scope(&view)?))
    }

    /// As [`Learner::recall`](super::Learner::recall).
    ///
    /// # Errors
    /// As [`Reader::predict`]; [`Error::TooFew`] without episodes.
    pub fn recall(&self, pattern: &[f32], known: &[bool]) -> Result<Completion, Error> {
        match self.view() {
            Some(view) => view.complete(pattern, known, self.scope(&view)?),
            None => Err(Error::TooFew { what: "a completion", needed: 1, found: 0 }),
        }
    }
}

/// The answer of a learner that has seen nothing.
fn nothing() -> Answer {
    Answer {
        label: None,
        confidence: 0.0,
        probabilities: Vec::new(),
        system: System::Fast,
        fast: None,
        slow: None,
        share: 0.0,
        novelty: UNKNOWN,
        effective: 0.0,
        episodes: Vec::new(),
    }
}

const UNKNOWN: Novelty = Novelty { energy: f64::INFINITY, rank: 0.5 };

/// A learner as a directory had it at one moment; reading only.
#[derive(Debug)]
pub struct Snapshot {
    config: Config,
    mind: Option<Mind>,
    reader: Reader,
    damage: Vec<attractor_store::Error>,
}

impl Snapshot {
    pub(super) fn new(config: Config, mind: Option<Mind>, damage: Vec<attractor_store::Error>) -> Self {
        let view = OnceLock::new();
        if let Some(mind) = &mind {
            let _ = view.set(Arc::clone(&mind.view));
        }
        Self { config, mind, reader: Reader::new(Arc::new(view)), damage }
    }

    /// What predicts.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The recipe.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Numbers about the learner; nothing of the disk.
    pub fn stats(&self) -> Stats {
        Stats::of(self.mind.as_ref(), None)
    }

    /// What is damaged, each with file and place.
    pub fn damage(&self) -> &[attractor_store::Error] {
        &self.damage
    }
}
