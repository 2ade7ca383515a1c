//! The solution while there are fewer examples than weights.

use attractor_store::wire::{Reader, Writer};

use super::normal::solution;
use super::rows::Rows;
use crate::Error;
use crate::cortex::classes::Classes;
use crate::cortex::linear::Solution;
use crate::cortex::{check, factor};

/// `W = H^T (H H^T + lambda D^-1)^-1 Y`, with the examples as rows of H and their weights in D: a system as large as
/// there are examples, and the same W as that of the normal equations.
///
/// The products of all pairs of examples are kept (f64, row by row up to the diagonal); new ones are added when
/// they are needed.
#[derive(Debug, Default)]
pub(super) struct Dual {
    products: Vec<f64>,
    rows: usize,
}

impl Dual {
    /// The products no longer belong to the rows.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// The exact solution for all `rows`, whose weights are above 0.
    pub(super) fn solve(&mut self, rows: &Rows, classes: &Classes, penalty: f64) -> Option<Solution> {
        let (n, order) = (rows.len(), rows.order);
        self.extend(rows);
        let live: Vec<usize> = classes.live().collect();
        let mut matrix = vec![0.0; n * n];
        for (i, &weight) in rows.weights.iter().enumerate() {
            let row = &self.products[i * (i + 1) / 2..][..=i];
            row.iter().enumerate().for_each(|(j, &product)| matrix[j * n + i] = product);
            matrix[i * n + i] += penalty / f64::from(weight);
        }
        let mut shares = vec![0.0; n * live.len()];
        for (share, &slot) in shares.chunks_exact_mut(n.max(1)).zip(&live) {
            let own = rows.slots.iter().zip(share).filter(|(of, _)| **of as usize == slot);
            own.for_each(|(_, share)| *share = 1.0);
        }
        if n > 0 {
            factor::cholesky(&mut matrix, n)?;
            factor::solve(&matrix, n, &mut shares);
        }
        let mut weights = vec![0.0; order * live.len()];
        for (weights, share) in weights.chunks_exact_mut(order).zip(shares.chunks_exact(n.max(1))) {
            for (row, &share) in rows.values.chunks_exact(order).zip(share) {
                weights.iter_mut().zip(row).for_each(|(w, &h)| *w += share * f64::from(h));
            }
        }
        let numbers: Vec<u32> = live.iter().map(|&slot| classes.number(slot)).collect();
        solution(order, classes.bound(), &numbers, &weights)
    }

    fn extend(&mut self, rows: &Rows) {
        let old = self.rows;
        let count = rows.len() - old;
        if count == 0 {
            return;
        }
        let all: Vec<f64> = rows.values.iter().map(|&h| f64::from(h)).collect();
        let products = factor::products(&all, &all[old * rows.order..], rows.order);
        for (i, column) in products.chunks_exact(rows.len()).enumerate() {
            self.products.extend_from_slice(&column[..=old + i]);
        }
        self.rows = rows.len();
    }

    pub(super) fn bytes(&self) -> usize {
        8 * self.products.capacity()
    }

    pub(super) fn save(&self, to: &mut Writer) {
        to.u32(self.rows as u32);
        to.f64s(&self.products);
    }

    pub(super) fn load(from: &mut Reader<'_>, rows: &Rows) -> Result<Self, Error> {
        let count = from.u32()? as usize;
        if count > rows.len() || rows.weights.iter().any(|&weight| weight <= 0.0) {
            return Err(from.fault("products of examples that there are not").into());
        }
        Ok(Self { products: check::f64s(from, count * (count + 1) / 2)?, rows: count })
    }
}
