//! A linear teacher with noise, and the linear student that descends the gradient.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use rand::Rng;

use super::gaussian;

/// Variances of the teacher's weights and of its noise at a signal-to-noise ratio; they add up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Variances {
    pub(super) signal: f64,
    pub(super) noise: f64,
}

impl Variances {
    /// An infinite ratio has no noise.
    pub(super) fn at(ratio: f64) -> Self {
        let noise = 1.0 / (ratio + 1.0);
        Self { signal: 1.0 - noise, noise }
    }
}

/// A teacher `y = w . x + noise`, inputs with independent components of variance `1 / width`.
#[derive(Debug, Clone)]
pub(super) struct Teacher {
    pub(super) weights: Array1<f64>,
    noise: f64,
}

/// What a teacher showed: inputs `(n, width)` and targets `(n)`.
#[derive(Debug, Clone)]
pub(super) struct Examples {
    pub(super) inputs: Array2<f64>,
    pub(super) targets: Array1<f64>,
}

impl Teacher {
    pub(super) fn draw(width: usize, variances: Variances, rng: &mut impl Rng) -> Self {
        let scale = variances.signal.sqrt();
        let weights = Array1::from_shape_simple_fn(width, || scale * gaussian(rng));
        Self { weights, noise: variances.noise }
    }

    pub(super) fn show(&self, count: usize, rng: &mut impl Rng) -> Examples {
        let width = self.weights.len();
        let scale = (1.0 / width as f64).sqrt();
        let inputs = Array2::from_shape_simple_fn((count, width), || scale * gaussian(rng));
        let deviation = self.noise.sqrt();
        let targets = inputs.dot(&self.weights).mapv(|y| y + deviation * gaussian(rng));
        Examples { inputs, targets }
    }

    /// Expected squared error of a student on new examples, noise included: exact, as inputs are independent.
    pub(super) fn test_error(&self, student: ArrayView1<'_, f64>) -> f64 {
        (&student - &self.weights).mapv(|d| d * d).mean().unwrap_or(0.0) + self.noise
    }
}

impl Examples {
    pub(super) fn len(&self) -> usize {
        self.targets.len()
    }

    /// Mean squared error of a student on these examples.
    pub(super) fn error(&self, student: ArrayView1<'_, f64>) -> f64 {
        (self.inputs.dot(&student) - &self.targets).mapv(|d| d * d).mean().unwrap_or(0.0)
    }
}

/// One step down the gradient of half the summed squared error: `w += rate X^T (y - X w)`.
pub(super) fn descend(
    student: &mut Array1<f64>,
    inputs: ArrayView2<'_, f64>,
    targets: ArrayView1<'_, f64>,
    rate: f64,
) {
    let missing = &targets - &inputs.dot(student);
    student.scaled_add(rate, &inputs.t().dot(&missing));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_test_error_is_that_of_many_examples() {
        let mut rng = attractor_data::stream(3, "test error");
        let teacher = Teacher::draw(10, Variances::at(2.0), &mut rng);
        let student = Array1::from_elem(10, 0.4);
        let sampled = teacher.show(200_000, &mut rng).error(student.view());
        let exact = teacher.test_error(student.view());
        assert!((sampled / exact - 1.0).abs() < 0.02, "{sampled} {exact}");
    }

    #[test]
    fn an_infinite_ratio_has_no_noise() {
        assert_eq!(Variances::at(f64::INFINITY), Variances { signal: 1.0, noise: 0.0 });
        assert_eq!(Variances::at(1.0), Variances { signal: 0.5, noise: 0.5 });
    }
}
