//! One streaming pass: scores, running maximum, sum of exponentials, weighted values.
//!
//! The score matrix exists only as a strip of [`TILE`] cues by [`SPAN`] panels in the first-level cache.
//! The state per cue is the mergeable one of the log-sum-exp:
//! `m = max a_i`, `s = sum e^(a_i - m)`, `w = sum e^(a_i - m) v_i`.

use crate::ahead::Ahead;
use crate::arch::{EXP_FLOOR, Vector};
use crate::lane::{LANES, Lane, Panels};
use crate::query::Query;
use crate::score::{TILE, theta};
use crate::weigh::{SPAN, weigh};

/// The states of a retrieval in progress, one row per cue. Start with maximum minus infinity, the rest zero.
#[derive(Debug)]
pub struct Running<'a> {
    /// Largest `theta` so far.
    pub maximum: &'a mut [f32],
    /// `sum exp(theta - maximum)`.
    pub sum: &'a mut [f64],
    /// `sum exp(theta - maximum) value`, `(cues, padded value width)`; empty when only the partition is
    /// wanted.
    pub weighted: &'a mut [f32],
}

/// The `theta - maximum` below which a weight is taken as exact zero: among `n` patterns, all such
/// weights together stay below `2^-24` of the sum, half an ULP of an `f32`.
pub fn weight_floor(n: usize) -> f32 {
    let drop = (n.max(1) as f64).ln() + 24.0 * std::f64::consts::LN_2;
    EXP_FLOOR.max(-drop as f32)
}

/// # Safety
/// `Vector`'s contract; the extents were checked by [`crate::retrieve`].
#[inline(always)]
pub(crate) unsafe fn retrieve<V: Vector>(
    query: &Query<'_>,
    keys: &Panels<'_>,
    values: &Panels<'_>,
    floor: f32,
    running: &mut Running<'_>,
) {
    let mut strip = [Lane::ZERO; TILE * SPAN];
    let width = values.width();
    let tiles = query.count().div_ceil(TILE).max(1);
    for from in (0..keys.count()).step_by(SPAN) {
        let block = keys.slice(from, from + SPAN);
        let block_values = values.slice(from, from + SPAN);
        let mut ahead = Ahead::new(keys.slice(from + SPAN, from + 2 * SPAN).lanes());
        let mut first = 0;
        for t in 0..tiles {
            // Tiles of nearly equal size: 8 cues go as 4 and 4, not as 6 and 2.
            let cue_count = (query.count() - first).div_ceil(tiles - t);
            // SAFETY: the strip holds TILE rows of SPAN lanes; the caller checked the rest.
            unsafe {
                theta::<V>(query, first, cue_count, &block, strip.as_mut_ptr(), SPAN, &mut ahead);
                for c in 0..cue_count {
                    let row = &mut strip[c * SPAN..c * SPAN + block.count()];
                    let cue = first + c;
                    let weighted = match running.weighted.len() {
                        0 => &mut [][..],
                        _ => &mut running.weighted[cue * width..(cue + 1) * width],
                    };
                    let (maximum, sum) = (&mut running.maximum[cue], &mut running.sum[cue]);
                    exponentials::<V>(row, floor, maximum, sum, weighted);
                }
                if !running.weighted.is_empty() {
                    let out = running.weighted.as_mut_ptr().add(first * width);
                    let lanes = block_values.lanes().as_ptr();
                    weigh::<V>(lanes, block.count(), width, strip.as_ptr(), SPAN, cue_count, out, &mut ahead);
                }
            }
            first += cue_count;
        }
    }
}

/// Turns a strip of `theta` into weights relative to the new maximum, and rescales the state to it.
///
/// # Safety
/// `Vector`'s contract.
#[inline(always)]
unsafe fn exponentials<V: Vector>(
    strip: &mut [Lane],
    floor: f32,
    maximum: &mut f32,
    sum: &mut f64,
    weighted: &mut [f32],
) {
    // SAFETY: pointers come from the slice itself.
    unsafe {
        let mut top = V::splat(f32::NEG_INFINITY);
        for lane in strip.iter() {
            top = top.max(V::load(lane));
        }
        let top = top.largest();
        // Also true while everything so far is dead: both are minus infinity.
        if top == f32::NEG_INFINITY || top - *maximum < floor {
            strip.fill(Lane::ZERO);
            return;
        }
        if top > *maximum {
            let factor = decay(*maximum, top);
            *sum *= factor;
            for w in weighted {
                *w *= factor as f32;
            }
            *maximum = top;
        }
        let (shift, floor) = (V::splat(*maximum), V::splat(floor));
        let mut total = V::splat(0.0);
        for lane in strip.iter_mut() {
            let weight = V::load(lane).sub(shift).exp(floor);
            total = total.add(weight);
            weight.store(lane);
        }
        *sum += f64::from(total.sum());
    }
}

/// `exp(old - new)` for `old <= new`, exact zero where an `f32` would be subnormal.
fn decay(old: f32, new: f32) -> f64 {
    let gap = f64::from(old) - f64::from(new);
    if gap < f64::from(EXP_FLOOR) { 0.0 } else { gap.exp() }
}

const _: () = assert!(SPAN <= u32::BITS as usize && LANES == u16::BITS as usize);
