//! Bounds from what a recall found: they hold for any cue, however badly separated the patterns are.

/// `|f(q) - x_i| <= (1 - p_i) spread`, with `p_i` the weight that softmax gave to pattern `i` and `spread`
/// the largest distance of another pattern from it (at most the diameter, at most `2 M`).
///
/// ```
/// let error = attractor_memory::certificate::posterior::one_step_error(0.99631520681, 2.0);
/// assert!((error - 0.00736958638).abs() < 1e-10);
/// ```
pub fn one_step_error(weight: f64, spread: f64) -> f64 {
    (1.0 - weight) * spread
}

/// `|J(q)|_2 <= 4 beta M^2 (1 - p_i)`, for the weight `p_i` of any pattern at `q`; below 1, the update
/// contracts around `q`.
///
/// ```
/// let rho = attractor_memory::certificate::posterior::contraction(8.0, 1.0, 0.999);
/// assert!((rho - 0.032).abs() < 1e-12);
/// ```
pub fn contraction(beta: f64, radius: f64, weight: f64) -> f64 {
    4.0 * beta * radius * radius * (1.0 - weight)
}

/// `|q_t - x*| <= rho / (1 - rho) |q_t - q_(t-1)|`: how far the last state is from the fixed point, in a ball
/// over which the update contracts by `rho`. `None` for `rho >= 1`.
///
/// ```
/// use attractor_memory::certificate::posterior::distance_to_fixed_point;
///
/// assert_eq!(distance_to_fixed_point(0.5, 0.25), Some(0.25));
/// assert_eq!(distance_to_fixed_point(1.0, 0.25), None);
/// ```
pub fn distance_to_fixed_point(rho: f64, last_step: f64) -> Option<f64> {
    (rho < 1.0).then(|| rho / (1.0 - rho) * last_step)
}

/// The error of a recall that left patterns out: approximate search, shards, cells that were skipped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Truncation {
    /// `|f - f_S|` is at most this.
    pub state: f64,
    /// The log-sum-exp over all, `(1/beta) ln sum exp(beta s)`, exceeds that over the kept by at most this.
    pub log_sum: f64,
}

impl Truncation {
    /// For `kept = sum over the kept of exp(beta (s_i - s_1))`, where `s_1` is the largest kept similarity
    /// (so `kept >= 1`), and `omitted` patterns, none of whose similarities exceeds `s_1 + gap`
    /// (`gap` is negative where the search was good); `radius` is `M`.
    ///
    /// With `r = omitted exp(beta gap)`: `|f - f_S| <= 2 M r / (kept + r)` and
    /// `0 <= lse - lse_S <= ln(1 + r / kept) / beta`.
    ///
    /// ```
    /// use attractor_memory::certificate::posterior::Truncation;
    ///
    /// let truncation = Truncation::new(8.0, 1.0, 1.0, 1_000_000, -4.0);
    /// assert!(truncation.state < 3e-8 && truncation.log_sum < 2e-9);
    /// ```
    pub fn new(beta: f64, radius: f64, kept: f64, omitted: usize, gap: f64) -> Self {
        if omitted == 0 {
            return Self { state: 0.0, log_sum: 0.0 };
        }
        let ratio = omitted as f64 * (beta * gap).exp() / kept;
        // 1 / (1 + 1/x) for x / (1 + x), which would be NaN where x overflows.
        Self { state: 2.0 * radius / (1.0 + 1.0 / ratio), log_sum: ratio.ln_1p() / beta }
    }
}
