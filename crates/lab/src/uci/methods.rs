//! Who takes part, and what is chosen among.

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

/// All that are ranked on a table of `samples`, in a fixed order.
pub(super) fn contestants(effort: Effort) -> Vec<Contestant> {
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
