//! One read of the whole memory for a batch of cues: the kernel's pass over every leaf, merged in a tree
//! that is fixed by leaf number.
//!
//! Leaves are spread over the threads of the current rayon pool, if the memory may use it, and cues too where leaves
//! are few. Both
//! leave every bit of the result alone: the kernel gives a cue the same bits in any batch, and leaves merge
//! in the same tree for any number of threads.

use std::ops::Range;

use attractor_kernel::{Lane, Panels};
use ndarray::{Array2, ArrayView2};

use super::panels::Rows;
use super::walk::{Group, live_lanes};
use crate::separation::Reach;
use crate::{Separation, Similarity, Threads};

/// Most cues that share one walk over the leaves; bounds the memory of partial results.
const GROUP: usize = 96;

/// Largest component of a sum: its square is still an `f64`, and a product with it an `f32` score at most clamped.
const FAR: f64 = 1e36;

/// What one read returns for every cue.
pub(crate) struct Read {
    /// `sum_i p_i v_i`, before the projection. Empty (zero columns) without values.
    pub(crate) sums: Array2<f32>,
    /// `Omega*(theta)`.
    pub(crate) conjugates: Vec<f64>,
    /// Whether any pattern carries weight.
    pub(crate) supported: Vec<bool>,
}

/// A memory as the pass sees it.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) keys: &'a Rows,
    /// What is summed; `None` when only conjugates are wanted.
    pub(crate) values: Option<&'a Rows>,
    pub(crate) similarity: Similarity,
    pub(crate) separation: &'a Separation,
    /// The rows that take part, by leaf; `None` for all live ones.
    pub(crate) among: Option<&'a [Vec<u16>]>,
    /// Rows that take part.
    pub(crate) count: usize,
    pub(crate) threads: Threads,
}

impl<'a> Source<'a> {
    /// The keys of a leaf that take part; the others are as if they were dead.
    pub(super) fn leaf(&self, leaf: usize) -> Panels<'a> {
        match self.among {
            Some(among) => self.keys.leaf_among(leaf, &among[leaf]),
            None => self.keys.leaf(leaf),
        }
    }
}

/// Reads the memory for every row of `cues`. `known[c]` is a lower bound of the largest `theta` of cue `c`,
/// minus infinity where nothing is known: it lets the kernel skip what cannot matter, and may change the
/// last bits, so it has to depend on the cue alone.
pub(crate) fn read(source: Source<'_>, cues: ArrayView2<'_, f32>, known: &[f32]) -> Read {
    let width = source.values.map_or(0, Rows::width);
    let mut out = Read {
        sums: Array2::zeros((cues.nrows(), width)),
        conjugates: vec![0.0; cues.nrows()],
        supported: vec![false; cues.nrows()],
    };
    if cues.nrows() == 0 || width == 0 && source.values.is_some() {
        return out;
    }
    let threads = source.threads.count();
    let leaves = source.keys.leaves();
    let group = match leaves >= 2 * threads {
        true => GROUP,
        false => cues.nrows().div_ceil(threads).min(GROUP),
    };
    let groups: Vec<Range<usize>> =
        (0..cues.nrows()).step_by(group).map(|from| from..(from + group).min(cues.nrows())).collect();
    let parts: Vec<Vec<(Vec<f64>, f64, bool)>> = source.threads.each(groups, |_, rows| {
        let group = Group::new(source, cues.slice_axis(ndarray::Axis(0), rows.clone().into()));
        source.threads.each(group.walk(&known[rows]), |c, part| group.finish(c, part))
    });
    for (c, (sum, conjugate, supported)) in parts.into_iter().flatten().enumerate() {
        // Unnormalised sums may leave the range of f32: they are scaled into it, and keep their direction.
        let largest = sum.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        let scale = if largest > FAR { FAR / largest } else { 1.0 };
        for (to, x) in out.sums.row_mut(c).iter_mut().zip(sum) {
            *to = (x * scale) as f32;
        }
        out.conjugates[c] = conjugate;
        out.supported[c] = supported;
    }
    out
}

/// The rows that carry weight for one cue, in storage order.
pub(crate) struct Answers {
    /// Row, `theta`, weight.
    pub(crate) rows: Vec<(usize, f64, f64)>,
    /// `Omega*(theta)`.
    pub(crate) conjugate: f64,
}

/// The rows that carry weight for every cue; `None` where every row does.
pub(crate) fn answers(source: Source<'_>, cues: ArrayView2<'_, f32>) -> Option<Vec<Answers>> {
    if let Reach::Exponential { .. } | Reach::Pointwise = source.separation.kind().reach(source.count) {
        return None;
    }
    let group = cues.nrows().div_ceil(source.threads.count()).clamp(1, GROUP);
    let groups: Vec<Range<usize>> =
        (0..cues.nrows()).step_by(group).map(|from| from..(from + group).min(cues.nrows())).collect();
    let parts: Vec<Vec<Answers>> = source.threads.each(groups, |_, rows| {
        let group = Group::new(source, cues.slice_axis(ndarray::Axis(0), rows.into()));
        let parts = group.walk(&[]);
        parts.into_iter().enumerate().map(|(c, part)| group.answers(c, part)).collect()
    });
    Some(parts.into_iter().flatten().collect())
}

/// `theta` of one batch of cues against every live row, in storage order: for inspection, where the whole
/// distribution is wanted. Costs memory for `cues x rows`; callers hand in a tile at a time.
pub(crate) fn thetas(source: Source<'_>, cues: ArrayView2<'_, f32>) -> Vec<Vec<f64>> {
    let group = Group::new(source, cues);
    let leaves: Vec<usize> = (0..source.keys.leaves()).collect();
    let leaves: Vec<Vec<Lane>> = source.threads.each(leaves, |_, leaf| group.scores(leaf));
    (0..cues.nrows())
        .map(|c| {
            let mut all = Vec::with_capacity(source.count);
            for (i, lanes) in leaves.iter().enumerate() {
                let keys = source.leaf(i);
                let panels = keys.count();
                for (p, lane) in lanes[c * panels..(c + 1) * panels].iter().enumerate() {
                    all.extend(live_lanes(keys.live()[p]).map(|l| f64::from(lane.0[l])));
                }
            }
            all
        })
        .collect()
}
