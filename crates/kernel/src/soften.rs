//! Rows of scores become rows of weights, and the slope of a loss by weights that by scores.
//!
//! These are the steps between the products of an association. Each works in place on a strip of rows that
//! the first-level cache holds; a strip may be one block of the patterns among several.

use crate::arch::{EXP_FLOOR, Vector};
use crate::lane::Lane;

/// Weights below `e^-64` of the largest in their row are exact zeros: what gradients multiply with them
/// stays a normal number.
pub(crate) const FLOOR: f32 = -64.0;

/// How a product of cue and pattern becomes a score:
/// `theta = scale * product + shared[panel] + own[row * panels + panel]`.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The inverse temperature.
    pub scale: f32,
    /// A term per pattern, minus infinity where it is forbidden to all rows.
    pub shared: &'a [Lane],
    /// A term per row and pattern, minus infinity where it is forbidden; or empty.
    pub own: &'a [Lane],
}

/// What is known of each row after the blocks of patterns so far. Start with maximum minus infinity and sum zero.
#[derive(Debug)]
pub struct Partition<'a> {
    /// Largest `theta`.
    pub maximum: &'a mut [f32],
    /// `sum exp(theta - maximum)`.
    pub sum: &'a mut [f64],
    /// Set to what sums over earlier blocks have to be multiplied with: `exp(old maximum - new maximum)`.
    pub decay: &'a mut [f32],
}

/// `theta` of one lane.
///
/// # Safety
/// `Vector`'s contract; `product` is a lane of the strip, `at` its place, `p` its panel.
#[inline(always)]
unsafe fn theta<V: Vector>(terms: &Terms<'_>, product: &Lane, at: usize, p: usize) -> V {
    // SAFETY: lanes come from slices, whose lengths the entrance checked.
    unsafe {
        let (low, high) = (V::splat(-f32::MAX), V::splat(f32::MAX));
        let x = V::load(product).mul(V::splat(terms.scale)).max(low).min(high);
        let x = x.add(V::load(terms.shared.get_unchecked(p)));
        match terms.own.is_empty() {
            true => x.min(high),
            false => x.add(V::load(terms.own.get_unchecked(at))).min(high),
        }
    }
}

/// # Safety
/// `Vector`'s contract; extents as [`crate::soften`] checked them.
#[inline(always)]
pub(crate) unsafe fn soften<V: Vector>(terms: &Terms<'_>, strip: &mut [Lane], partition: &mut Partition<'_>) {
    let panels = terms.shared.len();
    for (r, row) in strip.chunks_exact_mut(panels).enumerate() {
        // SAFETY: as the entrance checked.
        unsafe {
            let mut top = V::splat(f32::NEG_INFINITY);
            for (p, lane) in row.iter_mut().enumerate() {
                let x: V = theta(terms, lane, r * panels + p, p);
                top = top.max(x);
                x.store(lane);
            }
            let (top, former) = (top.largest(), partition.maximum[r]);
            partition.decay[r] = 1.0;
            if top == f32::NEG_INFINITY {
                row.fill(Lane::ZERO);
                continue;
            }
            if top > former {
                let gap = f64::from(former) - f64::from(top);
                let decay = if gap < f64::from(EXP_FLOOR) { 0.0 } else { gap.exp() };
                partition.sum[r] *= decay;
                partition.decay[r] = decay as f32;
                partition.maximum[r] = top;
            }
            let (shift, floor) = (V::splat(partition.maximum[r]), V::splat(FLOOR));
            let mut total = V::splat(0.0);
            for lane in row {
                let weight = V::load(lane).sub(shift).exp(floor);
                total = total.add(weight);
                weight.store(lane);
            }
            partition.sum[r] += f64::from(total.sum());
        }
    }
}

/// # Safety
/// `Vector`'s contract; extents as [`crate::resume`] checked them.
#[inline(always)]
pub(crate) unsafe fn resume<V: Vector>(
    terms: &Terms<'_>,
    maximum: &[f32],
    inverse: &[f32],
    strip: &mut [Lane],
) {
    let panels = terms.shared.len();
    for (r, row) in strip.chunks_exact_mut(panels).enumerate() {
        // SAFETY: as the entrance checked.
        unsafe {
            let (shift, floor) = (V::splat(maximum[r]), V::splat(FLOOR));
            let inverse = V::splat(inverse[r]);
            for (p, lane) in row.iter_mut().enumerate() {
                let x: V = theta(terms, lane, r * panels + p, p);
                x.sub(shift).exp(floor).mul(inverse).store(lane);
            }
        }
    }
}

/// # Safety
/// `Vector`'s contract; extents as [`crate::slope`] checked them.
#[inline(always)]
pub(crate) unsafe fn slope<V: Vector>(weights: &[Lane], means: &[f32], panels: usize, slopes: &mut [Lane]) {
    for (r, row) in slopes.chunks_exact_mut(panels).enumerate() {
        // SAFETY: as the entrance checked.
        unsafe {
            let mean = V::splat(means[r]);
            for (p, lane) in row.iter_mut().enumerate() {
                let weight = V::load(weights.get_unchecked(r * panels + p));
                V::load(lane).sub(mean).mul(weight).store(lane);
            }
        }
    }
}

/// # Safety
/// `Vector`'s contract; extents as [`crate::means`] checked them.
#[inline(always)]
pub(crate) unsafe fn means<V: Vector>(weights: &[Lane], slopes: &[Lane], panels: usize, out: &mut [f32]) {
    let rows = weights.chunks_exact(panels).zip(slopes.chunks_exact(panels));
    for (to, (weights, slopes)) in out.iter_mut().zip(rows) {
        // SAFETY: lanes come from slices.
        unsafe {
            let mut sum = V::splat(0.0);
            for (weight, slope) in weights.iter().zip(slopes) {
                sum = V::load(weight).fma(V::load(slope), sum);
            }
            *to = sum.sum();
        }
    }
}
