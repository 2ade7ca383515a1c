//! Streaming linear discriminant analysis.

use std::sync::Arc;

use attractor_store::wire::{Reader, Writer};

use super::classes::Classes;
use super::later::{Later, System};
use super::linear::{Linear, Solution};
use super::{Cortex, Readout, check, factor, schedule};
use crate::Error;

/// Rank-one updates that are added to the scatter at a time.
const BLOCK: usize = 64;

/// Gaussian classes with one covariance: class means, and the exact pooled within-class scatter.
///
/// Every example z of class k, which holds weight c and has mean mu, adds
///
/// ```text
/// S += (w c / (c + w)) (z - mu)(z - mu)^T,    then mu += w / (c + w) (z - mu)
/// ```
///
/// (Welford's recursion: the first example of a class adds nothing, and the order of the examples does not
/// matter). With `Sigma = S / sum w`, the scores are, up to a term that all classes share,
///
/// ```text
/// score_k = mu_k^T L z - mu_k^T L mu_k / 2,    L = [(1 - eps) Sigma + eps v I]^-1,   v = trace(Sigma) / M
/// ```
///
/// The shrinkage `eps`, 1e-4 by default, is relative to the mean variance v, so that scaling the features changes
/// nothing; where there is no variance at all, L is the identity. There is no prior term: how often a class was met
/// so far in a stream says little about what comes next, so classes count as equally probable.
///
/// Everything is f64: `8 M^2` bytes, and as much again while a solve is pending. Updates enter the scatter in blocks
/// of 64. The readout is renewed by Cholesky when the count of examples has grown by a sixteenth (at least `M / 8`
/// of them, at most 2,048), on a thread of its own, and taken over half such a gap later: results depend on
/// counts, never on time. [`Cortex::settle`] renews it at once. The scatter of forgotten classes stays pooled.
///
/// ```
/// use attractor_learn::cortex::{Cortex, Discriminant};
///
/// let mut cortex = Discriminant::new(1)?;
/// for (z, class) in [(0.0, 0), (5.0, 1), (2.0, 0), (9.0, 1), (7.0, 1)] {
///     cortex.learn(&[z], class, 1.0)?;
/// }
/// assert_eq!(cortex.covariance(), [2.0]);
/// assert_eq!((cortex.mean(0), cortex.mean(1)), (Some(&[1.0][..]), Some(&[7.0][..])));
/// # Ok::<(), attractor_learn::Error>(())
/// ```
pub struct Discriminant {
    width: usize,
    shrinkage: f64,
    classes: Classes,
    weights: Vec<f64>,
    means: Vec<f64>,
    scatter: Vec<f64>,
    scattered: f64,
    /// Deviations that are not in the scatter yet, and how much each counts, below 0 where it is taken back.
    block: Vec<f64>,
    amounts: Vec<f64>,
    events: u64,
    due: u64,
    later: Option<Later>,
    stale: bool,
    solution: Arc<Solution>,
    readout: Arc<Linear>,
}

impl Discriminant {
    /// What [`Cortex::name`] and files call it.
    pub const KIND: &'static str = "discriminant";

    /// For features of `width` components, 1 to 32,768, with shrinkage 1e-4.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another width.
    pub fn new(width: usize) -> Result<Self, Error> {
        let width = check::width(width)?;
        let solution = Arc::new(Solution::empty(width));
        Ok(Self {
            width,
            shrinkage: 1e-4,
            classes: Classes::default(),
            weights: vec![],
            means: vec![],
            scatter: vec![0.0; width * width],
            scattered: 0.0,
            block: vec![],
            amounts: vec![],
            events: 0,
            due: 1,
            later: None,
            stale: false,
            readout: Arc::new(Linear::new(Arc::clone(&solution), 1.0)),
            solution,
        })
    }

    /// With another shrinkage, 1e-9 to 1, which counts from the next solve.
    ///
    /// # Errors
    /// [`Error::Parameter`] outside that range.
    pub fn with_shrinkage(mut self, shrinkage: f64) -> Result<Self, Error> {
        self.shrinkage = check::strength("shrinkage", shrinkage, (1e-9, 1.0))?;
        Ok(self)
    }

    /// The mean of `class` `(M,)`, while it is held.
    pub fn mean(&self, class: u32) -> Option<&[f64]> {
        self.classes.find(class).map(|slot| &self.means[slot * self.width..][..self.width])
    }

