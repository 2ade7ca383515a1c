//! What is learned: a stream of examples, a few classes at a time.

use std::ops::Range;

use attractor_data::{Shape, stream};
use ndarray::{Array2, Axis};
use rand::seq::SliceRandom;

/// A stream to learn from, and what to ask afterwards.
pub(crate) struct Lesson {
    /// The name in machine-readable output.
    pub(crate) name: &'static str,
    /// The name for people.
    pub(crate) title: &'static str,
    /// Where the examples come from, in a sentence.
    pub(crate) about: String,
    /// How the components of an example lie.
    pub(crate) shape: Shape,
    /// Names of the classes, in the order in which they come.
    pub(crate) classes: Vec<String>,
    pub(crate) steps: Vec<Step>,
    /// In the order in which they are shown.
    pub(crate) stream: Examples,
    /// Never shown.
    pub(crate) test: Examples,
    /// Of classes that are never shown; may be empty.
    pub(crate) strangers: Examples,
}

/// A part of the stream.
pub(crate) struct Step {
    /// Classes that come in it and nowhere else.
    pub(crate) classes: Range<u32>,
    /// Its rows of the stream.
    pub(crate) looks: Range<usize>,
}

/// Examples with their classes.
#[derive(Clone)]
pub(crate) struct Examples {
    /// `(n, d)`.
    pub(crate) patterns: Array2<f32>,
    pub(crate) classes: Vec<u32>,
}

impl Examples {
    pub(crate) fn none(width: usize) -> Self {
        Self { patterns: Array2::zeros((0, width)), classes: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.classes.len()
    }

    pub(crate) fn rows(&self, rows: &[usize]) -> Self {
        let classes = rows.iter().map(|&row| self.classes[row]).collect();
        Self { patterns: self.patterns.select(Axis(0), rows), classes }
    }

    /// Those of some classes, in their order.
    pub(crate) fn of(&self, classes: &Range<u32>) -> Self {
        let rows: Vec<usize> = (0..self.len()).filter(|&row| classes.contains(&self.classes[row])).collect();
        self.rows(&rows)
    }

    /// All of them in an order drawn from `name`.
    pub(crate) fn shuffled(&self, seed: u64, name: &str) -> Self {
        let mut rows: Vec<usize> = (0..self.len()).collect();
        rows.shuffle(&mut stream(seed, name));
        self.rows(&rows)
    }
}

/// Puts `train` in the order in which it is shown: `together` classes at a time, mixed within each step.
pub(super) fn in_steps(
    train: &Examples,
    classes: u32,
    together: usize,
    seed: u64,
    name: &str,
) -> anyhow::Result<(Examples, Vec<Step>)> {
    let mut whole = Examples::none(train.patterns.ncols());
    let mut steps = Vec::new();
    for first in (0..classes).step_by(together) {
        let classes = first..(first + together as u32).min(classes);
        let part = train.of(&classes).shuffled(seed, &format!("demo/{name}/order {first}"));
        let start = whole.len();
        whole.patterns.append(Axis(0), part.patterns.view())?;
        whole.classes.extend(part.classes);
        steps.push(Step { classes, looks: start..whole.len() });
    }
    Ok((whole, steps))
}
