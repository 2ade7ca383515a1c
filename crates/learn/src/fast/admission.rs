//! What is worth an episode when the memory is full.

use super::{Look, Room};
use crate::replay::Draws;

/// Which looks are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Admission {
    /// A look is written to a full memory when the slow system gave its class a probability of at most this
    /// (novelty gate), 0 to 1. Others are written as a reservoir of their class would. Default 0.5.
    pub known: f64,
    /// A look that has an episode of its class within this share of the usual squared distance strengthens it
    /// instead of being written. Default 0.01: the same thing again.
    pub sameness: f64,
}

impl Default for Admission {
    fn default() -> Self {
        Self { known: 0.5, sameness: 0.01 }
    }
}

impl Admission {
    pub(super) fn admits(self, look: &Look<'_>, room: Room, draws: &mut Draws) -> bool {
        // Always one number, so that the stream of draws does not depend on the outcome.
        let chance = draws.unit();
        let surprised = (-look.surprise).exp() <= self.known;
        surprised || chance * room.seen_of_class as f64 <= room.share_of_class as f64
    }
}

/// Which episode gives way to a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Eviction {
    /// The least useful one of the largest class: no class crowds out another.
    #[default]
    ClassDebt,
    /// Any, all equally likely: what stays is a fair sample of what was written.
    Reservoir,
    /// The one that was least surprising and answered rightly least often; of equals the oldest.
    LeastUseful,
}
