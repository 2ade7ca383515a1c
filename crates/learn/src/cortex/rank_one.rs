//! Ridge regression with its inverse kept up at every example.

use std::sync::{Arc, OnceLock};

use attractor_store::wire::{Reader, Writer};

use super::classes::Classes;
use super::linear::{Linear, Solution};
use super::temperature::Temperature;
use super::{Cortex, Readout, check, factor};
use crate::Error;

/// Features have at most this many components: each costs `M` products of f64 per example.
const WIDEST: usize = 512;
/// Examples between two looks at the error of the inverse.
const LOOK: u64 = 64;
/// Examples after which the inverse is computed anew in any case.
const ANEW: u64 = 4_096;
/// Error of the inverse above which it is computed anew at once.
const TOLERANCE: f64 = 1e-9;
/// Largest squared length of an example, in units of the penalty: beyond, f64 has no digits left for the inverse.
const LONGEST: f64 = 1e10;

/// The constant that is put before the features, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bias {
    /// The features alone.
    None,
    /// A constant 1 before the features, which is penalised like them.
    Constant,
}

/// Ridge regression of the one-hot classes, whose weights have every example at once.
///
/// With the penalty lambda fixed from the start, `P = (G + lambda I)^-1` follows each example of weight w exactly:
///
/// ```text
/// u = P h,   P -= w u u^T / (1 + w h^T u),   W += w P h (y - W^T h)^T
/// ```
///
/// (Sherman and Morrison). Everything is f64, `24 M^2` bytes and `O(M^2)` per example; at most 512 components. Every
/// 64 examples `|P (G + lambda I) h - h|` is looked at, relative to `|h|`; above 1e-9, and every 4,096 examples,
/// P and W are computed anew by Cholesky from G and Q, which are kept too. [`Cortex::unlearn`] is the same
/// step with -w, refused where the examples left would not explain it. Examples with `w |h|^2 > 1e10 lambda`
/// are refused: beyond, f64 has no digits left for P.
///
/// [`Ridge`](super::Ridge) is its wide, blocked sibling; scores are scaled as there.
///
/// ```
/// use attractor_learn::cortex::{Bias, Cortex, RankOne};
///
/// let mut cortex = RankOne::new(2, 1.0, Bias::None)?;
/// cortex.learn(&[1.0, 1.0], 0, 1.0)?;
/// cortex.learn(&[1.0, 0.0], 1, 1.0)?;
/// let weights = cortex.weights(0).unwrap_or_default();
/// assert!((weights[0] - 0.2).abs() < 1e-15 && (weights[1] - 0.4).abs() < 1e-15);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
pub struct RankOne {
    width: usize,
    bias: Bias,
    penalty: f64,
    classes: Classes,
    inverse: Vec<f64>,
    gram: Vec<f64>,
    targets: Vec<f64>,
    weights: Vec<f64>,
    events: u64,
    temperature: Temperature,
    readout: OnceLock<(Arc<Solution>, Arc<Linear>)>,
}

impl RankOne {
    /// What [`Cortex::name`] and files call it.
    pub const KIND: &'static str = "ridge-exact";

    /// For features of `width` components, 1 to 512, with a penalty from 1e-9 to 1e9 in units of squared features.
    ///
    /// # Errors
    /// [`Error::Parameter`] outside these ranges.
    pub fn new(width: usize, penalty: f64, bias: Bias) -> Result<Self, Error> {
        if width == 0 || width > WIDEST {
            return Err(Error::Parameter { name: "width", value: width as f64, limit: "from 1 to 512" });
        }
        let penalty = check::strength("penalty", penalty, (1e-9, 1e9))?;
        let n = order(width, bias);
        let mut inverse = vec![0.0; n * n];
        (0..n).for_each(|i| inverse[i * n + i] = 1.0 / penalty);
        Ok(Self {
            width,
            bias,
            penalty,
            classes: Classes::default(),
            inverse,
            gram: vec![0.0; n * n],
            targets: vec![],
            weights: vec![],
            events: 0,
            temperature: Temperature::default(),
            readout: OnceLock::new(),
        })
    }

    /// The weights of `class`, the constant's first where there is one.
    pub fn weights(&self, class: u32) -> Option<&[f64]> {
        let n = self.order();
        self.classes.find(class).map(|slot| &self.weights[slot * n..][..n])
    }

    /// The inverse P `(n, n)`, row by row, where n is M, and one more with a constant.
    pub fn inverse(&self) -> &[f64] {
        &self.inverse
    }

