//! The patterns that are stored and the cues that are made of them.

use attractor_memory::Error;
use ndarray::Array1;
use rand::{Rng, RngExt};

/// How a list of patterns is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stimuli {
    /// Every entry -1 or +1 with equal chance.
    Independent,
    /// The first pattern is a template; each other one repeats it and draws every entry anew with
    /// probability `1 - rho`.
    Template {
        /// Share of the template that is kept, in [0, 1].
        rho: f64,
    },
    /// As [`Stimuli::Template`], but each pattern starts from the one before it.
    Drift {
        /// Share of the last pattern that is kept, in [0, 1].
        rho: f64,
    },
}

impl Stimuli {
    /// Refuses a `rho` outside [0, 1].
    pub(super) fn check(self) -> Result<(), Error> {
        match self {
            Self::Independent => Ok(()),
            Self::Template { rho } | Self::Drift { rho } => share("rho", rho),
        }
    }

    /// `count` patterns of the given width.
    pub fn draw(self, count: usize, width: usize, rng: &mut impl Rng) -> Vec<Array1<f64>> {
        let mut all: Vec<Array1<f64>> = Vec::with_capacity(count);
        for i in 0..count {
            let (base, rho) = match self {
                Self::Independent => (None, 0.0),
                Self::Template { rho } => (all.first(), rho),
                Self::Drift { rho } => (i.checked_sub(1).and_then(|last| all.get(last)), rho),
            };
            let next = match base {
                None => Array1::from_shape_simple_fn(width, || bit(rng)),
                Some(base) => base.mapv(|x| if rng.random::<f64>() < rho { x } else { bit(rng) }),
            };
            all.push(next);
        }
        all
    }
}

/// A cue: each entry is set to 0 with probability `masked`.
pub fn mask(pattern: &Array1<f64>, masked: f64, rng: &mut impl Rng) -> Array1<f64> {
    pattern.mapv(|x| if rng.random::<f64>() < masked { 0.0 } else { x })
}

/// Share of the bits of `target` that `recalled` has, by sign.
pub fn accuracy(recalled: &Array1<f64>, target: &Array1<f64>) -> f64 {
    let right = recalled.iter().zip(target).filter(|(y, t)| *y * *t > 0.0).count();
    right as f64 / target.len().max(1) as f64
}

/// Refuses a share or a probability outside [0, 1].
pub(super) fn share(name: &'static str, value: f64) -> Result<(), Error> {
    let limit = "in [0, 1]";
    if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(Error::Parameter { name, value, limit }) }
}

fn bit(rng: &mut impl Rng) -> f64 {
    if rng.random::<f64>() < 0.5 { -1.0 } else { 1.0 }
}
