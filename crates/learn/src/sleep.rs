//! Sleep: episodes are replayed to the slow system, as far as that generalises, and what it knows then is pruned.
//!
//! Every eighth episode is never replayed: the slow system's log-loss on those says whether a round of replay did
//! good (the stop of Go-CLS, Sun et al. 2023). A closed form has learned every episode already; replaying it
//! again counts it twice, which is worth trying for those that it knows badly only, and a round that does harm
//! is taken back. A system that is trained in steps learns from every replay.

use attractor_store::wire::{Reader, Writer};

use crate::Error;
use crate::cortex::{self, Cortex, Plasticity};
use crate::mind::{AHEAD, Mind};
use crate::perception::Percept;
use crate::replay::{Candidate, Order, Sampler};
use crate::view::softmax;

/// Replays between two looks at what was kept out.
pub(crate) const ROUND: u64 = 256;
/// One episode of so many is kept out.
const OUT: u64 = 8;
/// Probability of the right class below which an episode counts as badly known.
const KNOWN: f64 = 0.5;
/// How often a badly known episode counts more in a closed form.
const WEIGHT: f32 = 3.0;
/// Probability of the right class above which an episode may be pruned.
const SURE: f64 = 0.9;
/// Share of the room that pruning makes free.
const FREE: f64 = 0.25;

/// What a round of replay did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Round {
    /// Log-loss of the slow system on what is never replayed, before and after; `None` without any.
    pub(crate) before: Option<f64>,
    pub(crate) after: Option<f64>,
    /// Whether the slow system changed for good.
    pub(crate) kept: bool,
    /// Episodes that were learned from.
    pub(crate) learned: usize,
}

impl Round {
    /// Whether more of the same promises nothing.
    pub(crate) fn is_enough(self) -> bool {
        !self.kept || matches!((self.before, self.after), (Some(before), Some(after)) if after >= before)
    }
}

impl Mind {
    /// Replays so many episodes in this order.
    pub(crate) fn replay(&mut self, order: Order, updates: u64) -> Result<Round, Error> {
        let nothing = Round { before: None, after: None, kept: false, learned: 0 };
        self.finish_renewal()?;
        let Some(mut cortex) = self.cortex.take() else { return Ok(nothing) };
        let done = self.replay_to(&mut cortex, order, updates);
        self.cortex = Some(cortex);
        self.replays += updates;
        self.publish();
        done
    }

    fn replay_to(&self, cortex: &mut Box<dyn Cortex>, order: Order, updates: u64) -> Result<Round, Error> {
        if !settle(&mut **cortex)? {
            return Ok(Round { before: None, after: None, kept: false, learned: 0 });
        }
        let (out, candidates) = self.candidates();
        let mut sampler = Sampler::new(order, &candidates, self.config.seed, self.replays)?;
        let drawn: Vec<(u64, u32)> = sampler
            .draw(updates as usize)
            .into_iter()
            .map(|i| (candidates[i].id, candidates[i].class))
            .collect();
        let percepts = self.percepts(&drawn)?;
        let before = self.loss(&**cortex, &out)?;
        let mut learned = 0;
        // To take examples back would leave what they did to the scale of the scores.
        let mut untouched = None;
        for (percept, &(_, class)) in percepts.iter().zip(&drawn) {
            let weight = match cortex.plasticity() {
                Plasticity::Steps => 1.0,
                Plasticity::Closed if probability(&**cortex, percept, class) < KNOWN => WEIGHT,
                Plasticity::Closed => continue,
            };
            if untouched.is_none() && cortex.plasticity() == Plasticity::Closed {
                let mut to = Writer::new();
                cortex.save(&mut to);
                untouched = Some(to.finish());
            }
            cortex.learn(&percept.features, class, weight)?;
            learned += 1;
        }
        let solved = settle(&mut **cortex)?;
        let after = self.loss(&**cortex, &out)?;
        let worse = !solved || matches!((before, after), (Some(before), Some(after)) if after > before);
        let mut kept = learned > 0;
        if let Some(bytes) = untouched.filter(|_| worse) {
            *cortex = cortex::load(&mut Reader::new(&bytes, "the slow system before a round of replay"))?;
            kept = false;
        }
        Ok(Round { before, after, kept, learned })
    }

