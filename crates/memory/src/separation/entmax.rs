//! Entmax: the family between softmax (alpha = 1) and sparsemax (alpha = 2) and beyond (Peters et al.
//! 2019; as a memory, Santos et al. 2024).

use super::parse::{Form, Maker};
use super::power::Power;
use super::scores::{centred, descending, shift};
use super::softmax::Softmax;
use super::sparsemax::Sparsemax;
use super::{Reach, Separate, Separation};
use crate::Error;

pub(super) const FORM: Form = Form { name: "entmax", make: Maker::Real("ALPHA", make) };

impl Separation {
    /// `p = [(alpha - 1) theta - tau]_+^(1 / (alpha - 1))` with `sum p = 1`.
    /// `Omega(p) = (sum p^alpha - 1) / (alpha (alpha - 1))`; a lead of `1 / (alpha - 1)` in `theta`
    /// recalls a pattern exactly.
    ///
    /// `alpha = 1` is [`Separation::softmax`] and `alpha = 2` is [`Separation::sparsemax`], under their
    /// own names; 1.5 is solved exactly by sorting, every other alpha by bisection to the last bit.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an alpha below 1 or not finite.
    ///
    /// ```
    /// use attractor_memory::Separation;
    ///
    /// let entmax = Separation::entmax(1.5, 1.0)?;
    /// let mut theta = [0.0, 5.0];
    /// entmax.kind().weights(&mut theta, 2, f64::NAN);
    /// assert_eq!(theta, [0.0, 1.0]);
    /// assert!(Separation::entmax(0.5, 1.0).is_err());
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn entmax(alpha: f64, beta: f64) -> Result<Self, Error> {
        Ok(Self { kind: make(alpha)?.into(), beta })
    }
}

fn make(alpha: f64) -> Result<Box<dyn Separate>, Error> {
    if !alpha.is_finite() || alpha < 1.0 {
        return Err(Error::Parameter { name: "alpha", value: alpha, limit: "finite and at least 1" });
    }
    Ok(if alpha == 1.0 {
        Box::new(Softmax)
    } else if alpha == 2.0 {
        Box::new(Sparsemax)
    } else {
        Box::new(Entmax { alpha })
    })
}

#[derive(Debug)]
struct Entmax {
    alpha: f64,
}

impl Entmax {
    fn lead(&self) -> f64 {
        1.0 / (self.alpha - 1.0)
    }
}

impl Separate for Entmax {
    fn name(&self) -> String {
        format!("entmax({})", self.alpha)
    }

    fn reach(&self, _n: usize) -> Reach {
        Reach::BelowMax { margin: self.lead() }
    }

    fn weights(&self, theta: &mut [f64], _n: usize, _log_partition: f64) -> f64 {
        let Some(largest) = shift(theta) else { return f64::NEG_INFINITY };
        let a = self.alpha - 1.0;
        let lead = self.lead();
        let weight: Box<dyn Fn(f64) -> f64> = if self.alpha == 1.5 {
            let tau = threshold_three_halves(&descending(theta, -lead));
            Box::new(move |z| (z / 2.0 - tau).max(0.0).powi(2))
        } else {
            let power = Power { a, scale: a, norm: 1.0, root: 1.0 };
            Box::new(power.solve(&descending(theta, -lead)))
        };
        let values: Vec<f64> = theta.iter().map(|&z| if z > -lead { weight(z) } else { 0.0 }).collect();
        let total: f64 = values.iter().sum();
        let (mut linear, mut entropy) = (0.0, 0.0);
        for (z, v) in theta.iter_mut().zip(values) {
            let p = v / total;
            if p > 0.0 {
                linear += p * *z;
                // p^alpha - p without the cancellation near alpha = 1; they sum to sum p^alpha - 1.
                entropy += p * (a * p.ln()).exp_m1();
            }
            *z = p;
        }
        largest + linear - entropy / (self.alpha * a)
    }

    fn uniform(&self, n: usize) -> f64 {
        let a = self.alpha - 1.0;
        (-a * (n as f64).ln()).exp_m1() / (self.alpha * a)
    }

    fn margin(&self) -> Option<f64> {
        Some(self.lead())
    }

    fn jvp(&self, weights: &[f64], direction: &mut [f64]) -> Result<(), Error> {
        let exponent = 2.0 - self.alpha;
        centred(|p| if p > 0.0 { p.powf(exponent) } else { 0.0 }, weights, direction);
        Ok(())
    }
}

/// `tau` of alpha = 1.5 on halved scores: the last `k` whose threshold lies below the `k`-th score.
fn threshold_three_halves(sorted: &[f64]) -> f64 {
    let (mut sum, mut squares, mut tau) = (0.0, 0.0, -1.0);
    for (&z, k) in sorted.iter().zip(1..) {
        let (half, k) = (z / 2.0, f64::from(k));
        sum += half;
        squares += half * half;
        let mean = sum / k;
        let spread = squares - k * mean * mean;
        let candidate = mean - ((1.0 - spread) / k).max(0.0).sqrt();
        if candidate > half {
            break;
        }
        tau = candidate;
    }
    tau
}
