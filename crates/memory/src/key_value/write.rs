//! Writing by three-factor plasticity: keys first, then the activity they cause, then values.

use ndarray::{Array1, ArrayView1};
use rand::Rng;

use super::gate::{Gate, matched};
use super::memory::{KeyValue, Output};
use super::slots::Slots;
use crate::Error;
use crate::two_body::check;

/// How the values of a write are bound to slots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Values {
    /// Only the chosen slots change, and what they held decays by the rate of the write.
    Chosen,
    /// Every slot changes in proportion to its activity, and all values decay: by the factor
    /// `decay` at a write with `q = 1`, by `1 - clamp((1 - decay) q, 0, 1)` in general.
    All {
        /// Decay factor in [0, 1]; meta-learned in the paper, from a start in (0.9, 1).
        decay: f64,
    },
}

/// Whether a strong write protects its slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stability {
    /// Every slot can be overwritten. Rates above 1 scale what is written.
    Plastic,
    /// A write whose rate reaches `threshold` locks its slots for ever (a "flashbulb" memory); what
    /// is written is clamped to a rate of at most 1. A chosen slot that is locked loses the write.
    Lock {
        /// Rate that locks; finite and above 0, 10 in the paper.
        threshold: f64,
    },
}

/// The rule of a write.
///
/// ```
/// use attractor_memory::key_value::{Gate, WriteRule};
/// let rule = WriteRule { gate: Gate::Linear, ..WriteRule::bernoulli(0.1) };
/// assert_eq!(rule.key_rate, 1.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WriteRule {
    /// Local third factor.
    pub slots: Slots,
    /// How values are bound.
    pub values: Values,
    /// Rate of the keys at `q = 1`, in [0, 1e6].
    pub key_rate: f64,
    /// Rate of the values at `q = 1`, in [0, 1e6].
    pub value_rate: f64,
    /// Predictive gate.
    pub gate: Gate,
    /// Protection of strong memories.
    pub stability: Stability,
}

impl WriteRule {
    /// The reference rule of the paper: cyclic slots, rates 1, no gate, no protection.
    pub fn cyclic() -> Self {
        Self {
            slots: Slots::Cyclic,
            values: Values::Chosen,
            key_rate: 1.0,
            value_rate: 1.0,
            gate: Gate::Open,
            stability: Stability::Plastic,
        }
    }

    /// The same with the least recently written slot.
    pub fn least_recent() -> Self {
        Self { slots: Slots::LeastRecent, ..Self::cyclic() }
    }

    /// The same with random slots, each with probability `p` (checked when the memory is built).
    pub fn bernoulli(p: f64) -> Self {
        Self { slots: Slots::Bernoulli { p }, ..Self::cyclic() }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        self.slots.check()?;
        for (name, rate) in [("key_rate", self.key_rate), ("value_rate", self.value_rate)] {
            check::within(name, rate, (0.0, 1e6), "in [0, 1e6]")?;
        }
        if let Values::All { decay } = self.values {
            check::within("decay", decay, (0.0, 1.0), "in [0, 1]")?;
        }
        if let Stability::Lock { threshold } = self.stability {
            Error::positive("threshold", threshold)?;
        }
        Ok(())
    }

    /// How much of the new thing is written at rate `eta`.
    fn gain(&self, eta: f64) -> f64 {
        match self.stability {
            Stability::Plastic => eta,
            Stability::Lock { .. } => eta.min(1.0),
        }
    }
}

/// What a write did.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The slots chosen, ascending; those that are locked took nothing.
    pub slots: Vec<usize>,
    /// `q` after the gate.
    pub strength: f64,
    /// Share of the value's signs that a read of the key gave before the write.
    pub matched: f64,
}

impl KeyValue {
    /// Writes the pair `x` (d), `y` (p) with global third factor `q` in [0, 1e6], usually 1.
    ///
    /// In this order, for the chosen slots `i` with `eta = rate q`:
    /// `K_i <- (1 - eta) K_i + eta x`, then `h = softmax(K x)` with the new keys, then
    /// `V_i <- (1 - eta) V_i + eta h_i y`; the factor `1 - eta` never leaves [0, 1].
    /// At strength 0 nothing changes, not even which slot comes next.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`], [`Error::Parameter`] for `q`.
    pub fn write(
        &mut self,
        x: ArrayView1<f64>,
        y: ArrayView1<f64>,
        q: f64,
        rng: &mut impl Rng,
    ) -> Result<Written, Error> {
        check::vector(x, self.keys.ncols(), "key")?;
        check::vector(y, self.values.nrows(), "value")?;
        check::within("q", q, (0.0, 1e6), "in [0, 1e6]")?;
        let before = self.read(x, Output::Linear)?.value;
        let matched = matched(&before, &y.to_owned());
        let q = q * self.rule.gate.factor(matched);
        if q == 0.0 {
            return Ok(Written { slots: vec![], strength: q, matched });
        }
        let slots = self.chooser.choose(rng);
        let open: Vec<usize> = slots.iter().copied().filter(|&i| !self.locked[i]).collect();

        let eta = self.rule.key_rate * q;
        for &i in &open {
            let mut key = self.keys.row_mut(i);
            key *= 1.0 - eta.min(1.0);
            key.scaled_add(self.rule.gain(eta), &x);
        }
        let h = self.read(x, Output::Linear)?.weights;
        self.bind(&open, &h, y, q);

        if matches!(self.rule.stability, Stability::Lock { threshold } if eta >= threshold) {
            for i in open {
                self.locked[i] = true;
            }
        }
        Ok(Written { slots, strength: q, matched })
    }

    fn bind(&mut self, open: &[usize], h: &Array1<f64>, y: ArrayView1<f64>, q: f64) {
        let eta = self.rule.value_rate * q;
        let gain = self.rule.gain(eta);
        let mut change = |i: usize, keep: f64| {
            let mut value = self.values.column_mut(i);
            value *= keep;
            value.scaled_add(gain * h[i], &y);
        };
        match self.rule.values {
            Values::Chosen => open.iter().for_each(|&i| change(i, 1.0 - eta.min(1.0))),
            Values::All { decay } => {
                let keep = 1.0 - ((1.0 - decay) * q).min(1.0);
                let plastic = (0..self.locked.len()).filter(|&i| !self.locked[i]);
                plastic.for_each(|i| change(i, keep));
            }
        }
    }
}
