//! Argmax: nearest-neighbour recall, the limit of every normalised separation at large beta.

use super::parse::{Form, Maker};
use super::{Reach, Separate, Separation};

pub(super) const FORM: Form = Form { name: "argmax", make: Maker::Plain(|| Box::new(Argmax)) };

impl Separation {
    /// All weight on the largest score, in equal parts where several tie, with conjugate `max theta`, at
    /// `beta = 1` (no beta changes the weights).
    ///
    /// ```
    /// let argmax = attractor_memory::Separation::argmax();
    /// let mut theta = [2.0, 1.0, 2.0];
    /// argmax.kind().weights(&mut theta, 3, f64::NAN);
    /// assert_eq!(theta, [0.5, 0.0, 0.5]);
    /// ```
    pub fn argmax() -> Self {
        Self::custom(Argmax, 1.0)
    }
}

#[derive(Debug)]
struct Argmax;

impl Separate for Argmax {
    fn name(&self) -> String {
        "argmax".into()
    }

    fn reach(&self, _n: usize) -> Reach {
        Reach::BelowMax { margin: 0.0 }
    }

    fn weights(&self, theta: &mut [f64], _n: usize, _log_partition: f64) -> f64 {
        let Some(largest) = super::scores::shift(theta) else { return f64::NEG_INFINITY };
        let tied = theta.iter().filter(|&&z| z == 0.0).count() as f64;
        for z in theta {
            *z = if *z == 0.0 { 1.0 / tied } else { 0.0 };
        }
        largest
    }

    fn uniform(&self, _n: usize) -> f64 {
        0.0
    }

    fn margin(&self) -> Option<f64> {
        // Any lead at all: the smallest number that a difference is tested against.
        Some(f64::MIN_POSITIVE)
    }
}
