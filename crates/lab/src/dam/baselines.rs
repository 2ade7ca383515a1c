//! What needs no training by gradients.

use attractor_learn::strategy::Batch;
use attractor_memory::{Detail, Dynamics, Memory, Separation, Similarity};
use ndarray::{Array2, ArrayView2};

use super::digits::Chosen;
use crate::continual::{ClassMeans, Contestant, Ridge};
use crate::experiment::LabError;

/// Per cent wrong of each, by name.
pub(super) fn baselines(train: Chosen<'_>, test: Chosen<'_>) -> Result<[(&'static str, f64); 3], LabError> {
    let ridge = Ridge::new(train.patterns.ncols(), 10);
    Ok([
        ("nearest class mean", test.wrong(&asked(ClassMeans::default(), train, test)?)),
        ("ridge", test.wrong(&asked(ridge, train, test)?)),
        ("nearest neighbour", test.wrong(&nearest(train, test.patterns)?)),
    ])
}

fn asked(mut who: impl Contestant, train: Chosen<'_>, test: Chosen<'_>) -> Result<Vec<u32>, LabError> {
    let batch = || Batch::new(train.patterns, train.classes);
    who.observe(batch()?, 0)?;
    who.close(batch()?)?;
    let among: Vec<u32> = (0..10).collect();
    who.predict(test.patterns, &among)
}

/// The class of the stored digit at the least distance.
fn nearest(train: Chosen<'_>, patterns: ArrayView2<'_, f32>) -> Result<Vec<u32>, LabError> {
    let mut values = Array2::zeros((train.classes.len(), 10));
    for (mut row, &class) in values.rows_mut().into_iter().zip(train.classes) {
        row[class as usize] = 1.0;
    }
    let builder = Memory::builder(patterns.ncols()).values(10).similarity(Similarity::SquaredEuclidean);
    let mut memory = builder.separation(Separation::argmax()).build()?;
    memory.store_pairs(train.patterns, values.view())?;
    let how = Dynamics { steps: 0, tolerance: 0.0, detail: Detail::States, ..Dynamics::default() };
    let answers = memory.recall_with(patterns, &how)?.values.unwrap_or_default();
    Ok(answers.rows().into_iter().map(|row| (0..10).find(|&c| row[c as usize] > 0.5).unwrap_or(0)).collect())
}
