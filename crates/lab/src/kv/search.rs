//! How many slots a random write should take: the parameter that the paper meta-learns.
//!
//! The paper finds it by gradient descent on the recall error; here it is a search over a list, on
//! streams of its own, never on those of a reported result. The objective is the paper's training
//! task (its dimensions from the public code): between 15 and 25 patterns for 40 slots, scaled with
//! the width, every pattern recalled once from a masked cue.

use attractor_memory::Error;
use rand::Rng;

use super::capacity::{self, trial};
use super::contestant::Kind;
use super::stimulus::share;

/// The search.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Width of the patterns and number of slots.
    pub width: usize,
    /// Expected numbers of slots per write to try.
    pub candidates: Vec<f64>,
    /// Range of the number of patterns, as shares of the number of slots.
    pub loads: (f64, f64),
    /// Memories filled per candidate and load.
    pub trials: usize,
    /// Probability with which an entry of a cue is unknown.
    pub masked: f64,
}

impl Default for Config {
    /// Width 40, 1 to 8 slots per write in steps of a half, 15 to 25 patterns, 20 memories each.
    fn default() -> Self {
        Self {
            width: 40,
            candidates: (2..=16).map(|i| f64::from(i) / 2.0).collect(),
            loads: (15.0 / 40.0, 25.0 / 40.0),
            trials: 20,
            masked: 0.6,
        }
    }
}

/// What the search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Expected slots per write of the best candidate.
    pub best: f64,
    /// Share of right bits of each candidate, in their order.
    pub accuracy: Vec<f64>,
}

/// Runs the search; `kind` makes a memory out of a candidate. Ties go to the earlier candidate.
///
/// # Errors
/// [`Error::Empty`] without candidates, [`Error::Parameter`] for one out of range.
pub fn run<R: Rng>(
    config: &Config,
    kind: impl Fn(f64) -> Kind,
    stream: impl Fn(&str) -> R,
) -> Result<Outcome, Error> {
    share("masked", config.masked)?;
    let n = config.width;
    let [low, high] =
        [config.loads.0, config.loads.1].map(|share| (share * n as f64).round().max(1.0) as usize);
    let setting = capacity::Config { masked: config.masked, ..capacity::Config::default() };
    let mut means = vec![];
    for &candidate in &config.candidates {
        let mut patterns = stream("kv/search/patterns");
        let mut writes = stream("kv/search/writes");
        let (mut sum, mut count) = (0.0, 0);
        for load in low..=high {
            for _ in 0..config.trials {
                sum += trial(&setting, kind(candidate), (n, load), &mut patterns, &mut writes)?;
                count += 1;
            }
        }
        means.push(sum / f64::from(count.max(1)));
    }
    let best = config.candidates.iter().zip(&means).rev().max_by(|a, b| a.1.total_cmp(b.1));
    let best = *best.ok_or(Error::Empty)?.0;
    Ok(Outcome { best, accuracy: means })
}
