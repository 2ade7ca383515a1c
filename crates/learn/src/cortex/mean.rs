//! The nearest class mean: the simplest cortex, and the baseline of the others.

use std::sync::{Arc, OnceLock};

use attractor_store::wire::{Reader, Writer};

use super::classes::Classes;
use super::{Cortex, Plasticity, Readout, check};
use crate::Error;

/// Running class means, and one running variance that all classes share.
///
/// The score of class k is `-|h - mu_k|^2 / (2 s^2)`, where `s^2` is the pooled within-class variance per component:
///
/// ```text
/// s^2 = sum_i w_i |h_i - mu_(y_i)|^2 / (M sum_i w_i)
/// ```
///
/// so that the softmax of the scores is the posterior of equally probable classes that are spherical and equally
/// wide: calibrated as far as that holds. While no class has any spread (each was seen once, or was constant),
/// `s^2` is the variance of the class means about their weighted mean instead, and 1 where that is 0 too.
///
/// Means and variance are Welford's recursion in f64: 8 bytes per class and component, `O(M)` per example.
/// [`Cortex::unlearn`] inverts it. The spread of a forgotten class stays part of the pooled variance.
///
/// ```
/// use attractor_learn::cortex::{Cortex, NearestMean};
///
/// let mut cortex = NearestMean::new(1)?;
/// for (feature, class) in [(0.0, 0), (2.0, 0), (5.0, 3), (7.0, 3)] {
///     cortex.learn(&[feature], class, 1.0)?;
/// }
/// let mut scores = vec![];
/// cortex.readout().scores(&[3.0], &mut scores);
/// assert_eq!(scores[0], -2.0); // mean 1, variance 1
/// assert_eq!(scores[1], f32::NEG_INFINITY);
/// assert_eq!(scores[3], -4.5);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug)]
pub struct NearestMean {
    width: usize,
    classes: Classes,
    weights: Vec<f64>,
    means: Vec<f64>,
    scatter: f64,
    scattered: f64,
    readout: OnceLock<Arc<Means>>,
}

impl NearestMean {
    /// What [`Cortex::name`] and files call it.
    pub const KIND: &'static str = "nearest-mean";

    /// For features of `width` components, 1 to 32,768.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another width.
    pub fn new(width: usize) -> Result<Self, Error> {
        Ok(Self {
            width: check::width(width)?,
            classes: Classes::default(),
            weights: vec![],
            means: vec![],
            scatter: 0.0,
            scattered: 0.0,
            readout: OnceLock::new(),
        })
    }

    /// The pooled within-class variance per component, `s^2`; see the type for what it is without any spread.
    pub fn variance(&self) -> f64 {
        let within = self.scatter / (self.scattered * self.width as f64);
        if within > 0.0 && within.is_finite() {
            return within;
        }
        let between = self.between();
        if between > 0.0 { between } else { 1.0 }
    }

    /// The mean of `class` `(M,)`, while it is held.
    pub fn mean(&self, class: u32) -> Option<&[f64]> {
        self.classes.find(class).map(|slot| self.row(slot))
    }

    fn row(&self, slot: usize) -> &[f64] {
        &self.means[slot * self.width..][..self.width]
    }

    fn between(&self) -> f64 {
        let total: f64 = self.classes.live().map(|slot| self.weights[slot]).sum();
        let mut centre = vec![0.0; self.width];
        for slot in self.classes.live() {
            let share = self.weights[slot] / total;
            centre.iter_mut().zip(self.row(slot)).for_each(|(c, mean)| *c += share * mean);
        }
        let spread = self.classes.live().map(|slot| {
            let distance: f64 = self.row(slot).iter().zip(&centre).map(|(mean, c)| (mean - c).powi(2)).sum();
            self.weights[slot] / total * distance
        });
        spread.sum::<f64>() / self.width as f64
    }

    fn picture(&self) -> Means {
        let live: Vec<usize> = self.classes.live().collect();
        Means {
            width: self.width,
            bound: self.classes.bound(),
            numbers: live.iter().map(|&slot| self.classes.number(slot)).collect(),
            centres: live.iter().flat_map(|&slot| self.row(slot)).map(|&mean| mean as f32).collect(),
            precision: 0.5 / self.variance(),
        }
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let width = check::head(from)?;
        let classes = Classes::load(from)?;
        Ok(Self {
            width,
            weights: check::f64s(from, classes.len())?,
            means: check::f64s(from, classes.len() * width)?,
            scatter: check::amount(from)?,
            scattered: check::amount(from)?,
            classes,
            readout: OnceLock::new(),
        })
    }
}

