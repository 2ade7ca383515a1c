//! The configuration file of a network that completes images.

use std::path::{Path, PathBuf};

use attractor_data::Corruption;
use attractor_lab::completion::Assigning;
use attractor_nets::models::CompleterConfig;
use attractor_nets::training::TrainingConfig;
use serde::{Deserialize, Serialize};

use crate::output::Refusal;
use crate::source::is_name;
use crate::training::config::{HINT, Task, parsed};

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// What is learned from.
    pub(crate) task: Task,
    /// A source as of `remember`. A path that is not absolute begins at the folder of the configuration.
    pub(crate) data: String,
    /// Images of it at most.
    #[serde(default)]
    pub(crate) take: Option<usize>,
    /// Folder of the results.
    pub(crate) output: PathBuf,
    /// Everything random derives from it.
    #[serde(default)]
    pub(crate) seed: u64,
    /// Share of the images that is held out, to measure on.
    #[serde(default = "tenth")]
    pub(crate) held: f64,
    /// Damage that hides a part; each image gets one, drawn whenever it is learned from.
    pub(crate) hide: Vec<String>,
    /// How gradients are found.
    #[serde(default)]
    pub(crate) credit: Assigning,
    pub(crate) model: CompleterConfig,
    pub(crate) training: TrainingConfig,
}

fn tenth() -> f64 {
    0.1
}

impl Config {
    /// Reads the file at `path` and checks what can be checked without the data.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let mut config: Self = parsed(path)?;
        config.training.check()?;
        config.damage()?;
        if !(config.held > 0.0 && config.held < 1.0) {
            let what = format!("{}: held = {}: must be above 0 and below 1", path.display(), config.held);
            return Err(Refusal::new(what, HINT).into());
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        config.output = folder.join(&config.output);
        if !is_name(&config.data) {
            config.data = folder.join(&config.data).to_string_lossy().into_owned();
        }
        Ok(config)
    }

    pub(crate) fn damage(&self) -> anyhow::Result<Vec<Corruption>> {
        Ok(self.hide.iter().map(|text| text.parse()).collect::<Result<_, attractor_data::Error>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_docs_is_read() {
        let docs = include_str!("../../../../../docs/train.md");
        let examples = docs.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
        let text = examples.into_iter().find(|text| text.contains("task = \"completion\"")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        std::fs::write(&path, text).unwrap();
        let config = Config::read(&path).unwrap();
        assert_eq!((config.task, config.data.as_str()), (Task::Completion, "mnist"));
        assert_eq!(config.damage().unwrap().len(), config.hide.len());
    }
}
