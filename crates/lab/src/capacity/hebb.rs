//! Hebb's network without its weights: `N h_i = sum_mu xi_i M_mu - K s_i`, `M = X s`.
//!
//! With zero diagonal this is the field of the weight matrix to the bit, in integers. A sweep costs
//! `O(K N)` and no `N^2` memory, and one set of patterns serves every load: the first `K` of them.

use super::Bits;

/// Widest network: overlaps are 16-bit integers.
const WIDEST: usize = i16::MAX as usize;
/// Sweeps after which a run is called unfinished.
const SWEEPS: usize = 500;

/// Patterns of -1 and +1, laid out unit by unit.
pub(super) struct Hebb {
    width: usize,
    patterns: usize,
    /// `signs[i * patterns + mu]`.
    signs: Vec<i16>,
}

/// Where a state ended.
pub(super) struct Rest {
    /// Overlap with each pattern of the load, from -1 to 1.
    pub(super) overlaps: Vec<f64>,
    /// Whether a whole sweep changed nothing.
    pub(super) converged: bool,
}

impl Hebb {
    /// Independent unbiased patterns.
    pub(super) fn random(width: usize, patterns: usize, rng: &mut impl rand::Rng) -> Self {
        debug_assert!(width <= WIDEST);
        let mut bits = Bits::new(rng);
        let signs = (0..width * patterns).map(|_| if bits.next() { 1 } else { -1 }).collect();
        Self { width, patterns, signs }
    }

    /// The pattern at `index`.
    pub(super) fn pattern(&self, index: usize) -> Vec<i16> {
        (0..self.width).map(|i| self.signs[i * self.patterns + index]).collect()
    }

    /// Runs the first `load` patterns' network from `state`, unit after unit, and leaves the fixed point there.
    /// A field of zero keeps the unit.
    pub(super) fn relax(&self, load: usize, state: &mut [i16]) -> Rest {
        let mut sums = vec![0i16; load];
        for (i, &s) in state.iter().enumerate() {
            sums.iter_mut().zip(self.unit(i, load)).for_each(|(m, &x)| *m += s * x);
        }
        let mut converged = false;
        for _ in 0..SWEEPS {
            let mut flips = 0;
            for (i, s) in state.iter_mut().enumerate() {
                let signs = self.unit(i, load);
                let own = load as i32 * i32::from(*s);
                if (dot(signs, &sums) - own) * i32::from(*s) < 0 {
                    *s = -*s;
                    let twice = 2 * *s;
                    sums.iter_mut().zip(signs).for_each(|(m, &x)| *m += twice * x);
                    flips += 1;
                }
            }
            if flips == 0 {
                converged = true;
                break;
            }
        }
        let overlaps = sums.iter().map(|&m| f64::from(m) / self.width as f64).collect();
        Rest { overlaps, converged }
    }

    fn unit(&self, i: usize, load: usize) -> &[i16] {
        &self.signs[i * self.patterns..][..load]
    }
}

fn dot(a: &[i16], b: &[i16]) -> i32 {
    a.iter().zip(b).map(|(&x, &y)| i32::from(x) * i32::from(y)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use attractor_memory::binary::Schedule;
    use attractor_memory::classical::{Network, Rule};
    use ndarray::Array2;

    #[test]
    fn it_is_the_network_with_weights_state_by_state() {
        for (width, stored, loads) in [(60, 20, [3, 9, 20]), (129, 40, [5, 19, 40])] {
            let mut rng = attractor_data::stream(5, "hebb");
            let free = Hebb::random(width, stored, &mut rng);
            let wide = |rows: &[Vec<i16>]| {
                Array2::from_shape_fn((rows.len(), width), |(r, i)| f32::from(rows[r][i]))
            };
            let patterns: Vec<_> = (0..stored).map(|k| free.pattern(k)).collect();
            for load in loads {
                let mut network = Network::new(width, Rule::Hebb).unwrap();
                network.store(wide(&patterns[..load]).view()).unwrap();
                let mut cues = patterns.clone();
                cues.extend((0..10).map(|_| Hebb::random(width, 1, &mut rng).pattern(0)));
                let schedule = Schedule::sequential().sweeps(SWEEPS);
                let recall = network.recall(wide(&cues).view(), &schedule).unwrap();
                let mut states = cues;
                let rests: Vec<Rest> = states.iter_mut().map(|state| free.relax(load, state)).collect();
                assert_eq!(wide(&states), recall.states, "{width} units, {load} patterns");
                let overlaps = network.overlaps(recall.states.view()).unwrap();
                for (rest, row) in rests.iter().zip(overlaps.rows()) {
                    assert!(rest.converged);
                    let whole: Vec<i32> =
                        rest.overlaps.iter().map(|m| (m * width as f64).round() as i32).collect();
                    assert_eq!(whole, row.to_vec());
                }
            }
        }
    }
}
