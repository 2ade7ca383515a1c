//! Linear regression by gradient descent in closed form, over the eigenvalues of the data.

use faer::{Mat, Side};
use ndarray::{Array1, Array2};

use super::student::{Examples, Variances};

/// `X^T X = U L U^T` of some examples, and their `U^T X^T y`.
pub(super) struct Spectrum {
    /// `L`, ascending, clamped at 0.
    values: Vec<f64>,
    vectors: Array2<f64>,
    along: Array1<f64>,
}

impl Spectrum {
    /// `None` where the decomposition does not converge.
    pub(super) fn of(examples: &Examples) -> Option<Self> {
        let gram = examples.inputs.t().dot(&examples.inputs);
        let width = gram.nrows();
        let eigen = Mat::from_fn(width, width, |i, j| gram[[i, j]]).self_adjoint_eigen(Side::Lower).ok()?;
        let values = eigen.S().column_vector().iter().map(|&value| value.max(0.0)).collect();
        let vectors = Array2::from_shape_fn((width, width), |(i, j)| eigen.U()[(i, j)]);
        let along = vectors.t().dot(&examples.inputs.t().dot(&examples.targets));
        Some(Self { values, vectors, along })
    }

    /// Expected test error after `steps` steps from zero weights, over teachers and noise of these variances
    /// and for these inputs: with `r = (1 - rate l)^steps`, the mean over the eigenvalues `l` of
    /// `signal r^2 + noise (1 - r)^2 / l`, plus the noise of the new example.
    pub(super) fn expected_error(&self, variances: Variances, rate: f64, steps: usize) -> f64 {
        let one = |&l: &f64| {
            let left = (1.0 - rate * l).powf(steps as f64);
            let taken = if l > 0.0 { (1.0 - left).powi(2) / l } else { 0.0 };
            variances.signal * left * left + variances.noise * taken
        };
        self.values.iter().map(one).sum::<f64>() / self.values.len() as f64 + variances.noise
    }

    /// Ridge regression with this penalty, which is the posterior mean at `noise / signal`.
    pub(super) fn ridge(&self, penalty: f64) -> Array1<f64> {
        self.weights(|l| if l + penalty > 0.0 { 1.0 / (l + penalty) } else { 0.0 })
    }

    /// `U f(L) U^T X^T y`.
    fn weights(&self, filter: impl Fn(f64) -> f64) -> Array1<f64> {
        let filtered = self.values.iter().zip(&self.along).map(|(&l, &a)| filter(l) * a);
        self.vectors.dot(&filtered.collect::<Array1<f64>>())
    }
}

#[cfg(test)]
mod tests {
    use super::super::student::{Teacher, descend};
    use super::*;
    use crate::statistics::Summary;

    const RATE: f64 = 0.05;

    /// Test errors of gradient descent at the given steps.
    fn descent(teacher: &Teacher, examples: &Examples, at: &[usize]) -> (Vec<f64>, Array1<f64>) {
        let mut student = Array1::zeros(teacher.weights.len());
        let mut errors = vec![];
        for step in 0..=at[at.len() - 1] {
            if at.contains(&step) {
                errors.push(teacher.test_error(student.view()));
            }
            descend(&mut student, examples.inputs.view(), examples.targets.view(), RATE);
        }
        (errors, student)
    }

    #[test]
    fn the_student_of_one_teacher_follows_the_closed_form() {
        for examples in [6, 12, 30] {
            let mut rng = attractor_data::stream(1, "closed form");
            let teacher = Teacher::draw(12, Variances::at(2.0), &mut rng);
            let shown = teacher.show(examples, &mut rng);
            let (_, student) = descent(&teacher, &shown, &[400]);
            let spectrum = Spectrum::of(&shown).unwrap();
            let filter = |l: f64| if l > 0.0 { (1.0 - (1.0 - RATE * l).powf(401.0)) / l } else { 0.0 };
            let closed = spectrum.weights(filter);
            let away = (&student - &closed).mapv(f64::abs).sum();
            assert!(away < 1e-9, "{examples} examples: {away}");
        }
    }

    #[test]
    fn the_mean_over_teachers_is_the_expected_error() {
        let (width, at) = (12, [0, 5, 50, 400]);
        for ratio in [0.5, 4.0, f64::INFINITY] {
            let variances = Variances::at(ratio);
            let mut rng = attractor_data::stream(2, "expected error");
            let inputs = Teacher::draw(width, variances, &mut rng).show(10, &mut rng).inputs;
            let mut runs = vec![vec![]; at.len()];
            let mut spectrum = None;
            for _ in 0..2000 {
                let teacher = Teacher::draw(width, variances, &mut rng);
                let noise = teacher.show(10, &mut rng);
                let targets =
                    inputs.dot(&teacher.weights) + &noise.targets - noise.inputs.dot(&teacher.weights);
                let shown = Examples { inputs: inputs.clone(), targets };
                spectrum = spectrum.or_else(|| Spectrum::of(&shown));
                let (errors, _) = descent(&teacher, &shown, &at);
                runs.iter_mut().zip(errors).for_each(|(run, error)| run.push(error));
            }
            let spectrum = spectrum.unwrap();
            for (run, steps) in runs.iter().zip(at) {
                let sampled = Summary::of(run);
                let expected = spectrum.expected_error(variances, RATE, steps);
                let slack = 4.0 * sampled.spread / (run.len() as f64).sqrt();
                assert!((sampled.mean - expected).abs() < slack, "{ratio} {steps}: {sampled:?} {expected}");
                // The check can fail: noise forgotten, the late error is another one.
                if ratio < 1.0 && steps == 400 {
                    let without = Variances { noise: 0.0, ..variances };
                    assert!((sampled.mean - spectrum.expected_error(without, RATE, steps)).abs() > slack);
                }
            }
        }
    }

    #[test]
    fn ridge_solves_its_equations() {
        let mut rng = attractor_data::stream(4, "ridge");
        let shown = Teacher::draw(8, Variances::at(1.0), &mut rng).show(5, &mut rng);
        let w = Spectrum::of(&shown).unwrap().ridge(0.3);
        let left = shown.inputs.t().dot(&shown.inputs.dot(&w)) + 0.3 * &w;
        let away = (left - shown.inputs.t().dot(&shown.targets)).mapv(f64::abs).sum();
        assert!(away < 1e-10, "{away}");
    }
}
