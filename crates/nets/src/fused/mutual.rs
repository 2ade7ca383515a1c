//! What queries read of keys, and keys of queries, through one softmax: the forces of energy attention (Hoover et al.
//! 2023).
//!
//! With `P = softmax(beta Q K^T)` over the keys: `L = P K` is what each query is drawn to, `S = P^T Q` each key. With
//! slopes `l` by `L` and `s` by `S`: `d = P (l K^T + Q s^T)`, less `P` times the mean of its row;
//! `Q' = P s + beta d K`, `K' = P^T l + beta d^T Q`.
//!
//! A block of queries meets all keys of its head; the weights of a block are held, never those of all heads.

use std::ops::Range;

use attractor_kernel::{LANES, Lane, Level, Onto, Partition, Terms, means, multiply, slope, soften};
use ndarray::{Array4, ArrayView2, ArrayView4, ArrayViewMut2};
use rayon::prelude::*;

use super::head::{lay_across, lay_along, lay_back, lay_mask, of_head};
use super::inputs::Limits;
use super::read::{product, refill, scale, weights, weights_transposed};
use super::rows::{Order, QUERIES, runs, units};

/// Which of the two is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// `L`, a row per query.
    Looking,
    /// `S`, a row per key.
    Seen,
    /// Both, for as many queries as keys: `L` of all heads, then `S` of all heads.
    Both,
}

impl Side {
    fn heads(self, heads: usize) -> usize {
        if self == Self::Both { 2 * heads } else { heads }
    }

    /// Which rows of the result belong to a head: those of `L` and those of `S`.
    fn split<T>(self, all: Vec<T>, heads: usize) -> Vec<[Option<T>; 2]> {
        let mut all = all.into_iter().map(Some);
        match self {
            Self::Looking => all.map(|one| [one, None]).collect(),
            Self::Seen => all.map(|one| [None, one]).collect(),
            Self::Both => {
                let mut pairs = Vec::with_capacity(all.len() / 2);
                while all.len() > 0 {
                    let looking: Vec<_> = all.by_ref().take(heads).collect();
                    pairs.extend(looking.into_iter().zip(all.by_ref().take(heads)).map(|(l, s)| [l, s]));
                }
                pairs
            }
        }
    }
}

/// Queries and keys, `(batch, heads, positions, depth)` each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mutual<'a> {
    pub(crate) queries: ArrayView4<'a, f32>,
    pub(crate) keys: ArrayView4<'a, f32>,
    pub(crate) beta: f32,
    pub(crate) side: Side,
    /// `(queries, keys)`, not 0 where a query may not look.
    pub(crate) forbidden: Option<ArrayView2<'a, u8>>,
}

impl Mutual<'_> {
    /// `(batch, heads, positions, depth)`, with twice the heads for both sides.
    pub(crate) fn forward(&self) -> Array4<f32> {
        let (batch, heads, n, depth) = self.queries.dim();
        let rows = if self.side == Side::Seen { self.keys.dim().2 } else { n };
        let mut out = Order::Rows.zeros([batch, self.side.heads(heads), rows, depth]);
        let pairs = self.side.split(units(&mut out), heads);
        pairs.into_par_iter().enumerate().for_each_init(Scratch::default, |scratch, (at, to)| {
            scratch.lay(self, at / heads, at % heads);
            scratch.forward(self, to);
        });
        out
    }

    /// Slopes by queries and keys, from those by the result.
    pub(crate) fn backward(&self, slopes: ArrayView4<'_, f32>) -> [Array4<f32>; 2] {
        let (batch, heads, n, depth) = self.queries.dim();
        let mut by_queries = Order::Rows.zeros([batch, heads, n, depth]);
        let mut by_keys = Order::Rows.zeros([batch, heads, self.keys.dim().2, depth]);
        let to = units(&mut by_queries).into_par_iter().zip(units(&mut by_keys));
        to.enumerate().for_each_init(Scratch::default, |scratch, (at, (queries, keys))| {
            let (n, h) = (at / heads, at % heads);
            let [looking, seen] = match self.side {
                Side::Looking => [Some(h), None],
                Side::Seen => [None, Some(h)],
                Side::Both => [Some(h), Some(heads + h)],
            };
            scratch.lay(self, n, h);
            let of = |head: Option<usize>| head.map(|head| of_head(&slopes, n, head));
            scratch.backward(self, [of(looking), of(seen)], queries, keys);
        });
        [by_queries, by_keys]
    }
}

/// One head at work.
#[derive(Debug, Default)]
struct Scratch {
    /// Rows of whole lanes.
    queries: Vec<Lane>,
    keys: Vec<Lane>,
    /// The keys across the lanes.
    across: Vec<Lane>,
    extents: Extents,
    /// 0 for each key, minus infinity behind the last.
    terms: Vec<Lane>,
    own: Vec<Lane>,
    strip: Vec<Lane>,
    partition: (Vec<f32>, Vec<f64>, Vec<f32>),
    slopes: Vec<Lane>,
    means: Vec<f32>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Extents {
    queries: usize,
    keys: usize,
    depth: usize,
}

impl Extents {
    fn panels(self) -> usize {
        self.depth.div_ceil(LANES)
    }
}

impl Scratch {
    fn lay(&mut self, of: &Mutual<'_>, n: usize, h: usize) {
        let (queries, keys) = (of_head(&of.queries, n, h), of_head(&of.keys, n, h));
        self.extents = Extents { queries: queries.nrows(), keys: keys.nrows(), depth: queries.ncols() };
        lay_along(queries, &mut self.queries);
        lay_along(keys, &mut self.keys);
        lay_across(keys, std::iter::once(0..keys.nrows()), &mut self.across);
        refill(&mut self.terms, keys.nrows().div_ceil(LANES), Lane::ZERO);
        Lane::floats_mut(&mut self.terms)[keys.nrows()..].fill(f32::NEG_INFINITY);
    }

