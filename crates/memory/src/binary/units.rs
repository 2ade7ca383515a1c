//! One state of a dense memory: agreements with all patterns, kept up to date flip by flip.

use super::bits::{agreements, bit};
use super::dense::DenseMemory;
use super::dynamics::Units;
use super::levels::Levels;
use super::scaled::Scaled;

/// Histograms are kept in four lanes, so that neighbouring patterns at the same level do not wait
/// for each other's increment.
type Lanes = [u32; 4];

/// A state, and how many patterns agree with it in how many components.
pub(super) struct DenseUnits<'a> {
    memory: &'a DenseMemory,
    state: Vec<u64>,
    /// Per pattern: components in which it agrees with the state.
    agreements: Vec<u32>,
    /// Per number of agreements: patterns that have it.
    levels: Vec<i64>,
    /// Scratch: of those, the ones that agree in the unit under visit.
    agreeing: Vec<Lanes>,
    /// Scratch: signed counts over the agreements among the other units.
    counts: Vec<i64>,
}

impl<'a> DenseUnits<'a> {
    pub(super) fn new(memory: &'a DenseMemory, state: &[u64]) -> Self {
        let width = memory.width();
        let agreements = memory.patterns.rows().map(|row| agreements(row, state, width)).collect();
        let mut units = Self {
            memory,
            state: state.to_vec(),
            agreements,
            levels: vec![0; width + 1],
            agreeing: vec![[0; 4]; width + 1],
            counts: vec![0; width],
        };
        units.count_levels();
        units
    }

    pub(super) fn into_state(self) -> Vec<u64> {
        self.state
    }

    /// Per pattern: components in which it agrees with the state.
    pub(super) fn agreements(&self) -> &[u32] {
        &self.agreements
    }

    /// Patterns per number of agreements.
    pub(super) fn levels(&self) -> &[i64] {
        &self.levels
    }

    /// `- sum F(m)`.
    pub(super) fn exact_energy(&self) -> Scaled {
        self.memory.energy_levels.weigh(&self.levels).negated()
    }

    /// `s_i sum xi_i t(c)`, where `t` is tabulated in `table` and `c` is the overlap without unit `i`.
    ///
    /// A pattern that agrees in unit `i` counts plus one at its level among the others, one that
    /// disagrees minus one.
    pub(super) fn pull(&mut self, i: usize, table: &Levels) -> Scaled {
        self.agreeing.fill([0; 4]);
        let flipped = if bit(&self.state, i) { 0 } else { u64::MAX };
        tally(self.memory.columns.column(i), flipped, &self.agreements, &mut self.agreeing);
        let agreeing = |g: usize| self.agreeing[g].iter().map(|&n| i64::from(n)).sum::<i64>();
        let mut here = agreeing(0);
        for (g, count) in self.counts.iter_mut().enumerate() {
            let above = agreeing(g + 1);
            *count = above - (self.levels[g] - here);
            here = above;
        }
        table.weigh(&self.counts)
    }

    fn count_levels(&mut self) {
        self.levels.fill(0);
        for &g in &self.agreements {
            self.levels[g as usize] += 1;
        }
    }
}

/// Counts per level the patterns whose bit, flipped by the mask, is set.
pub(super) fn tally(column: &[u64], mask: u64, levels: &[u32], counts: &mut [Lanes]) {
    for (word, levels) in column.iter().zip(levels.chunks(64)) {
        let mut bits = word ^ mask;
        for quad in levels.chunks(4) {
            for (lane, &g) in quad.iter().enumerate() {
                counts[g as usize][lane] += (bits >> lane) as u32 & 1;
            }
            bits >>= 4;
        }
    }
}

impl Units for DenseUnits<'_> {
    fn yields(&mut self, i: usize) -> bool {
        let memory = self.memory;
        self.pull(i, &memory.rule_levels).sign() < 0
    }

    fn flip(&mut self, i: usize) {
        let mask = if bit(&self.state, i) { 0 } else { u64::MAX };
        let column = self.memory.columns.column(i);
        for (word, agreements) in column.iter().zip(self.agreements.chunks_mut(64)) {
            let mut agree = word ^ mask;
            for g in agreements {
                *g = g.wrapping_add(1).wrapping_sub(2 * (agree as u32 & 1));
                agree >>= 1;
            }
        }
        self.state[i / 64] ^= 1 << (i % 64);
        self.count_levels();
    }

    fn energy(&self) -> f64 {
        self.exact_energy().value()
    }

    fn log_energy(&self) -> Option<f64> {
        self.memory.is_exponential().then(|| self.exact_energy().ln_abs())
    }
}
