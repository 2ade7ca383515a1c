//! Weights with their running sums.

use crate::Error;

/// Largest weight of a leaf: the sum of 2^40 of them is still finite.
const MOST: f64 = 1e290;

/// Weights of numbered leaves, kept with their sums, so that one can be drawn in proportion to its weight.
///
/// Changing and drawing take O(log n). Every sum is that of its two halves at all times: unlike sums that are corrected
/// by differences, it does not drift, and does not depend on the order in which the leaves were set.
///
/// ```
/// use attractor_learn::replay::SumTree;
/// let mut tree = SumTree::new(4);
/// for (leaf, weight) in [0.5, 1.0, 0.5, 0.5].into_iter().enumerate() {
///     tree.set(leaf, weight)?;
/// }
/// assert_eq!((tree.total(), tree.find(1.0)), (2.5, Some(1)));
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SumTree {
    /// Node 1 is the root, the children of node i are 2i and 2i + 1, the leaves are the second half.
    nodes: Vec<f64>,
    len: usize,
}

impl SumTree {
    /// `len` leaves of weight 0. Takes up to 32 bytes per leaf.
    pub fn new(len: usize) -> Self {
        Self { nodes: vec![0.0; 2 * len.next_power_of_two()], len }
    }

    /// The leaves of a tree that was written out by [`SumTree::weights`].
    ///
    /// # Errors
    /// As [`SumTree::set`], for the first bad weight.
    pub fn of(weights: &[f64]) -> Result<Self, Error> {
        let mut tree = Self::new(weights.len());
        let leaves = tree.nodes.len() / 2;
        for (leaf, &weight) in weights.iter().enumerate() {
            tree.nodes[leaves + leaf] = checked(weight)?;
        }
        for node in (1..leaves).rev() {
            tree.nodes[node] = tree.nodes[2 * node] + tree.nodes[2 * node + 1];
        }
        Ok(tree)
    }

    /// Number of leaves.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no leaf.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The weights of all leaves, in their order.
    pub fn weights(&self) -> &[f64] {
        let leaves = self.nodes.len() / 2;
        &self.nodes[leaves..leaves + self.len]
    }

    /// The weight of a leaf; 0 for one that does not exist.
    pub fn get(&self, leaf: usize) -> f64 {
        self.weights().get(leaf).copied().unwrap_or(0.0)
    }

    /// The sum of all weights.
    pub fn total(&self) -> f64 {
        self.nodes[1]
    }

    /// Gives a leaf another weight.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a leaf that does not exist, or a weight that is no number from 0 to 1e290;
    /// nothing is changed.
    pub fn set(&mut self, leaf: usize, weight: f64) -> Result<(), Error> {
        if leaf >= self.len {
            return Err(Error::Parameter {
                name: "leaf",
                value: leaf as f64,
                limit: "below the number of leaves",
            });
        }
        let mut node = self.nodes.len() / 2 + leaf;
        self.nodes[node] = checked(weight)?;
        while node > 1 {
            node /= 2;
            self.nodes[node] = self.nodes[2 * node] + self.nodes[2 * node + 1];
        }
        Ok(())
    }

