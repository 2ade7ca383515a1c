//! Is any method better than any other?

use ndarray::ArrayView2;

use super::distribution::f_upper;
use super::mean;

/// What the test of Friedman says, in the form of Iman and Davenport.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Friedman {
    /// Friedman's statistic, about chi-squared with `methods - 1` degrees of freedom.
    pub chi_squared: f64,
    /// The less conservative statistic of Iman and Davenport 1980; infinite when every data set ranks alike.
    pub f: f64,
    /// Degrees of freedom of `f`.
    pub degrees: (usize, usize),
    /// Probability of such an `f`, or a larger one, when all methods are alike.
    pub p: f64,
}

/// Whether the methods of `scores` `(data sets, methods)` differ at all (Demsar 2006, section 3.2.2; ties are ranked by
/// their mean without a further correction, as there).
///
/// `None` for fewer than two methods or two data sets, and for a score that is a NaN.
///
/// ```
/// let scores = ndarray::Array2::from_shape_fn((10, 3), |(_, method)| method as f64);
/// let test = attractor_lab::ranks::friedman(scores.view()).unwrap();
/// assert_eq!((test.chi_squared, test.degrees, test.p), (20.0, (2, 18), 0.0));
/// ```
pub fn friedman(scores: ArrayView2<'_, f64>) -> Option<Friedman> {
    let (sets, methods) = scores.dim();
    if sets < 2 || methods < 2 || scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let (n, k) = (sets as f64, methods as f64);
    let middle = f64::midpoint(k, 1.0);
    // The sum of squares around the common mean: algebraically that of the paper, without its cancellation.
    let spread: f64 = mean(scores).iter().map(|rank| (rank - middle).powi(2)).sum();
    let chi_squared = 12.0 * n / (k * (k + 1.0)) * spread;
    let left = n * (k - 1.0) - chi_squared;
    // Every data set ranks alike, but for rounding.
    let f = if left <= 1e-9 * chi_squared { f64::INFINITY } else { (n - 1.0) * chi_squared / left };
    let degrees = (methods - 1, (methods - 1) * (sets - 1));
    Some(Friedman { chi_squared, f, degrees, p: f_upper(f, degrees.0 as f64, degrees.1 as f64) })
}
