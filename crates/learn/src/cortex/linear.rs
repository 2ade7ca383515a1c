//! The readout of every cortex whose scores are linear in the features.

use std::sync::Arc;

use attractor_store::wire::{Reader, Writer};

use super::Readout;
use super::check;
use crate::Error;

/// Weights of the classes that were met: what a solve returns.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Solution {
    pub(crate) width: usize,
    /// Class numbers run below this.
    pub(crate) bound: usize,
    /// Class of each row of the weights.
    pub(crate) numbers: Vec<u32>,
    /// One row of `width` weights per class.
    pub(crate) weights: Vec<f32>,
    pub(crate) biases: Vec<f32>,
}

impl Solution {
    /// No class yet.
    pub(crate) fn empty(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Rows of f64 weights, and a bias each, for the classes `numbers`; `None` when one is not finite.
    pub(crate) fn new<'a>(
        width: usize,
        bound: usize,
        numbers: Vec<u32>,
        rows: impl Iterator<Item = (&'a [f64], f64)>,
    ) -> Option<Self> {
        let mut weights = Vec::with_capacity(numbers.len() * width);
        let mut biases = Vec::with_capacity(numbers.len());
        for (row, bias) in rows {
            weights.extend(row.iter().map(|&w| w as f32));
            biases.push(bias as f32);
        }
        let finite = weights.iter().chain(&biases).all(|w| w.is_finite());
        finite.then_some(Self { width, bound, numbers, weights, biases })
    }

    /// `w h + b` for every row.
    pub(crate) fn margins<'a>(&'a self, features: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        let rows = self.weights.chunks_exact(self.width);
        rows.zip(&self.biases).map(|(row, bias)| (dot(row, features) + bias).clamp(f32::MIN, f32::MAX))
    }

    /// Without `class`.
    pub(crate) fn without(&self, class: u32) -> Self {
        let mut rest = Self { bound: self.bound, ..Self::empty(self.width) };
        let rows = self.numbers.iter().zip(self.weights.chunks_exact(self.width)).zip(&self.biases);
        for ((&number, row), &bias) in rows.filter(|((number, _), _)| **number != class) {
            rest.numbers.push(number);
            rest.weights.extend_from_slice(row);
            rest.biases.push(bias);
        }
        rest
    }

    pub(crate) fn bytes(&self) -> usize {
        4 * (self.numbers.capacity() + self.weights.capacity() + self.biases.capacity())
    }

    pub(crate) fn save(&self, to: &mut Writer) {
        to.u32(self.bound as u32);
        to.u32s(&self.numbers);
        to.f32s(&self.weights);
        to.f32s(&self.biases);
    }

    pub(crate) fn load(from: &mut Reader<'_>, width: usize) -> Result<Self, Error> {
        let bound = from.u32()?;
        let numbers = from.u32s()?;
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        let distinct = sorted.windows(2).all(|pair| pair[0] < pair[1]);
        if bound > check::CLASSES || !distinct || sorted.last().is_some_and(|&last| last >= bound) {
            return Err(from.fault("class numbers out of range").into());
        }
        let weights = check::f32s(from, numbers.len() * width)?;
        let biases = check::f32s(from, numbers.len())?;
        Ok(Self { width, bound: bound as usize, numbers, weights, biases })
    }
}

/// Scores `scale (w h + b)` of the classes of a [`Solution`].
#[derive(Debug)]
pub(crate) struct Linear {
    solution: Arc<Solution>,
    scale: f32,
}

impl Linear {
    pub(crate) fn new(solution: Arc<Solution>, scale: f32) -> Self {
        Self { solution, scale }
    }

    pub(crate) fn scale(&self) -> f32 {
        self.scale
    }
}

impl Readout for Linear {
    fn classes(&self) -> usize {
        self.solution.bound
    }

    fn scores(&self, features: &[f32], out: &mut Vec<f32>) {
        out.clear();
        out.resize(self.solution.bound, f32::NEG_INFINITY);
        for (&number, margin) in self.solution.numbers.iter().zip(self.solution.margins(features)) {
            out[number as usize] = (self.scale * margin).clamp(f32::MIN, f32::MAX);
        }
    }
}

/// Scalar product in sixteen running sums, whose order never changes: the compiler may use any vector width.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    let (a_lanes, a_rest) = a.as_chunks::<LANES>();
    let (b_lanes, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}
