//! The digits, context by context.

use attractor_data::{Part as Official, Scale, catalogue, split_set};
use ndarray::{ArcArray2, Array2, Axis, s};

use crate::experiment::{Context as Run, Extent, LabError};

/// Examples with their classes.
#[derive(Debug, Clone)]
pub struct Part {
    /// `(n, width)`, components in [0, 1].
    pub inputs: ArcArray2<f32>,
    /// A class for each.
    pub classes: Vec<u32>,
}

impl Part {
    /// The examples in these rows.
    pub fn select(&self, rows: &[usize]) -> (Array2<f32>, Vec<u32>) {
        (self.inputs.select(Axis(0), rows), rows.iter().map(|&row| self.classes[row]).collect())
    }
}

/// Contexts that come one after another. Each is made when it is asked for, the same every time.
pub trait Stream: Sync {
    /// How many.
    fn contexts(&self) -> usize;

    /// What is learned from in context `index` under `seed`.
    fn train(&self, index: usize, seed: u64) -> Part;

    /// What is measured on.
    fn test(&self, index: usize, seed: u64) -> Part;

    /// The classes that an answer may come from: those of the context when it is told, all of them when it is not.
    fn among(&self, index: usize) -> Vec<u32>;
}

/// Training and test digits, in [0, 1].
#[derive(Debug, Clone)]
pub(super) struct Digits {
    pub(super) train: Part,
    pub(super) test: Part,
}

/// Examples of each part in a smoke run.
const SMOKE: usize = 400;

impl Digits {
    /// MNIST. For a smoke run, a few of its test digits, another few to measure on.
    pub(super) fn load(run: &Run<'_>) -> Result<Self, LabError> {
        let root = run.data.clone().unwrap_or_else(catalogue::root);
        let part = |part: Official| -> Result<Part, LabError> {
            let set = split_set(&root, "mnist", part)?.scaled(Scale::Unit);
            let classes = set.labels().unwrap_or_default().to_vec();
            Ok(Part { inputs: set.into_patterns().into_shared(), classes })
        };
        if run.extent() == Extent::Full {
            return Ok(Self { train: part(Official::Train)?, test: part(Official::Test)? });
        }
        let all = part(Official::Test)?;
        let some = |from: usize| {
            let rows: Vec<usize> = (from..from + SMOKE).filter(|&row| row < all.classes.len()).collect();
            let (inputs, classes) = all.select(&rows);
            Part { inputs: inputs.into_shared(), classes }
        };
        Ok(Self { train: some(0), test: some(SMOKE) })
    }

    /// With two empty pixels on every side: 32 x 32.
    pub(super) fn padded(self) -> Self {
        let pad = |part: Part| {
            let mut inputs = Array2::zeros((part.inputs.nrows(), 32 * 32));
            for (from, mut to) in part.inputs.rows().into_iter().zip(inputs.rows_mut()) {
                for line in 0..28 {
                    let at = (line + 2) * 32 + 2;
                    to.slice_mut(s![at..at + 28]).assign(&from.slice(s![line * 28..(line + 1) * 28]));
                }
            }
            Part { inputs: inputs.into_shared(), ..part }
        };
        Self { train: pad(self.train), test: pad(self.test) }
    }
}

/// The three questions of van de Ven and Tolias 2019.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scenario {
    /// Which of all classes?
    Class,
    /// Odd or even, whatever the context?
    Domain,
    /// Which of the two classes of this context?
    Task,
}

/// Five contexts of two digits: 0 and 1, 2 and 3, ...
#[derive(Debug)]
pub(super) struct Split {
    scenario: Scenario,
    train: Vec<Part>,
    test: Vec<Part>,
}

impl Split {
    pub(super) fn new(digits: &Digits, scenario: Scenario) -> Self {
        let part = |from: &Part, context: u32| {
            let rows: Vec<usize> =
                (0..from.classes.len()).filter(|&row| from.classes[row] / 2 == context).collect();
            let (inputs, mut classes) = from.select(&rows);
            if scenario == Scenario::Domain {
                classes.iter_mut().for_each(|class| *class %= 2);
            }
            Part { inputs: inputs.into_shared(), classes }
        };
        let all = |from: &Part| (0..5).map(|context| part(from, context)).collect();
        Self { scenario, train: all(&digits.train), test: all(&digits.test) }
    }
}

impl Stream for Split {
    fn contexts(&self) -> usize {
        self.train.len()
    }

    fn train(&self, index: usize, _: u64) -> Part {
        self.train[index].clone()
    }

    fn test(&self, index: usize, _: u64) -> Part {
        self.test[index].clone()
    }

    fn among(&self, index: usize) -> Vec<u32> {
        let first = 2 * index as u32;
        match self.scenario {
            Scenario::Class => (0..10).collect(),
            Scenario::Domain => vec![0, 1],
            Scenario::Task => vec![first, first + 1],
        }
    }
}
