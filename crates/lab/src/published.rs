//! Every published number, once, as data. Nothing else in the code knows what an answer should be.

use serde::Serialize;

/// A published number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Published {
    /// The number.
    pub value: f64,
    /// Its published spread; 0 where none was given.
    pub spread: f64,
    /// Its unit.
    pub unit: &'static str,
    /// Largest deviation of ours at which the claim counts as reproduced.
    #[serde(skip)]
    pub tolerance: f64,
}

/// Capacity of the key-value memory with slots in turn, at 98 % of the bits right from cues with 60 % of
/// their entries 0. Tyulmankov et al. 2021 (arXiv 2110.13976).
pub(crate) const KV_SEQUENTIAL: Published =
    Published { value: 1.0, spread: 0.0, unit: "patterns per unit", tolerance: 0.02 };

/// The same with random slots. Tyulmankov et al. 2021.
pub(crate) const KV_RANDOM: Published =
    Published { value: 0.16, spread: 0.0, unit: "patterns per unit", tolerance: 0.02 };

/// The same for the classical Hopfield network. Tyulmankov et al. 2021.
pub(crate) const KV_HOPFIELD: Published =
    Published { value: 0.14, spread: 0.0, unit: "patterns per unit", tolerance: 0.02 };

/// Expected number of slots per write at which the meta-learned probability of random slots settled: about
/// `4 / N`. Tyulmankov et al. 2021.
pub(crate) const KV_RANDOM_SLOTS: f64 = 4.0;
