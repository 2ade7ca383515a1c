//! The classical Hopfield network as the baseline of the key-value memory.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use super::hebb::{Hebb, Rest};
use crate::Error;
use crate::two_body::check;

/// A fully connected network written online by Hebb's rule, diagonal included, and recalled by
/// synchronous sign updates. Unlike the networks of [`crate::classical`], it decays and clamps, and
/// a cue may hold zeros for what is not known.
///
/// ```
/// use attractor_memory::key_value::{Hebb, OnlineHopfield};
/// use ndarray::array;
/// let mut network = OnlineHopfield::new(4, Hebb::plain())?;
/// network.write(array![1.0, -1.0, 1.0, -1.0].view(), 1.0)?;
/// let recall = network.recall(array![1.0, 0.0, 0.0, 0.0].view(), 10)?;
/// assert_eq!(recall.state, array![1.0, -1.0, 1.0, -1.0]);
/// # Ok::<(), attractor_memory::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OnlineHopfield {
    weights: Array2<f64>,
    rule: Hebb,
}

/// The answer to one cue.
#[derive(Debug, Clone, PartialEq)]
pub struct HopfieldRecall {
    /// The last state (d): -1, +1, or what the cue held where the field is 0.
    pub state: Array1<f64>,
    /// Energy `-s^T W s / 2` of the cue and after each update that changed the state.
    pub energies: Vec<f64>,
    /// How it ended.
    pub rest: Rest,
}

impl OnlineHopfield {
    /// An empty network of `width` units.
    ///
    /// # Errors
    /// [`Error::Parameter`] for width 0 or a rule out of range.
    pub fn new(width: usize, rule: Hebb) -> Result<Self, Error> {
        rule.check()?;
        if width == 0 {
            return Err(Error::Parameter { name: "width", value: 0.0, limit: "at least 1" });
        }
        Ok(Self { weights: Array2::zeros((width, width)), rule })
    }

    /// Writes pattern `x` (d) with strength `q` in [0, 1e6].
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`], [`Error::Parameter`] for `q`.
    pub fn write(&mut self, x: ArrayView1<f64>, q: f64) -> Result<(), Error> {
        self.rule.apply(&mut self.weights, x, x, q)
    }

    /// The weights (d, d).
    pub fn weights(&self) -> ArrayView2<'_, f64> {
        self.weights.view()
    }

    /// Energy `-s^T W s / 2` of a state `s` (d), with the diagonal.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`].
    pub fn energy(&self, s: ArrayView1<f64>) -> Result<f64, Error> {
        check::vector(s, self.weights.ncols(), "state")?;
        Ok(-0.5 * s.dot(&self.weights.dot(&s)))
    }

    /// Updates all units at once, `s <- sign(W s)`, until nothing changes or `steps` updates were
    /// made. A field of 0 keeps the unit. Without clamp the weights are positive semi-definite, so
    /// the energy never rises and no cycle appears, for cues with entries in [-1, 1].
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`].
    pub fn recall(&self, cue: ArrayView1<f64>, steps: usize) -> Result<HopfieldRecall, Error> {
        let mut energies = vec![self.energy(cue)?];
        let (mut state, mut before) = (cue.to_owned(), None);
        for _ in 0..steps {
            let next = turn(&state, &self.weights.dot(&state));
            if next == state {
                return Ok(HopfieldRecall { state, energies, rest: Rest::FixedPoint });
            }
            energies.push(self.energy(next.view())?);
            if before.as_ref() == Some(&next) {
                return Ok(HopfieldRecall { state: next, energies, rest: Rest::TwoCycle });
            }
            before = Some(std::mem::replace(&mut state, next));
        }
        Ok(HopfieldRecall { state, energies, rest: Rest::StepLimit })
    }
}

/// Every unit takes the sign of its field; a field of 0 keeps it.
pub(super) fn turn(state: &Array1<f64>, field: &Array1<f64>) -> Array1<f64> {
    let mut next = state.clone();
    next.zip_mut_with(field, |s, &h| {
        if h != 0.0 {
            *s = h.signum();
        }
    });
    next
}
