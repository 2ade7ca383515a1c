//! Nested cross-validation: what is chosen has not seen what is measured on.

use super::{Split, check_folds, each};
use crate::Error;

/// A candidate that was chosen on inner folds.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// Which one.
    pub candidate: usize,
    /// Mean measure of every candidate over the inner folds; minus infinity where there was none. Empty where there was
    /// nothing to choose.
    pub means: Vec<f64>,
}

/// The candidate, from 0 up to `candidates`, with the highest mean of `score(candidate, fold)` over `folds`, the first
/// of equals. A score that is no number leaves its fold out for that candidate.
///
/// ```
/// use attractor_nets::Error;
/// use attractor_nets::training::{Split, select};
/// let folds = [Split { train: vec![0], held: vec![1] }, Split { train: vec![1], held: vec![0] }];
/// let chosen = select(3, &folds, 2, |candidate, _| Ok::<_, Error>(-(candidate as f64 - 1.0).abs()))?;
/// assert_eq!(chosen.candidate, 1);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for no candidates or no folds; as of `score`.
pub fn select<E: From<Error> + Send>(
    candidates: usize,
    folds: &[Split],
    threads: usize,
    score: impl Fn(usize, &Split) -> Result<f64, E> + Sync,
) -> Result<Chosen, E> {
    Error::at_least_one("candidates", candidates)?;
    Error::at_least_one("folds for choosing", folds.len())?;
    let scores =
        each(candidates * folds.len(), threads, |job| score(job / folds.len(), &folds[job % folds.len()]))?;
    let mean = |of: &[f64]| {
        let numbers: Vec<f64> = of.iter().copied().filter(|score| !score.is_nan()).collect();
        match numbers.len() {
            0 => f64::NEG_INFINITY,
            n => numbers.iter().sum::<f64>() / n as f64,
        }
    };
    let means: Vec<f64> = scores.chunks(folds.len()).map(mean).collect();
    let best = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let candidate = means.iter().position(|&mean| mean == best).unwrap_or(0);
    Ok(Chosen { candidate, means })
}

/// Measures each of the `outer` folds with what was chosen inside it.
///
/// `inner` cuts the training samples of a fold into folds for choosing; it is given their indices and nothing else, and
/// what it gives is refused unless it stays among them. `score` measures a candidate on an inner fold. `measure` fits
/// the chosen one to the training samples of the outer fold and measures on its held ones. The results are in the
/// order of `outer`. A single candidate is taken without inner folds.
///
/// ```
/// use attractor_nets::Error;
/// use attractor_nets::training::{Split, nested};
/// let outer = [Split { train: vec![0, 1], held: vec![2] }, Split { train: vec![1, 2], held: vec![0] }];
/// let halves = |train: &[usize]| Ok(vec![Split { train: train[..1].to_vec(), held: train[1..].to_vec() }]);
/// let measured = nested(
///     &outer,
///     3,
///     2,
///     2,
///     halves,
///     |candidate, _| Ok::<_, Error>(candidate as f64),
///     |chosen, split| Ok((chosen.candidate, split.held[0])),
/// )?;
/// assert_eq!(measured, [(1, 2), (1, 0)]);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Fold`] for folds that leak, of `outer` among the `samples` samples there are or of `inner`; as of [`select`]
/// and of the closures.
pub fn nested<T: Send, E: From<Error> + Send>(
    outer: &[Split],
    samples: usize,
    candidates: usize,
    threads: usize,
    inner: impl Fn(&[usize]) -> Result<Vec<Split>, E> + Sync,
    score: impl Fn(usize, &Split) -> Result<f64, E> + Sync,
    measure: impl Fn(Chosen, &Split) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    check_folds(outer, samples)?;
    Error::at_least_one("candidates", candidates)?;
    each(outer.len(), threads, |fold| {
        let split = &outer[fold];
        if candidates == 1 {
            return measure(Chosen { candidate: 0, means: Vec::new() }, split);
        }
        let folds = inner(&split.train)?;
        check_inner(&folds, &split.train, samples)?;
        let chosen = select(candidates, &folds, 1, &score)?;
        measure(chosen, split)
    })
}

/// Inner folds must not leave the training samples that they were cut from.
fn check_inner(folds: &[Split], train: &[usize], samples: usize) -> Result<(), Error> {
    check_folds(folds, samples)?;
    let mut inside = vec![false; samples];
    train.iter().for_each(|&sample| inside[sample] = true);
    for (fold, split) in folds.iter().enumerate() {
        if let Some(&sample) = split.train.iter().chain(&split.held).find(|&&sample| !inside[sample]) {
            let fault = "is for choosing, but is no training sample of its outer fold";
            return Err(Error::Fold { fold, sample, fault });
        }
    }
    Ok(())
}
