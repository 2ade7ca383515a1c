//! `attractor sleep`: replay, until the slow system knows what the episodes say.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attractor_learn::replay::Order;
use attractor_learn::{Budget, Ended, Learner, Slumber};
use serde::Serialize;

use super::progress;
use crate::brain;
use crate::output::Output;

/// Let a learner sleep: episodes are replayed to the slow system, and those that it knows by then may go
///
/// Ends by itself when more replay would not generalise better. Ctrl-C ends it after the present round, with all that
/// was replayed kept; a second one ends it at once, which loses nothing that a killed process would not.
#[derive(clap::Args)]
#[command(after_help = "\
EXAMPLES:
  attractor sleep brain
  attractor sleep brain --seconds 60
  attractor sleep brain --updates 10000 --order class-balanced --json")]
pub(crate) struct Args {
    /// The learner's directory
    brain: PathBuf,
    /// Most seconds [default: 10]
    #[arg(long, value_name = "S", conflicts_with = "updates", allow_hyphen_values = true)]
    seconds: Option<f64>,
    /// Most replays
    #[arg(long, value_name = "N")]
    updates: Option<u64>,
    /// Which episodes are replayed: those that are known badly first, all alike, classes alike, by utility, or the
    /// typical ones first
    #[arg(long, value_enum, default_value = "prioritised")]
    order: Name,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Name {
    Prioritised,
    Uniform,
    ClassBalanced,
    Goal,
    Prototypical,
}

#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    command: &'static str,
    brain: &'a str,
    #[serde(flatten)]
    slumber: Slumber,
    episodes: usize,
    disk_bytes: u64,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    brain::there(&args.brain)?;
    let budget = match (args.updates, args.seconds) {
        (Some(updates), _) => Budget::updates(updates),
        (None, seconds) => Budget::seconds(seconds.unwrap_or(10.0)),
    };
    let order = match args.order {
        Name::Prioritised => Order::Prioritised { exponent: 0.5 },
        Name::Uniform => Order::Uniform,
        Name::ClassBalanced => Order::ClassBalanced,
        Name::Goal => Order::GoalWeighted,
        Name::Prototypical => Order::PrototypicalFirst,
    };
    let mut learner = Learner::open(&args.brain)?;
    let asked = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&asked);
    // Code 130 is what shells give to a program that Ctrl-C ended.
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            exit(130);
        }
    })?;
    let bar = progress::bar("asleep");
    let slumber = learner.sleep_with(budget, order, |progress| {
        bar.set_position((progress.share * 1000.0) as u64);
        let loss = progress.loss.map_or_else(String::new, |loss| format!(", log-loss {loss:.4}"));
        bar.set_message(format!("{} replays{loss}", progress.updates));
        if asked.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    bar.finish_and_clear();
    let episodes = learner.stats().episodes;
    drop(learner);
    let (brain, disk_bytes) = (args.brain.display().to_string(), brain::disk_bytes(&args.brain));
    output.object(&Report { schema: 1, command: "sleep", brain: &brain, slumber, episodes, disk_bytes })?;
    let say = |name: &str, text: String| output.line(format_args!("{name:<12}{text}"));
    let why = match slumber.ended {
        Ended::Budget => "the budget is used up",
        Ended::Generalised => "more replay would not generalise better",
        Ended::Interrupted => "interrupted, all of it is kept",
        Ended::Nothing => "there is nothing to replay, or no slow system to replay it to",
    };
    say("slept", format!("{:.2} s: {why}", slumber.seconds))?;
    say("replays", format!("{}, learned from {}", slumber.updates, slumber.learned))?;
    if let (Some(before), Some(after)) = (slumber.before, slumber.after) {
        say(
            "log-loss",
            format!("{before:.4} before, {after:.4} after, on episodes that are never replayed"),
        )?;
    }
    say("episodes", format!("{episodes}, {} let go", slumber.pruned))
}
