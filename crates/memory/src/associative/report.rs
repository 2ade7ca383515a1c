//! What is told of one recalled cue, and the kinds of fixed points.

use serde::Serialize;

use super::Energy;

/// Share of the weight that decides how many patterns a state is made of (Ramsauer et al. 2021).
pub(super) const METASTABLE_SHARE: f64 = 0.9;

/// A stored pattern that answered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Leading {
    /// Its id.
    pub id: u64,
    /// Its weight in the state.
    pub weight: f64,
}

/// What kind of state was reached, by `k`, the least number of patterns that hold 90 % of the weight
/// among `n` (Ramsauer et al. 2021, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FixedPoint {
    /// One pattern holds 90 % of the weight.
    Single,
    /// An average over `k` of the patterns, at most half of them.
    Metastable {
        /// Patterns that hold 90 % of the weight.
        k: usize,
    },
    /// An average over more than half of the patterns.
    Global,
    /// No pattern has weight.
    None,
}

/// The end state of one cue; weights are those of the association that [`Told`](super::Told) chose.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Energy of the end state, by component.
    pub energy: Energy,
    /// Total energy of the cue and of every state after it.
    pub trace: Vec<f64>,
    /// The patterns with the largest weights, largest first, as many as were asked for.
    pub leading: Vec<Leading>,
    /// Entropy of the normalised weights, in nats.
    pub entropy: f64,
    /// Least number of patterns that hold nine tenths of the weight.
    pub spread: usize,
    /// The kind of state.
    pub kind: FixedPoint,
    /// Certificate: the next update of the end state lies within this distance of the leading pattern,
    /// `|f(q) - x_i| <= 2 M (1 - p_i)` ([`one_step_error`](crate::certificate::posterior::one_step_error)).
    /// Holds whatever the patterns are; `None` where the update is no average of patterns.
    pub error_bound: Option<f64>,
    /// Largest minus second largest similarity (infinite when one pattern is stored).
    pub margin: f64,
}

/// At most `most` leading rows, entropy, spread and kind of a weight vector. Negative weights count by magnitude.
pub(super) fn summary(weights: &[f64], most: usize) -> (Vec<(usize, f64)>, f64, usize, FixedPoint) {
    let total: f64 = weights.iter().map(|w| w.abs()).sum();
    let mut order: Vec<(usize, f64)> =
        weights.iter().copied().enumerate().filter(|(_, w)| *w != 0.0).collect();
    if total == 0.0 || !total.is_finite() {
        return (Vec::new(), 0.0, 0, FixedPoint::None);
    }
    let entropy = -order.iter().map(|(_, w)| w.abs() / total).map(|p| p * p.ln()).sum::<f64>();
    // Ties by storage order, so that reports do not depend on the sort.
    let by_weight = |a: &(usize, f64), b: &(usize, f64)| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0));
    let mut sorted = order.len().min(most.max(8) * 8);
    let mut spread = None;
    while spread.is_none() {
        if sorted < order.len() {
            order.select_nth_unstable_by(sorted, by_weight);
        }
        order[..sorted].sort_unstable_by(by_weight);
        let mut held = 0.0;
        spread = order[..sorted].iter().position(|(_, w)| {
            held += w.abs() / total;
            held >= METASTABLE_SHARE
        });
        if sorted == order.len() {
            break;
        }
        sorted = order.len();
    }
    let k = spread.map_or(order.len(), |at| at + 1);
    let kind = match k {
        1 => FixedPoint::Single,
        k if 2 * k > weights.len() => FixedPoint::Global,
        k => FixedPoint::Metastable { k },
    };
    order.truncate(most);
    (order, entropy.max(0.0), k, kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_the_least_number_of_patterns_with_nine_tenths() {
        let peaked = summary(&[0.02, 0.95, 0.03], 8);
        assert_eq!((peaked.2, peaked.3), (1, FixedPoint::Single));
        assert_eq!(peaked.0[0], (1, 0.95));
        let mut pair = vec![0.0; 100];
        (pair[7], pair[50]) = (0.5, 0.5);
        assert_eq!((summary(&pair, 8).2, summary(&pair, 8).3), (2, FixedPoint::Metastable { k: 2 }));
        assert!((summary(&pair, 8).1 - 2f64.ln()).abs() < 1e-12);
        let flat = summary(&vec![1e-3; 1000], 8);
        assert_eq!((flat.2, flat.3), (900, FixedPoint::Global));
        assert_eq!(summary(&[0.0; 4], 8).3, FixedPoint::None);
        // The naive definition on weights that need the long sort.
        let weights: Vec<f64> = (1..=300).map(|i| f64::from(i).recip()).collect();
        let total: f64 = weights.iter().sum();
        let naive = (1..=300).find(|&k| weights[..k].iter().sum::<f64>() >= 0.9 * total);
        assert_eq!(Some(summary(&weights, 8).2), naive);
    }
}
