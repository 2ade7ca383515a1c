//! Folds in which every class has its share.

use std::collections::BTreeMap;

use rand::Rng;
use rand::seq::SliceRandom;

use crate::error::Error;
use crate::split::Split;

/// `k` splits of the samples with these labels: the tests are a random partition in which the sizes of any two folds,
/// and their numbers of any one class, differ by at most one.
///
/// A class with fewer than `k` samples is missing from some tests.
///
/// ```
/// let labels = [true, false, false, true, false, false];
/// let folds = attractor_data::stratified_k_fold(&labels, 2, &mut attractor_data::stream(1, "folds"))?;
/// for fold in folds {
///     assert_eq!(fold.test.iter().filter(|&&index| labels[index]).count(), 1);
/// }
/// # Ok::<(), attractor_data::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for fewer than 2 folds or more folds than samples.
pub fn stratified_k_fold<L: Ord>(labels: &[L], k: usize, rng: &mut impl Rng) -> Result<Vec<Split>, Error> {
    let all: Vec<usize> = (0..labels.len()).collect();
    partition(&all, labels, k, rng)
}

/// Folds for choosing: `k` stratified splits of the training part of `outer`, in the indices of the whole set.
///
/// What is chosen on them has not seen the test of `outer`.
///
/// ```
/// use attractor_data::{selection_folds, stratified_k_fold, stream};
/// let labels = [0, 1, 0, 1, 0, 1, 0, 1];
/// let rng = &mut stream(1, "folds");
/// for outer in stratified_k_fold(&labels, 4, rng)? {
///     for inner in selection_folds(&outer, &labels, 3, rng)? {
///         assert!(outer.test.iter().all(|index| !inner.train.contains(index) && !inner.test.contains(index)));
///     }
/// }
/// # Ok::<(), attractor_data::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for fewer than 2 folds, more folds than training samples, or a training index without a label.
pub fn selection_folds<L: Ord>(
    outer: &Split,
    labels: &[L],
    k: usize,
    rng: &mut impl Rng,
) -> Result<Vec<Split>, Error> {
    if let Some(&index) = outer.train.iter().find(|&&index| index >= labels.len()) {
        let limit = format!("below {}, the number of labels", labels.len());
        return Err(Error::Parameter { name: "training index", value: index as f64, limit });
    }
    partition(&outer.train, labels, k, rng)
}

/// Splits `indices`, which all have a label.
fn partition<L: Ord>(
    indices: &[usize],
    labels: &[L],
    k: usize,
    rng: &mut impl Rng,
) -> Result<Vec<Split>, Error> {
    if k < 2 || k > indices.len() {
        let limit = format!("from 2 to {}, the number of samples", indices.len());
        return Err(Error::Parameter { name: "folds", value: k as f64, limit });
    }
    let mut classes: BTreeMap<&L, Vec<usize>> = BTreeMap::new();
    for &index in indices {
        classes.entry(&labels[index]).or_default().push(index);
    }
    // Dealt like cards, one class after the other: the next class goes on where the last one ended.
    let mut dealt: Vec<Vec<usize>> = vec![Vec::new(); k];
    let mut next = 0;
    for mut class in classes.into_values() {
        class.shuffle(rng);
        for index in class {
            dealt[next % k].push(index);
            next += 1;
        }
    }
    let split = |fold: usize| {
        let train = (0..k).filter(|&other| other != fold).flat_map(|other| dealt[other].iter().copied());
        Split::new(train.collect(), dealt[fold].clone())
    };
    Ok((0..k).map(split).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream;
    use proptest::prelude::*;

    fn sorted(mut indices: Vec<usize>) -> Vec<usize> {
        indices.sort_unstable();
        indices
    }

    /// Whether the folds are a partition of `indices` with every class in its share.
    fn check(folds: &[Split], indices: &[usize], labels: &[u32]) {
        let tested: Vec<usize> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
        assert_eq!(sorted(tested), indices);
        for fold in folds {
            assert_eq!(sorted([fold.train.clone(), fold.test.clone()].concat()), indices);
        }
        let even = |counts: Vec<usize>| counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1;
        assert!(even(folds.iter().map(|fold| fold.test.len()).collect()));
        for class in 0..4 {
            let of_class = |fold: &Split| fold.test.iter().filter(|&&index| labels[index] == class).count();
            assert!(even(folds.iter().map(of_class).collect()), "class {class}");
        }
    }

    proptest! {
        #[test]
        fn no_index_is_in_two_parts(
            labels in prop::collection::vec(0u32..4, 6..120),
            k in 2usize..6,
            inner in 2usize..4,
            seed: u64,
        ) {
            let rng = &mut stream(seed, "folds");
            let outer = stratified_k_fold(&labels, k, rng).unwrap();
            check(&outer, &(0..labels.len()).collect::<Vec<_>>(), &labels);
            for fold in &outer {
                check(&selection_folds(fold, &labels, inner, rng).unwrap(), &fold.train, &labels);
            }
        }
    }

    #[test]
    fn the_seed_decides() {
        let labels: Vec<u32> = (0..60).map(|index| index % 3).collect();
        let folds = |seed| stratified_k_fold(&labels, 5, &mut stream(seed, "folds")).unwrap();
        assert_eq!(folds(1), folds(1));
        assert_ne!(folds(1), folds(2));
    }

    #[test]
    fn bad_numbers_are_refused() {
        let rng = &mut stream(0, "");
        let text = stratified_k_fold(&[0, 1], 3, rng).unwrap_err().to_string();
        assert_eq!(text, "folds = 3: must be from 2 to 2, the number of samples");
        assert!(stratified_k_fold(&[0, 1], 1, rng).is_err());
        let outer = Split { train: vec![0, 1, 2], test: vec![] };
        assert!(selection_folds(&outer, &[0, 1, 1], 4, rng).is_err());
        let text = selection_folds(&outer, &[0, 1], 2, rng).unwrap_err().to_string();
        assert_eq!(text, "training index = 2: must be below 2, the number of labels");
    }
}
