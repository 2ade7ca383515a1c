//! A block of queries on its way back through its softmaxes.
//!
//! With `p = softmax(beta q k^T + mask)`, what it read `r = p x` and a slope `g` by `r`:
//! `x' += p^T g`; `d = p (g x^T - <g, r>)`; `q' = beta d k`; `k' += beta d^T q`; `beta' += <q, d k>`.

use std::ops::Range;

use attractor_kernel::{LANES, Lane, Level, Onto, Terms, means, multiply, resume, slope};
use ndarray::{ArrayView2, s};

use super::head::{dot, lay_across, lay_mask};
use super::inputs::Extents;
use super::read::{Lens, product, refill, scale, scores, weights, weights_transposed};
use super::settle::settle;
use super::trace::{Block as Kept, Softmax};

/// Sums over the queries of a head.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    pub(crate) patterns: Vec<Lane>,
    pub(crate) values: Vec<Lane>,
    pub(crate) beta: f64,
    pub(crate) unsettled: usize,
}

impl Sums {
    pub(crate) fn zero(extents: &Extents) -> Self {
        let lanes = |width: usize| vec![Lane::ZERO; extents.patterns * width.div_ceil(LANES)];
        let (patterns, values) = (lanes(extents.width), lanes(extents.value_width));
        Self { patterns, values, beta: 0.0, unsettled: 0 }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (to, from) in [(&mut self.patterns, &other.patterns), (&mut self.values, &other.values)] {
            for (to, from) in to.iter_mut().zip(from) {
                to.0.iter_mut().zip(from.0).for_each(|(to, x)| *to += x);
            }
        }
        self.beta += other.beta;
        self.unsettled += other.unsettled;
    }
}

/// A block of queries on its way back.
#[derive(Debug, Default)]
pub(crate) struct Block {
    strip: Vec<Lane>,
    slopes: Vec<Lane>,
    thinned: Vec<Lane>,
    own: Vec<Lane>,
    pub(crate) softmax: Softmax,
    means: Vec<f32>,
    pub(crate) cues: Vec<Lane>,
    pub(crate) reads: Vec<Lane>,
    /// The queries.
    pub(crate) first: Vec<Lane>,
    pub(crate) from: Vec<Lane>,
    pub(crate) to: Vec<Lane>,
    across: Vec<Lane>,
    /// Cues times beta.
    hot: Vec<Lane>,
}

/// What a softmax has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Patterns,
    Values,
}

impl Block {
    /// Back through the reading of the values and all the steps that were taken: from the slope `from` by the output
    /// to that by the queries.
    pub(crate) fn unrolled(&mut self, lens: Lens<'_>, queries: &Range<usize>, kept: &Kept, sums: &mut Sums) {
        let panels = lens.width.div_ceil(LANES);
        let steps = kept.states.len();
        // Rows that rest have not moved since: the states after the last step are those of all rows.
        self.cues.clone_from(kept.states.last().unwrap_or(&self.first));
        self.softmax.clone_from(&kept.last);
        self.step(lens, queries, Source::Values, Some(sums));
        // The slope by the cues is that by what the softmax before has read.
        std::mem::swap(&mut self.from, &mut self.to);
        for t in (0..steps).rev() {
            std::mem::swap(&mut self.reads, &mut self.cues);
            self.cues.clone_from(if t == 0 { &self.first } else { &kept.states[t - 1] });
            kept.softmaxes[t].only(|row| t < kept.taken[row], &mut self.softmax);
            self.step(lens, queries, Source::Patterns, Some(sums));
            // A row that had come to rest before this step was not moved by it.
            let rows = self.to.chunks_exact_mut(panels).zip(self.from.chunks_exact(panels));
            for (row, (to, from)) in rows.enumerate() {
                if t >= kept.taken[row] {
                    to.copy_from_slice(from);
                }
            }
            std::mem::swap(&mut self.from, &mut self.to);
        }
    }

