//! Linear least squares with few rows and many columns.

use attractor_data::Error;
use faer::prelude::Solve;
use faer::{Mat, Side};
use ndarray::{Array1, Array2, ArrayView1, Axis};

use crate::LabError;

/// A linear score of an embedded bag.
pub(super) struct Ridge {
    center: Array1<f32>,
    weights: Array1<f32>,
}

impl Ridge {
    /// Least squares onto +1 and -1 from the rows `(bags, width)` with a constant. The weight of the squared weights is
    /// `lambda` times the mean squared length of a centred row, so that it means the same in every embedding.
    pub(super) fn fit(mut rows: Array2<f32>, positive: &[bool], lambda: f64) -> Result<Self, LabError> {
        let positive_lambda = lambda > 0.0 && lambda.is_finite();
        let Some(center) = rows.mean_axis(Axis(0)).filter(|_| positive_lambda) else {
            let limit = "finite and above 0, with bags to learn from".to_owned();
            return Err(Error::Parameter { name: "lambda", value: lambda, limit }.into());
        };
        rows -= &center;
        let products = rows.dot(&rows.t());
        let n = rows.nrows();
        let trace: f64 = products.diag().iter().map(|&x| f64::from(x)).sum();
        // With equal rows there is nothing to weigh: any positive number keeps the system solvable.
        let ridge = if trace > 0.0 { lambda * trace / n as f64 } else { 1.0 };
        let system =
            Mat::from_fn(n, n, |i, j| f64::from(products[[i, j]]) + if i == j { ridge } else { 0.0 });
        let share = positive.iter().filter(|&&positive| positive).count() as f64 / n as f64;
        // Centred targets: +1 and -1 less their mean.
        let target = |bag: usize| 2.0 * (f64::from(u8::from(positive[bag])) - share);
        let targets = Mat::from_fn(n, 1, |bag, _| target(bag));
        let solution = match system.llt(Side::Lower) {
            Ok(factor) => factor.solve(&targets),
            // Rounding of the products against a tiny ridge: pivots do.
            Err(_) => system.partial_piv_lu().solve(&targets),
        };
        let duals: Array1<f32> = (0..n).map(|bag| solution[(bag, 0)] as f32).collect();
        Ok(Self { center, weights: rows.t().dot(&duals) })
    }

    /// The score of an embedded bag, without the constant, which changes no order.
    pub(super) fn score(&self, row: ArrayView1<'_, f32>) -> f64 {
        let terms = row.iter().zip(&self.center).zip(&self.weights);
        terms.map(|((&x, &center), &weight)| f64::from(x - center) * f64::from(weight)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn few_rows_give_the_weights_of_the_normal_equations() {
        // Centred columns (-1, 0, 1) and (1, -2, 1); targets 1, -1, 1 less their mean 1/3: (2, -4, 2) / 3.
        // The Gram matrix of the columns is diag(2, 6), the mean squared length 8/3; lambda 0.75 adds 2:
        // weights 0 / 4 and (2/3 + 8/3 + 2/3) / 8 = 1/2.
        let rows = array![[1.0, 4.0], [2.0, 1.0], [3.0, 4.0]];
        let ridge = Ridge::fit(rows, &[true, false, true], 0.75).unwrap();
        assert!(ridge.weights[0].abs() < 1e-6 && (ridge.weights[1] - 0.5).abs() < 1e-6, "{}", ridge.weights);
        assert!((ridge.score(array![2.0, 4.0].view()) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn equal_rows_score_alike_and_bad_weights_are_refused() {
        let ridge = Ridge::fit(array![[1.0], [1.0]], &[true, false], 1.0).unwrap();
        assert_eq!(ridge.score(array![7.0].view()), 0.0);
        assert!(Ridge::fit(array![[1.0]], &[true], 0.0).is_err());
        assert!(Ridge::fit(array![[1.0]], &[true], f64::NAN).is_err());
        assert!(Ridge::fit(Array2::zeros((0, 1)), &[], 1.0).is_err());
    }
}
