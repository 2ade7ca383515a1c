//! One read of the whole memory for a batch of cues: the kernel's pass over every leaf, merged in a tree
//! that is fixed by leaf number.
//!
//! Leaves are spread over the threads of the current rayon pool, and cues too where leaves are few. Both
//! leave every bit of the result alone: the kernel gives a cue the same bits in any batch, and leaves merge
//! in the same tree for any number of threads.

use std::ops::Range;

use attractor_kernel::{LANES, Lane, Level, Query, Running, retrieve, scores, weigh, weight_floor};
use ndarray::{Array2, ArrayView1, ArrayView2};
use rayon::prelude::*;

use super::candidates::{self, Candidate};
use super::panels::{LEAF, Rows};
use crate::separation::{Reach, Separate};
use crate::{Separation, Similarity};

/// Most cues that share one walk over the leaves; bounds the memory of partial results.
const GROUP: usize = 96;
/// Leaves of a wave.
const WAVE: usize = 16;
/// Groups are multiples of this, the widest tile of the kernel.
const TILE: usize = 6;

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
    /// Live rows.
    pub(crate) count: usize,
}

/// One cue's partial result over some leaves.
enum Part {
    Exponential { maximum: f64, sum: f64, weighted: Vec<f64> },
    Pointwise { conjugate: f64, weighted: Vec<f64> },
    Candidates { rows: Vec<Candidate> },
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
    let threads = rayon::current_num_threads();
    let leaves = source.keys.leaves();
    let group = match leaves >= 2 * threads {
        true => GROUP,
        false => cues.nrows().div_ceil(threads).next_multiple_of(TILE).min(GROUP),
    };
    let groups: Vec<Range<usize>> =
        (0..cues.nrows()).step_by(group).map(|from| from..(from + group).min(cues.nrows())).collect();
    let parts: Vec<Vec<(Vec<f64>, f64, bool)>> = groups
        .into_par_iter()
        .map(|rows| {
            let group = Group::new(source, cues.slice_axis(ndarray::Axis(0), rows.clone().into()));
            let parts = group.walk(&known[rows]);
            parts.into_par_iter().enumerate().map(|(c, part)| group.finish(c, part)).collect()
        })
        .collect();
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

/// `theta` of one batch of cues against every live row, in storage order: for inspection, where the whole
/// distribution is wanted. Costs memory for `cues x rows`; callers hand in a tile at a time.
pub(crate) fn thetas(source: Source<'_>, cues: ArrayView2<'_, f32>) -> Vec<Vec<f64>> {
    let group = Group::new(source, cues);
    let leaves: Vec<Vec<Lane>> =
        (0..source.keys.leaves()).into_par_iter().map(|leaf| group.scores(leaf)).collect();
    (0..cues.nrows())
        .map(|c| {
            let mut all = Vec::with_capacity(source.count);
            for (i, lanes) in leaves.iter().enumerate() {
                let panels = source.keys.leaf(i).count();
                let live = source.keys.leaf(i);
                for (p, lane) in lanes[c * panels..(c + 1) * panels].iter().enumerate() {
                    all.extend(live_lanes(live.live()[p]).map(|l| f64::from(lane.0[l])));
                }
            }
            all
        })
        .collect()
}

/// Cues in the kernel's layout, and the walk over the leaves.
struct Group<'a> {
    source: Source<'a>,
    cues: Vec<f32>,
    scales: Vec<f32>,
    level: Level,
}

impl<'a> Group<'a> {
    fn new(source: Source<'a>, cues: ArrayView2<'_, f32>) -> Self {
        let (keys, beta) = (source.keys, source.separation.beta());
        let width = keys.padded();
        let mut flat = vec![0.0; cues.nrows() * width];
        let mut scales = Vec::with_capacity(cues.nrows());
        for (row, to) in cues.rows().into_iter().zip(flat.chunks_exact_mut(width)) {
            to.iter_mut().zip(row).for_each(|(t, &x)| *t = x);
            let norm = match source.similarity {
                Similarity::Cosine => norm(row),
                _ => 1.0,
            };
            let scale = beta * source.similarity.factor(norm, keys.width());
            scales.push(scale.clamp(-f64::from(f32::MAX), f64::from(f32::MAX)) as f32);
        }
        Self { source, cues: flat, scales, level: Level::current() }
    }

