//! Nested cross-validation: what is chosen has not seen what is measured on.

use attractor_data::{Bags, Error, Split, stratified_k_fold, stream};

use super::{Method, auc};
use crate::LabError;

/// One fold, measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Which of the candidates was chosen.
    pub chosen: usize,
    /// Scores of the test bags, in the order of the split.
    pub scores: Vec<f64>,
}

/// Chooses among `candidates` on `inner` stratified folds of the training bags of `split`, by mean AUC (the first of
/// equals), fits the chosen one to all training bags, and scores the test bags.
///
/// Choice and fit are given a set that holds the training bags only; scores are given instances without labels.
///
/// # Errors
/// [`LabError`] for no candidates, for indices beyond the bags, for more inner folds than training bags, and as of the
/// candidates.
pub fn measure(
    bags: &Bags,
    split: &Split,
    candidates: &[Box<dyn Method>],
    inner: usize,
    seed: u64,
) -> Result<Measured, LabError> {
    let (train, test) = (bags.subset(&split.train)?, bags.subset(&split.test)?);
    let chosen = choose(&train, candidates, inner, seed)?;
    let model = candidates[chosen].fit(&train)?;
    let scores = test.iter().map(|bag| model.score(bag.instances)).collect::<Result<_, _>>()?;
    Ok(Measured { chosen, scores })
}

fn choose(train: &Bags, candidates: &[Box<dyn Method>], inner: usize, seed: u64) -> Result<usize, LabError> {
    match candidates.len() {
        0 => {
            let limit = "at least 1".to_owned();
            return Err(Error::Parameter { name: "candidates", value: 0.0, limit }.into());
        }
        1 => return Ok(0),
        _ => {}
    }
    let folds = stratified_k_fold(train.labels(), inner, &mut stream(seed, "selection"))?;
    let (mut best, mut chosen) = (f64::NEG_INFINITY, 0);
    for (place, candidate) in candidates.iter().enumerate() {
        let mut areas = Vec::new();
        for fold in &folds {
            let (train, held) = (train.subset(&fold.train)?, train.subset(&fold.test)?);
            let model = candidate.fit(&train)?;
            let scores: Vec<f64> =
                held.iter().map(|bag| model.score(bag.instances)).collect::<Result<_, _>>()?;
            areas.extend(auc(&scores, held.labels()));
        }
        let mean = areas.iter().sum::<f64>() / areas.len().max(1) as f64;
        if mean > best {
            (best, chosen) = (mean, place);
        }
    }
    Ok(chosen)
}
