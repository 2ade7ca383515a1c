//! What answers: the part of a learner that readers share.

use std::sync::Arc;

use attractor_data::Shape;
use attractor_memory::{Clamp, Dynamics, Memory, Separation, Similarity, Status, Threads};
use ndarray::{Array1, Array2, ArrayView1, Axis};
use serde::Serialize;

use crate::Error;
use crate::answer::{Answer, Evidence, Novelty, System};
use crate::cortex::Readout;
use crate::fast::{Fast, Reading};
use crate::gate::{self, Gate};
use crate::labels::Labels;
use crate::namespaces::{Namespaces, Scope};
use crate::novelty::Familiar;
use crate::perception::{Percept, Perception};

/// Episodes that a completion is made of, at most.
const COMPLETED_BY: usize = 64;
/// Episodes that are compared with a partial observation at once.
const TILE: usize = 1_024;

/// Everything that a prediction needs.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) shape: Shape,
    pub(crate) labels: Labels,
    pub(crate) namespaces: Namespaces,
    pub(crate) perception: Arc<Perception>,
    pub(crate) fast: Fast,
    pub(crate) readout: Option<Slow>,
    pub(crate) gate: Gate,
    pub(crate) familiar: Familiar,
}

/// The slow system's picture of the moment.
#[derive(Clone)]
pub(crate) struct Slow(pub(crate) Arc<dyn Readout>);

impl std::fmt::Debug for Slow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Slow({} classes)", self.0.classes())
    }
}

/// What both systems say to one percept.
#[derive(Debug, Clone)]
pub(crate) struct Opinions {
    pub(crate) reading: Reading,
    /// By class; empty when the fast system knows nothing.
    pub(crate) fast: Vec<f64>,
    /// By class; empty when the slow system knows nothing.
    pub(crate) slow: Vec<f64>,
    pub(crate) evidence: gate::Evidence,
}

/// A completed observation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Completion {
    /// The observation; known components are as they were given.
    pub pattern: Vec<f32>,
    /// Energy of the end state among the episodes that completed it.
    pub energy: f64,
    /// Steps taken.
    pub steps: usize,
    /// How it ended.
    pub status: Status,
    /// The episodes that it is made of, largest weight first.
    pub episodes: Vec<Evidence>,
}

impl View {
    pub(crate) fn opinions(&self, percept: &Percept, scope: Scope) -> Result<Opinions, Error> {
        Ok(self.opinions_on(percept, self.fast.read(&percept.key, scope)?))
    }

    /// What both would say if this episode were not there; the slow system may have learned it all the same.
    pub(crate) fn opinions_without(
        &self,
        percept: &Percept,
        id: u64,
        scope: Scope,
    ) -> Result<Opinions, Error> {
        let beta = self.fast.episodes().memory().separation().beta();
        Ok(self.opinions_on(percept, self.fast.read(&percept.key, scope)?.without(id, beta)))
    }

    fn opinions_on(&self, percept: &Percept, reading: Reading) -> Opinions {
        let classes = self.labels.len();
        let mut fast = reading.distribution(classes);
        if fast.iter().all(|&p| p == 0.0) {
            fast.clear();
        }
        let slow = self.slow(&percept.features);
        let evidence =
            gate::Evidence { entropy: entropy(&slow), novelty: self.familiar.rank(reading.energy) };
        Opinions { reading, fast, slow, evidence }
    }

    /// The slow system's probabilities by class; empty when it knows none.
    pub(crate) fn slow(&self, features: &[f32]) -> Vec<f64> {
        let Some(Slow(readout)) = &self.readout else { return Vec::new() };
        let mut scores = Vec::new();
        readout.scores(features, &mut scores);
        scores.resize(self.labels.len(), f32::NEG_INFINITY);
        softmax(&scores)
    }

    pub(crate) fn answer(&self, percept: &Percept, scope: Scope) -> Result<Answer, Error> {
        let opinions = self.opinions(percept, scope)?;
        let share = self.share(&opinions);
        let (system, said) = match share > 0.5 {
            true => (System::Fast, &opinions.fast),
            false => (System::Slow, &opinions.slow),
        };
        let best = best_of(said);
        let at = |class: usize| said.get(class).copied().unwrap_or(0.0);
        let named =
            self.labels.names().enumerate().map(|(class, name)| (name.to_owned(), at(class))).collect();
        Ok(Answer {
            label: self.name_of(best),
            confidence: best.map_or(0.0, |(_, p)| p),
            probabilities: named,
            system,
            fast: self.name_of(best_of(&opinions.fast)),
            slow: self.name_of(best_of(&opinions.slow)),
            share,
            novelty: Novelty { energy: opinions.reading.energy, rank: opinions.evidence.novelty },
            effective: opinions.reading.effective,
            episodes: self.evidence(opinions.reading.answers.iter().map(|a| (a.id, a.weight, a.similarity))),
        })
    }

