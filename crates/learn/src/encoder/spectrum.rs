//! Eigenvalues and eigenvectors of symmetric matrices, the same bits for any number of threads.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par, Spec};
use rayon::prelude::*;

use crate::Error;

/// Columns of a product that one thread computes.
const BLOCK: usize = 128;

/// `total += alpha * a * b`, columns spread over the threads.
pub(crate) fn add_product(total: &mut Mat<f64>, alpha: f64, a: MatRef<'_, f64>, b: MatRef<'_, f64>) {
    total.as_mut().par_col_chunks_mut(BLOCK).enumerate().for_each(|(block, part)| {
        let columns = b.subcols(block * BLOCK, part.ncols());
        matmul(part, Accum::Add, a, columns, alpha, Par::Seq);
    });
}

/// Eigenvalues, greatest first, and eigenvectors as columns in the same order. The component of an
/// eigenvector that is greatest by size (the first of these) is positive.
///
/// # Errors
/// [`Error::Singular`] when the iteration does not converge.
pub(crate) fn eigen(matrix: &Mat<f64>, place: &'static str) -> Result<(Vec<f64>, Mat<f64>), Error> {
    let n = matrix.nrows();
    let mut values = Diag::zeros(n);
    let mut vectors = Mat::zeros(n, n);
    let scratch = self_adjoint_evd_scratch::<f64>(n, ComputeEigenvectors::Yes, Par::Seq, Spec::default());
    let mut buffer = MemBuffer::new(scratch);
    let (stack, parameters) = (MemStack::new(&mut buffer), Spec::default());
    let (to_values, to_vectors) = (values.as_mut(), Some(vectors.as_mut()));
    self_adjoint_evd(matrix.as_ref(), to_values, to_vectors, Par::Seq, stack, parameters)
        .map_err(|_| Error::Singular { place })?;
    let values: Vec<f64> = values.column_vector().iter().copied().rev().collect();
    let mut vectors = vectors.reverse_cols().to_owned();
    fix_signs(&mut vectors);
    Ok((values, vectors))
}

/// Makes the greatest component of each column positive.
pub(crate) fn fix_signs(vectors: &mut Mat<f64>) {
    for vector in vectors.col_iter_mut() {
        let first = |most: f64, x: &f64| if x.abs() > most.abs() { *x } else { most };
        if vector.as_ref().iter().fold(0.0, first) < 0.0 {
            vector.iter_mut().for_each(|x| *x = -*x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_matrix_has_its_known_spectrum() {
        let matrix = faer::mat![[2.0, 1.0], [1.0, 2.0]];
        let (values, vectors) = eigen(&matrix, "a test").unwrap();
        assert!((values[0] - 3.0).abs() < 1e-14 && (values[1] - 1.0).abs() < 1e-14);
        let half = 0.5f64.sqrt();
        assert!((vectors[(0, 0)] - half).abs() < 1e-14 && (vectors[(1, 0)] - half).abs() < 1e-14);
        assert!((vectors[(0, 1)].abs() - half).abs() < 1e-14 && vectors[(0, 1)] * vectors[(1, 1)] < 0.0);
        let greatest =
            vectors.col(1).iter().fold(0.0f64, |most, x| if x.abs() > most.abs() { *x } else { most });
        assert!(greatest > 0.0);
    }
}
