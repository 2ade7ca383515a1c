//! The gate between the two systems.
//!
//! Where the systems disagree, `g(x) = sigmoid(a s(x) + b f(x) - 2)` is the probability that the fast one is right:
//! `s` is the root of the entropy of the slow system over that of chance, and `f` how familiar the cue is to the fast
//! one, 1 less the rank of its energy among familiar ones. The constant is a prior for the slow system, once there is
//! one. Above a half, the fast system answers.
//!
//! `a` and `b` are fitted online, to episodes drawn from all, each answered as if the memory did not hold it. So
//! the gate follows consolidation: as the slow system becomes sure, more answers are its own.
//!
//! Mixing the answers instead (kNN-LM, Khandelwal et al. 2020), with the share that has the best log-loss, cost
//! accuracy: an unsure slow system that is right gains likelihood from a memory that is sure and often wrong.

use attractor_store::wire::{Reader, Writer};

use crate::Error;
use crate::answer::System;

/// Steps are those of Adagrad at this rate.
const RATE: f64 = 0.5;
/// What speaks for the slow system when nothing else does.
const PRIOR: f64 = -2.0;
/// Neither weight leaves this range, so that no single stream can shut one of the systems off for good.
const LARGEST: f64 = 12.0;

/// What the gate looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Evidence {
    /// Entropy of the slow system's answer over `ln` of the number of its classes, 0 to 1.
    pub(crate) entropy: f64,
    /// Share of familiar cues that the memory knew better than this one, 0 to 1.
    pub(crate) novelty: f64,
}

/// The learned gate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gate {
    weights: [f64; 2],
    squares: [f64; 2],
}

impl Default for Gate {
    fn default() -> Self {
        Self { weights: [2.0, 1.0], squares: [1.0; 2] }
    }
}

impl Gate {
    /// The probability that the fast system is right where the two disagree.
    pub(crate) fn share(&self, evidence: Evidence) -> f64 {
        let [s, u] = inputs(evidence);
        1.0 / (1.0 + (-(self.weights[0] * s + self.weights[1] * u + PRIOR)).exp())
    }

    /// One step on the log-loss of "the fast system is right", for a case in which one of them is.
    pub(crate) fn learn(&mut self, evidence: Evidence, right: System, weight: f64) {
        let target = match right {
            System::Fast => 1.0,
            System::Slow => 0.0,
        };
        let slope = weight * (self.share(evidence) - target);
        for ((w, square), input) in self.weights.iter_mut().zip(&mut self.squares).zip(inputs(evidence)) {
            let gradient = slope * input;
            *square += gradient * gradient;
            *w = (*w - RATE * gradient / square.sqrt()).clamp(-LARGEST, LARGEST);
        }
    }

    /// The weights of the entropy of the slow system and of familiarity to the fast one.
    pub(crate) fn weights(&self) -> [f64; 2] {
        self.weights
    }

    pub(crate) fn save(&self, to: &mut Writer) {
        self.weights.iter().chain(&self.squares).for_each(|&x| to.f64(x));
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let gate = Self { weights: [from.f64()?, from.f64()?], squares: [from.f64()?, from.f64()?] };
        let fine = gate.weights.iter().all(|w| w.abs() <= LARGEST)
            && gate.squares.iter().all(|s| (1.0..f64::INFINITY).contains(s));
        if fine { Ok(gate) } else { Err(from.fault("a gate out of its range").into()) }
    }
}

/// What speaks for the fast system when it is large: doubt of the slow one, familiarity of the cue.
fn inputs(evidence: Evidence) -> [f64; 2] {
    // Entropies crowd near zero: their root spreads them.
    [evidence.entropy.clamp(0.0, 1.0).sqrt(), 1.0 - evidence.novelty.clamp(0.0, 1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_follows_the_system_that_is_right() {
        let unsure = Evidence { entropy: 0.9, novelty: 0.1 };
        let sure = Evidence { entropy: 0.01, novelty: 0.1 };
        let mut gate = Gate::default();
        for _ in 0..2_000 {
            gate.learn(unsure, System::Fast, 1.0);
            gate.learn(sure, System::Slow, 1.0);
        }
        assert!(gate.share(unsure) > 0.8, "{gate:?} {}", gate.share(unsure));
        assert!(gate.share(sure) < 0.2, "{gate:?} {}", gate.share(sure));
        for _ in 0..20_000 {
            gate.learn(unsure, System::Slow, 1.0);
        }
        assert!(gate.share(unsure) < 0.5);
    }

    #[test]
    fn its_step_is_the_gradient_of_the_log_loss() {
        let evidence = Evidence { entropy: 0.3, novelty: 0.4 };
        for right in [System::Fast, System::Slow] {
            let loss = |gate: &Gate| match right {
                System::Fast => -gate.share(evidence).ln(),
                System::Slow => -(1.0 - gate.share(evidence)).ln(),
            };
            for i in 0..2 {
                let (mut up, mut down) = (Gate::default(), Gate::default());
                up.weights[i] += 1e-6;
                down.weights[i] -= 1e-6;
                let numeric = (loss(&up) - loss(&down)) / 2e-6;
                let mut gate = Gate::default();
                gate.learn(evidence, right, 1.0);
                let step = gate.weights[i] - Gate::default().weights[i];
                let analytic = -step * gate.squares[i].sqrt() / RATE;
                assert!((numeric - analytic).abs() < 1e-6, "{numeric} {analytic}");
            }
        }
    }

    #[test]
    fn evidence_out_of_range_leaves_it_finite() {
        let mut gate = Gate::default();
        for _ in 0..100 {
            gate.learn(Evidence { entropy: f64::from(u8::MAX), novelty: -1.0 }, System::Fast, 1.0);
        }
        assert!(gate.share(Evidence { entropy: 0.0, novelty: 1.0 }).is_finite());
    }
}
