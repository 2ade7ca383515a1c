//! The numbers of the stored patterns that all bounds start from.

use ndarray::{ArrayView2, CowArray, Ix2};
use rayon::prelude::*;

use super::Certificate;
use crate::Error;

/// How stored patterns lie to each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Geometry {
    /// `D_i = x_i.x_i - max_{j != i} x_i.x_j` for each pattern; infinite for a single one.
    pub separation: Vec<f64>,
    /// `M`, the length of the longest pattern.
    pub radius: f64,
    /// `R`, the largest distance of two patterns.
    pub diameter: f64,
}

impl Geometry {
    /// Measures the rows of `patterns` (n, d), in `f64`. Costs `O(n^2 d)`, over all threads.
    ///
    /// # Errors
    /// [`Error::Empty`] without a row, [`Error::NotFinite`] for an entry that is not finite.
    ///
    /// ```
    /// use attractor_memory::certificate::Geometry;
    ///
    /// let patterns = ndarray::array![[1.0_f32, 0.0], [0.0, 1.0], [-1.0, 0.0]];
    /// let geometry = Geometry::of(patterns.view())?;
    /// assert_eq!(geometry.separation, [1.0, 1.0, 1.0]);
    /// assert_eq!((geometry.radius, geometry.diameter), (1.0, 2.0));
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    #[allow(clippy::needless_pass_by_value, reason = "a view is a reference")]
    pub fn of(patterns: ArrayView2<f32>) -> Result<Self, Error> {
        check(&patterns)?;
        let patterns = patterns.as_standard_layout();
        let rows = Rows::of(&patterns);
        let measured: Vec<(f64, f64)> =
            (0..rows.count).into_par_iter().map(|i| (rows.separation(i), rows.farthest(i))).collect();
        Ok(Self {
            separation: measured.iter().map(|&(separation, _)| separation).collect(),
            radius: (0..rows.count).map(|i| rows.product(i, i)).fold(0.0, f64::max).sqrt(),
            diameter: measured.iter().map(|&(_, farthest)| farthest).fold(0.0, f64::max),
        })
    }

    /// The bounds for pattern `row` at inverse temperature `beta`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a row that is not there, or a `beta` that is not finite and above 0.
    pub fn certificate(&self, row: usize, beta: f64) -> Result<Certificate, Error> {
        let separation = *self.separation.get(row).ok_or_else(|| no_row(row))?;
        Certificate::new(beta, self.separation.len(), self.radius, separation)
    }

    /// `beta R^2 / 4`, which bounds the Jacobian of the update everywhere. Below 1, there is one fixed point,
    /// and every cue ends there: the memory is too warm to tell its patterns apart.
    pub fn contraction(&self, beta: f64) -> f64 {
        beta * self.diameter * self.diameter / 4.0
    }
}

/// `D_i` of one row of `patterns` (n, d), in `O(n d)`.
///
/// # Errors
/// As [`Geometry::of`]; [`Error::Parameter`] for a row that is not there.
///
/// ```
/// use attractor_memory::certificate::separation;
///
/// let patterns = ndarray::array![[2.0_f32, 0.0], [1.0, 1.0]];
/// assert_eq!(separation(patterns.view(), 0)?, 2.0);
/// # Ok::<(), attractor_memory::Error>(())
/// ```
#[allow(clippy::needless_pass_by_value, reason = "a view is a reference")]
pub fn separation(patterns: ArrayView2<f32>, row: usize) -> Result<f64, Error> {
    check(&patterns)?;
    if row >= patterns.nrows() {
        return Err(no_row(row));
    }
    Ok(Rows::of(&patterns.as_standard_layout()).separation(row))
}

fn no_row(row: usize) -> Error {
    Error::Parameter { name: "row", value: row as f64, limit: "below the number of patterns" }
}

fn check(patterns: &ArrayView2<f32>) -> Result<(), Error> {
    if patterns.nrows() == 0 {
        return Err(Error::Empty);
    }
    match patterns.indexed_iter().find(|(_, x)| !x.is_finite()) {
        None => Ok(()),
        Some(((row, column), &x)) => {
            Err(Error::NotFinite { row, column, value: f64::from(x), place: "patterns" })
        }
    }
}

/// Rows in standard layout, with sums in `f64`.
struct Rows<'a> {
    entries: &'a [f32],
    count: usize,
    width: usize,
}

impl<'a> Rows<'a> {
    fn of(patterns: &'a CowArray<f32, Ix2>) -> Self {
        let entries = patterns.as_slice().expect("standard layout is contiguous");
        Self { entries, count: patterns.nrows(), width: patterns.ncols() }
    }

    fn row(&self, i: usize) -> &'a [f32] {
        &self.entries[i * self.width..(i + 1) * self.width]
    }

    fn product(&self, i: usize, j: usize) -> f64 {
        sum(self.row(i), self.row(j), |x, y| x * y)
    }

    fn separation(&self, i: usize) -> f64 {
        let others = (0..self.count).filter(|&j| j != i).map(|j| self.product(i, j));
        self.product(i, i) - others.fold(f64::NEG_INFINITY, f64::max)
    }

    fn farthest(&self, i: usize) -> f64 {
        let square = |j| sum(self.row(i), self.row(j), |x, y| (x - y) * (x - y));
        (i + 1..self.count).map(square).fold(0.0, f64::max).sqrt()
    }
}

/// Sums over pairs of components in eight lanes, which the compiler turns into vector registers.
fn sum(x: &[f32], y: &[f32], term: impl Fn(f64, f64) -> f64) -> f64 {
    let (xs, x_rest) = x.as_chunks::<8>();
    let (ys, y_rest) = y.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for (x, y) in xs.iter().zip(ys) {
        for k in 0..8 {
            lanes[k] += term(f64::from(x[k]), f64::from(y[k]));
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(&x, &y)| term(f64::from(x), f64::from(y))).sum();
    lanes.iter().sum::<f64>() + rest
}
