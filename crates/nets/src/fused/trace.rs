//! What the way back needs of the way forward, block of queries by block.

use std::ops::Range;

use attractor_kernel::Lane;

use super::inputs::Extents;
use super::read::Reader;
use super::rows::QUERIES;

/// The blocks of every head, all of the batch.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    pub(crate) extents: Extents,
    pub(crate) blocks: Vec<Block>,
}

/// What became of the queries of a block; rows are padded to whole lanes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    /// The states after each step. Of a fixed point: the state where the steps ended, and what it retrieves.
    pub(crate) states: Vec<Vec<Lane>>,
    /// The softmax of each step.
    pub(crate) softmaxes: Vec<Softmax>,
    /// The softmax that reads the values.
    pub(crate) last: Softmax,
    /// Steps that each query took.
    pub(crate) taken: Vec<usize>,
    /// Whether the last of them stayed within the tolerance.
    pub(crate) converged: Vec<bool>,
}

/// The partition of each row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Softmax {
    /// Largest score.
    pub(crate) maximum: Vec<f32>,
    /// One over the sum of exponentials relative to it; 0 for a query that may look at nothing.
    pub(crate) inverse: Vec<f32>,
}

/// What a pass leaves for the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    All,
    Nothing,
}

impl Trace {
    pub(crate) fn new(extents: Extents) -> Self {
        let blocks = vec![Block::default(); extents.units() * Self::per_unit(&extents)];
        Self { extents, blocks }
    }

    /// Blocks of one head.
    pub(crate) fn per_unit(extents: &Extents) -> usize {
        extents.queries.div_ceil(QUERIES)
    }

    /// The block whose first query is this one.
    pub(crate) fn at(&self, unit: usize, query: usize) -> &Block {
        &self.blocks[unit * Self::per_unit(&self.extents) + query / QUERIES]
    }

    /// Queries that rested nowhere, though they were watched.
    pub(crate) fn unsettled(&self) -> usize {
        self.blocks.iter().flat_map(|block| &block.converged).filter(|&&converged| !converged).count()
    }
}

impl Softmax {
    pub(crate) fn of(reader: &Reader) -> Self {
        let rows = reader.maximum.iter().zip(&reader.inverse);
        // A query that may look at nothing: any finite number serves, since its weights are multiplied by 0.
        let maximum = rows.map(|(&maximum, &inverse)| if inverse == 0.0 { 0.0 } else { maximum }).collect();
        Self { maximum, inverse: reader.inverse.clone() }
    }

    /// That of the rows for which `live` holds; the others have weights of exact zeros, whatever their scores.
    pub(crate) fn only(&self, live: impl Fn(usize) -> bool, to: &mut Self) {
        let rows = 0..self.maximum.len();
        to.maximum.clear();
        to.maximum.extend(rows.clone().map(|row| if live(row) { self.maximum[row] } else { f32::MAX }));
        to.inverse.clear();
        to.inverse.extend(rows.map(|row| if live(row) { self.inverse[row] } else { 0.0 }));
    }
}

/// Which blocks hold a run of queries of a head.
pub(crate) fn blocks_of(queries: &Range<usize>) -> usize {
    queries.len().div_ceil(QUERIES)
}
