//! Polynomial: the dense associative memory of Krotov and Hopfield 2016.

use super::parse::{Form, Maker};
use super::{Reach, Separate, Separation};
use crate::Error;

pub(super) const SIGNED: Form = Form {
    name: "polynomial",
    make: Maker::Whole("N", |n| Ok(Box::new(Polynomial::new(n, Rectification::Signed)?))),
};

pub(super) const RECTIFIED: Form = Form {
    name: "rectified",
    make: Maker::Whole("N", |n| Ok(Box::new(Polynomial::new(n, Rectification::Rectified)?))),
};

/// Logarithm of the power at which it goes over into its tangent; leaves room as in `exponential.rs`.
const LN_SATURATION: f64 = 600.0;

/// What a polynomial separation does with negative scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rectification {
    /// `F(x) = x^n`: an even degree also recalls the inverted pattern; an odd one is not convex.
    Signed,
    /// `F(x) = max(x, 0)^n`: inverted patterns do not count.
    Rectified,
}

impl Separation {
    /// Weights `n theta^(n-1)` with conjugate `sum theta^n`, or the same of `max(theta, 0)`, at `beta = 1`.
    /// The energy is that of the paper, `-sum F(overlap)` with `F(x) = x^n`.
    ///
    /// Where `|theta|^n` would pass `exp(600)`, `F` goes on as a straight line, so that nothing overflows.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a degree below 2 or above `i32::MAX`.
    ///
    /// ```
    /// use attractor_memory::{Rectification, Separation};
    ///
    /// let cubic = Separation::polynomial(3, Rectification::Signed)?;
    /// let mut theta = [2.0, -1.0];
    /// let conjugate = cubic.kind().weights(&mut theta, 2, f64::NAN);
    /// assert_eq!((theta, conjugate), ([12.0, 3.0], 7.0));
    /// assert!(!cubic.kind().is_gradient());
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn polynomial(n: usize, rectification: Rectification) -> Result<Self, Error> {
        Ok(Self::custom(Polynomial::new(n, rectification)?, 1.0))
    }
}

#[derive(Debug)]
struct Polynomial {
    degree: i32,
    rectification: Rectification,
    saturation: f64,
}

impl Polynomial {
    fn new(n: usize, rectification: Rectification) -> Result<Self, Error> {
        match i32::try_from(n) {
            Ok(degree) if degree >= 2 => {
                Ok(Self { degree, rectification, saturation: (LN_SATURATION / n as f64).exp() })
            }
            _ => Err(Error::Parameter { name: "degree", value: n as f64, limit: "from 2 to 2147483647" }),
        }
    }

    /// `F` and its derivative at `x`.
    fn power(&self, x: f64) -> (f64, f64) {
        let inner = match self.rectification {
            Rectification::Signed => x.clamp(-self.saturation, self.saturation),
            Rectification::Rectified => x.clamp(0.0, self.saturation),
        };
        let below = inner.powi(self.degree - 1);
        let slope = f64::from(self.degree) * below;
        let beyond = if x.abs() > self.saturation { x - inner } else { 0.0 };
        (below * inner + if slope == 0.0 { 0.0 } else { slope * beyond }, slope)
    }
}

impl Separate for Polynomial {
    fn name(&self) -> String {
        match self.rectification {
            Rectification::Signed => format!("polynomial({})", self.degree),
            Rectification::Rectified => format!("rectified({})", self.degree),
        }
    }

    fn reach(&self, _n: usize) -> Reach {
        Reach::Pointwise
    }

    fn weights(&self, theta: &mut [f64], _n: usize, _log_partition: f64) -> f64 {
        let mut conjugate = 0.0;
        for t in theta {
            let (value, slope) =
                if *t == f64::NEG_INFINITY { (0.0, 0.0) } else { self.power(t.min(f64::MAX)) };
            conjugate += value.clamp(f64::MIN, f64::MAX);
            *t = slope;
        }
        conjugate.clamp(f64::MIN, f64::MAX)
    }

    fn uniform(&self, _n: usize) -> f64 {
        0.0
    }

    fn sums_to_one(&self) -> bool {
        false
    }

    fn is_gradient(&self) -> bool {
        self.rectification == Rectification::Rectified || self.degree % 2 == 0
    }
}
