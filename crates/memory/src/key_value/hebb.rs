//! Online Hebbian outer products with decay and clamp: the matrix form of a slot memory.

use ndarray::{Array2, ArrayView1};

use crate::Error;
use crate::two_body::check;

/// The Hebbian rule `W <- clamp(decay W + rate q y x^T)`.
///
/// Without the clamp, after writes `(x_t, y_t)` the field `W x` equals
/// `sum_t rate q_t decay^(T-t) (x_t.x) y_t`: a linear read of one slot per write.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hebb {
    /// Decay factor in [0, 1] per write.
    pub decay: f64,
    /// Rate in [0, 1e6] of a write with `q = 1`.
    pub rate: f64,
    /// Largest magnitude of a weight, above 0; infinite for none.
    pub clamp: f64,
}

impl Hebb {
    /// No decay, rate 1, no clamp: the setting of the capacity experiment.
    pub fn plain() -> Self {
        Self { decay: 1.0, rate: 1.0, clamp: f64::INFINITY }
    }

    /// The palimpsest setting for continual storage, which forgets the oldest: no decay, rate
    /// `1/sqrt(width)`, weights clamped at 0.35.
    pub fn palimpsest(width: usize) -> Self {
        Self { decay: 1.0, rate: 1.0 / (width.max(1) as f64).sqrt(), clamp: 0.35 }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        check::within("decay", self.decay, (0.0, 1.0), "in [0, 1]")?;
        check::within("rate", self.rate, (0.0, 1e6), "in [0, 1e6]")?;
        check::within("clamp", self.clamp, (f64::MIN_POSITIVE, f64::INFINITY), "above 0")
    }

    /// One write into `w` (p, d).
    pub(super) fn apply(
        &self,
        w: &mut Array2<f64>,
        x: ArrayView1<f64>,
        y: ArrayView1<f64>,
        q: f64,
    ) -> Result<(), Error> {
        check::vector(x, w.ncols(), "key")?;
        check::vector(y, w.nrows(), "value")?;
        check::within("q", q, (0.0, 1e6), "in [0, 1e6]")?;
        for (mut row, y) in w.rows_mut().into_iter().zip(y) {
            let step = self.rate * q * y;
            row.zip_mut_with(&x, |w, x| *w = (self.decay * *w + step * x).clamp(-self.clamp, self.clamp));
        }
        Ok(())
    }
}

/// How a recall by repeated updates ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// The next update changes nothing.
    FixedPoint,
    /// The update alternates between two states; the last one is returned.
    TwoCycle,
    /// The step limit came first.
    StepLimit,
}
