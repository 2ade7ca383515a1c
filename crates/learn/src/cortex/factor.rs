//! The four things that cortices ask of dense linear algebra, always on one thread: the same bits on any machine load.
//!
//! Square matrices are column-major slices of which the lower triangle counts; blocks of examples are columns.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::linalg::matmul::{self, triangular};
use faer::traits::RealField;
use faer::{Accum, MatMut, MatRef, Par};

/// `to += left right^T` in the lower triangle, where `left` and `right` are blocks of columns of `n` entries.
pub(crate) fn add_gram<T: RealField>(to: &mut [T], n: usize, left: &[T], right: &[T]) {
    let columns = left.len() / n;
    triangular::matmul(
        MatMut::from_column_major_slice_mut(to, n, n),
        triangular::BlockStructure::TriangularLower,
        Accum::Add,
        MatRef::from_column_major_slice(left, n, columns),
        triangular::BlockStructure::Rectangular,
        MatRef::from_column_major_slice(right, n, columns).transpose(),
        triangular::BlockStructure::Rectangular,
        T::one_impl(),
        Par::Seq,
    );
}

/// `left^T right`, column by column, where both are blocks of columns of `n` entries.
pub(crate) fn products(left: &[f64], right: &[f64], n: usize) -> Vec<f64> {
    let (rows, columns) = (left.len() / n, right.len() / n);
    let mut out = vec![0.0; rows * columns];
    matmul::matmul(
        MatMut::from_column_major_slice_mut(&mut out, rows, columns),
        Accum::Replace,
        MatRef::from_column_major_slice(left, n, rows).transpose(),
        MatRef::from_column_major_slice(right, n, columns),
        1.0,
        Par::Seq,
    );
    out
}

/// Replaces the lower triangle by its Cholesky factor; `None` when it is not positive definite.
pub(crate) fn cholesky<T: RealField>(matrix: &mut [T], n: usize) -> Option<()> {
    let params = faer::Spec::default();
    let mut memory = MemBuffer::new(llt::factor::cholesky_in_place_scratch::<T>(n, Par::Seq, params));
    let matrix = MatMut::from_column_major_slice_mut(matrix, n, n);
    let regular = llt::factor::LltRegularization::default();
    llt::factor::cholesky_in_place(matrix, regular, Par::Seq, MemStack::new(&mut memory), params)
        .ok()
        .map(drop)
}

/// Solves for every column of `right`, given the factor.
pub(crate) fn solve<T: RealField>(factor: &[T], n: usize, right: &mut [T]) {
    let columns = right.len() / n;
    let mut memory = MemBuffer::new(llt::solve::solve_in_place_scratch::<T>(n, columns, Par::Seq));
    llt::solve::solve_in_place(
        MatRef::from_column_major_slice(factor, n, n),
        MatMut::from_column_major_slice_mut(right, n, columns),
        Par::Seq,
        MemStack::new(&mut memory),
    );
}

/// The lower triangle, column by column.
pub(crate) fn pack<T: Copy>(matrix: &[T], n: usize) -> Vec<T> {
    let mut packed = Vec::with_capacity(n * (n + 1) / 2);
    for (j, column) in matrix.chunks_exact(n).enumerate() {
        packed.extend_from_slice(&column[j..]);
    }
    packed
}

/// The columns of a packed lower triangle; column j begins with the diagonal.
pub(crate) fn columns<T>(packed: &[T], n: usize) -> impl Iterator<Item = &[T]> {
    let mut rest = packed;
    (0..n).map(move |j| {
        let (column, after) = rest.split_at(n - j);
        rest = after;
        column
    })
}

/// What [`pack`] packed, with zeros above the diagonal.
pub(crate) fn unpack<T: Copy, U: From<T> + Copy + Default>(packed: &[T], n: usize) -> Vec<U> {
    let mut matrix = vec![U::default(); n * n];
    for (j, column) in columns(packed, n).enumerate() {
        let to = &mut matrix[j * n + j..(j + 1) * n];
        to.iter_mut().zip(column).for_each(|(to, &value)| *to = value.into());
    }
    matrix
}
