//! Means, spreads, quantiles and straight lines.

use serde::Serialize;

/// Mean and spread over independent runs.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Summary {
    /// Arithmetic mean; 0 of nothing.
    pub mean: f64,
    /// Standard deviation with `n - 1`; 0 for fewer than two runs.
    pub spread: f64,
    /// Number of runs.
    pub runs: usize,
}

impl Summary {
    /// Over the values of the runs.
    ///
    /// ```
    /// let s = attractor_lab::Summary::of(&[1.0, 2.0, 3.0]);
    /// assert_eq!((s.mean, s.spread, s.runs), (2.0, 1.0, 3));
    /// ```
    pub fn of(values: &[f64]) -> Self {
        let runs = values.len();
        if runs == 0 {
            return Self::default();
        }
        let mean = values.iter().sum::<f64>() / runs as f64;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let spread = if runs > 1 { (squares / (runs - 1) as f64).sqrt() } else { 0.0 };
        Self { mean, spread, runs }
    }
}

/// The `q`-quantile (0 to 1) with linear interpolation; NaN of nothing.
///
/// ```
/// assert_eq!(attractor_lab::quantile(&[3.0, 1.0, 2.0], 0.5), 2.0);
/// ```
pub fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = q.clamp(0.0, 1.0) * last as f64;
    let below = sorted[at.floor() as usize];
    below + (sorted[at.ceil() as usize] - below) * at.fract()
}

/// Slope and intercept of the least-squares line through `(x, y)`; `None` when all x are equal.
///
/// ```
/// let (slope, intercept) = attractor_lab::line(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]).unwrap();
/// assert!((slope - 2.0).abs() < 1e-12 && (intercept - 1.0).abs() < 1e-12);
/// ```
pub fn line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let n = points.len() as f64;
    let (mx, my) = points.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let sxx: f64 = points.iter().map(|(x, _)| (x - mx).powi(2)).sum();
    let sxy: f64 = points.iter().map(|(x, y)| (x - mx) * (y - my)).sum();
    let slope = sxy / sxx;
    slope.is_finite().then_some((slope, my - slope * mx))
}
