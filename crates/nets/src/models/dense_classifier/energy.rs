//! The energy difference of every class, and the way back.

use ndarray::{Array2, ArrayView2, s};
use rayon::prelude::*;

use super::DenseClassifierConfig;
use crate::dense::product;

/// Rows that one thread takes at a time. Sums over rows are made in runs of this length, then over the runs.
const ROWS: usize = 32;
/// Neighbours that are worked on together, for the compiler to put into vectors.
const LANES: usize = 16;
/// Terms below this share of the largest are zeros, and gradients below it too: no subnormal number is multiplied.
const LEAST: f64 = 1e-30;
/// Largest exponent of e that is taken, so that products of a few such numbers stay within `f64`.
const LARGEST: f64 = 200.0;

/// The memories, laid out for the pass.
pub(super) struct Pass<'a> {
    config: &'a DenseClassifierConfig,
    /// (memories, inputs)
    pixels: ArrayView2<'a, f32>,
    /// Twice the class parts, (classes, memories): what the overlap gains when that unit turns on.
    gains: Array2<f32>,
    /// The largest gain of each memory, at least 0.
    reach: Vec<f32>,
    /// The overlap of each memory with all class units off.
    off: Vec<f32>,
    least: f32,
}

/// What the energies of one pattern say.
struct Row {
    /// Logarithm of the largest overlap; minus infinity where no overlap is above 0.
    top: f64,
    /// `sum (x_c^n - x_0^n)` by class, the overlaps x divided by the largest.
    sums: Vec<f64>,
}

/// By class, the energy that a pattern loses when the unit turns on, times `T^-n`: `scale` times `sums`.
pub(super) struct Difference {
    sums: Vec<f64>,
    /// Above 0, and bounded.
    scale: f64,
}

impl Difference {
    pub(super) fn outputs(&self) -> impl Iterator<Item = f32> {
        self.sums.iter().map(|sum| (self.scale * sum).tanh() as f32)
    }

    /// The first of the largest.
    pub(super) fn best(&self) -> u32 {
        let better = |best: usize, at: usize| if self.sums[at] > self.sums[best] { at } else { best };
        (1..self.sums.len()).fold(0, better) as u32
    }
}