    fn name_of(&self, best: Option<(usize, f64)>) -> Option<String> {
        best.and_then(|(class, _)| self.labels.name(class as u32)).map(str::to_owned)
    }

    /// The probability that the fast system is to be trusted.
    fn share(&self, opinions: &Opinions) -> f64 {
        // What the slow system has not taken up yet, it cannot rule out.
        let unheard = |(class, _): (usize, f64)| opinions.slow.get(class).is_none_or(|&p| p == 0.0);
        match (opinions.fast.is_empty(), opinions.slow.is_empty()) {
            (true, _) => 0.0,
            (false, true) => 1.0,
            (false, false) if best_of(&opinions.fast).is_some_and(unheard) => 1.0,
            // The very thing was seen before: an exception is remembered, whatever the rule says.
            (false, false) if self.fast.recognises(&opinions.reading) => 1.0,
            (false, false) => self.gate.share(opinions.evidence),
        }
    }

    pub(crate) fn novelty(&self, pattern: &[f32], scope: Scope) -> Result<Novelty, Error> {
        let energy = self.fast.read(&self.perception.key(pattern)?, scope)?.energy;
        Ok(Novelty { energy, rank: self.familiar.rank(energy) })
    }

    fn evidence(&self, answers: impl Iterator<Item = (u64, f64, f64)>) -> Vec<Evidence> {
        let mut episodes: Vec<Evidence> = answers
            .filter_map(|(id, weight, similarity)| {
                let episode = self.fast.episodes().get(id)?;
                let label = episode.label.and_then(|class| self.labels.name(class)).map(str::to_owned);
                let namespace = self.namespaces.name(episode.namespace).to_owned();
                Some(Evidence { id, label, namespace, weight, similarity, time: episode.time })
            })
            .collect();
        episodes.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.id.cmp(&b.id)));
        episodes
    }

    /// Completes the components of `pattern` for which `known` is false: the episodes that agree best with the
    /// known ones form a memory, and the state moves in it with the known components held.
    pub(crate) fn complete(
        &self,
        pattern: &[f32],
        known: &[bool],
        scope: Scope,
    ) -> Result<Completion, Error> {
        let width = self.shape.components();
        crate::check::pattern(pattern, width, "observation")?;
        crate::check::width(known.len(), width, "known components")?;
        let (ids, values, nearest) = self.agreeing(pattern, known, scope)?;
        if ids.is_empty() {
            return Err(Error::TooFew { what: "a completion", needed: 1, found: 0 });
        }
        // Sharp enough to tell the best from the rest, at the scale at which they differ.
        let beta = self.fast.recall().sharpness / nearest.max(1e-6);
        let mut memory = Memory::builder(width)
            .threads(Threads::Caller)
            .similarity(Similarity::SquaredEuclidean)
            .separation(Separation::softmax(beta))
            .build()?;
        memory.store(values.view())?;
        let held = known.iter().enumerate().filter(|(_, known)| **known).map(|(j, _)| j).collect();
        // What is not known starts at the average of the candidates: no episode is favoured by the start.
        let mean = values.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(width));
        let cue: Array1<f32> = Array1::from_shape_fn(width, |j| if known[j] { pattern[j] } else { mean[j] });
        let dynamics = Dynamics { clamp: Clamp::Components(held), ..Dynamics::default() };
        let recall = memory.recall_with(cue.view().insert_axis(Axis(0)), &dynamics)?;
        let report = recall.reports.first();
        let leading = report.map_or(&[][..], |report| &report.leading);
        let answers = leading.iter().filter_map(|a| Some((*ids.get(a.id as usize)?, a.weight, f64::NAN)));
        let mut episodes = self.evidence(answers);
        for evidence in &mut episodes {
            let at = ids.iter().position(|id| *id == evidence.id).unwrap_or(0);
            evidence.similarity = -distance(values.row(at), recall.states.row(0));
        }
        Ok(Completion {
            pattern: recall.states.row(0).to_vec(),
            energy: report.map_or(f64::NAN, |report| report.energy.total()),
            steps: recall.steps.first().copied().unwrap_or(0),
            status: recall.status.first().copied().unwrap_or(Status::StepLimit),
            episodes,
        })
    }

    /// The episodes nearest to the known components: ids, patterns, and the mean squared distance of the nearest
    /// to the others on all components.
    fn agreeing(
        &self,
        pattern: &[f32],
        known: &[bool],
        scope: Scope,
    ) -> Result<(Vec<u64>, Array2<f32>, f64), Error> {
        let width = self.shape.components();
        let masked = |from: &[f32]| -> Vec<f32> {
            from.iter().zip(known).map(|(&x, &known)| if known { x } else { 0.0 }).collect()
        };
        let cue = Array2::from_shape_vec((1, width), masked(pattern)).unwrap_or_default();
        let all: Vec<u64> = self.fast.within(scope).map(|episode| episode.id).collect();
        let mut best: Vec<(f64, u64)> = Vec::new();
        let mut value = Vec::new();
        for tile in all.chunks(TILE) {
            let mut memory = Memory::builder(width)
                .similarity(Similarity::SquaredEuclidean)
                .separation(Separation::topk_renormalised(COMPLETED_BY, 1.0)?)
                .build()?;
            let mut rows = Array2::zeros((tile.len(), width));
            for (&id, mut row) in tile.iter().zip(rows.rows_mut()) {
                self.fast.episodes().value(id, &mut value)?;
                row.assign(&ArrayView1::from(&masked(&value)));
            }
            memory.store_as(tile, rows.view())?;
            let found = memory.associate(cue.view())?;
            best.extend(found.iter().flat_map(|found| &found.answers).map(|a| (-a.similarity, a.id)));
            best.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            best.truncate(COMPLETED_BY);
        }
        let mut values = Array2::zeros((best.len(), width));
        for (&(_, id), mut row) in best.iter().zip(values.rows_mut()) {
            self.fast.episodes().value(id, &mut value)?;
            row.assign(&ArrayView1::from(&value));
        }
        let others = values.nrows().saturating_sub(1).max(1) as f64;
        let spread = values.rows().into_iter().skip(1).map(|row| distance(row, values.row(0))).sum::<f64>();
        Ok((best.into_iter().map(|(_, id)| id).collect(), values, spread / others))
    }
}

