//! Small tables of measurements: classifiers beside each other, under the published protocol.
//!
//! A [`Method`] learns from [`Cases`], a [`Model`] names the class of a row, never seeing it. [`measure`] chooses among
//! the candidates of a method on the rows that a table has for choosing, and counts what the chosen one gets right on the
//! published splits.
//!
//! ```
//! use attractor_data::{Set, Shape, uci::{Fold, Uci}};
//! use attractor_lab::uci::{Method, Nearest, measure};
//!
//! let rows = ndarray::Array2::from_shape_fn((40, 1), |(row, _)| (row % 2 * 5) as f32 + row as f32 / 40.0);
//! let set = Set::new("steps", rows, Shape::Vector(1))?.with_labels((0..40).map(|row| row % 2).collect())?;
//! let fold = Fold { train: (0..30).collect(), validation: Vec::new(), test: (30..40).collect() };
//! let table = Uci { set, selection: None, folds: vec![fold] };
//! let candidates: Vec<Box<dyn Method>> = vec![Box::new(Nearest { neighbours: 1 }), Box::new(Nearest { neighbours: 3 })];
//! assert_eq!(measure(&table, &candidates, 1)?.accuracies, [1.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod all;
mod boosted;
mod forest;
#[cfg(feature = "network")]
mod lookup;
mod majority;
mod methods;
mod nearest;
mod protocol;
mod ridge;
mod table;

use attractor_data::{Error, Set};
use ndarray::{Array2, ArrayView2};

use crate::LabError;

pub use boosted::Boosted;
pub use forest::Forest;
#[cfg(feature = "network")]
pub use lookup::Lookup;
pub use majority::Majority;
pub use nearest::Nearest;
pub use protocol::{Measured, measure};
pub use ridge::Ridge;

pub(crate) use all::EXPERIMENT as ALL;
pub(crate) use table::experiments as tables;

/// Rows with their classes.
#[derive(Debug, Clone, PartialEq)]
pub struct Cases {
    /// The measurements, `(n, d)`.
    pub rows: Array2<f32>,
    /// The class of each row, from 0.
    pub classes: Vec<u32>,
}

impl Cases {
    /// The rows of `set` with these indices, in their order.
    ///
    /// ```
    /// use attractor_data::{Set, Shape};
    /// use ndarray::array;
    /// let set = Set::new("three", array![[1.], [2.], [3.]], Shape::Vector(1))?.with_labels(vec![0, 1, 2])?;
    /// let cases = attractor_lab::uci::Cases::of(&set, &[2, 0])?;
    /// assert_eq!((cases.rows, cases.classes), (array![[3.], [1.]], vec![2, 0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LabError::Data`] for an index beyond the set and for a set without labels.
    pub fn of(set: &Set, indices: &[usize]) -> Result<Self, LabError> {
        let subset = set.subset(indices)?;
        let Some(classes) = subset.labels().map(<[u32]>::to_vec) else {
            let place = format!("labels of set {}", set.name());
            return Err(Error::Count { place, expected: set.len(), found: 0 }.into());
        };
        Ok(Self { rows: subset.into_patterns(), classes })
    }

    /// One more than the largest class.
    fn count(&self) -> usize {
        self.classes.iter().max().map_or(0, |&largest| largest as usize + 1)
    }

    /// Refuses what nothing can be learned from.
    fn check(&self) -> Result<(), LabError> {
        if self.classes.is_empty() || self.classes.len() != self.rows.nrows() {
            let place = "classes of rows to learn from".to_owned();
            let (expected, found) = (self.rows.nrows().max(1), self.classes.len());
            return Err(Error::Count { place, expected, found }.into());
        }
        Ok(())
    }
}

/// A way to learn from a table.
pub trait Method: Sync {
    /// What it is called, with its parameters.
    fn name(&self) -> String;

    /// Learns from `train`. What is trained in rounds takes as many as a [`Trial`] found best, or all of its own.
    ///
    /// # Errors
    /// [`LabError`] for a parameter out of range and for no rows.
    fn fit(&self, train: &Cases, rounds: Option<usize>, seed: u64) -> Result<Box<dyn Model>, LabError>;

    /// Learns from `train` and is measured on `held`. What is trained in rounds says how many were best there.
    ///
    /// # Errors
    /// As [`Method::fit`].
    fn trial(&self, train: &Cases, held: &Cases, seed: u64) -> Result<Trial, LabError> {
        let classes = self.fit(train, None, seed)?.classify(held.rows.view())?;
        Ok(Trial { accuracy: accuracy(&classes, &held.classes), rounds: None })
    }
}

/// What was learned from a table.
pub trait Model {
    /// The class of each of `rows` `(n, d)`.
    ///
    /// # Errors
    /// [`LabError`] for rows of another width than those learned from.
    fn classify(&self, rows: ArrayView2<'_, f32>) -> Result<Vec<u32>, LabError>;
}

/// What a candidate reached on the rows for choosing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// Share of rows that were classified right.
    pub accuracy: f64,
    /// After how many rounds, where there are rounds.
    pub rounds: Option<usize>,
}

/// The share of equal classes; 0 of nothing.
fn accuracy(found: &[u32], expected: &[u32]) -> f64 {
    let right = found.iter().zip(expected).filter(|(a, b)| a == b).count();
    right as f64 / expected.len().max(1) as f64
}

/// Rows of the width that was learned from.
fn check_width(expected: usize, rows: ArrayView2<'_, f32>) -> Result<(), LabError> {
    let found = rows.ncols();
    if expected == found {
        return Ok(());
    }
    Err(Error::Count { place: "components of rows to classify".to_owned(), expected, found }.into())
}

/// A parameter of a method that is out of range.
fn refused(name: &'static str, value: f64, limit: &str) -> LabError {
    Error::Parameter { name, value, limit: limit.to_owned() }.into()
}
