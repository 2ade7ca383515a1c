//! Hebb's rule: `W_ij = (1/d) sum_mu xi_i xi_j`, zero diagonal.

use super::weights::Weights;
use crate::binary::Columns;

/// Adds (`sign` 1) or takes away (`sign` -1) the outer products of a block of patterns.
///
/// `sum_mu xi_i xi_j` over the block is the number of patterns whose components `i` and `j` agree,
/// less the number of those where they differ: a population count of two bit columns. It is an
/// integer, so that taking away is exact and no order of storing or threads can matter.
pub(super) fn learn(weights: &mut Weights, block: &Columns, sign: f64) {
    let patterns = block.len() as i64;
    weights.for_each_row(|i, row| {
        let own = block.column(i);
        for (j, weight) in row.iter_mut().enumerate() {
            if i != j {
                let differ: u32 = own.iter().zip(block.column(j)).map(|(a, b)| (a ^ b).count_ones()).sum();
                *weight += sign * (patterns - 2 * i64::from(differ)) as f64;
            }
        }
    });
}
