//! Recall from an endless stream, against the delay.
//!
//! Protocol: `T = max(1000, 20 R)` moments for a delay of R. A moment shows a masked cue of the
//! pattern of R moments ago with probability `p_recall`, if there was a new pattern then, and else a
//! new pattern, which is stored. The share of right bits is averaged over the cues.
//!
//! A cue does not use up a slot here. The public code moves its cyclic slot at cues too, so its
//! sequential memory reaches back N moments, ours N patterns: compare by `patterns_since`.

use std::collections::HashMap;

use attractor_memory::Error;
use rand::{Rng, RngExt};

use super::contestant::{Contestant, Kind};
use super::stimulus::{Stimuli, accuracy, mask, share};

/// The experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Width N of the patterns.
    pub width: usize,
    /// The memories.
    pub kinds: Vec<Kind>,
    /// Delays R in moments, each at least 1.
    pub delays: Vec<usize>,
    /// Probability of a cue where one is possible.
    pub p_recall: f64,
    /// Probability with which an entry of a cue is unknown.
    pub masked: f64,
}

impl Default for Config {
    /// Width 40, delays from 1 to 120 on a rising grid, cues with probability 0.5, 60 % masked.
    fn default() -> Self {
        Self {
            width: 40,
            kinds: vec![
                Kind::Sequential,
                Kind::Palimpsest,
                Kind::Hopfield,
                Kind::NearestStored,
                Kind::CueOnly,
            ],
            delays: vec![1, 2, 4, 6, 8, 10, 15, 20, 30, 40, 50, 60, 80, 120],
            p_recall: 0.5,
            masked: 0.6,
        }
    }
}

/// One memory at one delay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The memory.
    pub kind: Kind,
    /// Delay in moments.
    pub delay: usize,
    /// Mean number of patterns stored after the one asked for.
    pub patterns_since: f64,
    /// Share of right bits over the cues.
    pub accuracy: f64,
    /// Number of cues.
    pub cues: usize,
}

/// Runs the experiment for one seed. All kinds see the same stream.
///
/// # Errors
/// [`Error::Parameter`] for a parameter out of range.
pub fn run<R: Rng>(config: &Config, stream: impl Fn(&str) -> R) -> Result<Vec<Point>, Error> {
    share("masked", config.masked)?;
    share("p_recall", config.p_recall)?;
    let mut points = vec![];
    for &kind in &config.kinds {
        for &delay in &config.delays {
            if delay == 0 {
                return Err(Error::Parameter { name: "delay", value: 0.0, limit: "at least 1" });
            }
            points.push(walk(config, kind, delay, &stream)?);
        }
    }
    Ok(points)
}

fn walk<R: Rng>(
    config: &Config,
    kind: Kind,
    delay: usize,
    stream: impl Fn(&str) -> R,
) -> Result<Point, Error> {
    let mut moments = stream(&format!("kv/continual/moments/{delay}"));
    let mut writes = stream(&format!("kv/continual/writes/{delay}"));
    let mut memory = Contestant::new(kind, config.width, config.width, &mut writes)?;
    let mut stored = HashMap::new();
    let (mut right, mut since, mut cues) = (0.0, 0, 0);
    for t in 0..(20 * delay).max(1000) {
        let old = t.checked_sub(delay).and_then(|then| stored.get(&then));
        match old {
            Some((x, count)) if moments.random::<f64>() < config.p_recall => {
                let cue = mask(x, config.masked, &mut moments);
                right += accuracy(&memory.recall(&cue)?, x);
                since += stored.len() - count;
                cues += 1;
            }
            _ => {
                for x in Stimuli::Independent.draw(1, config.width, &mut moments) {
                    memory.store(&x, &x, &mut writes)?;
                    stored.insert(t, (x, stored.len() + 1));
                }
            }
        }
    }
    let count = cues.max(1) as f64;
    Ok(Point { kind, delay, patterns_since: since as f64 / count, accuracy: right / count, cues })
}
