//! Bags of handwritten digits: is there a nine among them?

use super::{count, numbered, volume};
use crate::mersenne::RandomState;
use crate::{Bags, Error, Scale, Set};

/// Mean and standard deviation of the pixels of the training digits, from 0 to 1, as usually rounded.
const PIXELS: (f32, f32) = (0.1307, 0.3081);

/// Sizes and seed of the bags of digits. A bag is positive when one of its pictures shows the digit.
///
/// Source: M. Ilse, J. Tomczak, M. Welling, "Attention-based deep multiple instance learning", 2018, with the draws of
/// their published loader: training and test bags have the same seed, and their `var_bag_length` is a standard deviation.
#[derive(Debug, Clone, PartialEq)]
pub struct MnistBags {
    /// Mean number of pictures in a bag. Default 10.
    pub mean: f64,
    /// Standard deviation of that number. Default 2.
    pub deviation: f64,
    /// The digit. Default 9.
    pub digit: u32,
    /// Seed. Default 1.
    pub seed: u32,
}

impl Default for MnistBags {
    fn default() -> Self {
        Self { mean: 10.0, deviation: 2.0, digit: 9, seed: 1 }
    }
}

impl MnistBags {
    /// Which of `pictures` pictures are in each of `bags` bags. A picture can come again, also within a bag.
    ///
    /// ```
    /// use attractor_data::toy::MnistBags;
    /// let bags = MnistBags::default().indices(200, 60_000)?;
    /// assert_eq!(bags[0][..3], [32511, 50057, 43723]);
    /// # Ok::<(), attractor_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for no pictures or more than 2^32, for a mean or deviation outside 0 to 65,536.
    pub fn indices(&self, bags: usize, pictures: usize) -> Result<Vec<Vec<usize>>, Error> {
        const LONGEST: f64 = 65_536.0;
        for (name, value) in [("mean", self.mean), ("deviation", self.deviation)] {
            if !(0.0..=LONGEST).contains(&value) {
                return Err(Error::Parameter { name, value, limit: format!("from 0 to {LONGEST}") });
            }
        }
        count("pictures", pictures, 1, 1 << 32)?;
        let most = (pictures - 1) as u32;
        let mut rng = RandomState::new(self.seed);
        let draw = |_| {
            // The reference truncates towards 0 as this cast does.
            let length = (rng.normal(self.mean, self.deviation) as i64).max(1);
            (0..length).map(|_| rng.up_to(most) as usize).collect()
        };
        Ok((0..bags).map(draw).collect())
    }

    /// The bags of pictures of `digits`, with pixels of mean 0 and variance 1 (by the statistics of all training
    /// digits), called by their numbers.
    ///
    /// # Errors
    /// As [`MnistBags::indices`]; [`Error::Count`] when the digits have no labels, [`Error::Parameter`] for more
    /// than 2^31 pixels.
    pub fn draw(&self, digits: &Set, bags: usize) -> Result<Bags, Error> {
        let indices = self.indices(bags, digits.len())?;
        let Some(labels) = digits.labels() else {
            let place = format!("labels of set {}", digits.name());
            return Err(Error::Count { place, expected: digits.len(), found: 0 });
        };
        let lengths: Vec<usize> = indices.iter().map(Vec::len).collect();
        volume("pixels", &[lengths.iter().sum(), digits.shape().components()])?;
        let nine = |bag: &Vec<usize>| bag.iter().any(|&picture| labels[picture] == self.digit);
        let positive = indices.iter().map(nine).collect();
        let pictures = digits.subset(&indices.concat())?.scaled(Scale::Unit);
        let name = format!("{} bags", digits.name());
        let instances = pictures.into_patterns().mapv_into(|pixel| (pixel - PIXELS.0) / PIXELS.1);
        Bags::new(name, instances, &lengths, positive, numbered(bags))
    }
}
