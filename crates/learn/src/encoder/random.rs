//! Random features: a layer that nobody trained.

use attractor_store::wire::{Reader, Writer};
use rand_distr::{Distribution, StandardNormal};

use super::product::Product;
use super::{Encode, check};
use crate::Error;

pub(super) const KIND: &str = "random";

/// Weights at most (256 MiB): a few damaged bytes must not be able to ask for more.
const MOST: usize = 1 << 26;

/// `max(0, W x + b)` with `W` normal of variance `1 / input` and `b` normal of deviation `bias`, both drawn
/// from a seeded stream. What is stored is the seed, not the weights.
///
/// A linear cortex on these features separates what no plane separates in the input (extreme learning
/// machines: Huang, Zhu and Siew 2006; random kitchen sinks: Rahimi and Recht 2008). Scale the input first:
/// its components should be of the order of 1. Time and bytes: `input * width` multiplications and floats.
///
/// ```
/// use attractor_learn::encoder::{Encode, Random};
///
/// let encoder = Random::new(3, 64, 1.0, 42)?;
/// let mut features = [0.0; 64];
/// encoder.encode(&[1.0, -1.0, 0.5], &mut features)?;
/// assert!(features.iter().all(|&x| x >= 0.0) && features.iter().any(|&x| x > 0.0));
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Random {
    seed: u64,
    bias: f32,
    weights: Product,
    biases: Vec<f32>,
}

impl Random {
    /// From `input` components to `width` features; `bias` is the deviation of `b`, 1 if in doubt, 0 for
    /// features that scale with the input.
    ///
    /// # Errors
    /// No components, no features, or more than 2^26 weights; a bias that is negative or not finite.
    pub fn new(input: usize, width: usize, bias: f32, seed: u64) -> Result<Self, Error> {
        check::parameter("input", input as f64, input > 0, "at least 1")?;
        check::parameter("width", width as f64, width > 0, "at least 1")?;
        let weights = input.saturating_mul(width);
        check::parameter("input * width", weights as f64, weights <= MOST, "at most 67108864 (2^26)")?;
        let fits = bias >= 0.0 && bias.is_finite();
        check::parameter("bias", f64::from(bias), fits, "finite and at least 0")?;

        let mut rng = attractor_data::stream(seed, "random features: weights");
        let scale = 1.0 / (input as f32).sqrt();
        let mut draw = || -> f32 { StandardNormal.sample(&mut rng) };
        let weights: Vec<f32> = (0..weights).map(|_| draw() * scale).collect();
        let mut rng = attractor_data::stream(seed, "random features: biases");
        let mut draw = || -> f32 { StandardNormal.sample(&mut rng) };
        let biases = (0..width).map(|_| draw() * bias).collect();
        Ok(Self { seed, bias, weights: Product::new(&weights, input), biases })
    }

    /// Features from products.
    fn finish(&self, features: &mut [f32]) -> Result<(), Error> {
        features.iter_mut().zip(&self.biases).for_each(|(feature, bias)| *feature += bias);
        check::made(features)?;
        features.iter_mut().for_each(|feature| *feature = feature.max(0.0));
        Ok(())
    }

    pub(super) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let input = check::read_size(from, "a width beyond reason")?;
        let width = check::read_size(from, "a width beyond reason")?;
        let (bias, seed) = (from.f32()?, from.u64()?);
        Self::new(input, width, bias, seed).map_err(|_| from.fault("random features that cannot be").into())
    }
}

impl Encode for Random {
    fn input(&self) -> usize {
        self.weights.width()
    }

    fn width(&self) -> usize {
        self.biases.len()
    }

    fn encode(&self, observation: &[f32], features: &mut [f32]) -> Result<(), Error> {
        check::call(observation, self.input(), features, self.width())?;
        self.weights.apply_to(observation, features);
        self.finish(features)
    }

    fn encode_rows(&self, observations: &[f32], features: &mut [f32]) -> Result<(), Error> {
        check::rows(observations, self.input(), features, self.width())?;
        check::finite(observations, "observations")?;
        self.weights.apply_to(observations, features);
        features.chunks_exact_mut(self.width()).try_for_each(|features| self.finish(features))
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.weights.bytes() + self.biases.capacity() * size_of::<f32>()
    }

    fn save(&self, to: &mut Writer) {
        to.str(KIND);
        to.u64(self.input() as u64);
        to.u64(self.width() as u64);
        to.f32(self.bias);
        to.u64(self.seed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_those_of_the_definition() {
        let (input, width, seed) = (11, 37, 5);
        let encoder = Random::new(input, width, 0.5, seed).unwrap();
        let x: Vec<f32> = (0..input).map(|i| (i as f32).sin()).collect();
        let mut features = vec![0.0; width];
        encoder.encode(&x, &mut features).unwrap();

        let mut rng = attractor_data::stream(seed, "random features: weights");
        let mut biases = attractor_data::stream(seed, "random features: biases");
        for &feature in &features {
            let mut sum = 0.0;
            for x in &x {
                let weight: f32 = StandardNormal.sample(&mut rng);
                sum += f64::from(weight) / (input as f64).sqrt() * f64::from(*x);
            }
            let bias: f32 = StandardNormal.sample(&mut biases);
            let exact = (sum + 0.5 * f64::from(bias)).max(0.0);
            assert!((f64::from(feature) - exact).abs() < 1e-5, "{feature} {exact}");
        }
        assert!(features.contains(&0.0) && features.iter().any(|&x| x > 0.0));
    }

    #[test]
    fn wrong_numbers_are_refused() {
        for (input, width, bias) in
            [(0, 1, 1.0), (1, 0, 1.0), (1, 1, -1.0), (1, 1, f32::NAN), (1 << 14, 1 << 13, 1.0)]
        {
            assert!(Random::new(input, width, bias, 0).is_err(), "{input} {width} {bias}");
        }
        let encoder = Random::new(2, 3, 1.0, 0).unwrap();
        assert!(encoder.encode(&[1.0], &mut [0.0; 3]).is_err());
        assert!(encoder.encode(&[1.0, 1.0], &mut [0.0; 2]).is_err());
        assert!(encoder.encode(&[1.0, f32::NAN], &mut [0.0; 3]).is_err());
    }
}
