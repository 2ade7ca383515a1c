//! The configuration file of a network on bags.

use std::path::{Path, PathBuf};

use attractor_data::bags::{read, read_folds};
use attractor_data::{Bags, Split, stratified_k_fold, stream};
use attractor_lab::mil::Contender;
use attractor_nets::models::BagModelConfig;
use attractor_nets::training::TrainingConfig;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::output::Refusal;

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// What is learned from.
    pub(crate) task: Task,
    /// The table of the set. A path that is not absolute begins at the folder of the configuration.
    pub(crate) data: PathBuf,
    /// Folder of the results, likewise.
    pub(crate) output: PathBuf,
    /// Everything random derives from it.
    #[serde(default)]
    pub(crate) seed: u64,
    /// Candidates; one is chosen by nested cross-validation where there are several.
    pub(crate) model: Vec<BagModelConfig>,
    pub(crate) training: TrainingConfig,
    #[serde(default)]
    pub(crate) cross_validation: Option<CrossValidation>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Task {
    /// Bags of instances with a label each.
    Bags,
    /// Images of which a part is hidden.
    Completion,
    /// Rows of numbers with a class each.
    Table,
}

/// How well it does on bags that it has not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CrossValidation {
    /// Published folds.
    pub(crate) file: Option<PathBuf>,
    /// Stratified folds, where none are published.
    pub(crate) folds: usize,
    pub(crate) repetitions: usize,
    /// Stratified folds of the training bags of a fold, to choose a candidate on.
    pub(crate) inner: usize,
    /// Networks with different seeds in each fold.
    pub(crate) members: usize,
}

impl Default for CrossValidation {
    fn default() -> Self {
        Self { file: None, folds: 10, repetitions: 1, inner: 3, members: 1 }
    }
}

pub(crate) const HINT: &str = "docs/train.md has every option with an example";

/// What the configuration at `path` trains for.
pub(crate) fn task(path: &Path) -> anyhow::Result<Task> {
    #[derive(Deserialize)]
    struct Kind {
        task: Task,
    }
    Ok(parsed::<Kind>(path)?.task)
}

/// The TOML at `path`; what does not fit is named with its line.
pub(crate) fn parsed<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Refusal::new(format!("{}: {error}", path.display()), "name a configuration file that is there")
    })?;
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        let place = line.map_or(String::new(), |line| format!(" line {line}:"));
        Refusal::new(format!("{}:{place} {}", path.display(), error.message()), HINT).into()
    })
}

impl Config {
    /// Reads the file at `path` and checks what can be checked without the data.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let mut config: Self = parsed(path)?;
        if config.model.is_empty() {
            return Err(Refusal::new(format!("{}: no [[model]]", path.display()), HINT).into());
        }
        if config.model.len() > 1 && config.cross_validation.is_none() {
            let what =
                format!("{}: several [[model]] and no [cross_validation] to choose on", path.display());
            return Err(Refusal::new(what, HINT).into());
        }
        config.training.check()?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for place in [&mut config.data, &mut config.output] {
            *place = folder.join(&*place);
        }
        if let Some(file) = config.cross_validation.as_mut().and_then(|cv| cv.file.as_mut()) {
            *file = folder.join(&*file);
        }
        Ok(config)
    }

    pub(crate) fn bags(&self) -> anyhow::Result<Bags> {
        Ok(read(&self.data)?)
    }

    /// The folds of each repetition.
    pub(crate) fn repetitions(&self, bags: &Bags) -> anyhow::Result<Vec<Vec<Split>>> {
        let Some(cv) = &self.cross_validation else { return Ok(Vec::new()) };
        let Some(file) = &cv.file else {
            let draw = |repetition| {
                let rng = &mut stream(self.seed, &format!("folds of repetition {repetition}"));
                Ok(stratified_k_fold(bags.labels(), cv.folds, rng)?)
            };
            return (0..cv.repetitions).map(draw).collect();
        };
        let mut published = read_folds(file, bags)?;
        if cv.repetitions > published.len() {
            let (what, there) = (cv.repetitions, published.len());
            let what = format!("repetitions = {what}: {} has {there}", file.display());
            return Err(Refusal::new(what, HINT).into());
        }
        published.truncate(cv.repetitions);
        Ok(published)
    }

    pub(crate) fn contender(&self, cv: &CrossValidation) -> Contender {
        let candidates = self.model.iter().map(|model| (model.clone(), self.training.clone())).collect();
        Contender { name: "candidate", candidates, members: cv.members, inner: cv.inner }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(&path).unwrap_err().to_string()
    }

    const HEAD: &str = "task = \"bags\"\ndata = \"a.csv\"\noutput = \"out\"\n";

    #[test]
    fn the_example_of_the_docs_is_read() {
        let docs = include_str!("../../../../docs/train.md");
        let text = docs.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        std::fs::write(&path, text).unwrap();
        let config = Config::read(&path).unwrap();
        assert_eq!(config.data.parent(), Some(folder.path()));
        assert!(config.model.len() > 1 && config.cross_validation.is_some());
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let training = "[training]\nepochs = 3\nrate = 0.1\n";
        let text = refused(&format!("{HEAD}rat = 1\n[[model]]\nhopfield = {{}}\n{training}"));
        assert!(text.contains("run.toml: line 4: unknown field `rat`"), "{text}");
        let text = refused(&format!("{HEAD}[[model]]\nhopfield = {{ head = 3 }}\n{training}"));
        assert!(text.contains("unknown field `head`") && text.contains("line 5"), "{text}");
        let text =
            refused(&format!("{HEAD}[[model]]\nhopfield = {{}}\n[training]\nepochs = 0\nrate = 0.1\n"));
        assert_eq!(text, "epochs = 0: must be at least 1");
        let text = refused("task = \"poem\"\n");
        assert!(text.contains("unknown variant `poem`"), "{text}");
        let text = refused(&format!("model = []\n{HEAD}{training}"));
        assert!(text.ends_with("no [[model]]"), "{text}");
        let models = "[[model]]\nhopfield = {}\n[[model]]\nattention = {}\n";
        let text = refused(&format!("{HEAD}{models}{training}"));
        assert!(text.ends_with("several [[model]] and no [cross_validation] to choose on"), "{text}");
    }
}
