//! `attractor demo`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::builder::RangedU64ValueParser;

use crate::commands::progress::bar;
use crate::demo::{is_child, lines, live, measure, page, tell};
use crate::output::Output;

/// Watch memories recall damaged characters, and a learner keep what a network forgets
///
/// Stores the 95 printable characters in seven kinds of memory, damages them, recalls them, and counts. Then learns
/// letters and flowers, a few classes at a time, beside a network that forgets; is killed on the way, sleeps,
/// explains an answer, tells the unknown from the known, and completes what is half hidden.
/// Needs neither data nor network; with MNIST at hand digits are recalled and learned too.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  attractor demo\n  attractor demo --seed 7 --out seven.html\n  attractor demo --json"
)]
pub(crate) struct Args {
    /// Where every random draw comes from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Independent runs behind each mean
    #[arg(long, default_value_t = 5, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000))]
    runs: usize,
    /// The page with the pictures and plots
    #[arg(long, default_value = "attractor-demo.html")]
    out: PathBuf,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    if let Some(directory) = is_child() {
        return live(directory.as_ref(), args.seed);
    }
    let progress = bar("recalling, learning");
    let results = measure(args.seed, args.runs, &|share| progress.set_position((share * 1000.0) as u64))?;
    progress.finish_and_clear();
    std::fs::write(&args.out, page(&results, args.runs, args.seed))
        .with_context(|| format!("{}: the page cannot be written", args.out.display()))?;
    let mut out = std::io::stdout().lock();
    if output.json() {
        for line in lines(&results, args.seed) {
            writeln!(out, "{line}")?;
        }
    } else {
        tell(&results, args.runs, &mut out)?;
        writeln!(
            out,
            "Pictures, energy curves, the capacity plot and what was learned: {}",
            args.out.display()
        )?;
    }
    Ok(())
}
