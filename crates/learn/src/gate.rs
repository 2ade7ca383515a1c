//! The gate between the two systems.
//!
//! Where the systems disagree, `g(x) = sigmoid(a s(x) + b f(x) - 2)` is the probability that the fast one is right:
//! `s` is the root of the entropy of the slow system over that of chance, and `f` how familiar the cue is to the fast
//! one, 1 less the rank of its energy among familiar ones. The constant is a prior for the slow system, once there is
//! one. Above a half, the fast system answers.
//!
//! `a` and `b` are those of the largest posterior under the last verdicts, each on an episode drawn from all and
//! answered as if the memory did not hold it, with a normal prior. So the gate follows consolidation: as the slow
//! system becomes sure, more answers are its own. Verdicts age, since what was true while a class was new is not true
//! later: a gate that was moved step by step by all verdicts ever (Adagrad) still trusted the fast system with digits
//! of which the slow one knew fifteen of sixteen. All count alike: episodes are not a fair sample of what was seen,
//! but with weights that undo this a few verdicts decide.
//!
//! Mixing the answers instead (kNN-LM, Khandelwal et al. 2020), with the share that has the best log-loss, cost
//! accuracy: an unsure slow system that is right gains likelihood from a memory that is sure and often wrong.

use std::collections::VecDeque;

use attractor_store::wire::{Reader, Writer};

use crate::Error;
use crate::answer::System;

/// Verdicts that count.
const KEPT: usize = 64;
/// The weights before any verdict, and how many verdicts these are worth, about.
const PRIOR: [f64; 2] = [2.0, 1.0];
const WORTH: f64 = 0.5;
/// What speaks for the slow system when nothing else does.
const OFFSET: f64 = -2.0;
/// Neither weight leaves this range, so that no single stream can shut one of the systems off for good.
const LARGEST: f64 = 12.0;
/// Steps of Newton's method, which starts from the last weights and needs two or three.
const STEPS: usize = 8;

/// What the gate looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Evidence {
    /// Entropy of the slow system's answer over `ln` of the number of its classes, 0 to 1.
    pub(crate) entropy: f64,
    /// Share of familiar cues that the memory knew better than this one, 0 to 1.
    pub(crate) novelty: f64,
}

/// Where only one system was right: on what evidence, and which one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) evidence: Evidence,
    pub(crate) right: System,
}

/// The learned gate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gate {
    weights: [f64; 2],
    /// Oldest first.
    verdicts: VecDeque<Verdict>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { weights: PRIOR, verdicts: VecDeque::new() }
    }
}

impl Gate {
    /// The probability that the fast system is right where the two disagree.
    pub(crate) fn share(&self, evidence: Evidence) -> f64 {
        sigmoid(self.weights, inputs(evidence))
    }

    /// Takes up verdicts, oldest first, and forgets as many.
    pub(crate) fn learn(&mut self, verdicts: impl IntoIterator<Item = Verdict>) {
        self.verdicts.extend(verdicts);
        let old = self.verdicts.len().saturating_sub(KEPT);
        self.verdicts.drain(..old);
        for _ in 0..STEPS {
            let (gradient, curvature) = self.slope();
            let [[a, b], [_, d]] = curvature;
            let determinant = a * d - b * b;
            let step = [
                (d * gradient[0] - b * gradient[1]) / determinant,
                (a * gradient[1] - b * gradient[0]) / determinant,
            ];
            for (weight, step) in self.weights.iter_mut().zip(step) {
                // At most one at a time: far from the optimum Newton's method overshoots.
                *weight = (*weight - step.clamp(-1.0, 1.0)).clamp(-LARGEST, LARGEST);
            }
            if step.iter().all(|step| step.abs() < 1e-9) {
                break;
            }
        }
    }

    /// Gradient and curvature of the negative logarithm of the posterior.
    fn slope(&self) -> ([f64; 2], [[f64; 2]; 2]) {
        let mut gradient = [0, 1].map(|i| WORTH * (self.weights[i] - PRIOR[i]));
        let mut curvature = [[WORTH, 0.0], [0.0, WORTH]];
        for verdict in &self.verdicts {
            let x = inputs(verdict.evidence);
            let p = sigmoid(self.weights, x);
            let target = match verdict.right {
                System::Fast => 1.0,
                System::Slow => 0.0,
            };
            for i in 0..2 {
                gradient[i] += (p - target) * x[i];
                for j in 0..2 {
                    curvature[i][j] += p * (1.0 - p) * x[i] * x[j];
                }
            }
        }
        (gradient, curvature)
    }

    /// The weights of the entropy of the slow system and of familiarity to the fast one.
    pub(crate) fn weights(&self) -> [f64; 2] {
        self.weights
    }

    pub(crate) fn bytes(&self) -> u64 {
        (size_of::<Self>() + self.verdicts.capacity() * size_of::<Verdict>()) as u64
    }

