//! Scores of a tile of cues against a run of panels: the register-blocked product.
//!
//! Every score is one chain of multiply-adds over the components in order (in chunks of [`CHUNK`], whose
//! sums are added), whatever the tile: a cue gets the same bits alone and among others.
#![allow(clippy::too_many_arguments)] // Extents travel beside their pointers.

use crate::ahead::Ahead;
use crate::arch::Vector;
use crate::lane::{Lane, Panels};
use crate::query::{Measure, Query};

/// Components summed in registers before they join the score. It bounds the length of a rounding chain
/// and keeps the cues of a tile in the first-level cache.
pub(crate) const CHUNK: usize = 256;

/// Most cues in a tile.
pub(crate) const TILE: usize = 6;

/// One component's share of a score.
trait Term {
    unsafe fn add<V: Vector>(sum: V, key: V, cue: V) -> V;
}

struct Product;
struct Square;
struct Absolute;

impl Term for Product {
    #[inline(always)]
    unsafe fn add<V: Vector>(sum: V, key: V, cue: V) -> V {
        // SAFETY: the contract of `Vector` is passed on by every caller in this file.
        unsafe { key.fma(cue, sum) }
    }
}

impl Term for Square {
    #[inline(always)]
    unsafe fn add<V: Vector>(sum: V, key: V, cue: V) -> V {
        // SAFETY: as above.
        unsafe {
            let gap = cue.sub(key);
            gap.fma(gap, sum)
        }
    }
}

impl Term for Absolute {
    #[inline(always)]
    unsafe fn add<V: Vector>(sum: V, key: V, cue: V) -> V {
        // SAFETY: as above.
        unsafe { sum.add(cue.sub(key).abs()) }
    }
}

/// `C` cues against `P` panels over components `from..to`.
///
/// # Safety
/// `Vector`'s contract; `keys` points at `P` panels of `width` lanes, `cues` at `C` rows of `width` floats,
/// `out` at `C` rows of `P` lanes, `stride` lanes apart.
#[inline(always)]
unsafe fn tile<V: Vector, T: Term, const C: usize, const P: usize>(
    keys: *const Lane,
    cues: *const f32,
    width: usize,
    out: *mut Lane,
    stride: usize,
    ahead: &mut Ahead<'_>,
) {
    let mut from = 0;
    while from < width {
        let to = (from + CHUNK).min(width);
        // SAFETY: indices stay inside the extents that the caller vouches for.
        unsafe {
            let mut sums = [[V::splat(0.0); P]; C];
            for j in from..to {
                match C {
                    1 => ahead.fetch::<2>(),
                    _ => ahead.fetch::<1>(),
                }
                let mut key = [V::splat(0.0); P];
                for (p, k) in key.iter_mut().enumerate() {
                    *k = V::load(keys.add(p * width + j));
                }
                for (c, row) in sums.iter_mut().enumerate() {
                    let cue = V::splat(*cues.add(c * width + j));
                    for (sum, k) in row.iter_mut().zip(key) {
                        *sum = T::add(*sum, k, cue);
                    }
                }
            }
            for (c, row) in sums.iter().enumerate() {
                for (p, sum) in row.iter().enumerate() {
                    let to = out.add(c * stride + p);
                    let sum = if from == 0 { *sum } else { V::load(to).add(*sum) };
                    sum.store(to);
                }
            }
        }
        from = to;
    }
}

/// All panels for `C` cues, `P` at a time.
///
/// # Safety
/// As [`tile`], with `count` panels.
#[inline(always)]
unsafe fn strip<V: Vector, T: Term, const C: usize, const P: usize>(
    keys: *const Lane,
    count: usize,
    cues: *const f32,
    width: usize,
    out: *mut Lane,
    stride: usize,
    ahead: &mut Ahead<'_>,
) {
    let whole = count - count % P;
    // SAFETY: panels `p..p + P` and `p` are below `count`.
    unsafe {
        for p in (0..whole).step_by(P) {
            tile::<V, T, C, P>(keys.add(p * width), cues, width, out.add(p), stride, ahead);
        }
        for p in whole..count {
            tile::<V, T, C, 1>(keys.add(p * width), cues, width, out.add(p), stride, ahead);
        }
    }
}

