//! Area under the curve of true against false positives.

/// The share of pairs of a positive and a negative in which the positive has the higher score; equal scores count half.
///
/// `None` when a class is missing, when the numbers of scores and labels differ, or for a score that is a NaN.
///
/// ```
/// use attractor_lab::mil::auc;
/// assert_eq!(auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), Some(0.75));
/// assert_eq!(auc(&[1.0, 1.0], &[true, false]), Some(0.5));
/// assert_eq!(auc(&[1.0, 2.0], &[true, true]), None);
/// ```
pub fn auc(scores: &[f64], positive: &[bool]) -> Option<f64> {
    if scores.len() != positive.len() || scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let (mut below, mut won) = (0.0, 0.0);
    for equal in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let positives = equal.iter().filter(|&&place| positive[place]).count() as f64;
        let negatives = equal.len() as f64 - positives;
        won += positives * (below + negatives / 2.0);
        below += negatives;
    }
    let positives = positive.iter().filter(|&&positive| positive).count() as f64;
    let pairs = positives * below;
    (pairs > 0.0).then(|| won / pairs)
}
