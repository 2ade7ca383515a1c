//! The options of a run.

use serde::{Deserialize, Serialize};

use super::{Schedule, Stopping};
use crate::{Error, Optimiser, Rule};

/// How gradients move weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum RuleConfig {
    /// [`Rule::AdamW`].
    #[serde(rename = "adamw")]
    AdamW {
        /// Weight decay.
        #[serde(default)]
        decay: f64,
    },
    /// [`Rule::Descent`].
    Sgd {
        /// Momentum.
        #[serde(default)]
        momentum: f64,
        /// Weight decay.
        #[serde(default)]
        decay: f64,
    },
}

/// Options of a [`Fit`](super::Fit).
///
/// ```
/// use attractor_nets::training::{Schedule, Stopping, TrainingConfig};
/// let config = TrainingConfig::adamw(1e-3, 50)
///     .with_batch(16)
///     .with_schedule(Schedule::Exponential { gamma: 0.98 })
///     .with_stopping(Stopping::patience(10));
/// let same: TrainingConfig = serde_json::from_str(&serde_json::to_string(&config)?)?;
/// assert_eq!(same, config);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingConfig {
    /// Epochs at most.
    pub epochs: usize,
    /// Samples in a batch. Default 1.
    #[serde(default = "one")]
    pub batch: usize,
    /// Learning rate at first, above 0.
    pub rate: f64,
    /// What moves the weights. Default AdamW with a weight decay of 0.01.
    #[serde(default = "adamw")]
    pub rule: RuleConfig,
    /// Length (Euclidean, over all weights) above which a gradient is scaled down. Default `None`.
    #[serde(default)]
    pub clip: Option<f64>,
    /// The learning rate over the epochs. Default constant.
    #[serde(default)]
    pub schedule: Schedule,
    /// Epochs over which the learning rate rises linearly from near 0 to its place in the schedule. Default 0.
    #[serde(default)]
    pub warm_up: usize,
    /// Early stopping on the held samples. Default: the weights of the last epoch are kept.
    #[serde(default)]
    pub stopping: Option<Stopping>,
}

fn one() -> usize {
    1
}

fn adamw() -> RuleConfig {
    RuleConfig::AdamW { decay: 0.01 }
}

impl TrainingConfig {
    /// AdamW with a weight decay of 0.01, one sample in a batch.
    pub fn adamw(rate: f64, epochs: usize) -> Self {
        Self {
            epochs,
            batch: 1,
            rate,
            rule: adamw(),
            clip: None,
            schedule: Schedule::Constant,
            warm_up: 0,
            stopping: None,
        }
    }

    /// Plain gradient descent, one sample in a batch.
    pub fn sgd(rate: f64, epochs: usize) -> Self {
        Self { rule: RuleConfig::Sgd { momentum: 0.0, decay: 0.0 }, ..Self::adamw(rate, epochs) }
    }

    /// With so many samples in a batch.
    #[must_use]
    pub fn with_batch(self, batch: usize) -> Self {
        Self { batch, ..self }
    }

    /// With another rule.
    #[must_use]
    pub fn with_rule(self, rule: RuleConfig) -> Self {
        Self { rule, ..self }
    }

    /// With gradients no longer than this.
    #[must_use]
    pub fn with_clip(self, norm: f64) -> Self {
        Self { clip: Some(norm), ..self }
    }

    /// With a learning rate that changes.
    #[must_use]
    pub fn with_schedule(self, schedule: Schedule) -> Self {
        Self { schedule, ..self }
    }

    /// With a learning rate that rises over the first epochs.
    #[must_use]
    pub fn with_warm_up(self, epochs: usize) -> Self {
        Self { warm_up: epochs, ..self }
    }

    /// With early stopping.
    #[must_use]
    pub fn with_stopping(self, stopping: Stopping) -> Self {
        Self { stopping: Some(stopping), ..self }
    }

    /// The learning rate of a step, when `epoch` epochs (a fraction within one) are done.
    ///
    /// ```
    /// use attractor_nets::training::TrainingConfig;
    /// let config = TrainingConfig::sgd(0.4, 10).with_warm_up(2);
    /// assert!((config.rate_at(0.5) - 0.1).abs() < 1e-12 && (config.rate_at(3.0) - 0.4).abs() < 1e-12);
    /// ```
    pub fn rate_at(&self, epoch: f64) -> f64 {
        let warm = if self.warm_up == 0 { 1.0 } else { (epoch / self.warm_up as f64).min(1.0) };
        self.rate * self.schedule.factor(epoch, self.epochs) * warm
    }

    /// Refuses what no run could use.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the option and its limits.
    pub fn check(&self) -> Result<(), Error> {
        Error::at_least_one("epochs", self.epochs)?;
        Error::at_least_one("batch", self.batch)?;
        self.schedule.check()?;
        self.stopping.map_or(Ok(()), Stopping::check)?;
        let last = self.rate * self.schedule.factor(self.epochs as f64 - 0.5, self.epochs);
        if self.rate > 0.0 && last == 0.0 {
            let limit = "such that the schedule leaves something of it to the last epoch";
            return Err(Error::Parameter { name: "rate", value: self.rate, limit });
        }
        self.optimiser().map(|_| ())
    }

    pub(super) fn optimiser(&self) -> Result<Optimiser, Error> {
        self.clipped(Optimiser::new(self.rule(), self.rate)?)
    }

    /// As it was after `steps` steps.
    pub(super) fn restored(&self, steps: u64, moments: Vec<Vec<f32>>) -> Result<Optimiser, Error> {
        self.clipped(Optimiser::restored(self.rule(), self.rate, steps, moments)?)
    }

    fn clipped(&self, optimiser: Optimiser) -> Result<Optimiser, Error> {
        match self.clip {
            Some(norm) => optimiser.clipped(norm as f32),
            None => Ok(optimiser),
        }
    }

    fn rule(&self) -> Rule {
        match self.rule {
            RuleConfig::AdamW { decay } => Rule::AdamW { decay: decay as f32 },
            RuleConfig::Sgd { momentum, decay } => {
                Rule::Descent { momentum: momentum as f32, decay: decay as f32 }
            }
        }
    }
}
