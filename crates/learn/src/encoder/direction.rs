//! The direction of an observation from a mean.

use attractor_store::wire::{Reader, Writer};
use ndarray::{ArrayView2, Axis};

use super::{Encode, check};
use crate::Error;

pub(super) const KIND: &str = "direction";

/// `(x - mean) / |x - mean|`: the overall strength of an observation no longer matters. What lies on the mean stays
/// zero.
///
/// ```
/// use attractor_learn::encoder::{Direction, Encode};
/// use ndarray::array;
///
/// let encoder = Direction::fit(array![[0.0, 1.0], [2.0, 1.0]].view())?;
/// let mut features = [0.0; 2];
/// encoder.encode(&[4.0, 5.0], &mut features)?;
/// assert_eq!(features, [0.6, 0.8]);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Direction {
    mean: Vec<f32>,
}

impl Direction {
    /// From the mean of `sample`, `(n, width)`.
    ///
    /// # Errors
    /// No rows, no columns, an entry that is not finite.
    pub fn fit(sample: ArrayView2<'_, f32>) -> Result<Self, Error> {
        let (n, width) = sample.dim();
        check::parameter("width", width as f64, width > 0, "at least 1")?;
        if n == 0 {
            return Err(Error::TooFew { what: "a mean", needed: 1, found: 0 });
        }
        let mean = sample.axis_iter(Axis(1)).map(|column| {
            let sum: f64 = column.iter().map(|&x| f64::from(x)).sum();
            (sum / n as f64) as f32
        });
        let mean: Vec<f32> = mean.collect();
        check::finite(&mean, "the sample of a mean")?;
        Ok(Self { mean })
    }

    pub(super) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let mean = from.f32s()?;
        match !mean.is_empty() && mean.iter().all(|x| x.is_finite()) {
            true => Ok(Self { mean }),
            false => Err(from.fault("a mean that cannot be").into()),
        }
    }
}

impl Encode for Direction {
    fn input(&self) -> usize {
        self.mean.len()
    }

    fn width(&self) -> usize {
        self.mean.len()
    }

    fn encode(&self, observation: &[f32], features: &mut [f32]) -> Result<(), Error> {
        check::call(observation, self.input(), features, self.width())?;
        for ((feature, x), mean) in features.iter_mut().zip(observation).zip(&self.mean) {
            *feature = x - mean;
        }
        check::made(features)?;
        unit(features);
        Ok(())
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.mean.capacity() * size_of::<f32>()
    }

    fn save(&self, to: &mut Writer) {
        to.str(KIND);
        to.f32s(&self.mean);
    }
}

/// Divides by the Euclidean length; zeros stay.
pub(super) fn unit(vector: &mut [f32]) {
    let length = vector.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn what_lies_on_the_mean_stays_zero() {
        let encoder = Direction::fit(array![[1.0, 2.0, 3.0]].view()).unwrap();
        let mut features = [9.0; 3];
        encoder.encode(&[1.0, 2.0, 3.0], &mut features).unwrap();
        assert_eq!(features, [0.0; 3]);
        encoder.encode(&[1e-30, 2.0, 1e18], &mut features).unwrap();
        assert!((features[2] - 1.0).abs() < 1e-6);
        assert!(Direction::fit(ndarray::Array2::zeros((0, 3)).view()).is_err());
        assert!(encoder.encode(&[f32::NAN, 0.0, 0.0], &mut features).is_err());
    }
}
