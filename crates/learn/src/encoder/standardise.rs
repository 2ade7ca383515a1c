//! Every component to mean 0 and variance 1.

use attractor_store::wire::{Reader, Writer};
use ndarray::ArrayView2;
use rayon::prelude::*;

use super::{Encode, check};
use crate::Error;

pub(super) const KIND: &str = "standardise";

/// Examples whose statistics are summed by one thread before they are merged, in order.
const CHUNK: usize = 256;

/// Count, mean and variance of each component, while examples come by.
///
/// Welford's recurrence in `f64`; parts are merged by the rule of Chan, Golub and LeVeque (1979).
///
/// ```
/// use attractor_learn::encoder::{Encode, Statistics};
///
/// let mut statistics = Statistics::new(2);
/// statistics.observe(&[1.0, 5.0])?;
/// statistics.observe(&[3.0, 5.0])?;
/// assert_eq!(statistics.mean(), &[2.0, 5.0]);
///
/// let encoder = statistics.freeze(0.0)?;
/// let mut features = [0.0; 2];
/// encoder.encode(&[3.0, 7.0], &mut features)?;
/// assert_eq!(features, [1.0, 0.0]); // the second component never varied: it says nothing
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    count: u64,
    mean: Vec<f64>,
    /// Sums of squared deviations from the mean.
    squares: Vec<f64>,
}

impl Statistics {
    /// Nothing seen yet, of vectors of `width` components.
    pub fn new(width: usize) -> Self {
        Self { count: 0, mean: vec![0.0; width], squares: vec![0.0; width] }
    }

    /// Takes up one example.
    ///
    /// # Errors
    /// A wrong width, an entry that is not finite.
    pub fn observe(&mut self, example: &[f32]) -> Result<(), Error> {
        check::width(example.len(), self.mean.len(), "an example")?;
        check::finite(example, "an example")?;
        self.count += 1;
        let share = 1.0 / self.count as f64;
        for ((mean, square), &x) in self.mean.iter_mut().zip(&mut self.squares).zip(example) {
            let gap = f64::from(x) - *mean;
            *mean += gap * share;
            *square += gap * (f64::from(x) - *mean);
        }
        Ok(())
    }

    /// Takes up every row of `examples` `(n, width)`, in parts of fixed size that are merged in order: the
    /// bits do not depend on the number of threads, but differ in rounding from one-by-one observation.
    ///
    /// # Errors
    /// As [`Statistics::observe`], for the first bad row; then nothing is taken up.
    pub fn observe_all(&mut self, examples: ArrayView2<'_, f32>) -> Result<(), Error> {
        check::width(examples.ncols(), self.mean.len(), "an example")?;
        let parts: Vec<Result<Self, Error>> = (0..examples.nrows().div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| {
                let mut part = Self::new(self.mean.len());
                let end = examples.nrows().min((chunk + 1) * CHUNK);
                for row in chunk * CHUNK..end {
                    let row = examples.row(row);
                    part.observe(row.as_standard_layout().as_slice().unwrap_or_default())?;
                }
                Ok(part)
            })
            .collect();
        let parts = parts.into_iter().collect::<Result<Vec<_>, _>>()?;
        parts.iter().for_each(|part| self.add(part));
        Ok(())
    }

    /// Takes up what `other` saw.
    ///
    /// # Errors
    /// Another width.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        check::width(other.mean.len(), self.mean.len(), "statistics")?;
        self.add(other);
        Ok(())
    }

    fn add(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        let count = (self.count + other.count) as f64;
        let share = other.count as f64 / count;
        let between = self.count as f64 * share;
        for i in 0..self.mean.len() {
            let gap = other.mean[i] - self.mean[i];
            self.mean[i] += gap * share;
            self.squares[i] += other.squares[i] + gap * gap * between;
        }
        self.count += other.count;
    }

    /// Examples seen.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Mean of each component; zeros before anything was seen.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Variance of each component, of the examples themselves (divided by their count); zeros before
    /// anything was seen.
    pub fn variance(&self) -> Vec<f64> {
        let count = self.count.max(1) as f64;
        self.squares.iter().map(|square| square / count).collect()
    }

    /// The encoder of these statistics: `(x - mean) / sqrt(variance + epsilon)`. A component that never
    /// varied gives 0 for every `x`.
    ///
    /// # Errors
    /// [`Error::TooFew`] before anything was seen; an `epsilon` that is negative or not finite.
    pub fn freeze(&self, epsilon: f64) -> Result<Standardise, Error> {
        let fits = epsilon >= 0.0 && epsilon.is_finite();
        check::parameter("epsilon", epsilon, fits, "finite and at least 0")?;
        if self.count == 0 {
            return Err(Error::TooFew { what: "standardisation", needed: 1, found: 0 });
        }
        let scale = |variance: &f64| if *variance > 0.0 { 1.0 / (variance + epsilon).sqrt() } else { 0.0 };
        let scale: Vec<f64> = self.variance().iter().map(scale).collect();
        if let Some(component) = scale.iter().position(|scale| !scale.is_finite()) {
            return Err(Error::NotFinite { component, value: scale[component], place: "a scale" });
        }
        Ok(Standardise { mean: self.mean.clone(), scale })
    }
}

