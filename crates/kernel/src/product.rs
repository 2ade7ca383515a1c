//! Products of small matrices: scores, weighted sums and their reverse, when both sides have many rows.
//!
//! One register-blocked loop serves every product of an association and of its gradients: the right factor
//! and the result lie along lanes, the left factor is read one float at a time, so that it may be transposed.
//! Every entry is one chain of multiply-adds over the depth in order, whatever the tile: a row gets the same
//! bits alone and among others.
#![allow(clippy::too_many_arguments)] // Extents travel beside their pointers.

use crate::arch::Vector;
use crate::lane::Lane;

/// The left factor of a product: entry `(row, d)` is `floats[row * row_step + d * depth_step]`.
#[derive(Debug, Clone, Copy)]
pub struct Left<'a> {
    /// Where the entries lie.
    pub floats: &'a [f32],
    /// Rows of the result.
    pub rows: usize,
    /// Terms of each sum.
    pub depth: usize,
    /// Floats from one row to the next.
    pub row_step: usize,
    /// Floats from one term to the next.
    pub depth_step: usize,
}

impl Left<'_> {
    /// Whether every entry lies inside `floats`.
    pub(crate) fn fits(&self) -> bool {
        if self.rows == 0 || self.depth == 0 {
            return true;
        }
        let row = (self.rows - 1).checked_mul(self.row_step);
        let depth = (self.depth - 1).checked_mul(self.depth_step);
        row.zip(depth).and_then(|(a, b)| a.checked_add(b)).is_some_and(|last| last < self.floats.len())
    }
}

/// What becomes of what the result held before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onto {
    /// It is overwritten.
    Nothing,
    /// The product is added to it.
    Former,
}

/// `R` rows by `P` panels of the result.
///
/// # Safety
/// `Vector`'s contract; `left` points at the first of `R` rows of `depth` entries with those steps, `right` at
/// `depth` rows of `P` lanes and `out` at `R` rows of `P` lanes, both `stride` lanes apart.
#[inline(always)]
unsafe fn tile<V: Vector, const R: usize, const P: usize>(
    left: *const f32,
    row_step: usize,
    depth_step: usize,
    depth: usize,
    right: *const Lane,
    out: *mut Lane,
    stride: usize,
    onto: Onto,
) {
    // SAFETY: indices stay inside the extents that the caller vouches for.
    unsafe {
        let mut sums = [[V::splat(0.0); P]; R];
        if onto == Onto::Former {
            for (r, row) in sums.iter_mut().enumerate() {
                for (p, sum) in row.iter_mut().enumerate() {
                    *sum = V::load(out.add(r * stride + p));
                }
            }
        }
        for d in 0..depth {
            let mut lanes = [V::splat(0.0); P];
            for (p, lane) in lanes.iter_mut().enumerate() {
                *lane = V::load(right.add(d * stride + p));
            }
            for (r, row) in sums.iter_mut().enumerate() {
                let factor = V::splat(*left.add(r * row_step + d * depth_step));
                for (sum, lane) in row.iter_mut().zip(lanes) {
                    *sum = lane.fma(factor, *sum);
                }
            }
        }
        for (r, row) in sums.iter().enumerate() {
            for (p, sum) in row.iter().enumerate() {
                sum.store(out.add(r * stride + p));
            }
        }
    }
}

/// All rows for `P` panels, `R` at a time, the rest in smaller tiles.
///
/// # Safety
/// As [`tile`], with the rows of `left`.
#[inline(always)]
unsafe fn column<V: Vector, const R: usize, const P: usize>(
    left: &Left<'_>,
    right: *const Lane,
    out: *mut Lane,
    stride: usize,
    onto: Onto,
) {
    let (depth, row_step, depth_step) = (left.depth, left.row_step, left.depth_step);
    let mut row = 0;
    while row < left.rows {
        // SAFETY: the caller's contract; `row` and the rows of the tile are below `left.rows`.
        unsafe {
            let from = left.floats.as_ptr().wrapping_add(row * row_step);
            let to = out.add(row * stride);
            let rest = left.rows - row;
            if rest >= R {
                tile::<V, R, P>(from, row_step, depth_step, depth, right, to, stride, onto);
                row += R;
            } else if rest >= 4 {
                tile::<V, 4, P>(from, row_step, depth_step, depth, right, to, stride, onto);
                row += 4;
            } else if rest >= 2 {
                tile::<V, 2, P>(from, row_step, depth_step, depth, right, to, stride, onto);
                row += 2;
            } else {
                tile::<V, 1, P>(from, row_step, depth_step, depth, right, to, stride, onto);
                row += 1;
            }
        }
    }
}

/// # Safety
/// `Vector`'s contract; extents as [`crate::multiply`] checked them: `right` has `left.depth` rows of `panels`
/// lanes, `out` has `left.rows` of them.
#[inline(always)]
pub(crate) unsafe fn multiply<V: Vector>(
    left: &Left<'_>,
    right: &[Lane],
    panels: usize,
    onto: Onto,
    out: &mut [Lane],
) {
    let (right, out) = (right.as_ptr(), out.as_mut_ptr());
    let mut p = 0;
    while p < panels {
        // SAFETY: panels `p..p + P` are below `panels`; the tile shapes fill the registers of each level.
        unsafe {
            let (right, out) = (right.add(p), out.add(p));
            match (V::WIDE, panels - p) {
                (false, _) => {
                    column::<V, 6, 1>(left, right, out, panels, onto);
                    p += 1;
                }
                (true, 1) => {
                    column::<V, 8, 1>(left, right, out, panels, onto);
                    p += 1;
                }
                (true, 3) => {
                    column::<V, 6, 3>(left, right, out, panels, onto);
                    p += 3;
                }
                (true, 2 | 5) => {
                    column::<V, 8, 2>(left, right, out, panels, onto);
                    p += 2;
                }
                (true, _) => {
                    column::<V, 6, 4>(left, right, out, panels, onto);
                    p += 4;
                }
            }
        }
    }
}
