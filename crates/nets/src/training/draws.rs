//! Random numbers by purpose.

use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What is drawn in a fit. Every epoch has its own numbers, so that a run which is resumed draws what it would have
/// drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draws {
    /// The first weights.
    Weights,
    /// The order of the samples in an epoch.
    Order(usize),
    /// What a task draws in an epoch: dropout, noise.
    Noise(usize),
    /// The seed of a fit among others: candidate, fold, repetition and so on, as one number.
    Fit(usize),
}

impl Draws {
    /// The numbers that are drawn for this under `seed`: a stream of ChaCha with 8 rounds.
    ///
    /// ```
    /// use attractor_nets::training::Draws;
    /// use rand::RngExt;
    /// let draw = |draws: Draws, seed| draws.rng(seed).random::<u64>();
    /// assert_eq!(draw(Draws::Order(3), 1), draw(Draws::Order(3), 1));
    /// assert_ne!(draw(Draws::Order(3), 1), draw(Draws::Order(4), 1));
    /// assert_ne!(draw(Draws::Order(3), 1), draw(Draws::Noise(3), 1));
    /// ```
    pub fn rng(self, seed: u64) -> ChaCha8Rng {
        let (purpose, number) = match self {
            Self::Weights => (0, 0),
            Self::Order(epoch) => (1, epoch),
            Self::Noise(epoch) => (2, epoch),
            Self::Fit(number) => (3, number),
        };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(((number as u64) << 2) | purpose);
        rng
    }

    /// One number of the stream, to be the seed of something else.
    ///
    /// ```
    /// use attractor_nets::training::Draws;
    /// assert_ne!(Draws::Fit(0).seed(1), Draws::Fit(1).seed(1));
    /// ```
    pub fn seed(self, seed: u64) -> u64 {
        self.rng(seed).random()
    }
}

/// A mask for dropout: each entry is 0 with probability `dropped`, else `1 / (1 - dropped)`.
///
/// ```
/// use attractor_nets::training::{Draws, keep, scalars};
/// use burn::tensor::Device;
/// let mask = keep([40, 50], 0.75, &Device::flex(), &mut Draws::Noise(0).rng(1));
/// let mean = scalars(mask.mean())?[0];
/// assert!((mean - 1.0).abs() < 0.2);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
pub fn keep<const D: usize>(
    shape: [usize; D],
    dropped: f64,
    device: &Device,
    rng: &mut impl Rng,
) -> Tensor<D> {
    let kept = (1.0 / (1.0 - dropped)) as f32;
    let draw = |_| if rng.random::<f64>() < dropped { 0.0 } else { kept };
    let numbers: Vec<f32> = (0..shape.iter().product::<usize>()).map(draw).collect();
    Tensor::from_data(TensorData::new(numbers, shape), device)
}