impl Cortex for NearestMean {
    fn name(&self) -> &'static str {
        Self::KIND
    }

    fn plasticity(&self) -> Plasticity {
        Plasticity::Closed
    }

    fn width(&self) -> usize {
        self.width
    }

    fn learn(&mut self, features: &[f32], class: u32, weight: f32) -> Result<(), Error> {
        check::example(features, self.width, class, weight)?;
        let slot = self.classes.add(class);
        if slot == self.weights.len() {
            self.weights.push(0.0);
            self.means.resize(self.means.len() + self.width, 0.0);
        }
        let (weight, before) = (f64::from(weight), self.weights[slot]);
        let after = before + weight;
        let distance = shift(&mut self.means[slot * self.width..][..self.width], features, weight / after);
        self.scatter += weight * before / after * distance;
        self.scattered += weight;
        self.weights[slot] = after;
        self.readout.take();
        Ok(())
    }

    fn unlearn(&mut self, features: &[f32], class: u32, weight: f32) -> Result<bool, Error> {
        check::example(features, self.width, class, weight)?;
        let Some(slot) = self.classes.find(class) else { return Ok(false) };
        let mean = &mut self.means[slot * self.width..][..self.width];
        let (weight, before) = (f64::from(weight), self.weights[slot]);
        let after = before - weight;
        if self.classes.remove(slot) && after > 0.0 {
            let distance = shift(mean, features, -weight / after);
            self.scatter = (self.scatter - weight * before / after * distance).max(0.0);
            self.weights[slot] = after;
        } else {
            self.classes.forget(class);
            mean.fill(0.0);
            self.weights[slot] = 0.0;
        }
        self.scattered = (self.scattered - weight).max(0.0);
        self.readout.take();
        Ok(true)
    }

    fn forget(&mut self, class: u32) {
        if let Some(slot) = self.classes.forget(class) {
            self.weights[slot] = 0.0;
            self.means[slot * self.width..][..self.width].fill(0.0);
            self.readout.take();
        }
    }

    fn readout(&self) -> Arc<dyn Readout> {
        self.readout.get_or_init(|| Arc::new(self.picture())).clone()
    }

    fn settle(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn bytes(&self) -> usize {
        let readout = self.readout.get().map_or(0, |means| 4 * (means.centres.len() + means.numbers.len()));
        size_of::<Self>()
            + self.classes.bytes()
            + 8 * (self.weights.capacity() + self.means.capacity())
            + readout
    }

    fn save(&self, to: &mut Writer) {
        to.str(Self::KIND);
        to.u8(check::VERSION);
        to.u32(self.width as u32);
        self.classes.save(to);
        to.f64s(&self.weights);
        to.f64s(&self.means);
        to.f64(self.scatter);
        to.f64(self.scattered);
    }
}

/// Moves `mean` by `share` of the way to `features`; the squared distance before.
fn shift(mean: &mut [f64], features: &[f32], share: f64) -> f64 {
    let mut distance = 0.0;
    for (mean, &feature) in mean.iter_mut().zip(features) {
        let way = f64::from(feature) - *mean;
        distance += way * way;
        *mean += share * way;
    }
    distance
}

#[derive(Debug)]
struct Means {
    width: usize,
    bound: usize,
    numbers: Vec<u32>,
    centres: Vec<f32>,
    precision: f64,
}

impl Readout for Means {
    fn classes(&self) -> usize {
        self.bound
    }

    fn scores(&self, features: &[f32], out: &mut Vec<f32>) {
        out.clear();
        out.resize(self.bound, f32::NEG_INFINITY);
        for (&number, mean) in self.numbers.iter().zip(self.centres.chunks_exact(self.width)) {
            let score = -self.precision * distance(mean, features);
            out[number as usize] = score.max(f64::from(f32::MIN)) as f32;
        }
    }
}

/// Squared Euclidean distance, summed in f64 over sixteen lanes in a fixed order.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    for (a, b) in a.chunks(LANES).zip(b.chunks(LANES)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            let way = f64::from(a - b);
            *sum += way * way;
        }
    }
    sums.iter().sum()
}
