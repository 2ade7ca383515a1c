//! The weighted sum of values, `sum_i w_i v_i`, skipping what has no weight.
//!
//! Panels where no cue of the tile has weight are not touched. Adding a weight of exact zero to a sum
//! changes no bit of it, so that the result for a cue does not depend on which cues share its tile.
#![allow(clippy::too_many_arguments)] // Extents travel beside their pointers.

use crate::ahead::Ahead;
use crate::arch::Vector;
use crate::lane::{LANES, Lane};

/// Most panels whose activity fits the mask of one call.
pub(crate) const SPAN: usize = 32;

/// Up to this many rows of weight, a cue's sum runs row by row: cheaper than reducing whole panels.
/// The choice depends on the cue's own weights alone.
const FEW: u32 = 16;

/// `C` cues, `J` components from `j`, over the panels of `active`.
///
/// # Safety
/// `Vector`'s contract; `values` points at panels of `width` lanes for every bit of `active`, `weights[c]`
/// at a lane per panel, `out[c]` at `width` floats, `j + J <= width`, `C * J <= 16`.
#[inline(always)]
unsafe fn tile<V: Vector, const C: usize, const J: usize>(
    values: *const Lane,
    width: usize,
    active: u32,
    weights: &[*const Lane],
    out: &[*mut f32],
    j: usize,
    ahead: &mut Ahead<'_>,
) {
    // SAFETY: the caller's contract.
    unsafe {
        let mut sums = [[V::splat(0.0); J]; C];
        let mut left = active;
        while left != 0 {
            let p = left.trailing_zeros() as usize;
            left &= left - 1;
            match C {
                1 => ahead.fetch::<8>(),
                _ => ahead.fetch::<1>(),
            }
            let mut value = [V::splat(0.0); J];
            for (k, v) in value.iter_mut().enumerate() {
                *v = V::load(values.add(p * width + j + k));
            }
            for (c, row) in sums.iter_mut().enumerate() {
                let weight = V::load(weights[c].add(p));
                for (sum, v) in row.iter_mut().zip(value) {
                    *sum = weight.fma(v, *sum);
                }
            }
        }
        let mut all = [V::splat(0.0); LANES];
        for (c, row) in sums.iter().enumerate() {
            all[c * J..(c + 1) * J].copy_from_slice(row);
        }
        let totals = V::sums(&all, C * J);
        for c in 0..C {
            for k in 0..J {
                *out[c].add(j + k) += totals.0[c * J + k];
            }
        }
    }
}

/// All components for `C` cues, `J` at a time, the rest four at a time (widths are multiples of four).
///
/// # Safety
/// As [`tile`].
#[inline(always)]
unsafe fn strip<V: Vector, const C: usize, const J: usize>(
    values: *const Lane,
    width: usize,
    active: u32,
    weights: &[*const Lane],
    out: &[*mut f32],
    ahead: &mut Ahead<'_>,
) {
    let whole = width - width % J;
    // SAFETY: the caller's contract; `j` stays below `width`.
    unsafe {
        for j in (0..whole).step_by(J) {
            tile::<V, C, J>(values, width, active, weights, out, j, ahead);
        }
        for j in (whole..width).step_by(4) {
            tile::<V, C, 4>(values, width, active, weights, out, j, ahead);
        }
    }
}

/// One cue with few rows of weight: row by row.
///
/// # Safety
/// As [`tile`].
#[inline(always)]
unsafe fn rows<V: Vector>(
    values: *const Lane,
    width: usize,
    active: u32,
    weights: *const Lane,
    out: *mut f32,
) {
    let mut left = active;
    while left != 0 {
        let p = left.trailing_zeros() as usize;
        left &= left - 1;
        // SAFETY: the caller's contract.
        unsafe {
            let panel = values.add(p * width);
            let mut mask = V::load(weights.add(p)).nonzero();
            while mask != 0 {
                let lane = mask.trailing_zeros() as usize;
                mask &= mask - 1;
                let weight = (*weights.add(p)).0[lane];
                for j in 0..width {
                    *out.add(j) += weight * (*panel.add(j)).0[lane];
                }
            }
        }
    }
}

/// Adds `sum_i w_i v_i` to the rows of `out` for the cues whose weights lie at `weights + c * stride`.
///
/// # Safety
/// `Vector`'s contract; `panels <= SPAN`; `values` points at `panels * width` lanes; `weights` at
/// `cue_count` rows of `stride >= panels` lanes; `out` at `cue_count` rows of `width` floats.
#[inline(always)]
pub(crate) unsafe fn weigh<V: Vector>(
    values: *const Lane,
    panels: usize,
    width: usize,
    weights: *const Lane,
    stride: usize,
    cue_count: usize,
    out: *mut f32,
    ahead: &mut Ahead<'_>,
) {
    // SAFETY: the caller's contract.
    unsafe {
        let mut group_weights = [std::ptr::null::<Lane>(); 4];
        let mut group_out = [std::ptr::null_mut::<f32>(); 4];
        let (mut filled, mut active) = (0, 0u32);
        for c in 0..cue_count {
            let own = weights.add(c * stride);
            let (mut own_active, mut count) = (0u32, 0u32);
            for p in 0..panels {
                let mask = V::load(own.add(p)).nonzero();
                own_active |= u32::from(mask != 0) << p;
                count += mask.count_ones();
            }
            if count == 0 {
                continue;
            }
            if count <= FEW {
                rows::<V>(values, width, own_active, own, out.add(c * width));
                continue;
            }
            group_weights[filled] = own;
            group_out[filled] = out.add(c * width);
            filled += 1;
            active |= own_active;
            if filled == 4 {
                strip::<V, 4, 4>(values, width, active, &group_weights, &group_out, ahead);
                (filled, active) = (0, 0);
            }
        }
        match filled {
            1 => strip::<V, 1, 16>(values, width, active, &group_weights, &group_out, ahead),
            2 => strip::<V, 2, 8>(values, width, active, &group_weights, &group_out, ahead),
            3 => strip::<V, 3, 4>(values, width, active, &group_weights, &group_out, ahead),
            _ => {}
        }
    }
}
