//! What each summary of an evaluation matrix means.

use serde::{Deserialize, Serialize};

use super::{Matrix, mean, share};
use crate::Error;

macro_rules! definitions {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $formula:literal;)*) => {
        /// A summary of an evaluation matrix R of T tasks (t, j from 1 here, b the row before any experience).
        ///
        /// Packages give one name to different numbers; here each has its own id. The id without a point is the one
        /// to report; the others are for comparison with what a package printed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Definition { $($(#[$doc])* #[serde(rename = $id)] $name,)* }

        impl Definition {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its id, as reports have it.
            ///
            /// ```
            /// use attractor_learn::metrics::Definition;
            /// assert_eq!(Definition::ForgettingMammoth.id(), "fgt.mammoth");
            /// ```
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// Its formula.
            pub fn formula(self) -> &'static str {
                match self { $(Self::$name => $formula,)* }
            }
        }
    };
}

definitions! {
    /// Mean accuracy at the end.
    Accuracy = "acc", "1/T sum_j R[T,j]";
    /// Average incremental accuracy (iCaRL, PyCIL; "overall" in LibContinual).
    AverageIncremental = "aia", "1/T sum_t 1/t sum_{j<=t} R[t,j]";
    /// Mean of the lower triangle with the diagonal (Diaz-Rodriguez et al. 2018; `accuracy_A` of Continuum).
    DiazRodriguez = "a_dr", "sum_{i>=j} R[i,j] / (T(T+1)/2)";
    /// Forgetting: from the best before the last experience (Chaudhry et al. 2018; Continuum).
    Forgetting = "fgt", "1/(T-1) sum_{j<T} (max_{l<T} R[l,j] - R[T,j])";
    /// Forgetting of Mammoth: the best of all rows, the last one too, so that it is never negative.
    ForgettingMammoth = "fgt.mammoth", "1/(T-1) sum_{j<T} (max_l R[l,j] - R[T,j])";
    /// Forgetting of Avalanche: from what was just learned, without a maximum.
    ForgettingAvalanche = "fgt.avalanche", "1/(T-1) sum_{j<T} (R[j,j] - R[T,j])";
    /// Backward transfer (Lopez-Paz and Ranzato 2017; Mammoth).
    Backward = "bwt", "1/(T-1) sum_{j<T} (R[T,j] - R[j,j])";
    /// Backward transfer as the published code of GEM divides it.
    BackwardGemCode = "bwt.gem_code", "1/T sum_{j<T} (R[T,j] - R[j,j])";
    /// Backward transfer over the whole lower triangle (Continuum, CapyMOA).
    BackwardTriangle = "bwt.triangle", "2/(T(T-1)) sum_{i>j} (R[i,j] - R[j,j])";
    /// Forward transfer (Lopez-Paz and Ranzato 2017; Mammoth, Avalanche). Needs b.
    Forward = "fwt", "1/(T-1) sum_{j>1} (R[j-1,j] - b[j])";
    /// Forward transfer as the published code of GEM divides it. Needs b.
    ForwardGemCode = "fwt.gem_code", "1/T sum_{j>1} (R[j-1,j] - b[j])";
    /// Forward transfer without b (Continuum).
    ForwardNoBaseline = "fwt.no_b", "1/(T-1) sum_{j>1} R[j-1,j]";
    /// Forward transfer over the whole upper triangle, without b (CapyMOA).
    ForwardTriangle = "fwt.triangle_no_b", "2/(T(T-1)) sum_{i<j} R[i,j]";
    /// Remembering (Diaz-Rodriguez et al. 2018), of [`Definition::Backward`].
    Remembering = "rem", "1 - |min(bwt, 0)|";
    /// Positive backward transfer (Diaz-Rodriguez et al. 2018), of [`Definition::Backward`].
    BackwardPositive = "bwt_plus", "max(bwt, 0)";
}