/// Loss and gradient of a batch, both means over its patterns.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient {
    /// The mean over patterns of `sum_c (|t_c - y_c| / 2)^(2 m)`.
    pub loss: f64,
    /// Its derivative by the memories, `(memories, inputs + classes)`.
    pub memories: Array2<f32>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(config: &'a DenseClassifierConfig, memories: ArrayView2<'a, f32>) -> Self {
        let (pixels, classes) = memories.split_at(ndarray::Axis(1), config.inputs);
        let gains = classes.t().mapv(|x| 2.0 * x).as_standard_layout().into_owned();
        let reach =
            gains.columns().into_iter().map(|own| own.iter().fold(0.0f32, |a, &b| a.max(b))).collect();
        let off = classes.rows().into_iter().map(|own| -own.sum()).collect();
        let least = LEAST.powf(f64::from(config.degree).recip()) as f32;
        Self { config, pixels, gains, reach, off, least }
    }

    /// Overlaps of patterns `(rows, inputs)` with all class units off, row by row.
    fn overlaps(&self, patterns: ArrayView2<'_, f32>) -> Vec<f32> {
        product(patterns, self.pixels.t(), 1.0, &self.off)
    }

    /// What turning each class unit on does to the energy of every pattern.
    pub(super) fn differences(&self, patterns: ArrayView2<'_, f32>) -> Vec<Difference> {
        let overlaps = self.overlaps(patterns);
        let count = self.pixels.nrows();
        let rows = overlaps.par_chunks(count).with_min_len(ROWS);
        let found = rows.map_init(
            || vec![0.0f32; (self.config.classes + 1) * count],
            |powers, overlaps| {
                let Row { top, sums } = self.row(overlaps, powers);
                Difference { sums, scale: self.exponent(top).exp() }
            },
        );
        found.collect()
    }

    /// Mean loss and gradient on patterns of these classes.
    pub(super) fn gradient(&self, patterns: ArrayView2<'_, f32>, classes: &[u32]) -> Gradient {
        let (count, inputs) = self.pixels.dim();
        let mut overlaps = self.overlaps(patterns);
        let runs = overlaps.par_chunks_mut(ROWS * count).zip(classes.par_chunks(ROWS));
        let share = (classes.len() as f64).recip();
        let runs: Vec<_> = runs.map(|(rows, classes)| self.back(rows, classes, share)).collect();
        let mut memories = Array2::zeros((count, inputs + self.config.classes));
        let (mut loss, mut active) = (0.0, Vec::new());
        for (at, run) in runs.into_iter().enumerate() {
            loss += run.loss;
            active.extend(run.active.into_iter().map(|row| at * ROWS + row));
            let mut to = memories.slice_mut(s![.., inputs..]);
            to += &run.classes.t();
        }
        let sent: Vec<f32> =
            active.iter().flat_map(|&row| &overlaps[row * count..][..count]).copied().collect();
        if let Ok(sent) = Array2::from_shape_vec((active.len(), count), sent) {
            let patterns = patterns.select(ndarray::Axis(0), &active);
            let back = product(sent.t(), patterns.view(), 1.0, &[]);
            for (mut to, from) in memories.rows_mut().into_iter().zip(back.chunks_exact(inputs)) {
                to.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
            }
        }
        Gradient { loss: loss * share, memories }
    }

    /// Turns the overlaps of some patterns into what is sent back to them.
    fn back(&self, rows: &mut [f32], classes: &[u32], share: f64) -> Run {
        let DenseClassifierConfig { degree, loss, classes: units, .. } = *self.config;
        let count = self.pixels.nrows();
        let mut run = Run { loss: 0.0, active: Vec::new(), classes: Array2::zeros((units, count)) };
        let mut powers = vec![0.0f32; (units + 1) * count];
        let mut slopes = vec![0.0f32; units];
        for (at, (overlaps, &class)) in rows.chunks_exact_mut(count).zip(classes).enumerate() {
            let Row { top, sums } = self.row(overlaps, &mut powers);
            let exponent = self.exponent(top);
            let scale = exponent.exp();
            let slope = f64::from(degree) * (exponent - top.max(-LARGEST)).exp() * share;
            for (unit, (sum, to)) in sums.iter().zip(&mut slopes).enumerate() {
                let target = if unit == class as usize { 1.0 } else { -1.0 };
                let argument = scale * sum;
                let error = (target - argument.tanh()) / 2.0;
                run.loss += error.abs().powi(2 * loss as i32);
                let outer = -f64::from(loss) * error.powi(2 * loss as i32 - 1) * steepness(argument);
                let slope = outer * slope;
                *to = if slope.abs() < LEAST { 0.0 } else { slope.clamp(-1e30, 1e30) as f32 };
            }
            if slopes.iter().all(|&slope| slope == 0.0) {
                continue;
            }
            run.active.push(at);
            let total: f32 = slopes.iter().sum();
            let (off, on) = powers.split_at(count);
            overlaps.iter_mut().zip(off).for_each(|(to, off)| *to = -total * off);
            for ((&slope, on), mut own) in
                slopes.iter().zip(on.chunks_exact(count)).zip(run.classes.rows_mut())
            {
                if slope == 0.0 {
                    continue;
                }
                let own = own.as_slice_mut().unwrap_or_default();
                for ((to, own), on) in overlaps.iter_mut().zip(own).zip(on) {
                    *to += slope * on;
                    *own += 2.0 * slope * on;
                }
            }
            // A unit that is off takes away what a pixel of -1 does.
            for mut own in run.classes.rows_mut() {
                let own = own.as_slice_mut().unwrap_or_default();
                own.iter_mut().zip(&*overlaps).for_each(|(own, sent)| *own -= sent);
            }
        }
        run
    }

    /// `powers` becomes `x^(n-1)`, for all class units off and for each turned on, (classes + 1, memories).
    fn row(&self, overlaps: &[f32], powers: &mut [f32]) -> Row {
        let top = overlaps.iter().zip(&self.reach).fold(0.0f32, |top, (&x, &reach)| top.max(x + reach));
        if top < f32::MIN_POSITIVE {
            powers.fill(0.0);
            return Row { top: f64::NEG_INFINITY, sums: vec![0.0; self.config.classes] };
        }
        let (off, on) = powers.split_at_mut(overlaps.len());
        let none = self.sum(overlaps, None, top.recip(), off);
        let on = on.chunks_exact_mut(overlaps.len()).zip(self.gains.rows());
        let sums =
            on.map(|(on, gains)| self.sum(overlaps, gains.to_slice(), top.recip(), on) - none).collect();
        Row { top: f64::from(top).ln(), sums }
    }

    /// `sum x^n` over the memories, `x = (overlap + gain) / top`; `powers` becomes `x^(n-1)`.
    fn sum(&self, overlaps: &[f32], gains: Option<&[f32]>, scale: f32, powers: &mut [f32]) -> f64 {
        let power = self.config.degree - 1;
        let mut sums = [0.0f32; LANES];
        let mut gains = gains.map(|gains| gains.chunks(LANES));
        for (overlaps, powers) in overlaps.chunks(LANES).zip(powers.chunks_mut(LANES)) {
            let mut x = [0.0f32; LANES];
            x[..overlaps.len()].copy_from_slice(overlaps);
            if let Some(gains) = gains.as_mut().and_then(Iterator::next) {
                x.iter_mut().zip(gains).for_each(|(x, gain)| *x += gain);
            }
            for x in &mut x {
                *x *= scale;
                *x = if *x < self.least { 0.0 } else { *x };
            }
            let raised = raised(x, power);
            powers.copy_from_slice(&raised[..powers.len()]);
            for lane in 0..LANES {
                sums[lane] += raised[lane] * x[lane];
            }
        }
        sums.into_iter().map(f64::from).sum()
    }

    /// `ln (m / T)^n`, bounded.
    fn exponent(&self, top: f64) -> f64 {
        (f64::from(self.config.degree) * (top - self.config.temperature.ln())).clamp(-LARGEST, LARGEST)
    }
}

/// What a run of patterns sends back.
struct Run {
    loss: f64,
    /// Those that send anything.
    active: Vec<usize>,
    /// (classes, memories)
    classes: Array2<f32>,
}

/// `1 - tanh(x)^2`, without cancellation.
fn steepness(x: f64) -> f64 {
    let small = (-2.0 * x.abs()).exp();
    4.0 * small / ((1.0 + small) * (1.0 + small))
}

/// `x^power` by squaring.
fn raised(x: [f32; LANES], power: u32) -> [f32; LANES] {
    let (mut square, mut result, mut left) = (x, [1.0f32; LANES], power);
    loop {
        if left & 1 == 1 {
            for lane in 0..LANES {
                result[lane] *= square[lane];
            }
        }
        left >>= 1;
        if left == 0 {
            return result;
        }
        for lane in &mut square {
            *lane *= *lane;
        }
    }
}
