//! The files of a run, in its output folder.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// Where everything of a run is written.
#[derive(Debug, Clone)]
pub(crate) struct Places(PathBuf);

impl Places {
    /// Makes the folder.
    pub(crate) fn new(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{}: the folder cannot be made", folder.display()))?;
        Ok(Self(folder.to_owned()))
    }

    /// Weights and options of the network.
    pub(crate) fn model(&self) -> PathBuf {
        self.0.join("model.safetensors")
    }

    /// How instances are standardised before the network sees them.
    pub(crate) fn features(&self) -> PathBuf {
        self.0.join("features.json")
    }

    /// State of the last fit.
    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.0.join("checkpoint.safetensors")
    }

    /// A line per repetition of cross-validation.
    pub(crate) fn repetitions(&self) -> PathBuf {
        self.0.join("repetitions.jsonl")
    }

    pub(crate) fn results(&self) -> PathBuf {
        self.0.join("results.json")
    }

    pub(crate) fn page(&self) -> PathBuf {
        self.0.join("results.html")
    }

    /// Puts `text` in the place of what is at `path`.
    pub(crate) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
        // What was there is whole until the new text is.
        let beside = path.with_extension("part");
        let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
        written.with_context(|| format!("{}: cannot be written", path.display()))
    }
}
