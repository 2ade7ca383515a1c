//! The walk of a group of cues over the leaves.

use std::ops::Range;

use attractor_kernel::{LANES, Lane, Level, Query, Running, retrieve, scores, weigh, weight_floor};
use ndarray::{ArrayView1, ArrayView2};

use super::candidates::{Candidate, Gathering, prune};
use super::panels::{LEAF, Rows};
use super::part::{Part, merge};
use super::pass::{Answers, Source};
use crate::separation::{Reach, Separate};
use crate::{Separation, Similarity};

/// Panels whose scores are looked through at once.
const PIECE: usize = 64;
/// Leaves of a wave.
const WAVE: usize = 16;

/// Cues in the kernel's layout, and the walk over the leaves.
pub(super) struct Group<'a> {
    source: Source<'a>,
    cues: Vec<f32>,
    scales: Vec<f32>,
    level: Level,
}

impl<'a> Group<'a> {
    pub(super) fn new(source: Source<'a>, cues: ArrayView2<'_, f32>) -> Self {
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
    pub(super) fn walk(&self, known: &[f32]) -> Vec<Part> {
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
                let (a, b) = self
                    .source
                    .threads
                    .join(|| self.tree(leaves.start..middle, known), || self.tree(middle..leaves.end, known));
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
        let (cues, keys) = (self.scales.len(), self.source.leaf(leaf));
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
    pub(super) fn scores(&self, leaf: usize) -> Vec<Lane> {
        let keys = self.source.leaf(leaf);
        let mut lanes = vec![Lane::ZERO; self.scales.len() * keys.count()];
        scores(self.level, &self.query(), &keys, &mut lanes);
        lanes
    }

    fn pointwise(&self, leaf: usize) -> Vec<Part> {
        let keys = self.source.leaf(leaf);
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

    /// In pieces that stay in the second-level cache together with their scores.
    fn candidates(&self, leaf: usize, reach: Reach) -> Vec<Part> {
        let (keys, query) = (self.source.leaf(leaf), self.query());
        let mut gatherings: Vec<Gathering> = self.scales.iter().map(|_| Gathering::new(reach)).collect();
        let mut lanes = vec![Lane::ZERO; self.scales.len() * PIECE];
        for from in (0..keys.count()).step_by(PIECE) {
            let piece = keys.slice(from, from + PIECE);
            let lanes = &mut lanes[..self.scales.len() * piece.count()];
            scores(self.level, &query, &piece, lanes);
            for (gathering, row) in gatherings.iter_mut().zip(lanes.chunks_exact(piece.count())) {
                gathering.add(row, leaf * LEAF + from * LANES);
            }
        }
        gatherings.into_iter().map(|gathering| Part::Candidates { rows: gathering.finish() }).collect()
    }

    /// The weighted sum, the conjugate, and whether anything carried weight.
    pub(super) fn finish(&self, cue: usize, part: Part) -> (Vec<f64>, f64, bool) {
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
                let (weights, conjugate) = self.weights(cue, &mut rows);
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

    /// The rows with weight, of a part that has candidates.
    pub(super) fn answers(&self, cue: usize, part: Part) -> Answers {
        let Part::Candidates { mut rows } = part else {
            return Answers { rows: Vec::new(), conjugate: f64::NEG_INFINITY };
        };
        let (weights, conjugate) = self.weights(cue, &mut rows);
        let rows = rows.into_iter().zip(weights).filter(|(_, weight)| *weight != 0.0);
        let rows = rows.map(|((row, theta), weight)| (row, f64::from(theta), weight)).collect();
        Answers { rows, conjugate }
    }

    /// Weights of the candidates that remain, and the conjugate.
    fn weights(&self, cue: usize, rows: &mut Vec<Candidate>) -> (Vec<f64>, f64) {
        prune(rows, self.reach());
        let mut weights: Vec<f64> = rows.iter().map(|&(_, theta)| f64::from(theta)).collect();
        let partition = match self.kind().needs_partition() {
            true => self.partition(cue),
            false => f64::NAN,
        };
        let conjugate = self.kind().weights(&mut weights, self.source.count, partition);
        (weights, conjugate)
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

/// The set bits of a panel's mask.
pub(super) fn live_lanes(live: u16) -> impl Iterator<Item = usize> {
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
