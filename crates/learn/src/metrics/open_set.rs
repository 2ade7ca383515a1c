//! Telling the unknown from the known.
//!
//! Every score is a *novelty*: higher is less known. Infinities are scores like any other, a NaN is none.

use crate::Error;

/// Area under the ROC curve: the share of pairs of a known and an unknown sample in which the unknown one has the higher
/// novelty, a tie counting half (Mann and Whitney 1947). Exact, from 0 to 1; 0.5 by guessing.
///
/// Takes O(n log n).
///
/// ```
/// assert_eq!(attractor_learn::metrics::auroc(&[0.1, 0.5], &[0.5, 0.9])?, 0.875);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
///
/// # Errors
/// [`Error::TooFew`] when either is empty, [`Error::NotFinite`] for a NaN.
pub fn auroc(known: &[f64], unknown: &[f64]) -> Result<f64, Error> {
    checked(known, unknown)?;
    Ok(pairs(known.to_vec(), unknown) / (known.len() as f64 * unknown.len() as f64))
}

/// False positive rate at a true positive rate: of the thresholds that accept at least the share `tpr` of the known
/// samples the lowest one, and of the unknown samples the share that it accepts too. Accepted is what has a novelty up to and
/// including the threshold. The known are the positives here; some publications have it the other way round.
///
/// `tpr` above 0 and up to 1, usually 0.95.
///
/// ```
/// use attractor_learn::metrics::fpr_at_tpr;
/// let known: Vec<f64> = (1..=20).map(f64::from).collect();
/// assert_eq!(fpr_at_tpr(&known, &[18.0, 19.0, 19.5, 30.0], 0.95)?, 0.5);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
///
/// # Errors
/// As [`auroc`]; [`Error::Parameter`] for a rate outside its range.
pub fn fpr_at_tpr(known: &[f64], unknown: &[f64], tpr: f64) -> Result<f64, Error> {
    checked(known, unknown)?;
    if !(tpr > 0.0 && tpr <= 1.0) {
        return Err(Error::Parameter {
            name: "true positive rate",
            value: tpr,
            limit: "above 0 and at most 1",
        });
    }
    let mut sorted = known.to_vec();
    sorted.sort_by(f64::total_cmp);
    // 0.95 of 20 is 19, though 0.95 * 20 rounds to a little more.
    let needed = (tpr * known.len() as f64 - 1e-9).ceil().max(1.0) as usize;
    let threshold = sorted[needed.min(sorted.len()) - 1];
    let accepted = unknown.iter().filter(|&&novelty| novelty <= threshold).count();
    Ok(accepted as f64 / unknown.len() as f64)
}

/// Area under the curve of open-set classification rate (Dhamija, Guenther, Boult 2018): over all thresholds, the share of
/// known samples that are accepted *and* rightly classified against the share of unknown samples that are accepted.
/// Exact with ties, from 0 to the accuracy on the known; with everything right it is [`auroc`].
///
/// `known` has for each sample its novelty and whether its class was right.
///
/// ```
/// use attractor_learn::metrics::oscr;
/// assert_eq!(oscr(&[(0.1, true), (0.2, false)], &[0.5])?, 0.5);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
///
/// # Errors
/// As [`auroc`].
pub fn oscr(known: &[(f64, bool)], unknown: &[f64]) -> Result<f64, Error> {
    let novelties: Vec<f64> = known.iter().map(|sample| sample.0).collect();
    checked(&novelties, unknown)?;
    let right = known.iter().filter(|sample| sample.1).map(|sample| sample.0).collect();
    Ok(pairs(right, unknown) / (known.len() as f64 * unknown.len() as f64))
}

/// Pairs in which the unknown novelty is the higher one, ties as half a pair.
fn pairs(mut known: Vec<f64>, unknown: &[f64]) -> f64 {
    // The two zeros are one number.
    known.iter_mut().for_each(|novelty| *novelty += 0.0);
    known.sort_by(f64::total_cmp);
    // Half pairs in whole numbers: exact whatever the order.
    let halves = |&novelty: &f64| {
        let below = known.partition_point(|&other| other < novelty);
        let up_to = known.partition_point(|&other| other <= novelty);
        (below + up_to) as u128
    };
    unknown.iter().map(halves).sum::<u128>() as f64 / 2.0
}

