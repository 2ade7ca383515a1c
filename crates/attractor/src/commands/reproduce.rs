//! `attractor reproduce`.

use crate::output::Output;

/// reproduce
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args, _output: &Output) -> anyhow::Result<()> {
    anyhow::bail!("reproduce is not built yet")
}
