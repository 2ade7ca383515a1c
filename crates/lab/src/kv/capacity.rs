//! How many patterns a memory recalls from masked cues, against its width.
//!
//! Protocol: store R random patterns in a fresh memory, then cue with each of them, every entry
//! zeroed with probability `masked`, and average the share of right bits over patterns and `trials`
//! memories. The capacity is the largest R of the grid whose average reaches `level`.

use attractor_memory::Error;
use rand::Rng;

use super::contestant::{Contestant, Kind};
use super::stimulus::{Stimuli, accuracy, mask, share};

/// Which numbers of patterns are tried for a width N.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loads {
    /// The grid of the public code: steps of `ceil(0.2 N / 20)` up to 0.2 N, of `ceil(0.8 N / 10)`
    /// to N, of `ceil(2 N / 10)` to 3 N. Between N and 1.2 N it tries nothing.
    Graded,
    /// Every number up to this many times N.
    Every {
        /// Largest multiple of N.
        up_to: usize,
    },
}

impl Loads {
    /// The grid for width `n`, ascending, from 1.
    pub fn grid(self, n: usize) -> Vec<usize> {
        match self {
            Self::Every { up_to } => (1..=n * up_to).collect(),
            Self::Graded => {
                let edges = [1.0, 0.2 * n as f64, n as f64, 3.0 * n as f64];
                let mut grid = vec![];
                for (pieces, edge) in [20.0, 10.0, 10.0].into_iter().zip(edges.windows(2)) {
                    let step = ((edge[1] - edge[0]) / pieces).ceil().max(1.0);
                    let count = ((edge[1] - edge[0]) / step).ceil().max(0.0) as usize;
                    grid.extend((0..count).map(|i| (edge[0] + i as f64 * step) as usize));
                }
                grid.dedup();
                grid
            }
        }
    }
}

/// The experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Widths N of the patterns, at least two different ones for a slope.
    pub widths: Vec<usize>,
    /// The memories.
    pub kinds: Vec<Kind>,
    /// The patterns.
    pub stimuli: Stimuli,
    /// The numbers of patterns.
    pub loads: Loads,
    /// Memories filled per number of patterns.
    pub trials: usize,
    /// Probability with which an entry of a cue is unknown.
    pub masked: f64,
    /// Share of bits that counts as recalled.
    pub level: f64,
}

impl Default for Config {
    /// Widths 40, 60 and 80, 10 memories, 60 % masked, level 98 %, the public grid, sequential
    /// key-value against Hopfield and the two baselines. A random kind is added with the rate that
    /// [`super::search`] finds.
    fn default() -> Self {
        Self {
            widths: vec![40, 60, 80],
            kinds: vec![Kind::Sequential, Kind::Hopfield, Kind::NearestStored, Kind::CueOnly],
            stimuli: Stimuli::Independent,
            loads: Loads::Graded,
            trials: 10,
            masked: 0.6,
            level: 0.98,
        }
    }
}

/// One memory at one width.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The memory.
    pub kind: Kind,
    /// Width N.
    pub width: usize,
    /// Numbers of patterns.
    pub loads: Vec<usize>,
    /// Share of right bits at each.
    pub accuracy: Vec<f64>,
    /// Largest load at the level or above; 0 when there is none.
    pub capacity: usize,
}

/// How the capacity of one memory grows with N.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// The memory.
    pub kind: Kind,
    /// Slope of the least-squares line through (N, capacity); NaN for fewer than two widths.
    pub slope: f64,
    /// Its intercept.
    pub intercept: f64,
    /// Slope of the line through the origin: the capacity per unit.
    pub per_unit: f64,
}

/// The numbers of one seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// A curve per memory and width.
    pub curves: Vec<Curve>,
    /// A line per memory.
    pub growth: Vec<Growth>,
}

/// Runs the experiment for one seed. All kinds see the same patterns and cues.
///
/// # Errors
/// [`Error::Parameter`] for a parameter out of range.
pub fn run<R: Rng>(config: &Config, stream: impl Fn(&str) -> R) -> Result<Outcome, Error> {
    share("masked", config.masked)?;
    config.stimuli.check()?;
    let mut outcome = Outcome { curves: vec![], growth: vec![] };
    for &kind in &config.kinds {
        let from = outcome.curves.len();
        for &width in &config.widths {
            outcome.curves.push(curve(config, kind, width, &stream)?);
        }
        outcome.growth.push(growth(kind, &outcome.curves[from..]));
    }
    Ok(outcome)
}