/// # Safety
/// As [`strip`], with `cue_count` of 1 to [`TILE`] cues.
#[inline(always)]
unsafe fn strip_of<V: Vector, T: Term>(
    cue_count: usize,
    keys: *const Lane,
    count: usize,
    cues: *const f32,
    width: usize,
    out: *mut Lane,
    stride: usize,
    ahead: &mut Ahead<'_>,
) {
    // SAFETY: the caller's contract; the tile shapes fill the registers of each level.
    unsafe {
        debug_assert!((1..=TILE).contains(&cue_count));
        match (V::WIDE, cue_count) {
            (_, 1) => strip::<V, T, 1, 4>(keys, count, cues, width, out, stride, ahead),
            (true, 2) => strip::<V, T, 2, 4>(keys, count, cues, width, out, stride, ahead),
            (true, 3) => strip::<V, T, 3, 4>(keys, count, cues, width, out, stride, ahead),
            (true, 4) => strip::<V, T, 4, 4>(keys, count, cues, width, out, stride, ahead),
            (true, 5) => strip::<V, T, 5, 4>(keys, count, cues, width, out, stride, ahead),
            (true, _) => strip::<V, T, 6, 4>(keys, count, cues, width, out, stride, ahead),
            (false, 2) => strip::<V, T, 2, 2>(keys, count, cues, width, out, stride, ahead),
            (false, 3) => strip::<V, T, 3, 1>(keys, count, cues, width, out, stride, ahead),
            (false, 4) => strip::<V, T, 4, 1>(keys, count, cues, width, out, stride, ahead),
            (false, 5) => strip::<V, T, 5, 1>(keys, count, cues, width, out, stride, ahead),
            (false, _) => strip::<V, T, 6, 1>(keys, count, cues, width, out, stride, ahead),
        }
    }
}

/// `theta` of cues `first..first + cue_count` (1 to [`TILE`]) against all of `keys`:
/// `out[c * stride + panel]`. Dead rows score minus infinity; overflow is clamped to the largest float.
///
/// # Safety
/// `Vector`'s contract. `out` holds `cue_count` rows of `stride >= keys.count()` lanes, the cues exist,
/// and `query.width == keys.width()`.
#[inline(always)]
pub(crate) unsafe fn theta<V: Vector>(
    query: &Query<'_>,
    first: usize,
    cue_count: usize,
    keys: &Panels<'_>,
    out: *mut Lane,
    stride: usize,
    ahead: &mut Ahead<'_>,
) {
    let (width, count) = (query.width, keys.count());
    let lanes = keys.lanes().as_ptr();
    // SAFETY: the caller's contract.
    unsafe {
        let cues = query.cues.as_ptr().add(first * width);
        match query.measure {
            Measure::Dot => strip_of::<V, Product>(cue_count, lanes, count, cues, width, out, stride, ahead),
            Measure::Manhattan => {
                strip_of::<V, Absolute>(cue_count, lanes, count, cues, width, out, stride, ahead);
            }
            Measure::SquaredDistance | Measure::Distance => {
                strip_of::<V, Square>(cue_count, lanes, count, cues, width, out, stride, ahead);
            }
        }
        let limit = V::splat(f32::MAX);
        let low = V::splat(-f32::MAX);
        let dead = V::splat(f32::NEG_INFINITY);
        for c in 0..cue_count {
            let scale = V::splat(query.scales[first + c]);
            for (p, &live) in keys.live().iter().enumerate() {
                let at = out.add(c * stride + p);
                let mut x = V::load(at);
                if query.measure == Measure::Distance {
                    x = x.sqrt();
                }
                if let Some(factor) = keys.factors().get(p) {
                    x = x.mul(V::load(factor));
                }
                x = x.mul(scale).max(low).min(limit);
                if live != u16::MAX {
                    x = x.keep(live, dead);
                }
                x.store(at);
            }
        }
    }
}
