//! What a classifier is made of.

use ndarray::Array2;
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::DenseClassifier;
use crate::Error;
use crate::energy::gaussian;

/// Options of a [`DenseClassifier`].
///
/// ```
/// use attractor_nets::models::DenseClassifierConfig;
/// let config = DenseClassifierConfig { degree: 20, ..DenseClassifierConfig::of(784, 10) };
/// assert_eq!((config.memories, config.temperature, config.loss), (500, 5.0, 4));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenseClassifierConfig {
    /// Components of a pattern.
    pub inputs: usize,
    /// Class units.
    pub classes: usize,
    /// K, the number of memories; 500 by default.
    pub memories: usize,
    /// n of the energy `-sum max(overlap, 0)^n`, from 2 to 1000; 3 by default.
    pub degree: u32,
    /// T, above 0: energy differences are divided by `T^n`. It should be of the size of large overlaps of memories that
    /// were just drawn: 5 by default, for patterns of about 784 components from -1 to 1.
    pub temperature: f64,
    /// m: an error counts with the power 2 m; from 1 to 100, 4 by default.
    pub loss: u32,
    /// Mean of the first memories, from -1 to 1; 0 by default. For large n take the sign that most components of patterns
    /// have: all overlaps are well above 0 then, and no memory is left out at first.
    pub mean: f64,
    /// Standard deviation of the first memories, at most 1; 0.1 by default.
    pub deviation: f64,
}

impl DenseClassifierConfig {
    /// For patterns of so many components and so many classes, all else by default.
    pub fn of(inputs: usize, classes: usize) -> Self {
        Self {
            inputs,
            classes,
            memories: 500,
            degree: 3,
            temperature: 5.0,
            loss: 4,
            mean: 0.0,
            deviation: 0.1,
        }
    }

    /// A classifier with memories from N(`mean`, `deviation`), clipped to [-1, 1].
    ///
    /// # Errors
    /// [`Error::Parameter`] for a number outside its range.
    pub fn init(&self, rng: &mut impl Rng) -> Result<DenseClassifier, Error> {
        self.check()?;
        let mut draw = || (self.mean + self.deviation * gaussian(rng)).clamp(-1.0, 1.0) as f32;
        DenseClassifier::new(*self, Array2::from_shape_simple_fn(self.dims(), &mut draw))
    }

    /// The shape of the memories.
    pub(super) fn dims(&self) -> (usize, usize) {
        (self.memories, self.inputs.saturating_add(self.classes))
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let sizes = [("inputs", self.inputs), ("classes", self.classes), ("memories", self.memories)];
        sizes.into_iter().try_for_each(|(name, size)| Error::at_least_one(name, size))?;
        let width = self.inputs.saturating_add(self.classes);
        Error::allocatable("memories, times inputs and classes", &[self.memories, width])?;
        let within = |name, value: f64, fits: bool, limit| match fits {
            true => Ok(()),
            false => Err(Error::Parameter { name, value, limit }),
        };
        let (degree, loss) = (f64::from(self.degree), f64::from(self.loss));
        within("degree", degree, (2.0..=1000.0).contains(&degree), "from 2 to 1000")?;
        let (temperature, deviation) = (self.temperature, self.deviation);
        let positive = temperature.is_finite() && temperature > 0.0;
        within("temperature", temperature, positive, "finite and above 0")?;
        within("mean", self.mean, self.mean.abs() <= 1.0, "from -1 to 1")?;
        within("loss", loss, (1.0..=100.0).contains(&loss), "from 1 to 100")?;
        within("deviation", deviation, deviation > 0.0 && deviation <= 1.0, "above 0 and at most 1")
    }
}
