//! Do methods differ over many data sets? Tests on ranks, as Demsar 2006 ("Statistical comparisons of classifiers over
//! multiple data sets", JMLR 7, 1-30) recommends them.
//!
//! Scores are `(data sets, methods)`, a row per data set; higher is better. Every row is ranked for itself, so that data
//! sets need not be comparable with one another.
//!
//! ```
//! use attractor_lab::ranks;
//! let scores = ndarray::array![[0.9, 0.8, 0.7], [0.6, 0.6, 0.5], [0.9, 0.7, 0.8]];
//! let mean = ranks::mean(scores.view());
//! assert!((mean[0] - 3.5 / 3.0).abs() < 1e-12);
//! let test = ranks::friedman(scores.view()).unwrap();
//! assert!(test.p > 0.05, "three data sets show little");
//! assert!(ranks::critical_difference(3, 3).unwrap() > mean[2] - mean[0]);
//! ```

mod distribution;
mod friedman;
mod nemenyi;
mod wilcoxon;

use ndarray::{Array1, Array2, ArrayView2, Axis};

pub use friedman::{Friedman, friedman};
pub use nemenyi::critical_difference;
pub use wilcoxon::{Wilcoxon, wilcoxon};

/// The ranks of `scores` `(data sets, methods)` within each row: 1 for the highest, equals share the mean of their ranks.
///
/// ```
/// let ranks = attractor_lab::ranks::of(ndarray::array![[0.2, 0.9, 0.2]].view());
/// assert_eq!(ranks, ndarray::array![[2.5, 1.0, 2.5]]);
/// ```
pub fn of(scores: ArrayView2<'_, f64>) -> Array2<f64> {
    let mut ranks = Array2::zeros(scores.dim());
    for (row, mut to) in scores.outer_iter().zip(ranks.outer_iter_mut()) {
        let descending: Vec<f64> = row.iter().map(|score| -score).collect();
        to.assign(&Array1::from(ascending(&descending)));
    }
    ranks
}

/// The mean rank of each method over the data sets; empty without any.
pub fn mean(scores: ArrayView2<'_, f64>) -> Vec<f64> {
    of(scores).mean_axis(Axis(0)).map(|mean| mean.to_vec()).unwrap_or_default()
}

/// Ranks from 1 for the lowest; equals share the mean of their ranks.
fn ascending(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let shared = below as f64 + (equal.len() + 1) as f64 / 2.0;
        equal.iter().for_each(|&place| ranks[place] = shared);
        below += equal.len();
    }
    ranks
}
