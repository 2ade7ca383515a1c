//! The way back.
//!
//! With `p = softmax(beta q k^T + mask)`, what it read `r = p x` and a slope `g` by `r`:
//! `x' += p^T g`; `d = p (g x^T - <g, r>)`; `q' = beta d k`; `k' += beta d^T q`; `beta' += <q, d k>`.

use std::ops::Range;

use attractor_kernel::{LANES, Lane, Level, Onto, Terms, means, multiply, resume, slope};
use ndarray::{Array4, ArrayView2, ArrayView4, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use super::forward::Forward;
use super::head::{Head, dot, lay_across, lay_along, lay_back, lay_mask, of_head};
use super::inputs::{Extents, Inputs, Limits};
use super::read::{Lens, Thinning, product, refill, scale, scores, weights, weights_transposed};
use super::rows::{Order, QUERIES, group, runs, units};
use super::settle::settle;
use super::trace::{Block as Kept, Softmax, Trace};
use crate::Error;
use crate::association::Gradient;

/// Derivatives of a loss, each in the shape and in the memory order of what it belongs to.
#[derive(Debug, Clone)]
pub struct Gradients {
    /// By the queries.
    pub queries: Array4<f32>,
    /// By the patterns.
    pub patterns: Array4<f32>,
    /// By the values.
    pub values: Array4<f32>,
    /// By the inverse temperature of each head.
    pub betas: Vec<f32>,
    /// Queries whose adjoint equation had not settled at the limit of the steps; 0 for unrolled steps.
    pub unsettled: usize,
}

/// Derivatives of a loss whose derivative by the output is `slopes`; `forward` is what [`super::forward`] returned
/// for the same inputs.
///
/// Time: `2 batch heads queries patterns (5 width updates + 3 width + 2 value width)` operations.
///
/// # Errors
/// As [`super::forward`]; [`Error::Shape`] or [`Error::Size`] where `slopes` or `forward` are not those of the inputs.
pub fn backward(
    inputs: &Inputs<'_>,
    forward: &Forward,
    slopes: ArrayView4<'_, f32>,
) -> Result<Gradients, Error> {
    reverse(inputs, &forward.trace, forward.output.view(), slopes)
}

/// The same with the parts of [`Forward`] apart.
pub(crate) fn reverse(
    inputs: &Inputs<'_>,
    trace: &Trace,
    output: ArrayView4<'_, f32>,
    slopes: ArrayView4<'_, f32>,
) -> Result<Gradients, Error> {
    let extents = inputs.check()?;
    check(inputs, &extents, trace, slopes)?;
    let [batch, heads, ..] = extents.output();
    let zeros = |of: &ArrayView4<'_, f32>, rows, width| Order::of(of).zeros([batch, heads, rows, width]);
    let mut gradients = Gradients {
        queries: zeros(&inputs.queries, extents.queries, extents.width),
        patterns: zeros(&inputs.patterns, extents.patterns, extents.width),
        values: zeros(&inputs.values, extents.patterns, extents.value_width),
        betas: vec![0.0; heads],
        unsettled: 0,
    };
    let tasks: Vec<_> = units(&mut gradients.queries)
        .into_iter()
        .zip(units(&mut gradients.patterns))
        .zip(units(&mut gradients.values))
        .enumerate()
        .collect();
    let job = Job { inputs, extents: &extents, trace, output: output.view(), slopes: slopes.view() };
    let sums: Vec<(f64, usize)> = tasks
        .into_par_iter()
        .map_init(Scratch::default, |scratch, (unit, ((queries, mut patterns), mut values))| {
            let sums = job.unit(scratch, unit, queries);
            lay_back(&sums.patterns, &mut patterns);
            lay_back(&sums.values, &mut values);
            (sums.beta, sums.unsettled)
        })
        .collect();
    let mut betas = vec![0.0; heads];
    for (unit, (beta, unsettled)) in sums.into_iter().enumerate() {
        betas[unit % heads] += beta;
        gradients.unsettled += unsettled;
    }
    gradients.betas = betas.into_iter().map(|beta| beta as f32).collect();
    Ok(gradients)
}

fn check(
    inputs: &Inputs<'_>,
    extents: &Extents,
    trace: &Trace,
    slopes: ArrayView4<'_, f32>,
) -> Result<(), Error> {
    let (n, h, l, width) = slopes.dim();
    Error::shape("slopes", &extents.output(), &[n, h, l, width])?;
    let place = "the way forward, in update steps";
    if trace.extents != *extents {
        let (expected, found) = (extents.queries, trace.extents.queries);
        return Err(Error::Size { place: "queries of the way forward", expected, found });
    }
    let per_unit = Trace::per_unit(extents);
    for (at, block) in trace.blocks.iter().enumerate() {
        let limit = inputs.steps[at / per_unit % extents.heads];
        let most = block.taken.iter().copied().max().unwrap_or(0);
        let kept = match inputs.gradient {
            Gradient::Unrolled => block.softmaxes.len() == most,
            Gradient::FixedPoint => block.softmaxes.is_empty() && block.states.len() == 2,
        };
        let watched = inputs.tolerance.is_some();
        if !kept || most > limit || (most < limit && !watched) {
            return Err(Error::Size { place, expected: limit, found: most });
        }
    }
    Ok(())
}

/// Sums over the queries of a head.
#[derive(Debug, Default)]
struct Sums {
    patterns: Vec<Lane>,
    values: Vec<Lane>,
    beta: f64,
    unsettled: usize,
}

impl Sums {
    fn zero(extents: &Extents) -> Self {
        let lanes = |width: usize| vec![Lane::ZERO; extents.patterns * width.div_ceil(LANES)];
        let (patterns, values) = (lanes(extents.width), lanes(extents.value_width));
        Self { patterns, values, beta: 0.0, unsettled: 0 }
    }

    fn add(&mut self, other: &Self) {
        for (to, from) in [(&mut self.patterns, &other.patterns), (&mut self.values, &other.values)] {
            for (to, from) in to.iter_mut().zip(from) {
                to.0.iter_mut().zip(from.0).for_each(|(to, x)| *to += x);
            }
        }
        self.beta += other.beta;
        self.unsettled += other.unsettled;
    }
}

/// What one thread works with.
#[derive(Debug, Default)]
struct Scratch {
    head: Head,
    block: Block,
}

/// A block of queries on its way back.
#[derive(Debug, Default)]
struct Block {
    strip: Vec<Lane>,
    slopes: Vec<Lane>,
    thinned: Vec<Lane>,
    own: Vec<Lane>,
    softmax: Softmax,
    means: Vec<f32>,
    cues: Vec<Lane>,
    reads: Vec<Lane>,
    /// The queries.
    first: Vec<Lane>,
    from: Vec<Lane>,
    to: Vec<Lane>,
    across: Vec<Lane>,
    /// Cues times beta.
    hot: Vec<Lane>,
}

#[derive(Clone, Copy)]
struct Job<'a, 'b> {
    inputs: &'a Inputs<'b>,
    extents: &'a Extents,
    trace: &'a Trace,
    output: ArrayView4<'a, f32>,
    slopes: ArrayView4<'a, f32>,
}

/// What a softmax has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Patterns,
    Values,
}

