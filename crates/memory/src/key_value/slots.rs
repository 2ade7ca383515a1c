//! The local third factor: which slots are plastic at a write.

use std::collections::VecDeque;

use rand::{Rng, RngExt};

use crate::Error;
use crate::two_body::check;

/// How the slots of a write are chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Slots {
    /// One slot after the other, in the order of their numbers.
    Cyclic,
    /// The slot whose last write is longest ago; slots never written come first, in random order.
    LeastRecent,
    /// Every slot on its own, with probability `p`: none, one or several slots.
    Bernoulli {
        /// Probability in [0, 1].
        p: f64,
    },
    /// Every slot on its own, with a probability that follows its own history:
    /// `p <- clamp(a p + b, 0, 1)`, with one pair `(a, b)` after a write that left the slot alone and
    /// another after one that took it. All start at `1/S`.
    LinearDynamics {
        /// `(a0, b0)`, when the slot was not taken; published start (1.01, 0).
        idle: (f64, f64),
        /// `(a1, b1)`, when it was; published start (0.99, 0).
        taken: (f64, f64),
    },
}

impl Slots {
    pub(super) fn check(self) -> Result<(), Error> {
        match self {
            Self::Cyclic | Self::LeastRecent => Ok(()),
            Self::Bernoulli { p } => check::within("p", p, (0.0, 1.0), "in [0, 1]"),
            Self::LinearDynamics { idle, taken } => [idle.0, idle.1, taken.0, taken.1]
                .into_iter()
                .try_for_each(|a| check::within("slot dynamics", a, (-1e6, 1e6), "of magnitude 1e6 at most")),
        }
    }
}

/// The slots with the memory that their choice needs.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Chooser {
    Cyclic { next: usize, slots: usize },
    LeastRecent(VecDeque<usize>),
    Independent { p: Vec<f64>, idle: (f64, f64), taken: (f64, f64) },
}

impl Chooser {
    pub(super) fn new(how: Slots, slots: usize, rng: &mut impl Rng) -> Self {
        match how {
            Slots::Cyclic => Self::Cyclic { next: 0, slots },
            Slots::LeastRecent => {
                let mut order: Vec<usize> = (0..slots).collect();
                for i in (1..slots).rev() {
                    order.swap(i, rng.random_range(0..=i));
                }
                Self::LeastRecent(order.into())
            }
            Slots::Bernoulli { p } => {
                Self::Independent { p: vec![p; slots], idle: (1.0, 0.0), taken: (1.0, 0.0) }
            }
            Slots::LinearDynamics { idle, taken } => {
                Self::Independent { p: vec![1.0 / slots as f64; slots], idle, taken }
            }
        }
    }

    /// The plastic slots of the next write, in ascending order.
    pub(super) fn choose(&mut self, rng: &mut impl Rng) -> Vec<usize> {
        match self {
            Self::Cyclic { next, slots } => {
                let slot = *next;
                *next = (slot + 1) % *slots;
                vec![slot]
            }
            Self::LeastRecent(order) => {
                order.rotate_left(1);
                order.back().copied().into_iter().collect()
            }
            Self::Independent { p, idle, taken } => {
                let mut chosen = Vec::new();
                for (slot, p) in p.iter_mut().enumerate() {
                    let hit = rng.random::<f64>() < *p;
                    let (a, b) = if hit { *taken } else { *idle };
                    *p = (a * *p + b).clamp(0.0, 1.0);
                    if hit {
                        chosen.push(slot);
                    }
                }
                chosen
            }
        }
    }
}
