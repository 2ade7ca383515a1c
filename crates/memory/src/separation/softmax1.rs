//! Softmax with room for "none of them": one phantom pattern of score zero and value zero
//! (outlier-efficient Hopfield layers, Hu et al. 2024).

use super::parse::{Form, Maker};
use super::{Reach, Separate, Separation};
use crate::Error;

pub(super) const FORM: Form = Form { name: "softmax1", make: Maker::Plain(|| Box::new(Softmax1)) };

impl Separation {
    /// `p = exp(theta) / (1 + sum exp(theta))`, with conjugate `ln(1 + sum exp(theta))`.
    /// The weights sum to less than one: a cue that matches nothing recalls nothing.
    ///
    /// ```
    /// let softmax1 = attractor_memory::Separation::softmax1(1.0);
    /// let mut theta = [0.0];
    /// softmax1.kind().weights(&mut theta, 1, f64::NAN);
    /// assert_eq!(theta, [0.5]);
    /// ```
    pub fn softmax1(beta: f64) -> Self {
        Self::custom(Softmax1, beta)
    }
}

#[derive(Debug)]
struct Softmax1;

impl Separate for Softmax1 {
    fn name(&self) -> String {
        "softmax1".into()
    }

    fn reach(&self, _n: usize) -> Reach {
        Reach::Exponential { null: 1 }
    }

    fn weights(&self, theta: &mut [f64], _n: usize, _log_partition: f64) -> f64 {
        let largest = theta.iter().copied().fold(0.0, f64::max).min(f64::MAX);
        let mut sum = (-largest).exp();
        for t in &mut *theta {
            *t = (t.min(f64::MAX) - largest).exp();
            sum += *t;
        }
        for t in theta {
            *t /= sum;
        }
        largest + sum.ln()
    }

    fn uniform(&self, n: usize) -> f64 {
        -(n as f64).ln_1p()
    }

    fn sums_to_one(&self) -> bool {
        false
    }

    fn jvp(&self, weights: &[f64], direction: &mut [f64]) -> Result<(), Error> {
        let along: f64 = weights.iter().zip(&*direction).map(|(p, u)| p * u).sum();
        for (p, u) in weights.iter().zip(direction) {
            *u = p * (*u - along);
        }
        Ok(())
    }
}