    /// The pooled within-class covariance `(M, M)`, row by row; zeros before the first example.
    pub fn covariance(&self) -> Vec<f64> {
        let n = self.width;
        let mut full = self.scatter.clone();
        add(&mut full, n, &self.block, &self.amounts);
        let total = if self.scattered > 0.0 { self.scattered } else { 1.0 };
        (0..n * n).map(|at| full[(at / n).min(at % n) * n + (at / n).max(at % n)] / total).collect()
    }

    /// Adds a deviation to the block, and the block to the scatter when it is full.
    fn scatter(&mut self, slot: usize, features: &[f32], share: f64, amount: f64) {
        let mean = &mut self.means[slot * self.width..][..self.width];
        if amount == 0.0 {
            mean.iter_mut().zip(features).for_each(|(mean, &z)| *mean += share * (f64::from(z) - *mean));
            return;
        }
        for (mean, &z) in mean.iter_mut().zip(features) {
            let way = f64::from(z) - *mean;
            self.block.push(way);
            *mean += share * way;
        }
        self.amounts.push(amount);
        if self.amounts.len() == BLOCK {
            self.flush();
        }
    }

    fn flush(&mut self) {
        add(&mut self.scatter, self.width, &self.block, &self.amounts);
        self.block.clear();
        self.amounts.clear();
    }

    /// After each example: takes over what is ready by now, and begins what is due.
    fn advance(&mut self) {
        self.events += 1;
        self.stale = true;
        if self.events >= self.due {
            let gap = schedule::gap(self.events, self.width);
            let delay = schedule::delay(gap, self.width);
            self.due = self.events + gap;
            let system = self.system();
            if delay == 0 {
                if let Some(solution) = system.solve() {
                    self.take_over(solution);
                }
            } else {
                self.later = Some(Later::start(self.events + delay, system));
            }
        } else if let Some(later) = self.later.take_if(|later| later.at() <= self.events)
            && let Some(solution) = later.wait()
        {
            self.take_over(solution);
        }
    }

    fn take_over(&mut self, solution: Solution) {
        self.solution = Arc::new(solution);
        self.readout = Arc::new(Linear::new(Arc::clone(&self.solution), 1.0));
    }

    fn system(&mut self) -> Gaussian {
        self.flush();
        let live: Vec<usize> = self.classes.live().collect();
        Gaussian {
            width: self.width,
            bound: self.classes.bound(),
            numbers: live.iter().map(|&slot| self.classes.number(slot)).collect(),
            means: live
                .iter()
                .flat_map(|&slot| &self.means[slot * self.width..][..self.width])
                .copied()
                .collect(),
            scatter: self.scatter.clone(),
            total: self.scattered,
            shrinkage: self.shrinkage,
        }
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let width = check::head(from)?;
        let shrinkage = check::strength("shrinkage", from.f64()?, (1e-9, 1.0))?;
        let classes = Classes::load(from)?;
        let weights = check::f64s(from, classes.len())?;
        let means = check::f64s(from, classes.len() * width)?;
        let packed = check::f64s(from, width * (width + 1) / 2)?;
        let scattered = check::amount(from)?;
        let amounts = from.f64s()?;
        if amounts.len() >= BLOCK || amounts.iter().any(|amount| !amount.is_finite()) {
            return Err(from.fault("a block of deviations that no discriminant has").into());
        }
        let block = check::f64s(from, amounts.len() * width)?;
        let (events, due, stale) = (check::count(from)?, check::count(from)?, from.u8()? != 0);
        let solution = Arc::new(Solution::load(from, width)?);
        let later = Later::load(from, width)?;
        Ok(Self {
            width,
            shrinkage,
            classes,
            weights,
            means,
            scatter: factor::unpack(&packed, width),
            scattered,
            block,
            amounts,
            events,
            due,
            later,
            stale,
            readout: Arc::new(Linear::new(Arc::clone(&solution), 1.0)),
            solution,
        })
    }
}

