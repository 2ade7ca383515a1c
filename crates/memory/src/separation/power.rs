//! Weights that are a power of a shifted score: what entmax and normmax share.

/// `v(z) = [s^a + scale z]_+^(1/a)` for a score `z <= 0` below the largest, whose own weight is `s`.
/// Written by `s` instead of the usual `tau`, nothing overflows for `a` near 0 or far above 1.
pub(super) struct Power {
    pub(super) a: f64,
    pub(super) scale: f64,
    /// The weights to this power sum to one.
    pub(super) norm: f64,
    /// The unknown of the bisection is `s^root`: whichever stays away from 1.
    pub(super) root: f64,
}

impl Power {
    /// The weight as a function of the score. `sorted` holds every score that can have one.
    ///
    /// The bisection runs to the last bit, in a bracket that does not depend on the number of scores: those
    /// without weight cannot change a digit of the others. Where `v` is so steep that it jumps within the
    /// last bit (a weight about to vanish, at large `a`), the two sides are blended so that the sum is right.
    pub(super) fn solve(&self, sorted: &[f64]) -> impl Fn(f64) -> f64 + use<> {
        let sum = |level: Level| sorted.iter().map(|&z| (self.norm * level.ln_weight(z)).exp()).sum::<f64>();
        let (mut low, mut high) = (0.0, 1.0);
        // A single score needs no search: its weight is one.
        while sorted.len() > 1 {
            let middle = f64::midpoint(low, high);
            if middle <= low || middle >= high {
                break;
            }
            if sum(self.level(middle)) >= 1.0 {
                high = middle;
            } else {
                low = middle;
            }
        }
        let (low, high) = (self.level(low), self.level(high));
        let (below, above) = (sum(low), sum(high));
        let share = if above > below { ((1.0 - below) / (above - below)).clamp(0.0, 1.0) } else { 1.0 };
        move |z| (1.0 - share) * low.ln_weight(z).exp() + share * high.ln_weight(z).exp()
    }

    fn level(&self, unknown: f64) -> Level {
        let ln_s = unknown.ln() / self.root;
        Level { a: self.a, ln_s, slope: self.scale / (self.a * ln_s).exp() }
    }
}

/// All weights for one value of the largest.
#[derive(Clone, Copy)]
struct Level {
    a: f64,
    ln_s: f64,
    slope: f64,
}

impl Level {
    fn ln_weight(self, z: f64) -> f64 {
        if z == 0.0 {
            return self.ln_s;
        }
        let x = z * self.slope;
        if x > -1.0 { self.ln_s + x.ln_1p() / self.a } else { f64::NEG_INFINITY }
    }
}
