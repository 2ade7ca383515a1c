//! Identity: the classical Hopfield network, written over its patterns instead of its weight matrix.

use super::parse::{Form, Maker};
use super::{Reach, Separate, Separation};

pub(super) const FORM: Form = Form { name: "identity", make: Maker::Plain(|| Box::new(Identity)) };

impl Separation {
    /// `w = theta`, with conjugate `sum theta^2 / 2`, at `beta = 1`.
    ///
    /// ```
    /// let identity = attractor_memory::Separation::identity();
    /// let mut theta = [3.0, -1.0];
    /// let conjugate = identity.kind().weights(&mut theta, 2, f64::NAN);
    /// assert_eq!((theta, conjugate), ([3.0, -1.0], 5.0));
    /// ```
    pub fn identity() -> Self {
        Self::custom(Identity, 1.0)
    }
}

#[derive(Debug)]
struct Identity;

impl Separate for Identity {
    fn name(&self) -> String {
        "identity".into()
    }

    fn reach(&self, _n: usize) -> Reach {
        Reach::Pointwise
    }

    fn weights(&self, theta: &mut [f64], _n: usize, _log_partition: f64) -> f64 {
        let mut conjugate = 0.0;
        for t in theta {
            *t = if *t == f64::NEG_INFINITY { 0.0 } else { t.min(f64::MAX) };
            conjugate += *t * *t / 2.0;
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
