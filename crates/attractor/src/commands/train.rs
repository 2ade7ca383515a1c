//! `attractor train`.

use std::path::PathBuf;

use attractor_lab::page::with_spread;
use attractor_nets::training::History;
use serde_json::json;

use super::progress::bar;
use crate::output::Output;
use crate::training::completion;
use crate::training::config::{Config, Task, task};
use crate::training::repetitions::Repetition;
use crate::training::results::Measured;
use crate::training::run::{Progress, run as train};
use crate::training::table;

/// Train a network on bags of instances, on a table, or to complete images, and write it as safetensors
///
/// Bags and rows of tables are classified, with nested cross-validation; images are completed by hierarchical associative memories or an Energy Transformer, which
/// `attractor recall --model` then uses. The output folder gets results.json, results.html, model.safetensors with its
/// options, features.json (how what it sees is standardised), and the checkpoints from which --resume goes on.
#[derive(clap::Args)]
#[command(after_help = "\
EXAMPLES:
  attractor train elephant.toml
  attractor train elephant.toml --resume --json
  attractor train digits.toml

docs/train.md has configurations with every option.")]
pub(crate) struct Args {
    /// The configuration, as TOML
    config: PathBuf,
    /// Go on where an interrupted run of this configuration stopped
    #[arg(long)]
    resume: bool,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    match task(&args.config)? {
        Task::Bags => bags(args, output),
        Task::Completion => completion(args, output),
        Task::Table => rows(args, output),
    }
}

fn completion(args: &Args, output: &Output) -> anyhow::Result<()> {
    let config = completion::Config::read(&args.config)?;
    let results = reported(|progress| completion::run(&config, args.resume, progress))?;
    if output.json() {
        return output.object(&results);
    }
    output.line(format_args!(
        "squared error of hidden pixels {:.5} on {} held images (the mean image: {:.5}), {:.1} % at rest",
        results.error,
        results.held,
        results.error_of_mean,
        100.0 * results.converged
    ))?;
    let epochs = results.history.epochs.len();
    let kept = results.history.kept.map_or(0, |kept| kept + 1);
    output.line(format_args!("trained for {epochs} epochs, kept epoch {kept}"))?;
    output.line(format_args!("model {}, page {}", results.model.display(), results.page.display()))
}

/// What `work` gives, its progress shown.
fn reported<T>(work: impl FnOnce(Progress<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let progress = bar("reading");
    let mut report = |share: f64, doing: &str| {
        progress.set_position((share.clamp(0.0, 1.0) * 1000.0) as u64);
        progress.set_message(doing.to_owned());
    };
    let done = work(&mut report);
    progress.finish_and_clear();
    done
}

fn bags(args: &Args, output: &Output) -> anyhow::Result<()> {
    let config = Config::read(&args.config)?;
    let results = reported(|progress| train(&config, args.resume, progress))?;
    if output.json() {
        lines(output, &results.repetitions)?;
        return output.object(&results);
    }
    let members = config.cross_validation.as_ref().map_or(1, |cv| cv.members);
    validated(output, "AUC", results.auc.as_ref(), members)?;
    kept(output, &results.history, "AUC", "bags")?;
    output.line(format_args!("model {}, page {}", results.model.display(), results.page.display()))
}

fn rows(args: &Args, output: &Output) -> anyhow::Result<()> {
    let config = table::Config::read(&args.config)?;
    let results = reported(|progress| table::run(&config, args.resume, progress))?;
    if output.json() {
        lines(output, &results.repetitions)?;
        return output.object(&results);
    }
    let members = config.cross_validation.as_ref().map_or(1, |cv| cv.members);
    validated(output, "accuracy", results.accuracy.as_ref(), members)?;
    output.line(format_args!("commonest class {:.1} %", 100.0 * results.majority))?;
    kept(output, &results.history, "accuracy", "rows")?;
    output.line(format_args!("model {}, page {}", results.model.display(), results.page.display()))
}

/// One line per repetition of cross-validation.
fn lines<F: serde::Serialize>(output: &Output, repetitions: &[Repetition<F>]) -> anyhow::Result<()> {
    for Repetition { number, folds, .. } in repetitions {
        output.object(&json!({
            "schema": 1, "command": "train", "kind": "repetition", "repetition": number, "folds": folds,
        }))?;
    }
    Ok(())
}

fn validated(
    output: &Output,
    measure: &str,
    measured: Option<&Measured>,
    members: usize,
) -> anyhow::Result<()> {
    let Some(Measured { single, together }) = measured else { return Ok(()) };
    output.line(format_args!("{measure} of one network   {} %", with_spread(single.mean, single.spread)))?;
    if members > 1 {
        let all = with_spread(together.mean, together.spread);
        output.line(format_args!("{measure} of them together {all} %"))?;
    }
    Ok(())
}

fn kept(output: &Output, history: &History, measure: &str, held: &str) -> anyhow::Result<()> {
    let epochs = history.epochs.len();
    let kept = history.kept.map_or(0, |kept| kept + 1);
    let measured =
        history.measure().map_or(String::new(), |m| format!(", {measure} {:.1} % on held {held}", 100.0 * m));
    output.line(format_args!("trained for {epochs} epochs, kept epoch {kept}{measured}"))
}
