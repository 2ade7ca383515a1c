//! How sharp the softmax of a regression's answers must be.

use attractor_store::wire::{Reader, Writer};

use super::check;
use super::linear::Solution;
use crate::Error;

/// Scales on the grid: 2^(0/2) to 2^(14/2).
const GRID: usize = 15;
/// What is used before there is evidence.
const DEFAULT: f64 = 8.0;
/// Examples that count as evidence.
const ENOUGH: f64 = 16.0;
/// A loss counts half after some 2,800 examples.
const MEMORY: f64 = 1.0 - 1.0 / 4_096.0;

/// The scale of the scores, fitted on examples before they are learned (prequentially).
///
/// Each example is answered by the readout of the moment; its log-loss under every scale of a fixed grid
/// (1, sqrt 2, 2, … 128) is added to a running, slowly forgetting sum. The scale with the least sum is used.
/// Examples of classes that the readout does not know, and readouts of one class, say nothing and are left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Temperature {
    losses: [f64; GRID],
    weight: f64,
}

impl Temperature {
    /// Takes up what `solution` says about an example of `class`, which it has not learned.
    pub(crate) fn observe(&mut self, solution: &Solution, features: &[f32], class: u32, weight: f32) {
        let Some(own) = solution.numbers.iter().position(|&number| number == class) else { return };
        if solution.numbers.len() < 2 {
            return;
        }
        let margins: Vec<f64> = solution.margins(features).map(f64::from).collect();
        let largest = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weight = f64::from(weight);
        self.weight = self.weight * MEMORY + weight;
        for (step, loss) in self.losses.iter_mut().enumerate() {
            let scale = scale(step);
            let sum: f64 = margins.iter().map(|margin| (scale * (margin - largest)).exp()).sum();
            *loss = *loss * MEMORY + weight * (sum.ln() + scale * (largest - margins[own]));
        }
    }

    /// The best scale so far; 8 before there are 16 examples.
    pub(crate) fn scale(&self) -> f32 {
        if self.weight < ENOUGH {
            return DEFAULT as f32;
        }
        let best =
            (1..GRID).fold(0, |best, step| if self.losses[step] < self.losses[best] { step } else { best });
        scale(best) as f32
    }

    pub(crate) fn save(&self, to: &mut Writer) {
        to.f64s(&self.losses);
        to.f64(self.weight);
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let mut losses = [0.0; GRID];
        losses.copy_from_slice(&check::f64s(from, GRID)?);
        Ok(Self { losses, weight: check::amount(from)? })
    }
}

fn scale(step: usize) -> f64 {
    (step as f64 / 2.0).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_that_of_the_log_odds() {
        // Margins of +-1/2 that are right with probability 1 / (1 + e^-4): the best scale is 4.
        let solution =
            Solution::new(1, 2, vec![0, 1], [(&[0.5][..], 0.0), (&[-0.5][..], 0.0)].into_iter()).unwrap();
        let mut temperature = Temperature::default();
        assert_eq!(temperature.scale(), 8.0);
        for round in 0..5_600 {
            temperature.observe(&solution, &[1.0], u32::from(round % 56 == 0), 1.0);
        }
        assert_eq!(temperature.scale(), 4.0);
        temperature.observe(&solution, &[1.0], 9, 1e6);
        assert_eq!(temperature.scale(), 4.0);
    }
}
