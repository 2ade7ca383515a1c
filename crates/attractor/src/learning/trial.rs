//! The test after each experience.

use attractor_data::Set;
use attractor_data::scenario::Scenario;
use attractor_learn::Reader;
use attractor_learn::metrics::Matrix;
use rayon::prelude::*;

use crate::examples::{alike, named};

/// A test set in the experiences of what is learned, and the accuracies so far.
pub(crate) struct Trial {
    set: Set,
    labels: Vec<String>,
    /// Rows of the set, by experience.
    tasks: Vec<Vec<usize>>,
    rows: Vec<Vec<f64>>,
}

impl Trial {
    pub(crate) fn new(train: &Set, scenario: &Scenario, test: &Set, spec: &str) -> anyhow::Result<Self> {
        let set = alike(train, test, spec)?;
        let labels = named(test, spec)?;
        let matching = scenario.matching(&set)?;
        let tasks = matching.experiences().iter().map(|part| part.indices.clone()).collect();
        Ok(Self { set, labels, tasks, rows: Vec::new() })
    }

    /// Accuracy on the test examples of every experience, those to come too.
    pub(crate) fn measure(&mut self, reader: &Reader) -> anyhow::Result<&[f64]> {
        let patterns = self.set.patterns();
        let right = |&row: &usize| -> Result<usize, attractor_learn::Error> {
            let answer = reader.predict(&patterns.row(row).to_vec())?;
            Ok(usize::from(answer.label.as_deref() == Some(self.labels[row].as_str())))
        };
        let mut accuracies = Vec::with_capacity(self.tasks.len());
        for task in &self.tasks {
            let counts = task.par_iter().map(right).collect::<Result<Vec<usize>, _>>()?;
            accuracies.push(counts.iter().sum::<usize>() as f64 / task.len() as f64);
        }
        self.rows.push(accuracies);
        Ok(self.rows.last().map_or(&[], Vec::as_slice))
    }

    /// Accuracy on all test examples at the end, every one counted once.
    pub(crate) fn overall(&self) -> Option<f64> {
        let last = self.rows.last()?;
        let sizes = self.tasks.iter().map(|task| task.len() as f64);
        let right: f64 = last.iter().zip(sizes.clone()).map(|(accuracy, size)| accuracy * size).sum();
        Some(right / sizes.sum::<f64>())
    }

    /// Test examples that are asked for.
    pub(crate) fn examples(&self) -> usize {
        self.tasks.iter().map(Vec::len).sum()
    }

    /// Test examples of classes that are never learned, which are not asked for.
    pub(crate) fn left_out(&self) -> usize {
        self.set.len().saturating_sub(self.examples())
    }

    pub(crate) fn matrix(&self) -> anyhow::Result<Matrix> {
        Ok(Matrix::new(self.rows.clone(), None)?)
    }
}
