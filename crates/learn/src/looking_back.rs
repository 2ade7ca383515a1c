//! Looking back: episodes are answered as if they were not there, which shows the gate whom to trust.
//!
//! Answers about the present stream would be fairer to the slow system, which learned the episodes too. But a stream
//! that stays with two classes for a while says nothing of the others: a gate fitted to it learned to trust recent
//! episodes, and cost one point of accuracy over all classes.

use crate::Error;
use crate::answer::System;
use crate::gate::Evidence;
use crate::mind::Mind;
use crate::perception::Percept;
use crate::replay::Draws;
use crate::view::{View, best_of};

/// After so many observations, so many episodes are looked back at, together: that costs less than one by one.
const EVERY: u64 = 64;
const EPISODES: usize = 8;
/// Observations that are all followed by a look back at one, since the gate knows nothing yet.
const OFTEN: u64 = 512;

/// An episode that is looked back at.
struct Remembered {
    id: u64,
    class: u32,
    surprise: f64,
}

/// Where only one system was right: on what evidence, which one, and how much it counts.
struct Verdict {
    evidence: Evidence,
    right: System,
    weight: f64,
}

impl Mind {
    /// Fits the gate, when it is time, to episodes drawn from all.
    pub(crate) fn look_back(&self) -> Result<(), Error> {
        let count = match self.seen {
            seen if seen < OFTEN => 1,
            seen if seen.is_multiple_of(EVERY) => EPISODES,
            _ => return Ok(()),
        };
        let mut draws = Draws::new(self.config.seed, "looking back", self.seen);
        let (mut remembered, mut values) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let perception = {
            let view = self.view();
            let episodes = view.fast.episodes();
            for _ in 0..count.min(episodes.len()) {
                let Some(episode) = episodes.iter().nth(draws.below(episodes.len())) else { continue };
                let Some(class) = episode.label else { continue };
                let mut value = Vec::new();
                episodes.value(episode.id, &mut value)?;
                remembered.push(Remembered { id: episode.id, class, surprise: f64::from(episode.priority) });
                values.push(value);
            }
            view.perception.clone()
        };
        let percepts = perception.see_all(&values)?;
        let verdicts: Vec<Verdict> = {
            let view = self.view();
            let pairs = remembered.iter().zip(&percepts);
            let verdicts = pairs.map(|(episode, percept)| self.judge(&view, episode, percept));
            verdicts.filter_map(Result::transpose).collect::<Result<_, Error>>()?
        };
        if !verdicts.is_empty() {
            let gate = &mut self.view_mut().gate;
            verdicts.iter().for_each(|verdict| gate.learn(verdict.evidence, verdict.right, verdict.weight));
        }
        Ok(())
    }

    fn judge(&self, view: &View, episode: &Remembered, percept: &Percept) -> Result<Option<Verdict>, Error> {
        let class = episode.class as usize;
        let opinions = view.opinions_without(percept, episode.id)?;
        if opinions.slow.get(class).is_none_or(|&p| p == 0.0) {
            // A class that the slow system has not taken up is no question for the gate.
            return Ok(None);
        }
        let says = |system: &[f64]| best_of(system).is_some_and(|(best, _)| best == class);
        let right = match (says(&opinions.fast), says(&opinions.slow)) {
            (true, false) => System::Fast,
            (false, true) => System::Slow,
            _ => return Ok(None),
        };
        // Surprising looks are all written, others as a reservoir would: they count for those that were not.
        let looks = self.looks.get(&episode.class).copied().unwrap_or(1).max(1);
        let weight = match (-episode.surprise).exp() <= self.config.admission.known {
            true => (self.share_of_class() as f64 / looks as f64).min(1.0),
            false => 1.0,
        };
        Ok(Some(Verdict { evidence: opinions.evidence, right, weight }))
    }
}
