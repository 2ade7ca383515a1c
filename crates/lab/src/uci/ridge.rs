//! A linear score for each class.

use faer::prelude::Solve;
use faer::{Mat, Side};
use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::{Cases, Method, Model, check_width, refused};
use crate::LabError;

/// Least squares onto one-hot classes with a constant; the class with the largest score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ridge {
    /// Weight of the squared weights, relative to the mean squared length of a centred row; above 0. The constant is not
    /// weighed.
    pub lambda: f64,
}

struct Fitted {
    center: Array1<f64>,
    /// `(d, classes)`.
    weights: Array2<f64>,
    /// The share of each class, which is its score at the centre.
    shares: Array1<f64>,
}

impl Method for Ridge {
    fn name(&self) -> String {
        format!("ridge, lambda {}", self.lambda)
    }

    fn fit(&self, train: &Cases, _: Option<usize>, _: u64) -> Result<Box<dyn Model>, LabError> {
        train.check()?;
        if !(self.lambda > 0.0 && self.lambda.is_finite()) {
            return Err(refused("lambda", self.lambda, "finite and above 0"));
        }
        let rows = train.rows.mapv(f64::from);
        let (n, width) = rows.dim();
        let center = rows.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(width));
        let rows = rows - &center;
        let mut targets = Array2::zeros((n, train.count()));
        for (mut target, &class) in targets.outer_iter_mut().zip(&train.classes) {
            target[class as usize] = 1.0;
        }
        let shares = targets.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(train.count()));
        // Rows sum to zero: the mean of the targets changes none of these products.
        let (gram, moments) = (rows.t().dot(&rows), rows.t().dot(&targets));
        let trace = gram.diag().sum();
        // Without any variance every weight is 0 whatever keeps the system solvable.
        let ridge = if trace > 0.0 { self.lambda * trace / n as f64 } else { 1.0 };
        let system = Mat::from_fn(width, width, |i, j| gram[[i, j]] + if i == j { ridge } else { 0.0 });
        let right = Mat::from_fn(width, train.count(), |i, class| moments[[i, class]]);
        let solution = match system.llt(Side::Lower) {
            Ok(factor) => factor.solve(&right),
            // Rounding of the products against a tiny ridge: pivots do.
            Err(_) => system.partial_piv_lu().solve(&right),
        };
        let weights = Array2::from_shape_fn((width, train.count()), |(i, class)| solution[(i, class)]);
        Ok(Box::new(Fitted { center, weights, shares }))
    }
}

impl Model for Fitted {
    fn classify(&self, rows: ArrayView2<'_, f32>) -> Result<Vec<u32>, LabError> {
        check_width(self.center.len(), rows)?;
        let scores = (rows.mapv(f64::from) - &self.center).dot(&self.weights) + &self.shares;
        let best = |row: ndarray::ArrayView1<'_, f64>| {
            (0..row.len()).rev().max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0) as u32
        };
        Ok(scores.outer_iter().map(best).collect())
    }
}
