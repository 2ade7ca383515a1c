//! Which samples are learned from and which are measured on.

use ndarray::{ArrayView2, s};
use rand::Rng;
use rand::seq::SliceRandom;

use crate::error::{Error, share};
use crate::{Sample, Set};

/// Indices of two disjoint groups of samples, each in ascending order, for [`Set::subset`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// What is learned from.
    pub train: Vec<usize>,
    /// What is measured on.
    pub test: Vec<usize>,
}

impl Split {
    pub(crate) fn new(mut train: Vec<usize>, mut test: Vec<usize>) -> Self {
        train.sort_unstable();
        test.sort_unstable();
        Self { train, test }
    }
}

/// A random split of `n` samples with round(`test_share` n) of them for the test.
///
/// ```
/// let split = attractor_data::holdout(10, 0.3, &mut attractor_data::stream(1, "split"))?;
/// assert_eq!((split.train.len(), split.test.len()), (7, 3));
/// # Ok::<(), attractor_data::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for a share outside 0 to 1.
pub fn holdout(n: usize, test_share: f64, rng: &mut impl Rng) -> Result<Split, Error> {
    let count = (share("test share", test_share)? * n as f64).round() as usize;
    let mut order = shuffled(n, rng);
    let train = order.split_off(count.min(n));
    Ok(Split::new(train, order))
}

/// `k` splits of `n` samples: the tests are a random partition whose sizes differ by at most one.
///
/// ```
/// let folds = attractor_data::k_fold(10, 3, &mut attractor_data::stream(1, "folds"))?;
/// assert_eq!(folds.iter().map(|fold| fold.test.len()).collect::<Vec<_>>(), [4, 3, 3]);
/// # Ok::<(), attractor_data::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for fewer than 2 folds or more folds than samples.
pub fn k_fold(n: usize, k: usize, rng: &mut impl Rng) -> Result<Vec<Split>, Error> {
    if k < 2 || k > n {
        let limit = format!("from 2 to {n}, the number of samples");
        return Err(Error::Parameter { name: "folds", value: k as f64, limit });
    }
    let order = shuffled(n, rng);
    let fold = |fold| {
        let (mut train, mut test) = (Vec::new(), Vec::new());
        for (place, &index) in order.iter().enumerate() {
            if place % k == fold { test.push(index) } else { train.push(index) }
        }
        Split::new(train, test)
    };
    Ok((0..k).map(fold).collect())
}

/// A set as a stream in its own order: each sample with all patterns before it, `(index, d)`.
///
/// This is the prequential protocol: predict each sample from its past, then learn it. Nothing is copied.
///
/// ```
/// let glyphs = attractor_data::glyphs();
/// for (past, sample) in attractor_data::prequential(&glyphs) {
///     assert_eq!(past.nrows(), sample.index);
/// }
/// ```
pub fn prequential(set: &Set) -> impl ExactSizeIterator<Item = (ArrayView2<'_, f32>, Sample<'_>)> + '_ {
    set.samples().map(|sample| (set.patterns().slice_move(s![..sample.index, ..]), sample))
}

fn shuffled(n: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(rng);
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn folds_partition_the_samples(n in 2usize..200, k in 2usize..20, seed: u64) {
            prop_assume!(k <= n);
            let folds = k_fold(n, k, &mut stream(seed, "folds")).unwrap();
            let mut tested: Vec<usize> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
            tested.sort_unstable();
            prop_assert_eq!(tested, (0..n).collect::<Vec<_>>());
            for fold in &folds {
                prop_assert!(fold.test.len() == n / k || fold.test.len() == n / k + 1);
                let mut all = [fold.train.clone(), fold.test.clone()].concat();
                all.sort_unstable();
                prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
            }
        }

        #[test]
        fn a_holdout_has_its_share(n in 0usize..200, share in 0.0f64..=1.0, seed: u64) {
            let split = holdout(n, share, &mut stream(seed, "split")).unwrap();
            prop_assert!((split.test.len() as f64 - share * n as f64).abs() <= 0.5 + 1e-9);
            let mut all = [split.train, split.test].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_seed_decides() {
        let split = |seed| holdout(100, 0.5, &mut stream(seed, "split")).unwrap();
        assert_eq!(split(1), split(1));
        assert_ne!(split(1), split(2));
    }

    #[test]
    fn bad_numbers_are_refused() {
        let rng = &mut stream(0, "");
        assert_eq!(holdout(5, 1.5, rng).unwrap_err().to_string(), "test share = 1.5: must be from 0 to 1");
        assert!(holdout(5, f64::NAN, rng).is_err());
        let text = "folds = 6: must be from 2 to 5, the number of samples";
        assert_eq!(k_fold(5, 6, rng).unwrap_err().to_string(), text);
        assert!(k_fold(5, 1, rng).is_err());
    }
}
