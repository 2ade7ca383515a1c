//! Storkey's rule, second order (Storkey 1997), zero diagonal.
//!
//! `W_ij += (1/d) (xi_i xi_j - xi_i h_ji - h_ij xi_j)` with `h_ij = sum_{k != i,j} W_ik xi_k`.

use super::weights::{Weights, dot};

/// Adds one pattern of -1 and +1. The result depends on the order of the patterns.
///
/// With the full field `g = W xi`, `h_ij = g_i - W_ij xi_j`, and the sum over `k` is done once per
/// row: `W_ij += (1/d) (xi_i xi_j - xi_i g_j - g_i xi_j + 2 W_ij)`, `O(d^2)` in all.
pub(super) fn learn(weights: &mut Weights, pattern: &[f64]) {
    let d = pattern.len() as f64;
    let field: Vec<f64> = (0..pattern.len()).map(|i| dot(weights.row(i), pattern)).collect();
    weights.for_each_row(|i, row| {
        for (j, weight) in row.iter_mut().enumerate() {
            if i != j {
                // Symmetric in i and j to the bit: W stays exactly symmetric.
                let crossed = pattern[i] * field[j] + pattern[j] * field[i];
                *weight += (pattern[i] * pattern[j] - crossed + 2.0 * *weight) / d;
            }
        }
    });
}
