//! Sparsemax: the Euclidean projection of the scores onto the simplex (Martins and Astudillo 2016; as a
//! memory, Hu et al. 2023 and Santos et al. 2024).

use super::parse::{Form, Maker};
use super::scores::{centred, descending, shift};
use super::{Reach, Separate, Separation};
use crate::Error;

pub(super) const FORM: Form = Form { name: "sparsemax", make: Maker::Plain(|| Box::new(Sparsemax)) };

impl Separation {
    /// `p = [theta - tau]_+` with `sum p = 1`: patterns that trail far enough get exactly nothing.
    /// `Omega(p) = (|p|^2 - 1) / 2`; a lead of 1 in `theta` recalls a pattern exactly.
    ///
    /// ```
    /// let sparsemax = attractor_memory::Separation::sparsemax(1.0);
    /// let mut theta = [-2.0, 0.0, 0.5];
    /// sparsemax.kind().weights(&mut theta, 3, f64::NAN);
    /// assert_eq!(theta, [0.0, 0.25, 0.75]);
    /// ```
    pub fn sparsemax(beta: f64) -> Self {
        Self::custom(Sparsemax, beta)
    }
}

#[derive(Debug)]
pub(super) struct Sparsemax;

impl Separate for Sparsemax {
    fn name(&self) -> String {
        "sparsemax".into()
    }

    fn reach(&self, _n: usize) -> Reach {
        Reach::BelowMax { margin: 1.0 }
    }

    fn weights(&self, theta: &mut [f64], _n: usize, _log_partition: f64) -> f64 {
        let Some(largest) = shift(theta) else { return f64::NEG_INFINITY };
        let tau = threshold(&descending(theta, -1.0));
        let mut conjugate = 0.5;
        for z in theta {
            let p = if *z > -1.0 { (*z - tau).max(0.0) } else { 0.0 };
            if p > 0.0 {
                conjugate += p * (*z - p / 2.0);
            }
            *z = p;
        }
        largest + conjugate
    }

    fn uniform(&self, n: usize) -> f64 {
        (1.0 / n as f64 - 1.0) / 2.0
    }

    fn margin(&self) -> Option<f64> {
        Some(1.0)
    }

    fn jvp(&self, weights: &[f64], direction: &mut [f64]) -> Result<(), Error> {
        centred(|p| if p > 0.0 { 1.0 } else { 0.0 }, weights, direction);
        Ok(())
    }
}

fn threshold(sorted: &[f64]) -> f64 {
    let (mut sum, mut tau) = (0.0, -1.0);
    for (&z, k) in sorted.iter().zip(1..) {
        sum += z;
        let k = f64::from(k);
        if 1.0 + k * z <= sum {
            break;
        }
        tau = (sum - 1.0) / k;
    }
    tau
}
