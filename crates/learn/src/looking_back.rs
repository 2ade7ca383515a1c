//! Looking back: episodes are answered as if they were not there, which shows the gate whom to trust.
//!
//! Answers about the present stream would be fairer to the slow system, which learned the episodes too. But a stream
//! that stays with two classes for a while says nothing of the others: a gate fitted to it learned to trust recent
//! episodes, and cost one point of accuracy over all classes.

use crate::Error;
use crate::answer::System;
use crate::gate::Verdict;
use crate::mind::Mind;
use crate::namespaces::Scope;
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
    /// It is answered as it would be among its own.
    scope: Scope,
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
                let scope = Scope::Of(episode.namespace);
                remembered.push(Remembered { id: episode.id, class, scope });
                values.push(value);
            }
            view.perception.clone()
        };
        let percepts = perception.see_all(&values)?;
        let verdicts: Vec<Verdict> = {
            let view = self.view();
            let pairs = remembered.iter().zip(&percepts);
            let verdicts = pairs.map(|(episode, percept)| Self::judge(&view, episode, percept));
            verdicts.filter_map(Result::transpose).collect::<Result<_, Error>>()?
        };
        if !verdicts.is_empty() {
            self.view_mut().gate.learn(verdicts);
        }
        Ok(())
    }

    fn judge(view: &View, episode: &Remembered, percept: &Percept) -> Result<Option<Verdict>, Error> {
        let class = episode.class as usize;
        let opinions = view.opinions_without(percept, episode.id, episode.scope)?;
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
        Ok(Some(Verdict { evidence: opinions.evidence, right }))
    }
}
