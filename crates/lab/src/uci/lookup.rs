//! A Hopfield layer that looks learned patterns up.

use attractor_nets::models::{TableClassifier, TableConfig, TableTask, most_probable};
use attractor_nets::training::{Draws, Fit, Fitted, History, Split, Stopping, TrainingConfig, each};
use ndarray::{Array2, ArrayView2, Axis, concatenate};

use super::{Cases, Method, Model, Trial, check_width};
use crate::LabError;

/// A self-normalising embedding and a Hopfield layer with learned stored patterns, fitted by cross-entropy (Ramsauer et
/// al. 2021, A.5.3). A round is an epoch; the best one is that with the highest mean accuracy over 16 epochs.
///
/// AdamW, gradients clipped at 1 and batches of 8, where the paper has plain gradient descent at 0.05 and batches of 4:
/// with weights drawn as the reference draws them, descent leaves the first plateau too late for 100 epochs of a small
/// table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lookup {
    /// Embedding layers.
    pub layers: usize,
    /// Units of each, and components of the association over all heads.
    pub width: usize,
    /// Heads, which divide the width.
    pub heads: usize,
    /// Inverse temperature, above 0.
    pub beta: f64,
    /// Stored patterns for each class.
    pub patterns: usize,
    /// Learning rate, above 0.
    pub rate: f64,
    /// Most epochs, at least 1.
    pub epochs: usize,
    /// Networks with different seeds whose probabilities are averaged, at least 1. A trial has one.
    pub members: usize,
}

/// Rows in a batch.
const BATCH: usize = 8;
/// Steps of an epoch beyond which batches grow, so that a large table costs no more than a few small ones.
const STEPS: usize = 125;
/// Epochs that are averaged to find the best one, as published.
const WINDOW: usize = 16;
/// Epochs without a better one after which a trial ends.
const PATIENCE: usize = 25;

struct Learned {
    width: usize,
    members: Vec<TableClassifier>,
}

impl Lookup {
    fn run(
        &self,
        rows: Array2<f32>,
        classes: Vec<u32>,
        split: &Split,
        epochs: usize,
        seed: u64,
    ) -> Result<Fitted<TableClassifier>, LabError> {
        let count = classes.iter().max().map_or(0, |&largest| largest as usize + 1);
        let config = TableConfig::new(rows.ncols(), count.max(2))
            .with_layers(self.layers)
            .with_width(self.width)
            .with_heads(self.heads)
            .with_beta(self.beta)
            .with_patterns(self.patterns);
        let task = TableTask::new(rows, classes, config)?;
        let batch = BATCH.max(split.train.len().div_ceil(STEPS));
        let mut training = TrainingConfig::adamw(self.rate, epochs).with_batch(batch).with_clip(1.0);
        if !split.held.is_empty() {
            training = training.with_stopping(Stopping::patience(PATIENCE).with_window(WINDOW));
        }
        // Alone in a pool of one thread: operations this small wait for nobody.
        let fit = each(1, 1, |_| Fit::new(&task, &training, seed).run(split))?;
        fit.into_iter().next().ok_or_else(|| super::refused("fits", 0.0, "one"))
    }
}

/// The mean of the measures over the window that ends with the epoch that was kept.
fn smoothed(history: &History) -> f64 {
    let measures = history.measures();
    let end = history.kept.map_or(0, |kept| kept + 1).min(measures.len());
    let window = &measures[end.saturating_sub(WINDOW)..end];
    window.iter().sum::<f64>() / window.len().max(1) as f64
}

impl Method for Lookup {
    fn name(&self) -> String {
        let Self { layers, width, heads, beta, patterns, members, .. } = self;
        format!(
            "Hopfield lookup, {layers} x {width}, {heads} heads, beta {beta}, {patterns} patterns, {members} networks"
        )
    }

    fn fit(&self, train: &Cases, rounds: Option<usize>, seed: u64) -> Result<Box<dyn Model>, LabError> {
        train.check()?;
        if self.members == 0 {
            return Err(super::refused("members", 0.0, "at least 1"));
        }
        let split = Split { train: (0..train.classes.len()).collect(), held: Vec::new() };
        let epochs = rounds.unwrap_or(self.epochs);
        let member = |member| {
            let seed = Draws::Fit(member).seed(seed);
            Ok(self.run(train.rows.clone(), train.classes.clone(), &split, epochs, seed)?.model)
        };
        let members = (0..self.members).map(member).collect::<Result<_, LabError>>()?;
        Ok(Box::new(Learned { width: train.rows.ncols(), members }))
    }

    fn trial(&self, train: &Cases, held: &Cases, seed: u64) -> Result<Trial, LabError> {
        train.check()?;
        check_width(train.rows.ncols(), held.rows.view())?;
        let rows = concatenate(Axis(0), &[train.rows.view(), held.rows.view()]).unwrap_or_default();
        let classes = [&train.classes[..], &held.classes].concat();
        let n = train.classes.len();
        let split = Split { train: (0..n).collect(), held: (n..classes.len()).collect() };
        let history = self.run(rows, classes, &split, self.epochs, seed)?.history;
        Ok(Trial { accuracy: smoothed(&history), rounds: history.kept.map(|kept| kept + 1) })
    }
}

impl Model for Learned {
    fn classify(&self, rows: ArrayView2<'_, f32>) -> Result<Vec<u32>, LabError> {
        check_width(self.width, rows)?;
        let each = self.members.iter().map(|member| member.probabilities(rows));
        let sum = each.reduce(|sum, one| Ok(sum? + one?)).unwrap_or_else(|| Ok(Array2::zeros((0, 0))))?;
        Ok(most_probable(&sum))
    }
}
