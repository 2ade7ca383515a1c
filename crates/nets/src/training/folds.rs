//! Which samples are learned from, and which are held out.

use super::digest;
use crate::Error;

/// Indices of samples to learn from, and of samples to stop, choose or measure on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// Learned from.
    pub train: Vec<usize>,
    /// Held out.
    pub held: Vec<usize>,
}

impl Split {
    /// Of both lists.
    pub(super) fn hash(&self) -> u64 {
        let words = [&self.train, &self.held].into_iter().flat_map(|list| {
            std::iter::once(list.len() as u64).chain(list.iter().map(|&index| index as u64))
        });
        digest(words)
    }
}

/// Refuses folds on which nothing can be measured honestly: a sample that is learned from and held out at once, one
/// that is not among the `samples`, and folds without samples on either side.
///
/// That two folds hold the same sample is allowed: repeated random splits do.
///
/// ```
/// use attractor_nets::training::{Split, check_folds};
/// let leak = Split { train: vec![0, 1, 2], held: vec![2, 3] };
/// let error = check_folds(&[leak], 4).unwrap_err().to_string();
/// assert_eq!(error, "fold 0: sample 2 is learned from and held out at once");
/// ```
///
/// # Errors
/// [`Error::Fold`] with the fold and the sample, [`Error::EmptyFold`].
pub fn check_folds(folds: &[Split], samples: usize) -> Result<(), Error> {
    for (fold, split) in folds.iter().enumerate() {
        let refused = |sample, fault| Err(Error::Fold { fold, sample, fault });
        let empty = |side| Err(Error::EmptyFold { fold, side });
        let mut learned = vec![false; samples];
        for &sample in split.train.iter().chain(&split.held) {
            if sample >= samples {
                return refused(sample, "is not among the samples");
            }
        }
        if split.train.is_empty() {
            return empty("learned from");
        }
        if split.held.is_empty() {
            return empty("held out");
        }
        split.train.iter().for_each(|&sample| learned[sample] = true);
        if let Some(&sample) = split.held.iter().find(|&&sample| learned[sample]) {
            return refused(sample, "is learned from and held out at once");
        }
    }
    Ok(())
}
