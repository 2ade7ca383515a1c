//! `attractor remember`.

use crate::output::Output;

/// remember
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args, _output: &Output) -> anyhow::Result<()> {
    anyhow::bail!("remember is not built yet")
}
