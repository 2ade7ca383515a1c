//! The symmetric weight matrix.

use rayon::prelude::*;

/// Rows of `W`, in multiples of `1 / unit`: Hebb's weights are integers over `d`, and stay integers.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    width: usize,
    entries: Vec<f64>,
    unit: f64,
}

impl Weights {
    pub(super) fn zeros(width: usize, unit: f64) -> Self {
        Self { width, entries: vec![0.0; width * width], unit }
    }

    pub(super) fn clear(&mut self) {
        self.entries.fill(0.0);
    }

    /// What entries and products are divided by to have `W`.
    pub(super) fn unit(&self) -> f64 {
        self.unit
    }

    /// Row `i`, which is also column `i`, times the unit.
    pub(super) fn row(&self, i: usize) -> &[f64] {
        &self.entries[i * self.width..(i + 1) * self.width]
    }

    /// Lets `change` rewrite every row, given its number; rows in parallel.
    pub(super) fn for_each_row(&mut self, change: impl Fn(usize, &mut [f64]) + Sync) {
        self.entries.par_chunks_exact_mut(self.width).enumerate().for_each(|(i, row)| change(i, row));
    }

    /// `W s` times the unit, rows in parallel.
    pub(super) fn product(&self, state: &[f64]) -> Vec<f64> {
        self.entries.par_chunks_exact(self.width).map(|row| dot(row, state)).collect()
    }

    /// `W s` times the unit, for each state. A row is read once for all of them.
    pub(super) fn products(&self, states: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut products = vec![Vec::with_capacity(self.width); states.len()];
        for row in self.entries.chunks_exact(self.width) {
            for (product, state) in products.iter_mut().zip(states) {
                product.push(dot(row, state));
            }
        }
        products
    }

    /// The largest sum of absolute weights in a row, a bound for every field.
    pub(super) fn norm(&self) -> f64 {
        let row_sum = |row: &[f64]| row.iter().map(|w| w.abs()).sum::<f64>();
        self.entries.par_chunks_exact(self.width).map(row_sum).reduce(|| 0.0, f64::max) / self.unit
    }
}

const LANES: usize = 8;

/// Dot product in a fixed order that the compiler can vectorise.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a, a_tail) = a.as_chunks::<LANES>();
    let (b, b_tail) = b.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + a_tail.iter().zip(b_tail).map(|(x, y)| x * y).sum::<f64>()
}
