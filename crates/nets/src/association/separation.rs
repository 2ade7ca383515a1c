//! From scores to weights.

use burn::tensor::{Bool, DType, Tensor};

use super::sparse;
use crate::Error;

/// How scores become weights, along the stored patterns. Where a stored pattern is masked its weight is 0 and its
/// gradient is 0.
///
/// The same functions as `attractor_memory::Separation`, as differentiable tensor operations.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "there is one per layer")]
pub enum Separation {
    /// `exp s / sum exp s` (Ramsauer et al. 2021).
    Softmax,
    /// `exp s / (1 + sum exp s)`: one phantom pattern of score and value zero (Hu et al. 2024).
    Softmax1,
    /// The projection of the scores onto the simplex (Martins and Astudillo 2016).
    Sparsemax,
    /// `[(alpha - 1) s - tau]_+^(1 / (alpha - 1))` with sum 1 (Peters et al. 2019). Alpha, `(H)` or `(1)`, lies
    /// above 1 and reaches to 2, which is sparsemax; where it is tracked it has a gradient (Correia et al. 2019).
    Entmax(Tensor<1>),
    /// Softmax over the `k` largest scores; those that tie for the last places share them equally.
    TopK(usize),
}

impl Separation {
    pub(super) fn check(&self, heads: usize, dtype: DType) -> Result<(), Error> {
        match self {
            Self::Entmax(alpha) if alpha.dtype() != dtype => Error::dtype("alpha", dtype, alpha.dtype()),
            Self::Entmax(alpha) if alpha.dims() != [1] => Error::shape("alpha", &[heads], &alpha.dims()),
            Self::TopK(0) => Err(Error::Parameter { name: "k", value: 0.0, limit: "at least 1" }),
            _ => Ok(()),
        }
    }

    /// The weights of `scores` `(N, H, L, S)`; `forbidden` broadcasts to them.
    pub(super) fn weights(&self, scores: Tensor<4>, forbidden: Option<&Tensor<4, Bool>>) -> Tensor<4> {
        let dims = scores.dims();
        let forbidden = forbidden.map(|mask| mask.clone().expand(dims));
        let scores = match &forbidden {
            None => scores,
            Some(mask) => {
                let low = lowest(&scores);
                scores.mask_fill(mask.clone(), low)
            }
        };
        // Weights are the same for scores that are shifted together: the largest is a constant here.
        let largest = scores.clone().detach().max_dim(3);
        let allowed = |weights: Tensor<4>| match &forbidden {
            None => weights,
            Some(mask) => weights.mask_fill(mask.clone(), 0.0),
        };
        match self {
            Self::Softmax => normalised(allowed((scores - largest).exp())),
            Self::Softmax1 => {
                let largest = largest.clamp_min(0.0);
                let weights = allowed((scores - largest.clone()).exp());
                let sum = weights.clone().sum_dim(3) + largest.neg().exp();
                weights / sum
            }
            Self::Sparsemax => allowed(sparse::sparsemax(scores - largest)),
            Self::Entmax(alpha) => {
                let heads = alpha.dims()[0];
                allowed(sparse::entmax(scores - largest, alpha.clone().reshape([1, heads, 1, 1])))
            }
            Self::TopK(k) => {
                let shares = allowed(places(scores.clone().detach(), *k));
                normalised((scores - largest).exp() * shares)
            }
        }
    }
}

/// Rows divided by their sums; rows of zeros stay.
fn normalised(weights: Tensor<4>) -> Tensor<4> {
    let sum = weights.clone().sum_dim(3);
    let empty = sum.clone().detach().equal_elem(0.0);
    weights / sum.mask_fill(empty, 1.0)
}

/// Of the `k` places: 1 for a score above the k-th largest, an equal share of what is left for those equal to it.
fn places(scores: Tensor<4>, k: usize) -> Tensor<4> {
    let k = k.min(scores.dims()[3]);
    let last = scores.clone().topk(k, 3).narrow(3, k - 1, 1);
    let float = |mask: Tensor<4, Bool>| mask.float().cast(scores.dtype());
    let above = float(scores.clone().greater(last.clone().expand(scores.dims())));
    let equal = float(scores.clone().equal(last.expand(scores.dims())));
    let left = above.clone().sum_dim(3).neg() + k as f64;
    above + equal.clone() * (left / equal.sum_dim(3))
}

/// A score so low that nothing below it counts, and that differences from it stay finite.
pub(super) fn lowest(tensor: &Tensor<4>) -> f64 {
    tensor.dtype().finfo().map_or(f64::from(f32::MIN), |info| info.min) / 2.0
}
