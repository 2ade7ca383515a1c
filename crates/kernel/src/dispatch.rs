//! The entrances: extents are checked here, and the level is turned into code here, once per block of work.

use crate::ahead::Ahead;
use crate::arch::{Scalar, Vector};
use crate::lane::{Lane, Panels};
use crate::level::Level;
use crate::probe::{peak as peak_generic, read as read_generic};
use crate::product::{Left, Onto, multiply as multiply_generic};
use crate::query::Query;
use crate::retrieve::{Running, retrieve as retrieve_generic};
use crate::score::TILE;
use crate::soften::{
    Partition, Terms, means as means_generic, resume as resume_generic, slope as slope_generic,
    soften as soften_generic,
};
use crate::weigh::SPAN;

/// Makes `$name(level, ...)` run `$generic::<V>` compiled for that level.
macro_rules! on_level {
    ($vis:vis $name:ident, $generic:ident, ($($arg:ident: $ty:ty),*)) => {
        $vis fn $name(level: Level, $($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx2,fma")]
                unsafe fn avx512($($arg: $ty),*) {
                    // SAFETY: the features are those of this function.
                    unsafe { $generic::<crate::arch::Avx512>($($arg),*) }
                }
                #[target_feature(enable = "avx2,fma")]
                unsafe fn avx2($($arg: $ty),*) {
                    // SAFETY: the features are those of this function.
                    unsafe { $generic::<crate::arch::Avx2>($($arg),*) }
                }
                if level == Level::Avx512 && level.is_available() {
                    // SAFETY: available.
                    return unsafe { avx512($($arg),*) };
                }
                if level == Level::Avx2 && level.is_available() {
                    // SAFETY: available.
                    return unsafe { avx2($($arg),*) };
                }
            }
            let _ = level;
            // SAFETY: the portable level needs no feature; extents were checked by the caller.
            unsafe { $generic::<Scalar>($($arg),*) }
        }
    };
}

on_level!(retrieve_on, retrieve_generic,
    (query: &Query<'_>, keys: &Panels<'_>, values: &Panels<'_>, floor: f32, running: &mut Running<'_>));
