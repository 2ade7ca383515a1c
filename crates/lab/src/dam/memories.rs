//! What memories have become: features that many digits share, or prototypes of a few.

use attractor_nets::models::DenseClassifier;
use ndarray::{Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

use super::digits::Chosen;
use crate::experiment::LabError;
use crate::outcome::Row;

/// Digits that are asked for the evidence behind them.
const ASKED: usize = 500;
/// Pictures of each degree.
const PICTURES: usize = 40;

/// Numbers of one memory.
pub(super) struct Told {
    /// How many memories a decision rests on: `(sum |a|)^2 / sum a^2` of what each adds to the difference of the class that
    /// was said; the mean over digits.
    pub(super) deciding: f64,
    /// The correlation over pixels of a memory with the digit that it is most like; the mean over memories.
    pub(super) likeness: f64,
}

/// What the memories of `memory` do and look like, among digits that it was not trained on.
pub(super) fn told(memory: &DenseClassifier, digits: Chosen<'_>) -> Result<Told, LabError> {
    let asked = digits.patterns.slice(s![..ASKED.min(digits.classes.len()), ..]);
    let said = memory.classify(asked)?;
    let rows: Vec<_> = asked.rows().into_iter().zip(said).collect();
    let counts = rows.into_par_iter().map(|(row, class)| {
        let evidence = memory.evidence(row, class)?;
        let sum: f64 = evidence.iter().map(|share| share.abs()).sum();
        let squares: f64 = evidence.iter().map(|share| share * share).sum();
        Ok::<_, LabError>(if squares > 0.0 { sum * sum / squares } else { 0.0 })
    });
    let counts = counts.collect::<Result<Vec<f64>, _>>()?;
    let pixels = memory.memories().slice_move(s![.., ..digits.patterns.ncols()]);
    let alike = standardised(pixels).dot(&standardised(digits.patterns).t());
    let best = alike.rows().into_iter().map(|row| row.iter().fold(f32::MIN, |a, &b| a.max(b)));
    let best: Vec<f64> = best.map(f64::from).collect();
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len().max(1) as f64;
    Ok(Told { deciding: mean(&counts), likeness: mean(&best) })
}

/// Rows of mean 0 and length 1; what is constant becomes 0.
fn standardised(rows: ArrayView2<'_, f32>) -> Array2<f32> {
    let mut rows = rows.to_owned();
    for mut row in rows.axis_iter_mut(Axis(0)) {
        let mean = row.mean().unwrap_or_default();
        row -= mean;
        let length = row.dot(&row).sqrt();
        if length > 0.0 {
            row /= length;
        }
    }
    rows
}

/// The first memories as pictures, from minus to plus the size that one in a hundred of their pixels exceeds.
pub(super) fn pictures(name: String, memory: &DenseClassifier) -> Row {
    let width = memory.config().inputs;
    let side = (width as f64).sqrt().round() as usize;
    let pixels = memory.memories().slice_move(s![.., ..width]);
    let pictures: Vec<Vec<f32>> = pixels.rows().into_iter().take(PICTURES).map(|row| row.to_vec()).collect();
    let mut sizes: Vec<f32> = pictures.iter().flatten().map(|x| x.abs()).collect();
    sizes.sort_by(f32::total_cmp);
    let top = sizes.get(sizes.len() * 99 / 100).copied().unwrap_or(1.0).max(1e-6);
    Row { name, size: [side, width / side.max(1)], range: (-top, top), pictures }
}
