//! A block of queries reads one head.

use std::ops::Range;

use attractor_kernel::{LANES, Lane, Left, Level, Onto, Partition, Terms, multiply, soften};

use super::head::{Head, across, lay_mask};
use super::inputs::{Limits, Phantom};
use crate::association::Dropout;

/// Queries and what has become of them.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    strip: Vec<Lane>,
    thinned: Vec<Lane>,
    own: Vec<Lane>,
    pub(crate) maximum: Vec<f32>,
    sum: Vec<f64>,
    decay: Vec<f32>,
    /// `1 / sum`; 0 for a query that may look at nothing.
    pub(crate) inverse: Vec<f32>,
}

/// What a reader reads with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lens<'a> {
    pub(crate) head: &'a Head,
    pub(crate) width: usize,
    pub(crate) value_width: usize,
    pub(crate) beta: f32,
    pub(crate) phantom: Phantom,
    /// What the terms of the head do not hold already.
    pub(crate) mask: Limits<'a>,
    pub(crate) thinning: Option<Thinning>,
    pub(crate) level: Level,
}

/// The dropout of one head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thinning {
    pub(crate) dropout: Dropout,
    pub(crate) batch: usize,
    pub(crate) head: usize,
}

/// The right factor of a retrieval, `(patterns, panels)`, and its result, `(queries, panels)`.
pub(crate) struct Target<'a> {
    pub(crate) along: &'a [Lane],
    pub(crate) panels: usize,
    pub(crate) thinning: Option<Thinning>,
    pub(crate) out: &'a mut Vec<Lane>,
}

impl Reader {
    /// `softmax(beta cues k^T + mask)` times each target. `cues` are rows of whole lanes, `queries` which they are.
    pub(crate) fn read(
        &mut self,
        lens: Lens<'_>,
        cues: &[Lane],
        queries: &Range<usize>,
        targets: &mut [Target<'_>],
    ) {
        let rows = queries.len();
        // The phantom's score is 0: a partition that has seen it starts there.
        let (maximum, sum) = match lens.phantom {
            Phantom::Absent => (f32::NEG_INFINITY, 0.0),
            Phantom::Present => (0.0, 1.0),
        };
        refill(&mut self.maximum, rows, maximum);
        refill(&mut self.sum, rows, sum);
        refill(&mut self.decay, rows, 1.0);
        for target in targets.iter_mut() {
            refill(target.out, rows * target.panels, Lane::ZERO);
        }
        for block in &lens.head.blocks {
            let panels = block.len().div_ceil(LANES);
            scores(lens, cues, rows, block, &mut self.strip);
            lay_mask(lens.mask, queries, block, &mut self.own);
            let terms = Terms { scale: lens.beta, shared: lens.head.terms(block), own: &self.own };
            let (maximum, sum, decay) = (&mut self.maximum[..], &mut self.sum[..], &mut self.decay[..]);
            soften(lens.level, &terms, &mut self.strip, &mut Partition { maximum, sum, decay });
            for target in targets.iter_mut() {
                let strip = match target.thinning {
                    None => &self.strip,
                    Some(thinning) => {
                        self.thinned.clone_from(&self.strip);
                        thinning.thin(&mut self.thinned, queries, block);
                        &self.thinned
                    }
                };
                for (lanes, &decay) in target.out.chunks_exact_mut(target.panels).zip(&self.decay) {
                    scale(lanes, decay);
                }
                let left = weights(strip, rows, block.len(), panels);
                let along = &target.along[block.start * target.panels..block.end * target.panels];
                multiply(lens.level, &left, along, target.panels, Onto::Former, target.out);
            }
        }
        self.inverse.clear();
        self.inverse.extend(self.sum.iter().map(|&sum| if sum > 0.0 { (1.0 / sum) as f32 } else { 0.0 }));
        for target in targets {
            for (lanes, &inverse) in target.out.chunks_exact_mut(target.panels).zip(&self.inverse) {
                scale(lanes, inverse);
            }
        }
    }
}

impl Thinning {
    /// Multiplies what belongs to the weights of `queries` and of a block of patterns, `(queries, panels)`.
    pub(crate) fn thin(self, strip: &mut [Lane], queries: &Range<usize>, block: &Range<usize>) {
        let panels = block.len().div_ceil(LANES);
        for (query, lanes) in queries.clone().zip(strip.chunks_exact_mut(panels)) {
            let row = self.dropout.row(self.batch, self.head, query);
            for (s, x) in Lane::floats_mut(lanes).iter_mut().enumerate() {
                *x *= row.factor(block.start + s);
            }
        }
    }
}

/// Products of `rows` cues with the patterns of a block, `(rows, panels)`.
pub(crate) fn scores(
    lens: Lens<'_>,
    cues: &[Lane],
    rows: usize,
    block: &Range<usize>,
    strip: &mut Vec<Lane>,
) {
    product(lens.level, cues, rows, &lens.head.patterns_across, lens.width, block, strip);
}
/// Products of `rows` rows of whole lanes with what lies across the lanes in `right`, `(rows, panels)`.
pub(crate) fn product(
    level: Level,
    left: &[Lane],
    rows: usize,
    right: &[Lane],
    width: usize,
    block: &Range<usize>,
    strip: &mut Vec<Lane>,
) {
    let panels = block.len().div_ceil(LANES);
    strip.resize(rows * panels, Lane::ZERO);
    let row_step = width.next_multiple_of(LANES);
    let left = Left { floats: Lane::floats(left), rows, depth: width, row_step, depth_step: 1 };
    multiply(level, &left, across(right, block, width), panels, Onto::Nothing, strip);
}

/// A strip `(rows, panels)` of which the first `columns` columns are a left factor.
pub(crate) fn weights(strip: &[Lane], rows: usize, columns: usize, panels: usize) -> Left<'_> {
    let row_step = panels * LANES;
    Left { floats: Lane::floats(strip), rows, depth: columns, row_step, depth_step: 1 }
}

/// The same, transposed.
pub(crate) fn weights_transposed(strip: &[Lane], rows: usize, columns: usize, panels: usize) -> Left<'_> {
    let depth_step = panels * LANES;
    Left { floats: Lane::floats(strip), rows: columns, depth: rows, row_step: 1, depth_step }
}

/// Lanes times a number; nothing happens for 1.
pub(crate) fn scale(lanes: &mut [Lane], factor: f32) {
    if factor != 1.0 {
        lanes.iter_mut().for_each(|lane| lane.0.iter_mut().for_each(|x| *x *= factor));
    }
}

/// `n` copies of `x`.
pub(crate) fn refill<T: Clone>(to: &mut Vec<T>, n: usize, x: T) {
    to.clear();
    to.resize(n, x);
}