fn distance(a: ArrayView1<'_, f32>, b: ArrayView1<'_, f32>) -> f64 {
    a.iter().zip(b).map(|(x, y)| f64::from(x - y).powi(2)).sum()
}

/// The class of the largest probability above 0, the first of equals.
pub(crate) fn best_of(probabilities: &[f64]) -> Option<(usize, f64)> {
    let some = probabilities.iter().copied().enumerate().filter(|(_, p)| *p > 0.0);
    some.reduce(|best, other| if other.1 > best.1 { other } else { best })
}

/// Softmax in f64; empty when every score is minus infinity.
///
/// Only a score of minus infinity gives 0, since 0 says "a class never taken up": one that is merely hopeless keeps
/// the smallest positive number where the exponential underflows.
pub(crate) fn softmax(scores: &[f32]) -> Vec<f64> {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if top == f32::NEG_INFINITY {
        return Vec::new();
    }
    let weights: Vec<f64> = scores.iter().map(|&s| f64::from(s - top).exp()).collect();
    let total: f64 = weights.iter().sum();
    let share = |(w, &s): (f64, &f32)| match s == f32::NEG_INFINITY {
        true => 0.0,
        false => (w / total).max(f64::MIN_POSITIVE),
    };
    weights.into_iter().zip(scores).map(share).collect()
}

/// Entropy over that of chance among the classes with any probability; 1 when nothing is known.
fn entropy(probabilities: &[f64]) -> f64 {
    let known = probabilities.iter().filter(|&&p| p > 0.0).count();
    match known {
        0 => 1.0,
        1 => 0.0,
        _ => {
            -probabilities.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>() / (known as f64).ln()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hopeless_class_is_not_an_unheard_one() {
        let said = softmax(&[-1e9, 0.0, f32::NEG_INFINITY]);
        assert!(said[0] > 0.0 && said[1] == 1.0 && said[2] == 0.0, "{said:?}");
    }

    #[test]
    fn masked_classes_have_no_probability() {
        assert_eq!(softmax(&[f32::NEG_INFINITY, 3.0]), [0.0, 1.0]);
        assert!(softmax(&[f32::NEG_INFINITY; 3]).is_empty() && softmax(&[]).is_empty());
        assert!((entropy(&[0.25; 4]) - 1.0).abs() < 1e-12);
        assert!((entropy(&[0.5, 0.0, 0.5]) - 1.0).abs() < 1e-12);
        assert_eq!((entropy(&[]), entropy(&[1.0])), (1.0, 0.0));
    }
}
