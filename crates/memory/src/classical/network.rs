//! The network: what it holds, how it learns, how it forgets.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use super::hebb;
use super::pseudo_inverse::{Diagonal, Projection};
use super::storkey;
use super::weights::Weights;
use crate::Error;
use crate::binary::{BitPatterns, Columns, pack};

/// How patterns become weights.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Rule {
    /// `W_ij = (1/d) sum xi_i xi_j`, zero diagonal (Hebb 1949, Hopfield 1982). Removal is exact.
    Hebb,
    /// The second-order rule of Storkey (1997), zero diagonal: more patterns than Hebb's, and the
    /// order of storing matters. Removal learns the remaining patterns again.
    Storkey,
    /// The projection on the span of the patterns (Personnaz et al. 1985). Removal learns the
    /// remaining patterns again.
    PseudoInverse {
        /// Whether the diagonal stays.
        diagonal: Diagonal,
        /// A pattern whose squared distance to the span is at most this fraction of its squared
        /// length lies in it. At least 0 and below 1; see [`Rule::pseudo_inverse`].
        tolerance: f64,
    },
}

impl Rule {
    /// [`Rule::PseudoInverse`] with a tolerance of 1e-10.
    pub fn pseudo_inverse(diagonal: Diagonal) -> Self {
        Self::PseudoInverse { diagonal, tolerance: 1e-10 }
    }
}

/// The energy of one state, `E = -1/2 s W s + b s`, in its two parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Energy {
    /// `-1/2 s W s`.
    pub interaction: f64,
    /// `b s`.
    pub bias: f64,
}

impl Energy {
    /// The sum of the parts.
    pub fn total(self) -> f64 {
        self.interaction + self.bias
    }
}

/// A Hopfield network over units of -1 and +1.
///
/// ```
/// use attractor_memory::binary::Schedule;
/// use attractor_memory::classical::{Network, Rule};
/// use ndarray::array;
///
/// let mut network = Network::new(5, Rule::Hebb)?;
/// network.store(array![[1.0, 1.0, -1.0, -1.0, 1.0]].view())?;
/// let recall = network.recall(array![[1.0, 1.0, -1.0, 1.0, 1.0]].view(), &Schedule::sequential())?;
/// assert_eq!(recall.states, network.patterns());
/// # Ok::<(), attractor_memory::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Network {
    rule: Rule,
    learner: Learner,
    pub(crate) patterns: BitPatterns,
    pub(super) weights: Weights,
    pub(super) bias: Vec<f64>,
    /// Fields up to this size are rounding and count as zero.
    pub(super) tie: f64,
}

#[derive(Debug, Clone)]
enum Learner {
    Hebb,
    Storkey,
    PseudoInverse(Projection),
}

/// The widest network: its weights take 8 GiB.
const WIDEST: usize = 1 << 15;

/// Rounding of a field, as a fraction of the largest row of weights.
const ROUNDING: f64 = 1e-10;

impl Network {
    /// An empty network of `width` units without bias.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `width` is 0 or above 32768, or the tolerance of the rule is not in `[0, 1)`.
    pub fn new(width: usize, rule: Rule) -> Result<Self, Error> {
        if !(1..=WIDEST).contains(&width) {
            let limit = "between 1 and 32768 (the weights take 8 width^2 bytes)";
            return Err(Error::Parameter { name: "width", value: width as f64, limit });
        }
        let learner = match rule {
            Rule::Hebb => Learner::Hebb,
            Rule::Storkey => Learner::Storkey,
            Rule::PseudoInverse { tolerance, .. } if !(0.0..1.0).contains(&tolerance) => {
                return Err(Error::Parameter {
                    name: "tolerance",
                    value: tolerance,
                    limit: "at least 0 and below 1",
                });
            }
            Rule::PseudoInverse { diagonal, tolerance } => {
                Learner::PseudoInverse(Projection::new(diagonal, tolerance))
            }
        };
        let unit = if rule == Rule::Hebb { width as f64 } else { 1.0 };
        Ok(Self {
            rule,
            learner,
            patterns: BitPatterns::new(width),
            weights: Weights::zeros(width, unit),
            bias: vec![0.0; width],
            tie: 0.0,
        })
    }

    /// The same network with the bias `b`, shape `(width)`; it enters the energy as `+ b s`, so that a
    /// positive bias holds a unit down.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`].
    pub fn with_bias(mut self, bias: ArrayView1<'_, f64>) -> Result<Self, Error> {
        if bias.len() != self.width() {
            return Err(Error::Width { expected: self.width(), found: bias.len(), place: "bias" });
        }
        if let Some((column, &value)) = bias.iter().enumerate().find(|(_, b)| !b.is_finite()) {
            return Err(Error::NotFinite { row: 0, column, value, place: "bias" });
        }
        self.bias = bias.to_vec();
        Ok(self)
    }

    /// Stores patterns, shape `(n, width)`; returns their ids.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotBinary`].
    pub fn store(&mut self, patterns: ArrayView2<'_, f32>) -> Result<Vec<u64>, Error> {
        let packed = pack(patterns, self.width(), "patterns")?;
        let known = self.len();
        let ids = self.patterns.extend(&packed);
        self.learn(known);
        Ok(ids)
    }

    /// Removes a pattern, as if it had never been stored: exactly for [`Rule::Hebb`], by learning the
    /// others again for the other rules.
    ///
    /// # Errors
    /// [`Error::UnknownId`].
    pub fn remove(&mut self, id: u64) -> Result<(), Error> {
        let gone = self.patterns.remove(self.patterns.index_of(id)?);
        if let Learner::Hebb = self.learner {
            let mut block = Columns::new(self.width());
            block.push(&gone);
            hebb::learn(&mut self.weights, &block, -1.0);
        } else {
            self.weights.clear();
            if let Learner::PseudoInverse(projection) = &mut self.learner {
                projection.clear();
            }
            self.learn(0);
        }
        Ok(())
    }

    /// Learns the patterns from index `first` on.
    fn learn(&mut self, first: usize) {
        match &mut self.learner {
            Learner::Hebb => {
                let mut block = Columns::new(self.patterns.width());
                self.patterns.rows().skip(first).for_each(|row| block.push(row));
                hebb::learn(&mut self.weights, &block, 1.0);
                return;
            }
            Learner::Storkey => {
                for index in first..self.patterns.len() {
                    storkey::learn(&mut self.weights, &self.patterns.spins(index));
                }
            }
            Learner::PseudoInverse(projection) => {
                let spins: Vec<_> = (first..self.patterns.len()).map(|k| self.patterns.spins(k)).collect();
                projection.learn(&mut self.weights, &spins);
            }
        }
        self.tie = ROUNDING * self.weights.norm();
    }

    /// Number of stored patterns.
    pub fn len(&self) -> usize {
        self.patterns.len()
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of units.
    pub fn width(&self) -> usize {
        self.patterns.width()
    }

    /// The rule.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// Ids in storage order, which is that of [`Network::patterns`].
    pub fn ids(&self) -> &[u64] {
        self.patterns.ids()
    }

    /// The stored patterns, shape `(len, width)`.
    pub fn patterns(&self) -> Array2<f32> {
        self.patterns.to_array()
    }

    /// The weights `W`, shape `(width, width)`: symmetric to the bit.
    pub fn weights(&self) -> Array2<f64> {
        let unit = self.weights.unit();
        Array2::from_shape_fn((self.width(), self.width()), |(i, j)| self.weights.row(i)[j] / unit)
    }

    /// The bias `b`, shape `(width)`.
    pub fn bias(&self) -> Array1<f64> {
        Array1::from(self.bias.clone())
    }
}
