//! Linear least squares on pixels, exact whatever the order of the examples.

use attractor_learn::strategy::Batch;
use ndarray::{Array2, ArrayView2, Axis, concatenate, linalg::general_mat_mul};

use super::contestant::{Contestant, best};
use crate::experiment::LabError;

/// Weight of the squared weights; not tuned.
const LAMBDA: f64 = 1.0;

/// Ridge regression onto one-hot classes from pixels and a constant: `(G + lambda I) W = Q`.
#[derive(Debug)]
pub(crate) struct Ridge {
    gram: Array2<f64>,
    moments: Array2<f64>,
    weights: Option<Array2<f32>>,
}

impl Ridge {
    pub(crate) fn new(width: usize, classes: usize) -> Self {
        let size = width + 1;
        Self { gram: Array2::zeros((size, size)), moments: Array2::zeros((size, classes)), weights: None }
    }
}

/// With a constant 1 as the last column.
fn extended(inputs: ArrayView2<'_, f32>) -> Array2<f32> {
    let ones = Array2::ones((inputs.nrows(), 1));
    concatenate(Axis(1), &[inputs, ones.view()]).unwrap_or_default()
}

impl Contestant for Ridge {
    fn observe(&mut self, _: Batch<'_>, _: usize) -> Result<(), LabError> {
        Ok(())
    }

    fn close(&mut self, context: Batch<'_>) -> Result<(), LabError> {
        /// Rows whose products are summed in f32 before they enter the sums in f64.
        const BLOCK: usize = 256;
        let blocks = context.inputs();
        for (inputs, classes) in blocks.axis_chunks_iter(Axis(0), BLOCK).zip(context.classes().chunks(BLOCK))
        {
            let rows = extended(inputs);
            let mut targets = Array2::<f32>::zeros((rows.nrows(), self.moments.ncols()));
            for (row, &class) in classes.iter().enumerate() {
                targets[[row, class as usize]] = 1.0;
            }
            let mut products = Array2::zeros(self.gram.raw_dim());
            general_mat_mul(1.0, &rows.t(), &rows, 0.0, &mut products);
            self.gram.zip_mut_with(&products, |sum, &x: &f32| *sum += f64::from(x));
            self.moments.zip_mut_with(&rows.t().dot(&targets), |sum, &x| *sum += f64::from(x));
        }
        self.weights = None;
        Ok(())
    }

    fn predict(&mut self, inputs: ArrayView2<'_, f32>, among: &[u32]) -> Result<Vec<u32>, LabError> {
        let weights = match self.weights.take() {
            Some(weights) => weights,
            None => solve(&self.gram, &self.moments),
        };
        let scores = extended(inputs).dot(self.weights.insert(weights));
        Ok(scores.rows().into_iter().map(|row| best(among, |class| f64::from(row[class as usize]))).collect())
    }

    fn bytes(&self) -> usize {
        (self.gram.len() + self.moments.len()) * 8 + self.moments.len() * 4
    }
}

/// `(gram + lambda I)^-1 moments` by Cholesky's factorisation, which a positive lambda makes safe.
fn solve(gram: &Array2<f64>, moments: &Array2<f64>) -> Array2<f32> {
    let n = gram.nrows();
    let mut l = gram.clone();
    for j in 0..n {
        for i in j..n {
            let (a, b) = (l.row(i), l.row(j));
            let dot: f64 = a.iter().zip(b.iter()).take(j).map(|(x, y)| x * y).sum();
            let rest = gram[[i, j]] + if i == j { LAMBDA } else { 0.0 } - dot;
            l[[i, j]] = if i == j { rest.max(f64::MIN_POSITIVE).sqrt() } else { rest / l[[j, j]] };
        }
    }
    let mut x = moments.clone();
    for mut column in x.columns_mut() {
        for i in 0..n {
            let known: f64 = (0..i).map(|k| l[[i, k]] * column[k]).sum();
            column[i] = (column[i] - known) / l[[i, i]];
        }
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|k| l[[k, i]] * column[k]).sum();
            column[i] = (column[i] - known) / l[[i, i]];
        }
    }
    x.mapv(|w| w as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn two_samples_give_the_weights_by_hand() {
        // Samples (h, y) = ((1, 1), 1) and ((1, 0), 0), lambda 1: W = (0.2, 0.4).
        let rows = array![[1.0, 1.0], [1.0, 0.0]];
        let weights = solve(&rows.t().dot(&rows), &rows.t().dot(&array![[1.0], [0.0]]));
        assert!((weights[[0, 0]] - 0.2).abs() < 1e-7 && (weights[[1, 0]] - 0.4).abs() < 1e-7);
    }
}
