//! A uniform sample of everything that ever came.

use super::Draws;

/// What becomes of a new item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It takes this slot, which was free.
    Free(usize),
    /// It takes this slot, and what was there is gone.
    Instead(usize),
    /// It is not kept.
    Nowhere,
}

/// Chooses slots so that after n items each of them is kept with probability capacity / n.
///
/// Vitter, Random sampling with a reservoir (1985), algorithm R. Item k takes number k of the stream
/// `replay/reservoir`, so that seed and [`Reservoir::seen`] are the whole state:
///
/// ```
/// use attractor_learn::replay::{Place, Reservoir};
/// let mut reservoir = Reservoir::new(2, 7, 0);
/// let places: Vec<Place> = (0..9).map(|_| reservoir.offer()).collect();
/// assert_eq!(places[..2], [Place::Free(0), Place::Free(1)]);
/// let mut resumed = Reservoir::new(2, 7, 5);
/// assert_eq!(resumed.offer(), places[5]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservoir {
    capacity: usize,
    draws: Draws,
}

impl Reservoir {
    /// A reservoir of `capacity` slots that has `seen` so many items; of capacity 0 it keeps nothing.
    pub fn new(capacity: usize, seed: u64, seen: u64) -> Self {
        Self { capacity, draws: Draws::new(seed, "replay/reservoir", seen) }
    }

    /// Items that were offered.
    pub fn seen(&self) -> u64 {
        self.draws.counter()
    }

    /// What becomes of the next item.
    pub fn offer(&mut self) -> Place {
        let before = self.seen() as usize;
        let slot = self.draws.below(before + 1);
        if before < self.capacity {
            Place::Free(before)
        } else if slot < self.capacity {
            Place::Instead(slot)
        } else {
            Place::Nowhere
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of `n` items are kept.
    fn kept(capacity: usize, n: usize, seed: u64) -> Vec<usize> {
        let mut reservoir = Reservoir::new(capacity, seed, 0);
        let mut slots = Vec::new();
        for item in 0..n {
            match reservoir.offer() {
                Place::Free(slot) => {
                    assert_eq!(slot, slots.len());
                    slots.push(item);
                }
                Place::Instead(slot) => slots[slot] = item,
                Place::Nowhere => {}
            }
        }
        slots
    }

    fn chi_square(counts: &[usize], expected: f64) -> f64 {
        counts.iter().map(|&count| (count as f64 - expected).powi(2) / expected).sum()
    }

    #[test]
    fn every_item_is_equally_likely_to_be_kept() {
        let (capacity, n, runs) = (10, 100, 5000);
        let mut counts = vec![0; n];
        for seed in 0..runs {
            kept(capacity, n, seed).into_iter().for_each(|item| counts[item] += 1);
        }
        let expected = runs as f64 * capacity as f64 / n as f64;
        // Slots are drawn without replacement: the statistic is (1 - m/n) n/(n-1) times chi-square of 99 degrees
        // of freedom, whose 0.1 % and 99.9 % points are 60.3 and 148.2.
        let statistic = chi_square(&counts, expected) / (0.9 * 100.0 / 99.0);
        assert!((60.3..148.2).contains(&statistic), "{statistic}");
        // Control: keeping every tenth slot of the first half more often is seen.
        counts[..50].iter_mut().for_each(|count| *count += 50);
        assert!(chi_square(&counts, expected + 25.0) > 148.2);
    }

    #[test]
    fn small_and_no_capacities() {
        assert!(kept(0, 20, 1).is_empty());
        assert_eq!(kept(5, 3, 1), [0, 1, 2]);
        assert_eq!(kept(1, 50, 1).len(), 1);
    }
}
