//! `attractor bench`.

use crate::output::Output;

/// bench
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args, _output: &Output) -> anyhow::Result<()> {
    anyhow::bail!("bench is not built yet")
}
