//! A random look at an observation, from which nothing can hide.

use attractor_store::wire::{Reader, Writer};
use rand_distr::{Distribution, StandardNormal};

use super::direction::unit;
use super::product::Product;
use super::{Encode, check};
use crate::Error;

pub(super) const KIND: &str = "project";

/// Weights at most (256 MiB).
const MOST: usize = 1 << 26;

/// `P x / |x|`, scaled to length 1, with `P` normal and drawn from a seeded stream.
///
/// Distances between directions survive in expectation (Johnson and Lindenstrauss 1984), and since nothing is
/// learned, they survive for what no example was like: principal components keep what the examples had in
/// common, and are blind to the rest. What is stored is the seed.
///
/// ```
/// use attractor_learn::encoder::{Encode, Project};
///
/// let encoder = Project::new(3, 2, 42)?;
/// let (mut a, mut b) = ([0.0; 2], [0.0; 2]);
/// encoder.encode(&[1.0, 2.0, 3.0], &mut a)?;
/// encoder.encode(&[2.0, 4.0, 6.0], &mut b)?;
/// assert_eq!(a, b);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Project {
    seed: u64,
    weights: Product,
}

impl Project {
    /// From `input` components to `width`.
    ///
    /// # Errors
    /// No components, or more than 2^26 weights.
    pub fn new(input: usize, width: usize, seed: u64) -> Result<Self, Error> {
        check::parameter("input", input as f64, input > 0, "at least 1")?;
        check::parameter("width", width as f64, width > 0, "at least 1")?;
        let weights = input.saturating_mul(width);
        check::parameter("input * width", weights as f64, weights <= MOST, "at most 67108864 (2^26)")?;
        let mut rng = attractor_data::stream(seed, "random projection");
        let weights: Vec<f32> = (0..weights).map(|_| StandardNormal.sample(&mut rng)).collect();
        Ok(Self { seed, weights: Product::new(&weights, input) })
    }

    pub(super) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let input = check::read_size(from, "a width beyond reason")?;
        let width = check::read_size(from, "a width beyond reason")?;
        let seed = from.u64()?;
        Self::new(input, width, seed).map_err(|_| from.fault("a projection that cannot be").into())
    }
}

impl Encode for Project {
    fn input(&self) -> usize {
        self.weights.width()
    }

    fn width(&self) -> usize {
        self.weights.rows()
    }

    fn encode(&self, observation: &[f32], features: &mut [f32]) -> Result<(), Error> {
        check::call(observation, self.input(), features, self.width())?;
        // To unit length first: products of large numbers leave the range of f32.
        let mut direction = observation.to_vec();
        unit(&mut direction);
        self.weights.apply_to(&direction, features);
        unit(features);
        Ok(())
    }

    fn encode_rows(&self, observations: &[f32], features: &mut [f32]) -> Result<(), Error> {
        let (input, width) = check::rows(observations, self.input(), features, self.width())?;
        check::finite(observations, "observations")?;
        let mut directions = observations.to_vec();
        directions.chunks_exact_mut(input).for_each(unit);
        self.weights.apply_to(&directions, features);
        features.chunks_exact_mut(width).for_each(unit);
        Ok(())
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.weights.bytes()
    }

    fn save(&self, to: &mut Writer) {
        to.str(KIND);
        to.u64(self.input() as u64);
        to.u64(self.width() as u64);
        to.u64(self.seed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_survive() {
        let (input, width) = (200, 2_000);
        let encoder = Project::new(input, width, 3).unwrap();
        let wave = |step: f32| -> Vec<f32> { (0..input).map(|i| (i as f32 * step).sin()).collect() };
        let cosine = |a: &[f32], b: &[f32]| -> f32 {
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
            dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
        };
        let (a, b) = (wave(0.1), wave(0.13));
        let (mut pa, mut pb) = (vec![0.0; width], vec![0.0; width]);
        encoder.encode(&a, &mut pa).unwrap();
        encoder.encode(&b, &mut pb).unwrap();
        assert!((cosine(&a, &b) - cosine(&pa, &pb)).abs() < 0.1);
        let mut nothing = vec![1.0; width];
        encoder.encode(&vec![0.0; input], &mut nothing).unwrap();
        assert!(nothing.iter().all(|&x| x == 0.0));
        encoder.encode(&vec![1e18; input], &mut nothing).unwrap();
        assert!(nothing.iter().all(|x| x.is_finite()));
    }
}
