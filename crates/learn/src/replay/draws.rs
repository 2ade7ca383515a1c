//! Random numbers by number.

use attractor_data::stream;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Random numbers that a seed, a name and a counter determine: number `counter` is the same whether or not those
/// before it were drawn. To go on where a run ended, keep [`Draws::counter`].
///
/// ```
/// use attractor_learn::replay::Draws;
/// let mut run = Draws::new(7, "replay", 0);
/// let first: Vec<f64> = (0..20).map(|_| run.unit()).collect();
/// let mut resumed = Draws::new(7, "replay", 10);
/// assert_eq!(resumed.unit(), first[10]);
/// assert_eq!(resumed.counter(), 11);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draws {
    rng: ChaCha8Rng,
    counter: u64,
}

impl Draws {
    /// The numbers of the stream `name` under `seed` ([`attractor_data::stream`]), from number `counter` on.
    pub fn new(seed: u64, name: &str, counter: u64) -> Self {
        let mut rng = stream(seed, name);
        // Each number is 64 bits: two words of the cipher.
        rng.set_word_pos(2 * u128::from(counter));
        Self { rng, counter }
    }

    /// How many numbers of the stream lie behind.
    pub fn counter(&self) -> u64 {
        self.counter
    }

    /// A number from 0 up to but not including 1, a multiple of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number below `n`; 0 where `n` is 0. Off the uniform distribution by less than n / 2^64.
    pub fn below(&mut self, n: usize) -> usize {
        // Without rejection, so that every draw takes one number.
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    fn bits(&mut self) -> u64 {
        self.counter = self.counter.wrapping_add(1);
        self.rng.next_u64()
    }
}