fn checked(known: &[f64], unknown: &[f64]) -> Result<(), Error> {
    for (what, place, scores) in [
        ("the known side of an open-set measure", "novelty of the known", known),
        ("the unknown side of an open-set measure", "novelty of the unknown", unknown),
    ] {
        if scores.is_empty() {
            return Err(Error::TooFew { what, needed: 1, found: 0 });
        }
        if let Some(component) = scores.iter().position(|score| score.is_nan()) {
            return Err(Error::NotFinite { component, value: f64::NAN, place });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The area under a curve of (x, y) points by trapezoids, over all thresholds.
    fn area(known: &[(f64, bool)], unknown: &[f64]) -> f64 {
        let mut thresholds: Vec<f64> = known.iter().map(|k| k.0).chain(unknown.iter().copied()).collect();
        thresholds.sort_by(f64::total_cmp);
        let point = |&threshold: &f64| {
            let right = known.iter().filter(|k| k.1 && k.0 <= threshold).count() as f64 / known.len() as f64;
            let wrong = unknown.iter().filter(|&&u| u <= threshold).count() as f64 / unknown.len() as f64;
            (wrong, right)
        };
        let points: Vec<(f64, f64)> =
            std::iter::once((0.0, 0.0)).chain(thresholds.iter().map(point)).collect();
        points.windows(2).map(|w| (w[1].0 - w[0].0) * (w[0].1 + w[1].1) / 2.0).sum()
    }

    proptest! {
        #[test]
        fn areas_are_those_of_the_curves(
            known in prop::collection::vec((-3i32..4, prop::bool::ANY), 1..30),
            unknown in prop::collection::vec(-3i32..5, 1..30),
        ) {
            let known: Vec<(f64, bool)> = known.into_iter().map(|(x, right)| (f64::from(x), right)).collect();
            let unknown: Vec<f64> = unknown.into_iter().map(f64::from).collect();
            let all_right: Vec<(f64, bool)> = known.iter().map(|k| (k.0, true)).collect();
            let novelty: Vec<f64> = known.iter().map(|k| k.0).collect();
            let found = auroc(&novelty, &unknown).unwrap();
            prop_assert!((found - area(&all_right, &unknown)).abs() < 1e-12);
            prop_assert_eq!(found, oscr(&all_right, &unknown).unwrap());
            prop_assert!((oscr(&known, &unknown).unwrap() - area(&known, &unknown)).abs() < 1e-12);
            prop_assert!((found + auroc(&unknown, &novelty).unwrap() - 1.0).abs() < 1e-12);
            for tpr in [0.05, 0.5, 0.95, 1.0] {
                let naive = novelty.iter().copied()
                    .filter(|t| novelty.iter().filter(|k| *k <= t).count() as f64 >= tpr * novelty.len() as f64 - 1e-9)
                    .fold(f64::INFINITY, f64::min);
                let share = unknown.iter().filter(|&&u| u <= naive).count() as f64 / unknown.len() as f64;
                prop_assert_eq!(fpr_at_tpr(&novelty, &unknown, tpr).unwrap(), share);
            }
        }
    }

    #[test]
    fn ties_zeros_and_infinities() {
        assert_eq!(auroc(&[0.0; 3], &[0.0; 5]).unwrap(), 0.5);
        assert_eq!(auroc(&[-0.0], &[0.0]).unwrap(), 0.5);
        assert_eq!(auroc(&[0.0, f64::NEG_INFINITY], &[f64::INFINITY]).unwrap(), 1.0);
        assert_eq!(auroc(&[f64::INFINITY], &[f64::INFINITY]).unwrap(), 0.5);
        assert_eq!(oscr(&[(0.1, false)], &[0.5]).unwrap(), 0.0);
    }

    #[test]
    fn nothing_and_nan_are_refused() {
        assert!(auroc(&[], &[1.0]).is_err() && auroc(&[1.0], &[]).is_err() && oscr(&[], &[1.0]).is_err());
        let text = auroc(&[1.0, f64::NAN], &[1.0]).unwrap_err().to_string();
        assert_eq!(text, "novelty of the known: component 1 is NaN, which is not finite");
        assert!(fpr_at_tpr(&[1.0], &[1.0], 0.0).is_err() && fpr_at_tpr(&[1.0], &[1.0], f64::NAN).is_err());
    }
}