impl Job<'_, '_> {
    /// All queries of a head. Groups of them are summed in order.
    fn unit(self, scratch: &mut Scratch, unit: usize, queries: ArrayViewMut2<'_, f32>) -> Sums {
        let extents = self.extents;
        let (n, h) = (unit / extents.heads, unit % extents.heads);
        let head = &mut scratch.head;
        let mask = head.cut(extents.patterns, self.inputs.mask(n, h));
        let patterns = of_head(&self.inputs.patterns, n, h);
        lay_across(patterns, head.blocks.iter().cloned(), &mut head.patterns_across);
        lay_along(patterns, &mut head.patterns_along);
        let values = of_head(&self.inputs.values, n, h);
        lay_across(values, head.blocks.iter().cloned(), &mut head.values_across);
        let mut groups = Vec::new();
        let mut rest = queries;
        for run in runs(extents.queries, group(extents)) {
            let (first, later) = rest.split_at(Axis(0), run.len());
            rest = later;
            groups.push((run, first));
        }
        if groups.len() == 1 {
            let mut sums = Sums::zero(extents);
            for (run, out) in groups {
                self.group((head, mask), &mut scratch.block, unit, run, out, &mut sums);
            }
            return sums;
        }
        let parts: Vec<Sums> = groups
            .into_par_iter()
            .map_init(Block::default, |block, (run, out)| {
                let mut sums = Sums::zero(extents);
                self.group((head, mask), block, unit, run, out, &mut sums);
                sums
            })
            .collect();
        let mut sums = Sums::zero(extents);
        parts.iter().for_each(|part| sums.add(part));
        sums
    }

    fn group<'h>(
        self,
        (head, mask): (&'h Head, Limits<'h>),
        block: &mut Block,
        unit: usize,
        run: Range<usize>,
        mut out: ArrayViewMut2<'_, f32>,
        sums: &mut Sums,
    ) {
        let (extents, inputs) = (self.extents, self.inputs);
        let (n, h) = (unit / extents.heads, unit % extents.heads);
        let lens = Lens {
            head,
            width: extents.width,
            value_width: extents.value_width,
            beta: inputs.betas[h],
            phantom: inputs.phantom,
            mask,
            thinning: inputs.dropout.map(|dropout| Thinning { dropout, batch: n, head: h }),
            level: Level::current(),
        };
        for rows in runs(run.len(), QUERIES) {
            let queries = run.start + rows.start..run.start + rows.end;
            let part = |from: ArrayView4<'_, f32>, to: &mut Vec<Lane>| {
                lay_along(from.slice(s![n, h, queries.clone(), ..]), to);
            };
            let kept = self.trace.at(unit, queries.start);
            part(self.slopes, &mut block.from);
            part(self.output, &mut block.reads);
            match inputs.gradient {
                Gradient::Unrolled => {
                    part(inputs.queries, &mut block.first);
                    block.unrolled(lens, &queries, kept, sums);
                    lay_back(&block.from, &mut out.slice_mut(s![rows, ..]));
                }
                Gradient::FixedPoint => {
                    let tolerance = inputs.tolerance.map_or(0.0, |tolerance| tolerance[h]);
                    block.cues.clone_from(&kept.states[0]);
                    block.softmax.clone_from(&kept.last);
                    block.step(lens, &queries, Source::Values, Some(sums));
                    block.reads.clone_from(&kept.states[1]);
                    sums.unsettled += block.adjoint(lens, &queries, tolerance, inputs.steps[h]);
                    block.step(lens, &queries, Source::Patterns, Some(sums));
                }
            }
        }
    }
}

impl Block {
    /// Back through the reading of the values and all the steps that were taken: from the slope `from` by the output
    /// to that by the queries.
    fn unrolled(&mut self, lens: Lens<'_>, queries: &Range<usize>, kept: &Kept, sums: &mut Sums) {
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
    fn step(&mut self, lens: Lens<'_>, queries: &Range<usize>, source: Source, mut sums: Option<&mut Sums>) {
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
    /// which is symmetric; leaves `a` in `from`. Returns how many rows have not settled.
    fn adjoint(&mut self, lens: Lens<'_>, queries: &Range<usize>, tolerance: f64, limit: usize) -> usize {
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
