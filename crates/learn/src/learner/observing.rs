//! Looks: into the journal, then into the mind; many at once are encoded ahead of the learning.

use std::sync::Arc;

use attractor_data::Shape;
use ndarray::ArrayView2;

use super::Learner;
use crate::event::{Event, Observation};
use crate::fast::Written;
use crate::mind::{AHEAD, Mind};
use crate::perception::{Percept, Perception};
use crate::{Error, check};

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

/// One look, with what else is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// The observation.
    pub pattern: &'a [f32],
    /// Its class.
    pub label: &'a str,
    /// Where its episode belongs, at most 256 bytes; empty for the namespace without a name. It is compared with the
    /// episodes there, and read there ([`Reader::within`](crate::Reader::within)); classes and the slow system are common to all.
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
