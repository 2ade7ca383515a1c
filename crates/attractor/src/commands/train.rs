//! `attractor train`.

use std::path::PathBuf;

use attractor_lab::page::with_spread;
use serde_json::json;

use super::progress::bar;
use crate::output::Output;
use crate::training::completion;
use crate::training::config::{Config, Task, task};
use crate::training::run::{Progress, run as train};

/// Train a network on bags of instances, or to complete images, and write it as safetensors
///
/// Bags are cross-validated; images are completed by hierarchical associative memories or an Energy Transformer, which
/// `attractor recall --model` then uses. The output folder gets results.json, results.html, model.safetensors with its
/// options, features.json (how instances of bags are standardised), and the checkpoints from which --resume goes on.
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
        for repetition in &results.repetitions {
            let folds = &repetition.folds;
            let number = repetition.number;
            output.object(&json!({
                "schema": 1, "command": "train", "kind": "repetition", "repetition": number, "folds": folds,
            }))?;
        }
        return output.object(&results);
    }
    if let Some(auc) = &results.auc {
        let (one, all) = (&auc.single, &auc.together);
        output.line(format_args!("AUC of one network   {} %", with_spread(one.mean, one.spread)))?;
        if config.cross_validation.as_ref().is_some_and(|cv| cv.members > 1) {
            output.line(format_args!("AUC of them together {} %", with_spread(all.mean, all.spread)))?;
        }
    }
    let epochs = results.history.epochs.len();
    let kept = results.history.kept.map_or(0, |kept| kept + 1);
    let measure =
        results.history.measure().map_or(String::new(), |m| format!(", AUC {:.1} % on held bags", 100.0 * m));
    output.line(format_args!("trained for {epochs} epochs, kept epoch {kept}{measure}"))?;
    output.line(format_args!("model {}, page {}", results.model.display(), results.page.display()))
}
