//! Who gives way when the memory is full.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Draws;
use crate::Error;

/// Which member of a class gives way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// The one of the lowest utility; of equals the one of the lowest number.
    LeastUseful,
    /// Any, all equally likely.
    Random,
}

/// Keeps classes of one size: the largest class gives way, of equals the one of the lowest number.
///
/// Every operation takes O(log n) in the number of episodes.
///
/// ```
/// use attractor_learn::replay::{ClassDebt, Draws, Within};
/// let mut debt = ClassDebt::new(Within::LeastUseful);
/// for (episode, class, utility) in [(10, 0, 0.5), (11, 1, 0.9), (12, 1, 0.1)] {
///     debt.insert(episode, class, utility)?;
/// }
/// assert_eq!(debt.victim(&mut Draws::new(1, "evict", 0)), Some(12));
/// debt.remove(12);
/// assert_eq!(debt.victim(&mut Draws::new(1, "evict", 0)), Some(10));
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ClassDebt {
    within: Within,
    episodes: BTreeMap<u64, Held>,
    members: BTreeMap<u64, Members>,
    /// Largest class first, of equals the lowest.
    sizes: BTreeSet<(Reverse<usize>, u64)>,
}

/// What is known of an episode.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Held {
    class: u64,
    utility: f64,
    /// Where it stands in the list of its class.
    place: usize,
}

/// The episodes of a class.
#[derive(Debug, Clone, PartialEq, Default)]
struct Members {
    list: Vec<u64>,
    by_utility: BTreeSet<(Ordered, u64)>,
}

/// A finite number in its natural order.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ordered(f64);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl ClassDebt {
    /// No episodes.
    pub fn new(within: Within) -> Self {
        Self { within, episodes: BTreeMap::new(), members: BTreeMap::new(), sizes: BTreeSet::new() }
    }

    /// Number of episodes.
    pub fn len(&self) -> usize {
        self.episodes.len()
    }

    /// Whether there is no episode.
    pub fn is_empty(&self) -> bool {
        self.episodes.is_empty()
    }

    /// Episodes of a class.
    pub fn size(&self, class: u64) -> usize {
        self.members.get(&class).map_or(0, |members| members.list.len())
    }

    /// Takes up an episode, or gives a known one another class and utility.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a utility that is not finite; nothing is changed.
    pub fn insert(&mut self, episode: u64, class: u64, utility: f64) -> Result<(), Error> {
        if !utility.is_finite() {
            return Err(Error::Parameter { name: "utility", value: utility, limit: "finite" });
        }
        self.remove(episode);
        // Of the two zeros only one is kept: they are equally useful.
        let utility = utility + 0.0;
        let members = self.members.entry(class).or_default();
        self.sizes.remove(&(Reverse(members.list.len()), class));
        self.episodes.insert(episode, Held { class, utility, place: members.list.len() });
        members.list.push(episode);
        if self.within == Within::LeastUseful {
            members.by_utility.insert((Ordered(utility), episode));
        }
        self.sizes.insert((Reverse(members.list.len()), class));
        Ok(())
    }

    /// Forgets an episode; whether it was known.
    pub fn remove(&mut self, episode: u64) -> bool {
        let Some(held) = self.episodes.remove(&episode) else { return false };
        let Some(members) = self.members.get_mut(&held.class) else { return true };
        self.sizes.remove(&(Reverse(members.list.len()), held.class));
        members.list.swap_remove(held.place);
        if let Some(moved) = members.list.get(held.place).and_then(|moved| self.episodes.get_mut(moved)) {
            moved.place = held.place;
        }
        members.by_utility.remove(&(Ordered(held.utility), episode));
        if members.list.is_empty() {
            self.members.remove(&held.class);
        } else {
            self.sizes.insert((Reverse(members.list.len()), held.class));
        }
        true
    }

    /// The episode that gives way, which stays until it is removed; `None` when there is none.
    /// [`Within::Random`] takes one number of `draws`, [`Within::LeastUseful`] none.
    ///
    /// The random member depends on the order in which its class was filled and emptied: the same calls give the same.
    pub fn victim(&self, draws: &mut Draws) -> Option<u64> {
        let (_, class) = self.sizes.first()?;
        let members = self.members.get(class)?;
        match self.within {
            Within::LeastUseful => members.by_utility.first().map(|&(_, episode)| episode),
            Within::Random => members.list.get(draws.below(members.list.len())).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rare_class_survives_a_common_one() {
        let mut draws = Draws::new(1, "", 0);
        for within in [Within::LeastUseful, Within::Random] {
            let mut debt = ClassDebt::new(within);
            for episode in 0..1000u64 {
                // One in a hundred is of class 7, and of low utility.
                let class = if episode % 100 == 0 { 7 } else { 1 };
                debt.insert(episode, class, if class == 7 { -1.0 } else { episode as f64 }).unwrap();
                if debt.len() > 30 {
                    let victim = debt.victim(&mut draws).unwrap();
                    assert!(debt.remove(victim) && !debt.remove(victim));
                }
            }
            assert_eq!((debt.len(), debt.size(7), debt.size(1), debt.size(2)), (30, 10, 20, 0));
        }
    }

    #[test]
    fn nothing_and_what_is_no_utility() {
        let mut debt = ClassDebt::new(Within::Random);
        assert_eq!(debt.victim(&mut Draws::new(1, "", 0)), None);
        assert!(debt.insert(1, 1, f64::NAN).is_err() && debt.is_empty());
    }

    proptest! {
        #[test]
        fn victims_are_those_of_the_definition(
            steps in prop::collection::vec((0u64..25, 0u64..4, -3i32..3, prop::bool::weighted(0.3)), 1..120),
        ) {
            let mut naive: BTreeMap<u64, (u64, f64)> = BTreeMap::new();
            let (mut useful, mut random) = (ClassDebt::new(Within::LeastUseful), ClassDebt::new(Within::Random));
            let mut draws = Draws::new(3, "", 0);
            for (episode, class, utility, gone) in steps {
                let utility = f64::from(utility) * 0.5;
                if gone {
                    let known = naive.remove(&episode).is_some();
                    prop_assert_eq!((useful.remove(episode), random.remove(episode)), (known, known));
                } else {
                    naive.insert(episode, (class, utility));
                    useful.insert(episode, class, utility).unwrap();
                    random.insert(episode, class, utility).unwrap();
                }
                let size = |class| naive.values().filter(|(other, _)| *other == class).count();
                let largest = (0..4u64).max_by_key(|&class| (size(class), Reverse(class))).unwrap();
                let least = naive.iter().filter(|(_, (class, _))| *class == largest)
                    .min_by(|a, b| a.1.1.total_cmp(&b.1.1).then(a.0.cmp(b.0))).map(|(&episode, _)| episode);
                prop_assert_eq!(useful.victim(&mut draws), least);
                let victim = random.victim(&mut draws);
                prop_assert!(victim.is_none_or(|victim| naive[&victim].0 == largest));
                prop_assert_eq!(victim.is_some(), !naive.is_empty());
                prop_assert_eq!((useful.len(), random.len()), (naive.len(), naive.len()));
            }
        }
    }
}