    pub(crate) fn save(&self, to: &mut Writer) {
        self.weights.iter().for_each(|&x| to.f64(x));
        to.u64(self.verdicts.len() as u64);
        for verdict in &self.verdicts {
            let Evidence { entropy, novelty } = verdict.evidence;
            [entropy, novelty].into_iter().for_each(|x| to.f64(x));
            to.u8(u8::from(verdict.right == System::Fast));
        }
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let weights = [from.f64()?, from.f64()?];
        let count = from.count(17)?;
        let mut verdicts = VecDeque::with_capacity(count.min(KEPT));
        for _ in 0..count {
            let [entropy, novelty] = [from.f64()?, from.f64()?];
            let right = match from.u8()? {
                0 => System::Slow,
                1 => System::Fast,
                _ => return Err(from.fault("a verdict for neither system").into()),
            };
            if [entropy, novelty].iter().any(|x| !x.is_finite()) {
                return Err(from.fault("a verdict out of its range").into());
            }
            verdicts.push_back(Verdict { evidence: Evidence { entropy, novelty }, right });
        }
        let fine = weights.iter().all(|w| w.abs() <= LARGEST) && count <= KEPT;
        if fine { Ok(Self { weights, verdicts }) } else { Err(from.fault("a gate out of its range").into()) }
    }
}

/// What speaks for the fast system when it is large: doubt of the slow one, familiarity of the cue.
fn inputs(evidence: Evidence) -> [f64; 2] {
    // Entropies crowd near zero: their root spreads them.
    [evidence.entropy.clamp(0.0, 1.0).sqrt(), 1.0 - evidence.novelty.clamp(0.0, 1.0)]
}

fn sigmoid(weights: [f64; 2], x: [f64; 2]) -> f64 {
    1.0 / (1.0 + (-(weights[0] * x[0] + weights[1] * x[1] + OFFSET)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNSURE: Evidence = Evidence { entropy: 0.9, novelty: 0.1 };
    const SURE: Evidence = Evidence { entropy: 0.01, novelty: 0.1 };

    fn verdict(evidence: Evidence, right: System) -> Verdict {
        Verdict { evidence, right }
    }

    #[test]
    fn it_learns_whom_to_trust_and_changes_its_mind() {
        let mut gate = Gate::default();
        for _ in 0..100 {
            gate.learn([verdict(UNSURE, System::Fast), verdict(SURE, System::Slow)]);
        }
        assert!(gate.share(UNSURE) > 0.8, "{gate:?} {}", gate.share(UNSURE));
        assert!(gate.share(SURE) < 0.2, "{gate:?} {}", gate.share(SURE));
        for _ in 0..KEPT {
            gate.learn([verdict(UNSURE, System::Slow)]);
        }
        assert!(gate.share(UNSURE) < 0.2, "{gate:?} {}", gate.share(UNSURE));
    }

    #[test]
    fn its_weights_are_where_the_posterior_is_largest() {
        let mut gate = Gate::default();
        let at = |i: u32| Evidence { entropy: f64::from(i % 10) / 10.0, novelty: f64::from(i % 7) / 7.0 };
        let right = |i: u32| if i % 10 + i % 3 > 8 { System::Fast } else { System::Slow };
        gate.learn((0..100).map(|i| verdict(at(i), right(i))));
        let loss = |gate: &Gate| {
            let of = |verdict: &Verdict| match verdict.right {
                System::Fast => -gate.share(verdict.evidence).ln(),
                System::Slow => -(1.0 - gate.share(verdict.evidence)).ln(),
            };
            let prior = gate.weights.iter().zip(PRIOR).map(|(w, p)| 0.5 * WORTH * (w - p).powi(2));
            gate.verdicts.iter().map(of).sum::<f64>() + prior.sum::<f64>()
        };
        let best = loss(&gate);
        for i in 0..2 {
            for step in [-1e-3, 1e-3] {
                let mut other = gate.clone();
                other.weights[i] += step;
                assert!(loss(&other) > best, "{i} {step}");
            }
        }
        // Negative control: where it began was not the best place.
        assert!(loss(&Gate { weights: PRIOR, ..gate }) > best + 0.1);
    }

    #[test]
    fn evidence_out_of_range_leaves_it_finite() {
        let mut gate = Gate::default();
        let far = Evidence { entropy: f64::from(u8::MAX), novelty: -1.0 };
        gate.learn([verdict(far, System::Fast); 300]);
        assert!(
            gate.share(Evidence { entropy: 0.0, novelty: 1.0 }).is_finite() && gate.verdicts.len() == KEPT
        );
    }

    #[test]
    fn it_comes_back_to_the_bit() {
        let mut gate = Gate::default();
        gate.learn((0..200).map(|i| {
            let evidence = Evidence { entropy: f64::from(i) / 300.0, novelty: 0.3 };
            verdict(evidence, if i % 3 == 0 { System::Fast } else { System::Slow })
        }));
        let mut to = Writer::new();
        gate.save(&mut to);
        let bytes = to.finish();
        assert_eq!(Gate::load(&mut Reader::new(&bytes, "a gate")).unwrap(), gate);
        for at in 0..bytes.len() {
            assert!(Gate::load(&mut Reader::new(&bytes[..at], "a gate")).is_err());
        }
    }
}
