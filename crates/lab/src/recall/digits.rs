//! The images that are stored.

use attractor_data::{Part, Scale, Set, catalogue, split_set, stream};
use rand::seq::index::sample;

use crate::experiment::{Context, Extent, LabError};

/// All digits that a run draws from: the training part, or the smaller test part for a smoke run.
pub(super) fn digits(context: &Context<'_>) -> Result<Set, LabError> {
    let root = context.data.clone().unwrap_or_else(catalogue::root);
    let part = match context.extent() {
        Extent::Full => Part::Train,
        Extent::Smoke => Part::Test,
    };
    Ok(split_set(&root, "mnist", part)?)
}

/// `count` different digits in random order: those of a smaller count are the first of a larger one.
pub(super) fn draw(digits: &Set, count: usize, seed: u64, scale: Scale) -> Result<Set, LabError> {
    let count = count.min(digits.len());
    let rows = sample(&mut stream(seed, "recall/digits"), digits.len(), count).into_vec();
    Ok(digits.subset(&rows)?.scaled(scale))
}