on_level!(scores_on, scores_of, (query: &Query<'_>, keys: &Panels<'_>, out: &mut [Lane]));
on_level!(weigh_on, weigh_of, (values: &Panels<'_>, weights: &[Lane], out: &mut [f32]));
on_level!(pub(crate) read_on, read_generic, (lanes: &[Lane], sum: &mut [f32; 1]));
on_level!(pub(crate) peak_on, peak_generic, (rounds: usize, sum: &mut [f32; 1]));
on_level!(exp_on, exp_of, (xs: &mut [Lane]));
on_level!(multiply_on, multiply_generic,
    (left: &Left<'_>, right: &[Lane], panels: usize, onto: Onto, out: &mut [Lane]));
on_level!(soften_on, soften_generic, (terms: &Terms<'_>, strip: &mut [Lane], partition: &mut Partition<'_>));
on_level!(resume_on, resume_generic,
    (terms: &Terms<'_>, maximum: &[f32], inverse: &[f32], strip: &mut [Lane]));
on_level!(means_on, means_generic, (weights: &[Lane], slopes: &[Lane], panels: usize, out: &mut [f32]));
on_level!(slope_on, slope_generic, (weights: &[Lane], means: &[f32], panels: usize, slopes: &mut [Lane]));

/// Streams `keys` past all cues of `query` and folds them into `running`.
///
/// `floor` comes from [`crate::weight_floor`]. Time: `2 cues rows (width + value width)` operations at
/// most; panels without weight cost only their scores.
///
/// # Panics
/// When the extents of the arguments do not fit together, or `floor` is below the subnormal limit.
pub fn retrieve(
    level: Level,
    query: &Query<'_>,
    keys: &Panels<'_>,
    values: &Panels<'_>,
    floor: f32,
    running: &mut Running<'_>,
) {
    let cues = query.count();
    assert_eq!(query.width, keys.width(), "cues and keys differ in width");
    assert_eq!(keys.count(), values.count(), "keys and values differ in rows");
    assert!(running.maximum.len() == cues && running.sum.len() == cues, "one state per cue");
    assert!(running.weighted.is_empty() || running.weighted.len() == cues * values.width());
    assert!(floor >= crate::arch::EXP_FLOOR, "floor {floor} would make subnormal weights");
    if cues > 0 {
        retrieve_on(level, query, keys, values, floor, running);
    }
}

/// `theta` of every cue and row: `out[cue * keys.count() + panel]`; dead rows are minus infinity.
///
/// # Panics
/// When the extents of the arguments do not fit together.
pub fn scores(level: Level, query: &Query<'_>, keys: &Panels<'_>, out: &mut [Lane]) {
    assert_eq!(query.width, keys.width(), "cues and keys differ in width");
    assert_eq!(out.len(), query.count() * keys.count(), "one lane per cue and panel");
    scores_on(level, query, keys, out);
}

/// Adds `sum_i weight_i value_i` to each row of `out`, which is `(cues, values.width())`;
/// `weights[cue * values.count() + panel]`, finite, zero for dead rows.
///
/// # Panics
/// When the extents of the arguments do not fit together.
pub fn weigh(level: Level, values: &Panels<'_>, weights: &[Lane], out: &mut [f32]) {
    assert_eq!(out.len() % values.width(), 0, "whole rows");
    assert_eq!(weights.len(), out.len() / values.width() * values.count(), "one lane per cue and panel");
    weigh_on(level, values, weights, out);
}

/// `exp` of every float, for arguments at most zero: within 2 ULP of the true value above
/// [`crate::EXP_FLOOR`], exact zero below it.
pub fn exp(level: Level, xs: &mut [Lane]) {
    exp_on(level, xs);
}

/// The product of `left` `(rows, depth)` with `right` `(depth, panels)`, into `out` `(rows, panels)`; both are
/// rows of whole lanes. Time: `2 rows depth 16 panels` operations.
///
/// ```
/// use attractor_kernel::{Lane, Left, Level, Onto, multiply};
///
/// // (1, 2) times the rows (3, 0, ...) and (4, 5, 0, ...).
/// let mut right = [Lane::ZERO; 2];
/// (right[0].0[0], right[1].0[0], right[1].0[1]) = (3.0, 4.0, 5.0);
/// let left = Left { floats: &[1.0, 2.0], rows: 1, depth: 2, row_step: 2, depth_step: 1 };
/// let mut out = [Lane::ZERO];
/// multiply(Level::current(), &left, &right, 1, Onto::Nothing, &mut out);
/// assert_eq!(out[0].0[..3], [11.0, 10.0, 0.0]);
/// ```
///
/// # Panics
/// When the extents of the arguments do not fit together.
pub fn multiply(level: Level, left: &Left<'_>, right: &[Lane], panels: usize, onto: Onto, out: &mut [Lane]) {
    assert!(left.fits(), "an entry of the left factor lies outside its floats");
    assert_eq!(left.depth.checked_mul(panels), Some(right.len()), "a row of lanes per term");
    assert_eq!(left.rows.checked_mul(panels), Some(out.len()), "a row of lanes per row");
    multiply_on(level, left, right, panels, onto, out);
}

/// Turns a strip of products `(rows, panels)` into weights relative to the maximum of each row so far, and adds
/// them to the partition. A row that is forbidden everything gets zeros.
///
/// # Panics
/// When the extents of the arguments do not fit together.
pub fn soften(level: Level, terms: &Terms<'_>, strip: &mut [Lane], partition: &mut Partition<'_>) {
    let rows = partition.maximum.len();
    check_strip(terms, strip, rows);
    assert!(partition.sum.len() == rows && partition.decay.len() == rows, "one state per row");
    soften_on(level, terms, strip, partition);
}

/// Turns a strip of products `(rows, panels)` into the weights `exp(theta - maximum) * inverse` of a partition that
/// is known: the same bits as [`soften`] gave, times `inverse`.
///
/// # Panics
/// When the extents of the arguments do not fit together.
pub fn resume(level: Level, terms: &Terms<'_>, maximum: &[f32], inverse: &[f32], strip: &mut [Lane]) {
    check_strip(terms, strip, maximum.len());
    assert_eq!(inverse.len(), maximum.len(), "one state per row");
    resume_on(level, terms, maximum, inverse, strip);
}

/// The sum of each row of `weights * slopes`, both `(rows, panels)`. Where one weight is 1 and the rest are 0, its
/// slope to the bit.
///
/// # Panics
/// When the extents of the arguments do not fit together.
pub fn means(level: Level, weights: &[Lane], slopes: &[Lane], panels: usize, out: &mut [f32]) {
    assert_eq!(out.len().checked_mul(panels), Some(slopes.len()), "a row of lanes per mean");
    assert_eq!(weights.len(), slopes.len(), "a slope per weight");
    if panels > 0 {
        means_on(level, weights, slopes, panels, out);
    }
}

/// Turns slopes by the weights of a softmax into slopes by its scores, in place:
/// `weight * (slope - mean)`, where the mean of a row is `sum weight * slope`.
///
/// # Panics
/// When the extents of the arguments do not fit together.
pub fn slope(level: Level, weights: &[Lane], means: &[f32], panels: usize, slopes: &mut [Lane]) {
    assert_eq!(means.len().checked_mul(panels), Some(slopes.len()), "a row of lanes per mean");
    assert_eq!(weights.len(), slopes.len(), "a slope per weight");
    if panels > 0 {
        slope_on(level, weights, means, panels, slopes);
    }
}

fn check_strip(terms: &Terms<'_>, strip: &[Lane], rows: usize) {
    let panels = terms.shared.len();
    assert!(panels > 0, "at least one panel");
    assert_eq!(rows.checked_mul(panels), Some(strip.len()), "a row of lanes per state");
    assert!(terms.own.is_empty() || terms.own.len() == strip.len(), "a term per score, or none");
}

/// # Safety
/// `Vector`'s contract; extents as [`scores`] checked them.
#[inline(always)]
unsafe fn scores_of<V: Vector>(query: &Query<'_>, keys: &Panels<'_>, out: &mut [Lane]) {
    let stride = keys.count();
    for from in (0..stride).step_by(SPAN) {
        let block = keys.slice(from, from + SPAN);
        let mut ahead = Ahead::new(keys.slice(from + SPAN, from + 2 * SPAN).lanes());
        for first in (0..query.count()).step_by(TILE) {
            let cue_count = (query.count() - first).min(TILE);
            // SAFETY: row `first` of `out` starts at `first * stride`, and `from` is inside it.
            unsafe {
                let out = out.as_mut_ptr().add(first * stride + from);
                crate::score::theta::<V>(query, first, cue_count, &block, out, stride, &mut ahead);
            }
        }
    }
}

/// # Safety
/// `Vector`'s contract; extents as [`weigh`] checked them.
#[inline(always)]
unsafe fn weigh_of<V: Vector>(values: &Panels<'_>, weights: &[Lane], out: &mut [f32]) {
    let (stride, width) = (values.count(), values.width());
    let cues = out.len() / width;
    for from in (0..stride).step_by(SPAN) {
        let block = values.slice(from, from + SPAN);
        let mut ahead = Ahead::new(values.slice(from + SPAN, from + 2 * SPAN).lanes());
        // SAFETY: `from` is inside every row of `weights`, and the block has at most SPAN panels.
        unsafe {
            let (lanes, weights) = (block.lanes().as_ptr(), weights.as_ptr().add(from));
            crate::weigh::weigh::<V>(
                lanes,
                block.count(),
                width,
                weights,
                stride,
                cues,
                out.as_mut_ptr(),
                &mut ahead,
            );
        }
    }
}

/// # Safety
/// `Vector`'s contract.
#[inline(always)]
unsafe fn exp_of<V: Vector>(xs: &mut [Lane]) {
    for x in xs {
        // SAFETY: `x` is a lane.
        unsafe { V::load(x).exp(V::splat(crate::arch::EXP_FLOOR)).store(x) };
    }
}
