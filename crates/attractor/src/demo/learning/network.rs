//! The naive network: a hidden layer, trained on what comes.

use attractor_learn::strategy::{Batch, Naive, Recipe, Strategy};
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

/// What the naive learner is.
pub(crate) const NAME: &str = "network";
pub(crate) const ABOUT: &str = "a network with a hidden layer of 100 units";
const HIDDEN: usize = 100;
/// Step of gradient descent; not tuned.
const RATE: f64 = 0.05;

/// Learns from what comes, and keeps nothing else.
pub(super) struct Forgetful(Naive);

impl Forgetful {
    pub(super) fn new(width: usize, classes: usize, seed: u64) -> anyhow::Result<Self> {
        let recipe = Recipe { seed, ..Recipe::new(&[width, HIDDEN, classes], RATE) };
        Ok(Self(Naive::new(&recipe)?))
    }

    /// One step down the cross-entropy of one example.
    pub(super) fn look(&mut self, pattern: ArrayView1<'_, f32>, class: u32) -> anyhow::Result<()> {
        Ok(self.0.observe(Batch::new(pattern.insert_axis(Axis(0)), &[class])?)?)
    }

    /// One score per class for every row.
    pub(super) fn scores(&mut self, patterns: ArrayView2<'_, f32>) -> anyhow::Result<Array2<f32>> {
        Ok(self.0.scores(patterns)?)
    }
}
