//! What is asked of a block of keys.

use crate::lane::WIDTH_STEP;

/// How a cue and a key are compared, component by component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// `sum q_j k_j`
    Dot,
    /// `sum (q_j - k_j)^2`, summed from differences: no cancellation for near neighbours.
    SquaredDistance,
    /// `sqrt(sum (q_j - k_j)^2)`
    Distance,
    /// `sum |q_j - k_j|`
    Manhattan,
}

/// Cues with the scale of each: `theta = scale * factor(row) * measure(cue, key)`.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    pub(crate) cues: &'a [f32],
    pub(crate) scales: &'a [f32],
    pub(crate) width: usize,
    pub(crate) measure: Measure,
}

impl<'a> Query<'a> {
    /// `cues` is `(scales.len(), width)` in row order, `width` padded (see [`crate::padded`]) with zeros.
    /// Distances take negative scales.
    ///
    /// Returns `None` when the lengths do not fit together.
    pub fn new(cues: &'a [f32], scales: &'a [f32], width: usize, measure: Measure) -> Option<Self> {
        let fits = width.is_multiple_of(WIDTH_STEP) && scales.len().checked_mul(width) == Some(cues.len());
        fits.then_some(Self { cues, scales, width, measure })
    }

    /// Number of cues.
    pub fn count(&self) -> usize {
        self.scales.len()
    }
}