    /// Back through one softmax: from the slope `from` by what `cues` have read, `reads`, to the slope `to` by the
    /// cues. Slopes by the rest are added to `sums`.
    pub(crate) fn step(
        &mut self,
        lens: Lens<'_>,
        queries: &Range<usize>,
        source: Source,
        mut sums: Option<&mut Sums>,
    ) {
        let rows = queries.len();
        let (head, level, panels) = (lens.head, lens.level, lens.width.div_ceil(LANES));
        let (across, width) = match source {
            Source::Patterns => (&head.patterns_across, lens.width),
            Source::Values => (&head.values_across, lens.value_width),
        };
        refill(&mut self.to, rows * panels, Lane::ZERO);
        let source_panels = width.div_ceil(LANES);
        self.means.resize(rows, 0.0);
        if head.blocks.len() != 1 {
            self.means_of_reads(level, rows, width);
        }
        self.hot.clear();
        self.hot.extend(self.cues.iter().map(|lane| Lane(lane.0.map(|x| lens.beta * x))));
        for block in &head.blocks {
            let strip_panels = block.len().div_ceil(LANES);
            scores(lens, &self.cues, rows, block, &mut self.strip);
            lay_mask(lens.mask, queries, block, &mut self.own);
            let terms = Terms { scale: lens.beta, shared: head.terms(block), own: &self.own };
            resume(level, &terms, &self.softmax.maximum, &self.softmax.inverse, &mut self.strip);
            product(level, &self.from, rows, across, width, block, &mut self.slopes);
            let thinning = lens.thinning.filter(|_| source == Source::Values);
            let mut read = &self.strip;
            if let Some(thinning) = thinning {
                thinning.thin(&mut self.slopes, queries, block);
                self.thinned.clone_from(&self.strip);
                thinning.thin(&mut self.thinned, queries, block);
                read = &self.thinned;
            }
            if let Some(sums) = &mut sums {
                let left = weights_transposed(read, rows, block.len(), strip_panels);
                let to = match source {
                    Source::Patterns => &mut sums.patterns,
                    Source::Values => &mut sums.values,
                };
                let to = &mut to[block.start * source_panels..block.end * source_panels];
                multiply(level, &left, &self.from, source_panels, Onto::Former, to);
            }
            if head.blocks.len() == 1 {
                means(level, &self.strip, &self.slopes, strip_panels, &mut self.means);
            }
            slope(level, &self.strip, &self.means, strip_panels, &mut self.slopes);
            let left = weights(&self.slopes, rows, block.len(), strip_panels);
            let along = &head.patterns_along[block.start * panels..block.end * panels];
            multiply(level, &left, along, panels, Onto::Former, &mut self.to);
            if let Some(sums) = &mut sums {
                let left = weights_transposed(&self.slopes, rows, block.len(), strip_panels);
                let to = &mut sums.patterns[block.start * panels..block.end * panels];
                multiply(level, &left, &self.hot, panels, Onto::Former, to);
            }
        }
        if let Some(sums) = sums {
            let pairs = self.cues.chunks_exact(panels).zip(self.to.chunks_exact(panels));
            sums.beta += pairs.map(|(cue, to)| f64::from(dot(cue, to))).sum::<f64>();
        }
        scale(&mut self.to, lens.beta);
    }

    /// The means of the slopes from what was read, `<from, reads>`: before the blocks are passed. The chain of
    /// multiply-adds is that of the slopes themselves, so that the two are equal to the bit where a single pattern
    /// was read: their difference is multiplied with beta, however large.
    fn means_of_reads(&mut self, level: Level, rows: usize, width: usize) {
        let (panels, floats) = (width.div_ceil(LANES), width.next_multiple_of(LANES));
        let reads = ArrayView2::from_shape((rows, floats), Lane::floats(&self.reads));
        if let Ok(reads) = reads {
            lay_across(reads.slice(s![.., ..width]), std::iter::once(0..rows), &mut self.across);
        }
        product(level, &self.from[..rows * panels], rows, &self.across, width, &(0..rows), &mut self.strip);
        let products = Lane::floats(&self.strip).chunks_exact(rows.next_multiple_of(LANES));
        for (row, (mean, products)) in self.means.iter_mut().zip(products).enumerate() {
            *mean = products[row];
        }
    }

    /// Solves `a = u + J a` by iteration, where `u` is `to` and `J` the derivative of what the cues read by the cues,
    /// which is symmetric; leaves `a` in `from`. Returns how many rows have not settled: theirs is `u`.
    pub(crate) fn adjoint(
        &mut self,
        lens: Lens<'_>,
        queries: &Range<usize>,
        tolerance: f64,
        limit: usize,
    ) -> usize {
        let direct = self.to.clone();
        let (mut solution, mut images) = (direct.clone(), Vec::new());
        let panels = lens.width.div_ceil(LANES);
        let unsettled = settle(&mut solution, &mut images, panels, limit, tolerance, |rows, images| {
            self.from.clear();
            self.from.extend_from_slice(rows);
            self.step(lens, queries, Source::Patterns, None);
            images.clear();
            images.extend(self.to.iter().zip(&direct).map(|(to, direct)| {
                let mut sum = *to;
                sum.0.iter_mut().zip(direct.0).for_each(|(x, y)| *x += y);
                sum
            }));
        });
        self.from = solution;
        unsettled
    }
}
