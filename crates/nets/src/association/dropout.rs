//! Weights that are dropped at random, by a function of where they lie.

use burn::tensor::{Tensor, TensorData};

use crate::Error;

/// Dropout of the weights that read the values (Srivastava et al. 2014): each is zero with probability `share`, and
/// otherwise divided by `1 - share`.
///
/// Whether a weight is dropped is a hash of the seed and of its place `(n, h, l, s)`. Nothing is stored for the way
/// back, and neither threads nor devices change it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// At least 0 and below 1.
    pub share: f64,
    /// Another seed drops other weights.
    pub seed: u64,
}

/// The weights of one query.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DroppedRow {
    keys: [u32; 2],
    least: u32,
    kept: f32,
}

impl Dropout {
    pub(crate) fn check(self) -> Result<(), Error> {
        match (0.0..1.0).contains(&self.share) {
            true => Ok(()),
            false => {
                let (name, value) = ("dropout", self.share);
                Err(Error::Parameter { name, value, limit: "at least 0 and below 1" })
            }
        }
    }

    pub(crate) fn row(self, n: usize, h: usize, l: usize) -> DroppedRow {
        let key = [n, h, l].into_iter().fold(mixed(self.seed), |key, index| mixed(key ^ index as u64));
        DroppedRow {
            keys: [key as u32, (key >> 32) as u32],
            least: (self.share * 4_294_967_296.0) as u32,
            kept: (1.0 / (1.0 - self.share)) as f32,
        }
    }

    /// What weights `(N, H, L, S)` are multiplied with.
    pub(super) fn factors(self, like: &Tensor<4>) -> Tensor<4> {
        let [batch, heads, states, stored] = like.dims();
        let mut factors = Vec::with_capacity(batch * heads * states * stored);
        for n in 0..batch {
            for h in 0..heads {
                for l in 0..states {
                    let row = self.row(n, h, l);
                    factors.extend((0..stored).map(|s| row.factor(s)));
                }
            }
        }
        Tensor::from_data(TensorData::new(factors, like.dims()), (&like.device(), like.dtype()))
    }
}

impl DroppedRow {
    /// Of the weight of stored pattern `s`.
    #[inline]
    pub(crate) fn factor(&self, s: usize) -> f32 {
        let mut x = (s as u32).wrapping_mul(0x9e37_79b9) ^ self.keys[0];
        x = (x ^ (x >> 16)).wrapping_mul(0x21f0_aaad);
        x = (x ^ (x >> 15)).wrapping_add(self.keys[1]).wrapping_mul(0x735a_2d97);
        if (x ^ (x >> 15)) < self.least { 0.0 } else { self.kept }
    }
}

/// A bijection that leaves no pattern of its argument (Steele, Lea and Flood 2014).
fn mixed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_dropped_along_every_axis() {
        let dropout = Dropout { share: 0.3, seed: 5 };
        let share = |places: &mut dyn Iterator<Item = [usize; 4]>| {
            let (mut dropped, mut all) = (0.0, 0.0);
            for [n, h, l, s] in places {
                dropped += f64::from(u32::from(dropout.row(n, h, l).factor(s) == 0.0));
                all += 1.0;
            }
            dropped / all
        };
        // Four deviations of 20,000 draws.
        let near = |share: f64| (share - 0.3).abs() < 4.0 * (0.21f64 / 2e4).sqrt();
        assert!(near(share(&mut (0..20_000).map(|i| [i, 0, 0, 0]))));
        assert!(near(share(&mut (0..20_000).map(|i| [0, i, 0, 0]))));
        assert!(near(share(&mut (0..20_000).map(|i| [0, 0, i, 0]))));
        assert!(near(share(&mut (0..20_000).map(|i| [0, 0, 0, i]))));
        // Neighbours are dropped together as often as independent ones.
        let both = |a: [usize; 4], b: [usize; 4]| {
            let dropped = |[n, h, l, s]: [usize; 4]| dropout.row(n, h, l).factor(s) == 0.0;
            dropped(a) && dropped(b)
        };
        for step in [[0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]] {
            let pairs = (0..20_000).map(|i| [i % 5, i % 7, i % 11, i]);
            let count = pairs.filter(|&a| both(a, std::array::from_fn(|i| a[i] + step[i]))).count();
            assert!((count as f64 / 2e4 - 0.09).abs() < 4.0 * (0.09f64 * 0.91 / 2e4).sqrt(), "{step:?}");
        }
    }

    #[test]
    fn what_is_kept_makes_up_for_what_is_dropped_and_seeds_differ() {
        let row = Dropout { share: 0.75, seed: 1 }.row(2, 3, 4);
        assert!((0..50).any(|s| row.factor(s) == 4.0) && (0..50).any(|s| row.factor(s) == 0.0));
        let other = Dropout { share: 0.75, seed: 2 }.row(2, 3, 4);
        assert!((0..50).any(|s| row.factor(s) != other.factor(s)));
        let none = Dropout { share: 0.0, seed: 1 }.row(0, 0, 0);
        assert!((0..50).all(|s| none.factor(s) == 1.0));
    }
}
