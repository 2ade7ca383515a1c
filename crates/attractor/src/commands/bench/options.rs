//! What the benchmarks of networks are told.

use std::path::PathBuf;

use anyhow::{Context, bail};
use rayon::ThreadPool;

/// Shared by `attractor bench energy` and `attractor bench layers`.
#[derive(clap::Args)]
pub(super) struct Options {
    /// Run the workloads whose name contains this
    only: Option<String>,
    /// Threads
    #[arg(long, default_value_t = 2)]
    pub(super) threads: usize,
    /// Timed repetitions, after half a second that is not timed
    #[arg(long, default_value_t = 15)]
    pub(super) repeat: usize,
    /// Write parameters, what goes in and what comes out of each workload to this directory, for another program
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

impl Options {
    /// The threads to measure on. What is timed begins on one of them, as a training does.
    pub(super) fn pool(&self) -> anyhow::Result<ThreadPool> {
        if self.threads == 0 || self.repeat == 0 {
            bail!("--threads and --repeat must be at least 1");
        }
        rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .build()
            .with_context(|| format!("{} threads cannot be started", self.threads))
    }

    /// The workloads that are meant, of `all`.
    pub(super) fn chosen<W, const N: usize>(
        &self,
        all: [W; N],
        name: impl Fn(&W) -> &str,
    ) -> anyhow::Result<Vec<W>> {
        let word = self.only.as_deref().unwrap_or("");
        let names = all.each_ref().map(|workload| name(workload).to_owned()).join(", ");
        let chosen: Vec<W> = all.into_iter().filter(|workload| name(workload).contains(word)).collect();
        if chosen.is_empty() {
            bail!("no workload is named like `{word}`: choose among {names}");
        }
        Ok(chosen)
    }
}
