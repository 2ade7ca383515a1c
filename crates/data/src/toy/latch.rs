//! Sequences of random symbols whose first one is to be remembered.

use ndarray::Array2;

use super::{count, numbered, volume};
use crate::mersenne::Mersenne;
use crate::{Bags, Error};

/// Sizes and seed of the latch problem: symbol 0 or 1 at the start of a sequence of other symbols is its class.
///
/// Source: S. Hochreiter, M. Mozer, "A discrete probabilistic memory model for discovering dependencies in time", 2001;
/// drawn as in the examples of Ramsauer et al. 2021 (class `LatchSequenceSet`).
///
/// ```
/// use attractor_data::toy::Latch;
/// let set = Latch::default().draw()?;
/// assert_eq!(set.symbols.dim(), (4096, 32));
/// assert_eq!(set.symbols.row(0)[1], 14);
/// # Ok::<(), attractor_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latch {
    /// Sequences. Default 4,096.
    pub sequences: usize,
    /// Symbols of each. Default 32.
    pub length: usize,
    /// Different symbols, of which 0 and 1 occur only at the start. Default 20.
    pub characters: usize,
    /// Seed. Default 43.
    pub seed: u32,
}

impl Default for Latch {
    fn default() -> Self {
        Self { sequences: 4_096, length: 32, characters: 20, seed: 43 }
    }
}

/// Drawn latch sequences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatchSet {
    /// The symbols, `(sequences, length)`, from 0; the first of each row is its class, 0 or 1.
    pub symbols: Array2<u8>,
    /// Different symbols.
    pub characters: usize,
}

impl Latch {
    /// Draws the sequences.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a size is 0, for characters outside 3 to 256.
    pub fn draw(&self) -> Result<LatchSet, Error> {
        count("characters", self.characters, 3, 256)?;
        volume("sequences times length times characters", &[self.sequences, self.length, self.characters])?;
        let mut rng = Mersenne::new(self.seed);
        let others = self.characters as u32 - 2;
        let mut symbols = Array2::zeros((self.sequences, self.length));
        for symbol in &mut symbols {
            *symbol = 2 + rng.remainder(others) as u8;
        }
        for symbol in symbols.column_mut(0) {
            *symbol = rng.remainder(2) as u8;
        }
        Ok(LatchSet { symbols, characters: self.characters })
    }
}

impl LatchSet {
    /// The sequences as bags of one-hot instances, `(length, characters)` each and in order, called by their numbers;
    /// those that begin with symbol 1 are positive.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a symbol is not below `characters`.
    pub fn bags(&self) -> Result<Bags, Error> {
        let (sequences, length) = self.symbols.dim();
        let mut instances = Array2::zeros((sequences * length, self.characters));
        for (mut instance, &symbol) in instances.outer_iter_mut().zip(&self.symbols) {
            let limit = || format!("below {}, the number of characters", self.characters);
            let place = instance.get_mut(usize::from(symbol));
            *place.ok_or_else(|| Error::Parameter {
                name: "symbol",
                value: f64::from(symbol),
                limit: limit(),
            })? = 1.0;
        }
        let positive = self.symbols.outer_iter().map(|row| row.first() == Some(&1)).collect();
        Bags::new("latch", instances, &vec![length; sequences], positive, numbered(sequences))
    }
}
