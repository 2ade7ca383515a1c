//! `attractor data`.

use crate::output::Output;

/// data
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args, _output: &Output) -> anyhow::Result<()> {
    anyhow::bail!("data is not built yet")
}
