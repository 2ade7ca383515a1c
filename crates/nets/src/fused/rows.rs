//! Where results lie in memory, and how the work is cut.

use std::ops::Range;

use ndarray::{Array4, ArrayView4, ArrayViewMut2, Axis};

use super::inputs::Extents;

/// Queries that meet a block of patterns together: their scores stay in the first-level cache.
pub(crate) const QUERIES: usize = 32;

/// Units of work below which the queries of a head are cut into groups.
const UNITS: usize = 16;

/// Which of heads and rows is outermost within one element of the batch.
///
/// A layer splits `(batch, rows, heads * width)` into heads by swapping axes; results in the order of their inputs
/// let it swap back without a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// `(batch, heads, rows, width)`
    Heads,
    /// `(batch, rows, heads, width)`
    Rows,
}

impl Order {
    /// That of an array.
    pub(crate) fn of(array: &ArrayView4<'_, f32>) -> Self {
        let strides = array.strides();
        if 0 < strides[1] && strides[1] < strides[2] { Self::Rows } else { Self::Heads }
    }

    /// Zeros of shape `(batch, heads, rows, width)` that lie in this order.
    pub(crate) fn zeros(self, [batch, heads, rows, width]: [usize; 4]) -> Array4<f32> {
        match self {
            Self::Heads => Array4::zeros([batch, heads, rows, width]),
            Self::Rows => Array4::zeros([batch, rows, heads, width]).permuted_axes([0, 2, 1, 3]),
        }
    }
}

/// The rows of every head, all of the batch: what the threads write at the same time.
pub(crate) fn units(array: &mut Array4<f32>) -> Vec<ArrayViewMut2<'_, f32>> {
    let mut units = Vec::with_capacity(array.dim().0 * array.dim().1);
    let mut batch = array.view_mut();
    while batch.dim().0 > 0 {
        let (first, rest) = batch.split_at(Axis(0), 1);
        batch = rest;
        let mut heads = first.index_axis_move(Axis(0), 0);
        while heads.dim().0 > 0 {
            let (first, rest) = heads.split_at(Axis(0), 1);
            heads = rest;
            units.push(first.index_axis_move(Axis(0), 0));
        }
    }
    units
}

/// How many queries of a head one thread takes at a time: all of them, unless there are few heads. Depends on the
/// extents alone.
pub(crate) fn group(extents: &Extents) -> usize {
    let groups = UNITS.div_ceil(extents.units().max(1));
    extents.queries.div_ceil(groups).next_multiple_of(QUERIES).max(QUERIES)
}

/// `0..n` in runs of `step`.
pub(crate) fn runs(n: usize, step: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n).step_by(step).map(move |from| from..(from + step).min(n))
}
