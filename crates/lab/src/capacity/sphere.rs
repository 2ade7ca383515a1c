//! Random patterns on a sphere, and the update of the continuous memory around one of them in `f64`.

use attractor_memory::certificate::Geometry;
use ndarray::Array2;
use rand::RngExt;

use crate::experiment::LabError;

/// Patterns on the sphere of radius `k sqrt(d - 1)`, rounded to `f32` and taken as exact from there on.
pub(super) struct Sphere {
    pub(super) patterns: Array2<f32>,
    pub(super) geometry: Geometry,
    rows: Vec<Vec<f64>>,
}

/// One update, seen from pattern `i`.
pub(super) struct Step {
    /// `f(q) - x_i`, summed as `sum p_j (x_j - x_i)`: no digit is lost however near the pattern is.
    pub(super) error: Vec<f64>,
    /// `p_i`.
    pub(super) weight: f64,
}

impl Sphere {
    pub(super) fn random(
        count: usize,
        width: usize,
        k: f64,
        rng: &mut impl rand::Rng,
    ) -> Result<Self, LabError> {
        let radius = k * (width as f64 - 1.0).sqrt();
        let mut patterns = Array2::zeros((count, width));
        for mut row in patterns.rows_mut() {
            let direction = direction(width, rng);
            row.iter_mut().zip(direction).for_each(|(x, u)| *x = (radius * u) as f32);
        }
        let geometry = Geometry::of(patterns.view())?;
        let rows =
            patterns.rows().into_iter().map(|row| row.iter().map(|&x| f64::from(x)).collect()).collect();
        Ok(Self { patterns, geometry, rows })
    }

    pub(super) fn row(&self, i: usize) -> &[f64] {
        &self.rows[i]
    }

    /// The pattern other than `i` with the largest product with it, and its distance.
    pub(super) fn competitor(&self, i: usize) -> (usize, f64) {
        let own = self.row(i);
        let others = (0..self.rows.len()).filter(|&j| j != i);
        let nearest = others.max_by(|&a, &b| dot(own, self.row(a)).total_cmp(&dot(own, self.row(b))));
        nearest.map_or((i, 0.0), |j| (j, norm(&minus(self.row(j), own))))
    }

    /// The largest distance of another pattern from `i`.
    pub(super) fn reach(&self, i: usize) -> f64 {
        self.rows.iter().map(|row| norm(&minus(row, self.row(i)))).fold(0.0, f64::max)
    }

    /// `f(x_i + offset)`.
    pub(super) fn step(&self, beta: f64, i: usize, offset: &[f64]) -> Step {
        let own = self.row(i);
        let cue: Vec<f64> = own.iter().zip(offset).map(|(x, o)| x + o).collect();
        let mut weights: Vec<f64> = self.rows.iter().map(|row| beta * dot(row, &cue)).collect();
        let top = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        weights.iter_mut().for_each(|w| *w = (*w - top).exp());
        let total: f64 = weights.iter().sum();
        let mut error = vec![0.0; own.len()];
        for (row, w) in self.rows.iter().zip(&weights) {
            let p = w / total;
            error.iter_mut().zip(row.iter().zip(own)).for_each(|(e, (x, o))| *e += p * (x - o));
        }
        Step { error, weight: weights[i] / total }
    }

    /// The fixed point that repeated updates of `x_i + offset` lead to, as an offset from `x_i`, when they
    /// settle to 13 digits within 500 steps.
    pub(super) fn fixed_point(&self, beta: f64, i: usize, offset: &[f64]) -> Option<Vec<f64>> {
        let mut at = offset.to_vec();
        for _ in 0..500 {
            let next = self.step(beta, i, &at).error;
            let moved = norm(&minus(&next, &at));
            at = next;
            if moved <= 1e-13 * norm(&at) {
                return Some(at);
            }
        }
        None
    }
}

/// A uniformly distributed direction.
pub(super) fn direction(width: usize, rng: &mut impl rand::Rng) -> Vec<f64> {
    loop {
        let mut u: Vec<f64> = (0..width).map(|_| gaussian(rng)).collect();
        let length = norm(&u);
        if length > 0.0 {
            u.iter_mut().for_each(|x| *x /= length);
            return u;
        }
    }
}

/// One standard normal number (Box and Muller).
fn gaussian(rng: &mut impl rand::Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (xs, x_rest) = a.as_chunks::<4>();
    let (ys, y_rest) = b.as_chunks::<4>();
    for (x, y) in xs.iter().zip(ys) {
        for k in 0..4 {
            lanes[k] += x[k] * y[k];
        }
    }
    lanes.iter().sum::<f64>() + x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum::<f64>()
}

pub(super) fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

pub(super) fn minus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(x, y)| x - y).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_update_is_the_softmax_average() {
        let mut rng = attractor_data::stream(1, "sphere");
        let sphere = Sphere::random(9, 7, 1.0, &mut rng).unwrap();
        assert!((sphere.geometry.radius - 6f64.sqrt()).abs() < 1e-6);
        let offset: Vec<f64> = direction(7, &mut rng).iter().map(|u| 0.3 * u).collect();
        let step = sphere.step(0.8, 4, &offset);
        let cue: Vec<f64> = sphere.row(4).iter().zip(&offset).map(|(x, o)| x + o).collect();
        let raw: Vec<f64> = (0..9).map(|j| (0.8 * dot(sphere.row(j), &cue)).exp()).collect();
        let total: f64 = raw.iter().sum();
        assert!((step.weight - raw[4] / total).abs() < 1e-15);
        for (k, error) in step.error.iter().enumerate() {
            let average: f64 = (0..9).map(|j| raw[j] / total * sphere.row(j)[k]).sum();
            assert!((average - sphere.row(4)[k] - error).abs() < 1e-14);
        }
    }

    #[test]
    fn a_fixed_point_rests() {
        let mut rng = attractor_data::stream(2, "sphere");
        let sphere = Sphere::random(5, 20, 1.0, &mut rng).unwrap();
        let at = sphere.fixed_point(1.0, 2, &[0.0; 20]).unwrap();
        let again = sphere.step(1.0, 2, &at).error;
        assert!(norm(&minus(&again, &at)) <= 1e-12 * norm(&at));
    }
}
