//! Which weights are dropped: others in every forward pass.

use std::sync::atomic::{AtomicU64, Ordering};

use rand::{Rng, RngExt};

use crate::association::Dropout;

/// Seeds for the passes of one layer. A clone goes on from where the original stood, each for itself.
#[derive(Debug)]
pub(super) struct Dropping {
    share: f64,
    seed: u64,
    passes: AtomicU64,
}

impl Dropping {
    /// Draws nothing where nothing is dropped, so that the weights that follow do not depend on this.
    pub(super) fn new(share: f64, rng: &mut impl Rng) -> Option<Self> {
        (share > 0.0).then(|| Self { share, seed: rng.random(), passes: AtomicU64::new(0) })
    }

    /// The dropout of the next pass.
    pub(super) fn next(&self) -> Dropout {
        let pass = self.passes.fetch_add(1, Ordering::Relaxed);
        Dropout { share: self.share, seed: self.seed.wrapping_add(pass) }
    }
}

impl Clone for Dropping {
    fn clone(&self) -> Self {
        let passes = AtomicU64::new(self.passes.load(Ordering::Relaxed));
        Self { share: self.share, seed: self.seed, passes }
    }
}
