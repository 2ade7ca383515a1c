//! The raw evaluation of tasks over time.

use serde::{Deserialize, Serialize};

use super::share;
use crate::Error;

/// Accuracies `R[t][j]` on task j after the experience t, both from 0, and on each task before any experience.
///
/// Everything that is said about accuracy, forgetting and transfer at the boundaries follows from these
/// ([`Definition`](super::Definition)): keep them, and not only what follows.
///
/// ```
/// use attractor_learn::metrics::{Definition, Matrix};
/// let rows = vec![vec![0.90, 0.15, 0.10], vec![0.95, 0.60, 0.25], vec![0.70, 0.70, 0.90]];
/// let matrix = Matrix::new(rows, Some(vec![0.10, 0.20, 0.05]))?;
/// assert!((Definition::Forgetting.of(&matrix).unwrap() - 0.075).abs() < 1e-12);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct Matrix {
    rows: Vec<Vec<f64>>,
    baseline: Option<Vec<f64>>,
}

/// A matrix from a file, not yet believed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    rows: Vec<Vec<f64>>,
    baseline: Option<Vec<f64>>,
}

impl TryFrom<Parts> for Matrix {
    type Error = Error;

    fn try_from(parts: Parts) -> Result<Self, Error> {
        Self::new(parts.rows, parts.baseline)
    }
}

impl Matrix {
    /// `rows` `(T, T)`, `baseline` `(T,)`, T at least 1; all from 0 to 1 (not percent).
    ///
    /// # Errors
    /// [`Error::TooFew`] without a row, [`Error::Width`] for a row of another length than T,
    /// [`Error::Parameter`] for a number outside 0 to 1.
    pub fn new(rows: Vec<Vec<f64>>, baseline: Option<Vec<f64>>) -> Result<Self, Error> {
        let tasks = rows.len();
        if tasks == 0 {
            return Err(Error::TooFew { what: "an evaluation matrix", needed: 1, found: 0 });
        }
        for row in rows.iter().chain(&baseline) {
            if row.len() != tasks {
                return Err(Error::Width {
                    expected: tasks,
                    found: row.len(),
                    place: "row of an evaluation matrix",
                });
            }
            row.iter().try_for_each(|&accuracy| share("accuracy", accuracy).map(drop))?;
        }
        Ok(Self { rows, baseline })
    }

    /// Number of tasks, T.
    pub fn tasks(&self) -> usize {
        self.rows.len()
    }

    /// The accuracies, `(T, T)`.
    pub fn rows(&self) -> &[Vec<f64>] {
        &self.rows
    }

    /// The accuracies before any experience, `(T,)`.
    pub fn baseline(&self) -> Option<&[f64]> {
        self.baseline.as_deref()
    }

    /// The mean accuracy over the tasks seen so far, after each experience.
    pub fn seen(&self) -> Vec<f64> {
        let row = |(t, row): (usize, &Vec<f64>)| row[..=t].iter().sum::<f64>() / (t + 1) as f64;
        self.rows.iter().enumerate().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_matrix_is_refused_also_from_a_file() {
        let text = |rows, baseline| Matrix::new(rows, baseline).unwrap_err().to_string();
        assert_eq!(text(vec![], None), "an evaluation matrix needs at least 1 examples, there are 0");
        let narrow = text(vec![vec![0.5]; 2], None);
        assert_eq!(narrow, "row of an evaluation matrix: expected 2 components, found 1");
        assert_eq!(text(vec![vec![95.0]], None), "accuracy = 95: must be from 0 to 1");
        assert!(Matrix::new(vec![vec![f64::NAN]], None).is_err());
        assert!(Matrix::new(vec![vec![0.5]], Some(vec![])).is_err());
        let matrix = Matrix::new(vec![vec![0.1, 0.2], vec![0.3, 0.4]], Some(vec![0.0, 1.0])).unwrap();
        let json = serde_json::to_string(&matrix).unwrap();
        assert_eq!(serde_json::from_str::<Matrix>(&json).unwrap(), matrix);
        assert!(serde_json::from_str::<Matrix>(&json.replace("0.4", "4.0")).is_err());
        assert_eq!(matrix.seen(), [0.1, 0.35]);
    }
}