    /// Largest entry of `|P (G + lambda I) - I|`. `O(M^3)`.
    pub fn residual(&self) -> f64 {
        let n = self.order();
        let columns = (0..n).map(|j| {
            let column: Vec<f64> = (0..n).map(|i| self.regular(i, j)).collect();
            let product = times(&self.inverse, &column);
            product
                .iter()
                .enumerate()
                .fold(0.0, |m, (i, p)| f64::max(m, (p - f64::from(u8::from(i == j))).abs()))
        });
        columns.fold(0.0, f64::max)
    }

    fn order(&self) -> usize {
        order(self.width, self.bias)
    }

    /// An entry of `G + lambda I`.
    fn regular(&self, i: usize, j: usize) -> f64 {
        self.gram[i * self.order() + j] + if i == j { self.penalty } else { 0.0 }
    }

    /// The example with its constant, where it is one that this cortex takes.
    fn row(&self, features: &[f32], class: u32, weight: f32) -> Result<Vec<f64>, Error> {
        check::example(features, self.width, class, weight)?;
        let constant = (self.bias == Bias::Constant).then_some(1.0);
        let row: Vec<f64> = constant.into_iter().chain(features.iter().map(|&h| f64::from(h))).collect();
        let length = f64::from(weight) * product(&row, &row) / self.penalty;
        if length > LONGEST {
            return Err(Error::Parameter {
                name: "weight x |features|^2 / penalty",
                value: length,
                limit: "at most 1e10: scale the features down or raise the penalty",
            });
        }
        Ok(row)
    }

    /// Adds an example of `slot` with a weight of either sign; refuses, with nothing changed, what leaves no inverse.
    fn step(&mut self, h: &[f64], slot: usize, weight: f64) -> Result<(), Error> {
        let n = h.len();
        let mut u = times(&self.inverse, h);
        let spread = product(h, &u);
        let gain = 1.0 + weight * if weight > 0.0 { spread.max(0.0) } else { spread };
        if gain <= 1e-12 {
            return Err(Error::Singular { place: "an example that is unlearned" });
        }
        let share = weight / gain;
        for ((row, &u_i), (gram, &h_i)) in
            self.inverse.chunks_exact_mut(n).zip(&u).zip(self.gram.chunks_exact_mut(n).zip(h))
        {
            row.iter_mut().zip(&u).for_each(|(p, u_j)| *p -= share * (u_i * u_j));
            gram.iter_mut().zip(h).for_each(|(g, h_j)| *g += weight * (h_i * h_j));
        }
        u.iter_mut().for_each(|u| *u *= share);
        for (k, row) in self.weights.chunks_exact_mut(n).enumerate() {
            let error = f64::from(u8::from(k == slot)) - product(row, h);
            row.iter_mut().zip(&u).for_each(|(w, u)| *w += error * u);
        }
        let target = &mut self.targets[slot * n..][..n];
        target.iter_mut().zip(h).for_each(|(q, h)| *q += weight * h);
        self.events += 1;
        self.readout.take();
        if self.events.is_multiple_of(ANEW) || (self.events.is_multiple_of(LOOK) && self.error(h) > TOLERANCE)
        {
            self.refactor();
        }
        Ok(())
    }

    /// `|(G + lambda I) P h - h| / |h|`, in the largest entry.
    fn error(&self, h: &[f64]) -> f64 {
        let u = times(&self.inverse, h);
        let back = times(&self.gram, &u);
        let wrong = back
            .iter()
            .zip(&u)
            .zip(h)
            .fold(0.0, |m, ((b, u), h)| f64::max(m, (b + self.penalty * u - h).abs()));
        wrong / h.iter().fold(f64::MIN_POSITIVE, |m, h| f64::max(m, h.abs()))
    }

    /// P and W anew from G and Q, unless these are singular to working precision: then what there is stays.
    fn refactor(&mut self) {
        let n = self.order();
        let mut matrix = self.gram.clone();
        (0..n).for_each(|i| matrix[i * n + i] += self.penalty);
        if factor::cholesky(&mut matrix, n).is_none() {
            return;
        }
        let mut inverse = vec![0.0; n * n];
        (0..n).for_each(|i| inverse[i * n + i] = 1.0);
        factor::solve(&matrix, n, &mut inverse);
        for i in 0..n {
            for j in 0..i {
                let mean = 0.5 * (inverse[i * n + j] + inverse[j * n + i]);
                (inverse[i * n + j], inverse[j * n + i]) = (mean, mean);
            }
        }
        self.inverse = inverse;
        self.weights.copy_from_slice(&self.targets);
        factor::solve(&matrix, n, &mut self.weights);
    }

