//! The complementary learner on streams.

pub(crate) mod digits;
pub(crate) mod early;
pub(crate) mod electricity;
pub(crate) mod newcomer;
pub(crate) mod unknown;

use attractor_data::{Part, Scale, Set, catalogue, split_set, stream};
use attractor_learn::{Answer, Learner};
use rand::seq::SliceRandom;
use rayon::prelude::*;

use crate::experiment::{Context, LabError};

/// A part of MNIST with pixels of 0 to 1.
fn mnist(context: &Context<'_>, part: Part) -> Result<Set, LabError> {
    let root = context.data.clone().unwrap_or_else(catalogue::root);
    Ok(split_set(&root, "mnist", part)?.scaled(Scale::Unit))
}

/// A learner of pictures like those of `set`, in memory.
fn learner(set: &Set, seed: u64) -> Result<Learner, LabError> {
    Ok(Learner::builder().shape(set.shape()).seed(seed).ephemeral()?)
}

/// The class of a row.
fn class(set: &Set, row: usize) -> u32 {
    set.labels().map_or(0, |labels| labels[row])
}

/// Shows the learner these rows, once each, in this order.
fn show(learner: &mut Learner, set: &Set, rows: &[usize]) -> Result<(), LabError> {
    for rows in rows.chunks(1_024) {
        let names: Vec<String> = rows.iter().map(|&row| class(set, row).to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        learner.observe_many(set.patterns().select(ndarray::Axis(0), rows).view(), &names)?;
    }
    Ok(())
}

/// The answers to these rows.
fn ask(learner: &Learner, set: &Set, rows: &[usize]) -> Result<Vec<Answer>, LabError> {
    let reader = learner.reader();
    let answer = |&row: &usize| Ok(reader.predict(&set.patterns().row(row).to_vec())?);
    rows.par_iter().map(answer).collect()
}

/// Share of the rows for which `said` is the class.
fn right(set: &Set, rows: &[usize], answers: &[Answer], said: impl Fn(&Answer) -> Option<&String>) -> f64 {
    let fits = |(&row, answer): (&usize, &Answer)| said(answer) == Some(&class(set, row).to_string());
    rows.iter().zip(answers).filter(|&pair| fits(pair)).count() as f64 / rows.len().max(1) as f64
}

/// The rows whose class is among these.
fn rows_of(set: &Set, classes: &[u32]) -> Vec<usize> {
    (0..set.len()).filter(|&row| classes.contains(&class(set, row))).collect()
}

/// The ten digits in an order of their own.
fn order(seed: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..10).collect();
    order.shuffle(&mut stream(seed, "order of the digits"));
    order
}
