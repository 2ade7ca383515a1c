//! The table, and a part of it as a task.

use attractor_data::csv::{Label, read_set};
use attractor_data::{Split as Fold, selection_folds, stream};
use attractor_lab::LabError;
use attractor_lab::mil::Features;
use attractor_nets::models::TableTask;
use attractor_nets::training::{Split, TrainingConfig, digest};
use ndarray::Array2;

use super::Config;
use super::config::Model;
use crate::output::Refusal;
use crate::training::config::HINT;

/// Rows of numbers with a class each.
pub(super) struct Rows {
    pub(super) numbers: Array2<f32>,
    /// From 0, in the order of the names.
    pub(super) classes: Vec<u32>,
    pub(super) names: Vec<String>,
}

impl Rows {
    pub(super) fn read(config: &Config) -> anyhow::Result<Self> {
        let label = config.label.clone().map_or(Label::Guess, Label::Name);
        let set = read_set(&config.data, &label)?;
        let refused = |what: &str| Refusal::new(format!("{}: {what}", config.data.display()), HINT);
        let Some(labels) = set.labels() else {
            return Err(refused("no column of classes: name it with label = \"...\"").into());
        };
        let mut known = labels.to_vec();
        known.sort_unstable();
        known.dedup();
        if known.len() < 2 {
            return Err(refused("all rows are of one class: there is nothing to tell apart").into());
        }
        let place = |label: &u32| known.partition_point(|other| other < label) as u32;
        let classes = labels.iter().map(place).collect();
        let names = known.iter().map(|&label| set.class_name(label).into_owned()).collect();
        Ok(Self { classes, names, numbers: set.into_patterns() })
    }

    pub(super) fn len(&self) -> usize {
        self.classes.len()
    }

    /// Which rows these are, in eight bytes.
    pub(super) fn digest(&self) -> String {
        let numbers = self.numbers.iter().map(|number| u64::from(number.to_bits()));
        let classes = self.classes.iter().map(|&class| u64::from(class));
        format!("{:016x}", digest([self.len() as u64].into_iter().chain(classes).chain(numbers)))
    }

    /// All rows, standardised by those at `train`, for a network of these options.
    pub(super) fn task(&self, train: &[usize], model: Model) -> Result<(TableTask, Features), LabError> {
        let features = Features::of_rows(self.numbers.view(), train);
        if features.width() == 0 {
            let place = "columns that vary in the training rows".to_owned();
            return Err(attractor_data::Error::Count { place, expected: 1, found: 0 }.into());
        }
        let config = model.sized(features.width(), self.names.len());
        let rows = features.apply(self.numbers.view());
        Ok((TableTask::new(rows, self.classes.clone(), config)?, features))
    }

    /// Stratified folds of the rows at `train`.
    pub(super) fn folds(
        &self,
        train: &[usize],
        count: usize,
        (seed, name): (u64, &str),
    ) -> Result<Vec<Split>, LabError> {
        let all = Fold { train: train.to_vec(), test: Vec::new() };
        let folds = selection_folds(&all, &self.classes, count, &mut stream(seed, name))?;
        Ok(folds.into_iter().map(|fold| Split { train: fold.train, held: fold.test }).collect())
    }

    /// The rows at `train`; when `training` stops early, a ninth of them is held out for that.
    pub(super) fn held_out(
        &self,
        train: &[usize],
        training: &TrainingConfig,
        seed: u64,
    ) -> Result<Split, LabError> {
        const FOLDS: usize = 9;
        if training.stopping.is_none() {
            return Ok(Split { train: train.to_vec(), held: Vec::new() });
        }
        Ok(self.folds(train, FOLDS, (seed, "stopping"))?.swap_remove(0))
    }
}
