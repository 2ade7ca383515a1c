//! The configuration file of a network on a table.

use std::path::{Path, PathBuf};

use attractor_nets::models::TableConfig;
use attractor_nets::training::TrainingConfig;
use serde::{Deserialize, Serialize};

use crate::output::Refusal;
use crate::training::config::{HINT, Task, parsed};

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// What is learned from.
    pub(crate) task: Task,
    /// The table, as CSV. A path that is not absolute begins at the folder of the configuration.
    pub(crate) data: PathBuf,
    /// The column of the classes; where nothing is said it is guessed as everywhere.
    #[serde(default)]
    pub(crate) label: Option<String>,
    /// Folder of the results.
    pub(crate) output: PathBuf,
    /// Everything random derives from it.
    #[serde(default)]
    pub(crate) seed: u64,
    /// Candidates; one is chosen by nested cross-validation where there are several.
    pub(crate) model: Vec<Model>,
    pub(crate) training: TrainingConfig,
    #[serde(default)]
    pub(crate) cross_validation: Option<CrossValidation>,
}

/// A network but for what the table decides.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Model {
    pub(crate) layers: usize,
    pub(crate) width: usize,
    pub(crate) heads: usize,
    pub(crate) beta: f64,
    pub(crate) patterns: usize,
}

impl Default for Model {
    fn default() -> Self {
        let TableConfig { layers, width, heads, beta, patterns, .. } = TableConfig::new(1, 2);
        Self { layers, width, heads, beta, patterns }
    }
}

impl Model {
    pub(crate) fn sized(self, inputs: usize, classes: usize) -> TableConfig {
        let Self { layers, width, heads, beta, patterns } = self;
        TableConfig { inputs, classes, layers, width, heads, beta, patterns }
    }
}

/// How well it does on rows that it has not seen: stratified folds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CrossValidation {
    pub(crate) folds: usize,
    pub(crate) repetitions: usize,
    /// Stratified folds of the training rows of a fold, to choose a candidate on.
    pub(crate) inner: usize,
    /// Networks with different seeds in each fold.
    pub(crate) members: usize,
}

impl Default for CrossValidation {
    fn default() -> Self {
        Self { folds: 10, repetitions: 1, inner: 3, members: 1 }
    }
}

impl Config {
    /// Reads the file at `path` and checks what can be checked without the data.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let mut config: Self = parsed(path)?;
        let refused = |what: &str| Refusal::new(format!("{}: {what}", path.display()), HINT).into();
        match (config.model.len(), &config.cross_validation) {
            (0, _) => return Err(refused("no [[model]]")),
            (2.., None) => return Err(refused("several [[model]] and no [cross_validation] to choose on")),
            (_, Some(CrossValidation { members: 0, .. })) => {
                return Err(refused("members = 0: must be at least 1"));
            }
            _ => {}
        }
        config.training.check()?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for place in [&mut config.data, &mut config.output] {
            *place = folder.join(&*place);
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_docs_is_read() {
        let docs = include_str!("../../../../../docs/train.md");
        let examples = docs.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
        let text = examples.into_iter().find(|text| text.contains("task = \"table\"")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        std::fs::write(&path, text).unwrap();
        let config = Config::read(&path).unwrap();
        assert_eq!((config.task, config.label.as_deref()), (Task::Table, Some("species")));
        assert!(config.model.len() > 1 && config.cross_validation.is_some());
    }
}
