//! When to stop, and whose weights to keep.

use serde::{Deserialize, Serialize};

use crate::Error;

/// Early stopping on the measure of held samples: the weights of the best epoch are kept.
///
/// With a window above 1 an epoch counts with the mean of its measure and those before it, as the small-table protocol
/// of Ramsauer et al. 2021 does with 16; the first epochs, whose window is not full, do not count unless no epoch's
/// is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stopping {
    /// Epochs without a better one after which the run ends; `None` runs to the end. Default `None`.
    pub patience: Option<usize>,
    /// Epochs that are averaged, at least 1. Default 1.
    pub window: usize,
}

impl Default for Stopping {
    fn default() -> Self {
        Self { patience: None, window: 1 }
    }
}

impl Stopping {
    /// Ends the run after so many epochs without a better one.
    pub fn patience(epochs: usize) -> Self {
        Self { patience: Some(epochs), ..Self::default() }
    }

    /// With the mean of so many epochs in place of the measure of one.
    #[must_use]
    pub fn with_window(self, window: usize) -> Self {
        Self { window, ..self }
    }

    /// The best epoch of these measures: the first of those with the highest mean over the window. A measure that is no
    /// number is never best. `None` when there is none.
    ///
    /// ```
    /// use attractor_nets::training::Stopping;
    /// assert_eq!(Stopping::default().best(&[0.5, 0.9, 0.9, 0.1]), Some(1));
    /// assert_eq!(Stopping::default().with_window(2).best(&[0.5, 0.9, 0.8, 0.1]), Some(2));
    /// ```
    pub fn best(self, measures: &[f64]) -> Option<usize> {
        let window = self.window.clamp(1, measures.len().max(1));
        let mut best: Option<(usize, f64)> = None;
        for (start, run) in measures.windows(window).enumerate() {
            let mean = run.iter().sum::<f64>() / window as f64;
            if !mean.is_nan() && best.is_none_or(|(_, best)| mean > best) {
                best = Some((start + window - 1, mean));
            }
        }
        best.map(|(epoch, _)| epoch)
    }

    /// Whether the run is over after these measures.
    ///
    /// ```
    /// use attractor_nets::training::Stopping;
    /// let stopping = Stopping::patience(2);
    /// assert!(!stopping.over(&[0.9, 0.8]));
    /// assert!(stopping.over(&[0.9, 0.8, 0.7]));
    /// ```
    pub fn over(self, measures: &[f64]) -> bool {
        let Some(patience) = self.patience else { return false };
        // A window that is not full yet says nothing.
        let since = self.best(measures).map_or(measures.len(), |best| measures.len() - 1 - best);
        measures.len() >= self.window && since >= patience.max(1)
    }

    pub(super) fn check(self) -> Result<(), Error> {
        Error::at_least_one("window of early stopping", self.window)?;
        self.patience.map_or(Ok(()), |patience| Error::at_least_one("patience", patience))
    }
}
