//! Softmax: the modern continuous Hopfield network (Ramsauer et al. 2021), and attention.

use super::parse::{Form, Maker};
use super::scores::{centred, shift};
use super::{Reach, Separate, Separation};
use crate::Error;

pub(super) const FORM: Form = Form { name: "softmax", make: Maker::Plain(|| Box::new(Softmax)) };

impl Separation {
    /// `p = exp(theta) / sum exp(theta)`, with conjugate `ln sum exp(theta)`.
    ///
    /// ```
    /// let softmax = attractor_memory::Separation::softmax(8.0);
    /// let mut theta = [0.0, 0.0];
    /// softmax.kind().weights(&mut theta, 2, f64::NAN);
    /// assert_eq!(theta, [0.5, 0.5]);
    /// ```
    pub fn softmax(beta: f64) -> Self {
        Self::custom(Softmax, beta)
    }
}

#[derive(Debug)]
pub(super) struct Softmax;

impl Separate for Softmax {
    fn name(&self) -> String {
        "softmax".into()
    }

    fn reach(&self, _n: usize) -> Reach {
        Reach::Exponential { null: 0 }
    }

    fn weights(&self, theta: &mut [f64], _n: usize, _log_partition: f64) -> f64 {
        let Some(largest) = shift(theta) else { return f64::NEG_INFINITY };
        let mut sum = 0.0;
        for t in &mut *theta {
            *t = t.exp();
            sum += *t;
        }
        for t in theta {
            *t /= sum;
        }
        largest + sum.ln()
    }

    fn uniform(&self, n: usize) -> f64 {
        -(n as f64).ln()
    }

    fn jvp(&self, weights: &[f64], direction: &mut [f64]) -> Result<(), Error> {
        centred(|p| p, weights, direction);
        Ok(())
    }
}
