//! Who takes part, and what is chosen among.

#[cfg(feature = "network")]
use super::Lookup;
use super::{Boosted, Forest, Method, Nearest, Ridge};
use crate::experiment::Effort;

/// A family of candidates, of which one is chosen for a table.
pub(super) struct Contestant {
    /// What it is called.
    pub(super) name: &'static str,
    pub(super) candidates: Vec<Box<dyn Method>>,
}

/// Most samples, exclusive, of a table that counts as small.
pub(super) const SMALL: usize = 1_000;

/// The contestant that the paper puts first.
pub(super) const HOPFIELD: &str = "Hopfield lookup";

/// All that are ranked on a table of `samples` rows, in a fixed order.
pub(super) fn contestants(effort: Effort, samples: usize) -> Vec<Contestant> {
    let mut nearest: Vec<Box<dyn Method>> = Vec::new();
    for neighbours in [1, 3, 5, 7, 11, 15, 21] {
        nearest.push(Box::new(Nearest { neighbours }));
    }
    let mut ridge: Vec<Box<dyn Method>> = Vec::new();
    for lambda in [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0] {
        ridge.push(Box::new(Ridge { lambda }));
    }
    let (trees, rounds) = match effort {
        Effort::Full => (200, 200),
        Effort::Smoke => (10, 5),
    };
    let mut forest: Vec<Box<dyn Method>> = Vec::new();
    for drawn in [1.0, 0.5, 2.0] {
        for leaf in [1, 3] {
            forest.push(Box::new(Forest { trees, drawn, leaf }));
        }
    }
    let mut boosted: Vec<Box<dyn Method>> = Vec::new();
    for depth in [2, 3, 5] {
        for rate in [0.1, 0.3] {
            boosted.push(Box::new(Boosted { rounds, rate, depth }));
        }
    }
    let mut all = vec![
        #[cfg(feature = "network")]
        Contestant { name: HOPFIELD, candidates: lookup(effort, samples) },
        Contestant { name: "nearest neighbours", candidates: nearest },
        Contestant { name: "ridge", candidates: ridge },
        Contestant { name: "forest", candidates: forest },
        Contestant { name: "boosted trees", candidates: boosted },
    ];
    if effort == Effort::Smoke {
        all.iter_mut().for_each(|contestant| contestant.candidates.truncate(1));
    }
    all
}

/// The grid of Ramsauer et al. 2021, A.5.3, reduced: 1 to 3 embedding layers (they: 0, 1, 7) and 1 or 8 stored patterns
/// per class (the same); 64 units, 8 heads and beta 0.25 for all (they: 32 to 1,024 units, 1 or 32 heads, betas 1, 0.1,
/// 0.001). Large tables choose among 8 patterns only.
#[cfg(feature = "network")]
fn lookup(effort: Effort, samples: usize) -> Vec<Box<dyn Method>> {
    let patterns: &[usize] = if samples < SMALL { &[8, 1] } else { &[8] };
    let epochs = match effort {
        Effort::Full => 100,
        Effort::Smoke => 2,
    };
    let mut candidates: Vec<Box<dyn Method>> = Vec::new();
    for layers in [1, 2, 3] {
        for &patterns in patterns {
            let candidate = Lookup { layers, width: 64, heads: 8, beta: 0.25, patterns, rate: 0.002, epochs };
            candidates.push(Box::new(candidate));
        }
    }
    candidates
}
