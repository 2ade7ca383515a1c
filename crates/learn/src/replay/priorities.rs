//! Prioritised replay over a store that changes.

use super::{Draws, SumTree};
use crate::Error;

/// Priorities of numbered items, of which item i is drawn with probability p_i^alpha / sum of p^alpha.
///
/// Schaul, Quan, Antonoglou, Silver, Prioritized experience replay (2016). Changing and drawing take O(log n).
/// An item without a priority of its own gets the highest that any item ever had, at first 1, so that everything is
/// replayed once.
///
/// ```
/// use attractor_learn::replay::{Draws, Priorities};
/// let mut priorities = Priorities::new(0.5)?;
/// for priority in [1.0, 2.0, 4.0] {
///     let item = priorities.add();
///     priorities.set(item, priority)?;
/// }
/// assert!((priorities.probability(2) - 0.453_082).abs() < 1e-6);
/// let item = priorities.draw(&mut Draws::new(1, "replay", 0)).expect("three items have priorities");
/// assert!(priorities.correction(item, 0.4) <= 1.0);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Priorities {
    tree: SumTree,
    /// Smallest weight above 0 below each node of a tree of the same form.
    least: Vec<f64>,
    alpha: f64,
    highest: f64,
}

impl Priorities {
    /// No items. `alpha` from 0 (uniform; items of priority 0 too) to 16; 0.5 to 0.7 is usual.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another exponent.
    pub fn new(alpha: f64) -> Result<Self, Error> {
        exponent("alpha", alpha)?;
        Ok(Self { tree: SumTree::new(0), least: vec![f64::INFINITY; 2], alpha, highest: 1.0 })
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// A new item with the highest priority so far; gives its number.
    pub fn add(&mut self) -> usize {
        let item = self.len();
        self.tree.grow(item + 1);
        let leaves = item.saturating_add(1).next_power_of_two();
        if self.least.len() != 2 * leaves {
            let mut larger = vec![f64::INFINITY; 2 * leaves];
            let before = self.least.len() / 2;
            larger[leaves..leaves + before].copy_from_slice(&self.least[before..]);
            for node in (1..leaves).rev() {
                larger[node] = larger[2 * node].min(larger[2 * node + 1]);
            }
            self.least = larger;
        }
        // The highest priority was accepted before.
        let weight = self.highest.powf(self.alpha);
        if self.tree.set(item, weight).is_ok() {
            self.lower(item, weight);
        }
        item
    }

    /// Gives an item its priority, such as its error or surprise. At 0 it is not drawn until all are at 0.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an item that does not exist, or a priority that is no number from 0 up or whose power
    /// alpha is above 1e290; nothing is changed.
    pub fn set(&mut self, item: usize, priority: f64) -> Result<(), Error> {
        if !(priority >= 0.0 && priority.is_finite()) {
            let limit = "finite and at least 0";
            return Err(Error::Parameter { name: "priority", value: priority, limit });
        }
        let weight = priority.powf(self.alpha);
        self.tree.set(item, weight)?;
        self.lower(item, weight);
        self.highest = self.highest.max(priority);
        Ok(())
    }

    /// Takes an item out of the draw; its number stays, and [`Priorities::set`] brings it back.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an item that does not exist.
    pub fn remove(&mut self, item: usize) -> Result<(), Error> {
        self.tree.set(item, 0.0)?;
        self.lower(item, 0.0);
        Ok(())
    }

    /// The probability with which an item is drawn; 0 for all when none has a weight.
    pub fn probability(&self, item: usize) -> f64 {
        let total = self.tree.total();
        if total > 0.0 { self.tree.get(item) / total } else { 0.0 }
    }

    /// The importance weight (N P(i))^-beta of an item over the largest of all items that can be drawn, so from 0 to 1:
    /// what its gradient is multiplied by where the bias of the replay is not wanted. 1 for an item that cannot be drawn.
    ///
    /// Over all items, not over those of a batch: the weight of an item does not depend on its batch mates.
    /// `beta` from 0 (no correction) to 1 (full), usually rising from 0.4.
    pub fn correction(&self, item: usize, beta: f64) -> f64 {
        let (weight, least) = (self.tree.get(item), self.least[1]);
        if weight > 0.0 { (least / weight).powf(beta) } else { 1.0 }
    }

    /// Draws an item, one number of `draws` each; `None` when none has a weight.
    pub fn draw(&self, draws: &mut Draws) -> Option<usize> {
        self.tree.find(draws.unit() * self.tree.total())
    }

    /// Draws `n` items, one from each of `n` equal parts of the sum of weights, as replay buffers do to spread a batch.
    /// Empty when no item has a weight.
    pub fn stratified(&self, draws: &mut Draws, n: usize) -> Vec<usize> {
        let part = self.tree.total() / n as f64;
        (0..n).filter_map(|place| self.tree.find((place as f64 + draws.unit()) * part)).collect()
    }

    fn lower(&mut self, item: usize, weight: f64) {
        let mut node = self.least.len() / 2 + item;
        self.least[node] = if weight > 0.0 { weight } else { f64::INFINITY };
        while node > 1 {
            node /= 2;
            self.least[node] = self.least[2 * node].min(self.least[2 * node + 1]);
        }
    }
}

/// An exponent under which finite priorities have a meaning.
pub(super) fn exponent(name: &'static str, value: f64) -> Result<(), Error> {
    if (0.0..=16.0).contains(&value) {
        return Ok(());
    }
    Err(Error::Parameter { name, value, limit: "from 0 to 16" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(alpha: f64, values: &[f64]) -> Priorities {
        let mut priorities = Priorities::new(alpha).unwrap();
        for &value in values {
            let item = priorities.add();
            priorities.set(item, value).unwrap();
        }
        priorities
    }

    #[test]
    fn published_probabilities_and_weights() {
        let priorities = of(0.5, &[1.0, 2.0, 4.0]);
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        for (item, (probability, weight)) in
            [(0.226541, 1.0), (0.320377, 0.870551), (0.453082, 0.757858)].into_iter().enumerate()
        {
            near(priorities.probability(item), probability);
            near(priorities.correction(item, 0.4), weight);
        }
    }

    #[test]
    fn new_items_have_the_highest_priority_ever() {
        let mut priorities = Priorities::new(1.0).unwrap();
        let first = priorities.add();
        assert_eq!(priorities.probability(first), 1.0);
        priorities.set(first, 6.0).unwrap();
        priorities.set(first, 2.0).unwrap();
        let second = priorities.add();
        assert_eq!((priorities.probability(first), priorities.probability(second)), (0.25, 0.75));
    }

    #[test]
    fn nothing_to_draw_ends() {
        let mut draws = Draws::new(1, "", 0);
        assert_eq!(of(1.0, &[]).draw(&mut draws), None);
        let zeros = of(1.0, &[0.0, 0.0]);
        assert_eq!((zeros.draw(&mut draws), zeros.stratified(&mut draws, 5)), (None, vec![]));
        assert_eq!((zeros.probability(0), zeros.correction(0, 1.0)), (0.0, 1.0));
        assert_eq!(of(0.0, &[0.0, 9.0]).probability(0), 0.5, "no exponent, no difference");
        assert!(of(1.0, &[1.0]).stratified(&mut draws, 0).is_empty());
    }

    #[test]
    fn what_is_refused_changes_nothing() {
        let mut priorities = of(2.0, &[1.0, 2.0]);
        let before = priorities.clone();
        for value in [-1.0, f64::NAN, f64::INFINITY, 1e200] {
            assert!(priorities.set(0, value).is_err());
        }
        assert!(priorities.set(2, 1.0).is_err() && priorities.remove(2).is_err());
        assert_eq!(priorities, before);
        assert!(Priorities::new(-0.1).is_err() && Priorities::new(f64::NAN).is_err());
    }

    proptest! {
        #[test]
        fn draws_follow_the_probabilities(values in prop::collection::vec(0u32..5, 2..6), seed: u64) {
            prop_assume!(values.iter().any(|&value| value > 0));
            let priorities = of(1.0, &values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>());
            let n = 4000;
            let mut counts = vec![0; values.len()];
            let mut draws = Draws::new(seed, "", 0);
            (0..n).filter_map(|_| priorities.draw(&mut draws)).for_each(|item| counts[item] += 1);
            for (item, &count) in counts.iter().enumerate() {
                let p = priorities.probability(item);
                prop_assert!((f64::from(count) - f64::from(n) * p).abs() <= 6.0 * (f64::from(n) * p * (1.0 - p)).sqrt());
            }
            // Strata of whole shares give each item exactly its share.
            let total: u32 = values.iter().sum();
            let spread = priorities.stratified(&mut draws, total as usize);
            for (item, &value) in values.iter().enumerate() {
                prop_assert_eq!(spread.iter().filter(|&&drawn| drawn == item).count(), value as usize);
            }
        }

        #[test]
        fn corrections_are_those_of_the_definition(values in prop::collection::vec(0.01f64..9.0, 1..20), beta in 0.0f64..1.0) {
            let priorities = of(0.6, &values);
            let raw: Vec<f64> = (0..values.len())
                .map(|item| (values.len() as f64 * priorities.probability(item)).powf(-beta)).collect();
            let most = raw.iter().copied().fold(0.0, f64::max);
            for (item, raw) in raw.iter().enumerate() {
                prop_assert!((priorities.correction(item, beta) - raw / most).abs() < 1e-12);
            }
        }
    }
}
