//! The rows that can carry weight under a sparse separation.
//!
//! Every separation of this kind bounds the scores that matter from below, relative to the best ones. A leaf
//! keeps what its own best scores allow, a merge keeps both, and the last prune uses the best of all: what
//! remains is the same whatever the order.

use attractor_kernel::{LANES, Lane};

use crate::separation::Reach;

/// A row and its `theta`.
pub(super) type Candidate = (usize, f32);

/// The candidates of one cue, gathered from successive pieces of a leaf.
pub(super) struct Gathering {
    reach: Reach,
    rows: Vec<Candidate>,
    bound: f64,
    top: f32,
}

impl Gathering {
    pub(super) fn new(reach: Reach) -> Self {
        let bound = match reach {
            Reach::Above { level } => level,
            _ => f64::NEG_INFINITY,
        };
        Self { reach, rows: Vec::new(), bound, top: f32::NEG_INFINITY }
    }

    /// Adds a piece whose first row is `first`. Dead rows score minus infinity.
    pub(super) fn add(&mut self, theta: &[Lane], first: usize) {
        if let Reach::BelowMax { margin } = self.reach {
            let mut top = [self.top; LANES];
            for lane in theta {
                top.iter_mut().zip(lane.0).for_each(|(t, x)| *t = if x > *t { x } else { *t });
            }
            self.top = top.into_iter().fold(f32::NEG_INFINITY, f32::max);
            self.bound = f64::from(self.top) - margin;
        }
        // Enough room that a prune, linear in it, is paid for by as many rows.
        let room = match self.reach {
            Reach::BelowKth { k, .. } => 2 * k + 64,
            _ => usize::MAX,
        };
        for (p, lane) in theta.iter().enumerate() {
            // The bound in f32, rounded down: a cheap test for whole panels.
            let below = (self.bound as f32).next_down();
            if lane.0.iter().filter(|&&x| x >= below).count() == 0 {
                continue;
            }
            for (l, &x) in lane.0.iter().enumerate() {
                if f64::from(x) >= self.bound && x > f32::NEG_INFINITY {
                    self.rows.push((first + p * LANES + l, x));
                }
            }
            if self.rows.len() > room {
                self.bound = self.bound.max(prune(&mut self.rows, self.reach));
            }
        }
    }

    /// What remains.
    pub(super) fn finish(mut self) -> Vec<Candidate> {
        prune(&mut self.rows, self.reach);
        self.rows
    }
}

/// Drops candidates that cannot carry weight among those present, keeps storage order, and returns the bound.
pub(super) fn prune(rows: &mut Vec<Candidate>, reach: Reach) -> f64 {
    let bound = match reach {
        Reach::Above { level } => level,
        Reach::BelowMax { margin } => {
            let top = rows.iter().map(|r| r.1).fold(f32::NEG_INFINITY, f32::max);
            f64::from(top) - margin
        }
        Reach::BelowKth { k, margin } if rows.len() > k => {
            let mut all: Vec<f32> = rows.iter().map(|r| r.1).collect();
            let (_, kth, _) = all.select_nth_unstable_by(k.max(1) - 1, |a, b| b.total_cmp(a));
            f64::from(*kth) - margin
        }
        _ => return f64::NEG_INFINITY,
    };
    rows.retain(|&(_, theta)| f64::from(theta) >= bound);
    bound
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_leaf(theta: &[Lane], first: usize, reach: Reach) -> Vec<Candidate> {
        let mut gathering = Gathering::new(reach);
        for (i, piece) in theta.chunks(100).enumerate() {
            gathering.add(piece, first + i * 100 * LANES);
        }
        gathering.finish()
    }

    #[test]
    fn nothing_inside_the_reach_is_lost() {
        let mut x = 9u64;
        let mut theta = vec![Lane::ZERO; 256];
        for t in theta.iter_mut().flat_map(|l| &mut l.0) {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            *t = (x >> 56) as f32 / 8.0 - 16.0;
        }
        theta[3].0[5] = f32::NEG_INFINITY;
        let mut sorted: Vec<f32> = theta.iter().flat_map(|l| l.0).collect();
        sorted.sort_by(|a, b| b.total_cmp(a));
        for k in [1, 2, 10, 100, 4095, 5000] {
            for margin in [0.0, 1.0, 1e9] {
                let kth = sorted.get(k - 1).copied().unwrap_or(f32::NEG_INFINITY);
                let all = sorted.iter().filter(|&&t| t > f32::NEG_INFINITY);
                let want = all.clone().filter(|&&t| f64::from(t) >= f64::from(kth) - margin).count();
                assert_eq!(of_leaf(&theta, 0, Reach::BelowKth { k, margin }).len(), want, "k={k}");
                let top = f64::from(sorted[0]) - margin;
                let want = all.filter(|&&t| f64::from(t) >= top).count();
                let rows = of_leaf(&theta, 7, Reach::BelowMax { margin });
                assert_eq!(rows.len(), want);
                assert!(rows.windows(2).all(|w| w[0].0 < w[1].0));
            }
        }
        assert_eq!(of_leaf(&theta, 0, Reach::Above { level: 100.0 }), []);
    }
}
