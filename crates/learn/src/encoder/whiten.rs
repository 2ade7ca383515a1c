//! Principal components, each to variance 1.

use attractor_store::wire::{Reader, Writer};
use faer::Mat;
use ndarray::{ArrayView2, Axis};

use super::product::Product;
use super::spectrum::{add_product, eigen, fix_signs};
use super::{Encode, Statistics, check};
use crate::Error;

pub(super) const KIND: &str = "whiten";

/// Rows (or columns) of a sample that are held in `f64` at once.
const CHUNK: usize = 1024;

/// Directions whose variance is below this share of the greatest are rounding.
const RANK: f64 = 1e-10;

/// What is done to a feature vector as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scaling {
    /// Nothing.
    #[default]
    None,
    /// Divided by its Euclidean length, so that products are cosines; a vector of zeros stays one.
    Unit,
}

/// How [`Whiten`] is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Whitening {
    /// Features: the leading principal components, from 1 to the width of the sample.
    pub components: usize,
    /// Share of the mean variance that stands in for a direction's own, from 0 to 1 (Ledoit and Wolf 2004,
    /// with a given share). 0 trusts the sample; 1 gives every direction the same weight, which is
    /// principal components without whitening. Default 0.01.
    pub shrinkage: f64,
    /// Default [`Scaling::None`].
    pub scaling: Scaling,
}

impl Whitening {
    /// The defaults, with `components` features.
    pub fn new(components: usize) -> Self {
        Self { components, shrinkage: 0.01, scaling: Scaling::None }
    }

    /// Fits the encoder to `sample` `(n, width)`, one observation per row.
    ///
    /// With `C = sum_i (x_i - mean)(x_i - mean)^T / n = V diag(l) V^T` and `m = trace(C) / width`, feature
    /// `j` is `v_j . (x - mean) / sqrt((1 - shrinkage) l_j + shrinkage m)`. The greatest component of `v_j`
    /// is positive. Directions in which the sample does not vary (there are at least `width - n + 1`) give
    /// the feature 0.
    ///
    /// Time: `n min(n, width) width` for the matrix and `min(n, width)^3` for its spectrum, on one core.
    ///
    /// ```
    /// use attractor_learn::encoder::{Encode, Whitening};
    /// use ndarray::array;
    ///
    /// let sample = array![[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]];
    /// let encoder = Whitening { shrinkage: 0.0, ..Whitening::new(1) }.fit(sample.view())?;
    /// let mut features = [0.0];
    /// encoder.encode(&[2.0, 5.0], &mut features)?;
    /// assert!((features[0] - 2f32.sqrt()).abs() < 1e-6);
    /// # Ok::<(), attractor_learn::Error>(())
    /// ```
    ///
    /// # Errors
    /// No rows, a number outside its range, an entry that is not finite.
    pub fn fit(&self, sample: ArrayView2<'_, f32>) -> Result<Whiten, Error> {
        let (n, width) = sample.dim();
        let way = if n < width { Way::Gram } else { Way::Covariance };
        self.fit_by(way, sample)
    }

    fn fit_by(&self, way: Way, sample: ArrayView2<'_, f32>) -> Result<Whiten, Error> {
        let (n, width) = sample.dim();
        let d = self.components;
        check::parameter("components", d as f64, (1..=width).contains(&d), "from 1 to the width")?;
        let fits = (0.0..=1.0).contains(&self.shrinkage);
        check::parameter("shrinkage", self.shrinkage, fits, "from 0 to 1")?;
        if n == 0 {
            return Err(Error::TooFew { what: "whitening", needed: 1, found: 0 });
        }
        let mut statistics = Statistics::new(width);
        statistics.observe_all(sample)?;
        let mean = statistics.mean();
        let trace: f64 = statistics.variance().iter().sum();
        let (values, directions) = match way {
            Way::Covariance => by_covariance(sample, mean)?,
            Way::Gram => by_gram(sample, mean, d)?,
        };

        let floor = RANK * values[0].max(0.0);
        let mut matrix = vec![0.0; d * width];
        for (j, row) in matrix.chunks_exact_mut(width).enumerate().take(directions.ncols()) {
            if values[j] > floor {
                let variance = (1.0 - self.shrinkage) * values[j] + self.shrinkage * trace / width as f64;
                let scale = 1.0 / variance.sqrt();
                row.iter_mut().zip(directions.col(j).iter()).for_each(|(to, v)| *to = (v * scale) as f32);
            }
        }
        check::finite(&matrix, "principal components")?;
        let mean = mean.iter().map(|&x| x as f32).collect();
        Ok(Whiten { mean, product: Product::new(&matrix, width), scaling: self.scaling })
    }
}

