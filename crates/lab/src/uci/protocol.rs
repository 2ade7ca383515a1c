//! Choose on the rows for choosing, count on the published splits.

use attractor_data::uci::{Fold, Uci};
use attractor_data::{Error, stratified_k_fold, stream};
use rayon::prelude::*;

use super::{Cases, Method, Trial, accuracy};
use crate::LabError;

/// What a method reached on a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Which of the candidates was chosen for each split.
    pub chosen: Vec<usize>,
    /// Share of test rows that were classified right, for each split.
    pub accuracies: Vec<f64>,
}

/// Chooses among `candidates` by accuracy (the first of equals), fits the chosen one to the training rows of each split
/// and measures it on the test rows.
///
/// The choice is made on the rows that the table has for it: one split for all, or the validation rows of each split.
/// Where there are neither, one half of the training rows of each split decides, by what the other half taught.
///
/// # Errors
/// [`LabError`] for no candidates, for a table without labels, and as of the candidates.
pub fn measure(table: &Uci, candidates: &[Box<dyn Method>], seed: u64) -> Result<Measured, LabError> {
    if candidates.is_empty() {
        let limit = "at least 1".to_owned();
        return Err(Error::Parameter { name: "candidates", value: 0.0, limit }.into());
    }
    let common = match &table.selection {
        Some(split) => {
            let (train, held) = (Cases::of(&table.set, &split.train)?, Cases::of(&table.set, &split.test)?);
            Some(choose(&train, &held, candidates, seed)?)
        }
        None => None,
    };
    let fold = |fold: &Fold| {
        let train = Cases::of(&table.set, &fold.train)?;
        let (chosen, trial) = match common {
            Some(choice) => choice,
            None => {
                let (learned, held) = parts(table, fold, seed)?;
                choose(&learned, &held, candidates, seed)?
            }
        };
        let model = candidates[chosen].fit(&train, trial.rounds, seed)?;
        let test = Cases::of(&table.set, &fold.test)?;
        Ok((chosen, accuracy(&model.classify(test.rows.view())?, &test.classes)))
    };
    let all: Vec<(usize, f64)> = table.folds.par_iter().map(fold).collect::<Result<_, LabError>>()?;
    let (chosen, accuracies) = all.into_iter().unzip();
    Ok(Measured { chosen, accuracies })
}

/// What is learned from and what decides, among the rows of `fold` that are not measured on.
fn parts(table: &Uci, fold: &Fold, seed: u64) -> Result<(Cases, Cases), LabError> {
    if !fold.validation.is_empty() {
        return Ok((Cases::of(&table.set, &fold.train)?, Cases::of(&table.set, &fold.validation)?));
    }
    let train = table.set.subset(&fold.train)?;
    let halves = stratified_k_fold(train.labels().unwrap_or_default(), 2, &mut stream(seed, "uci/halves"))?;
    Ok((Cases::of(&train, &halves[0].train)?, Cases::of(&train, &halves[0].test)?))
}

/// The first of the best candidates.
fn choose(
    train: &Cases,
    held: &Cases,
    candidates: &[Box<dyn Method>],
    seed: u64,
) -> Result<(usize, Trial), LabError> {
    let trials = candidates.par_iter().map(|candidate| candidate.trial(train, held, seed));
    let trials: Vec<Trial> = trials.collect::<Result<_, LabError>>()?;
    let best = (0..trials.len()).rev().max_by(|&a, &b| trials[a].accuracy.total_cmp(&trials[b].accuracy));
    let best = best.unwrap_or(0);
    Ok((best, trials[best]))
}