    fn query(&self) -> Query<'_> {
        let measure = self.source.similarity.measure();
        Query::new(&self.cues, &self.scales, self.source.keys.padded(), measure)
            .expect("cues were padded to the width of the keys")
    }

    fn kind(&self) -> &dyn Separate {
        self.source.separation.kind()
    }

    fn reach(&self) -> Reach {
        self.kind().reach(self.source.count)
    }

    /// The merged parts of all leaves, one per cue. The exponential pass goes in waves of fixed size: what a
    /// wave has found bounds what the next can contribute.
    fn walk(&self, known: &[f32]) -> Vec<Part> {
        let leaves = self.source.keys.leaves();
        if !matches!(self.reach(), Reach::Exponential { .. }) {
            return self.tree(0..leaves, known);
        }
        let mut known = known.to_vec();
        let mut total: Vec<Part> = self.tree(0..0, &known);
        for from in (0..leaves).step_by(WAVE) {
            let wave = self.tree(from..(from + WAVE).min(leaves), &known);
            total = total.into_iter().zip(wave).map(|(a, b)| merge(a, b)).collect();
            for (known, part) in known.iter_mut().zip(&total) {
                if let Part::Exponential { maximum, .. } = part {
                    *known = known.max(*maximum as f32);
                }
            }
        }
        total
    }

    /// The merged parts of a range of leaves, one per cue.
    fn tree(&self, leaves: Range<usize>, known: &[f32]) -> Vec<Part> {
        match leaves.len() {
            0 => (0..self.scales.len()).map(|_| self.nothing()).collect(),
            1 => self.leaf(leaves.start, known),
            n => {
                // Halving at a power of two: a tree over a prefix is a subtree of the tree over all.
                let middle = leaves.start + n.next_power_of_two() / 2;
                let (a, b) = rayon::join(
                    || self.tree(leaves.start..middle, known),
                    || self.tree(middle..leaves.end, known),
                );
                a.into_iter().zip(b).map(|(a, b)| merge(a, b)).collect()
            }
        }
    }

    fn nothing(&self) -> Part {
        let weighted = vec![0.0; self.source.values.map_or(0, Rows::width)];
        match self.reach() {
            Reach::Exponential { .. } => Part::Exponential { maximum: f64::NEG_INFINITY, sum: 0.0, weighted },
            Reach::Pointwise => Part::Pointwise { conjugate: 0.0, weighted },
            _ => Part::Candidates { rows: Vec::new() },
        }
    }

    fn leaf(&self, leaf: usize, known: &[f32]) -> Vec<Part> {
        match self.reach() {
            Reach::Exponential { .. } => self.exponential(leaf, known),
            Reach::Pointwise => self.pointwise(leaf),
            reach => self.candidates(leaf, reach),
        }
    }

    /// A state that starts at a known lower bound of the maximum, with nothing summed, is still the identity
    /// of the merge.
    fn exponential(&self, leaf: usize, known: &[f32]) -> Vec<Part> {
        let (cues, keys) = (self.scales.len(), self.source.keys.leaf(leaf));
        let (values, width, padded) = match self.source.values {
            Some(values) => (values.leaf(leaf), values.width(), values.padded()),
            None => (keys, 0, 0),
        };
        let mut maximum = known.to_vec();
        let mut sum = vec![0.0; cues];
        let mut weighted = vec![0.0; cues * padded];
        let mut running = Running { maximum: &mut maximum, sum: &mut sum, weighted: &mut weighted };
        let floor = weight_floor(self.source.count);
        retrieve(self.level, &self.query(), &keys, &values, floor, &mut running);
        (0..cues)
            .map(|c| Part::Exponential {
                maximum: f64::from(maximum[c]),
                sum: sum[c],
                weighted: weighted[c * padded..][..width].iter().map(|&x| f64::from(x)).collect(),
            })
            .collect()
    }

    /// `theta` of a leaf, `[cue][panel]`.
    fn scores(&self, leaf: usize) -> Vec<Lane> {
        let keys = self.source.keys.leaf(leaf);
        let mut lanes = vec![Lane::ZERO; self.scales.len() * keys.count()];
        scores(self.level, &self.query(), &keys, &mut lanes);
        lanes
    }

    fn pointwise(&self, leaf: usize) -> Vec<Part> {
        let keys = self.source.keys.leaf(leaf);
        let mut lanes = self.scores(leaf);
        let mut theta = Vec::with_capacity(LEAF);
        let mut parts = Vec::with_capacity(self.scales.len());
        for row in lanes.chunks_exact_mut(keys.count()) {
            theta.clear();
            for (lane, &live) in row.iter().zip(keys.live()) {
                theta.extend(live_lanes(live).map(|l| f64::from(lane.0[l])));
            }
            let conjugate = self.kind().weights(&mut theta, self.source.count, f64::NAN);
            // Weights may leave the range of f32: they are scaled by the largest of the leaf.
            let largest = theta.iter().fold(0.0, |m: f64, w| m.max(w.abs()));
            let scale = if largest > 0.0 { largest } else { 1.0 };
            let mut weights = theta.iter();
            for (lane, &live) in row.iter_mut().zip(keys.live()) {
                *lane = Lane::ZERO;
                for l in live_lanes(live) {
                    lane.0[l] = weights.next().map_or(0.0, |w| flush((w / scale) as f32));
                }
            }
            let weighted = self.source.values.map_or(Vec::new(), |values| {
                let mut sum = vec![0.0f32; values.padded()];
                weigh(self.level, &values.leaf(leaf), row, &mut sum);
                sum[..values.width()].iter().map(|&x| f64::from(x) * scale).collect()
            });
            parts.push(Part::Pointwise { conjugate, weighted });
        }
        parts
    }

    fn candidates(&self, leaf: usize, reach: Reach) -> Vec<Part> {
        let keys = self.source.keys.leaf(leaf);
        let lanes = self.scores(leaf);
        let rows = lanes.chunks_exact(keys.count());
        rows.map(|row| Part::Candidates { rows: candidates::of_leaf(row, leaf * LEAF, reach) }).collect()
    }

    /// The weighted sum, the conjugate, and whether anything carried weight.
    fn finish(&self, cue: usize, part: Part) -> (Vec<f64>, f64, bool) {
        match part {
            // The bound was no bound: rounding of scores this large exceeds the range of the weights.
            Part::Exponential { maximum, sum, .. } if sum == 0.0 && maximum > f64::NEG_INFINITY => {
                let alone = self.alone(cue, self.source);
                let part = alone.walk(&[f32::NEG_INFINITY]).pop().unwrap_or_else(|| alone.nothing());
                alone.finish(0, part)
            }
            Part::Exponential { maximum, sum, mut weighted } => {
                let null = match self.reach() {
                    Reach::Exponential { null } => f64::from(null),
                    _ => 0.0,
                };
                let top = if null > 0.0 { maximum.max(0.0) } else { maximum };
                let scale = (maximum - top).exp();
                // Not `null * exp(-top)` when there is none: far below zero that is zero times infinity.
                let phantom = if null > 0.0 { null * (-top).exp() } else { 0.0 };
                let total = sum * scale + phantom;
                weighted.iter_mut().for_each(|w| *w = *w * scale / total);
                (weighted, top + total.ln(), scale > 0.0)
            }
            Part::Pointwise { conjugate, weighted } => (weighted, conjugate, true),
            Part::Candidates { mut rows } => {
                candidates::prune(&mut rows, self.reach());
                let mut weights: Vec<f64> = rows.iter().map(|&(_, theta)| f64::from(theta)).collect();
                let partition = match self.kind().needs_partition() {
                    true => self.partition(cue),
                    false => f64::NAN,
                };
                let conjugate = self.kind().weights(&mut weights, self.source.count, partition);
                let mut sum = vec![0.0; self.source.values.map_or(0, Rows::width)];
                let mut supported = false;
                for (&(row, _), &weight) in rows.iter().zip(&weights).filter(|(_, w)| **w != 0.0) {
                    supported = true;
                    if let Some(values) = self.source.values {
                        values.add_row(row, weight, &mut sum);
                    }
                }
                (sum, conjugate, supported)
            }
        }
    }

    /// `ln sum exp(theta)` over all rows, for one cue.
    fn partition(&self, cue: usize) -> f64 {
        let softmax = Separation::softmax(self.source.separation.beta());
        let source = Source { values: None, separation: &softmax, ..self.source };
        let one = self.alone(cue, source);
        let part = one.walk(&[f32::NEG_INFINITY]).pop();
        part.map_or(f64::NEG_INFINITY, |part| one.finish(0, part).1)
    }

    /// One of the cues, as a group of its own.
    fn alone<'b>(&self, cue: usize, source: Source<'b>) -> Group<'b> {
        let width = self.source.keys.padded();
        Group {
            source,
            cues: self.cues[cue * width..(cue + 1) * width].to_vec(),
            scales: vec![self.scales[cue]],
            level: self.level,
        }
    }
}

