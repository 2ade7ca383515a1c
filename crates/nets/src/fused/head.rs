//! One head as the products want it: rows padded to whole lanes.

use std::ops::Range;

use attractor_kernel::{LANES, Lane};
use ndarray::{ArrayView2, ArrayView4, ArrayViewMut2, s};

use super::inputs::Limits;
use super::rows::runs;

/// Most patterns whose scores are held at a time.
const PATTERNS: usize = 256;

/// Patterns and values of one head. What a pass does not need stays empty.
#[derive(Debug, Default)]
pub(crate) struct Head {
    /// Patterns of each block: equal runs, whole panels but for the last.
    pub(crate) blocks: Vec<Range<usize>>,
    /// Patterns across the lanes, block after block `(width, panels)`: the right factor of scores.
    pub(crate) patterns_across: Vec<Lane>,
    /// Patterns along the lanes, `(patterns, panels of width)`: the right factor of retrieval.
    pub(crate) patterns_along: Vec<Lane>,
    /// Values across the lanes.
    pub(crate) values_across: Vec<Lane>,
    /// Values along the lanes.
    pub(crate) values_along: Vec<Lane>,
    /// A term of every score with a pattern: 0, or minus infinity behind the last, and what masks say to every query
    /// alike.
    pub(crate) terms: Vec<Lane>,
}

impl Head {
    /// Cuts the patterns into blocks and fills in their terms. Returns what the masks say query by query.
    pub(crate) fn cut<'a>(&mut self, patterns: usize, mask: Limits<'a>) -> Limits<'a> {
        let blocks = patterns.div_ceil(PATTERNS).max(1);
        let block = patterns.div_ceil(blocks).next_multiple_of(LANES).max(LANES);
        self.blocks.clear();
        self.blocks.extend(runs(patterns, block));
        self.terms.clear();
        self.terms.resize(patterns.div_ceil(LANES), Lane::ZERO);
        let terms = Lane::floats_mut(&mut self.terms);
        terms[patterns..].fill(f32::NEG_INFINITY);
        let (forbidden, added) = (apart(mask.forbidden), apart(mask.added));
        if let Shared::Yes(added) = added {
            terms.iter_mut().zip(added.row(0)).for_each(|(term, &x)| *term = bounded(x));
        }
        if let Shared::Yes(forbidden) = forbidden {
            forbid(terms, forbidden, 0);
        }
        Limits { forbidden: forbidden.each(), added: added.each() }
    }

    /// The terms of a block.
    pub(crate) fn terms(&self, block: &Range<usize>) -> &[Lane] {
        &self.terms[block.start / LANES..block.end.div_ceil(LANES)]
    }
}

/// The rows of one head.
pub(crate) fn of_head<'a>(from: &'a ArrayView4<'_, f32>, n: usize, h: usize) -> ArrayView2<'a, f32> {
    from.slice(s![n, h, .., ..])
}

/// The part of `across` that belongs to `block`.
pub(crate) fn across<'a>(across: &'a [Lane], block: &Range<usize>, width: usize) -> &'a [Lane] {
    &across[block.start / LANES * width..block.end.div_ceil(LANES) * width]
}

/// Rows of `from`, each padded with zeros to whole lanes.
pub(crate) fn lay_along(from: ArrayView2<'_, f32>, to: &mut Vec<Lane>) {
    let panels = from.ncols().div_ceil(LANES);
    to.clear();
    to.resize(from.nrows() * panels, Lane::ZERO);
    for (row, lanes) in from.rows().into_iter().zip(to.chunks_exact_mut(panels.max(1))) {
        let floats = &mut Lane::floats_mut(lanes)[..row.len()];
        match row.as_slice() {
            Some(row) => floats.copy_from_slice(row),
            None => floats.iter_mut().zip(row).for_each(|(to, &x)| *to = x),
        }
    }
}

