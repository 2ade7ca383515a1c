//! The recipe of a learner on the command line, and the learner that it opens or makes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use attractor_data::Shape;
use attractor_learn::{Builder, Config, Learner, Slow, Vision};
use attractor_store::ledger::Durability;
use attractor_store::storage::{Disk, LOCK};

use crate::brain::{bytes, is_brain, shape};
use crate::examples::fits;
use crate::output::Refusal;

/// Smallest picture in which patches can be pooled.
const SMALLEST: usize = 8;

/// What a new learner is made of; one that is there keeps what it was made of.
#[derive(clap::Args)]
pub(crate) struct Making {
    /// Most bytes of the learner in memory [default: 64MiB]
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    memory: Option<u64>,
    /// Most bytes on disk [default: 256MiB]
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    disk: Option<u64>,
    /// The slow system [default: ridge]
    #[arg(long, value_enum)]
    slow: Option<SlowName>,
    /// How observations become features [default: auto, which sees patches in pictures of 12x12 and above]
    #[arg(long, value_enum)]
    vision: Option<VisionName>,
    /// When what was observed survives a loss of power: always, grouped:TIME (within it), system
    #[arg(long, value_name = "WHEN", default_value = "grouped:50ms", value_parser = durability)]
    durability: Durability,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum SlowName {
    Ridge,
    Mean,
    Discriminant,
    #[cfg(feature = "network")]
    Network,
    None,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum VisionName {
    Auto,
    Plain,
    Whitened,
    Random,
    Patches,
}

impl SlowName {
    fn choice(self) -> Slow {
        match self {
            Self::Ridge => Slow::Ridge,
            Self::Mean => Slow::Mean,
            Self::Discriminant => Slow::Discriminant,
            #[cfg(feature = "network")]
            Self::Network => Slow::Network,
            Self::None => Slow::None,
        }
    }
}

impl VisionName {
    fn choice(self) -> Vision {
        match self {
            Self::Auto => Vision::Auto,
            Self::Plain => Vision::Plain,
            Self::Whitened => Vision::Whitened,
            Self::Random => Vision::Random,
            Self::Patches => Vision::Patches,
        }
    }
}

/// The first example, which decides on the size of observations where none was seen before.
pub(crate) struct First<'a> {
    pub(crate) pattern: &'a [f32],
    pub(crate) label: &'a str,
    pub(crate) shape: Shape,
    /// What messages call the data.
    pub(crate) source: &'a str,
}

impl Making {
    /// The learner of a directory, which is made where there is none.
    pub(crate) fn open(&self, directory: &Path, seed: u64, first: &First<'_>) -> anyhow::Result<Learner> {
        let builder = self.builder(seed);
        if is_brain(directory) {
            let learner = builder.open_in(Arc::new(Disk::open(directory)?))?;
            self.agree(learner.config(), directory)?;
            if let Some(known) = shape(learner.config(), &learner.stats()) {
                fits(known, first.shape, first.source, directory)?;
            }
            return Ok(learner);
        }
        empty(directory)?;
        self.sees(first.shape)?;
        let builder = builder.shape(first.shape);
        // What would refuse the first example does so before anything is made.
        builder.clone().ephemeral()?.observe(first.pattern, first.label)?;
        Ok(builder.open(directory)?)
    }

    fn builder(&self, seed: u64) -> Builder {
        let mut builder = Learner::builder().durability(self.durability).seed(seed);
        if let Some(bytes) = self.memory {
            builder = builder.memory_bytes(bytes);
        }
        if let Some(bytes) = self.disk {
            builder = builder.disk_bytes(bytes);
        }
        if let Some(slow) = self.slow {
            builder = builder.slow(slow.choice());
        }
        if let Some(vision) = self.vision {
            builder = builder.vision(vision.choice());
        }
        builder
    }

    fn agree(&self, config: &Config, directory: &Path) -> Result<(), Refusal> {
        let other = [
            ("--memory", self.memory.is_some_and(|bytes| bytes != config.memory_bytes)),
            ("--disk", self.disk.is_some_and(|bytes| bytes != config.disk_bytes)),
            ("--slow", self.slow.is_some_and(|slow| slow.choice() != config.slow)),
            ("--vision", self.vision.is_some_and(|vision| vision.choice() != config.vision)),
        ];
        match other.iter().find(|(_, differs)| *differs) {
            None => Ok(()),
            Some((option, _)) => {
                let what = format!("{option}: {} holds a learner of another recipe", directory.display());
                Err(Refusal::new(what, "leave the option out to continue it, or name another directory"))
            }
        }
    }

    fn sees(&self, shape: Shape) -> Result<(), Refusal> {
        let fits = matches!(shape, Shape::Image { height, width, .. } if height.min(width) >= SMALLEST);
        if fits || self.vision != Some(VisionName::Patches) {
            return Ok(());
        }
        let what = format!("--vision patches: observations of {shape} are no pictures of 8x8 and above");
        Err(Refusal::new(what, "leave the option out"))
    }
}

/// A learner moves into a directory of its own.
fn empty(directory: &Path) -> anyhow::Result<()> {
    let begun = directory.join(LOCK).is_file();
    let taken = directory.is_dir() && !begun && std::fs::read_dir(directory)?.next().is_some();
    if taken || directory.is_file() {
        let what = format!("--brain {}: holds something else than a learner", directory.display());
        return Err(Refusal::new(what, "name a new or empty directory").into());
    }
    Ok(())
}

/// Reads `always`, `grouped:50ms`, `grouped:2s` or `system`.
fn durability(text: &str) -> Result<Durability, String> {
    let wrong = || format!("`{text}`: write always, grouped:50ms (or such as 2s) or system");
    match text {
        "always" => return Ok(Durability::Always),
        "system" => return Ok(Durability::System),
        _ => {}
    }
    let time = text.strip_prefix("grouped:").ok_or_else(wrong)?;
    let (digits, unit) = match (time.strip_suffix("ms"), time.strip_suffix('s')) {
        (Some(digits), _) => (digits, 1),
        (None, Some(digits)) => (digits, 1_000),
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let millis = number.checked_mul(unit).filter(|ms| (1..=3_600_000).contains(ms)).ok_or_else(wrong)?;
    Ok(Durability::Grouped(Duration::from_millis(millis)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durability_is_read() {
        assert_eq!(durability("always"), Ok(Durability::Always));
        assert_eq!(durability("grouped:50ms"), Ok(Durability::Grouped(Duration::from_millis(50))));
        assert_eq!(durability("grouped:2s"), Ok(Durability::Grouped(Duration::from_secs(2))));
        for wrong in ["", "grouped", "grouped:5", "grouped:0ms", "grouped:-1s", "grouped:9999999999999s"] {
            assert!(durability(wrong).is_err(), "{wrong}");
        }
    }
}