    /// The episodes that are kept out, and those that may be replayed.
    fn candidates(&self) -> (Vec<(u64, u32)>, Vec<Candidate>) {
        let view = self.view();
        let labelled = view.fast.episodes().iter().filter_map(|e| e.label.map(|class| (e, class)));
        let mut out = Vec::new();
        let mut candidates = Vec::new();
        let means = view.fast.class_means();
        for (episode, class) in labelled {
            if episode.id % OUT == OUT - 1 {
                out.push((episode.id, class));
            } else {
                candidates.push(Candidate {
                    id: episode.id,
                    class,
                    priority: f64::from(episode.priority),
                    utility: f64::from(crate::fast::utility(episode)),
                    distance: view.fast.distance_to(&means, episode.id, class),
                });
            }
        }
        (out, candidates)
    }

    /// What the encoders make of episodes. They are few: features take more room than anything else.
    fn percepts(&self, episodes: &[(u64, u32)]) -> Result<Vec<Percept>, Error> {
        let (perception, values) = {
            let view = self.view();
            let value = |&(id, _): &(u64, u32)| {
                let mut value = Vec::new();
                view.fast.episodes().value(id, &mut value).map(|()| value)
            };
            (view.perception.clone(), episodes.iter().map(value).collect::<Result<Vec<_>, _>>()?)
        };
        // All threads take part, and none of them may wait for the view meanwhile.
        perception.see_all(&values)
    }

    /// Probability that the slow system gives to the right class of every episode.
    fn known(&self, cortex: &dyn Cortex, episodes: &[(u64, u32)]) -> Result<Vec<f64>, Error> {
        let mut known = Vec::with_capacity(episodes.len());
        for block in episodes.chunks(AHEAD) {
            let percepts = self.percepts(block)?;
            known.extend(percepts.iter().zip(block).map(|(percept, e)| probability(cortex, percept, e.1)));
        }
        Ok(known)
    }

    /// Mean log-loss; `None` when there is nothing to measure on.
    fn loss(&self, cortex: &dyn Cortex, episodes: &[(u64, u32)]) -> Result<Option<f64>, Error> {
        let losses = self.known(cortex, episodes)?.into_iter().map(|p| -p.max(1e-6).ln());
        Ok((!episodes.is_empty()).then(|| losses.sum::<f64>() / episodes.len() as f64))
    }

    /// Lets go of what the slow system knows with a margin, the best known first, until a quarter of the room is
    /// free. Exceptions stay, and so does at least half of the fair share of every class in a namespace. Returns how many
    /// went.
    pub(crate) fn prune(&mut self) -> Result<usize, Error> {
        self.finish_renewal()?;
        let Some(cortex) = self.cortex.take() else { return Ok(0) };
        let (all, namespaces): (Vec<(u64, u32)>, Vec<u32>) = {
            let view = self.view();
            let labelled = view.fast.episodes().iter().filter_map(|e| Some(((e.id, e.label?), e.namespace)));
            labelled.unzip()
        };
        let known = self.known(&*cortex, &all);
        let room = self.room();
        let outcome = known.and_then(|known| {
            let mut view = self.view_mut();
            let mut sure = Vec::new();
            let groups = all.iter().zip(&namespaces).map(|(&(_, class), &namespace)| (namespace, class));
            for ((p, &(id, _)), group) in known.into_iter().zip(&all).zip(groups.clone()) {
                view.fast.set_surprise(id, -p.max(1e-6).ln())?;
                if p > SURE {
                    sure.push((p, id, group));
                }
            }
            sure.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let mut sizes = std::collections::BTreeMap::<(u32, u32), usize>::new();
            groups.for_each(|group| *sizes.entry(group).or_default() += 1);
            let least = room / (2 * sizes.len().max(1));
            let most = room - (room as f64 * FREE) as usize;
            let mut gone = 0;
            for (_, id, group) in sure {
                if view.fast.len() <= most {
                    break;
                }
                let size = sizes.entry(group).or_default();
                if *size > least {
                    view.fast.remove(id)?;
                    *size -= 1;
                    gone += 1;
                }
            }
            Ok(gone)
        });
        self.cortex = Some(cortex);
        outcome
    }
}

/// Whether the slow system could take up all that it learned: a system that is singular for now keeps its last
/// readout, and that is no reason not to wake up again.
fn settle(cortex: &mut dyn Cortex) -> Result<bool, Error> {
    match cortex.settle() {
        Ok(()) => Ok(true),
        Err(Error::Singular { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Probability that the slow system gives to the right class.
fn probability(cortex: &dyn Cortex, percept: &Percept, class: u32) -> f64 {
    let mut scores = Vec::new();
    cortex.readout().scores(&percept.features, &mut scores);
    softmax(&scores).get(class as usize).copied().unwrap_or(0.0)
}
