//! The way forward.

use std::ops::Range;

use attractor_kernel::{LANES, Lane, Level};
use ndarray::{Array4, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use super::head::{Head, lay_across, lay_along, lay_back, of_head};
use super::inputs::{Extents, Inputs, Updates};
use super::read::{Lens, Reader, Target};
use super::rows::{Order, QUERIES, group, runs, units};
use super::settle::settle;
use crate::Error;

/// What an association returns.
#[derive(Debug, Clone)]
pub struct Forward {
    /// `(batch, heads, queries, value width)`, in memory in the order of the queries.
    pub output: Array4<f32>,
    /// Queries that had not settled at the limit of [`Updates::Settled`]; 0 for [`Updates::Unrolled`].
    pub unsettled: usize,
    pub(crate) trace: Trace,
}

/// What the way back needs, query by query.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    pub(crate) extents: Extents,
    /// States after the first, `(query, kept, width)`.
    pub(crate) states: Vec<f32>,
    /// Largest score, `(query, softmax)`.
    pub(crate) maxima: Vec<f32>,
    /// One over the sum of exponentials relative to it.
    pub(crate) inverses: Vec<f32>,
    /// States kept per query.
    pub(crate) kept: usize,
    /// Softmaxes kept per query.
    pub(crate) softmaxes: usize,
}

impl Updates {
    /// States and softmaxes that are kept per query. Of a fixed point: itself and what it retrieves.
    pub(crate) fn kept(self) -> (usize, usize) {
        match self {
            Self::Unrolled(count) => (count, count + 1),
            Self::Settled { .. } => (2, 1),
        }
    }
}

/// One group of the queries of one head: what it reads and writes.
pub(crate) struct Share<'a> {
    /// Which of the heads of all of the batch.
    pub(crate) unit: usize,
    /// Which of its queries.
    pub(crate) queries: Range<usize>,
    output: ArrayViewMut2<'a, f32>,
    states: &'a mut [f32],
    maxima: &'a mut [f32],
    inverses: &'a mut [f32],
}

/// What one thread works with.
#[derive(Debug, Default)]
struct Scratch {
    head: Head,
    reader: Reader,
    cues: Vec<Lane>,
    next: Vec<Lane>,
    read: Vec<Lane>,
}

/// Associates queries with patterns and reads the values.
///
/// Time: `2 batch heads queries patterns (width (2 updates + 1) + value width)` operations. Kept for the way back:
/// `queries (updates width + 2 (updates + 1))` floats per head.
///
/// # Errors
/// [`Error::Size`] where extents differ, [`Error::Parameter`] for a width of 0, a beta that is negative or not
/// finite, a tolerance that is not above 0, or a limit of 0.
///
/// ```
/// use attractor_nets::fused::{Inputs, Updates, forward};
/// use ndarray::array;
///
/// let queries = array![[[[0.9, 0.2]]]];
/// let patterns = array![[[[1.0, 0.0], [0.0, 1.0]]]];
/// let inputs = Inputs {
///     queries: queries.view(),
///     patterns: patterns.view(),
///     values: patterns.view(),
///     betas: &[8.0],
///     mask: None,
///     padding: None,
///     updates: Updates::Unrolled(0),
/// };
/// assert!((forward(&inputs)?.output[[0, 0, 0, 0]] - 0.996316).abs() < 1e-6);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
pub fn forward(inputs: &Inputs<'_>) -> Result<Forward, Error> {
    let extents = inputs.check()?;
    let (kept, softmaxes) = inputs.updates.kept();
    let all = extents.units() * extents.queries;
    let mut trace = Trace {
        extents,
        states: vec![0.0; all * kept * extents.width],
        maxima: vec![0.0; all * softmaxes],
        inverses: vec![0.0; all * softmaxes],
        kept,
        softmaxes,
    };
    let mut output = Order::of(&inputs.queries).zeros(extents.output());
    let shares = share(&mut output, &mut trace);
    let unsettled = shares
        .into_par_iter()
        .map_init(Scratch::default, |scratch, share| scratch.run(inputs, &extents, share))
        .sum();
    Ok(Forward { output, unsettled, trace })
}

/// The shares of the work, in order.
fn share<'a>(output: &'a mut Array4<f32>, trace: &'a mut Trace) -> Vec<Share<'a>> {
    let group = group(&trace.extents);
    let mut shares = Vec::new();
    let (mut states, mut maxima, mut inverses) =
        (&mut trace.states[..], &mut trace.maxima[..], &mut trace.inverses[..]);
    for (unit, mut rows) in units(output).into_iter().enumerate() {
        for queries in runs(trace.extents.queries, group) {
            let (output, rest) = rows.split_at(Axis(0), queries.len());
            rows = rest;
            let n = queries.len();
            shares.push(Share {
                unit,
                queries,
                output,
                states: states.split_off_mut(..n * trace.kept * trace.extents.width).unwrap_or_default(),
                maxima: maxima.split_off_mut(..n * trace.softmaxes).unwrap_or_default(),
                inverses: inverses.split_off_mut(..n * trace.softmaxes).unwrap_or_default(),
            });
        }
    }
    shares
}