    /// The weights of some queries into the strip, `(queries, panels of keys)`.
    fn weigh(&mut self, of: &Mutual<'_>, rows: &Range<usize>) {
        let Extents { keys, depth, .. } = self.extents;
        let panels = self.extents.panels();
        let level = Level::current();
        let cues = &self.queries[rows.start * panels..rows.end * panels];
        product(level, cues, rows.len(), &self.across, depth, &(0..keys), &mut self.strip);
        lay_mask(Limits { forbidden: of.forbidden, added: None }, rows, &(0..keys), &mut self.own);
        let (maximum, sum, decay) = &mut self.partition;
        refill(maximum, rows.len(), f32::NEG_INFINITY);
        refill(sum, rows.len(), 0.0);
        refill(decay, rows.len(), 1.0);
        let terms = Terms { scale: of.beta, shared: &self.terms, own: &self.own };
        soften(level, &terms, &mut self.strip, &mut Partition { maximum, sum, decay });
        for (row, &sum) in self.strip.chunks_exact_mut(self.terms.len()).zip(&*sum) {
            scale(row, if sum > 0.0 { (1.0 / sum) as f32 } else { 0.0 });
        }
    }

    fn forward(&mut self, of: &Mutual<'_>, [looking, seen]: [Option<ArrayViewMut2<'_, f32>>; 2]) {
        let (Extents { queries, keys, .. }, panels) = (self.extents, self.extents.panels());
        let level = Level::current();
        let sums = |wanted: bool, rows: usize| vec![Lane::ZERO; if wanted { rows * panels } else { 0 }];
        let mut drawn = [sums(looking.is_some(), queries), sums(seen.is_some(), keys)];
        for rows in runs(queries, QUERIES) {
            self.weigh(of, &rows);
            let lanes = rows.start * panels..rows.end * panels;
            if looking.is_some() {
                let left = weights(&self.strip, rows.len(), keys, self.terms.len());
                multiply(level, &left, &self.keys, panels, Onto::Nothing, &mut drawn[0][lanes.clone()]);
            }
            if seen.is_some() {
                let left = weights_transposed(&self.strip, rows.len(), keys, self.terms.len());
                multiply(level, &left, &self.queries[lanes], panels, Onto::Former, &mut drawn[1]);
            }
        }
        for (to, from) in [looking, seen].into_iter().zip(&drawn) {
            if let Some(mut to) = to {
                lay_back(from, &mut to);
            }
        }
    }

    fn backward(
        &mut self,
        of: &Mutual<'_>,
        slopes: [Option<ArrayView2<'_, f32>>; 2],
        mut by_queries: ArrayViewMut2<'_, f32>,
        mut by_keys: ArrayViewMut2<'_, f32>,
    ) {
        let (Extents { queries, keys, depth }, panels) = (self.extents, self.extents.panels());
        let (level, wide) = (Level::current(), self.terms.len());
        let (mut looking, mut seen, mut seen_across) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(slopes) = slopes[0] {
            lay_along(slopes, &mut looking);
        }
        if let Some(slopes) = slopes[1] {
            lay_along(slopes, &mut seen);
            lay_across(slopes, std::iter::once(0..keys), &mut seen_across);
        }
        let (mut to_queries, mut to_keys) =
            (vec![Lane::ZERO; queries * panels], vec![Lane::ZERO; keys * panels]);
        for rows in runs(queries, QUERIES) {
            self.weigh(of, &rows);
            let lanes = rows.start * panels..rows.end * panels;
            let cues = &self.queries[lanes.clone()];
            let to = &mut to_queries[lanes.clone()];
            refill(&mut self.slopes, rows.len() * wide, Lane::ZERO);
            let left = weights(&self.strip, rows.len(), keys, wide);
            let turned = weights_transposed(&self.strip, rows.len(), keys, wide);
            if !looking.is_empty() {
                let looking = &looking[lanes.clone()];
                product(level, looking, rows.len(), &self.across, depth, &(0..keys), &mut self.slopes);
                multiply(level, &turned, looking, panels, Onto::Former, &mut to_keys);
            }
            if !seen.is_empty() {
                let floats = Lane::floats(cues);
                let step = panels * LANES;
                let cues =
                    attractor_kernel::Left { floats, rows: rows.len(), depth, row_step: step, depth_step: 1 };
                multiply(level, &cues, &seen_across, wide, Onto::Former, &mut self.slopes);
                multiply(level, &left, &seen, panels, Onto::Former, to);
            }
            refill(&mut self.means, rows.len(), 0.0);
            means(level, &self.strip, &self.slopes, wide, &mut self.means);
            slope(level, &self.strip, &self.means, wide, &mut self.slopes);
            scale(&mut self.slopes, of.beta);
            let left = weights(&self.slopes, rows.len(), keys, wide);
            multiply(level, &left, &self.keys, panels, Onto::Former, to);
            let turned = weights_transposed(&self.slopes, rows.len(), keys, wide);
            multiply(level, &turned, cues, panels, Onto::Former, &mut to_keys);
        }
        lay_back(&to_queries, &mut by_queries);
        lay_back(&to_keys, &mut by_keys);
    }
}
