//! Is one method better than another one?

use super::ascending;

/// What the signed-rank test of Wilcoxon says about two methods.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wilcoxon {
    /// Sum of the ranks of data sets where the first method has the higher score.
    pub first: f64,
    /// Sum of the ranks where the second has.
    pub second: f64,
    /// Probability of sums so far apart, or further, when the methods are alike; two-sided and exact.
    pub p: f64,
}

/// Whether two methods differ, by their scores on the same data sets (Demsar 2006, section 3.1.3).
///
/// Differences are ranked by size, equals by the mean of their ranks; those of 0 count half for either method. The
/// probability counts, among all signs that the other differences could have had, those with sums as far apart: no normal
/// approximation.
///
/// `None` for scores of different length, for none, and for a NaN.
///
/// ```
/// let test = attractor_lab::ranks::wilcoxon(&[0.9, 0.8, 0.7, 0.6, 0.5], &[0.8, 0.6, 0.4, 0.2, 0.1]).unwrap();
/// assert_eq!((test.first, test.second, test.p), (15.0, 0.0, 2.0 / 32.0));
/// ```
pub fn wilcoxon(first: &[f64], second: &[f64]) -> Option<Wilcoxon> {
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
    if first.len() != second.len() || first.is_empty() || differences.iter().any(|d| d.is_nan()) {
        return None;
    }
    let sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
    let ranks = ascending(&sizes);
    let sum = |wanted: fn(f64) -> bool| -> f64 {
        differences.iter().zip(&ranks).filter(|(d, _)| wanted(**d)).map(|(_, rank)| rank).sum()
    };
    let even = sum(|d| d == 0.0) / 2.0;
    let (first, second) = (sum(|d| d > 0.0) + even, sum(|d| d < 0.0) + even);
    let signed = differences.iter().zip(&ranks).filter(|(d, _)| **d != 0.0).map(|(_, rank)| *rank);
    Some(Wilcoxon { first, second, p: two_sided(signed, first.min(second) - even) })
}

/// The share of all signs of `ranks` for which the smaller sum is at most `sum`, in a symmetric distribution.
fn two_sided(ranks: impl Iterator<Item = f64>, sum: f64) -> f64 {
    // Shared ranks are multiples of one half: twice a rank is whole.
    let doubled: Vec<usize> = ranks.map(|rank| (2.0 * rank).round() as usize).collect();
    let most: usize = doubled.iter().sum();
    // Probability of each sum of the ranks with a positive sign.
    let mut chance = vec![0.0; most + 1];
    chance[0] = 1.0;
    for rank in doubled {
        for at in (0..=most).rev() {
            let with = if at >= rank { chance[at - rank] } else { 0.0 };
            chance[at] = f64::midpoint(chance[at], with);
        }
    }
    let limit = (2.0 * sum).round() as usize;
    let tail: f64 = chance.iter().take(limit + 1).sum();
    (2.0 * tail).min(1.0)
}
