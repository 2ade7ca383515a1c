//! Exponential: the dense associative memory of Demircigil et al. 2017.

use super::parse::{Form, Maker};
use super::{Reach, Separate, Separation};

pub(super) const FORM: Form = Form { name: "exponential", make: Maker::Plain(|| Box::new(Exponential)) };

/// Where the exponential goes over into its tangent. `exp(600)` times the largest `f32`, summed over
/// 10^9 patterns, still fits in an `f64`.
const SATURATION: f64 = 600.0;

impl Separation {
    /// `w = exp(theta)`, not normalised, with conjugate `sum exp(theta)`.
    ///
    /// Above `theta = 600` the conjugate goes on as a straight line and the weight stays at `exp(600)`,
    /// so that nothing overflows. Several patterns beyond that point weigh the same: lower `beta`, or use
    /// [`Separation::softmax`], whose weights are these up to a common factor.
    ///
    /// ```
    /// let exponential = attractor_memory::Separation::exponential(1.0);
    /// let mut theta = [0.0, 1e6];
    /// exponential.kind().weights(&mut theta, 2, f64::NAN);
    /// assert_eq!(theta, [1.0, 600.0_f64.exp()]);
    /// ```
    pub fn exponential(beta: f64) -> Self {
        Self::custom(Exponential, beta)
    }
}

#[derive(Debug)]
struct Exponential;

impl Separate for Exponential {
    fn name(&self) -> String {
        "exponential".into()
    }

    fn reach(&self, _n: usize) -> Reach {
        Reach::Pointwise
    }

    fn weights(&self, theta: &mut [f64], _n: usize, _log_partition: f64) -> f64 {
        let mut conjugate = 0.0;
        for t in theta {
            let beyond = (*t - SATURATION).max(0.0);
            *t = t.min(SATURATION).exp();
            conjugate += *t * (1.0 + beyond);
        }
        conjugate.min(f64::MAX)
    }

    fn uniform(&self, _n: usize) -> f64 {
        0.0
    }

    fn sums_to_one(&self) -> bool {
        false
    }
}
