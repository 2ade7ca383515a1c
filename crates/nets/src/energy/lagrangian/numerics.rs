//! Forms that stay finite.

use burn::tensor::Tensor;

/// No activation is larger: beyond, exponentials and polynomials go on as straight lines, which keeps them convex
/// and their energies finite in `f32` for states up to 1e4.
pub(super) const LARGEST: f64 = 1e28;

/// The sum over a sample, `(batch)`.
pub(super) fn total(terms: Tensor<3>) -> Tensor<1> {
    let [batch, ..] = terms.dims();
    terms.sum_dim(2).sum_dim(1).reshape([batch])
}

/// `exp y` and its integral, straight beyond [`LARGEST`].
pub(super) fn exponential(y: Tensor<3>) -> [Tensor<3>; 2] {
    let top = LARGEST.ln();
    let slope = y.clone().clamp_max(top).exp();
    let value = slope.clone() * ((y - top).clamp_min(0.0) + 1.0);
    [slope, value]
}

/// `ln(1 + exp(-y))` for `y >= 0`.
pub(super) fn log1p_exp_neg(y: Tensor<3>) -> Tensor<3> {
    y.neg().exp().log1p()
}