/// Rows of `from` across the lanes, block after block: entry `(j, i)` of a block is column `j` of its row `i`.
pub(crate) fn lay_across(
    from: ArrayView2<'_, f32>,
    blocks: impl IntoIterator<Item = Range<usize>>,
    to: &mut Vec<Lane>,
) {
    let width = from.ncols();
    to.clear();
    to.resize(from.nrows().div_ceil(LANES) * width, Lane::ZERO);
    for block in blocks {
        let panels = block.len().div_ceil(LANES);
        let lanes = &mut to[block.start / LANES * width..][..panels * width];
        for (p, rows) in runs(block.len(), LANES).enumerate() {
            let rows = from.slice(s![block.start + rows.start..block.start + rows.end, ..]);
            let mut floats = [&[][..]; LANES];
            let mut whole = rows.nrows() == LANES;
            for (to, row) in floats.iter_mut().zip(rows.rows()) {
                match row.to_slice() {
                    Some(row) => *to = row,
                    None => whole = false,
                }
            }
            let lanes = lanes[p..].iter_mut().step_by(panels);
            match whole {
                true => lanes.enumerate().for_each(|(j, lane)| lane.0 = floats.map(|row| row[j])),
                false => {
                    for (lane, column) in lanes.zip(rows.columns()) {
                        lane.0.iter_mut().zip(column).for_each(|(to, &x)| *to = x);
                    }
                }
            }
        }
    }
}

/// Writes rows of whole lanes without their padding. The rows of a result lie together in memory.
pub(crate) fn lay_back(from: &[Lane], to: &mut ArrayViewMut2<'_, f32>) {
    let (width, panels) = (to.ncols(), to.ncols().div_ceil(LANES).max(1));
    for (lanes, mut row) in from.chunks_exact(panels).zip(to.rows_mut()) {
        let floats = &Lane::floats(lanes)[..width];
        match row.as_slice_mut() {
            Some(row) => row.copy_from_slice(floats),
            None => row.iter_mut().zip(floats).for_each(|(to, &x)| *to = x),
        }
    }
}

/// The terms that masks add to the scores of `queries` with a block of patterns: nothing without a mask.
pub(crate) fn lay_mask(mask: Limits<'_>, queries: &Range<usize>, block: &Range<usize>, to: &mut Vec<Lane>) {
    to.clear();
    if mask.forbidden.is_none() && mask.added.is_none() {
        return;
    }
    let panels = block.len().div_ceil(LANES);
    to.resize(queries.len() * panels, Lane::ZERO);
    for (query, lanes) in queries.clone().zip(to.chunks_exact_mut(panels)) {
        let terms = Lane::floats_mut(lanes);
        if let Some(added) = mask.added {
            let row = added.slice_move(s![query, block.clone()]);
            terms.iter_mut().zip(row).for_each(|(to, &x)| *to = bounded(x));
        }
        if let Some(forbidden) = mask.forbidden {
            forbid(terms, forbidden.slice_move(s![.., block.clone()]), query);
        }
    }
}

fn forbid(terms: &mut [f32], mask: ArrayView2<'_, u8>, row: usize) {
    for (term, &forbidden) in terms.iter_mut().zip(mask.row(row)) {
        *term = if forbidden == 0 { *term } else { f32::NEG_INFINITY };
    }
}

/// A mask `(queries, patterns)`, by whether its rows are one and the same in memory.
#[derive(Clone, Copy)]
enum Shared<'a, T> {
    Absent,
    Yes(ArrayView2<'a, T>),
    No(ArrayView2<'a, T>),
}

fn apart<T>(mask: Option<ArrayView2<'_, T>>) -> Shared<'_, T> {
    match mask {
        None => Shared::Absent,
        Some(mask) if mask.nrows() == 1 || (mask.nrows() > 1 && mask.strides()[0] == 0) => Shared::Yes(mask),
        Some(mask) => Shared::No(mask),
    }
}

impl<'a, T> Shared<'a, T> {
    fn each(self) -> Option<ArrayView2<'a, T>> {
        match self {
            Self::No(mask) => Some(mask),
            _ => None,
        }
    }
}

/// A term that leaves every sum with it below infinity.
fn bounded(x: f32) -> f32 {
    x.min(1e38)
}

/// `sum a b` of two rows of lanes.
pub(crate) fn dot(a: &[Lane], b: &[Lane]) -> f32 {
    let mut sums = Lane::ZERO;
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.0.iter_mut().zip(a.0.iter().zip(b.0)) {
            *sum += a * b;
        }
    }
    sums.0.iter().sum()
}
