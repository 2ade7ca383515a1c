//! Capacity when patterns share a template or drift: what hurts Hebbian matrices most.
//!
//! Protocol: that of [`super::capacity`] at one width, with correlated patterns. Two patterns that
//! keep `rho` of one template agree in expectation by `rho^2`, a pattern and the template by `rho`.

use attractor_memory::Error;
use rand::Rng;

use super::capacity::{self, Curve, Loads};
use super::contestant::Kind;
use super::stimulus::Stimuli;

/// The experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Width N of the patterns.
    pub width: usize,
    /// The memories.
    pub kinds: Vec<Kind>,
    /// The kinds of correlation.
    pub stimuli: Vec<Stimuli>,
    /// Memories filled per number of patterns.
    pub trials: usize,
    /// Probability with which an entry of a cue is unknown.
    pub masked: f64,
    /// Share of bits that counts as recalled.
    pub level: f64,
}

impl Default for Config {
    /// Width 40, a template with rho 0.6, beside independent patterns.
    fn default() -> Self {
        let capacity::Config { kinds, trials, masked, level, .. } = capacity::Config::default();
        let stimuli = vec![Stimuli::Independent, Stimuli::Template { rho: 0.6 }];
        Self { width: 40, kinds, stimuli, trials, masked, level }
    }
}

/// Runs the experiment for one seed: for each kind of correlation a curve per memory.
///
/// # Errors
/// [`Error::Parameter`] for a parameter out of range.
pub fn run<R: Rng>(config: &Config, stream: impl Fn(&str) -> R) -> Result<Vec<(Stimuli, Vec<Curve>)>, Error> {
    let Config { width, kinds, stimuli, trials, masked, level } = config.clone();
    let mut all = vec![];
    for stimuli in stimuli {
        let (widths, kinds, loads) = (vec![width], kinds.clone(), Loads::Graded);
        let one = capacity::Config { widths, kinds, stimuli, loads, trials, masked, level };
        all.push((stimuli, capacity::run(&one, &stream)?.curves));
    }
    Ok(all)
}
