//! Sparsemax and entmax as tensor operations.
//!
//! The weights are solved for without a tape. Then a term that is zero carries their derivative, which is known:
//! `dp = diag(w) ds - w (w . ds) / sum w` with `w = p^(2 - alpha)` where `p > 0` (Peters et al. 2019), and by alpha
//! as in Correia et al. 2019. Weights that solve an equation need no gradient through their solver.

use burn::tensor::Tensor;

/// Halvings of the interval of the threshold, of length at most 1: one more than either type has bits.
const HALVINGS: usize = 54;

/// Weights of `scores` whose largest is 0 in each row.
pub(super) fn sparsemax(scores: Tensor<4>) -> Tensor<4> {
    // Below -1 nothing has weight, and sums of huge numbers would swallow the others.
    let constant = scores.clone().detach().clamp_min(-2.0);
    let [.., stored] = constant.dims();
    let sorted = constant.clone().sort_descending(3);
    let sums = sorted.clone().cumsum(3);
    let ranks = Tensor::<1, burn::tensor::Int>::arange(1..stored as i64 + 1, &constant.device());
    let ranks = ranks.float().cast(constant.dtype()).reshape([1, 1, 1, stored]);
    // The k-th largest has weight exactly when 1 + k s_k > s_1 + .. + s_k.
    let inside = (sorted * ranks + 1.0).greater(sums.clone()).float().cast(constant.dtype());
    let count = inside.clone().sum_dim(3);
    let last = (count.clone() - 1.0).int();
    let threshold = (sums.gather(3, last) - 1.0) / count;
    let weights = (constant - threshold).clamp_min(0.0);
    if !scores.is_tracked() {
        return weights;
    }
    let slopes = weights.clone().greater_elem(0.0).float().cast(weights.dtype());
    weights + centred(&slopes, change(scores))
}

/// Weights of `scores` whose largest is 0 in each row; `alpha` broadcasts to them.
pub(super) fn entmax(scores: Tensor<4>, alpha: Tensor<4>) -> Tensor<4> {
    let [.., stored] = scores.dims();
    let rate = alpha.clone().detach() - 1.0;
    let power = rate.clone().recip();
    let scaled = (scores.clone().detach() * rate.clone()).clamp_min(-2.0);
    let raw = |threshold: &Tensor<4>| {
        let rest = (scaled.clone() - threshold.clone()).clamp_min(0.0);
        let [batch, heads, states, stored] = rest.dims();
        rest.powf(power.clone().expand([batch, heads, states, stored]))
    };
    // One pattern alone would need the threshold -1; all of them equal, -S^(1 - alpha).
    let mut low = scaled.clone().max_dim(3) - 1.0;
    let mut width = (rate.clone() * -(stored as f64).ln()).exp().neg() + 1.0;
    for _ in 0..HALVINGS {
        width = width / 2.0;
        let middle = low.clone() + width.clone();
        let enough = raw(&middle).sum_dim(3).greater_equal_elem(1.0);
        low = low.mask_where(enough, middle);
    }
    let weights = raw(&low);
    let weights = weights.clone() / weights.sum_dim(3);
    if !scores.is_tracked() && !alpha.is_tracked() {
        return weights;
    }
    let outside = weights.clone().equal_elem(0.0);
    let logs = weights.clone().mask_fill(outside.clone(), 1.0).log();
    let slopes = (logs.clone() * (rate.clone().neg() + 1.0)).exp().mask_fill(outside, 0.0);
    let mut tracked = weights.clone();
    if scores.is_tracked() {
        tracked = tracked + centred(&slopes, change(scores));
    }
    if alpha.is_tracked() {
        let shares = slopes.clone() / slopes.sum_dim(3);
        let entropies = (weights.clone() * logs).neg();
        let along = (weights - shares.clone()) / rate.clone().square()
            + (entropies.clone() - shares * entropies.sum_dim(3)) / rate;
        tracked = tracked + along * change(alpha);
    }
    tracked
}

/// `diag(w) u - w (w . u) / sum w`.
fn centred(slopes: &Tensor<4>, direction: Tensor<4>) -> Tensor<4> {
    let along = (slopes.clone() * direction.clone()).sum_dim(3) / slopes.clone().sum_dim(3);
    slopes.clone() * (direction - along)
}

/// Zero, with the gradient of `tensor`.
fn change(tensor: Tensor<4>) -> Tensor<4> {
    tensor.clone() - tensor.detach()
}
