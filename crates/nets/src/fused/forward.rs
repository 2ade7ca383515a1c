//! The way forward.

use std::ops::Range;

use attractor_kernel::{LANES, Lane, Level};
use ndarray::{Array3, Array4, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use super::head::{Head, lay_across, lay_along, lay_back, of_head};
use super::inputs::{Extents, Inputs};
use super::read::{Lens, Reader, Target, Thinning};
use super::rows::{Order, QUERIES, group, runs, units};
use super::settle::within;
use super::trace::{Block, Keep, Softmax, Trace, blocks_of};
use crate::Error;
use crate::association::Gradient;

/// What an association returns.
#[derive(Debug, Clone)]
pub struct Forward {
    /// `(batch, heads, queries, value width)`, in memory in the order of the queries.
    pub output: Array4<f32>,
    /// The states that read it, `(batch, heads, queries, width)`; `None` without updates, where they are the queries.
    pub states: Option<Array4<f32>>,
    pub(crate) trace: Trace,
}

impl Forward {
    /// Updates that each query took, `(batch, heads, queries)`.
    pub fn steps(&self) -> Array3<usize> {
        self.by_query(|block| &block.taken)
    }

    /// Whether the last of them stayed within the tolerance. Nothing is watched without one.
    pub fn converged(&self) -> Array3<bool> {
        self.by_query(|block| &block.converged)
    }

    /// Queries that had not settled at the limit of their steps; 0 without a tolerance.
    pub fn unsettled(&self) -> usize {
        self.trace.unsettled()
    }

    fn by_query<T: Copy + Default>(&self, of: impl Fn(&Block) -> &Vec<T>) -> Array3<T> {
        let Extents { batch, heads, queries, .. } = self.trace.extents;
        let all: Vec<T> = self.trace.blocks.iter().flat_map(|block| of(block).iter().copied()).collect();
        Array3::from_shape_vec([batch, heads, queries], all)
            .unwrap_or_else(|_| Array3::from_elem([batch, heads, queries], T::default()))
    }
}

/// One group of the queries of one head: what it reads and writes.
struct Share<'a> {
    /// Which of the heads of all of the batch.
    unit: usize,
    /// Which of its queries.
    queries: Range<usize>,
    output: ArrayViewMut2<'a, f32>,
    states: Option<ArrayViewMut2<'a, f32>>,
    blocks: &'a mut [Block],
}

/// What one thread works with.
#[derive(Debug, Default)]
struct Scratch {
    head: Head,
    reader: Reader,
    cues: Vec<Lane>,
    next: Vec<Lane>,
    read: Vec<Lane>,
    moving: Vec<bool>,
}

/// Associates queries with patterns and reads the values.
///
/// Time: `2 batch heads queries patterns (width (2 updates + 1) + value width)` operations. Kept for the way back:
/// `queries (updates width + 2 (updates + 1))` floats per head.
///
/// # Errors
/// [`Error::Shape`] where extents differ, [`Error::Parameter`] for a width of 0, a beta that is negative or not
/// finite, a tolerance that is not above 0, a dropout outside [0, 1); [`Error::Parameter`] or [`Error::Options`] for
/// the gradient of a fixed point without a step or a tolerance.
///
/// ```
/// use attractor_nets::fused::{Inputs, forward};
/// use ndarray::array;
///
/// let queries = array![[[[0.9, 0.2]]]];
/// let patterns = array![[[[1.0, 0.0], [0.0, 1.0]]]];
/// let inputs = Inputs::new(queries.view(), patterns.view(), patterns.view(), &[8.0], &[0]);
/// assert!((forward(&inputs)?.output[[0, 0, 0, 0]] - 0.996316).abs() < 1e-6);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
pub fn forward(inputs: &Inputs<'_>) -> Result<Forward, Error> {
    pass(inputs, Keep::All)
}

/// The same, with or without what the way back needs.
pub(crate) fn pass(inputs: &Inputs<'_>, keep: Keep) -> Result<Forward, Error> {
    let extents = inputs.check()?;
    let order = Order::of(&inputs.queries);
    let mut output = order.zeros(extents.output());
    let moves = inputs.steps.iter().any(|&steps| steps > 0);
    let mut states =
        moves.then(|| order.zeros([extents.batch, extents.heads, extents.queries, extents.width]));
    let mut trace = Trace::new(extents);
    let shares = share(&mut output, states.as_mut(), &mut trace);
    shares
        .into_par_iter()
        .for_each_init(Scratch::default, |scratch, share| scratch.run(inputs, &extents, share, keep));
    Ok(Forward { output, states, trace })
}

