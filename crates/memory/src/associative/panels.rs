//! Rows of vectors in the kernel's layout, cut into leaves of fixed size.
//!
//! A leaf is the unit of work and of the reduction tree; its size never depends on how many threads there
//! are. Leaves are grown one by one, so that storing more never copies what is stored.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use attractor_kernel::{LANES, Lane, Panels, padded};
use ndarray::{ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

use crate::Threads;

/// Rows of a leaf.
pub(crate) const LEAF: usize = 4096;

/// Rows of one width. Rows are dead or live; dead ones keep their place until [`Rows::compact`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    width: usize,
    len: usize,
    leaves: Vec<Leaf>,
}

/// Panels that lie elsewhere, such as in a mapped file, and do not change.
pub type Block = Arc<dyn AsRef<[Lane]> + Send + Sync>;

#[derive(Debug, Clone, Default)]
struct Leaf {
    lanes: Lanes,
    live: Vec<u16>,
    factors: Vec<Lane>,
}

/// Lanes of a leaf's own, or borrowed until one of them changes.
#[derive(Clone)]
enum Lanes {
    Owned(Vec<Lane>),
    Shared(Block),
}

impl Lanes {
    /// Bytes of its own.
    fn bytes(&self) -> usize {
        match self {
            Self::Owned(lanes) => lanes.capacity() * size_of::<Lane>(),
            Self::Shared(_) => 0,
        }
    }

    /// To be changed: what is borrowed is copied first.
    fn owned(&mut self) -> &mut Vec<Lane> {
        if let Self::Shared(block) = self {
            *self = Self::Owned((**block).as_ref().to_vec());
        }
        match self {
            Self::Owned(lanes) => lanes,
            Self::Shared(_) => unreachable!("made its own above"),
        }
    }
}

impl Deref for Lanes {
    type Target = [Lane];

    fn deref(&self) -> &[Lane] {
        match self {
            Self::Owned(lanes) => lanes,
            Self::Shared(block) => (**block).as_ref(),
        }
    }
}

impl Default for Lanes {
    fn default() -> Self {
        Self::Owned(Vec::new())
    }
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = matches!(self, Self::Shared(_));
        f.debug_struct("Lanes").field("length", &self.len()).field("shared", &shared).finish()
    }
}

impl Rows {
    /// No rows yet, each of `width` components.
    pub(crate) fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn padded(&self) -> usize {
        padded(self.width)
    }

    pub(crate) fn leaves(&self) -> usize {
        self.leaves.len()
    }

