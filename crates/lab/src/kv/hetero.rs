//! Recall of a value of another width: key-value memory against Hebbian matrices.
//!
//! Protocol: store R pairs of independent patterns, cue with each key, every entry zeroed with
//! probability `masked`, and average the share of right bits of the value.

use attractor_memory::Error;
use rand::Rng;

use super::capacity::Loads;
use super::contestant::{Contestant, Kind};
use super::stimulus::{Stimuli, accuracy, mask, share};

/// The experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Width of the keys, and the number of slots.
    pub key: usize,
    /// Width of the values.
    pub value: usize,
    /// The memories.
    pub kinds: Vec<Kind>,
    /// The numbers of pairs, for a width of `key`.
    pub loads: Loads,
    /// Memories filled per number of pairs.
    pub trials: usize,
    /// Probability with which an entry of a cue is unknown.
    pub masked: f64,
}

impl Default for Config {
    /// Keys of 40, values of 20, 10 memories, 60 % masked.
    fn default() -> Self {
        Self {
            key: 40,
            value: 20,
            kinds: vec![Kind::Sequential, Kind::Matrix, Kind::Bam, Kind::NearestStored],
            loads: Loads::Graded,
            trials: 10,
            masked: 0.6,
        }
    }
}

/// One memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The memory.
    pub kind: Kind,
    /// Numbers of pairs.
    pub loads: Vec<usize>,
    /// Share of right bits of the value at each.
    pub accuracy: Vec<f64>,
}

/// Runs the experiment for one seed. All kinds see the same pairs and cues.
///
/// # Errors
/// [`Error::Parameter`], or [`Error::Unsupported`] for a memory that only completes its own cue.
pub fn run<R: Rng>(config: &Config, stream: impl Fn(&str) -> R) -> Result<Vec<Curve>, Error> {
    share("masked", config.masked)?;
    let loads = config.loads.grid(config.key);
    let mut curves = vec![];
    for &kind in &config.kinds {
        let mut pairs = stream("kv/hetero/pairs");
        let mut writes = stream("kv/hetero/writes");
        let mut means = vec![];
        for &load in &loads {
            let mut sum = 0.0;
            for _ in 0..config.trials {
                let keys = Stimuli::Independent.draw(load, config.key, &mut pairs);
                let values = Stimuli::Independent.draw(load, config.value, &mut pairs);
                let mut memory = Contestant::new(kind, config.key, config.value, &mut writes)?;
                for (x, y) in keys.iter().zip(&values) {
                    memory.store(x, y, &mut writes)?;
                }
                for (x, y) in keys.iter().zip(&values) {
                    sum += accuracy(&memory.recall(&mask(x, config.masked, &mut pairs))?, y);
                }
            }
            means.push(sum / (load * config.trials).max(1) as f64);
        }
        curves.push(Curve { kind, loads: loads.clone(), accuracy: means });
    }
    Ok(curves)
}