impl Cortex for Discriminant {
    fn name(&self) -> &'static str {
        Self::KIND
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
        self.scatter(slot, features, weight / after, weight * before / after);
        self.weights[slot] = after;
        self.scattered += weight;
        self.advance();
        Ok(())
    }

    fn unlearn(&mut self, features: &[f32], class: u32, weight: f32) -> Result<bool, Error> {
        check::example(features, self.width, class, weight)?;
        let Some(slot) = self.classes.find(class) else { return Ok(false) };
        let (weight, before) = (f64::from(weight), self.weights[slot]);
        let after = before - weight;
        if self.classes.remove(slot) && after > 0.0 {
            self.scatter(slot, features, -weight / after, -weight * before / after);
            self.weights[slot] = after;
        } else {
            self.forget(class);
            self.weights[slot] = 0.0;
            self.means[slot * self.width..][..self.width].fill(0.0);
        }
        self.scattered = (self.scattered - weight).max(0.0);
        self.advance();
        Ok(true)
    }

    fn forget(&mut self, class: u32) {
        if let Some(slot) = self.classes.forget(class) {
            self.weights[slot] = 0.0;
            self.means[slot * self.width..][..self.width].fill(0.0);
            if let Some(later) = &mut self.later {
                later.forget(class);
            }
            self.take_over(self.solution.without(class));
            self.stale = true;
        }
    }

    fn readout(&self) -> Arc<dyn Readout> {
        self.readout.clone()
    }

    fn settle(&mut self) -> Result<(), Error> {
        if self.stale {
            let solution = self.system().solve().ok_or(Error::Singular { place: "covariance" })?;
            self.later = None;
            self.due = self.events + schedule::gap(self.events, self.width);
            self.take_over(solution);
            self.stale = false;
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        let numbers = self.weights.capacity()
            + self.means.capacity()
            + self.scatter.capacity()
            + self.block.capacity()
            + self.amounts.capacity();
        size_of::<Self>()
            + self.classes.bytes()
            + 8 * numbers
            + self.solution.bytes()
            + self.later.as_ref().map_or(0, Later::bytes)
    }

    fn save(&self, to: &mut Writer) {
        to.str(Self::KIND);
        to.u8(check::VERSION);
        to.u32(self.width as u32);
        to.f64(self.shrinkage);
        self.classes.save(to);
        to.f64s(&self.weights);
        to.f64s(&self.means);
        to.f64s(&factor::pack(&self.scatter, self.width));
        to.f64(self.scattered);
        to.f64s(&self.amounts);
        to.f64s(&self.block);
        to.u64(self.events);
        to.u64(self.due);
        to.u8(u8::from(self.stale));
        self.solution.save(to);
        Later::save(self.later.as_ref(), to);
    }
}

/// `to += sum_i amount_i d_i d_i^T` for the deviations of a block.
fn add(to: &mut [f64], n: usize, block: &[f64], amounts: &[f64]) {
    if amounts.is_empty() {
        return;
    }
    let weighted: Vec<f64> = block
        .chunks_exact(n)
        .zip(amounts)
        .flat_map(|(d, amount)| d.iter().map(move |d| amount * d))
        .collect();
    factor::add_gram(to, n, &weighted, block);
}

/// What a discriminant was when its readout fell due.
struct Gaussian {
    width: usize,
    bound: usize,
    numbers: Vec<u32>,
    means: Vec<f64>,
    scatter: Vec<f64>,
    total: f64,
    shrinkage: f64,
}

impl System for Gaussian {
    fn solve(&self) -> Option<Solution> {
        let n = self.width;
        let trace: f64 = (0..n).map(|i| self.scatter[i * n + i]).sum();
        let variance = trace / (n as f64 * self.total);
        // Means relative to their centre: scores change by a term that all classes share, and cancel less.
        let count = self.numbers.len().max(1) as f64;
        let mut centre = vec![0.0; n];
        for mean in self.means.chunks_exact(n) {
            centre.iter_mut().zip(mean).for_each(|(c, mean)| *c += mean / count);
        }
        let centred: Vec<f64> = self
            .means
            .chunks_exact(n)
            .flat_map(|mean| mean.iter().zip(&centre).map(|(m, c)| m - c))
            .collect();
        let mut weights = centred.clone();
        if variance > 0.0 && variance.is_finite() {
            let within = (1.0 - self.shrinkage) / (self.total * variance);
            let mut matrix: Vec<f64> = self.scatter.iter().map(|s| within * s).collect();
            (0..n).for_each(|i| matrix[i * n + i] += self.shrinkage);
            factor::cholesky(&mut matrix, n)?;
            factor::solve(&matrix, n, &mut weights);
            weights.iter_mut().for_each(|w| *w /= variance);
        }
        let rows = weights.chunks_exact(n).zip(centred.chunks_exact(n)).map(|(row, own)| {
            let square: f64 = row.iter().zip(own).map(|(w, mean)| w * mean).sum();
            let offset: f64 = row.iter().zip(&centre).map(|(w, c)| w * c).sum();
            (row, -0.5 * square - offset)
        });
        Solution::new(n, self.bound, self.numbers.clone(), rows)
    }

    fn bytes(&self) -> usize {
        8 * (2 * self.scatter.len() + 3 * self.means.len())
    }
}