impl Scratch {
    /// Returns how many queries did not settle.
    fn run(&mut self, inputs: &Inputs<'_>, extents: &Extents, mut share: Share<'_>) -> usize {
        let (n, h) = (share.unit / extents.heads, share.unit % extents.heads);
        let (patterns, values) = (of_head(&inputs.patterns, n, h), of_head(&inputs.values, n, h));
        self.head.cut(extents.patterns, inputs.padding.as_ref().map(|padding| padding.row(n)));
        lay_across(patterns, self.head.blocks.iter().cloned(), &mut self.head.patterns_across);
        lay_along(values, &mut self.head.values_along);
        if inputs.updates != Updates::Unrolled(0) {
            lay_along(patterns, &mut self.head.patterns_along);
        }
        let lens = Lens {
            head: &self.head,
            width: extents.width,
            value_width: extents.value_width,
            beta: inputs.betas[h],
            mask: inputs.mask.as_ref().map(|mask| of_head(mask, n, h)),
            level: Level::current(),
        };
        let (panels, value_panels) = (extents.width.div_ceil(LANES), extents.value_width.div_ceil(LANES));
        let mut unsettled = 0;
        let first = share.queries.start;
        let all = of_head(&inputs.queries, n, h);
        for rows in runs(share.queries.len(), QUERIES) {
            let queries = first + rows.start..first + rows.end;
            lay_along(all.slice(s![queries.clone(), ..]), &mut self.cues);
            match inputs.updates {
                Updates::Unrolled(count) => {
                    for t in 0..count {
                        let out = &mut self.next;
                        let target = Target { along: &self.head.patterns_along, panels, out };
                        self.reader.read(lens, &self.cues, &queries, &mut [target]);
                        share.keep_softmax(&rows, t, count + 1, &self.reader);
                        std::mem::swap(&mut self.cues, &mut self.next);
                        share.keep_state(&rows, t, count, extents.width, &self.cues);
                    }
                    let out = &mut self.read;
                    let target = Target { along: &self.head.values_along, panels: value_panels, out };
                    self.reader.read(lens, &self.cues, &queries, &mut [target]);
                    share.keep_softmax(&rows, count, count + 1, &self.reader);
                }
                Updates::Settled { tolerance, limit } => {
                    let along = &self.head.patterns_along;
                    let mut image = |cues: &[Lane], out: &mut Vec<Lane>| {
                        self.reader.read(lens, cues, &queries, &mut [Target { along, panels, out }]);
                    };
                    let small = |moved: f64, length: f64| moved <= f64::from(tolerance) * length.max(1.0);
                    unsettled += settle(&mut self.cues, &mut self.next, panels, limit, small, &mut image);
                    let mut targets = [
                        Target { along, panels, out: &mut self.next },
                        Target { along: &self.head.values_along, panels: value_panels, out: &mut self.read },
                    ];
                    self.reader.read(lens, &self.cues, &queries, &mut targets);
                    share.keep_softmax(&rows, 0, 1, &self.reader);
                    share.keep_state(&rows, 0, 2, extents.width, &self.cues);
                    share.keep_state(&rows, 1, 2, extents.width, &self.next);
                }
            }
            lay_back(&self.read, &mut share.output.slice_mut(s![rows, ..]));
        }
        unsettled
    }
}

impl Share<'_> {
    fn keep_softmax(&mut self, rows: &Range<usize>, t: usize, of: usize, reader: &Reader) {
        for (i, row) in rows.clone().enumerate() {
            // A query that may look at nothing: any finite number serves, since its weights are multiplied by 0.
            let dead = reader.inverse[i] == 0.0;
            self.maxima[row * of + t] = if dead { 0.0 } else { reader.maximum[i] };
            self.inverses[row * of + t] = reader.inverse[i];
        }
    }

    fn keep_state(&mut self, rows: &Range<usize>, t: usize, of: usize, width: usize, state: &[Lane]) {
        let panels = width.div_ceil(LANES);
        for (row, lanes) in rows.clone().zip(state.chunks_exact(panels)) {
            self.states[(row * of + t) * width..][..width].copy_from_slice(&Lane::floats(lanes)[..width]);
        }
    }
}
