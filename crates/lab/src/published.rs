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

/// Load at which the network with Hebb's rule stops retrieving: 0.138 (Amit, Gutfreund and Sompolinsky 1985,
/// replica-symmetric theory). The tolerance is that of finite networks: between 0.131 and 0.145.
pub(crate) const CLASSICAL_TRANSITION: Published =
    Published { value: 0.138, spread: 0.0, unit: "patterns per unit", tolerance: 0.007 };

/// By degree `n`: the exponent of capacity against width, `n - 1` (Krotov and Hopfield 2016, eq. 5).
pub(crate) const POLYNOMIAL_EXPONENTS: [(u32, Published); 3] = {
    const fn exponent(value: f64, unit: &'static str) -> Published {
        Published { value, spread: 0.0, unit, tolerance: 0.15 }
    }
    [
        (2, exponent(1.0, "exponent at n = 2")),
        (3, exponent(2.0, "exponent at n = 3")),
        (4, exponent(3.0, "exponent at n = 4")),
    ]
};

/// Growth rate of the capacity of the exponential memory, `ln(2) / 2`, a strict upper end (Demircigil et al.
/// 2017). Networks of at most 30 units stay below it; 0.05 is what `1 / (2 N)` corrections may take.
pub(crate) const EXPONENTIAL_RATE: Published =
    Published { value: std::f64::consts::LN_2 / 2.0, spread: 0.0, unit: "ln K per unit", tolerance: 0.05 };

/// Violations of the retrieval bounds, theorems 4 and 5 (Ramsauer et al. 2021): none.
pub(crate) const BOUND_VIOLATIONS: Published =
    Published { value: 0.0, spread: 0.0, unit: "violations", tolerance: 0.0 };

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
