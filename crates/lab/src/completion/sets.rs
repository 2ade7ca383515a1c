//! Images to complete, with their classes.

use std::collections::BTreeMap;

use attractor_data::{Part, Scale, Set, catalogue, split_set, stream};
use ndarray::{Array2, Axis};
use rand::seq::index::sample;

use crate::experiment::{Context, LabError};
use crate::omniglot::omniglot;

/// What is learned from and what is asked, pixels from 0 to 1.
#[derive(Debug, Clone)]
pub(super) struct Images {
    pub(super) train: Array2<f32>,
    pub(super) train_classes: Vec<u32>,
    pub(super) test: Array2<f32>,
    pub(super) test_classes: Vec<u32>,
    pub(super) classes: usize,
}

/// So many images of each part, drawn by the seed.
pub(super) fn digits(
    context: &Context<'_>,
    train: usize,
    test: usize,
    seed: u64,
) -> Result<Images, LabError> {
    let root = context.data.clone().unwrap_or_else(catalogue::root);
    let drawn = |part, name: &str, count: usize| {
        let set = split_set(&root, "mnist", part)?;
        let rows = sample(&mut stream(seed, name), set.len(), count.min(set.len())).into_vec();
        Ok::<_, LabError>(set.scaled(Scale::Unit).subset(&rows)?)
    };
    let (learned, asked) =
        (drawn(Part::Train, "digits to learn from", train)?, drawn(Part::Test, "digits to complete", test)?);
    let classes = |set: &Set| set.labels().unwrap_or_default().to_vec();
    Ok(Images {
        train_classes: classes(&learned),
        test_classes: classes(&asked),
        train: learned.into_patterns(),
        test: asked.into_patterns(),
        classes: 10,
    })
}

/// Images of a character in Omniglot, by different people.
const PEOPLE: usize = 20;
/// Of whom so many are learned from, and the others asked.
const LEARNED: usize = 15;

/// The first characters of the background part.
pub(super) fn characters(context: &Context<'_>, count: usize) -> Result<Images, LabError> {
    let set = omniglot(context, "background", count * PEOPLE)?;
    let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
    let (mut train, mut test, mut classes) = (Vec::new(), Vec::new(), Vec::new());
    for (row, &label) in set.labels().unwrap_or_default().iter().enumerate() {
        let next = seen.len();
        let class = *seen.entry(label).or_insert(next);
        classes.push(class as u32);
        let of_it = classes.iter().filter(|other| **other == class as u32).count();
        if of_it <= LEARNED { train.push(row) } else { test.push(row) }
    }
    let of = |rows: &[usize]| rows.iter().map(|&row| classes[row]).collect();
    let patterns = set.patterns();
    Ok(Images {
        train_classes: of(&train),
        test_classes: of(&test),
        train: patterns.select(Axis(0), &train),
        test: patterns.select(Axis(0), &test),
        classes: seen.len(),
    })
}
