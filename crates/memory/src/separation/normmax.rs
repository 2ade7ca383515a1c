//! Normmax: sparse weights that are near uniform on their support (Santos et al. 2024, after Blondel et
//! al. 2020).

use super::parse::{Form, Maker};
use super::power::Power;
use super::scores::{descending, shift};
use super::{Reach, Separate, Separation};
use crate::Error;

pub(super) const FORM: Form =
    Form { name: "normmax", make: Maker::Real("GAMMA", |gamma| Ok(Box::new(Normmax::new(gamma)?))) };

impl Separation {
    /// `p = v / sum v` with `v = [theta - tau]_+^(1 / (gamma - 1))` and `sum v^gamma = 1`.
    /// `Omega(p) = norm_gamma(p) - 1`; a lead of 1 in `theta` recalls a pattern exactly.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a gamma that is not above 1 or not finite.
    ///
    /// ```
    /// use attractor_memory::Separation;
    ///
    /// let normmax = Separation::normmax(2.0, 1.0)?;
    /// let mut theta = [1.0, 0.0, 1.0];
    /// normmax.kind().weights(&mut theta, 3, f64::NAN);
    /// assert!((theta[0] - 0.5).abs() < 1e-12 && theta[1] < 1e-12);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn normmax(gamma: f64, beta: f64) -> Result<Self, Error> {
        Ok(Self::custom(Normmax::new(gamma)?, beta))
    }
}

#[derive(Debug)]
struct Normmax {
    gamma: f64,
}

impl Normmax {
    fn new(gamma: f64) -> Result<Self, Error> {
        if gamma.is_finite() && gamma > 1.0 {
            Ok(Self { gamma })
        } else {
            Err(Error::Parameter { name: "gamma", value: gamma, limit: "finite and above 1" })
        }
    }
}

impl Separate for Normmax {
    fn name(&self) -> String {
        format!("normmax({})", self.gamma)
    }

    fn reach(&self, _n: usize) -> Reach {
        Reach::BelowMax { margin: 1.0 }
    }

    fn weights(&self, theta: &mut [f64], _n: usize, _log_partition: f64) -> f64 {
        let Some(largest) = shift(theta) else { return f64::NEG_INFINITY };
        let a = self.gamma - 1.0;
        let power = Power { a, scale: 1.0, norm: self.gamma, root: a.max(1.0) };
        let weight = power.solve(&descending(theta, -1.0));
        let values: Vec<f64> = theta.iter().map(|&z| if z > -1.0 { weight(z) } else { 0.0 }).collect();
        let total: f64 = values.iter().sum();
        let mut conjugate = 1.0 - norm(&values, self.gamma) / total;
        for (z, v) in theta.iter_mut().zip(values) {
            let p = v / total;
            if p > 0.0 {
                conjugate += p * *z;
            }
            *z = p;
        }
        largest + conjugate
    }

    fn uniform(&self, n: usize) -> f64 {
        ((1.0 / self.gamma - 1.0) * (n as f64).ln()).exp_m1()
    }

    fn margin(&self) -> Option<f64> {
        Some(1.0)
    }

    fn jvp(&self, weights: &[f64], direction: &mut [f64]) -> Result<(), Error> {
        let exponent = 2.0 - self.gamma;
        let b = |p: f64| if p > 0.0 { p.powf(exponent) } else { 0.0 };
        let (mut b_sum, mut b_u, mut p_u) = (0.0, 0.0, 0.0);
        for (&p, &u) in weights.iter().zip(&*direction) {
            b_sum += b(p);
            b_u += b(p) * u;
            p_u += p * u;
        }
        let a = self.gamma - 1.0;
        let scale = norm(weights, self.gamma).powf(a) / a;
        for (&p, u) in weights.iter().zip(direction) {
            *u = scale * (b(p) * (*u - p_u) + p * (b_sum * p_u - b_u));
        }
        Ok(())
    }
}

/// The gamma-norm, with the largest entry factored out so that no power underflows.
fn norm(values: &[f64], gamma: f64) -> f64 {
    let largest = values.iter().copied().fold(0.0, f64::max);
    if largest == 0.0 {
        return 0.0;
    }
    largest * values.iter().map(|v| (v / largest).powf(gamma)).sum::<f64>().powf(1.0 / gamma)
}