/// Merges two neighbours. Guarded for the identity, whose maximum is minus infinity.
fn merge(a: Part, b: Part) -> Part {
    match (a, b) {
        (
            Part::Exponential { maximum: ma, sum: sa, weighted: mut wa },
            Part::Exponential { maximum: mb, sum: sb, weighted: wb },
        ) => {
            let maximum = ma.max(mb);
            let decay = |m: f64| if m == maximum { 1.0 } else { (m - maximum).exp() };
            let (fa, fb) = (decay(ma), decay(mb));
            for (a, b) in wa.iter_mut().zip(wb) {
                *a = *a * fa + b * fb;
            }
            Part::Exponential { maximum, sum: sa * fa + sb * fb, weighted: wa }
        }
        (
            Part::Pointwise { conjugate: ca, weighted: mut wa },
            Part::Pointwise { conjugate: cb, weighted: wb },
        ) => {
            wa.iter_mut().zip(wb).for_each(|(a, b)| *a += b);
            Part::Pointwise { conjugate: ca + cb, weighted: wa }
        }
        (Part::Candidates { rows: mut a }, Part::Candidates { rows: b }) => {
            a.extend(b);
            Part::Candidates { rows: a }
        }
        (a, _) => a,
    }
}

/// The set bits of a panel's mask.
fn live_lanes(live: u16) -> impl Iterator<Item = usize> {
    (0..LANES).filter(move |l| live >> l & 1 == 1)
}

/// Exact zero instead of a subnormal.
fn flush(x: f32) -> f32 {
    if x.abs() < f32::MIN_POSITIVE { 0.0 } else { x }
}

/// Euclidean norm in f64, in eight running sums.
pub(crate) fn norm(row: ArrayView1<'_, f32>) -> f64 {
    let Some(row) = row.as_slice() else { return norm(row.to_owned().view()) };
    let mut sums = [0.0; 8];
    let chunks = row.chunks_exact(8);
    let rest: f64 = chunks.remainder().iter().map(|&x| f64::from(x).powi(2)).sum();
    for chunk in chunks {
        for (sum, &x) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(x) * f64::from(x);
        }
    }
    (sums.iter().sum::<f64>() + rest).sqrt()
}