    /// Gives leaves their weights; the last of several for the same leaf counts.
    ///
    /// # Errors
    /// As [`SumTree::set`]; nothing is changed.
    pub fn set_all(&mut self, weights: &[(usize, f64)]) -> Result<(), Error> {
        let before: Vec<f64> = weights.iter().map(|&(leaf, _)| self.get(leaf)).collect();
        for (place, &(leaf, weight)) in weights.iter().enumerate() {
            if let Err(error) = self.set(leaf, weight) {
                for (&(leaf, _), &weight) in weights[..place].iter().zip(&before).rev() {
                    self.set(leaf, weight)?;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// More leaves, of weight 0; those that are there keep their numbers. Takes O(n).
    pub fn grow(&mut self, len: usize) {
        if len <= self.len {
            return;
        }
        if len.next_power_of_two() == self.nodes.len() / 2 {
            self.len = len;
            return;
        }
        let mut larger = Self::new(len);
        let leaves = larger.nodes.len() / 2;
        larger.nodes[leaves..leaves + self.len].copy_from_slice(self.weights());
        for node in (1..leaves).rev() {
            larger.nodes[node] = larger.nodes[2 * node] + larger.nodes[2 * node + 1];
        }
        *self = larger;
    }

    /// The leaf in whose share of the running sum `prefix` lies: leaf i has the half-open interval from the sum of the
    /// leaves before it to that sum plus its own weight. Never a leaf of weight 0; `None` when all are.
    ///
    /// What lies below 0 belongs to the first leaf with a weight, what lies at the total or above to the last,
    /// a NaN too.
    pub fn find(&self, prefix: f64) -> Option<usize> {
        if self.total() <= 0.0 {
            return None;
        }
        let leaves = self.nodes.len() / 2;
        let (mut node, mut prefix) = (1, prefix);
        while node < leaves {
            let (left, right) = (self.nodes[2 * node], self.nodes[2 * node + 1]);
            // Rounding may leave more than there is: then the other half is the only one to draw from.
            if left > 0.0 && (prefix < left || right <= 0.0) {
                node *= 2;
            } else {
                prefix -= left;
                node = 2 * node + 1;
            }
        }
        Some(node - leaves)
    }
}

fn checked(weight: f64) -> Result<f64, Error> {
    if (0.0..=MOST).contains(&weight) {
        // A negative zero is a zero.
        Ok(weight.abs())
    } else {
        Err(Error::Parameter { name: "weight", value: weight, limit: "a number from 0 to 1e290" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_vectors() {
        let mut tree = SumTree::of(&[0.5, 1.0, 0.5, 0.5]).unwrap();
        assert_eq!(tree.total(), 2.5);
        assert_eq!((tree.find(1.5), tree.find(1.0)), (Some(2), Some(1)));
        tree.set(0, 0.25).unwrap();
        assert_eq!(tree.total(), 2.25);
        assert_eq!((tree.find(0.249), tree.find(0.5), tree.find(1.25)), (Some(0), Some(1), Some(2)));
        let ones = SumTree::of(&[1.0; 8]).unwrap();
        assert!((0..8).all(|k| ones.find(k as f64) == Some(k)));
    }

    #[test]
    fn setting_a_leaf_twice_counts_it_once() {
        let mut tree = SumTree::new(5);
        tree.set_all(&[(1, 3.0), (1, 3.0), (1, 3.0), (2, 4.0), (2, 4.0)]).unwrap();
        assert_eq!(tree.total(), 7.0);
    }

    #[test]
    fn what_is_refused_changes_nothing() {
        let mut tree = SumTree::of(&[1.0, 2.0]).unwrap();
        let before = tree.clone();
        for weight in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert!(tree.set(0, weight).is_err() && SumTree::of(&[weight]).is_err());
        }
        assert!(tree.set_all(&[(0, 5.0), (0, 6.0), (2, 1.0)]).is_err());
        assert_eq!(tree, before);
        let text = tree.set(2, 1.0).unwrap_err().to_string();
        assert_eq!(text, "leaf = 2: must be below the number of leaves");
    }

    #[test]
    fn nothing_comes_from_nothing() {
        for len in [0, 1, 5] {
            assert_eq!(SumTree::new(len).find(0.0), None);
        }
        let tree = SumTree::of(&[0.0, 0.0, 3.0, 0.0]).unwrap();
        for prefix in [-1.0, 0.0, 2.9, 3.0, 9.0, f64::NAN, f64::INFINITY] {
            assert_eq!(tree.find(prefix), Some(2), "{prefix}");
        }
    }

    proptest! {
        #[test]
        fn finding_is_that_of_the_running_sum(weights in prop::collection::vec(0u32..4, 1..40), at in 0.0f64..1.0) {
            // Whole numbers: the sums are exact.
            let tree = SumTree::of(&weights.iter().map(|&w| f64::from(w)).collect::<Vec<_>>()).unwrap();
            let prefix = (at * tree.total()).floor();
            let mut sum = 0.0;
            let naive = weights.iter().position(|&w| { sum += f64::from(w); prefix < sum });
            prop_assert_eq!(tree.find(prefix), naive);
        }

        #[test]
        fn any_history_gives_the_same_tree(
            sets in prop::collection::vec((0usize..9, 0.0f64..1e3), 0..40), start in 0usize..9,
        ) {
            let mut tree = SumTree::new(start);
            tree.grow(9);
            tree.set_all(&sets).unwrap();
            let written = tree.weights().to_vec();
            prop_assert_eq!(SumTree::of(&written).unwrap(), tree);
        }
    }
}
