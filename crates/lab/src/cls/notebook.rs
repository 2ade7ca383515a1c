//! The notebook: sparse index patterns in a Hopfield network, tied to what they stand for.
//!
//! The recurrent weights are those of the covariance rule, read through the identity separation of a
//! [`Memory`]: `W s = sum_m (z_m - a) ((z_m - a) . s)`, self-couplings included. Its projections know no
//! sparse states, so that each cycle here is one step of recall and then the choice of the active units.

use attractor_memory::{Detail, Dynamics, Memory, Separation};
use ndarray::{Array2, ArrayView2};
use rand::seq::index;
use rand::{Rng, RngExt};

use crate::experiment::LabError;

/// Recurrent cycles per round.
const CYCLES: usize = 9;
/// Strength of the global inhibition in the second round, and the level that a unit must reach there.
const INHIBITION: f64 = 0.6;
const THRESHOLD: f64 = -0.15;
/// Overlap from which a state counts as a stored pattern.
const OVERLAP: f64 = 0.9;

pub(super) struct Notebook {
    units: usize,
    active: usize,
    recurrent: Memory,
}

/// What a state of the notebook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visit {
    /// This pattern, and no other.
    Pattern(usize),
    /// No unit is active.
    Silent,
    /// Neither.
    Mixture,
}

impl Notebook {
    /// Over the patterns, `(n, units)` of 0 and 1, each with `active` ones.
    pub(super) fn store(patterns: ArrayView2<'_, f32>, active: usize) -> Result<Self, LabError> {
        let units = patterns.ncols();
        let mut recurrent = Memory::builder(units).separation(Separation::identity()).build()?;
        recurrent.store(centred(patterns, active).view())?;
        Ok(Self { units, active, recurrent })
    }

    /// Completes states, `(n, units)`: a first round in which the `active` largest inputs win, and a second
    /// with a fixed threshold and global inhibition, in which a state can go silent.
    pub(super) fn complete(&self, seeds: ArrayView2<'_, f32>) -> Result<Array2<f32>, LabError> {
        let won = self.settle(seeds.to_owned(), |inputs, state| self.winners(inputs, state))?;
        self.settle(won, |inputs, state| self.above(inputs, state))
    }

    fn settle(
        &self,
        mut states: Array2<f32>,
        choose: impl Fn(&[f32], &mut [f32]),
    ) -> Result<Array2<f32>, LabError> {
        let once = Dynamics { steps: 1, tolerance: 0.0, detail: Detail::States, ..Dynamics::default() };
        for _ in 0..CYCLES {
            let inputs = self.recurrent.recall_with(states.view(), &once)?.states;
            let before = states.clone();
            for (input, mut state) in inputs.rows().into_iter().zip(states.rows_mut()) {
                if let (Some(input), Some(state)) = (input.as_slice(), state.as_slice_mut()) {
                    choose(input, state);
                }
            }
            if before == states {
                break;
            }
        }
        Ok(states)
    }

    fn winners(&self, inputs: &[f32], state: &mut [f32]) {
        let mut order: Vec<usize> = (0..inputs.len()).collect();
        order.select_nth_unstable_by(self.active, |&a, &b| inputs[b].total_cmp(&inputs[a]).then(a.cmp(&b)));
        state.fill(0.0);
        order[..self.active].iter().for_each(|&unit| state[unit] = 1.0);
    }

    fn above(&self, inputs: &[f32], state: &mut [f32]) {
        let inhibition = INHIBITION * state.iter().map(|&s| f64::from(s)).sum::<f64>() / self.active as f64;
        for (unit, &input) in state.iter_mut().zip(inputs) {
            *unit = f32::from(f64::from(input) / self.scale() - inhibition >= THRESHOLD);
        }
    }

    /// Squared length of a centred pattern.
    fn scale(&self) -> f64 {
        self.active as f64 * (1.0 - self.active as f64 / self.units as f64)
    }

    /// What each state is.
    pub(super) fn visits(&self, states: ArrayView2<'_, f32>) -> Result<Vec<Visit>, LabError> {
        let overlaps = self.recurrent.weights(states)? / self.scale();
        let one = |(state, row): (ndarray::ArrayView1<'_, f32>, ndarray::ArrayView1<'_, f64>)| {
            let mut high = row.iter().enumerate().filter(|(_, m)| **m > OVERLAP).map(|(at, _)| at);
            match (high.next(), high.next()) {
                (Some(at), None) => Visit::Pattern(at),
                _ if state.iter().all(|&s| s == 0.0) => Visit::Silent,
                _ => Visit::Mixture,
            }
        };
        Ok(states.rows().into_iter().zip(overlaps.rows()).map(one).collect())
    }
}

/// The patterns minus their mean activity.
pub(super) fn centred(patterns: ArrayView2<'_, f32>, active: usize) -> Array2<f32> {
    let activity = active as f32 / patterns.ncols() as f32;
    patterns.mapv(|z| z - activity)
}

/// Random patterns with exactly `active` ones. The first `crowded` take half of them from the same
/// `2 active` units, so that they resemble each other.
pub(super) fn patterns(
    (count, units): (usize, usize),
    active: usize,
    crowded: usize,
    rng: &mut impl Rng,
) -> Array2<f32> {
    let mut all = Array2::zeros((count, units));
    for (at, mut row) in all.rows_mut().into_iter().enumerate() {
        let shared = if at < crowded { active / 2 } else { 0 };
        index::sample(rng, 2 * active, shared).into_iter().for_each(|unit| row[unit] = 1.0);
        let from = if at < crowded { 2 * active } else { 0 };
        let rest = index::sample(rng, units - from, active - shared);
        rest.into_iter().for_each(|unit| row[from + unit] = 1.0);
    }
    all
}

/// Seeds in which each unit is on with the activity of the patterns.
pub(super) fn random_seeds(count: usize, units: usize, active: usize, rng: &mut impl Rng) -> Array2<f32> {
    let activity = active as f64 / units as f64;
    Array2::from_shape_simple_fn((count, units), || f32::from(rng.random::<f64>() < activity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_pattern_is_completed_and_noise_far_from_all_goes_silent() {
        let mut rng = attractor_data::stream(1, "notebook");
        let stored = patterns((20, 400), 20, 0, &mut rng);
        let notebook = Notebook::store(stored.view(), 20).unwrap();
        let mut cues = stored.clone();
        for mut row in cues.rows_mut() {
            let on: Vec<usize> = (0..400).filter(|&i| row[i] == 1.0).collect();
            on[..8].iter().for_each(|&i| row[i] = 0.0);
        }
        let ends = notebook.complete(cues.view()).unwrap();
        assert_eq!(ends, stored);
        let expected: Vec<Visit> = (0..20).map(Visit::Pattern).collect();
        assert_eq!(notebook.visits(ends.view()).unwrap(), expected);
        let silent = Array2::zeros((1, 400));
        assert_eq!(notebook.visits(silent.view()).unwrap(), [Visit::Silent]);
    }

    #[test]
    fn patterns_have_their_size_and_crowded_ones_overlap() {
        let all = patterns((30, 400), 20, 10, &mut attractor_data::stream(2, "patterns"));
        assert!(all.rows().into_iter().all(|row| row.sum() == 20.0));
        let overlap = |from: usize, to: usize| {
            let pairs = (from..to).flat_map(|a| (from..a).map(move |b| (a, b)));
            pairs.map(|(a, b)| all.row(a).dot(&all.row(b))).sum::<f32>()
        };
        assert!(overlap(0, 10) > 2.0 * overlap(20, 30));
    }
}
