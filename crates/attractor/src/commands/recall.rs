//! `attractor recall`.

use crate::output::Output;

/// recall
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args, _output: &Output) -> anyhow::Result<()> {
    anyhow::bail!("recall is not built yet")
}