impl Definition {
    /// Its value, or `None` where the matrix does not say: what compares tasks needs two of them, forward transfer its b.
    pub fn of(self, matrix: &Matrix) -> Option<f64> {
        let (r, t) = (matrix.rows(), matrix.tasks());
        let last = &r[t - 1];
        let earlier = 0..t - 1;
        let best = |rows: &[Vec<f64>], j: usize| rows.iter().map(|row| row[j]).fold(0.0, f64::max);
        let lower = || (1..t).flat_map(|i| (0..i).map(move |j| (i, j)));
        // Divided by T where the published code does: a mean over T - 1 of them otherwise.
        let by_all = |mean: f64| mean * (t - 1) as f64 / t as f64;
        match self {
            Self::Accuracy => mean(last.iter().copied()),
            Self::AverageIncremental => mean(matrix.seen()),
            Self::DiazRodriguez => mean((0..t).flat_map(|i| r[i][..=i].iter().copied())),
            Self::Forgetting => mean(earlier.map(|j| best(&r[..t - 1], j) - last[j])),
            Self::ForgettingMammoth => mean(earlier.map(|j| best(r, j) - last[j])),
            Self::ForgettingAvalanche => mean(earlier.map(|j| r[j][j] - last[j])),
            Self::Backward => mean(earlier.map(|j| last[j] - r[j][j])),
            Self::BackwardGemCode => Self::Backward.of(matrix).map(by_all),
            Self::BackwardTriangle => mean(lower().map(|(i, j)| r[i][j] - r[j][j])),
            Self::Forward => {
                let baseline = matrix.baseline()?;
                mean((1..t).map(|j| r[j - 1][j] - baseline[j]))
            }
            Self::ForwardGemCode => Self::Forward.of(matrix).map(by_all),
            Self::ForwardNoBaseline => mean((1..t).map(|j| r[j - 1][j])),
            Self::ForwardTriangle => mean(lower().map(|(j, i)| r[i][j])),
            Self::Remembering => Self::Backward.of(matrix).map(|bwt| 1.0 - bwt.min(0.0).abs()),
            Self::BackwardPositive => Self::Backward.of(matrix).map(|bwt| bwt.max(0.0)),
        }
    }
}

/// A number with the definition that it follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// Id of the definition.
    pub definition: String,
    /// The number.
    pub value: f64,
}

/// All summaries that the matrix has an answer to.
///
/// ```
/// use attractor_learn::metrics::{Matrix, summaries};
/// let values = summaries(&Matrix::new(vec![vec![0.5]], None)?);
/// let ids: Vec<&str> = values.iter().map(|value| value.definition.as_str()).collect();
/// assert_eq!(ids, ["acc", "aia", "a_dr"], "one task cannot be forgotten");
/// # Ok::<(), attractor_learn::Error>(())
/// ```
pub fn summaries(matrix: &Matrix) -> Vec<Value> {
    let value = |&definition: &Definition| {
        definition.of(matrix).map(|value| Value { definition: definition.id().to_owned(), value })
    };
    Definition::ALL.iter().filter_map(value).collect()
}

/// What a learner without the stream reaches after each experience, such as one trained offline on all that came so far.
///
/// ```
/// use attractor_learn::metrics::Line;
/// let line = Line::new("offline", vec![0.9, 0.8])?;
/// assert_eq!(line.omega_all(&[0.9, 0.4])?.value, 0.75);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What it is, such as "offline", "joint", "naive" or "random".
    pub name: String,
    /// Accuracy after each experience, `(T,)`.
    pub accuracy: Vec<f64>,
}

impl Line {
    /// A line of accuracies from 0 to 1.
    ///
    /// # Errors
    /// [`Error::TooFew`] without any, [`Error::Parameter`] for a number outside 0 to 1.
    pub fn new(name: impl Into<String>, accuracy: Vec<f64>) -> Result<Self, Error> {
        if accuracy.is_empty() {
            return Err(Error::TooFew { what: "a line", needed: 1, found: 0 });
        }
        accuracy.iter().try_for_each(|&value| share("accuracy", value).map(drop))?;
        Ok(Self { name: name.into(), accuracy })
    }

    /// `omega_all` = 1/T sum_t alpha_t / line_t: how much of an offline learner is reached (Kemker et al. 2018,
    /// Hayes et al. 2019). `accuracy` is alpha, over all classes seen so far ([`Matrix::seen`]).
    ///
    /// # Errors
    /// [`Error::Width`] for another number of experiences, [`Error::Parameter`] where the line is 0.
    pub fn omega_all(&self, accuracy: &[f64]) -> Result<Value, Error> {
        self.same_length(accuracy.len())?;
        if let Some(&value) = self.accuracy.iter().find(|&&value| value <= 0.0) {
            return Err(Error::Parameter { name: "offline accuracy", value, limit: "above 0" });
        }
        let shares = accuracy.iter().zip(&self.accuracy).map(|(alpha, offline)| alpha / offline);
        Ok(Value { definition: "omega_all".into(), value: mean(shares).unwrap_or_default() })
    }

