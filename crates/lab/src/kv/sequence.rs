//! Recall of a whole sequence from its first pattern.
//!
//! Protocol: store `x_t -> x_(t+1)` for a random sequence of length L, start with `x_1` unmasked and
//! feed each answer back as the next cue; the share of right bits is averaged over the L - 1 answers.
//! The paper runs the same task with a learned controller, of which only the protocol is known here.

use attractor_memory::Error;
use rand::Rng;

use super::contestant::{Contestant, Kind};
use super::stimulus::{Stimuli, accuracy};

/// The experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Width of the patterns, and the number of slots.
    pub width: usize,
    /// The memories.
    pub kinds: Vec<Kind>,
    /// Lengths L of the sequences, each at least 2.
    pub lengths: Vec<usize>,
    /// Sequences per length.
    pub trials: usize,
}

impl Default for Config {
    /// Width 40, lengths 2 to 60, 10 sequences each.
    fn default() -> Self {
        Self {
            width: 40,
            kinds: vec![Kind::Sequential, Kind::Matrix, Kind::NearestStored],
            lengths: vec![2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 41, 50, 60],
            trials: 10,
        }
    }
}

/// One memory at one length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The memory.
    pub kind: Kind,
    /// Length L.
    pub length: usize,
    /// Share of right bits over all answers.
    pub accuracy: f64,
    /// Share of the sequences whose every answer was right to the bit.
    pub whole: f64,
}

/// Runs the experiment for one seed. All kinds see the same sequences.
///
/// # Errors
/// [`Error::Parameter`] for a parameter out of range.
pub fn run<R: Rng>(config: &Config, stream: impl Fn(&str) -> R) -> Result<Vec<Point>, Error> {
    let mut points = vec![];
    for &kind in &config.kinds {
        for &length in &config.lengths {
            if length < 2 {
                let value = length as f64;
                return Err(Error::Parameter { name: "length", value, limit: "at least 2" });
            }
            let mut patterns = stream(&format!("kv/sequence/patterns/{length}"));
            let mut writes = stream(&format!("kv/sequence/writes/{length}"));
            let (mut sum, mut whole) = (0.0, 0);
            for _ in 0..config.trials {
                let sequence = Stimuli::Independent.draw(length, config.width, &mut patterns);
                let mut memory = Contestant::new(kind, config.width, config.width, &mut writes)?;
                for pair in sequence.windows(2) {
                    memory.store(&pair[0], &pair[1], &mut writes)?;
                }
                let mut state = sequence[0].clone();
                let mut right = 0.0;
                for target in &sequence[1..] {
                    state = memory.recall(&state)?;
                    right += accuracy(&state, target);
                }
                sum += right / (length - 1) as f64;
                whole += usize::from(right == (length - 1) as f64);
            }
            let count = config.trials.max(1) as f64;
            points.push(Point { kind, length, accuracy: sum / count, whole: whole as f64 / count });
        }
    }
    Ok(points)
}
