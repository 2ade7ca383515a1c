//! Who takes part, and what is chosen among.

#[cfg(feature = "network")]
use super::Lookup;
use super::{Boosted, Forest, Method, Nearest, Ridge};
use crate::experiment::Extent;

/// A family of candidates, of which one is chosen for a table.
pub(super) struct Contestant {
    /// What it is called.
    pub(super) name: &'static str,
    pub(super) candidates: Vec<Box<dyn Method>>,
}

/// Most samples, exclusive, of a table that counts as small.
pub(super) const SMALL: usize = 1_000;

/// Candidates of each contestant on a table that is not small.
const MOST_OF_LARGE: usize = 3;

/// The contestant that the paper puts first.
pub(super) const HOPFIELD: &str = "Hopfield lookup";
/// Several of them, whose probabilities are averaged.
pub(super) const TOGETHER: &str = "five Hopfield lookups";

/// All that are ranked on a table of `samples` rows, in a fixed order.
pub(super) fn contestants(extent: Extent, samples: usize) -> Vec<Contestant> {
    let mut nearest: Vec<Box<dyn Method>> = Vec::new();
    for neighbours in [5, 1, 11, 3, 7, 15, 21] {
        nearest.push(Box::new(Nearest { neighbours }));
    }
    let mut ridge: Vec<Box<dyn Method>> = Vec::new();
    for lambda in [1.0, 10.0, 0.1, 0.01, 100.0, 1000.0] {
        ridge.push(Box::new(Ridge { lambda }));
    }
    let (trees, rounds) = match extent {
        Extent::Full => (200, 200),
        Extent::Smoke => (10, 5),
    };
    let mut forest: Vec<Box<dyn Method>> = Vec::new();
    for drawn in [1.0, 0.5, 2.0] {
        for leaf in [1, 3] {
            forest.push(Box::new(Forest { trees, drawn, leaf }));
        }
    }
    let mut boosted: Vec<Box<dyn Method>> = Vec::new();
    for depth in [3, 5, 2] {
        for rate in [0.1, 0.3] {
            boosted.push(Box::new(Boosted { rounds, rate, depth }));
        }
    }
    let mut all = vec![
        #[cfg(feature = "network")]
        Contestant { name: HOPFIELD, candidates: lookup(extent, 1) },
        #[cfg(feature = "network")]
        Contestant { name: TOGETHER, candidates: lookup(extent, 5) },
        Contestant { name: "nearest neighbours", candidates: nearest },
        Contestant { name: "ridge", candidates: ridge },
        Contestant { name: "forest", candidates: forest },
        Contestant { name: "boosted trees", candidates: boosted },
    ];
    if samples >= SMALL {
        // Trees of many rows take longest.
        all.iter_mut().for_each(|contestant| contestant.candidates.truncate(MOST_OF_LARGE));
    }
    if extent == Extent::Smoke {
        all.iter_mut().for_each(|contestant| contestant.candidates.truncate(1));
    }
    all
}

/// The grid of Ramsauer et al. 2021, A.5.3, reduced to what 52 tables can be given in half an hour: 1 or 2 embedding
/// layers (they: 0, 1, 7) and 8 or 1 stored patterns per class (the same); 64 units, 8 heads and beta 0.25 for all (they:
/// 32 to 1,024 units, 1 or 32 heads, betas 1, 0.1, 0.001); so many networks answer together.
#[cfg(feature = "network")]
fn lookup(extent: Extent, members: usize) -> Vec<Box<dyn Method>> {
    let epochs = match extent {
        Extent::Full => 100,
        Extent::Smoke => 2,
    };
    let candidate = |(layers, patterns)| -> Box<dyn Method> {
        Box::new(Lookup { layers, width: 64, heads: 8, beta: 0.25, patterns, rate: 0.002, epochs, members })
    };
    [(1, 8), (2, 8), (2, 1)].map(candidate).into()
}
