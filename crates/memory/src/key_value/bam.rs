//! Bidirectional associative memory: the Hebbian baseline of hetero-association.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use super::hebb::{Hebb, Rest};
use super::hopfield::turn;
use crate::Error;
use crate::two_body::check;

/// Two layers joined by one matrix `W` (p, d), updated in turn: `y <- sign(W x)`,
/// `x <- sign(W^T y)`. Kosko 1988 (form standard, not checked against the paper).
///
/// ```
/// use attractor_memory::key_value::{Bam, Hebb};
/// use ndarray::array;
/// let mut memory = Bam::new(4, 2, Hebb::plain())?;
/// memory.write(array![1.0, 1.0, -1.0, -1.0].view(), array![1.0, -1.0].view(), 1.0)?;
/// let recall = memory.recall(array![1.0, 0.0, 0.0, 0.0].view(), 10)?;
/// assert_eq!(recall.value, array![1.0, -1.0]);
/// assert_eq!(recall.key, array![1.0, 1.0, -1.0, -1.0]);
/// # Ok::<(), attractor_memory::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Bam {
    weights: Array2<f64>,
    rule: Hebb,
}

/// The answer to one cue.
#[derive(Debug, Clone, PartialEq)]
pub struct BamRecall {
    /// The value layer (p): -1 and +1, and 0 where no field ever arrived.
    pub value: Array1<f64>,
    /// The key layer (d), completed.
    pub key: Array1<f64>,
    /// Energy `-y^T W x` after each update of the value layer.
    pub energies: Vec<f64>,
    /// How it ended.
    pub rest: Rest,
}

impl Bam {
    /// An empty memory from keys of width `key` to values of width `value`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a width of 0 or a rule out of range.
    pub fn new(key: usize, value: usize, rule: Hebb) -> Result<Self, Error> {
        rule.check()?;
        for (name, width) in [("key width", key), ("value width", value)] {
            if width == 0 {
                return Err(Error::Parameter { name, value: 0.0, limit: "at least 1" });
            }
        }
        Ok(Self { weights: Array2::zeros((value, key)), rule })
    }

    /// Writes the pair `x` (d), `y` (p) with strength `q` in [0, 1e6].
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`], [`Error::Parameter`] for `q`.
    pub fn write(&mut self, x: ArrayView1<f64>, y: ArrayView1<f64>, q: f64) -> Result<(), Error> {
        self.rule.apply(&mut self.weights, x, y, q)
    }

    /// The weights W (p, d).
    pub fn weights(&self) -> ArrayView2<'_, f64> {
        self.weights.view()
    }

    /// The linear read `W x` (p) of a key `x` (d).
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`].
    pub fn field(&self, x: ArrayView1<f64>) -> Result<Array1<f64>, Error> {
        check::vector(x, self.weights.ncols(), "cue")?;
        Ok(self.weights.dot(&x))
    }

    /// Recalls the value of a key `x` (d; 0 where unknown) by at most `steps` rounds, each of one
    /// update of the values and one of the keys. With one round the value is `sign(W x)`. The energy
    /// never rises from round to round for cues with entries in [-1, 1].
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`].
    pub fn recall(&self, x: ArrayView1<f64>, steps: usize) -> Result<BamRecall, Error> {
        check::vector(x, self.weights.ncols(), "cue")?;
        let mut run = BamRecall {
            value: Array1::zeros(self.weights.nrows()),
            key: x.to_owned(),
            energies: vec![],
            rest: Rest::StepLimit,
        };
        for _ in 0..steps {
            let field = self.weights.dot(&run.key);
            let value = turn(&run.value, &field);
            let key = turn(&run.key, &self.weights.t().dot(&value));
            run.energies.push(-value.dot(&field));
            if value == run.value && key == run.key {
                run.rest = Rest::FixedPoint;
                break;
            }
            (run.value, run.key) = (value, key);
        }
        Ok(run)
    }
}
