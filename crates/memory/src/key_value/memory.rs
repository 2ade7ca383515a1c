//! Slots of keys and values, read in one step.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use rand::{Rng, RngExt};

use super::gate::signs;
use super::slots::Chooser;
use super::write::WriteRule;
use crate::Error;
use crate::two_body::{Lagrangian, check};

/// Bound of the noise in fresh weights: too small to matter, enough to break ties of sign.
const NOISE: f64 = 1e-10;

/// The separation of the read: softmax at inverse temperature 1.
const SOFTMAX: Lagrangian = Lagrangian::LogSumExp { beta: 1.0 };

/// How many slots of which widths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Number of slots S.
    pub slots: usize,
    /// Width d of a key.
    pub key: usize,
    /// Width p of a value; equal to `key` for auto-association.
    pub value: usize,
}

/// What a read puts out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// `y = V h`.
    Linear,
    /// `sign(V h)`, with sign(0) = 0.
    Sign,
}

/// The answer to one cue.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The value (p).
    pub value: Array1<f64>,
    /// Activity of the slots (S); sums to 1.
    pub weights: Array1<f64>,
    /// `x.x / 2 - log sum_i exp(K_i.x)`: energy of the cue in the modern Hopfield network whose
    /// patterns are the keys. The step `x <- K^T softmax(K x)` never raises it.
    pub energy: f64,
}

/// The key-value memory. Written by [`KeyValue::write`], read by [`KeyValue::read`].
///
/// ```
/// use attractor_memory::key_value::{KeyValue, Output, Shape, WriteRule};
/// use ndarray::array;
/// use rand::SeedableRng;
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
/// let shape = Shape { slots: 3, key: 4, value: 2 };
/// let mut memory = KeyValue::new(shape, WriteRule::cyclic(), &mut rng)?;
/// memory.write(array![4.0, 4.0, -4.0, -4.0].view(), array![1.0, -1.0].view(), 1.0, &mut rng)?;
/// memory.write(array![4.0, -4.0, 4.0, -4.0].view(), array![-1.0, -1.0].view(), 1.0, &mut rng)?;
/// let answer = memory.read(array![4.0, 4.0, 0.0, 0.0].view(), Output::Sign)?;
/// assert_eq!(answer.value, array![1.0, -1.0]);
/// # Ok::<(), attractor_memory::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct KeyValue {
    pub(super) keys: Array2<f64>,
    pub(super) values: Array2<f64>,
    pub(super) locked: Vec<bool>,
    pub(super) rule: WriteRule,
    pub(super) chooser: Chooser,
}

impl KeyValue {
    /// A memory that holds nothing: all weights are noise within 1e-10 of 0.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a shape with a zero or a rule out of range.
    pub fn new(shape: Shape, rule: WriteRule, rng: &mut impl Rng) -> Result<Self, Error> {
        for (name, size) in [("slots", shape.slots), ("key width", shape.key), ("value width", shape.value)] {
            if size == 0 {
                return Err(Error::Parameter { name, value: 0.0, limit: "at least 1" });
            }
        }
        rule.check()?;
        Ok(Self {
            keys: noise(shape.slots, shape.key, rng),
            values: noise(shape.value, shape.slots, rng),
            locked: vec![false; shape.slots],
            rule,
            chooser: Chooser::new(rule.slots, shape.slots, rng),
        })
    }

    /// Its shape.
    pub fn shape(&self) -> Shape {
        let (slots, key) = self.keys.dim();
        Shape { slots, key, value: self.values.nrows() }
    }

    /// The keys K (S, d).
    pub fn keys(&self) -> ArrayView2<'_, f64> {
        self.keys.view()
    }

    /// The values V (p, S): column i belongs to slot i.
    pub fn values(&self) -> ArrayView2<'_, f64> {
        self.values.view()
    }

    /// Which slots are locked for ever (see [`super::Stability`]).
    pub fn locked(&self) -> &[bool] {
        &self.locked
    }

    /// Reads with cue `x` (d): `h = softmax(K x)`, `y = V h`. Unknown entries of a cue are 0.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`].
    pub fn read(&self, x: ArrayView1<f64>, output: Output) -> Result<Reading, Error> {
        check::vector(x, self.keys.ncols(), "cue")?;
        let scores = self.keys.dot(&x);
        let weights = SOFTMAX.activation(scores.view());
        let linear = self.values.dot(&weights);
        let value = match output {
            Output::Linear => linear,
            Output::Sign => signs(&linear),
        };
        Ok(Reading { value, weights, energy: 0.5 * x.dot(&x) - SOFTMAX.value(scores.view()) })
    }
}

fn noise(rows: usize, columns: usize, rng: &mut impl Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((rows, columns), || rng.random_range(-NOISE..=NOISE))
}
