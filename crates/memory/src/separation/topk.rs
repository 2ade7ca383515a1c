//! Top-k: softmax that reads only the `k` best patterns.

use super::parse::{Form, Maker};
use super::scores::{kth_largest, shift};
use super::{Reach, Separate, Separation};
use crate::Error;

pub(super) const RENORMALISED: Form =
    Form { name: "topk", make: Maker::Whole("K", |k| Ok(Box::new(TopK::renormalised(k)?))) };

pub(super) const KEEP: Form =
    Form { name: "topk-keep", make: Maker::Whole("K", |k| Ok(Box::new(TopK::keep(k)?))) };

impl Separation {
    /// Softmax over the `k` best scores alone: the weights sum to one.
    /// Its conjugate, `ln sum exp` over the `k` best, is convex, so that recall never raises the energy.
    ///
    /// Scores that tie for the last places share them equally; so `k = 1` is [`Separation::argmax`].
    ///
    /// # Errors
    /// [`Error::Parameter`] for `k = 0`.
    ///
    /// ```
    /// use attractor_memory::Separation;
    ///
    /// let best = Separation::topk_renormalised(2, 1.0)?;
    /// let mut theta = [7.0, 1.0, 7.0];
    /// best.kind().weights(&mut theta, 3, f64::NAN);
    /// assert_eq!(theta, [0.5, 0.0, 0.5]);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn topk_renormalised(k: usize, beta: f64) -> Result<Self, Error> {
        Ok(Self::custom(TopK::renormalised(k)?, beta))
    }

    /// Softmax over all scores, of which the `k` largest weights are kept and the others set to zero: the
    /// weights sum to less than one. Its energy is that of softmax, which truncated recall may raise.
    ///
    /// Scores that tie for the last places share them equally.
    ///
    /// # Errors
    /// [`Error::Parameter`] for `k = 0`.
    ///
    /// ```
    /// use attractor_memory::Separation;
    ///
    /// let kept = Separation::topk_keep(1, 1.0)?;
    /// let mut theta = [3.0_f64.ln(), 0.0];
    /// kept.kind().weights(&mut theta, 2, 4.0_f64.ln());
    /// assert!((theta[0] - 0.75).abs() < 1e-15 && theta[1] == 0.0);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn topk_keep(k: usize, beta: f64) -> Result<Self, Error> {
        Ok(Self::custom(TopK::keep(k)?, beta))
    }
}

#[derive(Debug)]
struct TopK {
    k: usize,
    rest: Rest,
}

/// What becomes of the weight that softmax gives to the others.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rest {
    Lost,
    Shared,
}

impl TopK {
    fn keep(k: usize) -> Result<Self, Error> {
        Error::positive("k", k as f64).map(|_| Self { k, rest: Rest::Lost })
    }

    fn renormalised(k: usize) -> Result<Self, Error> {
        Error::positive("k", k as f64).map(|_| Self { k, rest: Rest::Shared })
    }
}

impl Separate for TopK {
    fn name(&self) -> String {
        match self.rest {
            Rest::Lost => format!("topk-keep({})", self.k),
            Rest::Shared => format!("topk({})", self.k),
        }
    }

    fn reach(&self, _n: usize) -> Reach {
        Reach::BelowKth { k: self.k, margin: 0.0 }
    }

    fn weights(&self, theta: &mut [f64], _n: usize, log_partition: f64) -> f64 {
        let Some(largest) = shift(theta) else { return f64::NEG_INFINITY };
        let k = self.k.min(theta.len());
        let edge = kth_largest(theta, k);
        let above = theta.iter().filter(|&&z| z > edge).count();
        let tied = theta.iter().filter(|&&z| z == edge).count();
        let share = (k - above) as f64 / tied as f64;
        let mut sum = 0.0;
        for z in &mut *theta {
            *z = if *z < edge { 0.0 } else { z.exp() * if *z == edge { share } else { 1.0 } };
            sum += *z;
        }
        let conjugate = match self.rest {
            Rest::Lost => log_partition,
            Rest::Shared => largest + sum.ln(),
        };
        let divisor = match self.rest {
            Rest::Lost => (log_partition - largest).exp(),
            Rest::Shared => sum,
        };
        for p in theta {
            *p /= divisor;
        }
        conjugate
    }

    fn needs_partition(&self) -> bool {
        self.rest == Rest::Lost
    }

    fn uniform(&self, n: usize) -> f64 {
        match self.rest {
            Rest::Lost => -(n as f64).ln(),
            Rest::Shared => -(n.min(self.k) as f64).ln(),
        }
    }

    fn sums_to_one(&self) -> bool {
        self.rest == Rest::Shared
    }

    fn margin(&self) -> Option<f64> {
        // Any lead at all: the smallest number that a difference is tested against.
        (self.k == 1 && self.rest == Rest::Shared).then_some(f64::MIN_POSITIVE)
    }

    fn is_gradient(&self) -> bool {
        self.rest == Rest::Shared
    }
}
