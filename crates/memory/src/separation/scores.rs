//! What several separations do to a row of scores.

/// Replaces every score by its distance to the largest (zero or below) and returns the largest.
/// `None`, with all scores zeroed, when every pattern is masked or there is none.
pub(super) fn shift(theta: &mut [f64]) -> Option<f64> {
    let largest = theta.iter().copied().fold(f64::NEG_INFINITY, f64::max).min(f64::MAX);
    if largest == f64::NEG_INFINITY {
        theta.fill(0.0);
        return None;
    }
    for t in theta {
        *t = t.min(f64::MAX) - largest;
    }
    Some(largest)
}

/// The `k`-th largest score, `k` from 1 to the number of scores.
pub(super) fn kth_largest(theta: &[f64], k: usize) -> f64 {
    let mut copy = theta.to_vec();
    let (_, kth, _) = copy.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a));
    *kth
}

/// The scores above `floor`, largest first.
pub(super) fn descending(theta: &[f64], floor: f64) -> Vec<f64> {
    let mut kept: Vec<f64> = theta.iter().copied().filter(|&t| t > floor).collect();
    kept.sort_unstable_by(|a, b| b.total_cmp(a));
    kept
}

/// `J u = w u - w (w.u) / sum w`, the Jacobian that most transforms on the simplex share.
pub(super) fn centred(weight: impl Fn(f64) -> f64, weights: &[f64], direction: &mut [f64]) {
    let (mut total, mut along) = (0.0, 0.0);
    for (&p, &u) in weights.iter().zip(&*direction) {
        total += weight(p);
        along += weight(p) * u;
    }
    let mean = if total > 0.0 { along / total } else { 0.0 };
    for (&p, u) in weights.iter().zip(direction) {
        *u = weight(p) * (*u - mean);
    }
}
