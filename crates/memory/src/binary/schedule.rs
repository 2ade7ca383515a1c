//! In which order units are visited, for how long, and which of them are known.

use rand::SeedableRng;
use rand::rand_core::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::Error;

/// The order of updates within a sweep. A sweep visits every unit that is not clamped once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// One unit after the other, by index.
    Sequential,
    /// One unit after the other, in a fresh random order for each sweep. Cue `k` of a batch draws from
    /// its own stream, which `(seed, k)` alone determines: the other cues do not matter.
    Random {
        /// Seed of the streams.
        seed: u64,
    },
    /// All units at once, from the same state. May end in a cycle of two states.
    Synchronous,
}

/// How a binary recall runs: the order, the limit (100 sweeps unless set) and the clamped components.
///
/// ```
/// use attractor_memory::binary::Schedule;
/// let schedule = Schedule::random(7).sweeps(20).clamped(&[0, 1]);
/// # let _ = schedule;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub(crate) order: Order,
    pub(crate) sweeps: usize,
    clamped: Vec<usize>,
}

const DEFAULT_SWEEPS: usize = 100;

impl Schedule {
    /// A schedule with the default limit and nothing clamped.
    pub fn new(order: Order) -> Self {
        Self { order, sweeps: DEFAULT_SWEEPS, clamped: Vec::new() }
    }

    /// [`Order::Sequential`].
    pub fn sequential() -> Self {
        Self::new(Order::Sequential)
    }

    /// [`Order::Random`].
    pub fn random(seed: u64) -> Self {
        Self::new(Order::Random { seed })
    }

    /// [`Order::Synchronous`].
    pub fn synchronous() -> Self {
        Self::new(Order::Synchronous)
    }

    /// At most this many sweeps; 0 gives the cue back.
    #[must_use]
    pub fn sweeps(mut self, limit: usize) -> Self {
        self.sweeps = limit;
        self
    }

    /// These components of every cue are known and never change.
    #[must_use]
    pub fn clamped(mut self, components: &[usize]) -> Self {
        self.clamped = components.to_vec();
        self
    }

    /// The units that may move, ascending.
    pub(crate) fn free(&self, width: usize) -> Result<Vec<usize>, Error> {
        let mut known = vec![false; width];
        for &component in &self.clamped {
            *known.get_mut(component).ok_or(Error::Clamp { component, width })? = true;
        }
        Ok((0..width).filter(|&i| !known[i]).collect())
    }
}

/// The random stream of one cue of a batch.
pub(super) fn stream(seed: u64, cue: u64) -> Xoshiro256PlusPlus {
    let root = Xoshiro256PlusPlus::seed_from_u64(seed).next_u64();
    Xoshiro256PlusPlus::seed_from_u64(root.wrapping_add(cue.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clamped_units_are_not_free() {
        let schedule = Schedule::sequential().clamped(&[2, 0, 2]);
        assert_eq!(schedule.free(4), Ok(vec![1, 3]));
        assert_eq!(schedule.free(2), Err(Error::Clamp { component: 2, width: 2 }));
    }

    #[test]
    fn streams_differ_by_seed_and_by_cue() {
        let draw = |seed, cue| stream(seed, cue).next_u64();
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
    }
}
