//! How the learning rate changes.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::Error;

/// The learning rate over the epochs, as a factor of the first one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Schedule {
    /// It stays.
    #[default]
    Constant,
    /// It is multiplied by `gamma`, above 0 and at most 1, after every epoch.
    Exponential {
        /// The factor.
        gamma: f64,
    },
    /// Half a cosine from 1 down to `least`, from 0 to 1, step by step (Loshchilov and Hutter 2017, without restarts).
    Cosine {
        /// Where it ends.
        least: f64,
    },
}

impl Schedule {
    /// The factor when `epoch` epochs of `epochs` are done; a fraction within an epoch.
    ///
    /// ```
    /// use attractor_nets::training::Schedule;
    /// assert_eq!(Schedule::Exponential { gamma: 0.5 }.factor(2.9, 10), 0.25);
    /// assert!((Schedule::Cosine { least: 0.2 }.factor(5.0, 10) - 0.6).abs() < 1e-12);
    /// ```
    pub fn factor(self, epoch: f64, epochs: usize) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Exponential { gamma } => gamma.powf(epoch.floor()),
            Self::Cosine { least } => {
                let share = (epoch / epochs.max(1) as f64).clamp(0.0, 1.0);
                least + (1.0 - least) * 0.5 * (1.0 + (PI * share).cos())
            }
        }
    }

    pub(super) fn check(self) -> Result<(), Error> {
        match self {
            Self::Exponential { gamma } if !(gamma > 0.0 && gamma <= 1.0) => {
                Err(Error::Parameter { name: "gamma", value: gamma, limit: "above 0 and at most 1" })
            }
            Self::Cosine { least } if !(0.0..=1.0).contains(&least) => {
                Err(Error::Parameter { name: "least", value: least, limit: "from 0 to 1" })
            }
            _ => Ok(()),
        }
    }
}