    fn pictures(&self) -> &(Arc<Solution>, Arc<Linear>) {
        self.readout.get_or_init(|| {
            let n = self.order();
            let live: Vec<usize> = self.classes.live().collect();
            let rows = live.iter().map(|&slot| {
                let row = &self.weights[slot * n..][..n];
                let bias = if self.bias == Bias::Constant { row[0] } else { 0.0 };
                (&row[n - self.width..], bias)
            });
            let numbers = live.iter().map(|&slot| self.classes.number(slot)).collect();
            let solution = Solution::new(self.width, self.classes.bound(), numbers, rows);
            let solution = Arc::new(solution.unwrap_or_else(|| Solution::empty(self.width)));
            let linear = Arc::new(Linear::new(Arc::clone(&solution), self.temperature.scale()));
            (solution, linear)
        })
    }

    fn clear(&mut self, slot: usize) {
        let n = self.order();
        self.weights[slot * n..][..n].fill(0.0);
        self.targets[slot * n..][..n].fill(0.0);
        self.readout.take();
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let width = check::head(from)?;
        let bias = match from.u8()? {
            0 => Bias::None,
            1 => Bias::Constant,
            _ => return Err(from.fault("a bias of unknown kind").into()),
        };
        let mut cortex = Self::new(width, from.f64()?, bias)?;
        let n = cortex.order();
        cortex.classes = Classes::load(from)?;
        cortex.inverse = check::f64s(from, n * n)?;
        cortex.gram = check::f64s(from, n * n)?;
        cortex.targets = check::f64s(from, cortex.classes.len() * n)?;
        cortex.weights = check::f64s(from, cortex.classes.len() * n)?;
        cortex.events = check::count(from)?;
        cortex.temperature = Temperature::load(from)?;
        Ok(cortex)
    }
}

impl Cortex for RankOne {
    fn name(&self) -> &'static str {
        Self::KIND
    }

    fn width(&self) -> usize {
        self.width
    }

    fn learn(&mut self, features: &[f32], class: u32, weight: f32) -> Result<(), Error> {
        let row = self.row(features, class, weight)?;
        let solution = Arc::clone(&self.pictures().0);
        self.temperature.observe(&solution, features, class, weight);
        let slot = self.classes.add(class);
        let room = self.classes.len() * self.order();
        self.weights.resize(room, 0.0);
        self.targets.resize(room, 0.0);
        self.step(&row, slot, weight.into())
    }

    fn unlearn(&mut self, features: &[f32], class: u32, weight: f32) -> Result<bool, Error> {
        let row = self.row(features, class, weight)?;
        let Some(slot) = self.classes.find(class) else { return Ok(false) };
        self.step(&row, slot, -f64::from(weight))?;
        if !self.classes.remove(slot) {
            self.clear(slot);
        }
        Ok(true)
    }

    fn forget(&mut self, class: u32) {
        if let Some(slot) = self.classes.forget(class) {
            self.clear(slot);
        }
    }

    fn readout(&self) -> Arc<dyn Readout> {
        self.pictures().1.clone()
    }

    fn settle(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn bytes(&self) -> usize {
        let numbers = self.inverse.capacity()
            + self.gram.capacity()
            + self.targets.capacity()
            + self.weights.capacity();
        size_of::<Self>()
            + self.classes.bytes()
            + 8 * numbers
            + self.readout.get().map_or(0, |(solution, _)| solution.bytes())
    }

    fn save(&self, to: &mut Writer) {
        to.str(Self::KIND);
        to.u8(check::VERSION);
        to.u32(self.width as u32);
        to.u8(u8::from(self.bias == Bias::Constant));
        to.f64(self.penalty);
        self.classes.save(to);
        to.f64s(&self.inverse);
        to.f64s(&self.gram);
        to.f64s(&self.targets);
        to.f64s(&self.weights);
        to.u64(self.events);
        self.temperature.save(to);
    }
}

fn order(width: usize, bias: Bias) -> usize {
    width + usize::from(bias == Bias::Constant)
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// A symmetric matrix times a vector.
fn times(matrix: &[f64], vector: &[f64]) -> Vec<f64> {
    matrix.chunks_exact(vector.len()).map(|row| product(row, vector)).collect()
}
