//! Storkey's rule, second order (Storkey 1997), zero diagonal.
//!
//! `W_ij += (1/d) (xi_i xi_j - xi_i h_ji - h_ij xi_j)` with `h_ij = sum_{k != i,j} W_ik xi_k`.

use super::weights::Weights;

/// Adds one pattern of -1 and +1. The result depends on the order of the patterns.
///
/// With the full field `g = W xi`, `h_ij = g_i - W_ij xi_j`, and the sum over `k` is done once per
/// row: `W_ij += (1/d) (xi_i xi_j - xi_i g_j - g_i xi_j + 2 W_ij)`, `O(d^2)` in all.
pub(super) fn learn(weights: &mut Weights, pattern: &[f64]) {
    let field = weights.product(pattern);
    let share = 1.0 / pattern.len() as f64;
    weights.for_each_row(|i, row| {
        let (own, own_field) = (pattern[i], field[i]);
        for ((weight, &other), &other_field) in row.iter_mut().zip(pattern).zip(&field) {
            // Symmetric in i and j to the bit: W stays exactly symmetric.
            let crossed = own * other_field + other * own_field;
            *weight += (own * other - crossed + 2.0 * *weight) * share;
        }
        // Zeroed afterwards, so that the loop has no branch.
        row[i] = 0.0;
    });
}