    /// `intransigence` = 1/T sum_k (line_k - R_kk): how much worse each task is learned than by joint training on all
    /// tasks so far, whose accuracy on task k is line_k (Chaudhry et al. 2018 give it per task; this is the mean).
    ///
    /// # Errors
    /// [`Error::Width`] for another number of tasks.
    pub fn intransigence(&self, matrix: &Matrix) -> Result<Value, Error> {
        self.same_length(matrix.tasks())?;
        let gaps =
            self.accuracy.iter().zip(matrix.rows()).enumerate().map(|(k, (joint, row))| joint - row[k]);
        Ok(Value { definition: "intransigence".into(), value: mean(gaps).unwrap_or_default() })
    }

    fn same_length(&self, found: usize) -> Result<(), Error> {
        let expected = self.accuracy.len();
        if expected == found {
            return Ok(());
        }
        Err(Error::Width { expected, found, place: "accuracies to compare with a line" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oracle(baseline: bool) -> Matrix {
        let rows = vec![vec![0.90, 0.15, 0.10], vec![0.95, 0.60, 0.25], vec![0.70, 0.70, 0.90]];
        Matrix::new(rows, baseline.then(|| vec![0.10, 0.20, 0.05])).unwrap()
    }

    #[test]
    fn every_variant_has_its_published_value() {
        let expected = [
            ("acc", 0.766667),
            ("aia", 0.813889),
            ("a_dr", 0.791667),
            ("fgt", 0.075),
            ("fgt.mammoth", 0.125),
            ("fgt.avalanche", 0.05),
            ("bwt", -0.05),
            ("bwt.gem_code", -0.033333),
            ("bwt.triangle", -0.016667),
            ("fwt", 0.075),
            ("fwt.gem_code", 0.05),
            ("fwt.no_b", 0.20),
            ("fwt.triangle_no_b", 0.166667),
            ("rem", 0.95),
            ("bwt_plus", 0.0),
        ];
        let values = summaries(&oracle(true));
        assert_eq!(values.len(), expected.len());
        for (value, (id, expected)) in values.iter().zip(expected) {
            assert_eq!(value.definition, id);
            assert!((value.value - expected).abs() < 1e-6, "{id}: {}", value.value);
        }
    }

    #[test]
    fn what_cannot_be_known_is_left_out() {
        let ids = |matrix: &Matrix| -> Vec<String> {
            summaries(matrix).into_iter().map(|value| value.definition).collect()
        };
        assert!(!ids(&oracle(false)).iter().any(|id| id == "fwt" || id == "fwt.gem_code"));
        assert_eq!(ids(&oracle(false)).len() + 2, ids(&oracle(true)).len());
    }

    #[test]
    fn ids_are_one_of_a_kind_and_survive_files() {
        let ids: std::collections::BTreeSet<_> = Definition::ALL.iter().map(|d| d.id()).collect();
        assert_eq!(ids.len(), Definition::ALL.len());
        for &definition in Definition::ALL {
            let json = serde_json::to_string(&definition).unwrap();
            assert_eq!(json, format!("\"{}\"", definition.id()));
            assert_eq!(serde_json::from_str::<Definition>(&json).unwrap(), definition);
            assert!(!definition.formula().is_empty());
        }
    }

    #[test]
    fn omega_has_its_published_value() {
        let top5 = [94.00, 87.57, 83.33, 79.54, 76.62, 75.80, 74.37, 72.97, 71.90, 70.68].map(|x| x / 100.0);
        let line = Line::new("offline", (0..10).map(|t| (95.0 - 6.0 * f64::from(t) / 9.0) / 100.0).collect())
            .unwrap();
        let omega = line.omega_all(&top5).unwrap();
        assert!((omega.value - 0.854047).abs() < 1e-6, "{omega:?}");
        assert!(line.omega_all(&top5[1..]).is_err());
        let zero = Line::new("zero", vec![0.0]).unwrap().omega_all(&[0.0]).unwrap_err().to_string();
        assert_eq!(zero, "offline accuracy = 0: must be above 0");
        assert!(Line::new("percent", vec![95.0]).is_err() && Line::new("none", vec![]).is_err());
    }

    #[test]
    fn intransigence_is_that_of_the_diagonal() {
        let line = Line::new("joint", vec![0.95, 0.70, 0.90]).unwrap();
        let value = line.intransigence(&oracle(false)).unwrap().value;
        assert!((value - 0.05).abs() < 1e-12, "{value}");
    }
}
