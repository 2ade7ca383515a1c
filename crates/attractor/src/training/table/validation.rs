//! How well the network does on rows that it has not seen.

use attractor_lab::LabError;
use attractor_nets::training::{Chosen, Draws, Fit, Split, nested, select};
use attractor_nets::training::{Task as _, each};
use serde::{Deserialize, Serialize};

use super::Config;
use super::config::CrossValidation;
use super::rows::Rows;

/// One fold, measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Accuracy {
    /// Which candidate was chosen.
    pub(crate) chosen: usize,
    /// Mean share of test rows that the members get right, each for itself.
    pub(crate) single: f64,
    /// The share that the mean of their probabilities gets right.
    pub(crate) together: f64,
}

impl Accuracy {
    /// Means over folds.
    pub(super) fn means(folds: &[Self]) -> (f64, f64) {
        let mean = |of: fn(&Self) -> f64| folds.iter().map(of).sum::<f64>() / folds.len() as f64;
        (mean(|fold| fold.single), mean(|fold| fold.together))
    }
}

/// A candidate on a fold: the share of the held rows that it gets right.
fn score(config: &Config, rows: &Rows, candidate: usize, split: &Split, seed: u64) -> Result<f64, LabError> {
    let held = rows.held_out(&split.train, &config.training, seed)?;
    let (task, _) = rows.task(&held.train, config.model[candidate])?;
    let fitted = Fit::new(&task, &config.training, Draws::Fit(0).seed(seed)).run(&held)?;
    Ok(task.measure(&fitted.model, &split.held)?)
}

/// Nested cross-validation over `folds`. What is chosen in a fold depends on its training rows only; standardisation and
/// early stopping too.
pub(super) fn measure(
    config: &Config,
    cv: &CrossValidation,
    rows: &Rows,
    folds: &[Split],
    seed: u64,
) -> Result<Vec<Accuracy>, LabError> {
    let measured = |chosen: Chosen, split: &Split| {
        let held = rows.held_out(&split.train, &config.training, seed)?;
        let (task, _) = rows.task(&held.train, config.model[chosen.candidate])?;
        // On this thread: folds run beside each other already.
        let members = each(cv.members, 1, |member| {
            let fitted = Fit::new(&task, &config.training, Draws::Fit(member).seed(seed)).run(&held)?;
            task.probabilities(&fitted.model, &split.held)
        })?;
        let single = members.iter().map(|member| task.accuracy(member, &split.held)).sum::<f64>();
        let mean = members.iter().skip(1).fold(members[0].clone(), |sum, member| sum + member);
        let together = task.accuracy(&mean, &split.held);
        Ok(Accuracy { chosen: chosen.candidate, single: single / cv.members as f64, together })
    };
    nested(
        folds,
        rows.len(),
        config.model.len(),
        rayon::current_num_threads(),
        |train| rows.folds(train, cv.inner, (seed, "selection")),
        |candidate, split| score(config, rows, candidate, split, seed),
        measured,
    )
}

/// The candidate for the network that is kept: chosen on folds of all rows.
pub(super) fn choose(config: &Config, rows: &Rows) -> Result<usize, LabError> {
    let Some(cv) = config.cross_validation.as_ref().filter(|_| config.model.len() > 1) else { return Ok(0) };
    let all: Vec<usize> = (0..rows.len()).collect();
    let folds = rows.folds(&all, cv.inner, (config.seed, "selection"))?;
    let threads = rayon::current_num_threads();
    let score = |candidate: usize, split: &Split| score(config, rows, candidate, split, config.seed);
    Ok(select(config.model.len(), &folds, threads, score)?.candidate)
}
