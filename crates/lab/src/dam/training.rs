//! How memories and perceptrons are trained.

use attractor_data::stream;
use attractor_nets::models::{DenseClassifier, DenseClassifierConfig};
use attractor_nets::{Loss, Mlp, Optimiser};
use ndarray::{ArrayView2, Axis};
use rand::seq::SliceRandom;

use super::digits::Chosen;
use crate::experiment::LabError;

/// What was chosen for one degree, on the last 10,000 training digits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    pub(super) degree: u32,
    pub(super) temperature: f64,
    /// Of the memories at first.
    pub(super) mean: f64,
    pub(super) rate: f64,
}

/// What all degrees, and the perceptron, have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Memories, or hidden units.
    pub(super) memories: usize,
    pub(super) epochs: usize,
}

/// Patterns in a batch.
const BATCH: usize = 200;
/// m of the loss.
const LOSS: u32 = 4;
/// Learning rate of the perceptron at first: the usual one, not chosen.
const RATE: f64 = 1e-3;

/// A memory that was trained on these digits.
pub(super) fn classifier(
    choice: Choice,
    size: Size,
    digits: Chosen<'_>,
    seed: u64,
) -> Result<DenseClassifier, LabError> {
    let Choice { degree, temperature, mean, rate } = choice;
    let config = DenseClassifierConfig {
        memories: size.memories,
        degree,
        temperature,
        mean,
        loss: LOSS,
        ..DenseClassifierConfig::of(digits.patterns.ncols(), 10)
    };
    let mut memory = config.init(&mut stream(seed, "dam/mnist/memories"))?;
    train(size, digits, rate, seed, |patterns, classes, optimiser| {
        memory.step(patterns, classes, optimiser)?;
        Ok(())
    })?;
    Ok(memory)
}

/// A perceptron with one hidden layer of rectified linear units, trained with cross-entropy on the same batches.
pub(super) fn perceptron(size: Size, digits: Chosen<'_>, seed: u64) -> Result<Mlp, LabError> {
    let widths = [digits.patterns.ncols(), size.memories, 10];
    let mut network = Mlp::new(&widths, &mut stream(seed, "dam/mnist/perceptron"))?;
    train(size, digits, RATE, seed, |patterns, classes, optimiser| {
        let loss = |outputs: &mut Loss<'_>| outputs.mean_cross_entropy(0, classes, |_, _| true);
        network.step(patterns, loss, optimiser)?;
        Ok(())
    })?;
    Ok(network)
}

/// The class with the largest output of every pattern.
pub(super) fn said(network: &Mlp, patterns: ArrayView2<'_, f32>) -> Result<Vec<u32>, LabError> {
    let mut all = Vec::new();
    for patterns in patterns.axis_chunks_iter(Axis(0), 1_000) {
        let outputs = network.forward(patterns)?;
        let best = |row: ndarray::ArrayView1<'_, f32>| {
            (1..row.len()).fold(0, |best, at| if row[at] > row[best] { at } else { best }) as u32
        };
        all.extend(outputs.rows().into_iter().map(best));
    }
    Ok(all)
}

/// Adam over shuffled batches, its rate falling to zero in a straight line.
fn train(
    size: Size,
    digits: Chosen<'_>,
    rate: f64,
    seed: u64,
    mut step: impl FnMut(ArrayView2<'_, f32>, &[u32], &mut Optimiser) -> Result<(), LabError>,
) -> Result<(), LabError> {
    let mut optimiser = Optimiser::adam(rate)?;
    let mut order: Vec<usize> = (0..digits.classes.len()).collect();
    let rng = &mut stream(seed, "dam/mnist/order");
    let batches = order.len().div_ceil(BATCH);
    for epoch in 0..size.epochs {
        order.shuffle(rng);
        for (at, batch) in order.chunks(BATCH).enumerate() {
            let done = (epoch * batches + at) as f64 / (size.epochs * batches) as f64;
            optimiser.set_rate(rate * (1.0 - done))?;
            let classes: Vec<u32> = batch.iter().map(|&row| digits.classes[row]).collect();
            step(digits.patterns.select(Axis(0), batch).view(), &classes, &mut optimiser)?;
        }
    }
    Ok(())
}
