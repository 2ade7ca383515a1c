//! How a learner is made.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use attractor_data::Shape;
use attractor_store::ledger::Durability;
use attractor_store::storage::{Disk, Ram, Storage};

use super::{Learner, open};
use crate::Error;
use crate::config::{Config, Slow};
use crate::perception::Vision;

/// Collects the choices for a [`Learner`]; see [`Learner::builder`].
#[derive(Debug, Clone)]
pub struct Builder {
    config: Config,
    durability: Durability,
}

impl Default for Builder {
    fn default() -> Self {
        Self { config: Config::default(), durability: Durability::Grouped(Duration::from_millis(50)) }
    }
}

impl Builder {
    /// The whole recipe.
    #[must_use]
    pub fn config(self, config: Config) -> Self {
        Self { config, ..self }
    }

    /// How the components of an observation lie. Default: a vector of the width of the first one.
    #[must_use]
    pub fn shape(mut self, shape: Shape) -> Self {
        self.config.shape = Some(shape);
        self
    }

    /// How observations become features. Default [`Vision::Auto`].
    #[must_use]
    pub fn vision(mut self, vision: Vision) -> Self {
        self.config.vision = vision;
        self
    }

    /// The slow system. Default ridge regression.
    #[must_use]
    pub fn slow(mut self, slow: Slow) -> Self {
        self.config.slow = slow;
        self
    }

    /// Bytes of the learner in this process, everything counted. Default 64 MiB.
    #[must_use]
    pub fn memory_bytes(mut self, bytes: u64) -> Self {
        self.config.memory_bytes = bytes;
        self
    }

    /// Bytes on disk. Default 256 MiB.
    #[must_use]
    pub fn disk_bytes(mut self, bytes: u64) -> Self {
        self.config.disk_bytes = bytes;
        self
    }

    /// Everything random derives from it. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = seed;
        self
    }

    /// When what was observed is safe from a loss of power; a kill loses nothing anyhow. Default: within 50 ms.
    #[must_use]
    pub fn durability(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    /// Opens the learner in this directory, or makes it.
    ///
    /// # Errors
    /// As [`Learner::open`]; [`Error::Recipe`] when the learner that is there was made with another recipe.
    pub fn open(self, directory: impl AsRef<Path>) -> Result<Learner, Error> {
        let config = self.config.clone();
        let learner = self.open_any(directory.as_ref())?;
        if learner.config != config {
            return Err(Error::Recipe { place: directory.as_ref().display().to_string() });
        }
        Ok(learner)
    }

    /// A learner that lives in memory and is gone when it is dropped.
    ///
    /// # Errors
    /// A recipe that is out of range.
    ///
    /// ```
    /// use attractor_learn::Learner;
    ///
    /// let mut learner = Learner::builder().seed(7).ephemeral()?;
    /// learner.observe(&[1.0, 0.0], "left")?;
    /// assert_eq!(learner.predict(&[0.9, 0.1])?.label.as_deref(), Some("left"));
    /// # Ok::<(), attractor_learn::Error>(())
    /// ```
    pub fn ephemeral(self) -> Result<Learner, Error> {
        self.open_in(Arc::new(Ram::new()))
    }

    /// A learner in any storage.
    ///
    /// # Errors
    /// As [`Learner::open`].
    pub fn open_in(self, storage: Arc<dyn Storage>) -> Result<Learner, Error> {
        open::open(storage, self.config, self.durability)
    }

    pub(super) fn open_any(self, directory: &Path) -> Result<Learner, Error> {
        self.open_in(Arc::new(Disk::open(directory)?))
    }
}
