//! How many patterns each kind of memory holds.

pub(crate) mod classical;
pub(crate) mod continuous;
pub(crate) mod exponential;
mod hebb;
mod lanes;
pub(crate) mod polynomial;
mod rules;
mod sphere;
mod theory;

/// Where the curve through `points`, in order of x, first passes `level`, between two points by a
/// straight line; `None` when it stays on one side.
fn crossing(points: &[(f64, f64)], level: f64) -> Option<f64> {
    points.windows(2).find_map(|pair| {
        let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
        let passes = (y0 < level) != (y1 < level);
        passes.then(|| x0 + (x1 - x0) * (level - y0) / (y1 - y0))
    })
}

/// Random signs, -1 and +1, shape `(count, width)`.
fn random_signs(count: usize, width: usize, rng: &mut impl rand::Rng) -> ndarray::Array2<f32> {
    let mut bits = Bits::new(rng);
    ndarray::Array2::from_shape_simple_fn((count, width), || if bits.next() { 1.0 } else { -1.0 })
}

/// Fair coins, 64 from each word of a generator.
struct Bits<'a, R> {
    rng: &'a mut R,
    word: u64,
    left: u32,
}

impl<'a, R: rand::Rng> Bits<'a, R> {
    fn new(rng: &'a mut R) -> Self {
        Self { rng, word: 0, left: 0 }
    }

    fn next(&mut self) -> bool {
        if self.left == 0 {
            (self.word, self.left) = (self.rng.next_u64(), u64::BITS);
        }
        self.left -= 1;
        let bit = self.word & 1 == 1;
        self.word >>= 1;
        bit
    }
}

#[cfg(test)]
mod tests {
    use super::crossing;

    #[test]
    fn a_synthetic_transition_is_found_where_it_was_put() {
        // A rounded step from 0.97 to 0.35 with its middle, 0.66, at 0.1403.
        let step = |x: f64| 0.66 - 0.31 * ((x - 0.1403) / 0.004).tanh();
        let points: Vec<(f64, f64)> =
            (0..30).map(|k| 0.1 + 0.0025 * f64::from(k)).map(|x| (x, step(x))).collect();
        let found = crossing(&points, 0.66).unwrap();
        assert!((found - 0.1403).abs() < 1e-4, "{found}");
    }

    #[test]
    fn rising_falling_and_missing_crossings() {
        assert_eq!(crossing(&[(0.0, 0.0), (1.0, 2.0), (2.0, 0.0)], 1.0), Some(0.5));
        assert_eq!(crossing(&[(0.0, 3.0), (4.0, 1.0)], 1.5), Some(3.0));
        assert_eq!(crossing(&[(0.0, 3.0), (4.0, 2.0)], 1.5), None);
        assert_eq!(crossing(&[(0.0, 3.0)], 1.5), None);
    }
}