/// Which of two matrices with the same spectrum is decomposed.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// `X^T X`, `(width, width)`.
    Covariance,
    /// `X X^T`, `(n, n)`.
    Gram,
}

/// Rows `from..to` of the sample less their mean, in `f64`.
fn centred(sample: ArrayView2<'_, f32>, mean: &[f64]) -> Mat<f64> {
    Mat::from_fn(sample.nrows(), sample.ncols(), |i, j| f64::from(sample[[i, j]]) - mean[j])
}

fn by_covariance(sample: ArrayView2<'_, f32>, mean: &[f64]) -> Result<(Vec<f64>, Mat<f64>), Error> {
    let (n, width) = sample.dim();
    let mut covariance = Mat::zeros(width, width);
    for rows in sample.axis_chunks_iter(Axis(0), CHUNK) {
        let rows = centred(rows, mean);
        add_product(&mut covariance, 1.0 / n as f64, rows.transpose(), rows.as_ref());
    }
    eigen(&covariance, "the covariance of a sample")
}

/// If `X X^T u = n l u` then `v = X^T u / |X^T u|` has `X^T X v = n l v`.
fn by_gram(sample: ArrayView2<'_, f32>, mean: &[f64], d: usize) -> Result<(Vec<f64>, Mat<f64>), Error> {
    let (n, width) = sample.dim();
    let mut gram = Mat::zeros(n, n);
    for (columns, mean) in sample.axis_chunks_iter(Axis(1), CHUNK).zip(mean.chunks(CHUNK)) {
        let columns = centred(columns, mean);
        add_product(&mut gram, 1.0 / n as f64, columns.as_ref(), columns.transpose());
    }
    let (values, vectors) = eigen(&gram, "the Gram matrix of a sample")?;
    let d = d.min(n);
    let mut directions = Mat::zeros(width, d);
    for (rows, from) in sample.axis_chunks_iter(Axis(0), CHUNK).zip((0..n).step_by(CHUNK)) {
        let rows = centred(rows, mean);
        let part = vectors.submatrix(from, 0, rows.nrows(), d);
        add_product(&mut directions, 1.0, rows.transpose(), part);
    }
    for direction in directions.col_iter_mut() {
        let length = direction.as_ref().iter().map(|x| x * x).sum::<f64>().sqrt();
        if length > 0.0 {
            direction.iter_mut().for_each(|x| *x /= length);
        }
    }
    fix_signs(&mut directions);
    Ok((values, directions))
}

/// Whitened principal components. Made by [`Whitening::fit`].
#[derive(Debug, Clone)]
pub struct Whiten {
    mean: Vec<f32>,
    product: Product,
    scaling: Scaling,
}

impl Whiten {
    fn whiten(&self, rows: &[f32], features: &mut [f32]) -> Result<(), Error> {
        let centre = |row: &[f32]| row.iter().zip(&self.mean).map(|(x, mean)| x - mean).collect::<Vec<f32>>();
        let centred: Vec<f32> = rows.chunks_exact(self.mean.len()).flat_map(centre).collect();
        self.product.apply_to(&centred, features);
        for features in features.chunks_exact_mut(self.product.rows()) {
            check::made(features)?;
            if self.scaling == Scaling::Unit {
                let length = features.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
                if length > 0.0 {
                    features.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
                }
            }
        }
        Ok(())
    }

    pub(super) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let components = check::read_size(from, "a width beyond reason")?;
        let scaling = match from.u8()? {
            0 => Scaling::None,
            1 => Scaling::Unit,
            _ => return Err(from.fault("a scaling of unknown kind").into()),
        };
        let mean = from.f32s()?;
        let width = mean.len();
        if !(1..=width).contains(&components) || mean.iter().any(|x| !x.is_finite()) {
            return Err(from.fault("principal components that cannot be").into());
        }
        let matrix =
            check::read_f32s(from, components.saturating_mul(width), "principal components that cannot be")?;
        Ok(Self { mean, product: Product::new(&matrix, width), scaling })
    }
}

impl Encode for Whiten {
    fn input(&self) -> usize {
        self.mean.len()
    }

    fn width(&self) -> usize {
        self.product.rows()
    }

    fn encode(&self, observation: &[f32], features: &mut [f32]) -> Result<(), Error> {
        check::call(observation, self.input(), features, self.width())?;
        self.whiten(observation, features)
    }

    fn encode_rows(&self, observations: &[f32], features: &mut [f32]) -> Result<(), Error> {
        check::rows(observations, self.input(), features, self.width())?;
        check::finite(observations, "observations")?;
        self.whiten(observations, features)
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.mean.capacity() * size_of::<f32>() + self.product.bytes()
    }