    pub(crate) fn leaf(&self, i: usize) -> Panels<'_> {
        let leaf = &self.leaves[i];
        Panels::new(&leaf.lanes, &leaf.live, &leaf.factors, self.padded())
            .expect("a leaf's parts are kept of equal length")
    }

    /// The same leaf with other marks of what is live: one per panel.
    pub(crate) fn leaf_among<'a>(&'a self, i: usize, live: &'a [u16]) -> Panels<'a> {
        let leaf = &self.leaves[i];
        Panels::new(&leaf.lanes, live, &leaf.factors, self.padded()).expect("as many marks as panels")
    }

    /// The live rows for which `among` is true, asked in order: marks by leaf, and how many rows they are.
    pub(crate) fn marked(&self, mut among: impl FnMut(usize) -> bool) -> (Vec<Vec<u16>>, usize) {
        let mut count = 0;
        let mut marks = |first: usize, live: &u16| {
            let lanes = (0..LANES).filter(|lane| live >> lane & 1 == 1);
            let kept = lanes.filter(|lane| among(first + lane)).fold(0u16, |marks, lane| marks | 1 << lane);
            count += kept.count_ones() as usize;
            kept
        };
        let leaves = self.leaves.iter().enumerate();
        let marked = leaves.map(|(i, leaf)| {
            let panels = leaf.live.iter().enumerate();
            panels.map(|(p, live)| marks(i * LEAF + p * LANES, live)).collect()
        });
        (marked.collect(), count)
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        let leaf =
            |l: &Leaf| l.lanes.bytes() + l.factors.capacity() * size_of::<Lane>() + l.live.capacity() * 2;
        self.leaves.iter().map(leaf).sum::<usize>() + self.leaves.capacity() * size_of::<Leaf>()
    }

    /// Bytes by which one more row lets [`Rows::bytes`] grow at most.
    pub(crate) fn growth(&self) -> usize {
        let last = match self.len.is_multiple_of(LEAF) {
            true => None,
            false => self.leaves.last(),
        };
        let lanes = match last.map(|l| &l.lanes) {
            Some(Lanes::Owned(lanes)) => grown(lanes, self.padded()),
            _ => grown(&Vec::<Lane>::new(), self.padded()),
        };
        let live = last.map_or(grown(&Vec::<u16>::new(), 1), |l| grown(&l.live, 1));
        let factors = last.map_or(grown(&Vec::<Lane>::new(), 1), |l| grown(&l.factors, 1));
        lanes + live + factors + grown(&self.leaves, 1)
    }

    /// Whether the next row begins a leaf.
    pub(crate) fn begins_leaf(&self) -> bool {
        self.len.is_multiple_of(LEAF)
    }

    /// Appends a leaf that lies elsewhere: [`LEAF`] rows, where [`Rows::begins_leaf`]. One factor per row, or
    /// none for all rows ever.
    pub(crate) fn adopt(&mut self, block: Block, factors: &[f32]) {
        debug_assert!(self.begins_leaf() && (*block).as_ref().len() == LEAF / LANES * self.padded());
        let (factors, _) = factors.as_chunks::<LANES>();
        let factors = factors.iter().map(|f| Lane(*f)).collect();
        self.leaves.push(Leaf { lanes: Lanes::Shared(block), live: vec![u16::MAX; LEAF / LANES], factors });
        self.len += LEAF;
    }

    /// Puts other components, and another factor where there are any, into a row's place.
    pub(crate) fn replace(&mut self, row: usize, components: ArrayView1<'_, f32>, factor: Option<f32>) {
        let (leaf, panel, lane) = place(row);
        let width = self.padded();
        let leaf = &mut self.leaves[leaf];
        write(&mut leaf.lanes.owned()[panel * width..(panel + 1) * width], lane, components);
        if let (Some(factor), Some(factors)) = (factor, leaf.factors.get_mut(panel)) {
            factors.0[lane] = factor;
        }
    }

    /// Appends rows; `factors` has one number per row, or is empty for all rows ever.
    pub(crate) fn append(&mut self, threads: Threads, rows: ArrayView2<'_, f32>, factors: &[f32]) {
        // Memory fresh from the system is mapped page by page: that, not the copy, takes the time, and it
        // is shared by the threads too.
        let start = self.len;
        let end = start + rows.nrows();
        self.leaves.resize_with(end.div_ceil(LEAF), Leaf::default);
        let width = self.padded();
        let fill = |(i, leaf): (usize, &mut Leaf)| {
            let (from, to) = ((i * LEAF).max(start), ((i + 1) * LEAF).min(end));
            let part = rows.slice_axis(Axis(0), (from - start..to - start).into());
            let factors = if factors.is_empty() { factors } else { &factors[from - start..to - start] };
            leaf.append(from - i * LEAF, part, factors, width);
        };
        // To wake other threads for a single leaf takes longer than to fill it.
        if threads == Threads::Caller || end.div_ceil(LEAF) - start / LEAF <= 1 {
            self.leaves.iter_mut().enumerate().skip(start / LEAF).for_each(fill);
        } else {
            self.leaves.par_iter_mut().enumerate().skip(start / LEAF).for_each(fill);
        }
        self.len = end;
    }

    /// The row's components.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = f32> + '_ {
        let (leaf, panel, lane) = place(row);
        let lanes = &self.leaves[leaf].lanes[panel * self.padded()..][..self.width];
        lanes.iter().map(move |l| l.0[lane])
    }

    /// `sum_j scale * row_j` added to `out`.
    pub(crate) fn add_row(&self, row: usize, scale: f64, out: &mut [f64]) {
        for (to, x) in out.iter_mut().zip(self.row(row)) {
            *to += scale * f64::from(x);
        }
    }

    pub(crate) fn is_live(&self, row: usize) -> bool {
        let (leaf, panel, lane) = place(row);
        self.leaves[leaf].live[panel] >> lane & 1 == 1
    }

    pub(crate) fn kill(&mut self, row: usize) {
        let (leaf, panel, lane) = place(row);
        self.leaves[leaf].live[panel] &= !(1 << lane);
    }

    /// Keeps the rows for which `keep` is true, in their order.
    pub(crate) fn compact(&mut self, keep: &[bool]) {
        let mut rows = ndarray::Array2::zeros((keep.iter().filter(|&&k| k).count(), self.width));
        let mut factors = Vec::new();
        for (row, mut to) in (0..self.len).filter(|&r| keep[r]).zip(rows.rows_mut()) {
            to.iter_mut().zip(self.row(row)).for_each(|(t, x)| *t = x);
            let (leaf, panel, lane) = place(row);
            if let Some(f) = self.leaves[leaf].factors.get(panel) {
                factors.push(f.0[lane]);
            }
        }
        *self = Self::new(self.width);
        self.append(Threads::Caller, rows.view(), &factors);
    }
}