/// Each component less its mean, divided by its deviation. Made by [`Statistics::freeze`].
#[derive(Debug, Clone, PartialEq)]
pub struct Standardise {
    mean: Vec<f64>,
    scale: Vec<f64>,
}

impl Standardise {
    pub(super) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let (mean, scale) = (from.f64s()?, from.f64s()?);
        let fits = mean.len() == scale.len()
            && mean.iter().all(|x| x.is_finite())
            && scale.iter().all(|x| x.is_finite() && *x >= 0.0);
        if fits { Ok(Self { mean, scale }) } else { Err(from.fault("statistics that cannot be").into()) }
    }

    /// Standardises in place. `values` are finite and as many as there are means.
    pub(super) fn apply(&self, values: &mut [f32]) {
        for ((x, mean), scale) in values.iter_mut().zip(&self.mean).zip(&self.scale) {
            *x = ((f64::from(*x) - mean) * scale) as f32;
        }
    }

    /// Writes the numbers, without the kind.
    pub(super) fn save_numbers(&self, to: &mut Writer) {
        to.f64s(&self.mean);
        to.f64s(&self.scale);
    }
}

impl Encode for Standardise {
    fn input(&self) -> usize {
        self.mean.len()
    }

    fn width(&self) -> usize {
        self.mean.len()
    }

    fn encode(&self, observation: &[f32], features: &mut [f32]) -> Result<(), Error> {
        check::call(observation, self.input(), features, self.width())?;
        features.copy_from_slice(observation);
        self.apply(features);
        check::made(features)
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + (self.mean.capacity() + self.scale.capacity()) * size_of::<f64>()
    }

    fn save(&self, to: &mut Writer) {
        to.str(KIND);
        self.save_numbers(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use rand::RngExt;

    fn sample(n: usize) -> Array2<f32> {
        let mut rng = attractor_data::stream(3, "standardise test");
        Array2::from_shape_fn((n, 3), |(_, j)| match j {
            0 => 1e4 + rng.random::<f32>(),
            1 => 5.5,
            _ => rng.random::<f32>() * 1e-3,
        })
    }

    #[test]
    fn one_by_one_in_chunks_and_the_definition_agree() {
        let examples = sample(1000);
        let mut single = Statistics::new(3);
        for row in examples.rows() {
            single.observe(row.as_slice().unwrap()).unwrap();
        }
        let mut whole = Statistics::new(3);
        whole.observe_all(examples.view()).unwrap();
        for j in 0..3 {
            let column = examples.column(j).mapv(f64::from);
            let mean = column.sum() / 1000.0;
            let variance = column.mapv(|x| (x - mean) * (x - mean)).sum() / 1000.0;
            for statistics in [&single, &whole] {
                assert!((statistics.mean()[j] - mean).abs() <= 1e-9 * mean.abs().max(1.0));
                assert!((statistics.variance()[j] - variance).abs() <= 1e-9 * variance + 1e-18, "{j}");
            }
        }
        assert_eq!(whole.variance()[1], 0.0);
        let encoded = super::super::encode_all(&whole.freeze(0.0).unwrap(), examples.view()).unwrap();
        assert!(encoded.column(1).iter().all(|&x| x == 0.0));
        for j in [0, 2] {
            let column = encoded.column(j);
            assert!(column.sum().abs() < 0.1 && (column.mapv(|x| x * x).sum() - 1000.0).abs() < 0.1);
        }
    }

    #[test]
    fn a_refused_example_changes_nothing() {
        let mut statistics = Statistics::new(3);
        statistics.observe_all(sample(300).view()).unwrap();
        let before = statistics.clone();
        let mut bad = sample(600);
        bad[[520, 2]] = f32::NAN;
        assert!(statistics.observe_all(bad.view()).is_err());
        assert!(statistics.observe(&[1.0]).is_err());
        assert!(statistics.observe(&[1.0, f32::INFINITY, 0.0]).is_err());
        assert!(statistics.merge(&Statistics::new(2)).is_err());
        assert_eq!(statistics, before);
        assert!(statistics.freeze(-1.0).is_err() && statistics.freeze(f64::NAN).is_err());
        assert!(matches!(Statistics::new(3).freeze(1.0), Err(Error::TooFew { .. })));
    }

    #[test]
    fn features_beyond_the_range_are_refused() {
        let mut statistics = Statistics::new(1);
        statistics.observe(&[0.0]).unwrap();
        statistics.observe(&[1e-30]).unwrap();
        let mut features = [7.0];
        let encoder = statistics.freeze(0.0).unwrap();
        assert!(encoder.encode(&[1e30], &mut features).is_err());
        assert_eq!(features, [0.0]);
    }
}
