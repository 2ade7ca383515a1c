//! Epanechnikov: the log-sum-ReLU memory, which recalls its patterns exactly and grows new minima between
//! them (arXiv 2506.10801).

use super::parse::{Form, Maker};
use super::{Reach, Separate, Separation};

pub(super) const FORM: Form = Form { name: "epanechnikov", make: Maker::Plain(|| Box::new(Epanechnikov)) };

/// Keeps the energy finite where no pattern is near.
const EPSILON: f64 = f64::EPSILON;

impl Separation {
    /// Weights that are equal over the active patterns, `theta > -2`, and zero elsewhere (mean shift), with
    /// `ln(epsilon + sum max(1 + theta / 2, 0))` in the place of the conjugate, `epsilon = 2^-52`.
    ///
    /// Meant for the similarity `-|q - x|^2`: a pattern is active within the radius `sqrt(2 / beta)`. With no
    /// active pattern all weights are zero: the energy is flat there and the state has nowhere to go.
    /// The weights are no gradient by `theta`, yet recall never raises the energy.
    ///
    /// ```
    /// let epanechnikov = attractor_memory::Separation::epanechnikov(2.5);
    /// let mut theta = [-0.1, -1.9, -2.0];
    /// epanechnikov.kind().weights(&mut theta, 3, f64::NAN);
    /// assert_eq!(theta, [0.5, 0.5, 0.0]);
    /// ```
    pub fn epanechnikov(beta: f64) -> Self {
        Self::custom(Epanechnikov, beta)
    }
}

#[derive(Debug)]
struct Epanechnikov;

impl Separate for Epanechnikov {
    fn name(&self) -> String {
        "epanechnikov".into()
    }

    fn reach(&self, _n: usize) -> Reach {
        Reach::Above { level: -2.0 }
    }

    fn weights(&self, theta: &mut [f64], _n: usize, _log_partition: f64) -> f64 {
        let (mut active, mut sum) = (0.0, 0.0);
        for &t in theta.iter().filter(|&&t| t > -2.0) {
            active += 1.0;
            sum += 1.0 + t.min(f64::MAX) / 2.0;
        }
        for t in theta {
            *t = if *t > -2.0 { 1.0 / active } else { 0.0 };
        }
        (EPSILON + sum).min(f64::MAX).ln()
    }

    fn uniform(&self, _n: usize) -> f64 {
        0.0
    }

    fn is_gradient(&self) -> bool {
        false
    }

    fn descends(&self) -> bool {
        true
    }
}