/// The shares of the work, in order.
fn share<'a>(
    output: &'a mut Array4<f32>,
    states: Option<&'a mut Array4<f32>>,
    trace: &'a mut Trace,
) -> Vec<Share<'a>> {
    let extents = trace.extents;
    let mut shares = Vec::new();
    let mut blocks = &mut trace.blocks[..];
    let mut states = states.map(|states| units(states).into_iter());
    for (unit, mut rows) in units(output).into_iter().enumerate() {
        let mut moved = states.as_mut().and_then(Iterator::next);
        for queries in runs(extents.queries, group(&extents)) {
            let (output, rest) = rows.split_at(Axis(0), queries.len());
            rows = rest;
            let states = moved.take().map(|all| {
                let (first, rest) = all.split_at(Axis(0), queries.len());
                moved = Some(rest);
                first
            });
            let blocks = blocks.split_off_mut(..blocks_of(&queries)).unwrap_or_default();
            shares.push(Share { unit, queries, output, states, blocks });
        }
    }
    shares
}

impl Scratch {
    fn run(&mut self, inputs: &Inputs<'_>, extents: &Extents, mut share: Share<'_>, keep: Keep) {
        let (n, h) = (share.unit / extents.heads, share.unit % extents.heads);
        let (patterns, values) = (of_head(&inputs.patterns, n, h), of_head(&inputs.values, n, h));
        let mut head = std::mem::take(&mut self.head);
        let mask = head.cut(extents.patterns, inputs.mask(n, h));
        lay_across(patterns, head.blocks.iter().cloned(), &mut head.patterns_across);
        lay_along(values, &mut head.values_along);
        if inputs.steps[h] > 0 {
            lay_along(patterns, &mut head.patterns_along);
        }
        let lens = Lens {
            head: &head,
            width: extents.width,
            value_width: extents.value_width,
            beta: inputs.betas[h],
            phantom: inputs.phantom,
            mask,
            thinning: inputs.dropout.map(|dropout| Thinning { dropout, batch: n, head: h }),
            level: Level::current(),
        };
        let first = share.queries.start;
        let all = of_head(&inputs.queries, n, h);
        for (rows, block) in runs(share.queries.len(), QUERIES).zip(share.blocks.iter_mut()) {
            let queries = first + rows.start..first + rows.end;
            lay_along(all.slice(s![queries.clone(), ..]), &mut self.cues);
            self.update(inputs, h, lens, &queries, block, keep);
            self.finish(inputs, lens, &queries, block, keep);
            lay_back(&self.read, &mut share.output.slice_mut(s![rows.clone(), ..]));
            if let Some(states) = &mut share.states {
                lay_back(&self.cues, &mut states.slice_mut(s![rows, ..]));
            }
        }
        self.head = head;
    }

    /// Moves the cues, each until it rests.
    fn update(
        &mut self,
        inputs: &Inputs<'_>,
        h: usize,
        lens: Lens<'_>,
        queries: &Range<usize>,
        block: &mut Block,
        keep: Keep,
    ) {
        let panels = lens.width.div_ceil(LANES);
        let unrolled = keep == Keep::All && inputs.gradient == Gradient::Unrolled;
        let tolerance = inputs.tolerance.map(|tolerance| tolerance[h]);
        block.taken = vec![0; queries.len()];
        block.converged = vec![false; if tolerance.is_some() { queries.len() } else { 0 }];
        self.moving.clear();
        self.moving.resize(queries.len(), true);
        for _ in 0..inputs.steps[h] {
            let target =
                Target { along: &lens.head.patterns_along, panels, thinning: None, out: &mut self.next };
            self.reader.read(lens, &self.cues, queries, &mut [target]);
            let pairs = self.cues.chunks_exact_mut(panels).zip(self.next.chunks_exact(panels));
            for (row, (cue, next)) in pairs.enumerate() {
                if !self.moving[row] {
                    continue;
                }
                block.taken[row] += 1;
                if let Some(tolerance) = tolerance
                    && within(cue, next, tolerance)
                {
                    (self.moving[row], block.converged[row]) = (false, true);
                }
                cue.copy_from_slice(next);
            }
            if unrolled {
                block.softmaxes.push(Softmax::of(&self.reader));
                block.states.push(self.cues.clone());
            }
            if !self.moving.contains(&true) {
                break;
            }
        }
    }

    /// Reads the values with the states as they are.
    fn finish(
        &mut self,
        inputs: &Inputs<'_>,
        lens: Lens<'_>,
        queries: &Range<usize>,
        block: &mut Block,
        keep: Keep,
    ) {
        let (panels, value_panels) = (lens.width.div_ceil(LANES), lens.value_width.div_ceil(LANES));
        let values = Target {
            along: &lens.head.values_along,
            panels: value_panels,
            thinning: lens.thinning,
            out: &mut self.read,
        };
        if keep == Keep::All && inputs.gradient == Gradient::FixedPoint {
            let along = &lens.head.patterns_along;
            let image = Target { along, panels, thinning: None, out: &mut self.next };
            self.reader.read(lens, &self.cues, queries, &mut [image, values]);
            block.states = vec![self.cues.clone(), self.next.clone()];
        } else {
            self.reader.read(lens, &self.cues, queries, &mut [values]);
        }
        if keep == Keep::All {
            block.last = Softmax::of(&self.reader);
        }
    }
}
