//! `attractor inspect`.

use crate::output::Output;

/// inspect
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args, _output: &Output) -> anyhow::Result<()> {
    anyhow::bail!("inspect is not built yet")
}