    fn save(&self, to: &mut Writer) {
        to.str(KIND);
        to.u64(self.width() as u64);
        to.u8(match self.scaling {
            Scaling::None => 0,
            Scaling::Unit => 1,
        });
        to.f32s(&self.mean);
        to.f32s(&self.product.matrix());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::encode_all;
    use ndarray::Array2;
    use rand::RngExt;

    /// Correlated columns of distinct variances.
    fn sample(n: usize, width: usize) -> Array2<f32> {
        let mut rng = attractor_data::stream(9, "whiten test");
        let loose = Array2::from_shape_fn((n, width), |(_, j)| (rng.random::<f32>() - 0.5) * (1 + j) as f32);
        let mix = Array2::from_shape_fn((width, width), |(i, j)| if i == j { 1.0 } else { 0.3 });
        loose.dot(&mix) + 3.0
    }

    #[test]
    fn whitened_covariance_is_the_identity() {
        let sample = sample(500, 12);
        let encoder = Whitening { shrinkage: 0.0, ..Whitening::new(12) }.fit(sample.view()).unwrap();
        let z = encode_all(&encoder, sample.view()).unwrap().mapv(f64::from);
        let covariance = z.t().dot(&z) / 500.0;
        for ((i, j), c) in covariance.indexed_iter() {
            assert!((c - f64::from(u8::from(i == j))).abs() < 1e-4, "{i} {j} {c}");
        }
        // Negative control: shrunken, it is not.
        let encoder = Whitening { shrinkage: 0.5, ..Whitening::new(12) }.fit(sample.view()).unwrap();
        let z = encode_all(&encoder, sample.view()).unwrap();
        assert!((z.column(0).mapv(|x| x * x).sum() / 500.0 - 1.0).abs() > 0.1);
    }

    #[test]
    fn shrinkage_follows_its_equation() {
        let sample = sample(400, 6);
        let plain = Whitening { shrinkage: 0.0, ..Whitening::new(6) }.fit(sample.view()).unwrap();
        let shrunk = Whitening { shrinkage: 0.3, ..Whitening::new(6) }.fit(sample.view()).unwrap();
        // |row_j|^2 is 1 / variance_j.
        let variances = |encoder: &Whiten| -> Vec<f64> {
            let matrix = encoder.product.matrix();
            matrix.chunks(6).map(|row| 1.0 / row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>()).collect()
        };
        let (plain, shrunk) = (variances(&plain), variances(&shrunk));
        let mean = plain.iter().sum::<f64>() / 6.0;
        for (l, shrunk) in plain.iter().zip(shrunk) {
            assert!((0.7 * l + 0.3 * mean - shrunk).abs() < 1e-4 * shrunk);
        }
        assert!(plain.is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn both_ways_agree_and_the_rest_is_zero() {
        let sample = sample(9, 20);
        let recipe = Whitening { components: 12, shrinkage: 0.05, scaling: Scaling::None };
        let gram = recipe.fit_by(Way::Gram, sample.view()).unwrap();
        let covariance = recipe.fit_by(Way::Covariance, sample.view()).unwrap();
        let (a, b) = (gram.product.matrix(), covariance.product.matrix());
        for (a, b) in a.iter().zip(&b) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
        assert!(a[..20].iter().any(|x| x.abs() > 0.01));
        // Nine points span eight directions.
        assert!(a[8 * 20..].iter().chain(&b[8 * 20..]).all(|&x| x == 0.0));
    }

    #[test]
    fn constant_input_gives_zeros_and_unit_scaling_unit_length() {
        let flat = Array2::from_elem((5, 4), 2.5);
        let recipe = Whitening { scaling: Scaling::Unit, ..Whitening::new(3) };
        for rows in [5, 1] {
            let encoder = recipe.fit(flat.slice(ndarray::s![..rows, ..])).unwrap();
            let mut features = [1.0; 3];
            encoder.encode(&[1.0, 2.0, 3.0, 4.0], &mut features).unwrap();
            assert_eq!(features, [0.0; 3]);
        }
        let sample = sample(50, 4);
        let encoder = recipe.fit(sample.view()).unwrap();
        for row in encode_all(&encoder, sample.view()).unwrap().rows() {
            assert!((row.dot(&row) - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn wrong_numbers_are_refused() {
        let mut sample = sample(10, 4);
        let fit = |recipe: Whitening| recipe.fit(sample.view()).map(|_| ());
        assert!(fit(Whitening::new(0)).is_err() && fit(Whitening::new(5)).is_err());
        assert!(fit(Whitening { shrinkage: -0.1, ..Whitening::new(2) }).is_err());
        assert!(fit(Whitening { shrinkage: f64::NAN, ..Whitening::new(2) }).is_err());
        assert!(Whitening::new(2).fit(Array2::zeros((0, 4)).view()).is_err());
        sample[[3, 2]] = f32::NAN;
        assert!(Whitening::new(2).fit(sample.view()).is_err());
    }
}
