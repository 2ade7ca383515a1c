//! `attractor demo`.

use crate::output::Output;

/// demo
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args, _output: &Output) -> anyhow::Result<()> {
    anyhow::bail!("demo is not built yet")
}
