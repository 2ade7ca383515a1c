//! The pseudo-inverse or projection rule: `W` projects on the span of the patterns.

use super::weights::{Weights, dot};

/// What happens to the diagonal of the projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Diagonal {
    /// Kept: `W` is the projection itself and every stored pattern its own field, `W xi = xi`.
    Kept,
    /// Set to zero: wider basins of attraction. A stored pattern keeps the sign of its field
    /// wherever `W_ii < 1`, and units with `W_ii = 1` have no field at all and never move.
    Zeroed,
}

/// An orthonormal basis of the span so far; `W` is the sum of its outer products.
#[derive(Debug, Clone)]
pub(super) struct Projection {
    diagonal: Diagonal,
    tolerance: f64,
    /// Rows of width `d`, one after the other.
    basis: Vec<f64>,
}

impl Projection {
    pub(super) fn new(diagonal: Diagonal, tolerance: f64) -> Self {
        Self { diagonal, tolerance, basis: Vec::new() }
    }

    pub(super) fn clear(&mut self) {
        self.basis.clear();
    }

    /// Greville's recursion: with `e = xi - W xi`, `W += e e^T / |e|^2`, unless
    /// `|e|^2 <= tolerance |xi|^2`, where the pattern lies in the span already and changes nothing.
    ///
    /// The residual is taken against the basis, twice: it is then orthogonal to rounding, and `W`
    /// stays a projection however many patterns follow.
    pub(super) fn learn(&mut self, weights: &mut Weights, patterns: &[Vec<f64>]) {
        let known = self.basis.len();
        for pattern in patterns {
            let mut residual = pattern.clone();
            for _ in 0..2 {
                for q in self.basis.chunks_exact(pattern.len()) {
                    let along = dot(q, &residual);
                    residual.iter_mut().zip(q).for_each(|(e, q)| *e -= along * q);
                }
            }
            let squared = dot(&residual, &residual);
            if squared > self.tolerance * pattern.len() as f64 {
                let length = squared.sqrt();
                self.basis.extend(residual.iter().map(|e| e / length));
            }
        }
        let added = &self.basis[known..];
        weights.for_each_row(|i, row| {
            for q in added.chunks_exact(row.len()) {
                let own = q[i];
                row.iter_mut().zip(q).for_each(|(w, q)| *w += own * q);
            }
            if self.diagonal == Diagonal::Zeroed {
                row[i] = 0.0;
            }
        });
    }
}
