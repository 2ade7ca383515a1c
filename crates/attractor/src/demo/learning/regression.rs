//! The naive network where the program was built without networks: softmax regression, one layer of weights.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

/// What the naive learner is.
pub(crate) const NAME: &str = "softmax regression";
pub(crate) const ABOUT: &str =
    "softmax regression (one layer of weights; this program was built without networks)";
/// Step of gradient descent; not tuned.
const RATE: f32 = 0.05;

/// Learns from what comes, and keeps nothing else.
pub(super) struct Forgetful {
    /// `(classes, d)`.
    weights: Array2<f32>,
    biases: Array1<f32>,
}

impl Forgetful {
    /// Starts at zero: a convex loss has no symmetry to break.
    #[expect(clippy::unnecessary_wraps, reason = "a network can be refused")]
    pub(super) fn new(width: usize, classes: usize, _: u64) -> anyhow::Result<Self> {
        Ok(Self { weights: Array2::zeros((classes, width)), biases: Array1::zeros(classes) })
    }

    /// One step down the cross-entropy of one example.
    #[expect(clippy::unnecessary_wraps, reason = "a network can diverge")]
    pub(super) fn look(&mut self, pattern: ArrayView1<'_, f32>, class: u32) -> anyhow::Result<()> {
        let mut errors = self.weights.dot(&pattern) + &self.biases;
        let top = errors.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        errors.mapv_inplace(|score| (score - top).exp());
        errors /= errors.sum();
        errors[class as usize] -= 1.0;
        for ((mut weights, bias), error) in
            self.weights.rows_mut().into_iter().zip(&mut self.biases).zip(&errors)
        {
            weights.scaled_add(-RATE * error, &pattern);
            *bias -= RATE * error;
        }
        Ok(())
    }

    /// One score per class for every row.
    #[expect(clippy::unnecessary_wraps, reason = "a network can be refused")]
    pub(super) fn scores(&mut self, patterns: ArrayView2<'_, f32>) -> anyhow::Result<Array2<f32>> {
        Ok(patterns.dot(&self.weights.t()) + &self.biases.view().insert_axis(Axis(0)))
    }
}