fn curve<R: Rng>(config: &Config, kind: Kind, n: usize, stream: impl Fn(&str) -> R) -> Result<Curve, Error> {
    let loads = config.loads.grid(n);
    let mut patterns = stream(&format!("kv/capacity/patterns/{n}"));
    let mut writes = stream(&format!("kv/capacity/writes/{n}"));
    let mut means = vec![];
    for &load in &loads {
        let mut sum = 0.0;
        for _ in 0..config.trials {
            sum += trial(config, kind, (n, load), &mut patterns, &mut writes)?;
        }
        means.push(sum / config.trials.max(1) as f64);
    }
    let reached = loads.iter().zip(&means).filter(|(_, mean)| **mean >= config.level);
    let capacity = reached.map(|(load, _)| *load).max().unwrap_or(0);
    Ok(Curve { kind, width: n, loads, accuracy: means, capacity })
}

/// Mean share of right bits over `load` patterns of width `n` in one fresh memory.
pub(super) fn trial(
    config: &Config,
    kind: Kind,
    (n, load): (usize, usize),
    patterns: &mut impl Rng,
    writes: &mut impl Rng,
) -> Result<f64, Error> {
    let stored = config.stimuli.draw(load, n, patterns);
    let mut memory = Contestant::new(kind, n, n, writes)?;
    for x in &stored {
        memory.store(x, x, writes)?;
    }
    let mut sum = 0.0;
    for x in &stored {
        sum += accuracy(&memory.recall(&mask(x, config.masked, patterns))?, x);
    }
    Ok(sum / load.max(1) as f64)
}

fn growth(kind: Kind, curves: &[Curve]) -> Growth {
    let points: Vec<(f64, f64)> = curves.iter().map(|c| (c.width as f64, c.capacity as f64)).collect();
    let count = points.len() as f64;
    let sum = |f: fn(&(f64, f64)) -> f64| points.iter().map(f).sum::<f64>();
    let (x, y, xx, xy) = (sum(|p| p.0), sum(|p| p.1), sum(|p| p.0 * p.0), sum(|p| p.0 * p.1));
    let slope = (count * xy - x * y) / (count * xx - x * x);
    Growth { kind, slope, intercept: (y - slope * x) / count, per_unit: xy / xx }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn stream(name: &str) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(name.len() as u64)
    }

    #[test]
    fn the_graded_loads_are_those_of_the_public_code() {
        let mut expected: Vec<usize> = (1..8).collect();
        expected.extend((8..40).step_by(4));
        expected.extend((40..120).step_by(8));
        assert_eq!(Loads::Graded.grid(40), expected);
    }

    #[test]
    fn capacity_repeats_and_orders_the_memories() {
        let config = Config { widths: vec![20, 40], trials: 2, ..Config::default() };
        let outcome = run(&config, stream).unwrap();
        assert_eq!(outcome, run(&config, stream).unwrap());
        let at = |kind| outcome.curves.iter().find(|c| c.kind == kind && c.width == 40).unwrap();
        assert!(at(Kind::Sequential).capacity > at(Kind::Hopfield).capacity);
        assert!(at(Kind::Hopfield).capacity > at(Kind::CueOnly).capacity);
    }

    #[test]
    fn the_line_through_exact_points_is_found() {
        let curve = |width, capacity| {
            let kind = Kind::Sequential;
            Curve { kind, width, loads: vec![], accuracy: vec![], capacity }
        };
        let line = growth(Kind::Sequential, &[curve(10, 7), curve(20, 9), curve(40, 13)]);
        assert!((line.slope - 0.2).abs() < 1e-12 && (line.intercept - 5.0).abs() < 1e-12);
        assert!((line.per_unit - 770.0 / 2100.0).abs() < 1e-12);
    }

    #[test]
    fn shares_outside_the_unit_interval_are_refused() {
        let base = Config::default();
        assert!(run(&Config { masked: 1.5, ..base.clone() }, stream).is_err());
        assert!(run(&Config { stimuli: Stimuli::Drift { rho: f64::NAN }, ..base }, stream).is_err());
    }
}
