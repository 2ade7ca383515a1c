//! Budget: weights in [0, 1] that sum to `k`, so that recall is a sum of `k` patterns (k-subsets, Santos
//! et al. 2024).

use super::parse::{Form, Maker};
use super::scores::{centred, kth_largest};
use super::{Reach, Separate, Separation};
use crate::Error;

pub(super) const FORM: Form =
    Form { name: "budget", make: Maker::Whole("K", |k| Ok(Box::new(Budget::new(k)?))) };

impl Separation {
    /// `p = clip(theta - tau, 0, 1)` with `sum p = k`; `Omega(p) = |p|^2 / 2`.
    /// With fewer than `k` patterns every weight is one. `budget(1)` is [`Separation::sparsemax`].
    ///
    /// # Errors
    /// [`Error::Parameter`] for `k = 0`.
    ///
    /// ```
    /// use attractor_memory::Separation;
    ///
    /// let pairs = Separation::budget(2, 1.0)?;
    /// let mut theta = [0.0, 4.0, 2.0];
    /// pairs.kind().weights(&mut theta, 3, f64::NAN);
    /// assert_eq!(theta, [0.0, 1.0, 1.0]);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn budget(k: usize, beta: f64) -> Result<Self, Error> {
        Ok(Self::custom(Budget::new(k)?, beta))
    }
}

#[derive(Debug)]
struct Budget {
    k: usize,
}

impl Budget {
    fn new(k: usize) -> Result<Self, Error> {
        Error::positive("k", k as f64).map(|_| Self { k })
    }
}

impl Separate for Budget {
    fn name(&self) -> String {
        format!("budget({})", self.k)
    }

    fn reach(&self, _n: usize) -> Reach {
        Reach::BelowKth { k: self.k, margin: 1.0 }
    }

    fn weights(&self, theta: &mut [f64], _n: usize, _log_partition: f64) -> f64 {
        let k = self.k.min(theta.iter().filter(|&&t| t > f64::NEG_INFINITY).count());
        if k == 0 {
            theta.fill(0.0);
            return f64::NEG_INFINITY;
        }
        let anchor = kth_largest(theta, k).min(f64::MAX);
        for t in &mut *theta {
            *t = t.min(f64::MAX) - anchor;
        }
        let tau = threshold(theta, k as f64);
        let mut conjugate = 0.0;
        for z in theta {
            let p = if *z > -1.0 { (*z - tau).clamp(0.0, 1.0) } else { 0.0 };
            if p > 0.0 {
                conjugate += (p * (*z + anchor - p / 2.0)).clamp(f64::MIN, f64::MAX);
            }
            *z = p;
        }
        conjugate.clamp(f64::MIN, f64::MAX)
    }

    fn uniform(&self, n: usize) -> f64 {
        let k = self.k.min(n) as f64;
        k * k / (2.0 * n as f64)
    }

    fn sums_to_one(&self) -> bool {
        false
    }

    fn margin(&self) -> Option<f64> {
        (self.k == 1).then_some(1.0)
    }

    fn jvp(&self, weights: &[f64], direction: &mut [f64]) -> Result<(), Error> {
        centred(|p| if p > 0.0 && p < 1.0 { 1.0 } else { 0.0 }, weights, direction);
        Ok(())
    }
}

/// `tau` for scores measured from the `k`-th largest, where it lies in [-1, 0).
///
/// The sum of the weights falls with `tau` and bends only where a weight leaves 0 or reaches 1. Between the
/// two bends around `k` it is a straight line, which is solved exactly.
fn threshold(z: &[f64], k: f64) -> f64 {
    let near = |z: &f64| *z > -1.0 && *z < 1.0;
    let mut bends: Vec<f64> =
        z.iter().copied().filter(near).map(|z| if z < 0.0 { z } else { z - 1.0 }).collect();
    bends.sort_unstable_by(f64::total_cmp);
    let sum = |tau: f64| z.iter().filter(|z| **z > -1.0).map(|z| (z - tau).clamp(0.0, 1.0)).sum::<f64>();
    let above = bends.partition_point(|&tau| sum(tau) >= k);
    let bend = if above == 0 { -1.0 } else { bends[above - 1] };
    let (mut inside, mut inside_sum, mut ones) = (0.0, 0.0, 0.0);
    for &z in z.iter().filter(|z| **z > bend) {
        if z - 1.0 > bend {
            ones += 1.0;
        } else {
            inside += 1.0;
            inside_sum += z;
        }
    }
    if inside == 0.0 { bend } else { (inside_sum + ones - k) / inside }
}
