//! What happened, epoch by epoch.

use serde::Serialize;

/// One epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Epoch {
    /// From 0.
    pub epoch: usize,
    /// Mean loss of the training samples, each as it was when its batch came.
    pub loss: f64,
    /// Learning rate of the last step.
    pub rate: f64,
    /// Measure on the held samples; `None` when there are none.
    pub measure: Option<f64>,
}

/// The epochs of a run, and which of them was kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct History {
    /// In their order.
    pub epochs: Vec<Epoch>,
    /// The epoch whose weights the model has.
    pub kept: Option<usize>,
}

impl History {
    /// The measure of the epoch that was kept.
    ///
    /// ```
    /// use attractor_nets::training::{Epoch, History};
    /// let epoch = |epoch, measure| Epoch { epoch, loss: 1.0, rate: 0.1, measure: Some(measure) };
    /// let history = History { epochs: vec![epoch(0, 0.7), epoch(1, 0.6)], kept: Some(0) };
    /// assert_eq!(history.measure(), Some(0.7));
    /// ```
    pub fn measure(&self) -> Option<f64> {
        self.epochs.get(self.kept?)?.measure
    }

    /// The measures of all epochs; NaN where there is none.
    pub fn measures(&self) -> Vec<f64> {
        self.epochs.iter().map(|epoch| epoch.measure.unwrap_or(f64::NAN)).collect()
    }
}
