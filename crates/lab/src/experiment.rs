//! The shape of a reproduction.

use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;

use crate::outcome::{Outcome, Record};
use crate::published::Published;

/// How much work a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effort {
    /// The full protocol.
    #[default]
    Full,
    /// One repetition, or seed, of those of the full protocol: numbers without a spread, and no verdict.
    Quick,
    /// Small sizes: shows that everything works, in seconds; its numbers prove nothing.
    Smoke,
}

/// The sizes of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Those of the protocol.
    Full,
    /// Those that take seconds.
    Smoke,
}

/// What a run is given.
pub struct Context<'a> {
    /// Everything random in the run derives from it.
    pub seed: u64,
    /// Folder of the data sets (`ATTRACTOR_DATA`).
    pub data: Option<PathBuf>,
    effort: Effort,
    id: &'static str,
    progress: &'a mut (dyn FnMut(f64, &str) + Send),
}

impl<'a> Context<'a> {
    /// A context that reports its progress, a share from 0 to 1 and a word, to `progress`.
    pub fn new(
        seed: u64,
        effort: Effort,
        data: Option<PathBuf>,
        progress: &'a mut (dyn FnMut(f64, &str) + Send),
    ) -> Self {
        Self { seed, data, effort, id: "", progress }
    }

    /// The experiment that runs; empty outside of one.
    pub(crate) fn id(&self) -> &'static str {
        self.id
    }

    pub(crate) fn extent(&self) -> Extent {
        match self.effort {
            Effort::Full | Effort::Quick => Extent::Full,
            Effort::Smoke => Extent::Smoke,
        }
    }

    /// Repetitions, seeds or draws, of which the protocol has `full`.
    pub(crate) fn repetitions<N: From<u8>>(&self, full: N, smoke: N) -> N {
        match self.effort {
            Effort::Full => full,
            Effort::Quick => N::from(1),
            Effort::Smoke => smoke,
        }
    }

    /// Says how far the run is.
    pub fn progress(&mut self, share: f64, doing: &str) {
        (self.progress)(share, doing);
    }
}

/// Why a reproduction could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// No experiment has this id.
    #[error("no experiment `{id}`: `attractor reproduce --list` shows them all")]
    UnknownId {
        /// The id.
        id: String,
    },
    /// Its data is not there, or cannot be read.
    #[error(transparent)]
    Data(#[from] attractor_data::Error),
    /// A learner refused: a defect of the experiment.
    #[error(transparent)]
    Learn(#[from] attractor_learn::Error),
    /// A network refused: a defect of the experiment, or a training that diverged.
    #[cfg(feature = "network")]
    #[error(transparent)]
    Nets(#[from] attractor_nets::Error),
    /// A crate that stands beside ours refused.
    #[error("{name}: {reason}")]
    Peer {
        /// The crate.
        name: &'static str,
        /// What it said.
        reason: String,
    },
    /// An energy network refused: a defect of the experiment.
    #[cfg(feature = "network")]
    #[error(transparent)]
    Energy(#[from] attractor_nets::energy::EnergyError),
    /// A memory refused: a defect of the experiment.
    #[error(transparent)]
    Memory(#[from] attractor_memory::Error),
}

/// A published result and the code that reproduces it.
#[derive(Debug, Clone, Copy)]
pub struct Experiment {
    /// Such as `capacity/classical`.
    pub id: &'static str,
    /// One line.
    pub title: &'static str,
    /// Authors, year, place.
    pub source: &'static str,
    /// What is done, in short.
    pub protocol: &'static str,
    /// The published number.
    pub published: Option<Published>,
    /// Names of the data sets that it needs.
    pub data: &'static [&'static str],
    /// The run.
    pub run: fn(&mut Context<'_>) -> Result<Outcome, LabError>,
}

impl Experiment {
    /// Runs it, and returns the outcome with its machine-readable record.
    ///
    /// # Errors
    /// [`LabError`] when data is missing.
    pub fn reproduce(&self, context: &mut Context<'_>) -> Result<(Outcome, Record), LabError> {
        let start = Instant::now();
        context.id = self.id;
        let outcome = (self.run)(context)?;
        let record = Record {
            schema: 1,
            id: self.id,
            title: self.title,
            source: self.source,
            protocol: self.protocol,
            published: self.published,
            measured: outcome.measured,
            series: outcome.series.clone(),
            baselines: outcome.baselines.clone(),
            // One repetition decides nothing, and sizes below the protocol less.
            pass: outcome.pass.filter(|_| context.effort == Effort::Full),
            effort: context.effort,
            seconds: start.elapsed().as_secs_f64(),
            seed: context.seed,
        };
        Ok((outcome, record))
    }
}
