//! The way back.

use std::ops::Range;

use attractor_kernel::{Lane, Level};
use ndarray::{Array4, ArrayView4, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use super::block::{Block, Source, Sums};
use super::forward::Forward;
use super::head::{Head, lay_across, lay_along, lay_back, of_head};
use super::inputs::{Extents, Inputs, Limits};
use super::read::{Lens, Thinning};
use super::rows::{Order, QUERIES, group, runs, units};
use super::trace::Trace;
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
    /// Queries whose adjoint equation had not settled at the limit of the steps, which have the gradient of their last
    /// step alone; 0 for unrolled steps.
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

/// What one thread works with.
#[derive(Debug, Default)]
struct Scratch {
    head: Head,
    block: Block,
}

#[derive(Clone, Copy)]
struct Job<'a, 'b> {
    inputs: &'a Inputs<'b>,
    extents: &'a Extents,
    trace: &'a Trace,
    output: ArrayView4<'a, f32>,
    slopes: ArrayView4<'a, f32>,
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