impl Leaf {
    fn append(&mut self, first: usize, rows: ArrayView2<'_, f32>, factors: &[f32], width: usize) {
        let panels = (first + rows.nrows()).div_ceil(LANES);
        self.live.resize(panels, 0);
        if !factors.is_empty() {
            self.factors.resize(panels, Lane::ZERO);
        }
        let lanes = self.lanes.owned();
        lanes.reserve(panels * width - lanes.len());
        for (i, row) in rows.rows().into_iter().enumerate() {
            let (panel, lane) = ((first + i) / LANES, (first + i) % LANES);
            if lane == 0 {
                // One panel at a time, so that its lines are still in the cache when they are filled.
                lanes.resize((panel + 1) * width, Lane::ZERO);
            }
            write(&mut lanes[panel * width..(panel + 1) * width], lane, row);
            self.live[panel] |= 1 << lane;
            if let Some(&f) = factors.get(i) {
                self.factors[panel].0[lane] = f;
            }
        }
    }
}

fn write(panel: &mut [Lane], lane: usize, row: ArrayView1<'_, f32>) {
    match row.as_slice() {
        Some(row) => panel.iter_mut().zip(row).for_each(|(to, &x)| to.0[lane] = x),
        None => panel.iter_mut().zip(row).for_each(|(to, &x)| to.0[lane] = x),
    }
}

/// Bytes that `more` entries add to a vector at most: what is full doubles.
pub(super) fn grown<T>(entries: &Vec<T>, more: usize) -> usize {
    let needed = entries.len() + more;
    if needed <= entries.capacity() {
        return 0;
    }
    (needed.max(2 * entries.capacity()).max(4) - entries.capacity()) * size_of::<T>()
}

fn place(row: usize) -> (usize, usize, usize) {
    (row / LEAF, row % LEAF / LANES, row % LANES)
}

const _: () = assert!(LEAF.is_multiple_of(LANES));

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn rows_come_back_whatever_the_pieces_they_were_stored_in() {
        let all = Array2::from_shape_fn((2 * LEAF + 37, 3), |(i, j)| (i * 3 + j) as f32);
        let factors: Vec<f32> = (0..all.nrows()).map(|i| i as f32).collect();
        for cuts in [vec![0], vec![0, 1], vec![0, 17, LEAF - 1, LEAF, LEAF + 5]] {
            let mut rows = Rows::new(3);
            for (i, &from) in cuts.iter().enumerate() {
                let to = cuts.get(i + 1).copied().unwrap_or(all.nrows());
                rows.append(Threads::Pool, all.slice(ndarray::s![from..to, ..]), &factors[from..to]);
            }
            assert_eq!(rows.len, all.nrows());
            for i in [0, 15, 16, LEAF - 1, LEAF, 2 * LEAF + 36] {
                assert_eq!(rows.row(i).collect::<Vec<_>>(), all.row(i).to_vec());
                assert!(rows.is_live(i));
            }
            let keep: Vec<bool> = (0..all.nrows()).map(|i| i % 3 == 0).collect();
            rows.compact(&keep);
            assert_eq!(rows.row(5).collect::<Vec<_>>(), all.row(15).to_vec());
            let view = rows.leaf(0);
            assert_eq!(view.factors()[0].0[5], 15.0);
        }
    }

    #[test]
    fn a_borrowed_leaf_is_copied_when_a_row_of_it_changes_and_only_then() {
        let all = Array2::from_shape_fn((LEAF, 3), |(i, j)| (i * 3 + j) as f32);
        let mut own = Rows::new(3);
        own.append(Threads::Pool, all.view(), &[]);
        let block: Block = Arc::new(own.leaf(0).lanes().to_vec());
        let mut rows = Rows::new(3);
        rows.adopt(block.clone(), &[]);
        assert!(rows.bytes() < 4096 && own.bytes() > LEAF * 16);
        assert_eq!(rows.leaf(0).lanes(), own.leaf(0).lanes());
        rows.append(Threads::Pool, all.slice(ndarray::s![..5, ..]), &[]);
        rows.kill(7);
        assert!(!rows.is_live(7) && rows.bytes() < 8192);
        rows.replace(9, ndarray::aview1(&[-1.0, -2.0, -3.0]), None);
        assert_eq!(rows.row(9).collect::<Vec<_>>(), [-1.0, -2.0, -3.0]);
        assert_eq!(rows.row(10).collect::<Vec<_>>(), all.row(10).to_vec());
        assert_eq!((*block).as_ref()[0].0[9], 27.0);
        assert!(rows.bytes() > LEAF * 16);
    }
}
